"""Rows most of which lie outside the days that a source is said to cover: misread dates, or misdeclared days."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.clean.declared_days import DeclaredDays
from pipeline.config.source import Source
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

JAKARTA = ZoneInfo("Asia/Jakarta")
COLUMNS = {
    "outages": {"incident_id": "no", "component": {"constant": "A"}, "started_at": "mulai"},
    "visits": {"visited_on": "hari", "visits_count": "n"},
    "services": {"service_id": "no", "is_accessible_online": "a", "is_requestable_online": "b"},
}
MARCH = [{"first_on": "2025-03-01", "last_on": "2025-03-31"}]
FIRST_AND_THIRD_QUARTER = [
    {"first_on": "2025-01-01", "last_on": "2025-03-31"},
    {"first_on": "2025-07-01", "last_on": "2025-09-30"},
]


def added(
    table: str,
    column: str,
    values: list[str],
    covers: list[dict[str, str]],
    *,
    at: ZoneInfo = JAKARTA,
    **others: object,
) -> DeclaredDays:
    declared = {"table": table, "path": "x.csv", "format": "csv", "columns": COLUMNS[table], "covers": covers}
    days = DeclaredDays()
    zone = at if column.endswith("_at") else None
    rows = [{column: pd.Timestamp(value, tz=zone), **others} for value in values]
    frame = frame_of(TABLES[table], rows)
    # Block by block, as a file is read.
    for block in (frame[:2], frame[2:]):
        days.add(block, source=Source.model_validate(declared), zone=at)
    return days


@pytest.mark.parametrize(
    ("moment", "is_outside"),
    [
        ("2025-02-28 23:59:59", True),
        ("2025-03-01 00:00", False),
        ("2025-03-31 23:59:59", False),
        ("2025-04-01 00:00", True),
    ],
)
def test_a_moment_is_inside_from_the_first_local_midnight_to_before_the_one_after_the_last_day(
    moment: str, is_outside: bool
) -> None:
    days = added("outages", "started_at", [moment], MARCH)
    assert (days.rows_count, days.outside_count) == (1, is_outside)


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "America/New_York"])
def test_a_day_is_inside_any_of_the_stretches_first_and_last_included(zone: str) -> None:
    noted = ["2024-12-31", "2025-01-01", "2025-03-31", "2025-04-01", "2025-07-01", "2025-09-30", "2025-10-01"]
    days = [added("visits", "visited_on", [day], FIRST_AND_THIRD_QUARTER, at=ZoneInfo(zone)) for day in noted]
    assert [one.outside_count for one in days] == [1, 0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("outcome", [{"quarantine_reason": "bad"}, {"excluded_by": "test"}])
def test_only_sound_rows_count(outcome: dict[str, str]) -> None:
    assert added("outages", "started_at", ["2024-05-05 10:00"] * 6, MARCH, **outcome).rows_count == 0


def test_a_register_and_a_source_that_declares_no_days_are_not_asked() -> None:
    assert added("outages", "started_at", ["2024-05-05 10:00"] * 6, []).rows_count == 0
    assert added("services", "valid_from_on", ["2024-05-05"] * 6, MARCH).rows_count == 0


@pytest.mark.parametrize(
    ("outside", "inside", "is_told"), [(4, 0, False), (5, 0, True), (3, 3, False), (4, 3, True), (3, 2, True)]
)
def test_it_is_told_of_when_more_than_half_of_at_least_five_rows_are_outside(
    outside: int, inside: int, is_told: bool
) -> None:
    moments = ["2024-05-05 10:00"] * outside + ["2025-03-05 10:00"] * inside
    remarks = added("outages", "started_at", moments, MARCH).remarks("meja")
    assert [remark.code for remark in remarks] == ["outside_covers"] * is_told
    for remark in remarks:
        assert remark.id.startswith(f"meja: {outside} dari {outside + inside} baris")
        assert remark.en.startswith(f"meja: {outside} of {outside + inside} rows")
