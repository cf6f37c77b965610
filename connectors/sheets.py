"""Tables in workbooks: which sheets are read, where a table begins and ends, and what an error cell says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, starmap
from typing import TYPE_CHECKING, Any

from connectors.cell_texts import cell_texts
from connectors.errors import SourceChanged
from connectors.group_rows import GroupRows
from connectors.layout import Layout
from connectors.numerals import counted_en
from connectors.records import (
    BELOW_TABLE,
    BLANK_ROW,
    COLUMN_NUMBERS,
    GRAND_TOTAL,
    HEADER_SEARCH_ROWS,
    UNDECLARED_GROUP,
    WRONG_FIELD_COUNT,
    RawFile,
    Record,
    RecordShape,
    find_header,
    find_shape,
    header_cells,
)
from connectors.sheet_choice import chosen_sheets, say_uncomputed
from connectors.sheet_marks import ErrorCells, SheetMarks, cell_name
from connectors.table_bodies import GROUP_WIDTH, Row, TableBody, is_total, judge_row, say_groups
from connectors.tables_beside import with_tables_beside_said
from connectors.workbooks import Workbook, open_workbook, told, uncomputed

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

SHEET_ROWS_APART = 10_000_000
SHEET_NAME = "@sheet"
_NAMED_CELLS = 5


@dataclass(frozen=True)
class _Sheet:
    """One sheet's name and its rows, numbered from 1; `merged` are ranges of rows and columns from 0.

    `marks` are null where the workbook's format does not tell them.
    """

    name: str
    rows: Iterator[Row]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    marks: SheetMarks | None


def sheet_records(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    """The records of every sheet read, in the workbook's order.

    Rows of the nth sheet are numbered from (n - 1) times 10,000,000. A column `@sheet` holds the sheet's name. Raises
    `DataRejected` when several sheets hold data and none is declared.
    """
    asked = tuple(name for name in columns if name != SHEET_NAME)
    for nth, sheet in enumerate(_sheets(file, layout, columns=tuple(n for n in asked if n != layout.group_rows))):
        for number, problem, *texts in _table(file, sheet, layout, asked):
            if SHEET_NAME in columns:
                texts.insert(columns.index(SHEET_NAME), None if problem else sheet.name)
            yield (nth * SHEET_ROWS_APART + int(str(number)), problem, *texts)


def read_sheet_names(file: RawFile, layout: Layout) -> list[str]:
    """The names of the sheets read; raises as `sheet_records`."""
    return [sheet.name for sheet in _sheets(replace(file, on_remark=None), layout)]


def sheet_header(file: RawFile, layout: Layout) -> list[str]:
    """The names of the columns of the first sheet read."""
    return find_header(file, layout, sheet_texts(file, layout))


def sheet_texts(file: RawFile, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row of the first sheet read, as text."""
    return next(_sheets(replace(file, on_remark=None), layout)).rows


