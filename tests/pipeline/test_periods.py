"""Months and years cut at local midnight, and runs that name their period or fail."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import ConfigError
from pipeline.periods import Period, nearest_periods, period_of_run, span

NO_RUNS = (
    *("2024-03..2024-02", "2024-01..2025-01", "2024..2024-03", "2024-01..2024", "2024-ytd", "2024-r12", "2024-03-r6"),
    *("2024-01..2024-03-ytd", "2024-01...2024-03"),
)


@pytest.mark.parametrize(
    ("zone", "first_utc"),
    [
        ("Asia/Jakarta", datetime(2024, 12, 31, 17, tzinfo=UTC)),
        ("Asia/Makassar", datetime(2024, 12, 31, 16, tzinfo=UTC)),
        ("Asia/Jayapura", datetime(2024, 12, 31, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2025, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_year_begins_at_local_midnight(zone: str, first_utc: datetime) -> None:
    assert Period(2025).bounds(ZoneInfo(zone))[0] == first_utc


def test_a_month_with_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    zone = ZoneInfo("America/New_York")
    hours = [(end - start).total_seconds() / 3600 for start, end in (Period(2025, m).bounds(zone) for m in (3, 11))]
    assert hours == [31 * 24 - 1, 30 * 24 + 1]


def test_the_months_of_a_year_meet_without_gap_or_overlap() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    bounds = [month.bounds(zone) for month in Period(2024).months]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(bounds))
    assert (bounds[0][0], bounds[-1][1]) == Period(2024).bounds(zone)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-13", "2024-1", "2024-03-01", "1899", "maret 2024", "2024 03", *NO_RUNS]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Period.parse(text)


@pytest.mark.parametrize(("text", "days_count"), [("2024", 366), (" 2024-02\n", 29), ("2025-12", 31)])
def test_a_period_has_the_days_of_its_calendar(text: str, days_count: int) -> None:
    period = Period.parse(text)
    assert period.label == text.strip()
    assert period.days_count == days_count


@pytest.mark.parametrize(
    ("text", "label", "months_count", "year_before"),
    [
        ("2025-06-ytd", "2025-01..2025-06", 6, "2024-01..2024-06"),
        ("2025-06-r12", "2024-07..2025-06", 12, "2023-07..2024-06"),
        ("2024-11..2025-01", "2024-11..2025-01", 3, "2023-11..2024-01"),
        ("2025-12-ytd", "2025", 12, "2024"),
        ("2025-12-r12", "2025", 12, "2024"),
        ("2025-01..2025-12", "2025", 12, "2024"),
        ("2025-01-ytd", "2025-01", 1, "2024-01"),
        ("2025-03..2025-03", "2025-03", 1, "2024-03"),
    ],
)
def test_a_run_of_months_is_written_in_several_ways_and_named_in_one(
    text: str, label: str, months_count: int, year_before: str
) -> None:
    period, zone = Period.parse(text), ZoneInfo("Asia/Jakarta")
    assert (period.label, len(period.months), period.year_before.label) == (label, months_count, year_before)
    assert Period.parse(period.label) == period
    assert period.bounds(zone) == (period.months[0].bounds(zone)[0], period.months[-1].bounds(zone)[1])
    assert period.days_count == sum(month.days_count for month in period.months)
    assert (period.is_year, period.is_month) == (months_count == 12 and label == "2025", months_count == 1)


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2024-11", "2025-02", ["2024-11", "2024-12", "2025-01", "2025-02"]),
        ("2024-06", "2024-06", ["2024-06"]),
        ("2024", "2024", [*(f"2024-{month:02d}" for month in range(1, 13)), "2024"]),
    ],
)
def test_a_range_has_its_first_and_its_last(first: str, last: str, labels: list[str]) -> None:
    assert [period.label for period in span(first, last)] == labels


def test_backfill_takes_months_before_their_year() -> None:
    labels = [period.label for period in span("2024", "2025")]
    assert labels[:2] == ["2024-01", "2024-02"]
    assert labels[12] == "2024"
    assert len(labels) == 26


@pytest.mark.parametrize(
    ("first", "last"), [("2025", "2024"), ("2024", "2024-06"), ("2024-06", "2024-01"), ("2024-03-ytd", "2024-04-ytd")]
)
def test_a_backwards_or_mixed_range_is_refused(first: str, last: str) -> None:
    with pytest.raises(ConfigError):
        span(first, last)


def test_a_run_takes_its_partition_or_the_form_and_fails_without_either() -> None:
    assert period_of_run(partition_key="2024-03", conf={"period": None}, is_year=False).label == "2024-03"
    assert period_of_run(partition_key="2024-03", conf={"period": "2024-03"}, is_year=False).label == "2024-03"
    assert period_of_run(partition_key=None, conf={"period": "2023"}, is_year=True).label == "2023"
    with pytest.raises(ConfigError):
        period_of_run(partition_key=None, conf={}, is_year=True)


def test_a_partition_that_is_a_day_stands_for_its_month() -> None:
    assert period_of_run(partition_key="2024-03-05", conf=None, is_year=False).label == "2024-03"


@pytest.mark.parametrize(
    ("key", "conf", "is_year"),
    [
        ("2024", {}, False),
        ("2024-03-ytd", {}, False),
        ("2024-03-r12", {}, True),
        ("2024-12", {}, True),
        ("2024-031", {}, False),
        ("2024-03-05T03:00", {}, False),
        ("2024-03", {"period": "2024-04"}, False),
        ("2024-03", {"period": "2024-03", "city_id": "kota-dua"}, False),
    ],
)
def test_a_run_is_refused_that_names_no_period_of_its_dag_or_two(key: str, conf: dict[str, str], is_year: bool) -> None:
    with pytest.raises(ConfigError):
        period_of_run(partition_key=key, conf=conf, is_year=is_year)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("2022", ["2023", "2024"]),
        ("2023-11", ["2023-08", "2023-09", "2023-10", "2023-11", "2023-12", "2024-01"]),
        ("2024-06-ytd", ["2024-01..2024-05"]),
        ("2020-06-r12", ["2024-01..2024-05"]),
        (None, ["2023", "2024"]),
    ],
)
def test_of_many_periods_the_nearest_of_a_kind_are_named(wanted: str | None, near: list[str]) -> None:
    months = [month.label for month in span("2023-01", "2024-12") if month.is_month]
    assert nearest_periods(wanted, ["2024", "2023", "2024-05-ytd", *months]) == near


def test_periods_of_other_kinds_are_named_where_there_are_no_others() -> None:
    assert nearest_periods("2024-06-ytd", ["2024", "2024-12", "2023-07"]) == ["2023-07", "2024", "2024-12"]
