"""CSV in blocks of whole records, whose cells a kernel finds; records it calls odd are read by Python's reader.

Messages about a faulty file come from Python's reader alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import starmap
from typing import IO, Any, NamedTuple, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.errors import DataRejected
from connectors.group_rows import GroupRows
from connectors.layout import Layout
from connectors.numerals import counted_en
from connectors.records import (
    COLUMN_NUMBERS,
    UNDECLARED_GROUP,
    RawFile,
    Record,
    RecordShape,
    find_header,
    find_shape,
    frame_of_records,
    open_bytes,
)
from connectors.table_bodies import TAIL_ROWS, Row, TableBody, judge_row, say_groups
from kernels import Bytes, Flags, Places
from kernels.csv_cells import find_cells
from kernels.marks import find_marks
from kernels.texts import gather_texts

BLOCK_BYTES = 8 << 20
_HEAD_BYTES = 4096
_LIKE_ROWS = ("line within quoted cells looks like a row", "lines within quoted cells look like rows")
_CHUNK_ROWS = 20_000
_MAX_CELL_CHARACTERS = 10_000_000
LONGEST_LINE = 16 << 20
_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(rb"\r\n|\n|\r")
# Encodings in which a byte below 128 is that character wherever it stands.
_ASCII_INSIDE = ("utf-8", "ascii", "cp1252", "iso8859-1")

csv.field_size_limit(_MAX_CELL_CHARACTERS)


def csv_frames(file: RawFile, *, layout: Layout, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """The records below the header, a frame for each block, shaped as `connectors.files.read_rows` says."""
    groups: list[object] = []
    for frame in _frames(file, layout=layout, columns=columns):
        groups += frame.loc[frame["reader_problem"] == UNDECLARED_GROUP, "source_row"].tolist()
        yield frame
    say_groups(file, groups)


def _frames(file: RawFile, *, layout: Layout, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    count = 0
    with open_bytes(file) as stream:
        text = CsvText(file, stream, layout)
        asked = tuple(name for name in columns if name != layout.group_rows)
        shape = find_shape(file, layout=layout, columns=asked, rows=text.rows())
        for frame in _frames_below(text, shape, file, layout, columns=columns):
            count += len(frame) - int(frame["reader_problem"].count())
            yield frame
    file.say_notes(shape.notes, records_count=count)


def _frames_below(
    text: CsvText, shape: RecordShape, file: RawFile, layout: Layout, *, columns: tuple[str, ...]
) -> Iterator[pd.DataFrame]:
    table = TableBody(file, shape, record=partial(judge_row, shape))
    if layout.group_rows or layout.ends_at:
        records = _records_one_by_one(text.rows(), table, layout, columns=columns)
        while chunk := list(itertools.islice(records, _CHUNK_ROWS)):
            yield frame_of_records(chunk, columns=columns)
    elif not layout.names and table.is_numbering(_first_cells(text.block(), layout)):
        numbering = (shape.left_out(number, COLUMN_NUMBERS) for number, _ in text.rows(1))
        yield frame_of_records(numbering, columns=columns)
    above_count = text.records_count
    while len(text.block()):
        yield _next_frame(text, table, layout, is_first=text.records_count == above_count)
    text.say_lines()


def _records_one_by_one(
    rows: Iterator[Row], table: TableBody, layout: Layout, *, columns: tuple[str, ...]
) -> Iterator[Record]:
    """Records of a table whose end or groups are declared."""
    if not layout.group_rows:
        return table.records(rows, ends_at=layout.ends_at)
    groups = GroupRows(table.file, layout.group_rows)
    return groups.carried(table.records(groups.noted(rows), ends_at=layout.ends_at), columns=columns)


def csv_header(file: RawFile, layout: Layout) -> list[str]:
    """The names of the columns, in order."""
    unsaid = replace(file, on_read=None, on_remark=None)
    with open_bytes(unsaid) as stream:
        return find_header(unsaid, layout, CsvText(unsaid, stream, layout).rows())


def _first_cells(block: Bytes, layout: Layout) -> list[str]:
    """The cells of the first record, none of one that is long or refused."""
    lines = io.StringIO(block[:_HEAD_BYTES].tobytes().decode(errors="replace"), newline="")
    with suppress(csv.Error):
        return next(csv.reader(lines, **_dialect(layout)), [])
    return []


def _next_frame(text: CsvText, table: TableBody, layout: Layout, *, is_first: bool) -> pd.DataFrame:
    """The next records, or the first ones, of whose block nothing is held on to."""
    block, before, shape = text.block(), text.records_count, table.shape
    may_end = text.is_last_block and not layout.names
    records = _find_records(block, _with_first_place(shape) if may_end else shape, layout)
    if not records.bytes_count:
        rows = text.rows(1 if _has_plain_marks(layout) else len(block))
        found = table.without_tail(rows, is_whole=is_first) if may_end else starmap(table.record, rows)
        return frame_of_records(found, columns=shape.columns)
    text.refuse_zeros(block, records)
    text.take(records.bytes_count, records_count=records.cells.shape[2])
    text.note_lines(records.lines_count, before + records.first_with_lines + 1)
    if not may_end or records.bytes_count < len(block):
        return _frame(block, records, shape, layout, before=before)
    begins = _last_begins(block, records, _with_first_place(shape).places.index(0), layout)
    frame = _frame(block, records, shape, layout, before=before)
    return _without_tail(frame, block, begins, table, layout, is_first=is_first)


def _with_first_place(shape: RecordShape) -> RecordShape:
    return shape if 0 in shape.places else replace(shape, places=(*shape.places, 0))


def _last_begins(block: Bytes, records: _Records, place: int, layout: Layout) -> list[int]:
    """Where the last records of a block begin; `place` is that of their first cell in `cells`."""
    begins = records.cells[0, place].copy()
    begins -= (begins > 0) & (block[begins - 1] == ord(layout.quote))
    return cast(list[int], begins[-TAIL_ROWS:].tolist())


def _without_tail(
    frame: pd.DataFrame, block: Bytes, begins: list[int], table: TableBody, layout: Layout, *, is_first: bool
) -> pd.DataFrame:
    """The records of a file's last block, whose last rows may be totals and notes."""
    if not any(map(table.is_sparse, _rows_from(block, begins[-1], layout))):
        return frame
    rows = _rows_from(block, begins[0], layout)
    numbers = frame["source_row"].iloc[-len(rows) :]
    records = table.without_tail(zip(numbers, rows, strict=True), is_whole=is_first and len(rows) == len(frame))
    tail = frame_of_records(records, columns=table.shape.columns)
    return pd.concat([frame.iloc[: -len(rows)], tail], ignore_index=True)


