"""Registers of disturbances as desks keep them, and what must not leave them as a final number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.office.test_signs_of_whole_files import kept

COLUMNS = {"incident_id": "No", "component": "Layanan", "started_at": "Mulai", "ended_at": "Selesai"}


def codes_of(folder: Path, rows: list[str], columns: dict[str, Any] = COLUMNS, **source: Any) -> set[str]:
    lines = ["No,OPD,Induk,Layanan,Mulai,Selesai", *rows]
    return kept(folder, lines, {"table": "outages", "columns": columns, **source}, "it_downtime")


def monthly(*days: int, months: range = range(1, 13)) -> list[str]:
    """Incidents numbered from 1 in each month, of services that never come again."""
    return [
        f"{n},A,,L{month}-{n},2025-{month:02}-{day:02} 10:00,2025-{month:02}-{day:02} 12:00"
        for month in months
        for n, day in enumerate(days, 1)
    ]


@pytest.mark.parametrize(
    ("rows", "columns", "is_far"),
    [
        (monthly(3, 9, 20), COLUMNS, True),
        (monthly(3, 9, 20), COLUMNS | {"incident_id": {"column": ["Mulai", "No"]}}, False),
        (monthly(3, months=range(1, 3)), COLUMNS, True),
        # A child long after its parent, as where the parent's number is of another list.
        (["1,A,,L1,2025-01-05 10:00,2025-01-05 12:00", "2,A,1,L2,2025-03-05 10:00,2025-03-05 12:00"],
         COLUMNS | {"parent_id": {"column": "Induk"}}, True),
        # One number each day, for each day of a fortnight.
        ([f"1,A,,L{day},2025-01-{day:02} 10:00,2025-01-{day:02} 12:00" for day in range(1, 15)], COLUMNS, True),
        # A weekend's work that goes on the weekend after.
        (["7,A,,L1,2025-01-04 20:00,2025-01-05 04:00", "7,A,,L2,2025-01-11 20:00,2025-01-12 04:00"], COLUMNS, False),
        # Ten days down, and two services with it on the last of them.
        (["7,A,,L1,2025-01-04 20:00,2025-01-14 20:00", "7,A,,L2,2025-01-14 10:00,2025-01-14 12:00"], COLUMNS, False),
        (["7,A,,L1,2025-11-04 20:00,", "7,A,,L2,2025-12-20 10:00,2025-12-20 12:00"], COLUMNS, False),
    ],
)  # fmt: skip
def test_one_number_for_outages_weeks_apart_is_not_taken_for_one_incident_unsaid(
    tmp_path: Path, rows: list[str], columns: dict[str, Any], is_far: bool
) -> None:
    assert ("far_apart_incidents_count" in codes_of(tmp_path, rows, columns)) is is_far


def window(number: str, service: str, begin: str, end: str, *, parent: str = "") -> str:
    return f"{number},A,{parent},{service},2025-03-{begin},2025-03-{end}"


@pytest.mark.parametrize(
    ("rows", "columns", "is_apart"),
    [
        ([window("1", "SIMPEG", "03 10:00", "03 12:00"), window("2", "Simpeg", "03 11:00", "03 13:00")], COLUMNS, True),
        ([window("1", "e-Office", "03 10:00", "03 12:00"), window("2", "E Office", "03 12:00", "03 13:00")], COLUMNS,
         True),
        # A child whose parent's number is written in small letters.
        ([window("INC-1", "A", "03 10:00", "03 12:00"), window("INC-2", "B", "03 11:00", "03 13:00", parent="inc-1")],
         COLUMNS | {"parent_id": {"column": "Induk"}}, True),
        # The same spellings on other days are two outages either way.
        ([window("1", "SIMPEG", "03 10:00", "03 12:00"), window("2", "Simpeg", "05 11:00", "05 13:00")], COLUMNS,
         False),
        ([window("1", "Server 1", "03 10:00", "03 12:00"), window("2", "Server 11", "03 11:00", "03 13:00")], COLUMNS,
         False),
    ],
)  # fmt: skip
def test_one_component_written_in_two_ways_is_not_counted_twice_unsaid(
    tmp_path: Path, rows: list[str], columns: dict[str, Any], is_apart: bool
) -> None:
    assert ("written_apart_count" in codes_of(tmp_path, rows, columns)) is is_apart
