"""CSV, XLSX, JSON and YAML exports as raw text rows: only the columns asked for, every record once, none guessed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pandas as pd

from connectors.csv_blocks import csv_frames
from connectors.errors import DataRejected
from connectors.layout import Format, Layout
from connectors.object_records import WantedKeys, object_records, refuse_none
from connectors.records import RawFile, frame_of_records
from connectors.sheets import sheet_header, sheet_records

CHUNK_ROWS = 20_000

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
    `source_row` (the record's number in the file or sheet, from 1); `reader_problem` (null, `wrong_field_count`, or one
    of `NO_RECORDS`). Columns not asked for are never kept. Raises `DataRejected` when the bytes are not what
    `layout` says, `SourceChanged` when a column or sheet is missing. A page of a longer answer `may_be_empty`; of many
    files of objects, `wanted_keys` gathers which keys none has.
    """
    refuse_foreign(file, layout.format)
    wanted = tuple(dict.fromkeys(columns))
    if layout.format == "csv":
        yield from csv_frames(file, layout=layout, columns=wanted)
        return
    if layout.format == "xlsx":
        records = sheet_records(file, layout, wanted)
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
    return sheet_header(file, layout)
