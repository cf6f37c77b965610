"""Months without rows: those between others always, those before and after where chance does not explain them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.coverage import Coverage
from pipeline.periods import Period
from pipeline.signs.fates import Fates
from pipeline.signs.months import edge_days, empty_months, missing_days
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")


def fates_of(counts: list[int], table: str) -> Fates:
    """Of a year that has so many rows in each month from January."""
    name = TABLES[table].month_by
    moments = [
        pd.Timestamp(2025, month, 1, tz=ZONE).tz_convert("UTC") for month, n in enumerate(counts, 1) for _ in range(n)
    ]
    frame = frame_of(TABLES[table], [{name: moment} for moment in moments])
    fates = Fates(TABLES[table], Period.parse("2025"), ZONE)
    fates.add(frame, is_sound=pd.Series(data=True, index=frame.index))
    return fates


@pytest.mark.parametrize(
    ("table", "counts", "months"),
    [
        ("inquiries", [1] * 12, 0),
        # Eleven rows tell that one of three months is missing, 64 that one of twelve is, and 18 that four in a row are.
        ("inquiries", [1, 0, 0, 1], None),
        ("inquiries", [0, 0, 5, 0, 5], 9),
        ("inquiries", [0, 0, 6, 0, 5], 1 + 9),
        ("inquiries", [*[2] * 6, *[0] * 4, 3, 3], 4),
        ("inquiries", [*[2] * 6, 0, *[2] * 5], None),
        ("inquiries", [*[6] * 6, 0, *[5] * 4, 6], None),
        ("inquiries", [*[6] * 6, 0, *[6] * 4, 4], 1),
        # Nine rows are too few to tell, and so are ten months of twelve with 37: their chance is one in a thousand.
        ("inquiries", [0, 0, 5, 4], 0),
        ("inquiries", [4] * 9 + [1], 0),
        ("inquiries", [4] * 9 + [2], 2),
        ("inquiries", [0, 0, 5, 5], 10),
        ("inquiries", [0] * 12, None),
        ("inquiries", [5], None),
        ("inquiries", [10], 11),
        # Of outages ten in each month that has any.
        ("outages", [10, 0, 10, *[10] * 9], 1),
        ("outages", [10, 0, 9, *[10] * 9], None),
    ],
)
def test_months_without_a_row_are_counted_where_they_tell_something(
    table: str, counts: list[int], months: int | None
) -> None:
    signs, absent = empty_months(fates_of(counts, table), TABLES[table])
    assert signs.get("empty_months_count") == months
    empty = {f"2025-{n:02}" for n, count in enumerate([*counts, *[0] * 12][:12], 1) if not count}
    assert (len(absent), set(absent) <= empty) == (months or 0, True)


def test_of_a_month_and_of_a_table_without_moments_nothing_is_told() -> None:
    fates = Fates(TABLES["inquiries"], Period.parse("2025-03"), ZONE)
    assert empty_months(fates, TABLES["inquiries"]) == ({}, "")


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2024-12-31 23:59:59.999999", None),
        ("2025-01-01 00:00", "2025-01"),
        ("2025-01-31 23:59:59.999999", "2025-01"),
        ("2025-02-01 00:00", "2025-02"),
        ("2025-12-31 23:59:59.999999", "2025-12"),
        ("2026-01-01 00:00", None),
        (None, None),
    ],
)
def test_a_moment_is_of_the_city_s_month(moment: str | None, month: str | None) -> None:
    moments = pd.Series([pd.Timestamp(moment, tz=ZONE) if moment else None], dtype="datetime64[us, UTC]")
    (found,) = Fates(TABLES["inquiries"], Period.parse("2025"), ZONE).months_of(moments)
    assert (None if pd.isna(found) else found) == month


def days_of(days: Iterable[pd.Timestamp]) -> pd.DataFrame:
    """An inquiry on each of these days, at half past six on the city's clock."""
    rows = [{"received_at": (day + pd.Timedelta(hours=6.5)).tz_localize(ZONE).tz_convert("UTC")} for day in days]
    return frame_of(TABLES["inquiries"], rows)


YEAR = pd.date_range("2025-01-01", "2025-12-31")


