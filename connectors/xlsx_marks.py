"""What the XML of an XLSX workbook tells beside its cells: errors, what is hidden or not computed, and its reach."""

from __future__ import annotations

import posixpath
import re
import zipfile
from typing import IO
from xml.etree import ElementTree

import numpy as np

from connectors import numerals
from connectors.errors import DataRejected
from connectors.records import RawFile
from connectors.sheet_marks import SheetMarks
from kernels import Bytes, Ints
from kernels.sheet_cells import (
    CELLS_COUNT,
    COLUMNS,
    ERROR_CELL,
    FIRST_COLUMN,
    HIDDEN_ROW,
    LAST_COLUMN,
    LAST_ROW,
    TEXTS,
    TYPES_COUNT,
    UNCOMPUTED_CELL,
    find_sheet_cells,
)

MAX_SHEET_CELLS = 60_000_000
_LAST_ROW_OF_EXCEL, _LAST_COLUMN_OF_EXCEL = 1_048_576, 16_384

# A sheet of so many cells and rows may be as empty as it likes; a larger one must fill one of so many.
_FREE_CELLS, _FREE_ROWS, _EMPTIEST = 2_000_000, 100_000, 50
_PART_BYTES = _BLOCK_BYTES = 4 << 20
_LONGEST_PART = 64 << 20
_FOUND_COUNT = 10_000
_PICTURES = "/xl/media/"
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_TEXTS_COUNT = re.compile(rb"""\suniqueCount\s*=\s*["']\D*(\d+)""")
_SPAN = re.compile(rb"""\s(min|max)\s*=\s*["'](\d{1,9})["']""")


def xlsx_marks(file: RawFile, archive: zipfile.ZipFile) -> dict[str, SheetMarks]:
    """The marks of each sheet by its name.

    All members are looked at, whatever they are called, for any of them may be a sheet. Raises `DataRejected` for
    cells that reach beyond reason and for formulas never computed, `ParseError` for a document type, a missing sheet
    and more texts claimed than there can be, and what a damaged zip raises.
    """
    targets = _targets(archive)
    linked = {_plain(target) for target in targets.values()}
    marks = {}
    for info in archive.infolist():
        name = _plain(info.filename)
        if name in linked or not name.startswith(_PICTURES):
            with archive.open(info) as xml:
                marks[name] = _marks_of(file, xml, member_bytes=info.file_size)
    members = {
        sheet.get("name", ""): _plain(targets.get(_link(sheet), ""))
        for sheet in _parsed(archive, "xl/workbook.xml").iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    }
    if not marks.keys() >= set(members.values()):
        raise ElementTree.ParseError
    return {name: marks[member] for name, member in members.items()}


def _targets(archive: zipfile.ZipFile) -> dict[str | None, str]:
    """The members that the workbook is linked with, by the name of the link."""
    links = _parsed(archive, "xl/_rels/workbook.xml.rels").iter()
    return {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}


def _plain(member: str) -> str:
    """A member's name as all spellings of it have in common."""
    return posixpath.normpath("/" + member.replace("\\", "/").lstrip("/")).casefold()


def _link(sheet: ElementTree.Element) -> str | None:
    return next((value for key, value in sheet.items() if key.endswith("}id")), None)


def _parsed(archive: zipfile.ZipFile, member: str) -> ElementTree.Element:
    name = next((name for name in archive.namelist() if _plain(name) == _plain(member)), None)
    if name is None:
        raise ElementTree.ParseError
    with archive.open(name) as xml:
        content = xml.read(_PART_BYTES + 1)
    if b"<!DOCTYPE" in content or len(content) > _PART_BYTES:
        raise ElementTree.ParseError
    return ElementTree.fromstring(content)  # noqa: S314 no entities without a document type


