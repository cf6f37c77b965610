"""What every indicator counts the same way: the fate of rows, durations, breakdowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.remarks import Remark
from pipeline.indicators.base import Breakdown, RowCounts, quotient
from pipeline.tables import OUTSIDE

BLANK_MEMBER = "(kosong / blank)"
NEVER_RECORDED = ("blank_row", "grand_total", "combined", "no_outage")

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


DAY_LENGTH = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From a moment to another, null where either is, and which of the two were noted as dates without an hour.

    A date is any moment of its day, of 24 hours. `shortest` is the span by rule, `longest` what it may be at most.
    """

    start: pd.Series
    end: pd.Series
    start_is_date: Flags
    end_is_date: Flags

    @classmethod
    def of(cls, part: pd.DataFrame, start: str, end: str) -> Self:
        """Of two columns of moments `<what>_at` with their flags `<what>_is_date`."""
        flags = (_flags(part[f"{name.removesuffix('_at')}_is_date"]) for name in (start, end))
        return cls(part[start], part[end], *flags)

    @property
    def has_date(self) -> Flags:
        """Of which spans, both ends known, either was noted as a date."""
        either = self.start_is_date | self.end_is_date
        return np.asarray(either & (self.start.notna() & self.end.notna()).to_numpy()) if either.any() else either

    @property
    def is_mixed(self) -> Flags:
        """Of which spans one end has an hour and the other has none."""
        return self.has_date & (self.start_is_date != self.end_is_date)

    @property
    def shortest(self) -> tuple[pd.Series, pd.Series]:
        """Start and end. A date as end is its first moment not before the start, as start its last not after the end;
        date to date counts whole days."""
        mixed = self.is_mixed
        if not mixed.any():
            return self.start, self.end
        start, end = self.start, self.end
        is_same_day = (end < start) & (start < end + DAY_LENGTH)
        last = pd.concat([start + DAY_LENGTH, end], axis=1).min(axis=1)
        is_moved = mixed & self.start_is_date & (start <= end).to_numpy()
        return start.mask(is_moved, last), end.mask(mixed & self.end_is_date & is_same_day.to_numpy(), start)

    @property
    def longest(self) -> tuple[pd.Series, pd.Series]:
        """Start and end, a date as end being the end of its day and as start its beginning."""
        return self.start, self.end.mask(self.end_is_date, self.end + DAY_LENGTH)


def date_remarks(dated_count: int, mixed_count: int, *, among: int) -> list[Remark]:
    """How many durations rest on dates without an hour; where only one end has an hour, the value may move."""
    if not dated_count:
        return []
    return [
        Remark(
            "date_only",
            f"{dated_count} dari {among} lama waktu dihitung dari tanggal tanpa jam; batas atasnya: day_end",
            f"{dated_count} of {among} durations rest on dates without an hour; their upper bound: day_end",
            keeps_provisional=mixed_count > 0,
        )
    ]


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