@pytest.mark.parametrize(
    ("left_out", "found"),
    [
        (YEAR.is_month_end, (12, "terakhir / last")),
        (YEAR.is_month_start, (12, "pertama / first")),
        # One month's last day is there.
        (YEAR.is_month_end & (YEAR.month != 5), None),
        (YEAR.day == 15, None),
        # Every third day has rows: that none of twelve is a last one may be chance.
        (YEAR.is_month_end | (YEAR.dayofyear % 3 > 0), None),
        # A desk that rests on Sundays and from April on.
        (YEAR.is_month_end | (YEAR.dayofweek == 6), (12, "terakhir / last")),
        (YEAR.is_month_end | (YEAR.month > 3), None),
        (YEAR.is_month_end | (YEAR.month > 5), (5, "terakhir / last")),
        # Ten days at the end or beginning of each month; a desk that enters all in ten days of the month.
        (YEAR.day > 20, (12, "terakhir / last")),
        (YEAR.day <= 10, (12, "pertama / first")),
        (YEAR.day > 10, None),
        (YEAR.day <= 20, None),
    ],
)
def test_months_that_all_lack_their_last_or_first_day_were_asked_for_a_day_short(
    left_out: Any, found: tuple[int, str] | None
) -> None:
    signs, details = edge_days(days_of(YEAR[~left_out]), Fates(TABLES["inquiries"], Period.parse("2025"), ZONE))
    assert (signs.get("edge_days_count"), details) == (found or (None, ""))


def without(*stretches: tuple[str, str], times: int = 1) -> list[pd.Timestamp]:
    """So many inquiries on each working day of 2025 but those of some stretches."""
    out = {day for stretch in stretches for day in pd.date_range(*stretch)}
    return [day for day in YEAR[YEAR.dayofweek < 5] if day not in out for _ in range(times)]


HALVES = [(f"2025-{month:02}-15", f"2025-{month:02}-28") for month in range(1, 13)]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (without(), ()),
        (without(("2025-03-03", "2025-03-14")), ("2025-03-01", "2025-03-16")),
        # Saturday and Sunday before and after belong to it: thirteen days, and fourteen.
        (without(("2025-03-03", "2025-03-13")), ()),
        (without(("2025-12-15", "2025-12-31")), ("2025-12-13", "2025-12-31")),
        (without(("2025-01-01", "2025-01-20")), ("2025-01-01", "2025-01-20")),
        # Where every second working day around has none, two weeks may be chance, and eight are none.
        (without(("2025-03-03", "2025-03-14"))[::2], ()),
        (without(("2025-02-05", "2025-03-21"))[::2], ("2025-02-05", "2025-03-24")),
        (without(("2025-02-04", "2025-03-28"))[::5], ()),
        # Months are told as such.
        (without(("2025-02-20", "2025-04-05")), ()),
        (without(("2025-02-03", "2025-03-28")), ()),
        (without(("2025-02-04", "2025-03-28")), ("2025-02-04", "2025-03-30")),
        # Of many inquiries a day, half of each month is missing; of one a day it is a habit.
        (without(*HALVES, times=5), ("2025-01-15", "2025-12-28")),
        (without(*HALVES, times=4), ()),
        ([], ()),
    ],
)
def test_weeks_without_an_inquiry_that_chance_does_not_explain_are_named(
    days: list[pd.Timestamp], found: tuple[str, ...]
) -> None:
    fates = Fates(TABLES["inquiries"], Period.parse("2025"), ZONE)
    signs, details = missing_days(days_of(days), fates, None)
    assert (details[0], details[-1]) == found if found else (signs, details) == ({}, "")
    assert signs.get("missing_days_count", 0) == len(details)


def test_days_on_which_the_desk_did_not_work_are_not_missed() -> None:
    fates, worked = (
        Fates(TABLES["inquiries"], Period.parse("2025"), ZONE),
        Coverage.of([(date(2025, 2, 1), date(2025, 12, 31))]),
    )
    opened = without(("2025-01-01", "2025-01-31"))
    assert missing_days(days_of(opened), fates, worked) == ({}, "")
    _, details = missing_days(days_of(opened[10:]), fates, worked)
    assert (details[0], details[-1]) == ("2025-02-01", "2025-02-16")


def test_of_a_month_weeks_are_missed_too() -> None:
    fates = Fates(TABLES["inquiries"], Period.parse("2025-07"), ZONE)
    signs, details = missing_days(days_of(without(("2025-07-16", "2025-07-31"))), fates, None)
    assert (signs, details[0], details[-1]) == ({"missing_days_count": 16}, "2025-07-16", "2025-07-31")
