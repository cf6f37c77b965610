"""What every reader of files shares: a raw file and its bytes, its header, and the shape of its records."""

from __future__ import annotations

import gzip
import io
import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

import pandas as pd

from connectors.counted_file import OnRead, open_counted
from connectors.errors import DataRejected, SourceChanged, harmless, harmless_header
from connectors.export_notes import ExportNotes
from connectors.layout import Layout
from connectors.remarks import OnRemark, Remark

HEADER_SEARCH_ROWS = 200
BLANK_ROW = "blank_row"
BLANK_CELL = "blank_cell"
COLUMN_NUMBERS = "column_numbers"
BELOW_TABLE = "below_table"
GRAND_TOTAL = "grand_total"
GROUP_ROW = "group_row"
# What stands in a table's sheet and is no record; anything else a reader says of a row is a fault.
NO_RECORDS = (BLANK_ROW, BLANK_CELL, COLUMN_NUMBERS, BELOW_TABLE, GRAND_TOTAL, GROUP_ROW)
WRONG_FIELD_COUNT = "wrong_field_count"
UNDECLARED_GROUP = "undeclared_group_row"
# What spreadsheets show where a formula failed.
ERROR_TEXTS = (
    *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!", "#GETTING_DATA", "#SPILL!"),
    *("#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!"),
    *(f"Err:{number}" for number in range(501, 541)),
)
# Marks that divide cells, as settings write them.
_DELIMITERS = {",": ",", ";": ";", "\t": "tab", "|": "|"}
GZIP = b"\x1f\x8b"
MAX_DOCUMENT_BYTES = 256 << 20
_FREE_BYTES, _HIGHEST_RATIO = 100 << 20, 200
_PART_BYTES = 1 << 20
# Ends the text of a moment or hour that a workbook keeps as such; XML, and so a cell of text, cannot hold it.
TYPED = "\x01"
_MAY_BE_GROUPED = re.compile(r"-?\d{1,3}\.\d{3}")

Record = tuple[object, ...]
TextRow = tuple[int, list[str]]


def number_text(number: object) -> str:
    """A number as text, ending in `e0` where its point might else be taken for a mark that groups thousands."""
    text = str(number)
    return f"{text}e0" if _MAY_BE_GROUPED.fullmatch(text) else text


@dataclass(frozen=True)
class RawFile:
    """Bytes to read and the name people know them by.

    `on_read` is called with the number of bytes that have left the disk, `on_remark` with what a reader found worth
    knowing, `on_title` with each line above a header, `on_header` with the names of its columns; each may be null.
    Nothing is said of `own_sheets`, which a workbook was given out with.
    """

    path: Path
    name: str
    on_read: OnRead | None = field(default=None, compare=False)
    on_remark: OnRemark | None = field(default=None, compare=False)
    on_title: Callable[[str], None] | None = field(default=None, compare=False)
    on_header: Callable[[Sequence[str]], None] | None = field(default=None, compare=False)
    own_sheets: tuple[str, ...] = field(default=(), compare=False)

    def say_notes(self, notes: ExportNotes, *, records_count: int) -> None:
        """Say what the lines around a table with so many records tell of it."""
        if self.on_remark is not None:
            for remark in notes.remarks(self.name, records_count=records_count):
                self.on_remark(remark)
        if self.on_title is not None:
            for title in notes.above.values():
                self.on_title(title)

    def remark(self, code: str, *, id: str, en: str, keeps_provisional: bool = True) -> None:
        """Say something about this file that a reader of the numbers should know; its name comes first."""
        if self.on_remark is not None:
            self.on_remark(Remark(code, f"{self.name}: {id}", f"{self.name}: {en}", keeps_provisional))


@contextmanager
def open_bytes(file: RawFile) -> Iterator[IO[bytes]]:
    """The file's bytes, unzipped when they are gzip; damage raises `DataRejected`."""
    try:
        with open_counted(file.path, file.on_read) as raw:
            is_packed = raw.peek(2).startswith(GZIP)
            yield cast(IO[bytes], _Unpacked(file, raw) if is_packed else raw)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataRejected(
            id=f"{file.name}: berkas gzip terpotong atau rusak. Salin atau unduh ulang secara utuh.",
            en=f"{file.name}: the gzip file is cut short or damaged. Copy or download it again in full.",
        ) from None


class _Unpacked(gzip.GzipFile):
    """The bytes of a gzip file; `DataRejected` once they are far more than its size explains."""

    def __init__(self, file: RawFile, raw: io.BufferedReader) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self._file, self._most = file, most_unpacked_bytes(file.path)

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        if self.tell() > self._most:
            raise DataRejected(
                id=f"{self._file.name}: isi gzip ini terlalu besar untuk ukurannya. Ekstrak dan periksa dahulu, lalu "
                "letakkan berkasnya.",
                en=f"{self._file.name}: this gzip unpacks to too much for its size. Unpack and check it first, then "
                "put the file there.",
            )
        return content


