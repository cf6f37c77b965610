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
_WEEK, _FAR_FROM_CHANCE = pd.Timedelta(days=7), 3


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
    names = [*ENDS[table.name]]
    if table.name == "inquiries":
        surely, names = _of_the_same_pct(few, many, names), names[:1]
    else:
        surely = 100 * _near_share(few, many, names, within=_SURELY_ONE)
    return max(surely, _beyond_chance_pct(few, many, names, within=_PERHAPS_ONE[table.name]))


def _of_the_same_pct(few: pd.DataFrame, many: pd.DataFrame, names: list[str]) -> float:
    return float(100 * np.isin(row_hashes(few[names]), row_hashes(many[names])).mean())


def _near_share(few: pd.DataFrame, many: pd.DataFrame, names: list[str], *, within: pd.Timedelta) -> float:
    """The share of few that at each of its moments is so near to the one of many that begins nearest."""
    first = names[0]
    # A moment shifted by a span is of another unit, which pandas joins with no other.
    moments = (rows[names].astype("datetime64[us, UTC]").sort_values(first) for rows in (few, many))
    ordered = next(moments), next(moments).add_suffix("_of_many")
    pairs = pd.merge_asof(*ordered, left_on=first, right_on=f"{first}_of_many", direction="nearest")
    apart = [(pairs[name] - pairs[f"{name}_of_many"]).abs() <= within for name in names]
    return float(np.logical_and.reduce(apart).mean())


def _beyond_chance_pct(few: pd.DataFrame, many: pd.DataFrame, names: list[str], *, within: pd.Timedelta) -> float:
    """How much larger a share of few is near to one of many than it is a week earlier and later, and than chance."""
    expected = sum(_share_by_chance(few, many, names, within=within, shift=shift) for shift in (_WEEK, -_WEEK)) / 2
    spread = np.sqrt(max(expected, 1 / len(few)) * (1 - expected) / len(few))
    found = _near_share(few, many, names, within=within)
    return float(100 * max(0.0, found - expected - _FAR_FROM_CHANCE * spread))


def _share_by_chance(
    few: pd.DataFrame, many: pd.DataFrame, names: list[str], *, within: pd.Timedelta, shift: pd.Timedelta
) -> float:
    """The share of few that is near to one of many when its moments are shifted; all where none falls among many."""
    shifted = few.assign(**{name: few[name] + shift for name in names})
    begins = many[names[0]]
    among = shifted[shifted[names[0]].between(begins.min(), begins.max())]
    return _near_share(among, many, names, within=within) if len(among) else 1.0
