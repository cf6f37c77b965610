"""Tables in workbooks: which sheets are read, where a table begins and ends, and what an error cell says."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import partial, reduce
from itertools import islice, starmap
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

from connectors import numerals
from connectors.errors import DataRejected, SourceChanged
from connectors.file_kinds import refuse_document
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
from connectors.sheet_marks import ErrorCells, SheetMarks, ods_marks
from connectors.table_bodies import GROUP_WIDTH, Row, TableBody, is_total, judge_row, say_groups

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MAX_UNZIPPED_BYTES = 2 * 1024**3
MAX_SHEET_CELLS = 100_000_000
SHEET_ROWS_APART = 10_000_000
SHEET_NAME = "@sheet"

_PART_BYTES = 4 << 20
_OVERLAP_BYTES = 64 << 10
# Where rows are, and cells beyond the first 26 columns: no sheet has rows enough to cost much within those.
_PLACE = re.compile(rb' r="([A-Z]{2,3})?(\d{1,7})"[^<>]*>')
_FORMULA = re.compile(
    rb'<(\w+:)?c\b[^>]*? r="([A-Z]+\d+)"[^>]*>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

# The stream that holds an encrypted workbook.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Where an error stands and its text, as a computed or typed cell of XLSX holds it.
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="e")[^<>]*\br="([A-Z]+)(\d+)"[^<>]*>\s*'
    rb"(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>([^<]*)<"
)

# Rows and columns that are not shown, from 1.
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^<>]*\bhidden="(?:1|true)")[^<>]*?\br="(\d+)"')
_HIDDEN_COLUMNS = re.compile(rb'<(?:\w+:)?col\b(?=[^<>]*\bhidden="(?:1|true)")([^<>]*)')
_LAST_COLUMN = 16_384
_SPAN = re.compile(rb'\b(min|max)="(\d+)"')


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
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(file.path)
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
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        found = _checked_workbook(file) if zipfile.is_zipfile(file.path) else None
        workbook = CalamineWorkbook.from_path(file.path)
        sheets = (_declared if layout.sheet else _only_one)(file, layout, workbook)
        _say_unread(file, layout, workbook, read={sheet.name for sheet in sheets}, columns=columns)
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError, ElementTree.ParseError) as fault:
        raise _unreadable(file, is_locked=isinstance(fault, PasswordError)) from None
    for sheet in sheets:
        marks = None if found is None else found.get(sheet.name, SheetMarks())
        yield _Sheet(
            sheet.name, _rows_of(sheet, marks.errors if marks else {}), tuple(sheet.merged_cell_ranges or ()), marks
        )


def _unreadable(file: RawFile, *, is_locked: bool) -> DataRejected:
    refuse_document(file)
    if is_locked or _ENCRYPTED in file.path.read_bytes():
        return DataRejected(
            id=f"{file.name}: buku kerja ini dikunci kata sandi. Buka, hapus kata sandinya, lalu simpan lagi.",
            en=f"{file.name}: this workbook is locked by a password. Open it, remove the password and save it again.",
        )
    return DataRejected(
        id=f"{file.name}: berkas Excel rusak, terpotong, atau bukan buku kerja. Buka di Excel dan simpan ulang sebagai "
        ".xlsx, atau unduh lagi.",
        en=f"{file.name}: the Excel file is damaged, cut short or no workbook. Open it in Excel and save it again as "
        ".xlsx, or download it again.",
    )


def _rows_of(sheet: CalamineSheet, errors: ErrorCells) -> Iterator[Row]:
    """Number and cells of a sheet's rows; all have the same width, but for errors beyond it."""
    # calamine gives the empty rows above the first cell, but not the empty columns before it.
    before: list[Any] = [""] * (sheet.start or (0, 0))[1]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = before + row
        for place, text in errors.get(number, {}).items():
            cells += [""] * (place + 1 - len(cells))
            cells[place] = text
        yield number, cells


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