def most_unpacked_bytes(path: Path) -> int:
    """To how many bytes a packed file may unpack: beyond that it was made to fill memory or time."""
    return max(_FREE_BYTES, _HIGHEST_RATIO * path.stat().st_size)


def read_whole(
    file: RawFile, stream: IO[bytes], name: str = "", *, size: int | None = None, most_bytes: int | None = None
) -> bytes:
    """All bytes of a document that must lie in memory at once; `DataRejected` when they are too many.

    A document of a larger file has a `name`, and a `size` where that is told; that of a whole file is counted first.
    """
    most_bytes = MAX_DOCUMENT_BYTES if most_bytes is None else most_bytes
    if size is None and not name:
        size = _size_of(replace(file, on_read=None), most_bytes)
    if size is not None and size > most_bytes:
        raise _too_large(name or file.name, most_bytes)
    parts, left = [], most_bytes
    while left >= 0 and (part := stream.read(_PART_BYTES)):
        parts.append(part)
        left -= len(part)
    if left < 0:
        parts.clear()  # the fault holds on to this frame
        raise _too_large(name or file.name, most_bytes)
    return b"".join(parts)


def _size_of(file: RawFile, most_bytes: int) -> int:
    """A file's unpacked size, or one beyond the most; nothing of it is held."""
    size = 0
    with open_bytes(file) as stream:
        if not isinstance(stream, gzip.GzipFile):
            return file.path.stat().st_size
        while size <= most_bytes and (part := stream.read(_PART_BYTES)):
            size += len(part)
    return size


def _too_large(name: str, most_bytes: int) -> DataRejected:
    size = most_bytes >> 20
    return DataRejected(
        id=f"{name}: lebih dari {size} MB dalam satu dokumen. Ekspor per bulan, atau sebagai CSV.",
        en=f"{name}: more than {size} MB in one document. Export it by months, or as CSV.",
    )


def find_shape(
    file: RawFile, *, layout: Layout, columns: tuple[str, ...], rows: Iterator[tuple[int, list[str]]]
) -> RecordShape:
    """The shape of the records below the header, which is taken from `rows`.

    Raises `SourceChanged` when a column asked for is missing or stands twice, with what the settings should say if the
    first rows show it.
    """
    seen: list[TextRow] = []
    rows, header = _noting(rows, seen), []
    try:
        header = find_header(file, layout, rows)
        places = tuple(_places(file, header, columns))
    except SourceChanged as fault:
        seen.extend(itertools.islice(rows, max(0, HEADER_SEARCH_ROWS - len(seen))))
        raise fault.with_more(*_likeliest_header(layout, columns, seen, than=header)) from None
    if layout.group_rows in header:
        raise SourceChanged(
            id=f"{file.name}: group_rows memakai nama kolom yang sudah ada: '{layout.group_rows}'. Beri nama lain, "
            "atau hapus group_rows dan petakan kolom itu.",
            en=f"{file.name}: group_rows uses the name of a column that is there: '{layout.group_rows}'. Give it "
            "another name, or delete group_rows and map that column.",
        )
    if file.on_header is not None:
        file.on_header(header)
    above = seen if layout.names else seen[: -layout.header_rows]
    notes = ExportNotes({number: " ".join(filter(None, header_cells(row))) for number, row in above})
    return RecordShape(columns, tuple(header), places, notes)


