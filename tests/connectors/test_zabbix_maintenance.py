"""When maintenances were in effect, against a brute force that asks every minute, and Zabbix's own examples."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.zabbix_maintenance import effective_spans, overlaps

JAKARTA = ZoneInfo("Asia/Jakarta")
DAYS_AROUND = 70
MINUTE = 60
ONCE, DAILY, WEEKLY, MONTHLY = "0", "2", "3", "4"
NEW_YEAR = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())


def maintenance(since: int, till: int, *periods: dict[str, int]) -> dict[str, Any]:
    """As `maintenance.get` has it, every value a string."""
    texts = [{name: str(value) for name, value in period.items()} for period in periods]
    return {"active_since": str(since), "active_till": str(till), "timeperiods": texts}


def at(text: str, zone: ZoneInfo = JAKARTA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def starts(since: str, period: dict[str, int], *, zone: ZoneInfo = JAKARTA) -> list[str]:
    """The beginnings of an hour's maintenances from `since` on until the end of 2021."""
    one = maintenance(at(since, zone), at("2022-01-01", zone), {"period": 3600, **period})
    spans = effective_spans(one, within=(at("2020-12-01", zone), at("2022-01-01", zone)), zone=zone)
    return [f"{datetime.fromtimestamp(start, zone):%Y-%m-%d %H:%M}" for start, _ in spans]


def test_every_other_day_counts_from_the_day_it_became_active_as_zabbix_documents() -> None:
    noon = "2021-01-01 12:00"
    at_eleven = {"timeperiod_type": 2, "every": 2, "start_time": 23 * 3600}
    assert starts(noon, at_eleven)[:2] == ["2021-01-01 23:00", "2021-01-03 23:00"]
    at_one = {"timeperiod_type": 2, "every": 2, "start_time": 3600}
    assert starts(noon, at_one)[:2] == ["2021-01-03 01:00", "2021-01-05 01:00"]


def test_every_other_week_counts_from_the_week_it_became_active() -> None:
    # 2021-01-06 is a Wednesday; bits: Monday 1, Friday 16.
    period = {"timeperiod_type": 3, "every": 2, "dayofweek": 1 + 16, "start_time": 8 * 3600}
    assert starts("2021-01-06", period)[:4] == [
        "2021-01-08 08:00",
        "2021-01-18 08:00",
        "2021-01-22 08:00",
        "2021-02-01 08:00",
    ]


def test_monthly_is_a_day_of_the_month_or_the_nth_or_last_weekday_of_some_months() -> None:
    in_january_and_february = 0b11
    the_31st = {"timeperiod_type": 4, "month": in_january_and_february, "day": 31}
    assert starts("2021-01-01", the_31st) == ["2021-01-31 00:00"]
    sundays = {"timeperiod_type": 4, "month": in_january_and_february, "dayofweek": 64}
    assert starts("2021-01-01", {**sundays, "every": 2}) == ["2021-01-10 00:00", "2021-02-14 00:00"]
    assert starts("2021-01-01", {**sundays, "every": 5}) == ["2021-01-31 00:00", "2021-02-28 00:00"]


def test_recurring_maintenances_are_on_the_clock_of_the_server() -> None:
    daily = {"timeperiod_type": 2, "every": 1, "start_time": 0}
    one = maintenance(at("2021-01-01"), at("2021-01-03"), {"period": 3600, **daily})
    within = at("2021-01-01"), at("2021-01-03")
    assert effective_spans(one, within=within, zone=ZoneInfo("Asia/Jayapura"))[0][0] == at("2021-01-01 22:00")


def test_a_single_maintenance_is_cut_to_the_active_time() -> None:
    once = {"timeperiod_type": 0, "start_date": 600, "period": 1200}
    assert effective_spans(maintenance(0, 3600, once), within=(0, 3600), zone=JAKARTA) == [(600, 1800)]
    assert effective_spans(maintenance(900, 1500, once), within=(0, 3600), zone=JAKARTA) == [(900, 1500)]
    assert effective_spans(maintenance(1800, 3600, once), within=(0, 3600), zone=JAKARTA) == []


