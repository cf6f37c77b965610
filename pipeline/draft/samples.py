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
        parts.append(pc.binary_join_element_wise(*texts, mark) if len(texts) > 1 else texts[0])
    whole = pa.chunked_array(parts, pa.large_string())
    return len(whole), int(pc.count_distinct(whole).as_py())
