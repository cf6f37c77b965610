"""CSV, XLSX, JSON and YAML exports as raw text rows: only the columns asked for, every record once, none guessed."""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import IO, Any

import pandas as pd

from connectors.csv_blocks import csv_frames
from connectors.errors import DataRejected, SourceChanged
from connectors.layout import Format, Layout
from connectors.object_records import WantedKeys, object_records, refuse_none
from connectors.records import (
    TYPED,
    RawFile,
    Record,
    RecordShape,
    find_header,
    find_shape,
    frame_of_records,
)

CHUNK_ROWS = 20_000
MAX_UNZIPPED_BYTES = 2 * 1024**3
MAX_SHEET_CELLS = 100_000_000

_PART_BYTES = 4 << 20
_OVERLAP_BYTES = 64 << 10
# Where rows are, and cells beyond the first 26 columns: no sheet has rows enough to cost much within those.
_PLACE = re.compile(rb' r="([A-Z]{2,3})?(\d{1,7})"[^<>]*>')
_FORMULA = re.compile(
    rb'<(\w+:)?c\b[^>]*? r="([A-Z]+\d+)"[^>]*>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_rows(
    file: RawFile,
    *,
    layout: Layout,
    columns: Sequence[str],
    may_be_empty: bool = False,
    wanted_keys: WantedKeys | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the file's records in chunks, in order.

    Grain: one record, blank ones included. Columns: those asked for, as text with null for an absent value;
    `source_row` (the record's number in the file or sheet, from 1); `reader_problem` (null, `blank_row` or
    `wrong_field_count`). Columns not asked for are never kept. Raises `DataRejected` when the bytes are not what
    `layout` says, `SourceChanged` when a column or sheet is missing. A page of a longer answer `may_be_empty`; of many
    files of objects, `wanted_keys` gathers which keys none has.
    """
    refuse_foreign(file, layout.format)
    wanted = tuple(dict.fromkeys(columns))
    if layout.format == "csv":
        yield from csv_frames(file, layout=layout, columns=wanted)
        return
    if layout.format == "xlsx":
        records = _sheet_records(file, layout, wanted)
    else:
        records = object_records(file, layout=layout, columns=wanted, wanted=wanted_keys)
        records = records if may_be_empty else refuse_none(records, file, layout)
    while chunk := list(itertools.islice(records, CHUNK_ROWS)):
        yield frame_of_records(chunk, columns=wanted)


def refuse_foreign(file: RawFile, format: Format) -> None:
    """Raise `DataRejected` when the first bytes show another kind of file than declared."""
    with file.path.open("rb") as raw:
        head = raw.read(2048)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head.strip():
        raise DataRejected(
            id=f"{file.name}: berkas kosong. Ekspor ulang dari sumbernya.",
            en=f"{file.name}: the file is empty. Export it again from its source.",
        )
    if start.startswith((b"<!doctype html", b"<html")):
        raise DataRejected(
            id=f"{file.name}: ini halaman web (mungkin halaman masuk), bukan data. Masuk dahulu, lalu unduh ulang.",
            en=f"{file.name}: this is a web page (perhaps a login page), not data. Sign in, then download again.",
        )
    is_excel = head.startswith((_ZIP, _OLD_EXCEL))
    if is_excel and format != "xlsx":
        raise DataRejected(
            id=f"{file.name}: ini berkas Excel/ZIP, tetapi YAML menyebut format: {format}. Tulis format: xlsx.",
            en=f"{file.name}: this is an Excel/ZIP file, but the YAML says format: {format}. Write format: xlsx.",
        )
    if format == "xlsx" and not is_excel:
        raise DataRejected(
            id=f"{file.name}: bukan berkas Excel. Simpan sebagai .xlsx, atau tulis format yang benar di YAML.",
            en=f"{file.name}: not an Excel file. Save it as .xlsx, or write the right format in the YAML.",
        )


def header_of(file: RawFile, *, layout: Layout) -> list[str]:
    """The names of a workbook's columns, in order; raises what `read_rows` raises."""
    refuse_foreign(file, layout.format)
    return find_header(file, layout, _text_rows(_sheet_rows(file, layout)))


def sheet_texts(file: RawFile, *, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row of a sheet, as `read_rows` has them as text; raises what that raises."""
    refuse_foreign(file, layout.format)
    return _text_rows(_sheet_rows(file, layout))


def _sheet_records(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    rows = _sheet_rows(file, layout)
    shape = find_shape(file, layout=layout, columns=columns, rows=_text_rows(rows))
    yield from (_sheet_record(shape, number, cells) for number, cells in rows)


def _sheet_record(shape: RecordShape, number: int, cells: list[Any]) -> Record:
    """What `judge` says, without turning cells to text that nobody asked for."""
    if len(cells) >= shape.width and not any(_texts(cells[shape.width :])):
        texts = _texts([cells[place] for place in shape.places])
        if any(texts):
            return (number, None, *texts)
    return shape.judge(number, _texts(cells))


def _text_rows(rows: Iterator[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[str]]]:
    return ((number, _texts(cells)) for number, cells in rows)


def _texts(cells: list[Any]) -> list[str]:
    return [_TEXT_OF[type(cell)](cell) for cell in cells]


def _sheet_rows(file: RawFile, layout: Layout) -> Iterator[tuple[int, list[Any]]]:
    """Number and cells of a sheet's rows; all have the same width, and the sheet itself is held in memory."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if zipfile.is_zipfile(file.path):
            _refuse_costly_workbook(file)
        workbook = CalamineWorkbook.from_path(file.path)
        names = workbook.sheet_names
        if layout.sheet is not None and layout.sheet not in names:
            raise SourceChanged(
                id=f"{file.name}: lembar '{layout.sheet}' tidak ada; yang ada: {', '.join(names)}. Perbaiki 'sheet'.",
                en=f"{file.name}: there is no sheet '{layout.sheet}'; there are: {', '.join(names)}. Mend 'sheet'.",
            )
        sheet = workbook.get_sheet_by_name(layout.sheet or names[0])
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError):
        raise DataRejected(
            id=f"{file.name}: berkas Excel rusak atau terpotong. Buka dan simpan ulang, atau unduh lagi.",
            en=f"{file.name}: the Excel file is damaged or cut short. Open and save it again, or download it again.",
        ) from None
    # calamine gives the empty rows above the first cell, but not the empty columns before it.
    before = [""] * (sheet.start or (0, 0))[1]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, before + row


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


def _refuse_costly_workbook(file: RawFile) -> None:
    """Refuse a workbook that would unzip, or claims an area, beyond reason, and one with formulas never computed."""
    with zipfile.ZipFile(file.path) as archive:
        sheets = [info for info in archive.infolist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", info.filename)]
        if sum(info.file_size for info in archive.infolist()) > MAX_UNZIPPED_BYTES:
            raise DataRejected(
                id=f"{file.name}: isi berkas Excel ini lebih dari 2 GB. Pecah menjadi beberapa berkas atau CSV.",
                en=f"{file.name}: this Excel file unpacks to more than 2 GB. Split it, or save it as CSV.",
            )
        for info in sheets:
            with archive.open(info) as xml:
                _refuse_costly_sheet(file, xml)


def _refuse_costly_sheet(file: RawFile, xml: IO[bytes]) -> None:
    rows_count, columns_count = 0, 0
    for part in _overlapping_parts(xml):
        _refuse_formula(file, part)
        places = _PLACE.findall(part)
        rows_count = max(rows_count, *(int(number) for _, number in places), 0)
        columns_count = max(columns_count, *map(_column_number, {letters for letters, _ in places}), 0)
    if rows_count * columns_count > MAX_SHEET_CELLS:
        raise DataRejected(
            id=f"{file.name}: lembar mengaku {rows_count:,} baris x {columns_count:,} kolom; ada sel tersesat jauh di "
            "luar tabel. Hapus baris dan kolom kosong, lalu simpan ulang.",
            en=f"{file.name}: a sheet claims {rows_count:,} rows x {columns_count:,} columns; a stray cell lies far "
            "outside the table. Delete the empty rows and columns and save again.",
        )


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
