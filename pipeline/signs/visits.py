"""Counts of visits that no visitors made: days of nothing, a busiest day, counters that only climb."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from pipeline.signs.sign import MANY_ROWS, Details, Signs

_VISITED = 20
# How often the first count the last one must be, by how many counts there are: natural growth rarely never pauses.
_CLIMBING_TIMES = ((MANY_ROWS, 1), (12, 1.5), (6, 3))
# Parts of a year, in months, that a count may add up over, with the fewest counts of one; and how near the last of a
# part's counts comes to as many times the first as there are.
_PARTS_OF_YEAR = ((1, 20), (3, 3), (6, 5))
_AS_A_SUM = 0.6


def days(rows: pd.DataFrame) -> Signs:
    """Counts of the headline alone; a portal that few visit has days without a visit."""
    signs: Signs = {"climbing_pct": _climbing_pct(rows[rows["variant"] == "headline"])}
    daily = _of_headline(rows, are_days=True)
    usual = float(daily.median()) if len(daily) >= MANY_ROWS else 0
    return signs | ({"busiest_day_times": float(daily.max()) / usual} if usual >= _VISITED else {})


def zero_days(rows: pd.DataFrame) -> tuple[Signs, Details]:
    """Days for which the headline counts no visit, and which; a portal that few visit has such days."""
    counts = _of_headline(rows, are_days=True)
    return _zeros(counts, "zero_days_count", length=len("2025-06-01")) if len(counts) >= MANY_ROWS else ({}, "")


def zero_months(rows: pd.DataFrame) -> tuple[Signs, Details]:
    """The same of counts of more than a day, and in which months they are."""
    counts = _of_headline(rows, are_days=False)
    return _zeros(counts, "zero_months_count", length=len("2025-06")) if len(counts) else ({}, "")


def _of_headline(rows: pd.DataFrame, *, are_days: bool) -> pd.Series:
    """Counts of visits by their first day."""
    counts = rows[(rows["variant"] == "headline") & ((rows["days_count"] == 1) == are_days)]
    return counts.set_index("visited_on")["visits_count"]


def _zeros(counts: pd.Series, name: str, *, length: int) -> tuple[Signs, Details]:
    if counts.median() < _VISITED:
        return {}, ""
    zero = counts.index[counts == 0]
    return {name: float(len(zero))}, tuple(sorted({str(day)[:length] for day in zero}))


def _climbing_pct(counts: pd.DataFrame) -> float | None:
    """The share of steps that rise, where counts grow well beyond the first, over all or anew in each month, quarter or
    half year; null for few rows."""
    by_portal = counts.sort_values("visited_on").set_index("visited_on").groupby("portal_id", observed=True)
    series = [one for _, one in by_portal["visits_count"]]
    shares = [_rising_pct([one]) for one in series if _grows(one)]
    shares += [_rising_pct(parts) for one in series for parts in _parts_that_grow(one)]
    return max(shares, default=None)


def _rising_pct(parts: Sequence[pd.Series]) -> float:
    return float(100 * pd.concat([part.diff().iloc[1:] for part in parts]).gt(0).mean())


def _parts_that_grow(counts: pd.Series) -> Iterator[list[pd.Series]]:
    """The months, quarters or half years of counts by day or month, when each grows as its sum would."""
    months = counts.index.month - 1
    for length, least in _PARTS_OF_YEAR:
        parts = [part for _, part in counts.groupby(months // length) if len(part) >= least]
        if len(parts) > 1 and all(part.iloc[-1] >= _AS_A_SUM * len(part) * max(part.iloc[0], 1) for part in parts):
            yield parts


def _grows(counts: pd.Series) -> bool:
    times = next((times for rows_count, times in _CLIMBING_TIMES if len(counts) >= rows_count), None)
    return times is not None and bool(counts.iloc[-1] >= times * counts.iloc[0])