def _noting(
    rows: Iterator[tuple[int, list[str]]], seen: list[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    for row in rows:
        seen.append(row)
        yield row


def _likeliest_header(
    layout: Layout, columns: Sequence[str], rows: Sequence[TextRow], *, than: Sequence[str]
) -> tuple[str, str]:
    """What to write for the row and delimiter that give most of the columns, more `than` a header; in two languages."""
    marks = [layout.delimiter, *_DELIMITERS] if layout.format == "csv" else [layout.delimiter]
    best, found = max(len(columns) > 1, len(set(columns) & set(than))), ("", "")
    for mark, (number, row) in itertools.product(dict.fromkeys(marks), rows):
        cells = header_cells(row if mark == layout.delimiter else layout.delimiter.join(row).split(mark))
        count = len(set(columns) & {cell.strip(layout.quote) for cell in cells})
        if count > best:
            first = harmless(next(filter(None, cells)).strip(layout.quote))
            best, settings = count, f'header_starts_with: "{first}"'
            settings += "" if mark == layout.delimiter else f', delimiter: "{_DELIMITERS[mark]}"'
            found = (
                f"Baris {number} memuat {count} dari {len(columns)} kolom yang dicari: tulis {settings}.",
                f"Row {number} has {count} of the {len(columns)} columns looked for: write {settings}.",
            )
    return found


def header_cells(row: Iterable[str]) -> list[str]:
    """The cells of a row as names of columns are compared: without marks, line breaks and repeated spaces."""
    return [" ".join(cell.replace("\ufeff", "").replace(TYPED, "").split()) for cell in row]


@dataclass(frozen=True)
class RecordShape:
    """The names of all columns, and at which places those asked for stand.

    `notes` fills up with the lines that are no records.
    """

    columns: tuple[str, ...]
    header: tuple[str, ...]
    places: tuple[int, ...]
    notes: ExportNotes = field(default_factory=ExportNotes, compare=False)

    @property
    def width(self) -> int:
        """How many cells a record has."""
        return len(self.header)

    def left_out(self, number: int, why: str) -> Record:
        """A row that is no record, and why."""
        return (number, why, *(None for _ in self.places))

    def judge(self, number: int, row: Sequence[str]) -> Record:
        """One record picked by column; a blank or ragged one is marked, not dropped."""
        if not any(cell.strip() for cell in row):
            return (number, BLANK_ROW, *(None for _ in self.places))
        if len(row) != self.width and (len(row) < self.width or any(cell.strip() for cell in row[self.width :])):
            return (number, WRONG_FIELD_COUNT, *(None for _ in self.places))
        return (number, None, *(row[place] for place in self.places))


def frame_of_records(records: Iterable[Record], *, columns: Sequence[str]) -> pd.DataFrame:
    """Records as `read_rows` gives them."""
    frame = pd.DataFrame(list(records), columns=["source_row", "reader_problem", *columns], dtype=object)
    return frame.astype({"source_row": "Int64"} | dict.fromkeys(frame.columns[1:], "str"))


def find_header(file: RawFile, layout: Layout, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """The names of the columns, from the first rows; raises `DataRejected` or `SourceChanged` when there is none."""
    for _ in itertools.islice(rows, layout.skip_rows):
        pass
    if layout.names:
        return list(layout.names)
    for _, row in itertools.islice(rows, HEADER_SEARCH_ROWS if layout.header_starts_with else 1):
        cells = header_cells(row)
        if _is_header(cells, layout):
            for _, below in itertools.islice(rows, layout.header_rows - 1):
                cells = joined_header(cells, header_cells(below))
            while len(cells) > 1 and not cells[-1]:
                cells.pop()
            return cells
    if layout.header_starts_with is None:
        raise DataRejected(id=f"{file.name}: tidak ada baris judul kolom.", en=f"{file.name}: there is no header row.")
    raise SourceChanged(
        id=f"{file.name}: tidak ada baris judul yang diawali '{layout.header_starts_with}' dalam "
        f"{HEADER_SEARCH_ROWS} baris pertama. Perbaiki 'header_starts_with' atau berkasnya.",
        en=f"{file.name}: no header row starting with '{layout.header_starts_with}' in the first "
        f"{HEADER_SEARCH_ROWS} rows. Mend 'header_starts_with' or the file.",
    )


def _is_header(cells: list[str], layout: Layout) -> bool:
    """Whether the header starts in this row: in any column of a sheet, in the first that is not empty elsewhere."""
    if layout.header_starts_with is None:
        return True
    if layout.format == "xlsx":
        return layout.header_starts_with in cells
    return next((cell for cell in cells if cell), None) == layout.header_starts_with


def joined_header(above: list[str], below: list[str]) -> list[str]:
    """Two rows of a header as one: a name above several columns goes before each."""
    group, names = "", []
    for upper, lower in itertools.zip_longest(above, below, fillvalue=""):
        group = upper or (group if lower else "")
        names.append(" / ".join(part for part in (group, lower) if part))
    return names


def _places(file: RawFile, header: Sequence[str], columns: tuple[str, ...]) -> list[int]:
    missing = [name for name in columns if name not in header]
    twice = [name for name in columns if list(header).count(name) > 1]
    if not missing and not twice:
        return [list(header).index(name) for name in columns]
    there = harmless_header(header)
    if twice:
        raise SourceChanged(
            id=f"{file.name}: judul kolom ganda: {', '.join(twice)}. Beri nama yang berbeda.",
            en=f"{file.name}: header written twice: {', '.join(twice)}. Give them different names.",
        )
    raise SourceChanged(
        id=f"{file.name}: kolom tidak ada: {', '.join(missing)}. Kolom di berkas: {there}. "
        "Perbaiki 'columns' di YAML kota, atau 'delimiter'/'header_starts_with' bila judul kolom tampak salah.",
        en=f"{file.name}: missing columns: {', '.join(missing)}. The file has: {there}. "
        "Mend 'columns' in the city's YAML, or 'delimiter'/'header_starts_with' if the header looks wrong.",
    )
