"""Wide tables, with a column for each year or month, turned long: one row for each row and period."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from connectors.errors import SourceChanged, harmless
from connectors.layout import YearsInHeader
from connectors.records import BLANK_CELL, RawFile


def periods_in(file: RawFile, header: Sequence[str], *, wide: YearsInHeader, kept: Sequence[str]) -> dict[str, str]:
    """The columns that hold a period's values, and the text of that period.

    Raises `SourceChanged` when no column fits the pattern, two give the same period, a column `kept` as it is fits too,
    or the file has a column with the name of a new one.
    """
    found = {name: match for name in header if (match := re.fullmatch(wide.pattern, name))}
    periods = {name: match[match.re.groups] for name, match in found.items()}
    there = ", ".join(map(harmless, header))
    if not periods:
        raise SourceChanged(
            id=f"{file.name}: tidak ada judul kolom yang cocok dengan years_in_header.pattern '{wide.pattern}'. Kolom "
            f"di berkas: {there}. Perbaiki 'pattern', atau 'header_starts_with' bila judul kolom tampak salah.",
            en=f"{file.name}: no column's header fits years_in_header.pattern '{wide.pattern}'. The file has: {there}. "
            "Mend 'pattern', or 'header_starts_with' if the header looks wrong.",
        )
    if len(set(periods.values())) < len(periods) or any(list(header).count(name) > 1 for name in periods):
        names = ", ".join(map(harmless, periods))
        raise SourceChanged(
            id=f"{file.name}: beberapa kolom memberi masa yang sama menurut years_in_header.pattern "
            f"'{wide.pattern}': {names}. Persempit 'pattern' agar hanya satu kolom untuk tiap masa.",
            en=f"{file.name}: several columns give the same period by years_in_header.pattern '{wide.pattern}': "
            f"{names}. Narrow 'pattern' so that it fits one column for each period.",
        )
    taken = {wide.period, wide.value} & set(header) | set(periods) & set(kept)
    if taken:
        names = ", ".join(map(harmless, sorted(taken)))
        raise SourceChanged(
            id=f"{file.name}: years_in_header memakai nama kolom yang sudah ada atau dipetakan sendiri: {names}. Beri "
            "nama lain pada 'period' dan 'value', atau persempit 'pattern'.",
            en=f"{file.name}: years_in_header uses names of columns that are there or are mapped themselves: {names}. "
            "Give 'period' and 'value' other names, or narrow 'pattern'.",
        )
    return periods


def unpivoted(
    frame: pd.DataFrame, *, periods: dict[str, str], wide: YearsInHeader, columns: Sequence[str]
) -> pd.DataFrame:
    """Rows of a wide table as one row for each period, in order; `source_row` stays that of the wide row.

    A blank cell of a record is a row with the problem `blank_cell`; a row that is no sound record keeps its problem for
    each period.
    """
    count = len(periods)
    values = pd.Series(frame[list(periods)].to_numpy(object).ravel(), dtype="str")
    long = frame.drop(columns=list(periods)).loc[frame.index.repeat(count)].reset_index(drop=True)
    is_blank = long["reader_problem"].isna() & (values.str.strip().fillna("") == "")
    long["reader_problem"] = long["reader_problem"].mask(is_blank, BLANK_CELL)
    texts = pd.Series(np.tile(np.array(list(periods.values()), object), len(frame)), dtype="str")
    long[wide.period], long[wide.value] = texts, values
    return long[["source_row", "reader_problem", *columns]]
