"""Moments noted as dates: each is a whole local day, and durations to and from it have an earliest and a latest end.

A date never comes before a moment of its own day. From date to date there are whole days, whatever the clocks did.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.numerals import number, number_en
from connectors.remarks import Remark

Flags = NDArray[np.bool_]


def starts_and_ends(
    part: pd.DataFrame, start: str, end: str, *, zone: ZoneInfo, at_day_end: bool = False
) -> tuple[pd.Series, pd.Series]:
    """The moments `<start>_at` and `<end>_at` of rows as durations count them, in UTC.

    A date is the earliest moment of its day, as an end the earliest not before the start. With `at_day_end` it is the
    day's end, as a start the latest moment not after the end; dates on both sides stay as they are.
    """
    started, ended = part[f"{start}_at"], part[f"{end}_at"]
    from_date, to_date = _is_date(part, start), _is_date(part, end)
    if not (from_date.any() or to_date.any()):
        return started, ended
    between_dates = _are_both_dates(part, start, end)
    only_from, only_to = one_is_date(part, start, end)
    days = _days(ended[between_dates], zone) - _days(started[between_dates], zone)
    ended = _with(ended, between_dates, started[between_dates] + days)
    if at_day_end:
        ended = _with(ended, only_to, _day_ends(ended[only_to], zone))
        return _with(started, only_from, _day_ends(started[only_from], zone).clip(upper=ended[only_from])), ended
    same_day = _days(started[only_to], zone) == _days(ended[only_to], zone)
    return started, _with(ended, only_to, ended[only_to].mask(same_day, started[only_to]))


def ends_on_clocks(part: pd.DataFrame, start: str, end: str, *, ended: pd.Series, zone: ZoneInfo) -> pd.Series:
    """What the city's clocks showed at the ends that `starts_and_ends` gave; from date to date midnight.

    There the clocks may have changed on the way, so that whole days later they show another hour.
    """
    shown, between_dates = on_clocks(ended, zone), _are_both_dates(part, start, end)
    return _with(shown, between_dates, on_clocks(part[f"{end}_at"][between_dates], zone))


def on_clocks(moments: pd.Series, zone: ZoneInfo) -> pd.Series:
    """What the clocks of a zone showed."""
    return moments.dt.tz_convert(zone).dt.tz_localize(None)


def one_is_date(part: pd.DataFrame, start: str, end: str) -> tuple[Flags, Flags]:
    """The rows of which only the start, and those of which only the end is a date: they are known to a day only."""
    from_date, to_date = _is_date(part, start), _is_date(part, end)
    is_ended = part[f"{end}_at"].notna().to_numpy()
    return from_date & ~to_date & is_ended, to_date & ~from_date & is_ended


def date_remarks(mixed_count: int, count: int, *, to_day_end: float | None, suffices: bool) -> list[Remark]:
    """How many of `count` durations reach to or from a date, and what the value is with dates as their day's end."""
    if not mixed_count:
        return []
    cure_id, cure_en = (
        ("", "")
        if suffices
        else (
            "; jika meja ini memang hanya mencatat tanggal, tulis dates_suffice: true",
            "; if this desk notes dates only, write dates_suffice: true",
        )
    )
    return [
        Remark(
            "date_only",
            f"{number(mixed_count)} dari {number(count)} memuat tanggal tanpa jam: hari yang sama dihitung 0, "
            "bila dihitung pada akhir harinya "
            f"nilainya {number(to_day_end)}{cure_id}",
            f"{number_en(mixed_count)} of {number_en(count)} hold a date without an hour: the same day counts as 0, "
            "taken as its day's end the "
            f"value is {number_en(to_day_end)}{cure_en}",
            keeps_provisional=not suffices,
        )
    ]


def _is_date(part: pd.DataFrame, name: str) -> Flags:
    return np.asarray(part[f"{name}_is_date"].to_numpy(bool, na_value=False))


def _are_both_dates(part: pd.DataFrame, start: str, end: str) -> Flags:
    is_ended: Flags = part[f"{end}_at"].notna().to_numpy()
    return _is_date(part, start) & _is_date(part, end) & is_ended


def _days(moments: pd.Series, zone: ZoneInfo) -> pd.Series:
    """The local day of each moment, as the city's clocks showed it."""
    return on_clocks(moments, zone).dt.normalize()


def _day_ends(moments: pd.Series, zone: ZoneInfo) -> pd.Series:
    """The local midnight after each moment."""
    midnights = _days(moments, zone) + pd.Timedelta(days=1)
    is_first = np.ones(len(midnights), bool)
    return midnights.dt.tz_localize(zone, ambiguous=is_first, nonexistent="shift_forward").dt.tz_convert("UTC")


def _with(moments: pd.Series, rows: Flags, others: pd.Series) -> pd.Series:
    """The moments, those of some rows replaced."""
    changed = moments.copy()
    changed[rows] = others
    return changed
