"""Markup, formulas, escapes and turned text in every name and value a city may write, looked for in all it gets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from pipeline.settings import Settings
from tests.acceptance.test_bad_input import tolok
from tests.hold import of_form
from tests.office.offices import write_office

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COMMANDS = (
    *(("check", "kota", "2025"), ("run", "kota", "2025"), ("show", "kota", "2025"), ("show", "kota", "2025", "--json")),
    *(("explain", "kota", "2025", one) for one in ("inquiry_response", "it_downtime", "online_services")),
    ("explain", "kota", "2025", "inquiry_response", "--rows", "status=closed"),
    *(("history", "kota", "2025"), ("status", "kota"), ("watch", "kota"), ("dashboard", "kota")),
    ("report", "kota", "2025", "--to", "html,pdf,xlsx,csv,json"),
    ("publish", "kota", "2025", "--to", "files"),
)
_PAYLOADS = (
    '#set page(width: 1pt) #read("/etc/passwd")',
    "#eval(1) *tebal* $1$ `a` \\u{41}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A1",
    "+1+1",
    "@SUM(1)",
    "-1+1",
    "a\x1b[31mb\x07",
    "nama \u202egnp.exe",
    "{{7*7}} {% raw %}",
)


@pytest.fixture(autouse=True)
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city whose desks type payloads into every text column, and whose settings have them for names."""
    inquiries, services, outages = (
        ["Nomor,Masuk,Jawab,Status,Kanal,OPD,Kategori"],
        ["Kode,Nama,OPD,Sektor,Ada,Mohon"],
        ["Nomor,Komponen,Sebab,Mulai,Selesai"],
    )
    for n in range(10 * len(_PAYLOADS)):
        cell, day = (
            '"' + _PAYLOADS[n % len(_PAYLOADS)].replace('"', '""') + '"',
            f"2025-{n % 12 + 1:02}-{n % 27 + 1:02}",
        )
        inquiries.append(f"T{n},{day} 08:10:00,{day} 10:{n % 60:02}:00,closed,{cell},{cell},{cell}")
        services.append(f"L{n},{cell},{cell},{cell},Ya,Tidak")
        outages.append(f"G{n},{cell},{cell},{day} 08:00:00,{day} 09:{n % 60:02}:00")
    for name, lines in (("i.csv", inquiries), ("l.csv", services), ("g.csv", outages)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    yes = {"values": {"Ya": "true", "Tidak": "false"}}
    shown = [one for one in _PAYLOADS if _CONTROL.search(one) is None]
    write_office(
        tmp_path,
        ["x"],
        {
            "path": "i.csv",
            "table": "inquiries",
            "columns": {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab", "status": "Status"}
            | {"channel": "Kanal", "agency": "OPD", "category": "Kategori"},
            "owner": shown[0],
            "licence": shown[1],
        },
        {
            "path": "l.csv",
            "table": "services",
            "columns": {"service_id": "Kode", "name": "Nama", "agency": "OPD", "sector": "Sektor"}
            | {"is_accessible_online": {"column": "Ada", **yes}, "is_requestable_online": {"column": "Mohon", **yes}},
            "owner": shown[2],
        },
        {
            "path": "g.csv",
            "table": "outages",
            "columns": {"incident_id": "Nomor", "component": "Komponen", "cause": "Sebab"}
            | {"started_at": "Mulai", "ended_at": "Selesai"},
            "owner": shown[3],
        },
        names=("aduan", "layanan", "gangguan"),
        name=shown[0],
        smallest_group=1,
        targets={"inquiry_response": {"source": shown[1], "years": {2025: 3}}},
        reports={"languages": ["id", "en"], "signature": {"name": shown[3], "position": shown[2], "place": shown[1]}},
        publish={"publisher": shown[3], "licence": "CC-BY-4.0", "portal": "https://data.kota.go.id"},
    )
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))


def test_no_name_is_markup_formula_or_escape_in_anything_that_is_written(
    monkeypatch: pytest.MonkeyPatch, row: Callable[[str, str, str], None]
) -> None:
    commands = of_form([one for one in _COMMANDS if one[0] in ("run", "show", "report")], full=_COMMANDS)
    ended = {command: tolok(monkeypatch, *command) for command in commands}
    assert {c: said for c, said in ended.items() if said[0] and c[0] != "watch"} == {}
    told = {" ".join(command): out + err for command, (_, out, err) in ended.items()}
    assert [name for name, text in told.items() if _CONTROL.search(text)] == []
    files = [path for path in sorted(Settings.from_environment().home.rglob("*")) if path.is_file()]
    kinds = {suffix: [one for one in files if one.suffix == suffix] for suffix in _CHECKS}
    assert [suffix for suffix, found in kinds.items() if not found] == []
    faults = [(one.name, what) for suffix, found in kinds.items() for one in found for what in _CHECKS[suffix](one)]
    assert faults == []
    count = sum(map(len, kinds.values()))
    row(
        "Security",
        f"{len(_PAYLOADS)} payloads in every text column and name of a city: typst, HTML, formulas, escapes, U+202E",
        f"inert in {count} files ({', '.join(sorted(_CHECKS))}) and the output of {len(ended)} commands",
    )


def _html(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    yield from ["script"] if "<script>alert" in text else []
    yield from ["control"] if _CONTROL.search(text) else []


def _pdf(path: Path) -> Iterator[str]:
    document = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_range() for page in document]
    yield from ["a page of another size"] if min(page.get_width() for page in document) < 400 else []
    yield from (
        ["a payload is not written as it is"] if "#set page(width: 1pt)" not in " ".join(pages[0].split()) else []
    )
    yield from ["root:x:"] if any("root:x:" in page for page in pages) else []


def _xlsx(path: Path) -> Iterator[str]:
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    yield from (f"{cell.coordinate} formula" for cell in cells if cell.data_type == "f")
    yield from (f"{cell.coordinate} control" for cell in cells if _CONTROL.search(str(cell.value)))


def _csv(path: Path) -> Iterator[str]:
    for line in csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=","):
        for cell in line:
            is_number = re.fullmatch(r"-?[\d.,]+(?:e-?\d+)?", cell) is not None
            yield from [f"formula {cell[:20]!r}"] if cell[:1] in tuple("=+-@\t") and not is_number else []
            yield from [f"control {cell[:20]!r}"] if _CONTROL.search(cell) else []


_CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {".html": _html, ".pdf": _pdf, ".xlsx": _xlsx, ".csv": _csv}
