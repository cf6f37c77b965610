"""CSV, XLSX, JSON and YAML exports as raw text rows: only the columns asked for, every record once, none guessed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd

from connectors.csv_blocks import csv_frames
from connectors.errors import DataRejected
from connectors.layout import Format, Layout
from connectors.object_records import WantedKeys, object_records, refuse_none
from connectors.records import RawFile, frame_of_records
from connectors.sheets import sheet_header, sheet_records
from connectors.zip_members import MEMBER_ROWS_APART, ZIP, is_zip_of_files, zip_members

CHUNK_ROWS = 20_000

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read_rows(
    file: RawFile,
    *,
    layout: Layout,
    columns: Sequence[str],
    may_be_empty: bool = False,
    wanted_keys: WantedKeys | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the file's records in chunks, in order.

    Grain: one record, blank ones included. Files in a zip come one after the other. Columns: those asked for, as text
    with null for an absent value; `source_row` (the record's number in the file or sheet, from 1; those of the nth file
    in a zip from (n - 1) times 1,000,000,000); `reader_problem` (null, `wrong_field_count`, or one of `NO_RECORDS`).
    Columns not asked for are never kept. Raises `DataRejected` when the bytes are not what `layout` says,
    `SourceChanged` when a column or sheet is missing. A page of a longer answer `may_be_empty`; of many files of
    objects, `wanted_keys` gathers which keys none has.
    """
    wanted = tuple(dict.fromkeys(columns))
    read = partial(_read_file, layout=layout, columns=wanted, may_be_empty=may_be_empty, wanted_keys=wanted_keys)
    if not is_zip_of_files(file.path):
        yield from read(file)
        return
    for nth, member in enumerate(zip_members(file, layout)):
        for frame in read(member):
            yield frame.assign(source_row=frame["source_row"] + nth * MEMBER_ROWS_APART)


def _read_file(
    file: RawFile, *, layout: Layout, columns: tuple[str, ...], may_be_empty: bool, wanted_keys: WantedKeys | None
) -> Iterator[pd.DataFrame]:
    refuse_foreign(file, layout.format)
    if layout.format == "csv":
        yield from csv_frames(file, layout=layout, columns=columns)
        return
    if layout.format == "xlsx":
        records = sheet_records(file, layout, columns)
    else:
        records = object_records(file, layout=layout, columns=columns, wanted=wanted_keys)
        records = records if may_be_empty else refuse_none(records, file, layout)
    while chunk := list(itertools.islice(records, CHUNK_ROWS)):
        yield frame_of_records(chunk, columns=columns)


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
    if head.startswith(ZIP) and is_zip_of_files(file.path):
        raise DataRejected(
            id=f"{file.name}: ini zip berisi berkas lain. Ekstrak, lalu letakkan isinya.",
            en=f"{file.name}: this is a zip of other files. Unpack it and put its files there.",
        )
    is_excel = head.startswith((ZIP, _OLD_EXCEL))
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
