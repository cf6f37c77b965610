"""A moment noted as a date is a whole local day: never before a moment of that day, and with its bounds shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.indicators.counting import Span
from tests.office.offices import computed_from

TICKETS = {
    "table": "inquiries",
    "columns": {"inquiry_id": "no", "received_at": "masuk", "responded_at": "jawab", "closed_at": "tutup"},
}
INCIDENTS = {
    "table": "outages",
    "columns": {"incident_id": "no", "component": "no", "started_at": "mulai", "ended_at": "selesai"},
}


@pytest.mark.parametrize(
    ("received", "responded", "days", "longest", "status"),
    [
        ("2025-03-03 09:00", "2025-03-03", 0, 15 / 24, "provisional"),
        ("2025-03-03 09:00", "2025-03-05", 39 / 24, 63 / 24, "provisional"),
        ("2025-03-03", "2025-03-05", 2, 3, "final"),
        ("2025-03-03", "2025-03-03", 0, 1, "final"),
        ("2025-03-03", "2025-03-05 06:00", 30 / 24, 54 / 24, "provisional"),
        ("2025-03-03", "2025-03-03 06:00", 0, 6 / 24, "provisional"),
        ("2025-12-31", "2026-01-01 06:00", 6 / 24, 30 / 24, "provisional"),
    ],
)
def test_a_response_time_with_a_date_has_two_bounds(
    received: str, responded: str, days: float, longest: float, status: str, tmp_path: Path
) -> None:
    lines = ["no,masuk,jawab,tutup", f"1,{received},{responded},{responded}"]
    result = computed_from(tmp_path, lines, TICKETS)["inquiry_response"]
    assert (result.headline.value, result.variants["day_end"].value) == pytest.approx((days, longest))
    assert result.variants["time_to_closure"].value == pytest.approx(days)
    assert (result.status, result.rows.quarantined) == (status, {})
    assert "date_only" in {remark.code for remark in result.remarks}


def test_a_date_before_the_day_of_receipt_is_still_before_receipt(tmp_path: Path) -> None:
    lines = ["no,masuk,jawab,tutup", "1,2025-03-03 09:00,2025-03-02,"]
    result = computed_from(tmp_path, lines, TICKETS)["inquiry_response"]
    assert result.rows.quarantined == {"response_before_receipt": 1}


def test_working_days_know_dates_too(tmp_path: Path) -> None:
    lines = ["no,masuk,jawab,tutup", "1,2025-03-07 12:00,2025-03-10,", "2,2025-03-07,2025-03-10 06:00,"]
    result = computed_from(tmp_path, lines, TICKETS)["inquiry_response"]
    assert result.variants["working_days"].value == pytest.approx((12 + 6) / 24 / 2)


@pytest.mark.parametrize(
    ("started", "ended", "hours", "longest", "status"),
    [
        ("2025-03-03 09:00", "2025-03-04", 15, 39, "provisional"),
        ("2025-03-03 09:00", "2025-03-03", None, 15, "provisional"),
        ("2025-03-03", "2025-03-04 05:00", 5, 29, "provisional"),
        ("2025-03-03", "2025-03-05", 48, 72, "final"),
        ("2025-12-31", "2026-01-01 05:00", 0, 24, "provisional"),
    ],
)
def test_an_outage_with_a_date_has_two_bounds(
    started: str, ended: str, hours: float | None, longest: float, status: str, tmp_path: Path
) -> None:
    rows = [f"1,{started},{ended}"] + (["2,2025-06-01 00:00,2025-06-01 10:00"] if hours is None else [])
    result = computed_from(tmp_path, ["no,mulai,selesai", *rows], INCIDENTS)["it_downtime"]
    expected = (10, (10 + longest) / 2) if hours is None else (hours, longest)
    assert (result.headline.value, result.variants["day_end"].value) == pytest.approx(expected)
    assert (result.status, result.rows.quarantined) == (status, {})


MINUTES = st.integers(0, 4 * 1440)


@settings(max_examples=200)
@given(MINUTES, MINUTES, st.tuples(st.booleans(), st.booleans()))
def test_bounds_are_those_of_all_moments_that_the_dates_allow(
    start: int, length: int, is_date: tuple[bool, bool]
) -> None:
    true = [datetime(2025, 3, 1) + timedelta(minutes=minutes) for minutes in (start, start + length)]
    noted = [moment.replace(hour=0, minute=0) if date else moment for moment, date in zip(true, is_date, strict=True)]
    columns = [pd.Series([pd.Timestamp(moment, tz="Asia/Jakarta").tz_convert("UTC")]) for moment in noted]
    span = Span(*columns, *(pd.Series([date]).to_numpy() for date in is_date))
    (first, last), (earliest, latest) = span.shortest, span.longest
    shortest, longest = (last - first)[0], (latest - earliest)[0]
    assert longest >= true[1] - true[0] >= (shortest - timedelta(days=1) if all(is_date) else shortest)
    if all(is_date):
        assert shortest == noted[1] - noted[0]
    elif not any(is_date):
        assert shortest == longest == true[1] - true[0]
    else:
        assert shortest >= timedelta()
        assert longest - shortest <= timedelta(days=1)