def test_a_moment_overlaps_a_span_from_its_start_to_before_its_end() -> None:
    assert [overlaps((moment, moment), (60, 120)) for moment in (59, 60, 119, 120)] == [False, True, True, False]


weeks = st.integers(0, 127)
periods = st.fixed_dictionaries(
    {
        "timeperiod_type": st.sampled_from([0, 2, 3, 4]),
        "every": st.integers(1, 5),
        "month": st.integers(1, 4095),
        "dayofweek": weeks,
        "day": st.sampled_from([0, 0, 1, 15, 28, 30, 31]),
        "start_time": st.integers(0, 1439).map(lambda minutes: minutes * MINUTE),
        "period": st.integers(5, 4000).map(lambda minutes: minutes * MINUTE),
        "start_date": st.integers(-90_000, 90_000).map(lambda minutes: NEW_YEAR + minutes * MINUTE),
    }
)


@settings(max_examples=150)
@given(
    periods=st.lists(periods, min_size=1, max_size=2),
    since=st.integers(-DAYS_AROUND * 1440, 1440).map(lambda minutes: NEW_YEAR + minutes * MINUTE),
    minutes=st.integers(1, 2 * DAYS_AROUND * 1440),
    first_day=st.integers(-40, 40),
    zone=st.sampled_from([JAKARTA, ZoneInfo("Asia/Jayapura"), ZoneInfo("UTC")]),
)
def test_a_minute_is_in_a_span_when_it_is_in_maintenance(
    periods: list[dict[str, int]], since: int, minutes: int, first_day: int, zone: ZoneInfo
) -> None:
    start = NEW_YEAR + first_day * 86400
    within = start, start + 2 * 86400
    one = maintenance(since, since + minutes * MINUTE, *periods)
    spans = effective_spans(one, within=within, zone=zone)
    found = [any(a <= moment < b for a, b in spans) for moment in range(*within, MINUTE)]
    begun = [begin for period in periods for begin in beginnings(period, since, zone)]
    expected = [
        since <= moment < since + minutes * MINUTE and any(begin <= moment < end for begin, end in begun)
        for moment in range(*within, MINUTE)
    ]
    assert found == expected


def beginnings(period: dict[str, int], since: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Every taking place of a period around the new year of 2025, found by listing calendars."""
    length = period["period"]
    if period["timeperiod_type"] == 0:
        return [(period["start_date"], period["start_date"] + length)]
    first = datetime.fromtimestamp(since, zone).date()
    days = {2: listed_daily, 3: listed_weekly, 4: listed_monthly}[period["timeperiod_type"]](period, first)
    hours, minutes = divmod(period["start_time"] // MINUTE, 60)
    moments = [int(datetime(d.year, d.month, d.day, hours, minutes, tzinfo=zone).timestamp()) for d in days]
    return [(moment, moment + length) for moment in moments if moment >= since]


def listed_daily(period: dict[str, int], first: date) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, 2 * DAYS_AROUND, period["every"])]


def listed_weekly(period: dict[str, int], first: date) -> list[date]:
    monday = date.fromisocalendar(*first.isocalendar()[:2], 1)
    wanted = [n for n in range(7) if period["dayofweek"] & 2**n]
    mondays = [monday + timedelta(weeks=n) for n in range(0, 2 * DAYS_AROUND // 7 + 1, period["every"])]
    return [day + timedelta(days=n) for day in mondays for n in wanted]


def listed_monthly(period: dict[str, int], _: date) -> list[date]:
    listed = []
    for year, month in [(2024, n) for n in range(8, 13)] + [(2025, n) for n in range(1, 7)]:
        if not period["month"] & 2 ** (month - 1):
            continue
        days = [day for day in calendar.Calendar().itermonthdates(year, month) if day.month == month]
        if period["day"]:
            listed += [day for day in days if day.day == period["day"]]
            continue
        for weekday in (n for n in range(7) if period["dayofweek"] & 2**n):
            same = [day for day in days if day.weekday() == weekday]
            listed += [same[-1] if period["every"] == 5 else same[period["every"] - 1]]
    return listed
