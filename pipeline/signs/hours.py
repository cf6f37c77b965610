"""Hours without a line in an access log whose days are busy: a part of each day, or of some, may be missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.coverage import Coverage
from pipeline.periods import Period
from pipeline.signs.sign import NAMED_MEMBERS, Signs, in_a_row

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
# By local day, the lines of each hour, those of others than bots first and then those of bots.
Told = Mapping[str, Sequence[int]]

_HOURS = 24
# For fewer hours in a row a server was down, or nobody came.
_IN_A_ROW = 3
# People come in these if they come at all; on an office's own portal nobody comes at night.
_WORKING_HOURS = range(8, 16)
_BUSY_DAYS = 20
_RARE = 0.1
# So many times fewer changes between told and empty hours than by chance are no chance: a visit lasts minutes.
_SIDE_BY_SIDE = 0.45
_WEEKS, _FEWEST_WEEKS = 4, 2
# The fullest hours count as the last of the others, lest one attack excuse every gap.
_FULLEST = 0.005
_IMPROBABLE = 1e-4


def empty_hours(told: Told, period: Period) -> tuple[Signs, str]:
    """How many hours of the day have lines on hardly any day of a period or of one of its months, at least three in a
    row, and which.

    It is a sign of working hours, where people come in others; and of any hours before and after which bots come as
    often as ever, for bots do not sleep. Nights without a line are none.
    """
    for part in (period, *period.months):
        _, lines = _by_day(told, since=part.first_on, until=part.last_on)
        if runs := _empty_runs(lines):
            hours = {hour for run in runs for hour in run}
            spans = dict.fromkeys(f"{run[0]:02}:00/{run[-1] + 1:02}:00" for run in runs)
            return {"empty_hours_count": float(len(hours))}, f"{part.label}: {', '.join(spans)}"
    return {"empty_hours_count": 0.0}, ""


def _empty_runs(lines: Ints) -> list[list[int]]:
    of_people, of_bots = (lines > 0).sum(axis=0)
    of_all = lines.any(axis=1).sum(axis=0)
    runs = [run for run in _rare(of_all, beside=of_people) if len({*run} & {*_WORKING_HOURS}) >= _IN_A_ROW]
    for run in _rare(of_all, beside=of_bots):
        before, after = of_bots[run[0] - 1], of_bots[(run[-1] + 1) % _HOURS]
        runs += [run] if 2 * min(before, after) >= _usual_days(of_bots) else []
    return runs


def _usual_days(days_counts: Ints) -> int:
    """On how many days the busiest three hours in a row have lines, each of them."""
    return int(max(min(days_counts[hour - nth] for nth in range(_IN_A_ROW)) for hour in range(_HOURS)))


def _rare(days_counts: Ints, *, beside: Ints) -> list[list[int]]:
    """Three hours in a row or more, around the clock, that have lines on hardly any day beside busy ones."""
    usual = _usual_days(beside)
    if usual < _BUSY_DAYS:
        return []
    is_rare = days_counts <= _RARE * usual
    clock = np.roll(np.arange(_HOURS), -int(np.argmin(is_rare)))
    return [clock[begin:end].tolist() for begin, end in in_a_row(is_rare[clock], at_least=_IN_A_ROW)]


def missing_hours(told: Told, period: Period, *, worked: Coverage | None) -> tuple[Signs, str]:
    """The share of a period's lines that its stretches of three empty hours or more would have held, and the longest.

    Those stretches count that chance does not explain, where each hour has what it usually has on that day of the week
    in the four weeks before and after, up to the period's end, whichever is less, as much less as its whole day has
    less, and where lines come in bursts as large as are seen. Days on which a source opens or closes are left out.
    """
    days, lines = _by_day(told, since=date(period.first_on.year, 1, 1), until=period.last_on)
    counts = lines.sum(axis=1)
    expected = _expected(counts.astype(float), days)
    if not expected.any():
        return {}, ""
    burst_size = _burst_size(counts, expected)
    edges = {day for stretch in (worked.texts if worked else ()) for day in stretch}
    edges -= {str(period.first_on), str(period.last_on)}
    is_judged = (days >= str(period.first_on)) & ~days.isin(pd.DatetimeIndex(sorted(edges)))
    by_hour = np.where(is_judged[:, None], expected, 0).ravel()
    runs = in_a_row((counts == 0).ravel(), at_least=_IN_A_ROW)
    missing = {(begin, end): float(by_hour[begin:end].sum()) for begin, end in runs}
    found = {run: lines for run, lines in missing.items() if lines > -burst_size * math.log(_IMPROBABLE)}
    longest = sorted(sorted(found, key=lambda run: -found[run])[:NAMED_MEMBERS])
    share = 100 * sum(found.values()) / by_hour.sum() if by_hour.any() else 0.0
    parted = _parted_pct(counts[is_judged] > 0)
    return {"missing_hours_pct": max(share, parted)}, ", ".join(_named(days, *run) for run in longest)


def _parted_pct(is_told: Flags) -> float:
    """The share of working hours without a line, where on most days they lie side by side, not as chance scatters them;
    else zero."""
    working = is_told[:, _WORKING_HOURS]
    told_counts = working.sum(axis=1)
    parted = working[(told_counts > 0) & (told_counts < len(_WORKING_HOURS))]
    if len(parted) < _BUSY_DAYS or 2 * len(parted) < (told_counts > 0).sum():
        return 0.0
    changes = (parted[:, 1:] != parted[:, :-1]).mean(axis=0).sum()
    share = parted.mean(axis=0)
    by_chance = (share[1:] * (1 - share[:-1]) + (1 - share[1:]) * share[:-1]).sum()
    return float(100 * (1 - working[told_counts > 0].mean())) if changes < _SIDE_BY_SIDE * by_chance else 0.0


def _burst_size(counts: Ints, expected: Floats) -> float:
    """How many lines come at once, by how far counts are from what is expected; one, if lines come singly."""
    is_known = expected.any(axis=1)
    beyond = np.minimum(counts, np.quantile(counts, 1 - _FULLEST))[is_known] - expected[is_known]
    return max(1.0, float((beyond**2).sum() / expected.sum()))


def _expected(counts: Floats, days: pd.DatetimeIndex) -> Floats:
    """The lines of each hour of each day by what is usual, all of them as much less as the whole day has less."""
    usual = np.zeros_like(counts)
    for weekday in range(7):
        places = np.flatnonzero(days.day_of_week == weekday)
        usual[places] = _usual(pd.DataFrame(counts[places]))
    of_days = usual.sum(axis=1, keepdims=True)
    shares = np.divide(counts.sum(axis=1, keepdims=True), of_days, out=np.zeros_like(of_days), where=of_days > 0)
    return np.asarray(usual * np.minimum(shares, 1))


def _usual(counts: pd.DataFrame) -> Floats:
    """For each row the lesser of the medians of up to four rows before and after; of fewer than two there is none."""
    before = counts.rolling(_WEEKS, min_periods=_FEWEST_WEEKS).median().shift()
    after = counts[::-1].rolling(_WEEKS, min_periods=_FEWEST_WEEKS).median().shift()[::-1]
    return np.asarray(np.nan_to_num(np.fmin(before.to_numpy(), after.to_numpy())))


def _named(days: pd.DatetimeIndex, begin: int, end: int) -> str:
    first, last = days[begin // _HOURS], days[(end - 1) // _HOURS]
    until = f"{last:%Y-%m-%d} " if last != first else ""
    return f"{first:%Y-%m-%d} {begin % _HOURS:02}:00/{until}{(end - 1) % _HOURS + 1:02}:00"


def _by_day(told: Told, *, since: date, until: date) -> tuple[pd.DatetimeIndex, Ints]:
    """The days from one to another that are told, and their lines by whom and hour."""
    days = sorted(day for day in told if str(since) <= day <= str(until))
    return pd.DatetimeIndex(days), np.array([told[day] for day in days], np.int64).reshape(-1, 2, _HOURS)
