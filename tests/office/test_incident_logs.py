"""Registers of disturbances as desks keep them, and what must not leave them as a final number."""

from __future__ import annotations

from datetime import datetime, timedelta
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


def incidents(count: int, *, of: str, every_days: float, lasting_days: float = 0.5) -> list[str]:
    """Incidents of numbered components or of one, the next one so many days after another."""
    begins = [datetime(2025, 1, 2, 8) + n * timedelta(days=every_days) for n in range(count)]
    ends = [begin + timedelta(days=lasting_days, minutes=n) for n, begin in enumerate(begins)]
    times = [f"{begin:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M}" for begin, end in zip(begins, ends, strict=True)]
    return [f"{n},A,,{of.format(n)},{window}" for n, window in enumerate(times)]


def still_open(row: str) -> str:
    return row.rpartition(",")[0] + ","


@pytest.mark.parametrize(
    ("rows", "is_kept"),
    [
        # Each overlaps the next.
        (incidents(60, of="Server", every_days=6, lasting_days=7), True),
        (incidents(60, of="Server {}", every_days=6, lasting_days=7), False),
        (incidents(60, of="Server", every_days=6), False),
        # Four of the first are one.
        ([*incidents(3, of="Server", every_days=0.1), *incidents(60, of="Server", every_days=6)[1:]], False),
        (incidents(5, of="Server", every_days=60, lasting_days=61), True),
        # The fewer there are, the more each one counts: two as one double the value.
        (incidents(3, of="Server", every_days=6, lasting_days=7), True),
        (incidents(2, of="Server", every_days=6, lasting_days=7), True),
        (incidents(2, of="Server {}", every_days=6, lasting_days=7), False),
        # One that nobody ended swallows all that come after it.
        ([still_open(incidents(1, of="Server", every_days=1)[0]), *incidents(60, of="Server", every_days=6)[1:]], True),
        # Children of one incident are one, whatever their component is.
        ([row.replace("A,,", "A,0,") for row in incidents(20, of="Server", every_days=6, lasting_days=7)], False),
    ],
)
def test_incidents_that_a_coarse_component_makes_one_are_not_final_unsaid(
    tmp_path: Path, rows: list[str], is_kept: bool
) -> None:
    columns = COLUMNS | {"parent_id": {"column": "Induk"}}
    assert ("joined_by_component_pct" in codes_of(tmp_path, rows, columns)) is is_kept


def test_a_city_that_says_why_its_incidents_are_one_has_a_final_value(tmp_path: Path) -> None:
    rows = incidents(60, of="Server", every_days=6, lasting_days=5)
    rows = [f"{n},A,,{row.split(',', 3)[3]}" for n, row in enumerate([*rows, *rows])]
    lines, source = ["No,OPD,Induk,Layanan,Mulai,Selesai", *rows], {"table": "outages", "columns": COLUMNS}
    assert kept(tmp_path, lines, source, "it_downtime") == {"joined_by_component_pct"}
    explained = {"2025": {"joined_by_component_pct": "dua petugas mencatat gangguan yang sama"}}
    assert kept(tmp_path, lines, source, "it_downtime", judgement={"explained": explained}) == set()


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


@pytest.mark.parametrize(
    ("end", "begin", "service", "is_parted"),
    [
        ("03 23:59", "04 00:00", "A", True),
        ("03 23:59:59", "04 00:00", "A", True),
        ("03 23:58", "04 00:00", "A", False),
        ("03 23:59", "04 00:01", "A", False),
        ("03 23:59", "04 00:00", "B", False),
        ("03 24:00", "04 00:00", "A", False),
    ],
)
def test_one_outage_noted_day_by_day_is_not_counted_by_its_days_unsaid(
    tmp_path: Path, end: str, begin: str, service: str, is_parted: bool
) -> None:
    rows = [window("1", "A", "03 10:00", end), window("2", service, begin, "04 09:00")]
    form = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
    columns = COLUMNS | {name: {"column": COLUMNS[name], "format": form} for name in ("started_at", "ended_at")}
    assert ("parted_at_midnight_count" in codes_of(tmp_path, rows, columns)) is is_parted


@pytest.mark.parametrize(("lasting_days", "is_kept"), [(0, True), (1, False)])
def test_outages_noted_by_dates_alone_that_mostly_have_no_length_are_not_final(
    tmp_path: Path, lasting_days: int, is_kept: bool
) -> None:
    days = [datetime(2025, 1, 2) + timedelta(days=17 * n) for n in range(20)]
    ends = [day + timedelta(days=lasting_days if n % 4 else 1) for n, day in enumerate(days)]
    rows = [f"{n},A,,L{n},{day:%Y-%m-%d},{end:%Y-%m-%d}" for n, (day, end) in enumerate(zip(days, ends, strict=True))]
    columns = COLUMNS | {at: {"column": COLUMNS[at], "format": "%Y-%m-%d"} for at in ("started_at", "ended_at")}
    assert ("without_length_pct" in codes_of(tmp_path, rows, columns)) is is_kept