def _table(file: RawFile, sheet: _Sheet, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    named = replace(file, name=f"{file.name} [{sheet.name}]")
    try:
        asked = tuple(name for name in columns if name != layout.group_rows)
        shape = find_shape(named, layout=layout, columns=asked, rows=sheet.rows)
    except SourceChanged as fault:
        raise fault.with_more(*_other_sheets(file, sheet.name, columns)) from None
    marks = sheet.marks
    rows = with_tables_beside_said(named, shape, _filled_down(named, sheet, shape, layout))
    beside: dict[int, str] = {}
    table = TableBody(named, shape, record=partial(_sheet_record, shape, beside))
    if layout.group_rows:
        groups = GroupRows(named, layout.group_rows)
        records = groups.carried(table.records(groups.noted(rows), ends_at=layout.ends_at), columns=columns)
    else:
        records = starmap(table.record, rows) if layout.names else table.records(rows, ends_at=layout.ends_at)
        records = _with_groups_said(named, records)
    records = _with_cells_beside_said(named, _with_notes_said(named, shape, records), beside)
    if marks is None:
        yield from _with_blanks_said(named, shape, records)
        return
    _say_hidden_columns(named, shape, marks.hidden_columns)
    if marks.uncomputed:
        not_read = (COLUMN_NUMBERS, GRAND_TOTAL, *([BELOW_TABLE] if layout.ends_at else []))
        records = _computed(named, shape, records, marks, not_read=not_read)
    yield from _with_hidden_said(named, records, marks.hidden_rows) if marks.hidden_rows else records


def _other_sheets(file: RawFile, read: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """Which other sheets have a row with all columns asked for, in both languages, if any do."""
    workbook = open_workbook(file)
    names = [name for name in workbook.book.sheet_names if name != read and _has_header(workbook, name, columns)]
    if not names:
        return "", ""
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        f'Judul kolom itu ada di lembar {listed}: tulis sheet: "{names[0]}".',
        f'That header is on the sheet {listed}: write sheet: "{names[0]}".',
    )


def _has_header(workbook: Workbook, name: str, columns: tuple[str, ...]) -> bool:
    if workbook.bounds_of(name):
        return False
    rows = islice(workbook.sheet(name).iter_rows(), HEADER_SEARCH_ROWS)
    return any(set(columns) <= set(header_cells(cell_texts(row))) for row in rows)


def _computed(
    file: RawFile, shape: RecordShape, records: Iterator[Record], marks: SheetMarks, *, not_read: Container[object]
) -> Iterator[Record]:
    """The records of a sheet with formulas never computed, of which those that are not read are remarked.

    Raises `DataRejected` for one that is read, or stands in a row that its other cells do not make a record.
    """
    row, problem = 0, None
    for record in records:
        row, problem = int(str(record[0])), record[1]
        if problem not in not_read:
            is_judged_whole = problem not in (None, BLANK_ROW, BELOW_TABLE, WRONG_FIELD_COUNT)
            cell = marks.uncomputed_in(row, sorted(marks.uncomputed) if is_judged_whole else shape.places)
            if cell is not None:
                raise uncomputed(file, cell)
        yield record
    # A row of nothing but such formulas at a sheet's end is none to the parser.
    if row and problem not in not_read and (cell := marks.uncomputed_below(row, shape.places)):
        raise uncomputed(file, cell)
    say_uncomputed(file, marks)


def _with_blanks_said(file: RawFile, shape: RecordShape, records: Iterator[Record]) -> Iterator[Record]:
    """The records of a sheet whose error cells read as blanks; if there are blanks, a remark after the last says so."""
    blanks: Counter[str] = Counter()
    blank_rows = blank_rows_between = 0
    for record in records:
        blank_rows += record[1] == BLANK_ROW
        if record[1] is None:
            blank_rows_between = blank_rows
            blanks.update(name for name, text in zip(shape.columns, record[2:], strict=True) if not text)
        yield record
    if blanks or blank_rows_between:
        counts = ", ".join([f"{name}: {count}" for name, count in blanks.items()])
        file.remark(
            "old_workbook",
            id="sel galat (#VALUE!, #N/A) di format buku kerja ini terbaca kosong, jadi sel kosong berikut mungkin "
            f"galat: {counts or '-'}; baris kosong: {blank_rows_between}. Simpan sebagai .xlsx.",
            en="error cells (#VALUE!, #N/A) of this workbook format read as blanks, so these blank cells may be "
            f"errors: {counts or '-'}; blank rows: {blank_rows_between}. Save it as .xlsx.",
        )


def _say_hidden_columns(file: RawFile, shape: RecordShape, hidden: Container[int]) -> None:
    pairs = zip(shape.columns, shape.places, strict=True)
    names = ", ".join(name for name, place in pairs if place + 1 in hidden)
    if names:
        file.remark(
            "hidden_columns",
            id=f"kolom tersembunyi ikut dibaca: {names}.",
            en=f"hidden columns are read: {names}.",
            keeps_provisional=False,
        )


def _with_hidden_said(file: RawFile, records: Iterator[Record], hidden: Container[object]) -> Iterator[Record]:
    """The records; hidden ones among them are remarked after the last."""
    found = []
    for record in records:
        if record[1] is None and record[0] in hidden:
            found.append(record[0])
        yield record
    if found:
        count, first = len(found), found[0]
        file.remark(
            "hidden_rows",
            id=f"{count} baris tersembunyi (disembunyikan atau tersaring), mulai baris {first}, ikut dibaca. Tampilkan "
            "semua baris; hapus yang memang tidak dihitung, lalu simpan lagi.",
            en=f"{counted_en(count, 'hidden row is', 'hidden rows are')} read (by hand or by a filter), from row "
            f"{first}. Show all rows, delete what does not count, and save again.",
        )


def _filled_down(file: RawFile, sheet: _Sheet, shape: RecordShape, layout: Layout) -> Iterator[Row]:
    """Rows with the value of a cell merged over rows in each of them; `SourceChanged` when that is not declared."""
    place_of = dict(zip(shape.columns, shape.places, strict=True))
    wanted = {place_of[name] for name in layout.fill_down if name in place_of}
    above: dict[int, str] = {}
    covered = {place: _rows_merged_at(sheet, place) for place in shape.places}
    if not wanted and not any(covered.values()):
        yield from sheet.rows
    first = None
    for number, cells in sheet.rows:
        first = first or number
        for name, place in place_of.items():
            if number in covered[place] and place not in wanted and _may_be_record(shape, cells):
                raise _merged(file, name, number, is_header=number == first and not layout.names)
        for place in wanted:
            if cells[place]:
                above[place] = cells[place]
            elif place in above and (number in covered[place] or not covered[place]) and any(cells):
                cells[place] = above[place]
        yield number, cells


def _may_be_record(shape: RecordShape, cells: list[str]) -> bool:
    return any(cells[place] for place in shape.places) and not is_total(cells)


def _rows_merged_at(sheet: _Sheet, place: int) -> set[int]:
    """Rows, from 1, whose cell in a column is blank because it is merged with one above."""
    found: set[int] = set()
    for (top, left), (bottom, right) in sheet.merged:
        if left <= place <= right:
            found.update(range(top + 2, bottom + 2))
    return found


def _merged(file: RawFile, name: str, number: int, *, is_header: bool) -> SourceChanged:
    if is_header:
        return SourceChanged(
            id=f"{file.name}: judul kolom '{name}' digabung ke bawah sampai baris {number}; judulnya lebih dari satu "
            "baris. Tulis header_rows: 2 (atau jumlah barisnya).",
            en=f"{file.name}: the header '{name}' is merged over rows down to row {number}; it has more than one row. "
            "Write header_rows: 2 (or as many as there are).",
        )
    return SourceChanged(
        id=f"{file.name}: sel kolom '{name}' digabung ke bawah (baris {number}); nilainya hanya ada di baris pertama. "
        f'Tulis fill_down: ["{name}"] bila nilai itu berlaku untuk semua baris gabungan, atau pisahkan selnya.',
        en=f"{file.name}: cells of column '{name}' are merged over rows (row {number}); only the first holds the "
        f'value. Write fill_down: ["{name}"] if it holds for all rows merged, or unmerge the cells.',
    )


def _sheet_record(shape: RecordShape, beside: dict[int, str], number: int, cells: list[str]) -> Record:
    """What `judge_row` says; `beside` takes the first cell to the right of the last named column, by row."""
    if len(cells) >= shape.width and not any(cells[shape.width :]):
        texts = [cells[place] for place in shape.places]
        if len(texts) - texts.count("") > (shape.width >= GROUP_WIDTH):
            return (number, None, *texts)
    record = judge_row(shape, number, cells)
    if record[1] == WRONG_FIELD_COUNT and len(cells) > shape.width:
        beside[number] = cell_name(number, next(nth for nth in range(shape.width, len(cells)) if cells[nth]))
    return record


def _with_cells_beside_said(file: RawFile, records: Iterator[Record], beside: Mapping[int, str]) -> Iterator[Record]:
    """The records; cells to the right of the table, for which rows are quarantined, are remarked after the last."""
    yield from records
    if beside:
        more = f" (+{len(beside) - _NAMED_CELLS})" if len(beside) > _NAMED_CELLS else ""
        cells = ", ".join(list(beside.values())[:_NAMED_CELLS]) + more
        file.remark(
            "cells_beside_table",
            id=f"{len(beside)} baris dikarantina karena ada isi di kanan kolom berjudul yang terakhir: sel {cells}. "
            "Hapus atau pindahkan catatan itu ke lembar lain; bila itu kolom, beri judul; bila isi barisnya tergeser, "
            "kembalikan.",
            en=f"{counted_en(len(beside), 'row is', 'rows are')} quarantined because something stands to the right of "
            f"the last named column: cell {cells}. Delete the note or move it to another sheet; if it is a column, "
            "give it a header; if the row's cells were shifted, shift them back.",
            keeps_provisional=False,
        )


def _with_notes_said(file: RawFile, shape: RecordShape, records: Iterator[Record]) -> Iterator[Record]:
    """The records; what the lines around them tell of them is said after the last."""
    count = 0
    for record in records:
        count += record[1] is None
        yield record
    file.say_notes(shape.notes, records_count=count)


def _with_groups_said(file: RawFile, records: Iterator[Record]) -> Iterator[Record]:
    """The records; rows among them that may name a group are remarked after the last."""
    found = []
    for record in records:
        if record[1] == UNDECLARED_GROUP:
            found.append(record[0])
        yield record
    say_groups(file, found)


def _sheets(file: RawFile, layout: Layout, *, columns: tuple[str, ...] = ()) -> Iterator[_Sheet]:
    """The sheets to read, each held in memory while it is read; unread ones with all of `columns` are remarked."""
    workbook = open_workbook(file)
    with told(file):
        sheets = chosen_sheets(workbook, layout, columns=columns)
    for sheet in sheets:
        marks = None if workbook.marks is None else workbook.marks.get(sheet.name, SheetMarks())
        rows = _rows_of(file, sheet, marks.errors if marks else {})
        last = sheet.total_height - 1
        merged = tuple((begin, (min(row, last), column)) for begin, (row, column) in sheet.merged_cell_ranges or ())
        yield _Sheet(sheet.name, rows, merged, marks)


def _rows_of(file: RawFile, sheet: CalamineSheet, errors: ErrorCells) -> Iterator[Row]:
    """Number and texts of a sheet's rows; all have the same width, but for errors beyond it."""
    # calamine gives the empty rows above the first cell, but not the empty columns before it.
    before = [""] * (sheet.start or (0, 0))[1]
    for number, row in enumerate(_told_rows(file, sheet), start=1):
        cells = before + cell_texts(row)
        for place, text in errors.get(number, {}).items():
            cells += [""] * (place + 1 - len(cells))
            cells[place] = text
        yield number, cells


def _told_rows(file: RawFile, sheet: CalamineSheet) -> Iterator[list[Any]]:
    with told(file):
        yield from sheet.iter_rows()
