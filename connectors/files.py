"""CSV, XLSX, JSON, YAML and XES files as raw text rows: only the columns asked for, each record once, none guessed."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from connectors.csv_blocks import csv_frames, csv_header
from connectors.errors import DataRejected, SourceChanged
from connectors.event_logs import event_records
from connectors.file_kinds import is_text, refuse_foreign
from connectors.layout import Layout, YearsInHeader
from connectors.object_records import WantedKeys, object_records, refuse_none
from connectors.records import WRONG_FIELD_COUNT, RawFile, frame_of_records, open_bytes
from connectors.sheets import sheet_header, sheet_records
from connectors.wide_tables import periods_in, unpivoted
from connectors.zip_members import MEMBER_ROWS_APART, is_zip_of_files, zip_members

CHUNK_ROWS = 20_000
_LAST_BYTES = 1 << 20

_DELIMITERS = {"\t": "tab", ";": "';'", ",": "','", "|": "'|'"}


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
    With `years_in_header` a record is one cell of a period's column, and `source_row` that of its row.
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
    if layout.format == "xlsx" and is_text(file):
        layout = _text_layout(file, layout, columns)
    refuse_foreign(file, layout.format)
    if layout.years_in_header is not None:
        yield from _long_frames(file, layout, columns, wide=layout.years_in_header)
        return
    if layout.format == "csv":
        yield from _to_the_end(csv_frames(file, layout=layout, columns=columns), file)
        return
    if layout.format == "xlsx":
        records = sheet_records(file, layout, columns)
    else:
        if layout.format == "xes":
            records = event_records(file, columns=columns, wanted=wanted_keys)
        else:
            records = object_records(file, layout=layout, columns=columns, wanted=wanted_keys)
        records = records if may_be_empty else refuse_none(records, file, layout)
    while chunk := list(itertools.islice(records, CHUNK_ROWS)):
        yield frame_of_records(chunk, columns=columns)


def _to_the_end(frames: Iterator[pd.DataFrame], file: RawFile) -> Iterator[pd.DataFrame]:
    """The frames; a last record that lacks cells and a line end means that the file stops in the middle."""
    last_problem = None
    for frame in frames:
        last_problem = frame["reader_problem"].iloc[-1] if len(frame) else last_problem
        yield frame
    if last_problem == WRONG_FIELD_COUNT:
        remark_if_cut(file)


def remark_if_cut(file: RawFile) -> None:
    """Say of a text whose last record cannot be read, and which does not end a line, that it may stop in its middle."""
    if not _ends_a_line(file):
        file.remark(
            "file_cut",
            id="berhenti di tengah baris terakhir: berkasnya terpotong? Ekspor atau salin lagi.",
            en="stops in the middle of its last line: was the file cut? Export or copy it again.",
        )


def _ends_a_line(file: RawFile) -> bool:
    last = b""
    with open_bytes(replace(file, on_read=None)) as stream:
        if not isinstance(stream, gzip.GzipFile):
            stream.seek(-1, os.SEEK_END)
        while chunk := stream.read(_LAST_BYTES):
            last = chunk[-1:]
    return last in (b"\r", b"\n", b"\0")  # a zero byte ends a line in UTF-16


def _long_frames(
    file: RawFile, layout: Layout, columns: tuple[str, ...], *, wide: YearsInHeader
) -> Iterator[pd.DataFrame]:
    """The records of a wide table, one for each row and period."""
    header = (csv_header if layout.format == "csv" else sheet_header)(file, layout)
    kept = tuple(name for name in columns if name not in (wide.period, wide.value))
    periods = periods_in(file, header, wide=wide, kept=kept)
    as_written = layout.model_copy(update={"years_in_header": None})
    for frame in _read_file(file, layout=as_written, columns=(*kept, *periods), may_be_empty=False, wanted_keys=None):
        yield unpivoted(frame, periods=periods, wide=wide, columns=columns)


def _text_layout(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> Layout:
    """How a text that is called a workbook lies, by the one delimiter that gives all columns asked for."""
    new = (layout.years_in_header.period, layout.years_in_header.value) if layout.years_in_header else ()
    columns = tuple(name for name in columns if name not in new)
    as_text = {mark: layout.model_copy(update={"format": "csv", "delimiter": mark}) for mark in _DELIMITERS}
    fitting = [mark for mark, tried in as_text.items() if _has_columns(file, tried, columns)]
    if len(fitting) != 1:
        raise SourceChanged(
            id=f"{file.name}: ini teks (CSV atau TSV), bukan buku kerja. Tulis format: csv dan 'delimiter' di YAML "
            f'("tab", ";" atau ","); kolom yang dicari: {", ".join(columns)}.',
            en=f"{file.name}: this is text (CSV or TSV), no workbook. Write format: csv and 'delimiter' in the YAML "
            f'("tab", ";" or ","); the columns looked for: {", ".join(columns)}.',
        )
    name = _DELIMITERS[fitting[0]]
    file.remark(
        "text_called_workbook",
        id=f"teks dengan pemisah {name}, bukan buku kerja; dibaca sebagai teks.",
        en=f"text separated by {name}, no workbook; read as text.",
        keeps_provisional=False,
    )
    return as_text[fitting[0]]


def _has_columns(file: RawFile, layout: Layout, columns: tuple[str, ...]) -> bool:
    try:
        next(csv_frames(replace(file, on_read=None, on_remark=None), layout=layout, columns=columns), None)
    except DataRejected:
        return False
    return True


def header_of(file: RawFile, *, layout: Layout) -> list[str]:
    """The names of a workbook's columns, in order; raises what `read_rows` raises."""
    refuse_foreign(file, layout.format)
    return sheet_header(file, layout)
