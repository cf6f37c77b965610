"""Months, tickets and outages that a file tells twice, examples, and other governments: at their limits and beside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from pipeline.periods import Period
from pipeline.signs.copies import months_alike_pct, offered_apart_pct, received_alike_pct, rows_alike_pct, told_things
from pipeline.signs.fates import Fates
from pipeline.signs.incidents import same_moments_pct
from pipeline.signs.two_sources import alike_in_two_pct
from pipeline.signs.words import examples, governments
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")
Row = dict[str, Any]


def told(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    return told_things(rows, TABLES[table], fates=fates(table))


def fates(table: str) -> Fates:
    return Fates(TABLES[table], Period.parse("2025"), ZONE)


def outage(n: int, start: str, minutes: int, **others: Any) -> Row:
    started_at = pd.Timestamp(start, tz=ZONE).tz_convert("UTC")
    moments = {"started_at": started_at, "ended_at": started_at + pd.Timedelta(minutes=minutes)}
    return {"incident_id": f"G{n}", "component": f"server {n}", **moments, **others}


def of_the_year(count: int = 36) -> list[Row]:
    """Three outages a month, no two alike in day, hour and length."""
    return [outage(n, f"2025-{n // 3 + 1:02}-{n % 3 * 9 + 2:02} 09:{n % 60:02}", 40 + 7 * n) for n in range(count)]


def outages(rows: Iterable[Row]) -> pd.DataFrame:
    return frame_of(TABLES["outages"], list(rows))


def moved(row: Row, days: int) -> Row:
    """The same again, so many days later, under another number."""
    later = {name: row[name] + pd.Timedelta(days=days) for name in ("started_at", "ended_at")}
    return row | later | {"incident_id": f"{row['incident_id']}b", "component": f"{row['component']} b"}


@pytest.mark.parametrize(
    ("days", "kept", "is_copied"),
    # July's rows stand in August too; a day off, or only two of three, are no month told again.
    [(31, 3, True), (30, 3, False), (31, 2, False)],
)
def test_a_month_with_the_days_hours_and_lengths_of_another_is_a_copy(days: int, kept: int, is_copied: bool) -> None:
    year = of_the_year()
    july = [moved(row, days) for row in year[18:21]][:kept]
    frame = outages([*year[:21], *july, *year[24:]])
    share = rows_alike_pct(told(frame, "outages"), TABLES["outages"], fates=fates("outages"))
    assert share == (pytest.approx(100 * 3 / 36) if is_copied else 0)


@pytest.mark.parametrize(("others", "is_copied"), [(3, True), (4, False)])
def test_a_month_that_has_less_than_half_of_another_is_no_copy(others: int, is_copied: bool) -> None:
    year = of_the_year()
    apart = [
        outage(50 + 10 * month + n, f"2025-{month:02}-{n + 23} 13:{month + n}", 300 + 10 * month + n)
        for month in (7, 8)
        for n in range(others)
    ]
    july = [moved(row, 31) for row in year[18:21]]
    frame = outages([*year[:21], *july, *year[24:], *apart])
    share = rows_alike_pct(told(frame, "outages"), TABLES["outages"], fates=fates("outages"))
    assert share == (pytest.approx(100 * 3 / len(frame)) if is_copied else 0)


def test_maintenance_of_one_length_that_comes_every_month_is_no_copy() -> None:
    calendar = [
        outage(90 + 3 * month + n, f"2025-{month:02}-{7 * n + 3:02} 22:05", 120) for month in (7, 8) for n in range(3)
    ]
    frame = outages([*of_the_year()[:18], *calendar, *of_the_year()[24:]])
    assert rows_alike_pct(told(frame, "outages"), TABLES["outages"], fates=fates("outages")) == 0


def test_an_outage_under_a_number_for_each_component_is_told_again_and_under_one_number_is_not() -> None:
    alone = of_the_year(12)
    begun = "2025-05-06 08:00"
    apart = [outage(100 + n, begun, 600) for n in range(4)]
    together = [row | {"incident_id": "G100"} for row in apart]
    children = [apart[0], *(row | {"parent_id": "G100"} for row in apart[1:])]
    assert same_moments_pct(outages([*alone, *apart]), fates("outages")) == pytest.approx(100 * 3 / 16)
    for one in (together, children):
        assert same_moments_pct(outages([*alone, *one]), fates("outages")) == 0
    assert same_moments_pct(outages(alone[:9]), fates("outages")) is None
    dated = [row | {"started_is_date": True, "ended_is_date": True} for row in apart]
    assert same_moments_pct(outages([*alone, *dated]), fates("outages")) == 0


def ticket(n: int, **others: Any) -> Row:
    received_at = pd.Timestamp("2025-01-02 08:00", tz=ZONE).tz_convert("UTC") + pd.Timedelta(hours=37 * n, minutes=n)
    told = {"received_at": received_at, "responded_at": received_at + pd.Timedelta(hours=5, minutes=n)}
    return {"inquiry_id": f"A{n}", "agency": "Dinas A", "category": "Jalan", **told, **others}


def tickets(rows: Iterable[Row]) -> pd.DataFrame:
    return frame_of(TABLES["inquiries"], list(rows))


def test_a_ticket_received_when_another_of_its_kind_was_may_be_the_same() -> None:
    year = [ticket(n) for n in range(36)]
    again = [row | {"inquiry_id": f"{row['inquiry_id']}-2", "responded_at": None} for row in year[:4]]
    assert received_alike_pct(tickets([*year, *again]), fates("inquiries")) == 10
    for other in ({"agency": "Dinas B"}, {"category": "Sampah"}, {"received_is_date": True}):
        rows = tickets([*year, *(row | other for row in again)])
        assert received_alike_pct(rows, fates("inquiries")) == 0
    assert received_alike_pct(tickets(year[:29]), fates("inquiries")) is None
    many = tickets(year).sample(22_000, replace=True, random_state=1)
    assert received_alike_pct(many, fates("inquiries")) is None


@pytest.mark.parametrize("clock", ["1s", "1min", "1h"])
def test_tickets_of_a_flood_come_together_by_chance_and_a_ticket_told_twice_does_not(clock: str) -> None:
    """One agency and subject, a ticket in eight steps of the desk's clock: one in 17 comes with another."""
    places = np.random.default_rng(3).integers(0, 8 * 800, 800)
    start = pd.Timestamp("2025-02-08", tz=ZONE).tz_convert("UTC")
    flood = [ticket(n, received_at=start + int(place) * pd.Timedelta(clock)) for n, place in enumerate(places)]
    again = [row | {"inquiry_id": f"{row['inquiry_id']}-2"} for row in flood[:80]]
    of_flood, with_again = (received_alike_pct(tickets(rows), fates("inquiries")) for rows in (flood, [*flood, *again]))
    assert of_flood == pytest.approx(0, abs=1)
    assert with_again == pytest.approx(100 * 80 / 880, abs=2)


