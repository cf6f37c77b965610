"""Tables in workbooks: which sheets are read, where a table begins and ends, and what an error cell says."""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

from connectors.errors import DataRejected, SourceChanged
from connectors.layout import Layout
from connectors.records import (
    BELOW_TABLE,
    COLUMN_NUMBERS,
    GRAND_TOTAL,
    TYPED,
    RawFile,
    Record,
    RecordShape,
    find_header,
    find_shape,
)

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

# Where an error stands and its text, as a computed or typed cell of XLSX holds it.
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="e")[^<>]*\br="([A-Z]+)(\d+)"[^<>]*>\s*'
    rb"(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>([^<]*)<"
)
_TOTAL = re.compile(
    r"((sub|grand)[ -]?)?(total|jumlah|rata-rata|average)( (keseluruhan|seluruhnya|semua|umum))?\s*:?", re.I
)
_NUMBERED = re.compile(r"\(?(\d{1,2})\)?")
_TAIL_ROWS = 1000

Row = tuple[int, list[Any]]
ErrorCells = dict[int, dict[int, str]]


@dataclass(frozen=True)
class _Sheet:
    """One sheet's name and its rows, numbered from 1; `merged` are ranges of rows and columns from 0."""

    name: str
    rows: Iterator[Row]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()


def sheet_records(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    """The records of every sheet read, in the workbook's order.

    Rows of the nth sheet are numbered from (n - 1) times 10,000,000. A column `@sheet` holds the sheet's name. Raises
    `DataRejected` when several sheets hold data and none is declared.
    """
    asked = tuple(name for name in columns if name != SHEET_NAME)
    for nth, sheet in enumerate(_sheets(file, layout)):
        for number, problem, *texts in _table(file, sheet, layout, asked):
            if SHEET_NAME in columns:
                texts.insert(columns.index(SHEET_NAME), None if problem else sheet.name)
            yield (nth * SHEET_ROWS_APART + int(str(number)), problem, *texts)


def sheet_header(file: RawFile, layout: Layout) -> list[str]:
    """The names of the columns of the first sheet read."""
    return find_header(file, layout, sheet_texts(file, layout))


def sheet_texts(file: RawFile, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row of the first sheet read, as text."""
    return _text_rows(next(_sheets(replace(file, on_remark=None), layout)).rows)


def _table(file: RawFile, sheet: _Sheet, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    named = replace(file, name=f"{file.name} [{sheet.name}]")
    shape = find_shape(named, layout=layout, columns=columns, rows=_text_rows(sheet.rows))
    rows = _filled_down(named, sheet, shape, layout)
    first = next(rows, None)
    if first is not None and _is_numbering(first[1]) and not layout.names:
        yield shape.left_out(first[0], COLUMN_NUMBERS)
    elif first is not None:
        rows = itertools.chain([first], rows)
    if layout.names:
        yield from (_sheet_record(shape, *row) for row in rows)
    elif layout.ends_at:
        yield from _until(layout.ends_at, shape, rows)
    else:
        yield from _without_tail(named, shape, rows)


def _is_numbering(cells: list[Any]) -> bool:
    """Whether a row numbers the columns: (1), (2), (3) ... and nothing else."""
    found = [_NUMBERED.fullmatch(text) for text in _texts(cells) if text]
    return len(found) > 2 and [match and int(match[1]) for match in found] == list(range(1, len(found) + 1))


def _until(ends_at: str, shape: RecordShape, rows: Iterator[Row]) -> Iterator[Record]:
    has_ended = False
    for number, cells in rows:
        has_ended = has_ended or _first_text(cells).casefold().startswith(ends_at.casefold())
        yield shape.left_out(number, BELOW_TABLE) if has_ended else _sheet_record(shape, number, cells)


def _without_tail(file: RawFile, shape: RecordShape, rows: Iterator[Row]) -> Iterator[Record]:
    """The records; a total, notes and signatures after the last are left out by their shape and said."""
    tail: list[Row] = []
    for number, cells in rows:
        is_sparse = _is_sparse(shape, cells)
        if is_sparse and len(tail) < _TAIL_ROWS and (tail or _is_total(cells) or not any(_texts(cells))):
            tail.append((number, cells))
            continue
        yield from (_sheet_record(shape, *row) for row in tail)
        tail.clear()
        yield _sheet_record(shape, number, cells)
    yield from _left_out(file, shape, tail)


def _is_sparse(shape: RecordShape, cells: list[Any]) -> bool:
    """Whether a row says too little for a record, or is a total."""
    filled = sum(map(bool, _texts([cells[place] for place in shape.places if place < len(cells)])))
    return _is_total(cells) or (filled < 3 and 2 * filled <= len(shape.places))


def _left_out(file: RawFile, shape: RecordShape, tail: list[Row]) -> Iterator[Record]:
    totals, notes, may_be_records = 0, 0, False
    for number, cells in tail:
        texts = _texts(cells)
        if not any(texts):
            yield shape.judge(number, texts)
            continue
        is_total = _is_total(cells)
        totals, notes = totals + is_total, notes + (not is_total)
        may_be_records |= is_total and all(_texts([cells[place] for place in shape.places]))
        yield shape.left_out(number, GRAND_TOTAL if is_total else BELOW_TABLE)
    if totals or notes:
        file.remark(
            "below_table",
            id=f"di bawah tabel, mulai baris {tail[0][0]}, {totals} baris jumlah dan {notes} baris catatan atau tanda "
            "tangan tidak dibaca. Tulis 'ends_at' bila tabel berakhir di tempat lain.",
            en=f"below the table, from row {tail[0][0]}, {totals} rows of totals and {notes} rows of notes or "
            "signatures are not read. Write 'ends_at' if the table ends elsewhere.",
            keeps_provisional=may_be_records,
        )


def _is_total(cells: list[Any]) -> bool:
    return _TOTAL.fullmatch(_first_text(cells)) is not None


def _first_text(cells: list[Any]) -> str:
    return next((text for text in _texts(cells) if text), "")


def _filled_down(file: RawFile, sheet: _Sheet, shape: RecordShape, layout: Layout) -> Iterator[Row]:
    """Rows with the value of a cell merged over rows in each of them; `SourceChanged` when that is not declared."""
    place_of = dict(zip(shape.columns, shape.places, strict=True))
    wanted = {place_of[name] for name in layout.fill_down if name in place_of}
    above: dict[int, Any] = {}
    covered = {place: _rows_merged_at(sheet, place) for place in shape.places}
    for number, cells in sheet.rows:
        for name, place in place_of.items():
            if number in covered[place] and place not in wanted and _may_be_record(shape, cells):
                raise _merged(file, name, number)
        for place in wanted:
            is_blank = not any(_texts([cells[place]]))
            if is_blank and place in above and (number in covered[place] or not covered[place]) and any(_texts(cells)):
                cells[place] = above[place]
            elif not is_blank:
                above[place] = cells[place]
        yield number, cells


def _may_be_record(shape: RecordShape, cells: list[Any]) -> bool:
    return any(_texts([cells[place] for place in shape.places])) and not _is_total(cells)


def _rows_merged_at(sheet: _Sheet, place: int) -> set[int]:
    """Rows, from 1, whose cell in a column is blank because it is merged with one above."""
    found: set[int] = set()
    for (top, left), (bottom, right) in sheet.merged:
        if left <= place <= right:
            found.update(range(top + 2, bottom + 2))
    return found


def _merged(file: RawFile, name: str, number: int) -> SourceChanged:
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
        if any(texts):
            return (number, None, *texts)
    return shape.judge(number, _texts(cells))


def _text_rows(rows: Iterator[Row]) -> Iterator[tuple[int, list[str]]]:
    return ((number, _texts(cells)) for number, cells in rows)


def _texts(cells: list[Any]) -> list[str]:
    return [_TEXT_OF[type(cell)](cell) for cell in cells]


def _sheets(file: RawFile, layout: Layout) -> Iterator[_Sheet]:
    """The sheets to read, each held in memory while it is read."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        errors = _checked_workbook(file) if zipfile.is_zipfile(file.path) else None
        workbook = CalamineWorkbook.from_path(file.path)
        sheets = (_declared if layout.sheet else _only_one)(file, layout, workbook)
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError, ElementTree.ParseError):
        raise DataRejected(
            id=f"{file.name}: berkas Excel rusak atau terpotong. Buka dan simpan ulang, atau unduh lagi.",
            en=f"{file.name}: the Excel file is damaged or cut short. Open and save it again, or download it again.",
        ) from None
    if errors is None:
        file.remark(
            "old_workbook",
            id="sel galat (#VALUE!, #N/A) di format buku kerja ini tidak terbedakan dari sel kosong. Simpan sebagai "
            ".xlsx.",
            en="error cells (#VALUE!, #N/A) of this workbook format cannot be told from blanks. Save it as .xlsx.",
        )
    for sheet in sheets:
        yield _Sheet(
            sheet.name, _rows_of(sheet, (errors or {}).get(sheet.name, {})), tuple(sheet.merged_cell_ranges or ())
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
    chosen = [sheet for sheet in chosen if sheet.height or sheet.name in layout.sheets]
    read = {sheet.name for sheet in chosen}
    _say_unread(file, [name for name in names if name not in read])
    return chosen


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
    _say_unread(file, hidden)
    return sheets


def _hidden(workbook: CalamineWorkbook) -> list[str]:
    from python_calamine import SheetVisibleEnum

    return [one.name for one in workbook.sheets_metadata if one.visible != SheetVisibleEnum.Visible]


def _say_unread(file: RawFile, names: list[str]) -> None:
    if names:
        listed = ", ".join(names)
        file.remark(
            "unread_sheets",
            id=f"lembar tersembunyi, kosong atau tidak disebut di 'sheet', tidak dibaca: {listed}.",
            en=f"sheets hidden, empty or not named in 'sheet', not read: {listed}.",
            keeps_provisional=False,
        )


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
    timedelta: str,
}


def _checked_workbook(file: RawFile) -> dict[str, ErrorCells] | None:
    """The error cells of each sheet, null for a format that does not tell them.

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
        errors: dict[str, ErrorCells] = {}
        for name in sheets:
            with archive.open(name) as xml:
                errors[name] = _checked_sheet(file, xml)
        if not sheets:
            return None
        return {name: errors[member] for name, member in _members(archive).items() if member in errors}


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


def _checked_sheet(file: RawFile, xml: IO[bytes]) -> ErrorCells:
    rows_count, columns_count, errors = 0, 0, ErrorCells()
    for part in _overlapping_parts(xml):
        _refuse_formula(file, part)
        for letters, number, text in _ERROR.findall(part) if b't="e"' in part else ():
            errors.setdefault(int(number), {})[_column_number(letters) - 1] = text.decode()
        places = _PLACE.findall(part)
        rows_count = max(rows_count, *(int(number) for _, number in places), 0)
        columns_count = max(columns_count, *map(_column_number, {letters for letters, _ in places}), 0)
    if rows_count * columns_count > MAX_SHEET_CELLS:
        raise DataRejected(
            id=f"{file.name}: lembar mengaku {number(rows_count)} baris x {number(columns_count)} kolom; ada sel "
            "tersesat "
            "jauh di luar tabel. Hapus baris dan kolom kosong, lalu simpan ulang.",
            en=f"{file.name}: a sheet claims {rows_count:,} rows x {columns_count:,} columns; a stray cell lies far "
            "outside the table. Delete the empty rows and columns and save again.",
        )
    return errors


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
