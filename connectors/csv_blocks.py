"""CSV in blocks of whole records: pyarrow reads those of plain shape, Python's reader any other.

Plain is a block in which every quote opens or closes a field or stands doubled inside one: there both readers agree.
What is wrong with a file is told by Python's reader alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from connectors.errors import DataRejected
from connectors.files import RawFile, Record, Shape, find_shape, frame_of_records, open_bytes
from connectors.layout import Layout

_BLOCK_BYTES = 8 << 20
_HEAD_BYTES = 4096
_MAX_CELL_CHARACTERS = 10_000_000
_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(rb"\r\n|\n|\r")
# Encodings in which a byte below 128 is that character wherever it stands.
_ASCII_INSIDE = ("utf-8", "ascii", "cp1252", "iso8859-1")

csv.field_size_limit(_MAX_CELL_CHARACTERS)


def csv_frames(file: RawFile, *, layout: Layout, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """The records below the header, a frame for each block, shaped as `connectors.files.read_rows` says."""
    with open_bytes(file) as stream:
        text = _Text(file, stream, layout)
        shape = find_shape(file, layout=layout, columns=columns, rows=text.rows())
        while (block := text.block()).text:
            before = text.records_count
            frame = _plain_frame(block.text, shape, layout, before=before) if _is_plain(block, layout) else None
            if frame is None:
                rows = text.rows(len(block.text))
                frame = frame_of_records((shape.judge(*row) for row in rows), columns=shape.columns)
            else:
                text.take(len(block.text), records_count=len(frame))
            yield frame


class _Block(NamedTuple):
    """Some of a file's text as UTF-8, not copied, and where the quotes are in it."""

    text: memoryview
    quotes: NDArray[np.int64]


class _Text:
    """A file's text as UTF-8, looked at in blocks and taken by whole blocks or record by record, each byte once."""

    def __init__(self, file: RawFile, stream: IO[bytes], layout: Layout) -> None:
        self._file, self._layout = file, layout
        self._stream = io.BufferedReader(cast(io.RawIOBase, stream))
        self._encoding = self._find_encoding()
        self._decoder = codecs.getincrementaldecoder(self._encoding)()
        self._has_ascii_inside = codecs.lookup(self._encoding).name in _ASCII_INSIDE
        self._held, self._at, self._is_over = b"", 0, False
        self.records_count = 0

    def block(self) -> _Block:
        """What comes next, not yet taken: whole records where quotes are paired; nothing at the end."""
        while not self._is_over and len(self._held) - self._at < _BLOCK_BYTES:
            self._fill()
        quotes = np.flatnonzero(np.frombuffer(self._held, np.uint8, offset=self._at) == ord(self._layout.quote))
        left = len(self._held) - self._at
        size = left if self._is_over else self._end_of_records(quotes) or left
        return _Block(memoryview(self._held)[self._at : self._at + size], quotes[: np.searchsorted(quotes, size)])

    def take(self, bytes_count: int, *, records_count: int) -> None:
        """Go on after a block that has been read."""
        self._at += bytes_count
        self.records_count += records_count

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
                id=f"{self._file.name}: tanda kutip tidak berpasangan di sekitar baris {near}. Perbaiki kutipnya.",
                en=f"{self._file.name}: an unpaired quote near line {near}. Mend the quotes or the 'quote' setting.",
            ) from None

    def _end_of_records(self, quotes: NDArray[np.int64]) -> int:
        """After the last newline that no quoted field holds, if quotes are paired; 0 when there is none."""
        end = self._held.rfind(b"\n", self._at) + 1 - self._at
        while end > 0 and (inside := int(np.searchsorted(quotes, end))) % 2:
            end = self._held.rfind(b"\n", self._at, self._at + int(quotes[inside - 1])) + 1 - self._at
        return max(end, 0)

    def _line(self) -> bytes:
        end = _LINE_END.search(self._held, self._at)
        while not self._is_over and (end is None or end.end() == len(self._held)):
            self._fill()
            end = _LINE_END.search(self._held, self._at)
        line = self._held[self._at : end.end() if end else None]
        self._at += len(line)
        return line

    def _fill(self) -> None:
        chunk = self._stream.read(_BLOCK_BYTES)
        self._is_over = not chunk
        self._held = self._held[self._at :] + self._as_utf8(chunk)
        self._at = 0
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


