"""A clean table on disk by month: its rows as they came, and beside each month's rows what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.indicators.counting import is_sound
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, Column, Table

_ROWS, _OUTCOMES = ".rows.parquet", ".outcomes.parquet"
_QUARANTINE = "quarantine.csv"
_UNDATED = "undated"
_BATCH_ROWS = 1 << 16
_GROUP_ROWS = 1 << 15
_ROW_BITS = 40
_ARROW_TYPES = {
    "text": pa.large_string(),
    "count": pa.int64(),
    "number": pa.float64(),
    "moment": pa.timestamp("us", "UTC"),
    "day": pa.timestamp("us"),
    "flag": pa.bool_(),
}

_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
_ENCODINGS = {
    "text": "DELTA_BYTE_ARRAY",
    **dict.fromkeys(("count", "moment", "day"), "DELTA_BINARY_PACKED"),
}

Words = NDArray[np.uint64]


@dataclass
class _Month:
    """One month being written: rows go to disk a good many at once, of what became of them a code is kept."""

    nth: int
    writer: pq.ParquetWriter
    waiting: list[pa.Table] = field(default_factory=list)
    codes: list[NDArray[np.uint8]] = field(default_factory=list)
    rows_count: int = 0

    def add(self, rows: pa.Table, codes: NDArray[np.uint8]) -> None:
        self.waiting.append(rows)
        self.codes.append(codes)
        self.rows_count += len(codes)
        if sum(map(len, self.waiting)) >= _GROUP_ROWS:
            self.write()

    def write(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.concat_tables(self.waiting).combine_chunks())
            self.waiting.clear()

    def close(self) -> None:
        self.write()
        self.writer.close()


class MonthFiles:
    """Takes judged rows in blocks; until it is closed, sound rows can be looked up and judged again."""

    def __init__(self, folder: Path, table: Table) -> None:
        self.folder, self._table = folder, table
        self._months: dict[str, _Month] = {}
        self._outcomes: dict[tuple[str | None, str | None], int] = {(None, None): 0}
        self._write_quarantine(finished(pd.DataFrame(), table), mode="w")

    def add(self, frame: pd.DataFrame) -> Words:
        """Write rows, those left out or quarantined to `quarantine.csv` too; gives the place of each."""
        rows = pa.Table.from_pandas(frame, _schema(self._table), preserve_index=False).replace_schema_metadata(None)
        months, codes = _months_of(frame[self._table.month_by]), self._codes(frame)
        places = np.empty(len(frame), np.uint64)
        for month in np.unique(months):
            chosen = np.flatnonzero(np.isnat(months) if np.isnat(month) else months == month)
            part = rows if len(chosen) == len(frame) else rows.take(pa.array(chosen))
            places[chosen] = self._add_to(_UNDATED if np.isnat(month) else str(month), part, codes[chosen])
        self._write_quarantine(frame[codes > 0])
        return places

    def rows_at(self, places: Words) -> pd.DataFrame:
        """The sound rows at some places, rising; after this nothing can be added."""
        found = [finished(pd.DataFrame(), self._table)]
        nths, rows = _parted(places)
        for label, month in self._months.items():
            month.close()
            found += _taken(self.folder / f"{label}{_ROWS}", rows[nths == month.nth])
        return finished(pd.concat(found, ignore_index=True), self._table)

    def judge_again(self, frame: pd.DataFrame, *, places: Words) -> None:
        """Put down what became of rows that were sound until now."""
        codes, nths, rows = self._codes(frame), *_parted(places)
        for month in self._months.values():
            month.codes = [np.concatenate(month.codes)]
            chosen = nths == month.nth
            month.codes[0][rows[chosen]] = codes[chosen]
        self._write_quarantine(frame[codes > 0])

    def close(self) -> None:
        """Write the outcomes beside the rows."""
        for label, month in self._months.items():
            month.close()
            codes = pa.array(np.concatenate(month.codes))
            columns = [pa.array(texts, pa.large_string()).take(codes) for texts in zip(*self._outcomes, strict=True)]
            outcomes = pa.table(columns, names=_names(OUTCOME_COLUMNS))
            pq.write_table(outcomes, self.folder / f"{label}{_OUTCOMES}", write_statistics=False)

    def _add_to(self, label: str, rows: pa.Table, codes: NDArray[np.uint8]) -> Words:
        if label not in self._months:
            writer = _writer(self.folder / f"{label}{_ROWS}", self._table)
            self._months[label] = _Month(len(self._months), writer)
        month = self._months[label]
        begin = (month.nth << _ROW_BITS) + month.rows_count
        month.add(rows, codes)
        return np.arange(begin, begin + len(codes), dtype=np.uint64)

    def _codes(self, frame: pd.DataFrame) -> NDArray[np.uint8]:
        """Each row's outcome as a number; 0 is sound."""
        codes = np.zeros(len(frame), np.uint8)
        unsound = np.flatnonzero(~is_sound(frame).to_numpy())
        outcomes = frame.iloc[unsound][_names(OUTCOME_COLUMNS)].astype(object)
        pairs = zip(*(outcomes[name].where(outcomes[name].notna(), None) for name in outcomes), strict=True)
        codes[unsound] = [self._outcomes.setdefault(pair, len(self._outcomes)) for pair in pairs]
        return codes

    def _write_quarantine(self, frame: pd.DataFrame, *, mode: str = "a") -> None:
        path = self.folder / _QUARANTINE
        frame.to_csv(path, mode=mode, header=mode == "w", columns=_names(_all_columns(self._table)), index=False)


