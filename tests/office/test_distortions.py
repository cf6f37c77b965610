"""Sound tables written the way offices distort them: the same result, or one that is not final and says why."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from connectors.errors import TolokError
from pipeline import steps
from pipeline.indicators.base import Result
from pipeline.tables import TABLES

TEXT_FORM, YEAR = "%d/%m/%Y %H:%M", "2025"
ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!")
YAML = """
city: kota
name: Kota
zone: Asia/Jakarta
region_codes: {{kemendagri: "31.71"}}
sources:
  berkas:
    table: {table}
    path: berkas.xlsx
    format: xlsx
    header_starts_with: {first}
    extracted_at: 2026-01-10T08:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
{columns}
"""
COLUMNS = {
    "outages": {
        "incident_id": "Nomor",
        "component": "Perangkat",
        "started_at": '{column: Mulai, format: "%d/%m/%Y %H:%M"}',
        "ended_at": '{column: Selesai, format: "%d/%m/%Y %H:%M"}',
    },
    "inquiries": {
        "inquiry_id": "Nomor",
        "channel": "Perangkat",
        "received_at": '{column: Mulai, format: "%d/%m/%Y %H:%M"}',
        "responded_at": '{column: Selesai, format: "%d/%m/%Y %H:%M"}',
    },
}
INDICATOR = {"outages": "it_downtime", "inquiries": "inquiry_response"}
HEADER = ["Nomor", "Perangkat", "Mulai", "Selesai"]

Cells = list[Any]


@dataclass(frozen=True)
class Sheet:
    """Rows of cells, the header first; `merged` are ranges such as `B2:B4`."""

    name: str
    rows: list[Cells]
    is_hidden: bool = False
    merged: list[str] = field(default_factory=list)


Book = list[Sheet]
Distortion = Callable[[Book, st.DataObject], Book]


def on_rows(change: Callable[[list[Cells], st.DataObject], list[Cells]]) -> Distortion:
    """A distortion that changes the rows of each sheet."""
    return lambda book, data: [replace(sheet, rows=change(sheet.rows, data)) for sheet in book]


def places(rows: list[Cells]) -> list[tuple[int, int]]:
    """Row and column of the moments of a table."""
    return [(at, nth) for at, row in enumerate(rows) for nth, cell in enumerate(row) if is_moment(cell)]


def is_moment(cell: object) -> bool:
    return isinstance(cell, datetime) or (isinstance(cell, str) and cell[2:3] == "/" and cell[5:6] == "/")


def changed(rows: list[Cells], at: list[tuple[int, int]], make: Callable[[Any], Any]) -> list[Cells]:
    rows = [list(row) for row in rows]
    for row, nth in at:
        rows[row][nth] = make(rows[row][nth])
    return rows


def some(data: st.DataObject, among: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return data.draw(st.lists(st.sampled_from(among), min_size=1, max_size=5, unique=True)) if among else []


def split_over_sheets(book: Book, data: st.DataObject) -> Book:
    sheet = book[-1]
    header, *rows = sheet.rows
    count = data.draw(st.integers(2, 4))
    parts = [rows[nth::count] for nth in range(count)]
    return [
        *book[:-1],
        *(replace(sheet, name=f"{sheet.name} {n}", rows=[header, *part]) for n, part in enumerate(parts)),
    ]


def old_copy(book: Book, data: st.DataObject) -> Book:
    """The sheet as it was before some rows were entered, hidden or not, before or behind the right one."""
    sheet, is_hidden = book[-1], data.draw(st.booleans())
    old = Sheet("Lama", sheet.rows[: data.draw(st.integers(1, len(sheet.rows)))], is_hidden)
    return [old, *book] if data.draw(st.booleans()) else [*book, old]


@on_rows
def letterhead(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    shift = data.draw(st.integers(0, 2))
    above: list[Cells] = [["PEMERINTAH KOTA"], ["Dinas Komunikasi dan Informatika"], []]
    return [*above, *([None] * shift + row for row in rows)]


@on_rows
def numbering(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    style = data.draw(st.sampled_from(["({})", "{}"]))
    at = next((nth for nth, row in enumerate(rows) if "Nomor" in row), 0)
    before = rows[at].index("Nomor") if "Nomor" in rows[at] else 0
    return [*rows[: at + 1], [None] * before + [style.format(n) for n in (1, 2, 3, 4)], *rows[at + 1 :]]


@on_rows
def notes_below(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    total: Cells = [data.draw(st.sampled_from(["Jumlah", "TOTAL", "Jumlah insiden"])), len(rows) - 1]
    gap = data.draw(st.sampled_from([[], [[]], [[], []]]))
    return [
        *rows,
        *gap,
        total,
        [],
        ["Catatan: data sementara"],
        [None, None, "Mengetahui,"],
        [None, None, "Kepala Dinas"],
    ]


def merged_cells(book: Book, data: st.DataObject) -> Book:
    """The device once for consecutive rows that share it."""
    del data
    sheet = book[-1]
    rows, ranges = [list(row) for row in sheet.rows], []
    for device, group in itertools.groupby(
        range(1, len(rows)), key=lambda at: rows[at][1] if len(rows[at]) > 1 else None
    ):
        at = list(group)
        if isinstance(device, str) and device.startswith("Server") and len(at) > 1:
            for below in at[1:]:
                rows[below][1] = None
            ranges.append(f"B{at[0] + 1}:B{at[-1] + 1}")
    return [*book[:-1], replace(sheet, rows=rows, merged=ranges)]


@on_rows
def swapped_by_excel(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    """What an English Excel makes of dd/mm texts: days up to 12 become typed, with day and month exchanged."""
    del data

    def typed(text: object) -> object:
        if not isinstance(text, str) or ":" not in text:
            return text
        moment = datetime.strptime(text, TEXT_FORM)
        return moment.replace(day=moment.month, month=moment.day) if moment.day <= 12 else text

    return changed(rows, places(rows), typed)


@on_rows
def error_cells(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    chosen = some(data, [(at, nth) for at, row in enumerate(rows) for nth in range(len(row)) if is_moment(row[-1])])
    return changed(rows, chosen, lambda _: data.draw(st.sampled_from(ERRORS)))


@on_rows
def date_only(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    """Ends without their hour; of typed cells all, for a typed date among moments cannot be told from midnight."""
    ends = [place for place in places(rows) if place[1] == len(rows[place[0]]) - 1]
    form = data.draw(st.sampled_from(["text", "typed"]))
    chosen = ends if form == "typed" else some(data, ends)

    def day(cell: object) -> object:
        text = cell.strftime(TEXT_FORM) if isinstance(cell, datetime) else str(cell)
        return text[:10] if form == "text" else datetime.strptime(text[:10], "%d/%m/%Y")

    return changed(rows, chosen, day)


@on_rows
def odd_spaces(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    chosen = some(
        data, [(at, nth) for at, row in enumerate(rows) for nth, cell in enumerate(row) if isinstance(cell, str)]
    )
    space = data.draw(st.sampled_from([" ", "\xa0", "\u200b", "  "]))
    return changed(rows, chosen, lambda text: f"{space}{text}{space}" if isinstance(text, str) else text)


@on_rows
def blank_rows(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    at = data.draw(st.integers(1, len(rows)))
    return [*rows[:at], [], [], *rows[at:]]


@on_rows
def header_again(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    header = next((row for row in rows if "Nomor" in row), rows[0])
    at = data.draw(st.integers(rows.index(header) + 1, len(rows)))
    return [*rows[:at], header, *rows[at:]]


@on_rows
def rows_again(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    again = data.draw(st.lists(st.sampled_from(rows[1:]), max_size=3)) if len(rows) > 1 else []
    return [*rows, *again]


@on_rows
def other_date_order(rows: list[Cells], data: st.DataObject) -> list[Cells]:
    """Some dates typed in by somebody who writes the month first."""

    def american(cell: object) -> object:
        return datetime.strptime(cell, TEXT_FORM).strftime("%m/%d/%Y %H:%M") if isinstance(cell, str) else cell

    return changed(rows, places(rows) if data.draw(st.booleans()) else some(data, places(rows)), american)


DISTORTIONS: dict[str, Distortion] = {
    "split_over_sheets": split_over_sheets,
    "old_copy": old_copy,
    "letterhead": letterhead,
    "numbering": numbering,
    "notes_below": notes_below,
    "merged_cells": merged_cells,
    "swapped_by_excel": swapped_by_excel,
    "error_cells": error_cells,
    "date_only": date_only,
    "odd_spaces": odd_spaces,
    "blank_rows": blank_rows,
    "header_again": header_again,
    "rows_again": rows_again,
}


@st.composite
def sound_rows(draw: st.DrawFn) -> list[Cells]:
    """A header and rows of one number, device, start and end each, all in 2025; moments as text or typed.

    Some start late in a month, for nobody could tell the order of dates that all lie within the first twelve days; none
    starts at midnight, for a column of midnights is one of dates.
    """
    minutes = st.integers(0, 340 * 1440).filter(lambda minute: minute % 1440 > 0)
    late = draw(st.lists(st.integers(1, 11), min_size=2, max_size=4, unique=True))
    starts = sorted(
        {*draw(st.lists(minutes, min_size=4, max_size=16)), *(month * 30 * 1440 - 5 * 1440 + 617 for month in late)}
    )
    is_typed = draw(st.booleans())
    rows: list[Cells] = [HEADER]
    for number, minute in enumerate(starts, start=1):
        start = datetime(2025, 1, 1) + timedelta(minutes=minute)
        end = start + timedelta(minutes=draw(st.integers(1, 2 * 1440)))
        device = f"Server {draw(st.sampled_from('ABC'))}"
        moments = [start, end] if is_typed else [start.strftime(TEXT_FORM), end.strftime(TEXT_FORM)]
        rows.append([f"T-{number:03}", device, *moments])
    return rows


@contextmanager
def city_of(table: str, book: Book, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A city whose one source is this workbook."""
    with TemporaryDirectory() as folder:
        cities = Path(folder) / "cities"
        cities.mkdir()
        columns = "\n".join(f"      {name}: {column}" for name, column in COLUMNS[table].items())
        (cities / "kota.yaml").write_text(YAML.format(table=table, first=HEADER[0], columns=columns))
        write(book, cities / "berkas.xlsx")
        monkeypatch.setenv("TOLOK_HOME", str(Path(folder) / "home"))
        monkeypatch.setenv("TOLOK_CITIES", str(cities))
        yield


