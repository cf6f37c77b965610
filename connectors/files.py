"""CSV, XLSX, JSON and YAML exports as raw text rows: only the columns asked for, every record once, none guessed."""

from __future__ import annotations

import itertools
import json
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import pandas as pd
import yaml

from connectors.csv_blocks import csv_frames
from connectors.errors import DataRejected
from connectors.layout import Format, Layout
from connectors.records import RawFile, Record, frame_of_records, open_bytes
from connectors.sheets import sheet_header, sheet_records

CHUNK_ROWS = 20_000

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_rows(
    file: RawFile, *, layout: Layout, columns: Sequence[str], may_be_empty: bool = False
) -> Iterator[pd.DataFrame]:
    """Yield the file's records in chunks, in order.

    Grain: one record, blank ones included. Columns: those asked for, as text with null for an absent value;
    `source_row` (the record's number in the file or sheet, from 1); `reader_problem` (null, `wrong_field_count`, or one
    of `NO_RECORDS`). Columns not asked for are never kept. Raises `DataRejected` when the bytes are not what
    `layout` says, `SourceChanged` when a column or sheet is missing. A page of a longer answer `may_be_empty`.
    """
    refuse_foreign(file, layout.format)
    wanted = tuple(dict.fromkeys(columns))
    if layout.format == "csv":
        yield from csv_frames(file, layout=layout, columns=wanted)
        return
    records = (sheet_records if layout.format == "xlsx" else _object_records)(file, layout, wanted)
    if layout.format in ("json", "yaml") and not may_be_empty:
        records = _refuse_none(records, file, layout)
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


def _object_records(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> Iterator[Record]:
    """Records of JSON or YAML documents, alone or many in a tar archive; columns are dotted paths."""
    load = _load_json if layout.format == "json" else _load_yaml
    number = 0
    for member, content in _documents(file, layout):
        for item in rows_at(load(file, member, content), layout.rows_at):
            number += 1
            yield (number, None, *(_scalar_text(dig(item, column)) for column in columns))


def _refuse_none(records: Iterator[Record], file: RawFile, layout: Layout) -> Iterator[Record]:
    first = next(records, None)
    if first is None:
        raise DataRejected(
            id=f"{file.name}: tidak ada data di '{layout.rows_at or layout.members}'. Periksa rows_at dan members.",
            en=f"{file.name}: no data at '{layout.rows_at or layout.members}'. Check rows_at and members.",
        )
    yield from itertools.chain([first], records)


def _documents(file: RawFile, layout: Layout) -> Iterator[tuple[str, bytes]]:
    if not tarfile.is_tarfile(file.path):
        with open_bytes(file) as stream:
            yield file.name, stream.read()
        return
    try:
        with tarfile.open(file.path) as archive:
            for entry in archive:
                is_left_out = layout.members_except is not None and fnmatchcase(entry.name, layout.members_except)
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is not None and fnmatchcase(entry.name, layout.members) and not is_left_out:
                    yield entry.name, content.read()
    except (tarfile.ReadError, EOFError, zlib.error):
        raise DataRejected(
            id=f"{file.name}: arsip tar terpotong atau rusak. Salin ulang secara utuh.",
            en=f"{file.name}: the tar archive is cut short or damaged. Copy it again in full.",
        ) from None


def _load_json(file: RawFile, member: str, content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError as error:
        where = f"{file.name}/{member}" if member != file.name else file.name
        line = getattr(error, "lineno", "?")
        raise DataRejected(
            id=f"{where}: bukan JSON yang sah (baris {line}). Ekspor ulang secara utuh.",
            en=f"{where}: not valid JSON (line {line}). Export it again in full.",
        ) from None


def _load_yaml(file: RawFile, member: str, content: bytes) -> object:
    try:
        return yaml.load(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 text only
    except (yaml.YAMLError, UnicodeDecodeError):
        raise DataRejected(
            id=f"{file.name}/{member}: bukan YAML yang sah.", en=f"{file.name}/{member}: not valid YAML."
        ) from None


def rows_at(document: object, path: str) -> Sequence[object]:
    """The records at a dotted path of a document; one that is not in a list counts as one."""
    found = dig(document, path) if path else document
    if found is None or found == "":
        return ()
    return found if isinstance(found, list) else (found,)


def dig(item: object, path: str) -> object:
    """The value at a dotted path of names and list positions, null where the path ends early."""
    for part in path.split("."):
        if isinstance(item, dict):
            item = item.get(part)
        elif isinstance(item, list) and part.isdigit() and int(part) < len(item):
            item = item[int(part)]
        else:
            return None
    return item


def _scalar_text(value: object) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
