"""What calamine does not tell of a sheet: error cells, and what is hidden; for OpenDocument they are read here."""

from __future__ import annotations

import zipfile
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree

from connectors.records import ERROR_TEXTS

_ODS_CONTENT = "content.xml"
_PART_BYTES = 4 << 20
_OVERLAP_BYTES = 200
_SIGNS = (b'value-type="error"', b"visibility=", b">#", b">Err:")
# Repeated cells and rows beyond these fill up a sheet.
_MOST_REPEATED = 10_000

ErrorCells = dict[int, dict[int, str]]


@dataclass(frozen=True)
class Bounds:
    """How far a sheet reaches that may not be held in memory, and the cells that make it do so; `rows_count` is null
    where one cell alone is too long."""

    cells: tuple[str, ...]
    rows_count: int | None = None
    columns_count: int = 0


@dataclass
class SheetMarks:
    """A sheet's error cells by row from 1 and place from 0, and its hidden rows and columns from 1.

    `uncomputed` are the rows, from 1, of formulas never computed, as runs by place. `beyond` is null for a sheet that
    may be read.
    """

    errors: ErrorCells = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: dict[int, list[range]] = field(default_factory=dict)
    beyond: Bounds | None = None

    def add_uncomputed(self, row: int, place: int) -> None:
        """Note a formula never computed."""
        runs = self.uncomputed.setdefault(place, [])
        if runs and runs[-1].stop == row:
            runs[-1] = range(runs[-1].start, row + 1)
        else:
            runs.append(range(row, row + 1))

    def uncomputed_in(self, row: int, places: Iterable[int]) -> str | None:
        """The first of a row's cells at some places whose formula was never computed, such as `B2`."""
        for place in places:
            runs = self.uncomputed.get(place, [])
            nth = bisect_right(runs, row, key=lambda run: run.start)
            if nth and row in runs[nth - 1]:
                return cell_name(row, place)
        return None

    def uncomputed_below(self, row: int, places: Iterable[int]) -> str | None:
        """The first such cell below a row, in the first of some places that has one."""
        for place in places:
            for run in self.uncomputed.get(place, []):
                if run.stop > row + 1:
                    return cell_name(max(run.start, row + 1), place)
        return None

    @property
    def first_uncomputed(self) -> str | None:
        """The first cell whose formula was never computed."""
        first = min(((runs[0].start, place) for place, runs in self.uncomputed.items()), default=None)
        return first and cell_name(*first)


def cell_name(row: int, place: int) -> str:
    """A cell of a row from 1 and a place from 0 as spreadsheets call it."""
    letters, left = "", place + 1
    while left:
        left, nth = divmod(left - 1, 26)
        letters = chr(65 + nth) + letters
    return f"{letters}{row}"


def ods_marks(archive: zipfile.ZipFile) -> dict[str, SheetMarks]:
    """The error cells and hidden rows by sheet of an OpenDocument workbook; raises `ParseError` for unsound XML.

    An error is told by the text it shows, for that is what all programs write alike.
    """
    if not _has_signs(archive):
        return {}
    found: dict[str, SheetMarks] = {}
    sheet, row, column = SheetMarks(), 1, 0
    with archive.open(_ODS_CONTENT) as xml:
        for event, element in ElementTree.iterparse(xml, ("start", "end")):  # noqa: S314 no document type
            name = element.tag.rpartition("}")[2]
            if event == "start":
                if name == "table":
                    sheet, row = found.setdefault(_value(element, "name"), SheetMarks()), 1
                elif name == "table-row":
                    column = 0
            elif name in ("table-cell", "covered-table-cell"):
                _note_error(sheet, element, row=row, column=column)
                column += _repeated(element, "number-columns-repeated")
                element.clear()
            elif name == "table-row":
                row = _after_row(sheet, element, row)
                element.clear()
    return found


def _has_signs(archive: zipfile.ZipFile) -> bool:
    before = b""
    with archive.open(_ODS_CONTENT) as xml:
        while block := xml.read(_PART_BYTES):
            part, before = before + block, block[-_OVERLAP_BYTES:]
            if b"<!DOCTYPE" in part:
                raise ElementTree.ParseError
            if any(sign in part for sign in _SIGNS):
                return True
    return False


def _value(element: ElementTree.Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def _repeated(element: ElementTree.Element, name: str) -> int:
    return int(_value(element, name) or 1)


def _note_error(sheet: SheetMarks, cell: ElementTree.Element, *, row: int, column: int) -> None:
    text = "".join(cell.itertext()).strip()
    is_error = text in ERROR_TEXTS or any(key.endswith("}value-type") and of == "error" for key, of in cell.items())
    for place in range(column, column + min(_repeated(cell, "number-columns-repeated"), _MOST_REPEATED) * is_error):
        sheet.errors.setdefault(row, {})[place] = text if text in ERROR_TEXTS else "#ERROR!"


def _after_row(sheet: SheetMarks, element: ElementTree.Element, row: int) -> int:
    """The number of the next row, once what holds for this one is noted for those that repeat it."""
    after = row + _repeated(element, "number-rows-repeated")
    rows = range(row, min(after, row + _MOST_REPEATED))
    if row in sheet.errors:
        sheet.errors.update({number: dict(sheet.errors[row]) for number in rows})
    if _value(element, "visibility") in ("collapse", "filter"):
        sheet.hidden_rows.update(rows)
    return after
