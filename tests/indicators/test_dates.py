"""Moments noted as dates: a whole local day in durations, counts and statuses of 10.3 and 10.4."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.indicators.base import measure
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import INQUIRIES, OUTAGES
from tests.indicators.frames import frame_of, terms_of

ZONE = ZoneInfo("Asia/Jakarta")
DAY = timedelta(days=1)
# From, to (a date has no hour), hours of the headline, hours to the day's end.
CASES = [
    ("2025-03-03 10:00", "2025-03-03", 0, 14),
    ("2025-03-03 22:00", "2025-03-05", 26, 50),
    ("2025-03-03", "2025-03-05", 48, 48),
    ("2025-03-03", "2025-03-03", 0, 0),
    ("2025-03-03", "2025-03-03 14:00", 14, 0),
    ("2025-03-03", "2025-03-05 10:00", 58, 34),
    ("2025-03-03 10:00", "2025-03-03 12:00", 2, 2),
]


def moment(name: str, text: str) -> dict[str, Any]:
    at = pd.Timestamp(text, tz=ZONE).tz_convert("UTC")
    return {f"{name}_at": at, f"{name}_is_date": len(text) == len("2025-03-03")}


def inquiries(rows: list[tuple[str, str]], **terms: Any) -> Any:
    filled = [
        {"inquiry_id": str(number), **moment("received", start), **moment("responded", end)}
        for number, (start, end) in enumerate(rows)
    ]
    return measure(INDICATORS["inquiry_response"], [frame_of(INQUIRIES, filled)], terms=terms_of("2025", **terms))


def outages(rows: list[tuple[str, str]], **terms: Any) -> Any:
    filled = [
        {"incident_id": str(number), "component": str(number), **moment("started", start), **moment("ended", end)}
        for number, (start, end) in enumerate(rows)
    ]
    return measure(INDICATORS["it_downtime"], [frame_of(OUTAGES, filled)], terms=terms_of("2025", **terms))


@pytest.mark.parametrize(("start", "end", "hours", "late_hours"), CASES)
def test_a_response_to_a_date_counts_from_its_earliest_and_to_its_latest_moment(
    start: str, end: str, hours: float, late_hours: float
) -> None:
    result = inquiries([(start, end)])
    assert (result.headline.numerator, result.variants["day_end"].numerator) == (hours, late_hours)
    is_mixed = len(start) != len(end)
    assert [remark.code for remark in result.remarks] == ["date_only"] * is_mixed
    assert result.status == ("provisional" if is_mixed else "final")


@pytest.mark.parametrize(("start", "end", "hours", "late_hours"), CASES)
def test_an_outage_to_a_date_is_an_incident_however_short(
    start: str, end: str, hours: float, late_hours: float
) -> None:
    result = outages([(start, end), ("2025-07-01 00:00", "2025-07-01 01:00")])
    is_length_known = start != end
    assert (result.headline.numerator, result.headline.denominator) == (hours + 1, 1 + is_length_known)
    assert result.variants["day_end"].numerator == late_hours + 1
    assert result.status == ("provisional" if len(start) != len(end) else "final")


@pytest.mark.parametrize(("measured", "value"), [(inquiries, "1.5"), (outages, "36")])
def test_the_value_with_dates_to_the_day_s_end_is_told_and_of_how_many(measured: Any, value: str) -> None:
    (remark,) = measured([("2025-03-03 12:00", "2025-03-05"), ("2025-03-03 12:00", "2025-03-04 00:00")]).remarks
    assert remark.en.partition(";")[0] == (
        f"1 of 2 hold a date without an hour: the same day counts as 0, taken as its day's end the value is {value}"
    )


def test_a_desk_that_notes_dates_by_its_own_rule_may_be_final() -> None:
    result = inquiries([CASES[0][:2]], dates_suffice=True)
    assert (result.status, [remark.code for remark in result.remarks]) == ("final", ["date_only"])


moments = st.datetimes(datetime(2025, 2, 1), datetime(2025, 11, 1)).map(lambda at: at.replace(second=0, microsecond=0))


@given(st.lists(st.tuples(moments, st.integers(0, 5 * 1440), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_durations_equal_a_count_by_the_clock(rows: list[tuple[datetime, int, bool, bool]]) -> None:
    texts, early, late = [], timedelta(), timedelta()
    for start, minutes, from_date, to_date in rows:
        end = start + timedelta(minutes=minutes)
        first, last = (at.replace(hour=0, minute=0) for at in (start, end))
        if from_date and to_date:
            early, late = early + (last - first), late + (last - first)
        elif from_date:
            early, late = early + (end - first), late + (end - min(first + DAY, end))
        elif to_date:
            early, late = early + (max(last, start) - start), late + (last + DAY - start)
        else:
            early, late = early + (end - start), late + (end - start)
        texts.append(
            tuple(
                f"{at:%Y-%m-%d}" if cut else f"{at:%Y-%m-%d %H:%M}" for at, cut in ((start, from_date), (end, to_date))
            )
        )
    result = inquiries(texts)
    assert result.headline.numerator * 3600 == pytest.approx(early.total_seconds())
    assert result.variants["day_end"].numerator * 3600 == pytest.approx(late.total_seconds())