def write(book: Book, path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)  # type: ignore[arg-type]
    for sheet in book:
        page = workbook.create_sheet(sheet.name)
        for row in sheet.rows:
            page.append(row)
        for area in sheet.merged:
            page.merge_cells(area)
        page.sheet_state = "hidden" if sheet.is_hidden else "visible"
        page.column_dimensions[get_column_letter(1)].width = 12
    if all(sheet.is_hidden for sheet in book):
        workbook.worksheets[-1].sheet_state = "visible"
    workbook.save(path)


def outcome(table: str, book: Book, monkeypatch: pytest.MonkeyPatch) -> Result | TolokError:
    """The result of the city's year, or why there is none."""
    with city_of(table, book, monkeypatch):
        try:
            for source in steps.sources("kota", YEAR):
                steps.fetch("kota", source, YEAR)
            for name in TABLES:
                steps.clean("kota", name, YEAR)
            return next(result for result in steps.compute("kota", YEAR) if result.indicator_id == INDICATOR[table])
        except TolokError as error:
            return error


@settings(
    max_examples=int(os.environ.get("TOLOK_EXAMPLES", "60")),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # Shrinking a workbook takes minutes.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    table=st.sampled_from(sorted(COLUMNS)),
    rows=sound_rows(),
    names=st.lists(st.sampled_from(sorted(DISTORTIONS)), min_size=1, max_size=2, unique=True),
    data=st.data(),
)
def test_a_distorted_workbook_never_gives_a_wrong_final_number(
    table: str, rows: list[Cells], names: list[str], data: st.DataObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = outcome(table, [Sheet("Data", rows)], monkeypatch)
    assert isinstance(sound, Result)
    assert sound.status == "final", sound.remarks
    book = [Sheet("Data", rows)]
    for name in names:
        book = DISTORTIONS[name](book, data)
    found = outcome(table, book, monkeypatch)
    if isinstance(found, TolokError):
        event(f"refused: {'+'.join(sorted(names))}")
        assert found.id != found.en
        return
    is_same = found.headline == sound.headline
    event(f"{'same' if is_same else found.status}: {'+'.join(sorted(names))}")
    assert is_same or found.status != "final", (names, found.headline, sound.headline, found.remarks)
    assert found.status != "provisional" or any(remark.keeps_provisional for remark in found.remarks)