def _rows_from(block: Bytes, begin: int, layout: Layout) -> list[list[str]]:
    lines = io.StringIO(block[begin:].tobytes().decode(), newline="")
    return list(csv.reader(lines, **_dialect(layout)))


class CsvText:
    """A file's text as UTF-8, taken by whole blocks or record by record, each byte once."""

    def __init__(self, file: RawFile, stream: IO[bytes], layout: Layout) -> None:
        self._file, self._layout = file, layout
        self._stream = io.BufferedReader(cast(io.RawIOBase, stream))
        self._encoding = self._find_encoding()
        self._decoder = codecs.getincrementaldecoder(self._encoding)()
        self._has_ascii_inside = codecs.lookup(self._encoding).name in _ASCII_INSIDE
        self._held, self._at, self._is_over = b"", 0, False
        self.records_count = self._lines_count = self._first_with_lines = 0
        self._take_separator_line()

    def block(self) -> Bytes:
        """What comes next, not copied and not yet taken; nothing at the end."""
        while not self._is_over and len(self._held) - self._at < BLOCK_BYTES:
            self._fill()
        held = np.frombuffer(self._held, np.uint8, offset=self._at)
        # The last block holds all that may stand below a table.
        return held[: 2 * BLOCK_BYTES] if self._is_over else held[: -(BLOCK_BYTES // 32) or None][: 2 * BLOCK_BYTES]

    @property
    def is_last_block(self) -> bool:
        """Whether the block that comes next is the file's last."""
        return self._is_over and len(self._held) - self._at <= 2 * BLOCK_BYTES

    def take(self, bytes_count: int, *, records_count: int) -> None:
        """Go on after a block that has been read."""
        self._at += bytes_count
        self.records_count += records_count

    def refuse_zeros(self, block: Bytes, records: _Records) -> None:
        """Raise `DataRejected` for a record that zero bytes have put out of shape, as a copy broken off leaves them."""
        if not records.odd.shape[1] or block.all():
            return
        for nth, begin, end in records.odd.T.tolist():
            if not block[begin:end].all():
                name, row = self._file.name, self.records_count + nth + 1
                raise DataRejected(
                    id=f"{name}: berkas rusak: baris {row} berisi bita nol, mungkin disalin sebelum selesai "
                    "ditulis. Salin atau ekspor ulang.",
                    en=f"{name}: the file is damaged: row {row} holds zero bytes; perhaps it was copied before it "
                    "was whole. Copy or export it again.",
                )

    def note_lines(self, count: int, record: int) -> None:
        """Note lines within cells that look like records, the first of them in a record."""
        self._first_with_lines = self._first_with_lines or record * bool(count)
        self._lines_count += count

    def say_lines(self) -> None:
        """Remark what was noted of lines within cells."""
        if self._lines_count:
            self._file.remark(
                "lines_in_cells",
                id=f"{self._lines_count} baris di dalam sel berkutip tampak seperti baris data, mulai baris "
                f"{self._first_with_lines}; mungkin ada tanda kutip yang tidak ditutup sehingga baris tertelan. "
                "Periksa kutip di sana.",
                en=f"{counted_en(self._lines_count, *_LIKE_ROWS)} of the table, from row {self._first_with_lines} on; "
                "a quote may not be closed, so that rows are swallowed. Check the quotes there.",
            )

    def rows(self, bytes_count: int = sys.maxsize) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of the next records, up to the one in which the block's last byte lies."""
        before, left = self.records_count, bytes_count

        def lines() -> Iterator[str]:
            nonlocal left
            while line := self._line():
                left -= len(line)
                yield line.decode()

        reader = csv.reader(lines(), **_dialect(self._layout))
        try:
            for row in reader:
                self.records_count += 1
                yield self.records_count, row
                if left <= 0:
                    return
        except csv.Error:
            near = before + reader.line_num
            raise DataRejected(
                id=f"{self._file.name}: tanda kutip tidak berpasangan di sekitar baris {near}. Perbaiki kutipnya, "
                "atau 'delimiter' bila pemisahnya lain.",
                en=f"{self._file.name}: an unpaired quote near line {near}. Mend the quotes, or the "
                "'quote' or 'delimiter' setting.",
            ) from None

    def _take_separator_line(self) -> None:
        """Pass over Excel's first line `sep=;`; `DataRejected` when it names another mark than declared."""
        if self.block()[:4].tobytes().lower() != b"sep=":
            return
        mark = self._line().decode().rstrip("\r\n")[4:]
        self.records_count = 1
        if mark != self._layout.delimiter:
            shown = "tab" if mark == "\t" else mark[:1]
            raise DataRejected(
                id=f"{self._file.name}: baris pertama menyebut pemisah '{shown}'. Tulis delimiter: \"{shown}\".",
                en=f"{self._file.name}: the first line names '{shown}' as separator. Write delimiter: \"{shown}\" in "
                "the YAML.",
            )

    def _line(self) -> bytes:
        end = _LINE_END.search(self._held, self._at)
        while not self._is_over and (end is None or end.end() == len(self._held)):
            self._fill()
            end = _LINE_END.search(self._held, self._at)
            if end is None and len(self._held) - self._at > LONGEST_LINE:
                raise _endless(self._file, self.records_count + 1)
        line = self._held[self._at : end.end() if end else None]
        self._at += len(line)
        return line

    def _fill(self) -> None:
        self._held, self._at = self._held[self._at :], 0
        chunk = self._stream.read(BLOCK_BYTES)
        self._is_over = not chunk
        self._held += self._as_utf8(chunk)
        if self._is_over and self._held and not self._held.endswith(b"\n"):
            self._held += b"\n"

    def _as_utf8(self, chunk: bytes) -> bytes:
        is_between_characters = not self._decoder.getstate()[0]
        if self._has_ascii_inside and is_between_characters and chunk.isascii():
            return chunk
        try:
            return self._decoder.decode(chunk, final=not chunk).encode()
        except UnicodeDecodeError as error:
            near = self.records_count + self._held.count(b"\n", self._at) + chunk.count(b"\n", 0, error.start)
            name, encoding = self._file.name, self._encoding
            raise DataRejected(
                id=f"{name}: huruf setelah baris {near} bukan {encoding}. Coba encoding: cp1252 di YAML.",
                en=f"{name}: text after line {near} is not {encoding}. Try encoding: cp1252 in the YAML.",
            ) from error

    def _find_encoding(self) -> str:
        head = self._stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if head.startswith(_UTF_16_MARKS):
            return "utf-16"
        if head.startswith(_MARK):
            self._stream.read(len(_MARK))
            return "utf-8"
        encoding = self._layout.encoding
        if b"\x00" in head and not encoding.startswith(("utf-16", "utf_16", "utf-32")):
            raise DataRejected(
                id=f"{self._file.name}: isinya bukan teks {encoding}. Mungkin UTF-16: tulis encoding: utf-16-le di "
                "YAML.",
                en=f"{self._file.name}: not {encoding} text. Perhaps UTF-16: write encoding: utf-16-le in the YAML.",
            )
        return encoding


def _endless(file: RawFile, row: int) -> DataRejected:
    return DataRejected(
        id=f"{file.name}: baris {row} lebih panjang daripada 16 juta huruf; ini bukan tabel. Ekspor ulang.",
        en=f"{file.name}: row {row} is longer than 16 million letters; this is no table. Export it again.",
    )


class _Records(NamedTuple):
    """Whole records at the beginning of a block, and how many bytes they take.

    `cells` are where the cells asked for begin and end, a line for each column; `odd` number, begin and end of records
    to be read by Python. `lines_count` are lines within quoted cells that look like records, the first of them in the
    record with the number `first_with_lines`.
    """

    cells: Places
    odd: Places
    bytes_count: int
    lines_count: int = 0
    first_with_lines: int = -1


def _has_plain_marks(layout: Layout) -> bool:
    marks = {layout.delimiter, layout.quote}
    return len(marks) == 2 and all(mark.isascii() for mark in marks) and not marks & {"\r", "\n"}


def _find_records(block: Bytes, shape: RecordShape, layout: Layout) -> _Records:
    """Those that are as Python's strict reader wants them."""
    if not _has_plain_marks(layout):
        return _Records(np.empty((2, 0, 0), np.int32), np.empty((3, 0), np.int32), 0)
    marks, wanted = np.empty(len(block), np.int32), f"{layout.delimiter}{layout.quote}\n\r".encode()
    marks = marks[: find_marks(block, np.frombuffer(wanted, np.uint8), marks)]
    room = len(marks) // shape.width + 1
    cells, odd = np.empty((2, len(shape.places), room), np.int32), np.empty((3, room), np.int32)
    place_of = np.full(shape.width, -1)
    place_of[list(shape.places)] = np.arange(len(shape.places))
    counts = find_cells(block, marks, np.frombuffer(wanted[:2], np.uint8), place_of, cells, odd)
    records_count, odd_count, bytes_count, *lines = counts
    return _Records(cells[:, :, :records_count], odd[:, :odd_count], bytes_count, *lines)


def _frame(block: Bytes, records: _Records, shape: RecordShape, layout: Layout, *, before: int) -> pd.DataFrame:
    """The records of a block, of which `before` came earlier."""
    count = records.cells.shape[2]
    problems, texts = np.full(count, None), bytearray()
    for nth, begin, end in records.odd.T.tolist():
        lines = io.StringIO(block[begin:end].tobytes().decode(), newline="")
        _, problems[nth], *cells = judge_row(shape, before + nth + 1, next(csv.reader(lines, **_dialect(layout)), []))
        for place, cell in enumerate(str(cell or "").encode() for cell in cells):
            begin = len(block) + len(texts)
            texts += cell
            records.cells[:, place, nth] = begin, begin + len(cell)
    # A block of which no record is odd is not copied.
    data = np.append(block, np.frombuffer(texts, np.uint8)) if texts else block
    reader_problem = pd.Series(pa.array(problems, pa.large_string()), dtype="str")
    has_problem = reader_problem.notna().to_numpy()
    cells_of = records.cells.swapaxes(0, 1)[: len(shape.places)]
    columns = [_column(data, cells, is_null=has_problem) for cells in cells_of]
    rows = pd.arrays.IntegerArray(np.arange(before + 1, before + 1 + count), np.zeros(count, bool))
    named = dict(zip(shape.columns, columns, strict=True))
    return pd.DataFrame({"source_row": rows, "reader_problem": reader_problem, **named}, copy=False)


def _column(data: Bytes, cells: Places, *, is_null: Flags) -> pd.Series:
    """The texts between some places."""
    begins, content = gather_texts(data, cells[0], cells[1])
    validity = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if is_null.any() else None
    array = pa.LargeStringArray.from_buffers(len(is_null), pa.py_buffer(begins), pa.py_buffer(content), validity)
    return pd.Series(array, dtype="str")


def _dialect(layout: Layout) -> dict[str, Any]:
    return {"delimiter": layout.delimiter, "quotechar": layout.quote, "strict": True}
