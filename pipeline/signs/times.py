"""What moments and durations look like on the city's clocks."""

from __future__ import annotations

import pandas as pd

from pipeline.signs.copies import ENDS
from pipeline.signs.fates import Fates
from pipeline.signs.sign import MANY_HOURS, MANY_ROWS, SOME_ROWS, Signs, pct
from pipeline.tables import Table

# The least share of hours on either side of dawn.
_FEWEST_OF_DAY = 0.1
_YEAR_HOURS = 365 * 24
# How seldom a monitor looks, at most, and how many other lengths tell that one does.
_LONGEST_STEP_SECONDS, _LENGTHS_OF_A_MONITOR, _MOSTLY = 15 * 60, 3, 0.9


def times(rows: pd.DataFrame, table: Table, *, fates: Fates, longest_hours: int) -> Signs:
    """What the moments of rows with a start and an end look like on the city's clocks."""
    start, end = (rows[name] for name in ENDS[table.name])
    ended = end.notna()
    flags = [flag for name in ENDS[table.name] for flag in table.flags_of(name)]
    has_hours = ~rows.loc[ended, flags].fillna(False).astype(bool).any(axis=1)
    first, last = (moments.dt.tz_convert(fates.zone).dt.tz_localize(None) for moments in (start, end[ended]))
    hours = (end - start)[ended].dt.total_seconds() / 3600
    is_midnight = (last == last.dt.normalize())[has_hours]
    starts = first[~rows[[*table.flags_of(ENDS[table.name][0])]].fillna(False).astype(bool).any(axis=1)]
    timed = hours[has_hours]
    is_long = hours > longest_hours
    noted = pd.Series(True, index=rows.index) if table.name == "inquiries" else ~_is_window(rows, last)
    lengths = timed[noted[timed.index]]
    return {
        "days_up_to_12_pct": pct(first.dt.day <= 12, of_at_least=None if fates.period.is_month else MANY_ROWS),
        "first_of_month_pct": pct(first.dt.day == 1, of_at_least=None if fates.period.is_month else MANY_ROWS),
        "hours_up_to_12_pct": _hours_up_to_12_pct(pd.concat([starts, last[has_hours]]).dt.hour),
        "night_receipts_pct": _night_pct(starts) if table.name == "inquiries" else None,
        "night_answers_pct": _night_pct(last[has_hours]) if table.name == "inquiries" else None,
        "hours_of_minutes_pct": _hours_of_minutes_pct(first, hours) if table.name == "outages" else None,
        "decimals_below_60_pct": _decimals_below_60_pct(timed),
        "midnight_starts_pct": pct((starts == starts.dt.normalize())[noted[starts.index]], of_at_least=SOME_ROWS),
        "midnight_ends_pct": pct(is_midnight, of_at_least=SOME_ROWS),
        "equal_durations_pct": _equal_pct(lengths, is_watched=table.name == "outages"),
        "zero_durations_pct": pct(timed == 0, of_at_least=SOME_ROWS),
        "within_a_minute_pct": pct(timed <= 1 / 60, of_at_least=SOME_ROWS) if table.name == "inquiries" else None,
        "long_durations_pct": pct(is_long, of_at_least=1),
        "long_durations_hours_pct": 100 * hours[is_long].sum() / hours.sum() if hours.sum() > 0 else None,
        "a_year_too_long_pct": _a_year_too_long_pct(hours),
        "without_end_pct": pct(~ended, of_at_least=3),
    }


def _is_window(rows: pd.DataFrame, ends: pd.Series) -> pd.Series:
    """Whether an outage was planned and its end noted with an hour: such windows begin at midnight and are alike."""
    is_timed = (ends != ends.dt.normalize()).reindex(rows.index, fill_value=False)
    return rows["is_planned"].fillna(False).astype(bool) & is_timed


def _equal_pct(hours: pd.Series, *, is_watched: bool) -> float | None:
    """The share of the commonest length but none; null where a monitor looks every few minutes.

    Then the shortest length is the commonest, and nearly all others are whole times as long.
    """
    if len(hours) < MANY_ROWS:
        return None
    lasting = hours[hours > 0]
    if lasting.empty:
        return 0.0
    counts = (lasting * 3600).round().value_counts()
    step = counts.index[0]
    others = counts[counts.index != step]
    is_step = len(others) >= _LENGTHS_OF_A_MONITOR and others[others.index % step == 0].sum() >= _MOSTLY * others.sum()
    if is_watched and step <= _LONGEST_STEP_SECONDS and is_step:
        return None
    return float(100 * counts.iloc[0] / len(hours))


def _hours_up_to_12_pct(hours: pd.Series) -> float | None:
    """The share of hours 1 to 12 where many are before dawn and many are not, as on a clock without AM and PM."""
    is_early = hours.between(1, 5).mean()
    if len(hours) < MANY_HOURS or not _FEWEST_OF_DAY <= is_early <= 1 - _FEWEST_OF_DAY:
        return None
    return float(100 * hours.between(1, 12).mean())


def _night_pct(moments: pd.Series) -> float | None:
    """The share of moments in the four hours when people sleep; more than a sixth is more than an even spread."""
    return pct(moments.dt.hour.between(1, 4), of_at_least=MANY_HOURS)


def _hours_of_minutes_pct(starts: pd.Series, hours: pd.Series) -> float | None:
    """The share of lengths of a day or more, or of fives of hours, all of them whole, among starts at odd minutes.

    A length between two noted moments is rarely whole when its start is not: this one was noted as a number.
    """
    noted = hours[starts[hours.index].dt.minute % 30 != 0]
    is_whole = noted == noted.round()
    return pct(is_whole & ((noted >= 24) | ((noted >= 5) & (noted % 5 == 0))), of_at_least=SOME_ROWS)


def _a_year_too_long_pct(hours: pd.Series) -> float | None:
    """The share of hours in rows of a year and a usual length more, where none lasts half a year to a year."""
    usual = hours[hours < _YEAR_HOURS / 2]
    if len(usual) < SOME_ROWS or hours.between(_YEAR_HOURS / 2, _YEAR_HOURS - 24).any():
        return None
    is_off = hours.between(_YEAR_HOURS - 24, _YEAR_HOURS + 24 + usual.max())
    return float(100 * hours[is_off].sum() / hours.sum()) if hours.sum() > 0 else None


def _decimals_below_60_pct(hours: pd.Series) -> float | None:
    """The share of lengths below .60 of an hour, where all are of two decimals, as no clock gives them."""
    hundredths = (100 * hours).round(6)
    parts = hundredths % 100
    is_decimal = (hundredths % 1 == 0).all() and (hundredths * 3 % 5 != 0).any()
    if len(hours) < MANY_ROWS or not is_decimal or parts.nunique() < SOME_ROWS:
        return None
    return float(100 * (parts < 60).mean())
