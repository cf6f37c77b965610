"""Moments and durations that no desk or machine has: what each sign is at its limits and beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.periods import Period
from pipeline.signs.fates import Fates
from pipeline.signs.times import times
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")
HOUR = pd.Timedelta(hours=1)
MORNING = "2025-03-03 08:00"


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=ZONE).tz_convert("UTC")


def answered(start: str, hours: float | None = 1.5, **others: Any) -> dict[str, Any]:
    end = None if hours is None else moment(start) + (hours * HOUR).round("s")
    return {"received_at": moment(start), "responded_at": end} | others


def signs(rows: Iterable[dict[str, Any]], *, period: str = "2025", table: str = "inquiries") -> dict[str, float | None]:
    names = {"received_at": "started_at", "responded_at": "ended_at"} if table == "outages" else {}
    frame = frame_of(TABLES[table], [{names.get(name, name): value for name, value in row.items()} for row in rows])
    fates = Fates(TABLES[table], Period.parse(period), ZONE)
    return times(frame, TABLES[table], fates=fates, longest_hours=720)


@pytest.mark.parametrize(
    ("sign", "inside", "outside"),
    [
        ("days_up_to_12_pct", "2025-03-12 23:30", "2025-03-13 00:30"),
        ("first_of_month_pct", "2025-03-01 00:30", "2025-03-02 00:30"),
    ],
)
def test_days_of_a_year_are_those_of_the_city_and_many(sign: str, inside: str, outside: str) -> None:
    rows = [answered(inside)] * 6 + [answered(outside)] * 24
    assert signs(rows)[sign] == 20
    assert signs(rows[1:])[sign] is None
    assert signs(rows, period="2025-03")[sign] is None


@pytest.mark.parametrize(("name", "sign"), [("received", "midnight_starts_pct"), ("responded", "midnight_ends_pct")])
def test_midnights_are_the_city_s_and_no_dates(name: str, sign: str) -> None:
    start, hours = ("2025-03-03 00:00", 1.5) if name == "received" else ("2025-03-03 23:00", 1)
    rows = [answered(start, hours)] * 4 + [answered(MORNING)] * 6
    assert signs(rows)[sign] == 40
    assert signs(rows[1:])[sign] is None
    assert signs([*rows, answered(start, hours, **{f"{name}_is_date": True})])[sign] == 40
    assert signs([*rows, answered(MORNING, None)])["midnight_ends_pct"] == signs(rows)["midnight_ends_pct"]


def test_the_commonest_length_is_one_of_many_and_not_none() -> None:
    rows = [answered(MORNING, 0)] * 12 + [answered(MORNING, 2)] * 6 + [answered(MORNING, n) for n in range(3, 15)]
    assert (signs(rows)["equal_durations_pct"], signs(rows)["zero_durations_pct"]) == (20, 40)
    assert signs(rows[1:])["equal_durations_pct"] is None
    assert signs([answered(MORNING, 0)] * 30)["equal_durations_pct"] == 0
    assert signs(rows[:9])["zero_durations_pct"] is None


def outage(start: str, minutes: float, **others: Any) -> dict[str, Any]:
    return answered(start, minutes / 60, **others)


@pytest.mark.parametrize(
    ("planned", "hours", "midnights", "equal"),
    [(True, 4, 0, pytest.approx(100 / 30)), (False, 4, 25, 25), (None, 4, 25, 25), (True, 24, 25, 25)],
)
def test_windows_planned_from_midnight_to_an_hour_are_alike_and_have_their_hours(
    planned: bool | None, hours: float, midnights: float, equal: object
) -> None:
    windows = [answered(f"2025-{n + 1:02}-04 00:00", hours, is_planned=planned) for n in range(10)]
    others = [outage(f"2025-03-{n % 28 + 1:02} 09:07", 40 + n) for n in range(30)]
    found = signs([*windows, *others], table="outages")
    assert (found["midnight_starts_pct"], found["equal_durations_pct"]) == (midnights, equal)


@pytest.mark.parametrize(
    ("minutes", "pct"),
    [
        ([5] * 24 + [10, 10, 15, 15, 20, 40], None),
        ([15] * 24 + [30, 30, 45, 45, 60, 90], None),
        # Two other lengths, one that is no step, a step of 20 minutes, and a commonest that is not the shortest.
        ([5] * 24 + [10] * 3 + [15] * 3, 80),
        ([5] * 24 + [10, 10, 15, 15, 20, 41], 80),
        ([20] * 24 + [40, 40, 60, 60, 80, 100], 80),
        ([10] * 24 + [5, 15, 15, 20, 40, 40], 80),
    ],
)
def test_lengths_that_are_steps_of_a_monitor_are_equal_by_nature(minutes: list[float], pct: float | None) -> None:
    rows = [outage(f"2025-03-{n % 28 + 1:02} 09:07", length) for n, length in enumerate(minutes)]
    assert signs(rows, table="outages")["equal_durations_pct"] == pct
    assert signs(rows)["equal_durations_pct"] == max(minutes.count(length) for length in minutes) / 30 * 100


def test_an_answer_within_a_minute_is_one_of_sixty_seconds_at_most() -> None:
    rows = [answered(MORNING, seconds / 3600) for seconds in (0, 59, 60, 61, *[7200] * 6)]
    assert signs(rows)["within_a_minute_pct"] == 30
    assert signs(rows[1:])["within_a_minute_pct"] is None
    assert signs(rows, table="outages")["within_a_minute_pct"] is None


def test_a_long_duration_is_longer_than_the_longest() -> None:
    rows = [answered(MORNING, hours) for hours in (720, 720, 240, 1680)]
    assert (signs(rows)["long_durations_pct"], signs(rows)["long_durations_hours_pct"]) == (25, 50)
    assert signs([answered(MORNING, 0)])["long_durations_hours_pct"] is None
    assert signs([answered(MORNING, None)])["long_durations_pct"] is None


def test_a_few_rows_tell_whether_ends_are_missing() -> None:
    rows = [answered(MORNING, None), answered(MORNING), answered(MORNING), answered(MORNING)]
    assert signs(rows)["without_end_pct"] == 25
    assert signs(rows[:2])["without_end_pct"] is None


@pytest.mark.parametrize(
    ("hours", "pct"),
    [
        # A tenth at least is from 1 to 5, and a tenth at least is not.
        ([1] * 5 + [8] * 45, 100),
        ([5] * 5 + [8] * 45, 100),
        ([0] * 5 + [8] * 45, None),
        ([6] * 5 + [8] * 45, None),
        ([3] * 4 + [8] * 46, None),
        ([3] * 45 + [12] * 5, 100),
        ([3] * 46 + [12] * 4, None),
        ([3] * 5 + [13] * 45, 10),
        ([3] * 5 + [8] * 44, None),
    ],
)
def test_a_clock_without_halves_of_the_day_knows_hours_to_twelve(hours: list[int], pct: float | None) -> None:
    rows = [answered(f"2025-03-03 {hour:02}:00", 0.5) for hour in hours]
    assert signs(rows)["hours_up_to_12_pct"] == pct


@pytest.mark.parametrize(
    ("hundredths", "pct"),
    [
        ([*range(101, 131)], 100),
        ([*range(131, 161)], 100 * 29 / 30),
        ([*range(101, 130)], None),
        # Ten different parts at least, and none that is no hundredth.
        ([101, *range(105, 114), *[101] * 20], 100),
        ([101, *range(105, 113), *[101] * 21], None),
        ([*range(101, 130), 130.5], None),
        # Whole minutes are hundredths too where they are twentieths of an hour.
        ([*range(105, 255, 5)], None),
    ],
)
def test_lengths_that_read_minutes_as_decimals_stay_below_sixty(hundredths: list[float], pct: float | None) -> None:
    rows = [answered(MORNING, hundredth / 100) for hundredth in hundredths]
    assert signs(rows)["decimals_below_60_pct"] == pytest.approx(pct)


def at_hours(*hours: int) -> list[dict[str, Any]]:
    """A hundred inquiries over the year, received at these hours in turn and answered six hours later."""
    return [
        answered(f"2025-{n % 12 + 1:02}-{n % 28 + 1:02} {hours[n % len(hours)]:02}:{n % 60:02}", 6) for n in range(100)
    ]


@pytest.mark.parametrize(
    ("sign", "inside", "outside"),
    [("night_receipts_pct", (1, 4), (0, 5)), ("night_answers_pct", (19, 22), (18, 23))],
)
def test_the_night_is_from_one_to_five_and_of_many_inquiries(
    sign: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    rows = at_hours(*inside, *outside, 9)
    assert signs(rows)[sign] == 40
    assert signs(rows[1:])[sign] is None
    assert signs(rows, table="outages")[sign] is None


@pytest.mark.parametrize(
    ("start", "hours", "share"),
    [
        ("09:17", 45, 100),
        ("09:17", 26, 100),
        ("09:17", 5, 100),
        ("09:17", 12, 0),
        ("09:17", 2, 0),
        ("09:17", 45.5, 0),
        ("09:30", 45, None),
    ],
)
def test_whole_lengths_of_minutes_stand_behind_starts_that_are_not_whole(
    start: str, hours: float, share: float | None
) -> None:
    rows = [answered(f"2025-{n + 1:02}-03 {start}", hours) for n in range(10)]
    assert signs(rows, table="outages")["hours_of_minutes_pct"] == share
    assert signs(rows[1:], table="outages")["hours_of_minutes_pct"] is None
    assert signs(rows)["hours_of_minutes_pct"] is None