def later(rows: Iterable[Row], minutes: int, **others: Any) -> list[Row]:
    """What another desk notes of the same tickets, so many minutes later."""
    return [row | {"received_at": row["received_at"] + pd.Timedelta(minutes=minutes)} | others for row in rows]


@pytest.mark.parametrize(
    ("minutes", "of_both", "least", "most"), [(9, 36, 50, 100), (-9, 36, 50, 100), (11, 36, 0, 0), (9, 3, 0, 0)]
)
def test_tickets_of_two_desks_received_minutes_apart_are_the_same_beyond_chance(
    minutes: int, of_both: int, least: float, most: float
) -> None:
    own = [ticket(n) for n in range(36)]
    others = [*later(own[:of_both], minutes), *later(own[of_both:], 600)]
    share = alike_in_two_pct(tickets(own), tickets(others), TABLES["inquiries"], fates=fates("inquiries"))
    assert share is not None
    assert least <= share <= most


def test_tickets_of_busy_desks_and_of_every_week_come_together_by_chance() -> None:
    start = pd.Timestamp("2025-01-01", tz=ZONE).tz_convert("UTC")
    desks = [
        tickets(ticket(n, received_at=start + pd.Timedelta(minutes=minutes * n)) for n in range(count))
        for minutes, count in ((263, 400), (71, 1500))
    ]
    weekly = [
        tickets(ticket(n, received_at=start + pd.Timedelta(days=7 * n, minutes=later)) for n in range(40))
        for later in (0, 5)
    ]
    for one, other in (desks, weekly):
        assert alike_in_two_pct(one, other, TABLES["inquiries"], fates=fates("inquiries")) == pytest.approx(0, abs=5)


def service(n: int, **others: Any) -> Row:
    return {"service_id": f"L{n}", "name": f"Izin {n}", "agency": "Dinas A", **others}


