"""What two sources of one table both tell, whatever ids they give it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.indicators.row_hashes import row_hashes
from pipeline.signs.copies import ENDS, told_things
from pipeline.signs.fates import Fates
from pipeline.signs.sign import SOME_ROWS
from pipeline.tables import Table

# So far apart two monitors surely note one outage; two desks or monitors note one thing, if chance does not explain it.
_SURELY_ONE = pd.Timedelta(minutes=10)
_PERHAPS_ONE = {"inquiries": pd.Timedelta(minutes=10), "outages": pd.Timedelta(minutes=30)}
_WEEK, _FAR_FROM_CHANCE = pd.Timedelta(days=7).as_unit("us"), 3


def alike_in_two_pct(one: pd.DataFrame, other: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of the smaller source's rows that tell what a row of the other tells, whatever their ids.

    Services have name and agency in common. Inquiries have both moments, or were received within ten minutes; outages
    begin and end within ten minutes, or within thirty: the wider of these count as far as chance does not explain them.
    """
    few, many = sorted((told_things(rows, table, fates=fates) for rows in (one, other)), key=len)
    if len(few) < SOME_ROWS:
        return None
    if table.name == "services":
        return _of_the_same_pct(few, many, ["name", "agency"])
    begin, end = ENDS[table.name]
    names = [begin] if table.name == "inquiries" else [begin, end]
    # One unit of time, for pandas joins no moments of two.
    first, others = (rows[names].astype("datetime64[us, UTC]").sort_values(begin) for rows in (few, many))
    apart = _apart(first, others)
    if table.name == "inquiries":
        surely = _of_the_same_pct(few, many, [begin, end])
    else:
        surely = float(100 * (apart <= _SURELY_ONE).mean())
    return max(surely, _beyond_chance_pct(first, others, apart=apart, within=_PERHAPS_ONE[table.name]))


def _of_the_same_pct(few: pd.DataFrame, many: pd.DataFrame, names: list[str]) -> float:
    return float(100 * np.isin(row_hashes(few[names]), row_hashes(many[names])).mean())


def _apart(few: pd.DataFrame, many: pd.DataFrame) -> pd.Series:
    """How far, at most, the moments of each of few are from those of the one of many that begins nearest."""
    first = few.columns[0]
    pairs = pd.merge_asof(
        few, many.add_suffix("_of_many"), left_on=first, right_on=f"{first}_of_many", direction="nearest"
    )
    return pd.concat([(pairs[name] - pairs[f"{name}_of_many"]).abs() for name in few], axis=1).max(axis=1)


def _beyond_chance_pct(few: pd.DataFrame, many: pd.DataFrame, *, apart: pd.Series, within: pd.Timedelta) -> float:
    """How much larger a share of few is near to one of many than it is a week earlier and later, and than chance."""
    expected = sum(_share_by_chance(few + shift, many, within=within) for shift in (_WEEK, -_WEEK)) / 2
    spread = np.sqrt(max(expected, 1 / len(few)) * (1 - expected) / len(few))
    return float(100 * max(0.0, (apart <= within).mean() - expected - _FAR_FROM_CHANCE * spread))


def _share_by_chance(shifted: pd.DataFrame, many: pd.DataFrame, *, within: pd.Timedelta) -> float:
    """The share of what was shifted that is near to one of many; all where none falls among many."""
    begins = many.iloc[:, 0]
    among = shifted[shifted.iloc[:, 0].between(begins.iloc[0], begins.iloc[-1])]
    return float((_apart(among, many) <= within).mean()) if len(among) else 1.0
