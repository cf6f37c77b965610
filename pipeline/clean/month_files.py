"""A clean table on disk by month: its rows as they came, and beside each month's rows what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.clean.alike_ids import folded_hashes
from pipeline.clean.prefetch import prefetch
from pipeline.indicators.row_hashes import Words
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, Column, Table

_ROWS, _OUTCOMES = ".rows.parquet", ".outcomes.parquet"
_QUARANTINE = "quarantine.csv"
_UNDATED = "undated"
GROUP_ROWS = 1 << 16
PART_ROWS = 1 << 16
# Of fewer rows, categories take longer to make and to compare than texts.
FEW_ROWS = 1 << 12
_ROW_BITS = 40
_ARROW_TYPES = {
    "text": pa.large_string(),
    "count": pa.int64(),
    "number": pa.float64(),
    "moment": pa.timestamp("us", "UTC"),
    "day": pa.timestamp("us"),
    "flag": pa.bool_(),
}
_COMMON_TEXT = pa.dictionary(pa.int32(), pa.large_string())
_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
_ENCODINGS = {
    "text": "DELTA_BYTE_ARRAY",
    **dict.fromkeys(("count", "moment", "day"), "DELTA_BINARY_PACKED"),
}

_SOUND = (None, None)

Outcome = tuple[str | None, str | None]


class _Group(NamedTuple):
    """A group of rows in a file, and what became of them."""

    path: Path
    number: int
    outcomes: pa.Table


@dataclass
class _Month:
    """One month being written: rows go to disk a good many at once, of what became of them a code is kept."""

    nth: int
    file: pa.NativeFile
    writer: pq.ParquetWriter
    waiting: list[pa.Table] = field(default_factory=list)
    codes: list[NDArray[np.uint8]] = field(default_factory=list)
    rows_count: int = 0

    def add(self, rows: pa.Table, codes: NDArray[np.uint8]) -> None:
        self.waiting.append(rows)
        self.codes.append(codes)
        self.rows_count += len(codes)
        if sum(map(len, self.waiting)) >= GROUP_ROWS:
            self.write()

    def write(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.concat_tables(self.waiting).combine_chunks())
            self.waiting.clear()

    def close(self) -> None:
        self.write()
        self.writer.close()
        self.file.close()


@dataclass(frozen=True)
class Block:
    """Some judged rows ready to be written: their columns, the month, thing and outcome of each.

    `things` are hashes without regard to how an id is written; `is_named` are the rows that say which thing they tell
    of. `outcomes` are numbers into `words`, pairs of a quarantine reason and an excluding rule; 0 is sound.
    """

    rows: pa.Table
    months: NDArray[np.datetime64]
    things: Words
    is_named: NDArray[np.bool_]
    outcomes: NDArray[np.uint8]
    words: tuple[Outcome, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, table: Table, *, ids_of: pd.DataFrame | None = None) -> Block:
        """Rows of any of the table's dtypes; `ids_of` has their ids without their source, where they carry it."""
        outcomes, words = _coded_outcomes(frame)
        told = frame if ids_of is None else ids_of
        rows = pa.table([_as_arrow(frame[field.name], field.type) for field in _schema(table)], _schema(table))
        things, is_named = folded_hashes(told, table.thing), frame[list(table.thing)].notna().all(axis=1).to_numpy()
        return cls(rows, _months_of(frame[table.month_by]), things, is_named, outcomes, words)

    @property
    def is_usable(self) -> NDArray[np.bool_]:
        """Which rows are neither quarantined nor excluded."""
        return np.asarray(self.outcomes == 0)

    @property
    def is_quarantined(self) -> NDArray[np.bool_]:
        """Which rows are held back, though they say which thing they tell of."""
        is_held = np.array([reason is not None for reason, _ in self.words], bool)
        return np.asarray(is_held[self.outcomes] & self.is_named)

    @property
    def is_excluded(self) -> NDArray[np.bool_]:
        """Which rows a rule leaves out, though they say which thing they tell of."""
        is_left_out = np.array([rule is not None for _, rule in self.words], bool)
        return np.asarray(is_left_out[self.outcomes] & self.is_named)

    @property
    def counts(self) -> Counter[Outcome]:
        """How many rows have which outcome."""
        counts = np.bincount(self.outcomes, minlength=len(self.words)).tolist()
        return Counter(dict(zip(self.words, counts, strict=True)))

    def counts_by_file(self) -> dict[str, Counter[Outcome]]:
        """How many rows of which file have which outcome."""
        files = self.rows["source_file_id"].combine_chunks()
        width = len(self.words)
        places = files.indices.to_numpy().astype(np.int64) * width + self.outcomes
        counts = np.bincount(places, minlength=len(files.dictionary) * width).reshape(-1, width).tolist()
        names = files.dictionary.to_pylist()
        return {name: Counter(dict(zip(self.words, row, strict=True))) for name, row in zip(names, counts, strict=True)}

    def where(self, is_chosen: NDArray[np.bool_]) -> Block:
        """Some of its rows."""
        return Block(
            self.rows.filter(pa.array(is_chosen)),
            self.months[is_chosen],
            self.things[is_chosen],
            self.is_named[is_chosen],
            self.outcomes[is_chosen],
            self.words,
        )

    def by_month(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """The label of each month, and the places of its rows in the block."""
        if not len(self.months):
            return
        numbers = self.months.astype(np.int64)
        for number in [numbers[0]] if (numbers == numbers[0]).all() else np.unique(numbers):
            yield _label(number), np.flatnonzero(numbers == number)


class MonthFiles:
    """Takes judged rows in blocks; until it is closed, rows can be read back and judged again."""

    def __init__(self, folder: Path, table: Table) -> None:
        self.folder, self._table = folder, table
        self._months: dict[str, _Month] = {}
        self._outcomes: dict[Outcome, int] = {_SOUND: 0}
        (folder / _QUARANTINE).write_text(",".join(_names(_all_columns(table))) + "\n", "utf-8")

    def add(self, block: Block) -> Words:
        """Write rows, those left out or quarantined to `quarantine.csv` too; gives the place of each."""
        codes = self._codes(block)
        places = np.empty(len(codes), np.uint64)
        for label, chosen in block.by_month():
            is_stretch = chosen[-1] - chosen[0] + 1 == len(chosen)
            part = block.rows.slice(chosen[0], len(chosen)) if is_stretch else block.rows.take(pa.array(chosen))
            places[chosen] = self._add_to(label, part, codes[chosen])
        self._write_quarantine(block.rows, codes)
        return places

    def rows_at(self, places: Words) -> pd.DataFrame:
        """The rows at some places, rising, with what became of them; after this nothing can be added."""
        found = [_plain_schema(self._table).empty_table()]
        nths, rows = _parted(places)
        for label, month in self._months.items():
            month.close()
            found += _taken(self.folder / f"{label}{_ROWS}", rows[nths == month.nth], self._table)
        outcomes = zip(_names(OUTCOME_COLUMNS), self._outcomes_in_words(self._codes_at(places)), strict=True)
        return finished(_as_frame(pa.concat_tables(found)).assign(**dict(outcomes)), self._table)

    def judge_again(self, block: Block, *, places: Words) -> Block:
        """Put down what became of rows; gives those that were sound until now."""
        codes, was_sound, (nths, rows) = self._codes(block), self.are_sound(places), _parted(places)
        for month in self._months.values():
            chosen = nths == month.nth
            month.codes[0][rows[chosen]] = codes[chosen]
        judged = block.where(was_sound)
        self._write_quarantine(judged.rows, codes[was_sound])
        return judged

    def are_sound(self, places: Words) -> NDArray[np.bool_]:
        """Whether nothing became of the rows at some places so far."""
        return np.asarray(self._codes_at(places) == 0)

    def _codes_at(self, places: Words) -> NDArray[np.uint8]:
        """What became of the rows at some places, as a number."""
        codes, (nths, rows) = np.zeros(len(places), np.uint8), _parted(places)
        for month in self._months.values():
            month.codes = [np.concatenate(month.codes)]
            codes[nths == month.nth] = month.codes[0][rows[nths == month.nth]]
        return codes

    def _outcomes_in_words(self, codes: NDArray[np.uint8]) -> list[pa.Array]:
        """Quarantine reasons and excluding rules by their numbers."""
        return [pa.array(texts, pa.large_string()).take(pa.array(codes)) for texts in zip(*self._outcomes, strict=True)]

    def close(self) -> None:
        """Write the outcomes beside the rows."""
        for label, month in self._months.items():
            month.close()
            columns = self._outcomes_in_words(np.concatenate(month.codes))
            outcomes = pa.table(columns, names=_names(OUTCOME_COLUMNS))
            pq.write_table(outcomes, self.folder / f"{label}{_OUTCOMES}", write_statistics=False)

    def let_go(self) -> None:
        """Close the files as they are, also of what a full disk did not take; nothing where `close` did."""
        for month in self._months.values():
            for one in (month.writer, month.file):
                with suppress(OSError):
                    one.close()

    def _add_to(self, label: str, rows: pa.Table, codes: NDArray[np.uint8]) -> Words:
        if label not in self._months:
            file = pa.OSFile(str(self.folder / f"{label}{_ROWS}"), "wb")
            self._months[label] = _Month(len(self._months), file, _writer(file, self._table))
        month = self._months[label]
        begin = (month.nth << _ROW_BITS) + month.rows_count
        month.add(rows, codes)
        return np.arange(begin, begin + len(codes), dtype=np.uint64)

    def _codes(self, block: Block) -> NDArray[np.uint8]:
        """The block's outcomes by the numbers that all blocks share."""
        shared = [self._outcomes.setdefault(word, len(self._outcomes)) for word in block.words]
        return np.array(shared, np.uint8)[block.outcomes]

    def _write_quarantine(self, rows: pa.Table, codes: NDArray[np.uint8]) -> None:
        """Rows that are not sound, with what became of each, moments in UTC to the second."""
        unsound = np.flatnonzero(codes)
        chosen = rows.take(pa.array(unsound))
        columns = [_for_spreadsheets(_to_the_second(column)) for column in chosen.columns]
        columns += self._outcomes_in_words(codes[unsound])
        names = [*chosen.column_names, *_names(OUTCOME_COLUMNS)]
        with (self.folder / _QUARANTINE).open("ab") as file:
            csv.write_csv(pa.table(columns, names=names), file, csv.WriteOptions(include_header=False))


def _for_spreadsheets(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts that a spreadsheet would compute as formulas behind an apostrophe."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return column
    return pc.replace_substring_regex(column.cast(pa.large_string()), r"^([=+\-@\t\r])", r"'\1")


def _to_the_second(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp("s", column.type.tz), safe=False) if pa.types.is_timestamp(column.type) else column


def read_parts(folder: Path, table: Table) -> Iterator[pd.DataFrame]:
    """The table month by month, in parts of some ten thousand rows; of many rows, texts that come again are categories.

    A table without rows is one empty part.
    """
    parts = prefetch(_batches(folder), lambda groups: _read_groups(groups, table=table))
    first = next(parts, None)
    yield finished(pd.DataFrame(), table) if first is None else first
    yield from parts


def _batches(folder: Path) -> Iterator[list[_Group]]:
    """Groups of rows in files, several together where they are small."""
    batch: list[_Group] = []
    for path in sorted(folder.glob(f"*{_ROWS}")):
        became = path.with_name(path.name.replace(_ROWS, _OUTCOMES))
        # pq.read_table would look for a data set first, which takes longer than reading a month.
        outcomes, begin = pq.ParquetFile(became, read_dictionary=_names(OUTCOME_COLUMNS)).read(use_threads=False), 0
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            rows_count = metadata.row_group(group).num_rows
            batch.append(_Group(path, group, outcomes.slice(begin, rows_count)))
            begin += rows_count
            if sum(len(one.outcomes) for one in batch) >= PART_ROWS:
                yield batch
                batch = []
    if batch:
        yield batch


def _read_groups(groups: Sequence[_Group], *, table: Table) -> pd.DataFrame:
    tables = []
    for path, group, outcomes in groups:
        rows = pq.ParquetFile(path, read_dictionary=_common_texts(table)).read_row_group(group, use_threads=False)
        names = [*rows.column_names, *outcomes.column_names]
        tables.append(pa.table([*rows.columns, *outcomes.columns], names=names))
    found = pa.concat_tables(tables)
    return _as_frame(_in_words(found) if len(found) < FEW_ROWS else found.unify_dictionaries())


def _in_words(rows: pa.Table) -> pa.Table:
    """The same with each text for itself."""
    return rows.cast(pa.schema([(field.name, _word_type(field.type)) for field in rows.schema]))


def _word_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def finished(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Exactly the declared columns, in order, with their dtypes."""
    columns = _all_columns(table)
    dtypes = {column.name: DTYPES[column.kind] for column in columns}
    known = frame.dtypes
    others = {name: dtype for name, dtype in dtypes.items() if name not in known or str(known[name]) != dtype}
    return frame.reindex(columns=_names(columns)).astype(others)


def _all_columns(table: Table) -> tuple[Column, ...]:
    return (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _writer(file: pa.NativeFile, table: Table) -> pq.ParquetWriter:
    """Texts that come again as dictionaries, numbers and keys as differences to the one before."""
    kept, common = (*table.columns, *SOURCE_COLUMNS), _common_texts(table)
    encodings = {column.name: _ENCODINGS[column.kind] for column in kept if column.kind in _ENCODINGS}
    return pq.ParquetWriter(
        file,
        _schema(table),
        compression="none",
        use_dictionary=common,
        write_statistics=False,
        column_encoding={name: encoding for name, encoding in encodings.items() if name not in common},
    )


def _common_texts(table: Table) -> list[str]:
    kept = (*table.columns, *SOURCE_COLUMNS)
    return [column.name for column in kept if column.kind == "text" and column.name not in table.key]


@cache
def _schema(table: Table) -> pa.Schema:
    common = _common_texts(table)
    fields = _plain_schema(table)
    return pa.schema([(field.name, _COMMON_TEXT if field.name in common else field.type) for field in fields])


@cache
def _plain_schema(table: Table) -> pa.Schema:
    """As `_schema`, with every text for itself."""
    return pa.schema([(column.name, _ARROW_TYPES[column.kind]) for column in (*table.columns, *SOURCE_COLUMNS)])


def _as_arrow(column: pd.Series, kind: pa.DataType) -> pa.Array:
    """A column as the type it is written in."""
    array = pa.array(column)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if kind == _COMMON_TEXT and not pa.types.is_dictionary(array.type):
        array = array.cast(pa.large_string()).dictionary_encode()
    return array.cast(kind)


def _as_frame(batch: pa.RecordBatch | pa.Table) -> pd.DataFrame:
    return batch.to_pandas(types_mapper=_PANDAS_TYPES.get)


def _months_of(placed: pd.Series) -> NDArray[np.datetime64]:
    """The calendar month of a day, or of a moment in UTC."""
    months: NDArray[np.datetime64] = placed.to_numpy("M8[us]").astype("M8[M]")
    return months


def _label(month: int) -> str:
    """How the files of a month are named, counted from 1970."""
    moment = np.datetime64(int(month), "M")
    return _UNDATED if np.isnat(moment) else str(moment)


def _coded_outcomes(frame: pd.DataFrame) -> tuple[NDArray[np.uint8], tuple[Outcome, ...]]:
    """What became of each row as a number, and what the numbers say."""
    reasons, rules = (frame[name].astype("category").cat for name in _names(OUTCOME_COLUMNS))
    pairs = list(product([None, *reasons.categories], [None, *rules.categories]))
    nths = (reasons.codes.to_numpy(np.int64) + 1) * (len(rules.categories) + 1) + rules.codes.to_numpy() + 1
    used = np.flatnonzero(np.bincount(np.append(nths, 0)))
    return np.searchsorted(used, nths).astype(np.uint8), tuple(pairs[nth] for nth in used)


def _parted(places: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of the month, and of the row in it."""
    signed = places.astype(np.int64)
    return signed >> _ROW_BITS, signed & ((1 << _ROW_BITS) - 1)


def _taken(path: Path, rows: NDArray[np.int64], table: Table) -> Iterator[pa.Table]:
    """Some rows of a file, by their rising numbers."""
    file, begin = pq.ParquetFile(path, read_dictionary=_common_texts(table)), 0
    for group in range(file.num_row_groups):
        end = begin + file.metadata.row_group(group).num_rows
        first, last = np.searchsorted(rows, (begin, end))
        if first < last:
            chosen = file.read_row_group(group).take(pa.array(rows[first:last] - begin))
            yield chosen.cast(_plain_schema(table))
        begin = end