def _is_plain(block: _Block, layout: Layout) -> bool:
    """Whether both readers find the same records and cells in a block."""
    delimiter, quote = layout.delimiter.encode(), layout.quote.encode()
    if len(delimiter + quote) != 2 or delimiter == quote or {delimiter, quote} & {b"\r", b"\n"}:
        return False
    if bytes(block.text[: len(_MARK)]) == _MARK or bytes(block.text[-1:]) != b"\n":
        return False
    opening, closing = block.quotes[::2], block.quotes[1::2]
    if len(opening) != len(closing):
        return False
    text = np.frombuffer(block.text, np.uint8)
    # A quote beside its neighbour stands doubled inside a field; the rest bound one.
    before, after = _among(delimiter + quote + b"\n"), _among(delimiter + quote + b"\r\n")
    return bool(np.all(before[text[opening - 1]]) and np.all(after[text[closing + 1]]))


def _among(marks: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[list(marks)] = True
    return table


def _plain_frame(block: memoryview, shape: Shape, layout: Layout, *, before: int) -> pd.DataFrame | None:
    """The records of a plain block, of which `before` came earlier; null when pyarrow cannot read it."""
    odd: dict[int, Sequence[str]] = {}

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        odd[row.number - 1] = next(csv.reader(io.StringIO(row.text, newline=""), **_dialect(layout)), [])
        return "skip"

    try:
        table = _parsed(block, layout, width=shape.width, places=shape.places or (0,), set_aside=set_aside)
        kept = np.delete(np.arange(len(table) + len(odd)), list(odd))
        blank = _blank_so_far(table)
        if len(blank):
            # Whether a record is blank is told by all of its cells, not only by those asked for.
            whole = _parsed(block, layout, width=shape.width, places=range(shape.width), set_aside=set_aside)
            odd |= zip(kept[blank].tolist(), zip(*whole.take(blank).to_pydict().values(), strict=True), strict=True)
    except (pa.ArrowInvalid, csv.Error):
        return None
    judged = {nth: shape.judge(before + nth + 1, cells) for nth, cells in sorted(odd.items())}
    columns = table.select(range(len(shape.places))).rename_columns(shape.columns)
    return _numbered(_with_judged(columns, kept, judged), first_row=before + 1)


def _parsed(
    block: memoryview,
    layout: Layout,
    *,
    width: int,
    places: Sequence[int],
    set_aside: Callable[[arrow_csv.InvalidRow], str],
) -> pa.Table:
    """The columns at some places, as text; records of another width go to `set_aside`."""
    names = [str(place) for place in range(width)]
    return arrow_csv.read_csv(
        pa.BufferReader(block),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            include_columns=[names[place] for place in places],
            strings_can_be_null=False,
        ),
    )


def _blank_so_far(table: pa.Table) -> NDArray[np.int64]:
    """Rows all of whose columns may be blank, by their first byte."""
    rows = np.arange(len(table))
    for column in table.columns:
        if not len(rows):
            break
        column = column.combine_chunks()
        _, offsets, text = column.buffers()
        starts = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
        # A last empty cell starts where the text ends.
        padded = np.append(np.frombuffer(text or b"", np.uint8), np.uint8(0))
        first = padded[starts[:-1][rows]]
        rows = rows[(np.diff(starts)[rows] == 0) | (first <= 32) | (first >= 128)]
    return rows


def _with_judged(columns: pa.Table, kept: NDArray[np.int64], judged: Mapping[int, Record]) -> pa.Table:
    """All records in order: `kept` says which ones the columns hold, `judged` has the others, or better ones."""
    problem = pa.nulls(len(columns), pa.large_string())
    columns = columns.add_column(0, "reader_problem", problem)
    if not judged:
        return columns
    texts = zip(*judged.values(), strict=True)
    next(texts)
    others = pa.table([pa.array(column, pa.large_string()) for column in texts], names=columns.column_names)
    pieces, done = [], 0
    for nth, record in enumerate(judged):
        before = int(np.searchsorted(kept, record))
        pieces += [columns.slice(done, before - done), others.slice(nth, 1)]
        done = before + int(before < len(kept) and kept[before] == record)
    return pa.concat_tables([*pieces, columns.slice(done)])


def _numbered(columns: pa.Table, *, first_row: int) -> pd.DataFrame:
    rows = np.arange(first_row, first_row + len(columns))
    frame = columns.combine_chunks().to_pandas()
    frame.insert(0, "source_row", pd.arrays.IntegerArray(rows, np.zeros(len(rows), bool)))
    return frame


def _dialect(layout: Layout) -> dict[str, Any]:
    return {"delimiter": layout.delimiter, "quotechar": layout.quote, "strict": True}