def read_parts(folder: Path, table: Table) -> Iterator[pd.DataFrame]:
    """The table month by month, in parts of at most 65,536 rows; texts that come again are categories."""
    for path in sorted(folder.glob(f"*{_ROWS}")):
        rows = pq.ParquetFile(path, read_dictionary=_common_texts(table))
        became = path.with_name(path.name.replace(_ROWS, _OUTCOMES))
        outcomes = pq.read_table(became, read_dictionary=_names(OUTCOME_COLUMNS))
        begin = 0
        for batch in rows.iter_batches(_BATCH_ROWS):
            yield pd.concat([_as_frame(batch), _as_frame(outcomes.slice(begin, len(batch)))], axis=1)
            begin += len(batch)


def finished(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Exactly the declared columns, in order, with their dtypes."""
    columns = _all_columns(table)
    return frame.reindex(columns=_names(columns)).astype({c.name: DTYPES[c.kind] for c in columns})


def _all_columns(table: Table) -> tuple[Column, ...]:
    return (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _writer(path: Path, table: Table) -> pq.ParquetWriter:
    """Texts that come again as dictionaries, numbers and keys as differences to the one before."""
    kept, common = (*table.columns, *SOURCE_COLUMNS), _common_texts(table)
    encodings = {column.name: _ENCODINGS[column.kind] for column in kept if column.kind in _ENCODINGS}
    return pq.ParquetWriter(
        path,
        _schema(table),
        compression="none",
        use_dictionary=common,
        write_statistics=False,
        column_encoding={name: encoding for name, encoding in encodings.items() if name not in common},
    )


def _common_texts(table: Table) -> list[str]:
    kept = (*table.columns, *SOURCE_COLUMNS)
    return [column.name for column in kept if column.kind == "text" and column.name not in table.key]


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, _ARROW_TYPES[column.kind]) for column in (*table.columns, *SOURCE_COLUMNS)])


def _as_frame(batch: pa.RecordBatch | pa.Table) -> pd.DataFrame:
    return batch.to_pandas(types_mapper=_PANDAS_TYPES.get)


def _months_of(placed: pd.Series) -> NDArray[np.datetime64]:
    """The calendar month of a day, or of a moment in UTC."""
    months: NDArray[np.datetime64] = placed.to_numpy("M8[us]").astype("M8[M]")
    return months


def _parted(places: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of the month, and of the row in it."""
    signed = places.astype(np.int64)
    return signed >> _ROW_BITS, signed & ((1 << _ROW_BITS) - 1)


def _taken(path: Path, rows: NDArray[np.int64]) -> Iterator[pd.DataFrame]:
    """Some rows of a file, by their rising numbers."""
    begin = 0
    for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS):
        first, last = np.searchsorted(rows, (begin, begin + len(batch)))
        if first < last:
            yield _as_frame(batch.take(pa.array(rows[first:last] - begin)))
        begin += len(batch)
        if last == len(rows):
            return
