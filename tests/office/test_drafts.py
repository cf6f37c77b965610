"""`tolok draft`: what a file proves is proposed with its counts, the rest is asked, and nothing personal is shown."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from openpyxl import Workbook

from connectors.errors import ConfigError, TolokError
from pipeline.cli import commands
from pipeline.config.load import load_city
from testing.cases import PERSON, SECRET, FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving

CITY = """\
city: kota
name: Kota Uji  # tetap
zone: Asia/Jakarta
region_codes: {bps: "9999"}
sources:
  portal:
    table: visits
    path: v.csv
    format: csv
    columns: {visited_on: t, visits_count: n}

deadlines: {follow_up_days: 5}
"""


def drafted(folder: Path, name: str, content: str | bytes, *options: str) -> tuple[dict[str, Any], str]:
    """The drafted source as text values, and all that was printed."""
    (folder / "kota.yaml").write_text(CITY)
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    environment = {"TOLOK_CITIES": str(folder)}
    ran = CliRunner().invoke(commands, ["draft", "kota", str(file), *options], env=environment, catch_exceptions=True)
    if isinstance(ran.exception, TolokError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    if "--write" in options:
        return {}, ran.stdout
    (source,) = yaml.load(ran.stdout, Loader=yaml.BaseLoader)["sources"].values()  # noqa: S506 text only
    return source, ran.stdout


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def table(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def of_days(*days: str) -> str:
    return table("Tanggal;Kunjungan", *(f"{day};{number}" for number, day in enumerate(days)))


@pytest.mark.parametrize(
    ("days", "form", "evidence"),
    [
        (["01/02/2025", "13/02/2025", "03/04/2025"], "%d/%m/%Y", "1 of 3 days are above 12: day first"),
        (["01/02/2025", "02/13/2025"], "%m/%d/%Y", "1 of 2 second numbers are above 12: month first"),
        (["01/02/2025", "03/04/2025"], "??", "0 of 2 days are above 12: no proof"),
        (["13/02/2025", "02/13/2025"], "??", "contradictory: 1 first and 1 second numbers"),
        (["25/03/14", "25/03/15", "25/03/16"], "??", "two-digit years"),
        (["13-02-25", "14-02-25", "01-03-25"], "%d-%m-%y", "2 of 3 days are above 12"),
        (["3 Maret 2025", "14 Agt 2025"], "%d %b %Y", "2 dari / of 2 terbaca"),
        (["2025-03-01", "2025-03-02"], None, "ISO 8601"),
        (["20250301", "20250313"], "%Y%m%d", "2 dari / of 2 terbaca"),
    ],
)
def test_a_date_order_is_proposed_only_with_the_counts_that_prove_it(
    tmp_path: Path, days: list[str], form: str | None, evidence: str
) -> None:
    source, text = drafted(tmp_path, "kunjungan.csv", of_days(*days))
    column = source["columns"]["visited_on"]
    assert (column["format"] if isinstance(column, dict) else None) == form
    assert evidence in text


def test_typed_days_up_to_twelve_beside_text_days_above_are_asked_about(tmp_path: Path) -> None:
    rows = [[datetime(2025, 10, 3), 5], ["15/03/2025", 6], [datetime(2025, 2, 2), 7], ["19/08/2025", 8]]
    source, text = drafted(tmp_path, "kunjungan.xlsx", workbook(["Tanggal", "Kunjungan"], *rows))
    assert source["columns"]["visited_on"]["swapped_by_excel"] == "??"
    assert "Excel may have swapped day and month" in text


@pytest.mark.parametrize(
    ("numbers", "marks"),
    [
        (["1.001", "2.002"], {"thousands": "??"}),
        (["1.001", "1.002.003"], {"thousands": "."}),
        (["1,001", "2,345,678"], {"thousands": ","}),
        (["1001", "2002"], {}),
    ],
)
def test_a_mark_of_numbers_is_proposed_only_when_a_value_decides(
    tmp_path: Path, numbers: list[str], marks: dict[str, str]
) -> None:
    rows = [f"{day}/01/2025;{number}" for day, number in zip((13, 14), numbers, strict=True)]
    source, _ = drafted(tmp_path, "kunjungan.csv", table("Tanggal;Kunjungan", *rows))
    column = source["columns"]["visits_count"]
    assert ({key: column[key] for key in column if key != "column"} if isinstance(column, dict) else {}) == marks


TICKETS = table(
    "No Tiket;NIK;Pelapor;No HP;Kontak;Tanggal Masuk;Tanggal Selesai;Status;OPD;Isi Aduan",
    *(
        f"T-{n};3273{n:012d};Budi {n};0812345678{n};b{n}@contoh.id;{n + 10}/03/2025 08:00;{n + 11}/03/2025 09:00;"
        f"{'Selesai' if n % 2 else 'Ditinjau'};Dinas A;rumah saya di Jalan Mawar {n} gelap"
        for n in range(1, 9)
    ),
)


def test_personal_columns_are_named_and_no_value_of_theirs_is_shown(tmp_path: Path) -> None:
    source, text = drafted(tmp_path, "pengaduan.csv", TICKETS)
    for header in ("NIK", "Pelapor", "No HP", "Kontak", "Isi Aduan"):
        assert f"{header} (" in text
    for value in ("Budi", "0812", "@contoh", "3273", "Mawar"):
        assert value not in text
    assert source["columns"]["inquiry_id"] == "No Tiket"


def test_personal_values_are_told_by_their_shape_whatever_the_header(tmp_path: Path) -> None:
    text = TICKETS.replace("NIK;", "Kode A;").replace("No HP;", "Kode B;").replace("Kontak;", "Kode C;")
    _, shown = drafted(tmp_path, "pengaduan.csv", text)
    for kind in ("Kode A (nomor identitas", "Kode B (telepon", "Kode C (surel"):
        assert kind in shown


def test_a_text_whose_meaning_is_not_known_is_asked_with_the_count_of_each(tmp_path: Path) -> None:
    source, text = drafted(tmp_path, "pengaduan.csv", TICKETS)
    assert source["columns"]["status"]["values"] == {"Selesai": "closed", "Ditinjau": "??"}
    assert "Ditinjau 4, Selesai 4" in text or "Selesai 4, Ditinjau 4" in text


def test_what_no_file_tells_is_left_open_and_no_city_is_loaded_until_it_is_answered(tmp_path: Path) -> None:
    drafted(tmp_path, "pengaduan.csv", TICKETS, "--write")
    with pytest.raises(ConfigError) as refused:
        load_city(tmp_path, "kota")
    for key in ("zone", "extracted_at", "covers", "owner", "columns.status.values.Ditinjau"):
        assert f"sources.pengaduan.{key}" in refused.value.en
    answers = {"zone": "Asia/Jakarta", "extracted_at": "2026-01-02T08:00:00", "owner": "Diskominfo"}
    text = (tmp_path / "kota.yaml").read_text()
    for key, answer in answers.items():
        text = text.replace(f'    {key}: "??"', f"    {key}: {answer}")
    text = text.replace('covers: "??"', "covers: [{first_on: 2025-01-01, last_on: 2025-12-31}]")
    (tmp_path / "kota.yaml").write_text(text.replace('Ditinjau: "??"', "Ditinjau: in_progress"))
    assert load_city(tmp_path, "kota").sources["pengaduan"].columns["closed_at"].format == ("%d/%m/%Y %H:%M",)


def test_writing_keeps_every_line_of_the_citys_yaml_and_never_replaces_a_source(tmp_path: Path) -> None:
    drafted(tmp_path, "pengaduan.csv", TICKETS, "--write")
    lines = (tmp_path / "kota.yaml").read_text().splitlines()
    assert [line for line in CITY.splitlines() if line not in lines] == []
    with pytest.raises(ConfigError, match="already"):
        drafted(tmp_path, "pengaduan.csv", TICKETS, "--write", "--source", "portal")
    assert (tmp_path / "kota.yaml").read_text() == CITY


def test_a_table_below_a_letterhead_is_found_and_its_totals_are_left_out(tmp_path: Path) -> None:
    rows: list[list[object]] = [["PEMERINTAH KOTA"], ["Rekap gangguan 2025"], []]
    rows += [["Nomor", "Komponen", "Mulai", "Selesai"]]
    rows += [[f"G-{n}", "Portal", datetime(2025, 3, n, 8), datetime(2025, 3, n, 9)] for n in range(1, 6)]
    rows += [["Jumlah", "5"], [], ["Mengetahui, Kepala Dinas"]]
    source, text = drafted(tmp_path, "rekap.xlsx", workbook(*rows))
    assert (source["table"], source["header_starts_with"]) == ("outages", "Nomor")
    assert source["exclude"] == {"grand_total": {"column": "Nomor", "values": ["Jumlah"]}}
    assert "header in row 4" in text


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (of_days("13/01/2025", "14/01/2025").replace(";", "\t").encode("utf-16"), "utf-16", "tab"),
        (of_days("13/01/2025", "14/01/2025").replace("Kunjungan", "Kunjungan\xe9").encode("cp1252"), "cp1252", ";"),
        (of_days("13/01/2025", "14/01/2025").replace(";", "|").encode(), None, "|"),
        (of_days("13/01/2025", "14/01/2025").replace(";", ",").encode(), None, None),
    ],
)
def test_encoding_and_delimiter_are_found(
    tmp_path: Path, content: bytes, encoding: str | None, delimiter: str | None
) -> None:
    source, _ = drafted(tmp_path, "kunjungan.csv", content, "--table", "visits")
    assert (source.get("encoding"), source.get("delimiter")) == (encoding, delimiter)


def test_rows_of_one_key_are_asked_about_unless_they_are_the_sexes(tmp_path: Path) -> None:
    events = table("Nomor;Komponen;Mulai;Selesai;Urutan", *(f"G-1;Portal;13/01/2025 0{n}:00;;{n}" for n in (1, 2)))
    source, text = drafted(tmp_path, "gangguan.csv", events)
    assert source["combine"] == "??"
    assert "order: Urutan" in text
    people = table(
        "Kode Wilayah;Jenis Kelamin;Jumlah Penduduk;Tahun", "9999;LAKI-LAKI;10;2025", "9999;PEREMPUAN;11;2025"
    )
    source, _ = drafted(tmp_path, "penduduk.csv", people)
    assert source["combine"] == {"by": ["region_code", "reference_on"], "how": "sum"}
    assert (source["authority"], source["columns"]["reference_on"]["suffix"]) == ("??", "??")


def test_a_known_systems_file_is_drafted_as_that_system(tmp_path: Path) -> None:
    source, _ = drafted(
        tmp_path, "p.csv", table("kode,nama,jumlah_penduduk,tanggal", "99.99,Kota,1.000.000,31/12/2025")
    )
    assert source["system"] == "dukcapil_file"
    source, _ = drafted(tmp_path, "p.csv", table("kode,nama,jumlah_penduduk,tanggal", "9999,Kota,1.000.000,31/12/2025"))
    assert "system" not in source


def test_an_access_log_shows_how_many_lines_are_read_and_no_address(tmp_path: Path) -> None:
    line = '198.51.100.7 - - [01/Jan/2025:09:00:0{} +0700] "GET /data HTTP/1.1" 200 5 "-" "Mozilla/5.0"'
    source, text = drafted(tmp_path, "access.log", "\n".join([*(line.format(n) for n in range(9)), "rusak"]))
    assert source["format"] == "access_log"
    assert "9 dari / of 10 baris awal terbaca / of the first lines are read" in text
    assert "198.51.100" not in text


def test_a_file_of_an_uncertain_table_is_refused_without_showing_what_may_be_a_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--table") as refused:
        drafted(tmp_path, "x.csv", table("Budi Santoso,Jalan Mawar", "Ani,Jalan Melati", "Eko,Jalan Kenanga"))
    assert "Budi" not in refused.value.en


def test_the_preview_says_what_a_run_would_make_of_the_first_rows(tmp_path: Path) -> None:
    _, text = drafted(tmp_path, "kunjungan.csv", of_days("13/01/2025", "14/01/2025", "15/01/2025", "bukan"))
    assert "bad_visited_on 1" in text
    assert "visits_count=0" in text


class Desk(FakeSystem):
    """A complaints desk with an API of its own, whose key belongs into a header."""

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has its own
        if asked.headers.get("X-Api-Key") != SECRET:
            return Reply({"error": "no"}, 401)
        rows = [
            {"id": f"T-{n}", "pelapor": PERSON, "opd": "Dinas PU", "masuk": f"{asked.params['from']} 08:00:{n:02d}"}
            for n in range(20)
        ]
        return Reply({"data": {"items": rows}, "meta": {"total": 412}})


def test_a_system_is_drafted_from_its_first_answer(tmp_path: Path) -> None:
    (tmp_path / "kota.yaml").write_text(CITY)
    options = ["--connection", "meja", "--header", "X-Api-Key: {password}", "--table", "inquiries"]
    options += ["--allow", "plain_http", "--allow", "private_addresses"]
    with serving(Server(Desk(), [])) as server:
        connection = json.dumps({"host": server.url, "password": SECRET})
        ran = CliRunner().invoke(
            commands,
            ["draft", "kota", "api/tickets?from=2025-01-01&until=2025-01-31&size=20", *options],
            env={"TOLOK_CITIES": str(tmp_path), "AIRFLOW_CONN_MEJA": connection},
        )
    assert ran.exit_code == 0, ran.output
    source = yaml.load(ran.stdout, Loader=yaml.BaseLoader)["sources"]["meja"]  # noqa: S506 text only
    assert source["options"] == {
        "url": "api/tickets",
        "params": {"from": "{from}", "until": "{to}", "size": "20"},
        "auth": {"style": "header", "name": "X-Api-Key", "value": "{password}"},
        "paging": "??",
        "window": {"format": "%Y-%m-%d", "last": "??"},
    }
    assert (source["rows_at"], source["columns"]["received_at"]) == ("data.items", "masuk")
    assert "covers" not in source
    assert "'meta.total' menyebut halaman lain" in ran.stdout
    assert "received_at=2025-01-01 08:00:00 WIB" in ran.stdout, "the first rows as clean rows"
    assert not [said for said in (SECRET, PERSON) if said in ran.output]


EVENT = (
    '<event><string key="org:resource" value="Budi Santoso"/><string key="concept:name" value="terima"/>'
    '<date key="time:timestamp" value="2025-01-03T08:00:00+07:00"/></event>'
)
XES = f'<log xes.version="1.0"><trace><string key="concept:name" value="A1"/>{EVENT}</trace></log>'


def test_an_event_log_is_drafted_as_one_and_names_nobody(tmp_path: Path) -> None:
    source, printed = drafted(tmp_path, "aduan.xes", XES, "--table", "inquiries")
    assert source["format"] == "xes"
    assert "Budi" not in printed
    assert "org:resource" not in printed
    with pytest.raises(TolokError) as caught:
        drafted(tmp_path, "aduan.xml", XES.replace("xes.", ""), "--table", "inquiries")
    assert "XML" in caught.value.en
    assert "Budi" not in caught.value.en


def test_a_header_merged_over_two_rows_is_joined(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["Kode", "Nama Layanan", "Daring", ""], ["", "", "Informasi Daring", "Permohonan"]):
        sheet.append(row)
    for merged in ("A1:A2", "B1:B2", "C1:D1"):
        sheet.merge_cells(merged)
    for n in range(12):
        sheet.append([f"L-{n}", f"Izin {n}", "Ya", "Ya" if n % 2 else "Tidak"])
    book.save(tmp_path / "l.xlsx")
    source, _ = drafted(tmp_path, "l.xlsx", (tmp_path / "l.xlsx").read_bytes())
    assert (source["table"], source["header_rows"]) == ("services", "2")
    assert source["columns"]["is_accessible_online"]["column"] == "Daring / Informasi Daring"
    assert source["columns"]["is_requestable_online"]["column"] == "Daring / Permohonan"


@pytest.mark.parametrize("header", ["Tanggal Online", "Online Sejak", "Mulai Daring", "Tanggal Mulai Daring"])
def test_the_day_on_which_a_service_went_online_is_no_answer_and_no_start(tmp_path: Path, header: str) -> None:
    lines = [f"Kode Layanan;Nama Layanan;Dapat Diakses Daring;Dapat Dimohon Daring;Berlaku Mulai;{header}"]
    lines += [f"L-{n};Izin {n};Ya;{'Ya' if n % 2 else 'Tidak'};{n + 12}/02/2019;{n + 12}/03/2021" for n in range(9)]
    columns = drafted(tmp_path, "layanan.csv", "\n".join(lines))[0]["columns"]
    assert {name: columns[name]["column"] for name in ("is_accessible_online", "valid_from_on", "online_from_on")} == {
        "is_accessible_online": "Dapat Diakses Daring",
        "valid_from_on": "Berlaku Mulai",
        "online_from_on": header,
    }


def test_a_length_is_drafted_with_its_decimal_mark(tmp_path: Path) -> None:
    lines = ["Nomor Insiden;Sistem;Waktu Mulai;Durasi (jam)"]
    lines += [f"I-{n};Portal;{n + 1:02d}/01/2025 08:15;{n},25" for n in range(28)]
    source, _ = drafted(tmp_path, "gangguan.csv", "\n".join(lines))
    expected = {"column": "Durasi (jam)", "after": "started_at", "unit": "hours", "decimal": ","}
    assert source["columns"]["ended_at"] == expected


def test_hours_beside_one_date_are_joined_with_it(tmp_path: Path) -> None:
    lines = [
        "No Insiden,Tgl,Mulai,Selesai,Aplikasi",
        *(f"I{n},{n + 1:02d}/01/2025,08:15,09:{n}0,Web" for n in range(6)),
    ]
    lines += [f"J{n},{n}/02/2025,08:15,09:10,Web" for n in range(13, 20)]
    source, _ = drafted(tmp_path, "gangguan.csv", "\n".join(lines))
    found = {name: source["columns"][name]["column"] for name in ("started_at", "ended_at")}
    assert found == {"started_at": ["Tgl", "Mulai"], "ended_at": ["Tgl", "Selesai"]}


@pytest.mark.parametrize("header", ["Jam Selesai", "Normal", "Selesai"])
def test_a_length_is_not_taken_for_the_end_where_another_column_may_tell_it(tmp_path: Path, header: str) -> None:
    ends = {"Jam Selesai": "10:30", "Normal": "05/03/2025 11:00", "Selesai": "besok pagi"}
    rows = [
        f"G{n},Server,{n + 13}/03/2025 08:{n:02},{ends[header].replace('05', f'{n + 13:02}')},{90 + n}"
        for n in range(9)
    ]
    lines = [f"No Gangguan,Layanan,Waktu Mulai,{header},Durasi (menit)", *rows]
    source, shown = drafted(tmp_path, "gangguan.csv", "\n".join(lines) + "\n")
    assert source["columns"]["ended_at"] == "??"
    assert f"{header} | {{column: Durasi (menit), after: started_at, unit: minutes}}" in shown


@pytest.mark.parametrize(("header", "shown"), [("Dampak", "Dampak"), ("Ibu Siti", "***")])
def test_headers_of_a_row_that_is_one_are_shown_but_for_those_of_persons(
    tmp_path: Path, header: str, shown: str
) -> None:
    lines = [f"No Gangguan,Layanan,Waktu Mulai,{header},{header}"]
    lines += [f"{n},Server,{n + 13}/03/2025 08:00,x{n},y{n}" for n in range(5)]
    _, text = drafted(tmp_path, "a.csv", "\n".join(lines) + "\n", "--table", "outages")
    assert shown in next(line for line in text.splitlines() if "stand twice" in line)
    assert "Siti" not in text
