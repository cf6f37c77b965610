"""Tables in workbooks: which sheets are read, where a table begins and ends, and what an error cell says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import partial, reduce
from itertools import islice, starmap
from typing import TYPE_CHECKING, Any

from connectors.errors import DataRejected, SourceChanged
from connectors.group_rows import GroupRows
from connectors.layout import Layout
from connectors.records import (
    BLANK_ROW,
    HEADER_SEARCH_ROWS,
    TYPED,
    UNDECLARED_GROUP,
    RawFile,
    Record,
    RecordShape,
    find_header,
    find_shape,
    header_cells,
    joined_header,
)
from connectors.sheet_marks import ErrorCells, SheetMarks
from connectors.table_bodies import GROUP_WIDTH, Row, TableBody, is_total, judge_row, say_groups
from connectors.workbooks import open_workbook, told

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

SHEET_ROWS_APART = 10_000_000
SHEET_NAME = "@sheet"


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
    return _text_rows(next(_sheets(replace(file, on_remark=None), layout)).rows)


def _table(file: RawFile, sheet: _Sheet, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    named = replace(file, name=f"{file.name} [{sheet.name}]")
    try:
        asked = tuple(name for name in columns if name != layout.group_rows)
        shape = find_shape(named, layout=layout, columns=asked, rows=_text_rows(sheet.rows))
    except SourceChanged as fault:
        raise fault.with_more(*_other_sheets(file, sheet.name, columns)) from None
    rows = _filled_down(named, sheet, shape, layout)
    table = TableBody(named, shape, texts=_texts, record=partial(_sheet_record, shape))
    if layout.group_rows:
        groups = GroupRows(named, layout.group_rows, _texts)
        records = groups.carried(table.records(groups.noted(rows), ends_at=layout.ends_at), columns=columns)
    else:
        records = starmap(table.record, rows) if layout.names else table.records(rows, ends_at=layout.ends_at)
        records = _with_groups_said(named, records)
    records = _with_notes_said(named, shape, records)
    if sheet.marks is None:
        yield from _with_blanks_said(named, shape, records)
        return
    _say_hidden_columns(named, shape, sheet.marks.hidden_columns)
    hidden = sheet.marks.hidden_rows
    yield from _with_hidden_said(named, records, hidden) if hidden else records


def _other_sheets(file: RawFile, read: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """Which other sheets have a row with all columns asked for, in both languages, if any do."""
    workbook, _ = open_workbook(file)
    names = [name for name in workbook.sheet_names if name != read and _has_header(workbook, name, columns)]
    if not names:
        return "", ""
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        f'Judul kolom itu ada di lembar {listed}: tulis sheet: "{names[0]}".',
        f'That header is on the sheet {listed}: write sheet: "{names[0]}".',
    )


def _has_header(workbook: CalamineWorkbook, name: str, columns: tuple[str, ...]) -> bool:
    rows = islice(workbook.get_sheet_by_name(name).iter_rows(), HEADER_SEARCH_ROWS)
    return any(set(columns) <= set(header_cells(_texts(row))) for row in rows)


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
            en=f"{count} hidden rows (by hand or by a filter), from row {first}, are read. Show all rows, delete what "
            "does not count, and save again.",
        )


def _filled_down(file: RawFile, sheet: _Sheet, shape: RecordShape, layout: Layout) -> Iterator[Row]:
    """Rows with the value of a cell merged over rows in each of them; `SourceChanged` when that is not declared."""
    place_of = dict(zip(shape.columns, shape.places, strict=True))
    wanted = {place_of[name] for name in layout.fill_down if name in place_of}
    above: dict[int, Any] = {}
    covered = {place: _rows_merged_at(sheet, place) for place in shape.places}
    first = None
    for number, cells in sheet.rows:
        first = first or number
        for name, place in place_of.items():
            if number in covered[place] and place not in wanted and _may_be_record(shape, cells):
                raise _merged(file, name, number, is_header=number == first and not layout.names)
        for place in wanted:
            is_blank = not any(_texts([cells[place]]))
            if is_blank and place in above and (number in covered[place] or not covered[place]) and any(_texts(cells)):
                cells[place] = above[place]
            elif not is_blank:
                above[place] = cells[place]
        yield number, cells


def _may_be_record(shape: RecordShape, cells: list[Any]) -> bool:
    return any(_texts([cells[place] for place in shape.places])) and not is_total(_texts(cells))


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


def _sheet_record(shape: RecordShape, number: int, cells: list[Any]) -> Record:
    """What `judge` says, without turning cells to text that nobody asked for."""
    if len(cells) >= shape.width and not any(_texts(cells[shape.width :])):
        texts = _texts([cells[place] for place in shape.places])
        if len(texts) - texts.count("") > (shape.width >= GROUP_WIDTH):
            return (number, None, *texts)
    whole = _texts(cells)
    return judge_row(shape, number, whole)


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


def _text_rows(rows: Iterator[Row]) -> Iterator[tuple[int, list[str]]]:
    return ((number, _texts(cells)) for number, cells in rows)


def _texts(cells: list[Any]) -> list[str]:
    return [_TEXT_OF[type(cell)](cell) for cell in cells]


def _sheets(file: RawFile, layout: Layout, *, columns: tuple[str, ...] = ()) -> Iterator[_Sheet]:
    """The sheets to read, each held in memory while it is read; unread ones with all of `columns` are remarked."""
    workbook, found = open_workbook(file)
    with told(file):
        sheets = (_declared if layout.sheet else _only_one)(file, layout, workbook)
        _say_unread(file, layout, workbook, read={sheet.name for sheet in sheets}, columns=columns)
    for sheet in sheets:
        marks = None if found is None else found.get(sheet.name, SheetMarks())
        rows = _rows_of(file, sheet, marks.errors if marks else {})
        last = sheet.total_height - 1
        merged = tuple((begin, (min(row, last), column)) for begin, (row, column) in sheet.merged_cell_ranges or ())
        yield _Sheet(sheet.name, rows, merged, marks)


def _rows_of(file: RawFile, sheet: CalamineSheet, errors: ErrorCells) -> Iterator[Row]:
    """Number and cells of a sheet's rows; all have the same width, but for errors beyond it."""
    # calamine gives the empty rows above the first cell, but not the empty columns before it.
    before: list[Any] = [""] * (sheet.start or (0, 0))[1]
    for number, row in enumerate(_told_rows(file, sheet), start=1):
        cells = before + row
        for place, text in errors.get(number, {}).items():
            cells += [""] * (place + 1 - len(cells))
            cells[place] = text
        yield number, cells