@pytest.mark.parametrize(
    ("again", "is_apart"),
    [
        ({"name": "Izin {n} (Loket)"}, True),
        ({"name": "IZIN {n} - aplikasi"}, True),
        ({"name": "Izin {n} (lama)"}, True),
        ({"name": "Izin {n} (Perpanjangan)"}, False),
        ({"name": "Izin {n} Loket", "agency": "Dinas B"}, False),
        ({}, False),
    ],
)
def test_a_service_listed_for_each_channel_or_state_is_one(again: Row, is_apart: bool) -> None:
    names = [{name: text.format(n=n) for name, text in again.items()} for n in range(20)]
    rows = [service(n) for n in range(20)] + [service(100 + n, **({"name": f"Izin {n}"} | names[n])) for n in range(20)]
    share = offered_apart_pct(told(frame_of(TABLES["services"], rows), "services"))
    assert share == (50 if is_apart else 0)


def test_a_service_listed_for_each_unit_of_a_kind_is_one() -> None:
    rows = [service(n) for n in range(20)]
    units = [service(100 + n, name="Surat Pengantar", agency=f"Kelurahan {n}") for n in range(10)]
    others = [service(200 + n, name="Surat Pengantar", agency=f"Dinas {n}") for n in range(10)]
    table = TABLES["services"]
    of_units, of_others = (
        offered_apart_pct(told(frame_of(table, [*rows, *more]), "services")) for more in (units, others)
    )
    assert (of_units, of_others) == (pytest.approx(100 * 9 / 30), 0)


@pytest.mark.parametrize(
    ("table", "row", "is_example"),
    [
        ("outages", {"component": "Contoh: Server Web"}, True),
        ("outages", {"incident_id": "gangguan:CONTOH"}, True),
        ("outages", {"component": "Server Kabupaten Contoh"}, False),
        ("inquiries", {"category": "Uji Coba Aplikasi"}, True),
        ("inquiries", {"category": "(Test 2)"}, True),
        ("inquiries", {"category": "Tes CPNS"}, False),
        ("inquiries", {"inquiry_id": "TES-001"}, True),
        ("inquiries", {"inquiry_id": "TES-A01"}, False),
        ("services", {"name": "(contoh) Izin Reklame"}, True),
        ("services", {"name": "Uji Coba Kendaraan"}, False),
    ],
)
def test_rows_that_call_themselves_examples_or_tests_are_counted(table: str, row: Row, is_example: bool) -> None:
    usual: Row = {
        "outages": outage(1, "2025-05-06 08:00", 60),
        "inquiries": ticket(1),
        "services": {"service_id": "L1", "name": "Izin Reklame", "agency": "Dinas A"},
    }[table]
    frame = frame_of(TABLES[table], [usual, usual | row])
    assert examples(frame, TABLES[table], source_name="gangguan") == {"example_rows_pct": 50 if is_example else 0}


@pytest.mark.parametrize(
    ("agency", "count", "found"),
    [
        ("Pemerintah Kabupaten Lain", 5, 2),
        ("Pemerintah Kabupaten Lain", 4, 1),
        ("Pemprov Jawa Uji - Dinas Sosial", 5, 2),
        ("pemerintah kota uji - Dinas Sosial", 5, 1),
        ("Dinas Sosial", 5, 1),
        (None, 5, 1),
    ],
)
def test_agencies_of_other_governments_with_a_share_of_the_rows_are_counted(
    agency: str | None, count: int, found: int
) -> None:
    own = [ticket(n, agency="Pemerintah Kota Uji") for n in range(20)]
    rows = tickets([*own, *(ticket(50 + n, agency=agency) for n in range(count))])
    assert governments(rows)[0] == {"governments_count": found}


@pytest.mark.parametrize(("copies", "pct"), [(1, 0), (2, 100 / 12), (3, 200 / 12), (12, 1100 / 12)])
def test_a_month_of_visits_under_others_dates_is_told_again_however_often(copies: int, pct: float) -> None:
    counts = np.random.default_rng(5).integers(100, 900, 366)
    days = pd.date_range("2025-01-01", "2025-12-31")
    rows = [
        {
            "visited_on": day,
            "days_count": 1,
            "portal_id": "portal",
            "visits_count": int(counts[day.day if day.month <= copies else day.dayofyear]),
            "variant": "headline",
        }
        for day in days
    ]
    share = months_alike_pct(frame_of(TABLES["visits"], rows))
    assert share == pytest.approx(pct)
