"""Logs that lack hours of their days, and sound ones with quiet nights, closed weekends, holidays and short outages."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from pipeline.coverage import Coverage
from pipeline.periods import Period
from pipeline.signs.hours import empty_hours, missing_hours

DAYS = pd.date_range("2025-01-01", "2025-12-31")
YEAR = Period(2025)
EVERY_DAY = range(365)
# Of a hundred visits, those of each hour.
AWAKE = [0.3, 0.2, 0.1, 0.1, 0.2, 0.5, 1.5, 3, 6, 8, 8.5, 8, 6.5, 7, 7.5, 7, 6, 4.5, 4, 4.5, 5, 4.5, 2, 1]
OFFICE = [0, 0, 0, 0, 0, 0, 0, 3, 9, 11, 11, 10, 6, 9, 10, 9, 6, 2, 0.4, 0.1, 0, 0, 0, 0]

# Lines by day, of others than bots and of bots, and hour.
Lines = NDArray[np.int64]


def log(
    *, visits: float, bots: float = 0, rhythm: list[float] = AWAKE, weekend: float = 0.4, lines: float = 20
) -> Lines:
    """A year of so many visits a month and visits of bots a day, of about so many lines each; seeded."""
    draw = np.random.default_rng(7)
    of_day = np.exp(draw.normal(0, 0.25, 365)) * np.where(DAYS.day_of_week >= 5, weekend, 1)
    by_people = visits / 30 * of_day[:, None] * np.array(rhythm) / sum(rhythm)
    found = draw.poisson(np.stack([by_people, np.full((365, 24), bots / 24)], axis=1))
    more = draw.negative_binomial(np.maximum(found, 1), 1 / lines)
    return np.asarray(found + np.where(found > 0, more, 0))


def told(lines: Lines) -> dict[str, list[int]]:
    return {f"{day:%Y-%m-%d}": of.ravel().tolist() for day, of in zip(DAYS, lines, strict=True) if of.any()}


def without(lines: Lines, hours: Iterable[int], *, days: Iterable[int] = EVERY_DAY) -> Lines:
    kept = lines.copy()
    kept[np.ix_([*days], [0, 1], [*hours])] = 0
    return kept


def empty(lines: Lines, period: Period = YEAR) -> tuple[float | None, str]:
    signs, details = empty_hours(told(lines), period)
    return signs.get("empty_hours_count"), details


def missing(lines: Lines, period: Period = YEAR, worked: Coverage | None = None) -> tuple[float, str]:
    signs, details = missing_hours(told(lines), period, worked=worked)
    return signs.get("missing_hours_pct") or 0, details


def cut_short(lines: Lines) -> Lines:
    """The first lines of each day, six tenths of a usual day's."""
    before = lines.sum(axis=1).cumsum(axis=1) - lines.sum(axis=1)
    is_kept = before < 0.6 * np.median(lines.sum(axis=(1, 2)))
    return np.asarray(lines * is_kept[:, None, :])


def with_outages(lines: Lines) -> Lines:
    """An hour without a line in each week, now at night, now by day."""
    kept = lines.copy()
    for week in range(52):
        kept[7 * week + week % 7, :, (5 * week) % 24] = 0
    return kept


def with_holidays(lines: Lines) -> Lines:
    """Days on which somebody looks in at ten and at two."""
    days = [0, 28, 88, 89, 90, 91, 92, 93, 108, 120, 131, 156, 176, 228, 247, 358, 359]
    kept = without(lines, {*range(24)} - {10, 14}, days=days)
    kept[days] //= 40
    return kept