def _told_rows(file: RawFile, sheet: CalamineSheet) -> Iterator[list[Any]]:
    with told(file):
        rows = sheet.iter_rows()
    while True:
        with told(file):
            row = next(rows, None)
        if row is None:
            return
        yield row


def _declared(file: RawFile, layout: Layout, workbook: CalamineWorkbook) -> list[CalamineSheet]:
    """The sheets that `sheet` names; a pattern leaves hidden and empty ones out."""
    names, hidden = workbook.sheet_names, _hidden(workbook)
    found: list[str] = []
    for wanted in layout.sheets:
        fitting = [name for name in names if fnmatchcase(name, wanted) and name not in hidden]
        fitting = [wanted] if wanted in names else fitting
        found += fitting
        if not fitting:
            raise SourceChanged(
                id=f"{file.name}: lembar '{wanted}' tidak ada; yang ada: {', '.join(names)}. Perbaiki 'sheet'.",
                en=f"{file.name}: there is no sheet '{wanted}'; there are: {', '.join(names)}. Mend 'sheet'.",
            )
    chosen = [workbook.get_sheet_by_name(name) for name in names if name in found]
    return [sheet for sheet in chosen if sheet.height or sheet.name in layout.sheets]


def _only_one(file: RawFile, layout: Layout, workbook: CalamineWorkbook) -> list[CalamineSheet]:  # noqa: ARG001
    """The only visible sheet that holds data."""
    hidden = _hidden(workbook)
    shown = [name for name in workbook.sheet_names if name not in hidden]
    sheets = [sheet for name in shown if (sheet := workbook.get_sheet_by_name(name)).height]
    if len(sheets) > 1:
        names = ", ".join(sheet.name for sheet in sheets)
        raise DataRejected(
            id=f'{file.name}: lebih dari satu lembar berisi data: {names}. Tulis sheet: "{sheets[0].name}" untuk satu '
            'lembar, sheet: ["...", "..."] untuk beberapa, atau sheet: "*" untuk semua.',
            en=f'{file.name}: more than one sheet holds data: {names}. Write sheet: "{sheets[0].name}" for one, '
            'sheet: ["...", "..."] for several, or sheet: "*" for all.',
        )
    if not sheets:
        raise DataRejected(
            id=f"{file.name}: tidak ada lembar terlihat yang berisi data; tersembunyi: {', '.join(hidden) or '-'}. "
            "Tulis namanya di 'sheet' bila itu datanya.",
            en=f"{file.name}: no visible sheet holds data; hidden: {', '.join(hidden) or '-'}. Write its name in "
            "'sheet' if that is the data.",
        )
    return sheets


