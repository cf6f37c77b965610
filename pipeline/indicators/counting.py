"""What every indicator counts the same way: the fate of rows, durations, breakdowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.indicators.base import Breakdown, RowCounts, quotient
from pipeline.tables import OUTSIDE

BLANK_MEMBER = "(kosong / blank)"

Flags = NDArray[np.bool_]


def is_sound(frame: pd.DataFrame) -> pd.Series:
    """Rows neither quarantined nor excluded."""
    return frame["quarantine_reason"].isna() & frame["excluded_by"].isna()


def count_rows(
    frame: pd.DataFrame, *, is_inside: pd.Series | Flags, left_out: Mapping[str, pd.Series | Flags]
) -> RowCounts:
    """The fate of every row: sound rows inside the period are used, but for those an indicator's rule leaves out.

    `is_inside` says which rows bear on the period; undated rows do on every one. `left_out` maps named rules to the
    sound rows they leave out.
    """
    inside, is_quarantined = _flags(is_inside), frame["quarantine_reason"].notna().to_numpy()
    is_excluded = inside & ~is_quarantined & frame["excluded_by"].notna().to_numpy()
    excluded = _tally(frame["excluded_by"][is_excluded])
    rest = inside & ~is_quarantined & ~is_excluded
    for rule, rows in left_out.items():
        is_left_out = rest & _flags(rows)
        rest = rest & ~is_left_out
        excluded |= {rule: excluded.get(rule, 0) + int(is_left_out.sum())} if is_left_out.any() else {}
    if not inside.all():
        excluded |= {OUTSIDE: int((~inside).sum())}
    quarantined = _tally(frame["quarantine_reason"][inside & is_quarantined])
    return RowCounts(len(frame), int(rest.sum()), dict(sorted(excluded.items())), quarantined)


def _flags(rows: pd.Series | Flags) -> Flags:
    return np.asarray(pd.Series(rows).to_numpy(bool, na_value=False))


def _tally(outcome: pd.Series) -> dict[str, int]:
    counts = {str(rule): int(count) for rule, count in outcome.value_counts().items() if count}
    return dict(sorted(counts.items()))


def break_down(
    rows: pd.DataFrame, *, dimensions: Mapping[str, str], unit: str, scale: float = 1.0
) -> tuple[Breakdown, ...]:
    """The quotient of columns `numerator` and `denominator` for every member; `dimensions` maps names to columns."""
    found = []
    for dimension, column in dimensions.items():
        members = rows[column].astype("str").fillna(BLANK_MEMBER)
        sums = rows[["numerator", "denominator"]].groupby(members, sort=True).sum()
        for member, numerator, denominator in sums.itertuples():
            parts = quotient(
                float(numerator), float(denominator), unit=unit, reason="penyebut nol / zero denominator", scale=scale
            )
            found.append(Breakdown(dimension, str(member), parts))
    return tuple(found)


def spread(seconds: pd.Series | NDArray[np.signedinteger], *, unit_seconds: int) -> dict[str, float]:
    """Median and 90th percentile (linear) of durations in a longer unit, and their count; empty for none."""
    if not len(seconds):
        return {}
    found: dict[str, float] = {}
    for name, share in (("median", 0.5), ("p90", 0.9)):
        place = share * (len(seconds) - 1)
        around = [int(np.floor(place)), int(np.ceil(place))]
        # Only the two values around the place become the longer unit: ten million seconds are 40 MB as they are.
        pair = np.partition(np.asarray(seconds), around)[around] / unit_seconds
        found[name] = float(np.quantile(pair, place - around[0]))
    return {**found, "count": len(seconds)}


def whole_seconds(durations: pd.Series) -> pd.Series:
    """Differences of moments in whole seconds, rounded down; none may be null."""
    return durations // pd.Timedelta(seconds=1)


@dataclass(frozen=True)
class Durations:
    """Whole seconds in all, and of how many durations they are the sum."""

    seconds: int = 0
    count: int = 0

    @classmethod
    def of(cls, seconds: pd.Series) -> Self:
        """The sum of some durations."""
        return cls(int(seconds.sum()), len(seconds))

    def __add__(self, other: Durations) -> Durations:
        return Durations(self.seconds + other.seconds, self.count + other.count)
