"""What the XML of an XLSX workbook tells beside its cells: errors, what is hidden or not computed, and its reach."""

from __future__ import annotations

import posixpath
import re
import zipfile
from typing import IO
from xml.etree import ElementTree

import numpy as np

from connectors.sheet_marks import Bounds, SheetMarks, cell_name
from kernels import Bytes, Ints
from kernels.sheet_cells import (
    CELLS_COUNT,
    COLUMNS,
    ERROR_CELL,
    FIRST_COLUMN,
    HAS_TYPE,
    HIDDEN_ROW,
    LAST_COLUMN,
    LAST_COLUMN_AT_ROW,
    LAST_ROW,
    LAST_ROW_AT_COLUMN,
    NEXT_COLUMN,
    NEXT_ROW,
    REACH_SIZE,
    TEXTS,
    UNCOMPUTED_CELL,
    find_sheet_cells,
)

MAX_SHEET_CELLS = 60_000_000
_LAST_ROW_OF_EXCEL, _LAST_COLUMN_OF_EXCEL = 1_048_576, 16_384

# A sheet of so many cells and rows may be as empty as it likes; a larger one must fill one of so many.
_FREE_CELLS, _FREE_ROWS, _EMPTIEST = 2_000_000, 100_000, 50
_PART_BYTES = BLOCK_BYTES = 4 << 20
_LONGEST_PART = 64 << 20
_FOUND_COUNT = 10_000
_PICTURES = "/xl/media/"
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_TEXTS_COUNT = re.compile(rb"""\suniqueCount\s*=\s*["']\D*(\d+)""")
_SPAN = re.compile(rb"""\s(min|max)\s*=\s*["'](\d{1,9})["']""")


def xlsx_marks(archive: zipfile.ZipFile) -> tuple[dict[str, SheetMarks], bool]:
    """The marks of each sheet by its name, and whether any member reaches beyond reason.

    All members are looked at, whatever they are called, for a parser may take any of them for a sheet. Raises
    `ParseError` for a document type, a missing sheet and more texts claimed than there can be, and what a damaged zip
    raises.
    """
    targets = _targets(archive)
    linked = {_plain(target) for target in targets.values()}
    marks = {}
    for info in archive.infolist():
        name = _plain(info.filename)
        if name in linked or not name.startswith(_PICTURES):
            with archive.open(info) as xml:
                marks[name] = _marks_of(xml, member_bytes=info.file_size)
    members = {
        sheet.get("name", ""): _plain(targets.get(_link(sheet), ""))
        for sheet in _parsed(archive, "xl/workbook.xml").iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    }
    if not marks.keys() >= set(members.values()):
        raise ElementTree.ParseError
    is_any_beyond = any(one.beyond for one in marks.values())
    return {name: marks[member] for name, member in members.items()}, is_any_beyond


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


def _marks_of(xml: IO[bytes], *, member_bytes: int) -> SheetMarks:
    """The marks of a member, none if it is no sheet; of one with an endless cell those up to it."""
    marks, reach, held = SheetMarks(), np.zeros(REACH_SIZE, np.int64), b""
    found = np.zeros((_FOUND_COUNT, 5), np.int64)
    while marks.beyond is None and (block := xml.read(BLOCK_BYTES)):
        held += block
        count = _FOUND_COUNT
        while count == _FOUND_COUNT:
            part = np.frombuffer(held, np.uint8)
            read, count = find_sheet_cells(part, reach, found)
            _note(marks, part, found[:count], member_bytes=member_bytes)
            held = held[read:]
        if len(held) > _LONGEST_PART:
            marks.beyond = Bounds((cell_name(int(reach[NEXT_ROW]) + 1, int(reach[NEXT_COLUMN])),))
    if reach[CELLS_COUNT] and reach[HAS_TYPE]:
        raise ElementTree.ParseError
    marks.beyond = marks.beyond or _beyond(reach)
    for runs in marks.uncomputed.values():
        runs.sort(key=lambda run: run.start)
    return marks


def _note(marks: SheetMarks, part: Bytes, found: Ints, *, member_bytes: int) -> None:
    for kind, row, column, begin, end in found.tolist():
        if kind == UNCOMPUTED_CELL:
            marks.add_uncomputed(row + 1, column)
            continue
        text = part[begin:end].tobytes()
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


def _beyond(reach: Ints) -> Bounds | None:
    """The bounds of cells that reach beyond Excel's own edge, or so far that nearly all of it is empty."""
    last_row, last_column = int(reach[LAST_ROW]) + 1, int(reach[LAST_COLUMN]) + 1
    area, room = last_row * (last_column - int(reach[FIRST_COLUMN])), _EMPTIEST * int(reach[CELLS_COUNT])
    is_beyond = last_row > _LAST_ROW_OF_EXCEL or last_column > _LAST_COLUMN_OF_EXCEL or area > MAX_SHEET_CELLS
    if not is_beyond and area <= max(_FREE_CELLS, room) and last_row <= max(_FREE_ROWS, room):
        return None
    lowest = cell_name(last_row, int(reach[LAST_ROW_AT_COLUMN]))
    rightmost = cell_name(int(reach[LAST_COLUMN_AT_ROW]) + 1, last_column - 1)
    return Bounds(tuple(dict.fromkeys((lowest, rightmost))), last_row, last_column)