def _marks_of(file: RawFile, xml: IO[bytes], *, member_bytes: int) -> SheetMarks:
    """The marks of a member, none if it is no sheet."""
    marks, reach, held = SheetMarks(), np.zeros(8, np.int64), b""
    found = np.zeros((_FOUND_COUNT, 5), np.int64)
    while block := xml.read(_BLOCK_BYTES):
        held += block
        count = _FOUND_COUNT
        while count == _FOUND_COUNT:
            part = np.frombuffer(held, np.uint8)
            read, count = find_sheet_cells(part, reach, found)
            _note(file, marks, part, found[:count], member_bytes=member_bytes)
            held = held[read:]
        _refuse_far(file, reach, is_endless=len(held) > _LONGEST_PART)
    if reach[CELLS_COUNT] and reach[TYPES_COUNT]:
        raise ElementTree.ParseError
    return marks


def _note(file: RawFile, marks: SheetMarks, part: Bytes, found: Ints, *, member_bytes: int) -> None:
    for kind, row, column, begin, end in found.tolist():
        text = part[begin:end].tobytes()
        if kind == UNCOMPUTED_CELL:
            raise _uncomputed(file, f"{_letters(column)}{row + 1}")
        if kind == ERROR_CELL and text:
            marks.errors.setdefault(row + 1, {})[column] = text.decode("utf-8", "replace")
        elif kind == TEXTS and (claimed := _TEXTS_COUNT.search(text)) and int(claimed[1][:19]) > member_bytes:
            # calamine sets as much memory aside as is claimed.
            raise ElementTree.ParseError
        elif kind == HIDDEN_ROW:
            marks.hidden_rows.add(row + 1)
        elif kind == COLUMNS and _HIDDEN.search(text):
            span = {name: int(number) for name, number in _SPAN.findall(text)}
            last = min(span.get(b"max", 0), _LAST_COLUMN_OF_EXCEL)
            marks.hidden_columns.update(range(span.get(b"min", 1), last + 1))


def _refuse_far(file: RawFile, reach: Ints, *, is_endless: bool) -> None:
    """Raise `DataRejected` when the cells reach beyond Excel's own edge, or so far that nearly all of it is empty."""
    last_row, last_column = int(reach[LAST_ROW]) + 1, int(reach[LAST_COLUMN]) + 1
    area, room = last_row * (last_column - int(reach[FIRST_COLUMN])), _EMPTIEST * int(reach[CELLS_COUNT])
    is_beyond = last_row > _LAST_ROW_OF_EXCEL or last_column > _LAST_COLUMN_OF_EXCEL or area > MAX_SHEET_CELLS
    if is_beyond or area > max(_FREE_CELLS, room) or last_row > max(_FREE_ROWS, room):
        raise DataRejected(
            id=f"{file.name}: lembar mengaku {numerals.number(last_row)} baris x {numerals.number(last_column)} "
            "kolom; ada sel tersesat jauh di luar tabel. Hapus baris dan kolom kosong, lalu simpan ulang.",
            en=f"{file.name}: a sheet claims {last_row:,} rows x {last_column:,} columns; a stray cell lies far "
            "outside the table. Delete the empty rows and columns and save again.",
        )
    if is_endless:
        raise DataRejected(
            id=f"{file.name}: satu sel di buku kerja ini berisi puluhan juta huruf. Ekspor ulang dari sistem asalnya.",
            en=f"{file.name}: one cell of this workbook holds tens of millions of letters. Export it again from the "
            "system it comes from.",
        )


def _uncomputed(file: RawFile, cell: str) -> DataRejected:
    return DataRejected(
        id=f"{file.name}: sel {cell} berisi rumus yang belum dihitung. Buka di Excel/LibreOffice dan simpan, "
        "atau tempel sebagai nilai.",
        en=f"{file.name}: cell {cell} holds a formula never computed. Open it in Excel/LibreOffice and save, "
        "or paste values.",
    )


def _letters(column: int) -> str:
    """A column, from 0, as Excel calls it."""
    text, left = "", column + 1
    while left:
        left, nth = divmod(left - 1, 26)
        text = chr(65 + nth) + text
    return text