def _checked_workbook(file: RawFile) -> dict[str, SheetMarks] | None:
    """The error cells and hidden rows and columns of each sheet, null for a format that does not tell them.

    Refuses a workbook that would unzip, or claims an area, beyond reason, and one with formulas never computed.
    """
    with zipfile.ZipFile(file.path) as archive:
        members = {info.filename for info in archive.infolist()}
        if sum(info.file_size for info in archive.infolist()) > MAX_UNZIPPED_BYTES:
            raise DataRejected(
                id=f"{file.name}: isi berkas Excel ini lebih dari 2 GB. Pecah menjadi beberapa berkas atau CSV.",
                en=f"{file.name}: this Excel file unpacks to more than 2 GB. Split it, or save it as CSV.",
            )
        sheets = sorted(name for name in members if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name))
        marks: dict[str, SheetMarks] = {}
        for name in sheets:
            with archive.open(name) as xml:
                marks[name] = _checked_sheet(file, xml)
        if not sheets:
            return ods_marks(archive) if "content.xml" in members else None
        return {name: marks[member] for name, member in _members(archive).items() if member in marks}


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Each sheet's name and the member of the archive that holds it."""
    targets = {link.get("Id"): link.get("Target", "") for link in _parsed(archive, "xl/_rels/workbook.xml.rels").iter()}
    return {
        sheet.get("name", ""): f"xl/{targets.get(_link(sheet), '').removeprefix('/xl/').removeprefix('./')}"
        for sheet in _parsed(archive, "xl/workbook.xml").iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    }


def _link(sheet: ElementTree.Element) -> str | None:
    return next((value for key, value in sheet.items() if key.endswith("}id")), None)


def _parsed(archive: zipfile.ZipFile, member: str) -> ElementTree.Element:
    content = archive.read(member)
    if b"<!DOCTYPE" in content or len(content) > _PART_BYTES:
        raise ElementTree.ParseError
    return ElementTree.fromstring(content)  # noqa: S314 no entities without a document type


def _checked_sheet(file: RawFile, xml: IO[bytes]) -> SheetMarks:
    rows_count, columns_count, marks = 0, 0, SheetMarks()
    for part in _overlapping_parts(xml):
        _refuse_formula(file, part)
        for letters, row, text in _ERROR.findall(part) if b't="e"' in part else ():
            marks.errors.setdefault(int(row), {})[_column_number(letters) - 1] = text.decode()
        if b'hidden="' in part:
            _note_hidden(part, marks)
        places = _PLACE.findall(part)
        rows_count = max(rows_count, *(int(number) for _, number in places), 0)
        columns_count = max(columns_count, *map(_column_number, {letters for letters, _ in places}), 0)
    if rows_count * columns_count > MAX_SHEET_CELLS:
        raise DataRejected(
            id=f"{file.name}: lembar mengaku {numerals.number(rows_count)} baris x {numerals.number(columns_count)} "
            "kolom; ada sel tersesat jauh di luar tabel. Hapus baris dan kolom kosong, lalu simpan ulang.",
            en=f"{file.name}: a sheet claims {rows_count:,} rows x {columns_count:,} columns; a stray cell lies far "
            "outside the table. Delete the empty rows and columns and save again.",
        )
    return marks


def _note_hidden(part: bytes, marks: SheetMarks) -> None:
    marks.hidden_rows.update(map(int, _HIDDEN_ROW.findall(part)))
    for attributes in _HIDDEN_COLUMNS.findall(part):
        span = {name: int(number) for name, number in _SPAN.findall(attributes)}
        marks.hidden_columns.update(range(span.get(b"min", 1), min(span.get(b"max", 0), _LAST_COLUMN) + 1))


def _overlapping_parts(xml: IO[bytes]) -> Iterator[bytes]:
    """A sheet's text in parts that overlap by more than its longest formula."""
    before = b""
    while block := xml.read(_PART_BYTES):
        yield before + block
        before = block[-_OVERLAP_BYTES:]


def _refuse_formula(file: RawFile, part: bytes) -> None:
    formula = (b"<f" in part or b":f" in part) and _FORMULA.search(part)
    if formula:
        cell = formula[2].decode()
        raise DataRejected(
            id=f"{file.name}: sel {cell} berisi rumus yang belum dihitung. Buka di Excel/LibreOffice dan simpan, "
            "atau tempel sebagai nilai.",
            en=f"{file.name}: cell {cell} holds a formula never computed. Open it in Excel/LibreOffice and save, "
            "or paste values.",
        )


def _column_number(letters: bytes) -> int:
    return sum((letter - 64) * 26**place for place, letter in enumerate(reversed(letters)))