def _hidden(workbook: CalamineWorkbook) -> list[str]:
    from python_calamine import SheetVisibleEnum

    return [one.name for one in workbook.sheets_metadata if one.visible != SheetVisibleEnum.Visible]


def _say_unread(
    file: RawFile, layout: Layout, workbook: CalamineWorkbook, *, read: Container[str], columns: tuple[str, ...]
) -> None:
    """Remark sheets not read; one with the same header keeps provisional unless all read are named one by one."""
    unread = [name for name in workbook.sheet_names if name not in read]
    is_by_name = bool(layout.sheets) and not any(mark in name for name in layout.sheets for mark in "*?[")
    same = [] if is_by_name else [name for name in unread if _has_table(workbook, name, layout, columns)]
    if same:
        listed = ", ".join(same)
        file.remark(
            "unread_tables",
            id=f"lembar dengan judul kolom yang sama tidak dibaca: {listed}. Bila isinya dihitung, perbaiki pola "
            "'sheet' atau tampilkan lembarnya; bila tidak, sebut semua lembar yang dibaca satu per satu di 'sheet'.",
            en=f"sheets with the same header are not read: {listed}. If they count, mend the pattern in 'sheet' or "
            "show the sheet; if not, name all sheets to read one by one in 'sheet'.",
        )
    if others := ", ".join(name for name in unread if name not in same):
        file.remark(
            "unread_sheets",
            id=f"lembar tersembunyi, kosong atau tidak disebut di 'sheet', tidak dibaca: {others}.",
            en=f"sheets hidden, empty or not named in 'sheet', not read: {others}.",
            keeps_provisional=False,
        )


def _has_table(workbook: CalamineWorkbook, name: str, layout: Layout, columns: tuple[str, ...]) -> bool:
    """Whether a sheet has a header with all of some columns, and rows below it."""
    sheet = workbook.get_sheet_by_name(name)
    rows = [_texts(row) for row in islice(sheet.iter_rows(), HEADER_SEARCH_ROWS)]
    header_height = layout.header_rows
    for nth in range(len(rows) if columns else 0):
        header = reduce(joined_header, map(header_cells, rows[nth : nth + header_height]))
        if set(columns) <= set(header):
            return any(any(row) for row in rows[nth + header_height :])
    return False


def _number_text(number: float) -> str:
    """Whole numbers without a point, others ending in `e0`: that keeps a typed 1.5 apart from a typed-in "1.500",
    whose marks the source's settings explain."""
    return str(int(number)) if number.is_integer() else f"{number!r}e0"


# A spreadsheet's cell as text, by the type calamine gives it.
_TEXT_OF: dict[type, Callable[[Any], str]] = {
    str: lambda text: text.replace("\xa0", " ").strip(),
    float: _number_text,
    int: str,
    bool: lambda truth: "true" if truth else "false",
    datetime: lambda moment: f"{moment.isoformat()}{TYPED}",
    date: lambda day: f"{day.isoformat()}T00:00:00{TYPED}",
    time: lambda clock: f"{clock.isoformat()}{TYPED}",
    timedelta: lambda span: f"{span}{TYPED}",
}
