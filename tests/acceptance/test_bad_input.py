"""Thirty kinds of bad input by the command line: a clear message in two languages or a counted quarantine."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.acceptance.exports import write_city

HEADER = "Nomor;Kanal;Masuk;Dijawab;Pelapor"
GOOD = [f"{n};Web;{n} Mei 2024 08:00;{n} Mei 2024 20:00;Warga Contoh" for n in range(1, 11)]
Change = Callable[[Path], object]


def inquiries(*rows: str, header: str = HEADER) -> Change:
    return lambda data: (data / "pengaduan.csv").write_text("\n".join([header, *rows, ""]))


def content(name: str, raw: bytes) -> Change:
    return lambda data: (data / name).write_bytes(raw)


def setting(old: str, new: str) -> Change:
    def change(data: Path) -> None:
        path = data.parent / "kota-uji.yaml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


REFUSED: dict[str, tuple[Change, int, str]] = {
    "a wrong column": (inquiries(*GOOD, header="Nomor;Kanal;Tanggal;Dijawab;Pelapor"), 3, "Masuk"),
    "a wrong delimiter": (inquiries(*GOOD, header=HEADER.replace(";", ",")), 3, "delimiter"),
    "an empty file": (content("pengaduan.csv", b""), 3, "kosong"),
    "half a gzip file": (
        content("pengaduan.csv", gzip.compress(b"x" * 9_000 + bytes(range(256)))[:60]),
        3,
        "terpotong",
    ),
    "a login page": (content("pengaduan.csv", b"<!doctype html><title>Masuk</title>"), 3, "halaman web"),
    "an Excel file called CSV": (content("pengaduan.csv", b"PK\x03\x04...."), 3, "format: xlsx"),
    "UTF-16 without a mark": (content("pengaduan.csv", HEADER.encode("utf-16-le")), 3, "utf-16-le"),
    "a Windows encoding": (content("pengaduan.csv", f"{HEADER}\n1;Caf\u00e9;a;b;c\n".encode("cp1252")), 3, "cp1252"),
    "an unpaired quote": (inquiries('1;"Web;1 Mei 2024 08:00;;'), 3, "kutip"),
    "the wrong date order": (inquiries(*(row.replace(" Mei ", "/05/") for row in GOOD)), 3, "bad_received_at"),
    "no file": (lambda data: (data / "pengaduan.csv").unlink(), 4, "tidak ada berkas"),
    "thousands not declared": (
        setting('thousands: "."\n    columns: {visited_on', "columns: {visited_on"),
        3,
        "ambiguous",
    ),
    "an unknown setting": (setting("delimiter:", "delimitr:"), 2, "delimitr"),
    "an unknown zone": (setting("Asia/Jakarta", "WIB"), 2, "WIB"),
    "a column mapped to nothing": (setting("channel: Kanal", "chanel: Kanal"), 2, "chanel"),
    "another authority's table": (setting("authority: kemendagri", "authority: bps"), 2, "region_codes.bps"),
    "zero population": (content("penduduk.csv", b"kode,jumlah,tanggal\n31,0,30/06/2024\n"), 3, "population"),
    "broken YAML": (setting("sources:", "sources: ["), 2, "YAML"),
    "a value map that misses most": (
        setting('{Ya: "true", Tidak: "false"}', '{Yes: "true"}'),
        3,
        "unknown_is_accessible",
    ),
    "two tools for one month": (
        setting(
            "  layanan:\n",
            "  lain:\n    table: visits\n    path: data/kunjungan.csv\n    format: csv\n    grain: month\n"
            '    thousands: "."\n'
            '    columns: {visited_on: {column: Bulan, format: "%m/%Y"}, visits_count: Kunjungan}\n  layanan:\n',
        ),
        3,
        "lebih dari satu alat",
    ),
}
QUARANTINED: dict[str, tuple[str, dict[str, int]]] = {
    "response before receipt": ("99;Web;5 Mei 2024 08:00;4 Mei 2024 08:00;x", {"response_before_receipt": 1}),
    "a day that is none": ("99;Web;31 Feb 2024 08:00;;x", {"bad_received_at": 1}),
    "a number that comes twice with other content": ("3;Web;5 Mei 2024 08:00;;x", {"duplicate_key": 2}),
    "an answer in the year 2100": ("99;Web;5 Mei 2024 08:00;4 Mei 2100 08:00;x", {"after_extraction_responded_at": 1}),
    "no number": (";Web;5 Mei 2024 08:00;;x", {"missing_inquiry_id": 1}),
    "too few fields": ("99;Web", {"wrong_field_count": 1}),
    "a sentinel date": ("99;Web;1 Jan 1970 00:00;;x", {}),
}


@pytest.fixture
def data(home: Path) -> Path:
    (home / "cities").rmdir()
    write_city(home / "cities")
    return home / "cities" / "data"


def tolok(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of one command."""
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.argv", ["tolok", *arguments])
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_ends_with_its_exit_code_and_says_what_to_do(
    name: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, exit_code, word = REFUSED[name]
    change(data)
    code, out, err = tolok(monkeypatch, "run", "kota-uji", "2024")
    assert code == exit_code, out + err
    assert word in err
    assert "Traceback" not in out + err
    assert "Warga Contoh" not in out + err
    assert len(err.strip().splitlines()) >= 2


@pytest.mark.parametrize("name", QUARANTINED)
def test_a_bad_row_is_counted_and_the_rest_still_measured(
    name: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, expected = QUARANTINED[name]
    inquiries(*GOOD, row)(data)
    code, out, err = tolok(monkeypatch, "run", "kota-uji", "2024")
    assert code == 0, out + err
    shown = {entry["indicator"]: entry for entry in json.loads(tolok(monkeypatch, "show", "kota-uji", "--json")[1])}
    result = shown["inquiry_response"]
    assert result["rows"]["quarantined"] == expected
    assert result["rows"]["read"] == len(GOOD) + 1
    assert result["value"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("run", "kota-uji", "2024-13"), 2),
        (("run", "kota-lain", "2024"), 2),
        (("backfill", "kota-uji", "2025", "2024"), 2),
        (("show", "kota-uji", "1999"), 2),
        (("show", "kota-uji", "--as-of", "kemarin"), 2),
        (("explain", "kota-uji", "2024", "kebahagiaan"), 2),
        (("hitung",), 2),
        (("verify", "kota-uji", "2024"), 2),
    ],
)
def test_wrong_usage_is_told_in_both_languages(
    arguments: tuple[str, ...], exit_code: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = tolok(monkeypatch, *arguments)
    assert (code, "Traceback" in err) == (exit_code, False)
    assert len(err.strip().splitlines()) >= 2
    assert data.is_dir()


def test_every_command_is_listed_in_both_languages(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = tolok(monkeypatch, "--help")
    commands = re.findall(r"^  [a-z]+  +(.+(?:\n {4,}.+)*)", out.partition("Commands:")[2], flags=re.M)
    assert (code, len(commands) > 10, data.is_dir()) == (0, True, True)
    assert [text for text in commands if " / " not in " ".join(text.split())] == []


@pytest.mark.parametrize("url", ["bukan alamat", "mysql://u:rahasia@h/d", "postgresql://u:rahasia@127.0.0.1:1/d"])
def test_a_warehouse_out_of_reach_is_told_without_its_password(
    url: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_WAREHOUSE", url)
    code, out, err = tolok(monkeypatch, "show", "kota-uji")
    assert code in (2, 4)
    assert "rahasia" not in out + err
    assert data.is_dir()
