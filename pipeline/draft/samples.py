"""Rows of a file as a run reads them: all of a small file, of a large one some from each block of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import BLANK_ROW, RawFile
from pipeline.draft.words import known_words, tidy

_ROWS_PER_BLOCK = 1_500
_LAST_ROWS = 15


@dataclass(frozen=True)
class Sample:
    """Some rows spread over a file, as text with null for blank; how many rows there are, and how many cannot be split.

    Rows that begin like a total, a note or a row of column numbers are no records and not among them.
    """

    rows: pd.DataFrame
    rows_count: int
    ragged_count: int
    notes_count: int

    @property
    def is_whole(self) -> bool:
        """Whether every row is in the sample."""
        return len(self.rows) + self.ragged_count + self.notes_count >= self.rows_count

    def texts(self, name: str) -> pd.Series:
        """The values of a column that are not blank."""
        return self.rows[name].dropna()


def read_sample(file: RawFile, *, layout: Layout, columns: Sequence[str]) -> Sample:
    """A sample of these columns; raises what the reader of a run raises."""
    parts, rows_count, problems = [], 0, Counter[str]()
    for frame in read_rows(file, layout=layout, columns=columns):
        rows = frame[frame["reader_problem"] != BLANK_ROW]
        rows_count += len(rows)
        problems.update(rows["reader_problem"].dropna())
        step = -(-len(rows) // _ROWS_PER_BLOCK) or 1
        parts.append(rows[::step])
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns, "reader_problem"])
    rows = rows[rows["reader_problem"].isna()][list(columns)].reset_index(drop=True)
    tidy = {name: rows[name].str.replace("\xa0", " ").str.strip().replace("", None).astype("str") for name in columns}
    whole = pd.DataFrame(tidy)
    is_note = _is_note(whole)
    return Sample(whole[~is_note], rows_count, sum(problems.values()), int(is_note.sum()))


def _is_note(rows: pd.DataFrame) -> pd.Series:
    """Which rows are totals, notes, signatures or column numbers, by their first value and how few others they have."""
    if rows.empty:
        return pd.Series(False, index=rows.index)
    words = known_words()
    begins = (*words["totals"], *words["notes"])
    first = rows.iloc[:, 0]
    for name in rows.columns[1:]:
        first = first.fillna(rows[name])
    first = first.fillna("")
    texts = {text: _begins(text, begins) for text in first.drop_duplicates()}
    filled = rows.notna().sum(axis=1)
    is_sparse = filled <= max(1, len(rows.columns) // 2)
    ends = rows.index >= len(rows) - _LAST_ROWS
    is_lone = (filled == 1) & (len(rows.columns) > 2) & ends
    return (first.map(texts).astype(bool) & is_sparse) | first.str.fullmatch(r"\(\d{1,2}\)") | is_lone


def _begins(text: str, words: Sequence[str]) -> bool:
    said = tidy(text)
    return any(said == word or said.startswith(f"{word} ") for word in words)


def repeats_count(file: RawFile, *, layout: Layout, columns: Sequence[str]) -> tuple[int, int]:
    """How many rows of the whole file have a key of these columns, and how many different keys there are."""
    parts, mark = [], pa.scalar("\x1f", pa.large_string())
    for frame in read_rows(file, layout=layout, columns=columns):
        keys = frame[frame[list(columns)].notna().any(axis=1)]
        texts = [pa.array(keys[name].fillna(""), pa.large_string()) for name in columns]
        parts.append(pc.binary_join_element_wise(*texts, mark) if len(texts) > 1 else texts[0])
    whole = pa.chunked_array(parts, pa.large_string())
    return len(whole), int(pc.count_distinct(whole).as_py())
