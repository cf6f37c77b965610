"""What every indicator counts the same way: the fate of rows, covered days, breakdowns, spread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from pipeline.indicators.base import Breakdown, Quotient, RowCounts, Status, quotient

OUTSIDE = "outside_period"
BLANK_MEMBER = "(kosong / blank)"
NEVER_RECORDED = ("blank_row", "grand_total", "combined", "no_outage")


def is_sound(frame: pd.DataFrame) -> pd.Series:
    """Rows neither quarantined nor excluded."""
    return frame["quarantine_reason"].isna() & frame["excluded_by"].isna()


def count_rows(frame: pd.DataFrame, *, is_inside: pd.Series, left_out: Mapping[str, pd.Series]) -> RowCounts:
    """The fate of every row: sound rows inside the period are used, but for those an indicator's rule leaves out.

    `is_inside` says which rows bear on the period; undated rows do on every one. `left_out` maps named rules to the
    sound rows they leave out.
    """
    outcome = frame["quarantine_reason"].fillna(frame["excluded_by"])
    for rule, rows in left_out.items():
        outcome = outcome.mask(outcome.isna() & rows, rule)
    outcome = outcome.mask(~is_inside, OUTSIDE)
    is_quarantined = is_inside & frame["quarantine_reason"].notna()
    return RowCounts(
        read=len(frame),
        used=int(outcome.isna().sum()),
        excluded=_tally(outcome[~is_quarantined]),
        quarantined=_tally(outcome[is_quarantined]),
    )


def _tally(outcome: pd.Series) -> dict[str, int]:
    return {str(rule): int(count) for rule, count in outcome.dropna().value_counts().sort_index().items()}


def covered_pct(covers: tuple[tuple[date, date], ...], *, first_on: date, last_on: date) -> float:
    """Share of the days from `first_on` to `last_on` that lie in one of the windows, in percent."""
    days_count = (last_on - first_on).days + 1
    days = [first_on + timedelta(days=n) for n in range(days_count)]
    return 100 * sum(any(first <= day <= last for first, last in covers) for day in days) / days_count


def status_of(headline: Quotient, *, coverage_pct: float | None, is_open: bool = False) -> Status:
    """Not computable without a value; provisional below full or with unknown coverage, or while something is open."""
    if headline.value is None:
        return "not_computable"
    return "final" if coverage_pct is not None and coverage_pct >= 100 and not is_open else "provisional"


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


def spread(values: pd.Series) -> dict[str, float]:
    """Median, 90th percentile (linear) and count of values; empty for none."""
    if values.empty:
        return {}
    return {
        "median": float(values.quantile(0.5)),
        "p90": float(values.quantile(0.9)),
        "count": int(values.size),
    }


def whole_seconds(start: pd.Series, end: pd.Series) -> pd.Series:
    """Elapsed whole seconds, rounded down; null where either moment is."""
    return ((end - start) // pd.Timedelta(seconds=1)).astype("Int64")
