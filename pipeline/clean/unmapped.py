"""The texts of a source that a value map does not know, with how many rows have each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.numerals import number
from connectors.personal_data import personal_kind

MOST_COMMON = 5
_LONGEST_SHOWN = 40
_MOST_DISTINCT = 200
_MOST_DIGITS = 3

Common = dict[str, list[tuple[str, int]]]


@dataclass
class UnmappedTexts:
    """Counts of rows by clean column and text, of rows that no rule excludes."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, column: str, texts: pd.Series, rows_counts: NDArray[np.int64]) -> None:
        """Count the rows that have each of these texts."""
        found = self.counts.setdefault(column, Counter())
        for text, count in zip(texts, rows_counts.tolist(), strict=True):
            if count and len(found) <= _MOST_DISTINCT:
                found[str(text)] += count

    @property
    def most_common(self) -> Common:
        """By clean column, the commonest texts; none of a column that looks personal."""
        return {
            column: found.most_common(MOST_COMMON)
            for column, found in self.counts.items()
            if not column.endswith(("_id", "name")) and _may_be_shown(found)
        }


def told(common: Mapping[str, list[tuple[str, int]]]) -> list[str]:
    """A line per column, in both languages."""
    return [
        f"belum dipetakan / not mapped in columns.{column}.values: "
        + ", ".join(f"'{text}' {number(count)}" for text, count in texts)
        for column, texts in common.items()
    ]


def _may_be_shown(found: Counter[str]) -> bool:
    """Whether texts look like words of a list: few, short, without numbers or addresses of persons."""
    is_word = all(
        len(text) <= _LONGEST_SHOWN
        and sum(map(str.isdigit, text)) <= _MOST_DIGITS
        and "@" not in text
        and personal_kind(text) is None
        for text in found
    )
    return bool(found) and len(found) <= _MOST_DISTINCT and is_word
