"""What every indicator counts the same way: the fate of rows, covered days, breakdowns, spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.indicators.base import Breakdown, Quotient, RowCounts, Status, quotient
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


def spread_of(numbers: NDArray[np.signedinteger], *, unit: int) -> dict[str, float]:
    """As `spread` of the numbers in another unit, without another copy of them; their order is lost."""
    if not len(numbers):
        return {}
    found: dict[str, float] = {}
    for name, share in (("median", 0.5), ("p90", 0.9)):
        place = share * (len(numbers) - 1)
        low, high = int(np.floor(place)), int(np.ceil(place))
        numbers.partition((low, high))
        found[name] = float(np.quantile(numbers[[low, high]] / unit, place - low))
    return {**found, "count": len(numbers)}


def whole_seconds(start: pd.Series, end: pd.Series) -> pd.Series:
    """Elapsed whole seconds, rounded down; null where either moment is."""
    return ((end - start) // pd.Timedelta(seconds=1)).astype("Int64")