@pytest.mark.parametrize("period", [YEAR, Period(2025, 1), Period(2025, 4), Period(2025, 12)])
@pytest.mark.parametrize(
    "lines",
    [
        *(log(visits=visits, bots=bots) for visits in (10, 100, 1_000, 10_000, 100_000) for bots in (0, 20)),
        log(visits=10_000, bots=200, rhythm=[0] * 7 + [1] * 11 + [0] * 6),
        *(with_holidays(log(visits=visits, rhythm=OFFICE, weekend=0.01)) for visits in (100, 1_000, 10_000, 100_000)),
        log(visits=30_000, rhythm=[0] * 7 + [1] * 11 + [0] * 6, weekend=0),
        # An office with half Saturdays, and bots that found a portal in July.
        without(log(visits=10_000, rhythm=OFFICE, weekend=0.5), range(12, 24), days=range(3, 365, 7)),
        log(visits=10_000, rhythm=OFFICE) + log(visits=0, bots=500) * (np.arange(365) > 180)[:, None, None],
        # Bots that came at night for two weeks.
        log(visits=10_000, rhythm=OFFICE)
        + 1_000 * (((np.arange(365) + 6) // 14 == 7)[:, None, None] & (np.arange(24) < 6)),
        # A night of an attack, and a program that asks at two each night, or every four hours, for a portal of few.
        log(visits=10_000) + 90_000 * (np.arange(365) == 100)[:, None, None] * (np.arange(24) < 6),
        log(visits=10) + 30 * (np.arange(24) == 2),
        log(visits=10) + 30 * (np.arange(24) % 4 == 0),
    ],
)
def test_a_sound_log_has_no_missing_hours(lines: Lines, period: Period) -> None:
    lines = with_outages(lines)
    assert empty(lines, period) == (0, "")
    assert missing(lines, period)[0] <= 1


@pytest.mark.parametrize("visits", [100, 1_000, 10_000, 100_000])
@pytest.mark.parametrize(("hours", "named"), [(range(12), "00:00/12:00"), (range(12, 24), "12:00/24:00")])
def test_half_of_each_day_is_missed_at_any_size(visits: float, hours: range, named: str) -> None:
    assert empty(without(log(visits=visits, bots=20), hours)) == (12, f"2025: {named}")
    count, details = empty(without(log(visits=visits), hours))
    assert (count or 0) >= 12
    assert details.startswith("2025: ")


def test_hours_that_a_month_lacks_are_seen_in_its_year() -> None:
    lines = without(log(visits=1_000), range(12, 24), days=range(151, 181))
    assert empty(lines) == (12, "2025-06: 12:00/24:00")
    assert empty(lines, Period(2025, 6)) == (12, "2025-06: 12:00/24:00")
    assert empty(lines, Period(2025, 5)) == (0, "")


def test_nights_are_missed_only_where_bots_come_before_and_after_them() -> None:
    nights = [22, 23, *range(6)]
    assert empty(without(log(visits=1_000), nights)) == (0, "")
    assert empty(without(log(visits=1_000, bots=20), nights)) == (8, "2025: 22:00/06:00")
    # Scripts of an office are bots too, and go with it.
    scripts = log(visits=1_000, rhythm=OFFICE, weekend=0)[:, ::-1]
    assert empty(scripts + log(visits=1_000, rhythm=OFFICE)) == (0, "")


@pytest.mark.parametrize(
    ("cut", "named"),
    [
        (lambda lines: without(lines, range(10, 16), days=range(5, 365, 10)), "10:00/16:00"),
        (lambda lines: without(lines, [*range(8), *range(20, 24)], days=range(5, 365, 4)), "20:00/"),
        (cut_short, "/24:00"),
    ],
)
def test_hours_that_some_days_lack_are_missed_on_a_busy_portal(cut: Callable[[Lines], Lines], named: str) -> None:
    lines = log(visits=100_000, bots=300)
    lines[120, :, :6] *= 1_000  # an attack
    share, details = missing(cut(lines))
    assert share > 1
    assert named in details


@pytest.mark.parametrize("visits", [3_000, 10_000, 100_000])
def test_another_half_of_each_day_is_missed(visits: float) -> None:
    lines = without(log(visits=visits), range(12), days=range(0, 365, 2))
    assert missing(without(lines, range(12, 24), days=range(1, 365, 2)))[0] == pytest.approx(50, abs=3)
    random = np.random.default_rng(3)
    lines = log(visits=visits, bots=100)
    for day in EVERY_DAY:
        begin = random.integers(13)
        lines[day, :, begin : begin + 12] = 0
    assert missing(lines)[0] > 50


def test_the_share_of_a_period_is_told_with_its_longest_gaps() -> None:
    lines = without(log(visits=100_000), range(8, 14), days=[60, 61])
    share, details = missing(lines, Period(2025, 3))
    assert details == "2025-03-02 08:00/14:00, 2025-03-03 08:00/14:00"
    assert 1 < share < 4
    assert 0 < missing(lines)[0] < 0.4
    # What comes after a period's end changes nothing of it.
    assert missing(without(lines, range(24), days=range(90, 365)), Period(2025, 3)) == (share, details)
    across = without(without(log(visits=100_000), range(20, 24), days=[60]), range(14), days=[61])
    assert missing(across, Period(2025, 3))[1] == "2025-03-02 20:00/2025-03-03 14:00"


def test_the_days_on_which_a_portal_opened_and_closed_lack_nothing() -> None:
    lines = without(log(visits=100_000), range(24), days=[*range(59), *range(151, 365)])
    lines = without(without(lines, range(15), days=[59]), range(13, 24), days=[150])
    spring = Period.parse("2025-02..2025-06")
    first, last = "2025-03-01 00:00/15:00", "2025-05-31 13:00/24:00"
    assert missing(lines, spring)[1] == f"{first}, {last}"
    worked = Coverage.of([(DAYS[59].date(), DAYS[150].date())])
    assert missing(lines, spring, worked)[1] == ""
    from_march, to_may = Period.parse("2025-03..2025-06"), Period.parse("2025-01..2025-05")
    assert missing(lines, from_march, worked.within(from_march))[1] == first
    assert missing(lines, to_may, worked.within(to_may))[1] == last
