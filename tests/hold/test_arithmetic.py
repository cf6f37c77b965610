"""Random cities against oracles that share nothing with the code: minutes in sets, and plain SQL."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.indicators.base import measure
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import INQUIRIES, OUTAGES, SERVICES, VISITS
from tests.hold import of_form
from tests.indicators.frames import frame_of, terms_of

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
SETS_AT_ONCE = 50
# The first minute of January and of February, from 30 December on.
FIRST, LAST = 2 * 1440, 33 * 1440
PARENTS = (None, None, 0, 1)
FATES = (None, None, None, None, "test")

Window = tuple[int, int, str, int | None]

INQUIRIES_SQL = """
SELECT sum(responded_at - received_at) / 3600.0, count(*) FROM inquiries
WHERE received_at >= :begin AND received_at < :end AND responded_at IS NOT NULL
  AND excluded_by IS NULL AND quarantine_reason IS NULL
"""
SERVICES_SQL = """
SELECT sum(is_accessible_online AND is_requestable_online), count(*) FROM services
WHERE coalesce(valid_from_on, '0000') <= '2025-12-31' AND coalesce(valid_to_on, '9999') >= '2025-12-31'
  AND excluded_by IS NULL AND quarantine_reason IS NULL
"""
VISITS_SQL = """
SELECT sum(visits_count), 105.6 FROM visits
WHERE visited_on BETWEEN '2025-01-01' AND '2025-12-31' AND variant = 'headline'
  AND excluded_by IS NULL AND quarantine_reason IS NULL
"""
# An island of windows begins where no earlier one of its component reaches.
OUTAGES_SQL = """
WITH sound AS (SELECT * FROM outages WHERE excluded_by IS NULL AND quarantine_reason IS NULL AND ended_at > started_at),
reached AS (SELECT *, max(ended_at) OVER (PARTITION BY component ORDER BY started_at, ended_at
  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM sound),
numbered AS (SELECT *, sum(reach IS NULL OR started_at > reach) OVER (PARTITION BY component
  ORDER BY started_at, ended_at ROWS UNBOUNDED PRECEDING) AS island FROM reached),
islands AS (SELECT min(started_at) AS started_at, max(ended_at) AS ended_at FROM numbered GROUP BY component, island)
SELECT sum(max(0, min(ended_at, :end) - max(started_at, :begin))) / 3600.0,
  sum(started_at >= :begin AND started_at < :end) FROM islands
"""


def some_windows(chance: random.Random) -> list[Window]:
    """A few windows in minutes around one end of January, of two components, some with a parent."""
    edge = chance.choice((FIRST, LAST)) - 1440
    return [
        (edge + chance.randrange(2 * 1440), chance.randint(1, 900), chance.choice("AB"), chance.choice(PARENTS))
        for _ in range(chance.randrange(8))
    ]


def by_the_minute(windows: list[Window]) -> tuple[int, int]:
    """Minutes down within the period and outages that begin in it, by sets of minutes."""
    spans = [set(range(begin, begin + length + 1)) for begin, length, _, _ in windows]
    group = list(range(len(windows)))
    for _ in windows:
        for a, (_, _, component, parent) in enumerate(windows):
            for b, other in enumerate(windows):
                if parent == b or (component == other[2] and spans[a] & spans[b]):
                    group = [min(group[a], group[b]) if one in (group[a], group[b]) else one for one in group]
    minutes, count = 0, 0
    for one in set(group):
        members = [window for window, of in zip(windows, group, strict=True) if of == one]
        down = set().union(*(range(begin, begin + length) for begin, length, _, _ in members))
        minutes += sum(FIRST <= minute < LAST for minute in down)
        count += FIRST <= min(down) < LAST
    return minutes, count


def rows_of(windows: list[Window], nth: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The windows as rows of components and incidents of their own."""
    begin = datetime(2024, 12, 30, tzinfo=zone)
    return [
        {
            **{"incident_id": f"{nth}-{number}", "parent_id": None if parent is None else f"{nth}-{parent}"},
            **{"component": f"{component}{nth}", "is_planned": False},
            "started_at": pd.Timestamp(begin + timedelta(minutes=start)).tz_convert("UTC"),
            "ended_at": pd.Timestamp(begin + timedelta(minutes=start + length)).tz_convert("UTC"),
        }
        for number, (start, length, component, parent) in enumerate(windows)
    ]


def related(rows: list[dict[str, Any]], chance: random.Random) -> list[pd.DataFrame]:
    """The same rows in another order, some of them twice, in parts."""
    twice = chance.sample(rows, len(rows) // 4)
    mixed = chance.sample(rows + twice, len(rows) + len(twice))
    cut = chance.randrange(len(mixed) + 1)
    return [frame_of(OUTAGES, part) for part in (mixed[:cut], mixed[cut:])]


def test_downtime_is_what_a_count_by_the_minute_gives(row: Callable[[str, str, str], None]) -> None:
    sets_count = of_form(100, full=10_000)
    for first in range(0, sets_count, SETS_AT_ONCE):
        chance = random.Random(first)  # noqa: S311 no secret
        sets = [some_windows(chance) for _ in range(SETS_AT_ONCE)]
        expected = [sum(counts) for counts in zip(*map(by_the_minute, sets), strict=True)]
        zone = ZONES[first // SETS_AT_ONCE % len(ZONES)]
        rows = [one for nth, windows in enumerate(sets) for one in rows_of(windows, nth, ZoneInfo(zone))]
        for parts in ([frame_of(OUTAGES, rows)], related(rows, chance)):
            terms = terms_of("2025-01", zone=zone)
            made = measure(INDICATORS["it_downtime"], parts, terms=terms).headline
            assert [round(60 * made.numerator), made.denominator] == expected, first
    figure = f"{sets_count} sets, also mixed, split and doubled: none differs"
    row("Arithmetic", "random sets of outages by the minute", figure)


def some_city(chance: random.Random, zone: ZoneInfo) -> dict[str, list[dict[str, Any]]]:
    """Rows of each table around 2025, some excluded or quarantined."""
    begin = pd.Timestamp("2024-12-20", tz=zone).tz_convert("UTC")

    def moment(days: int) -> pd.Timestamp:
        return begin + pd.Timedelta(seconds=chance.randrange(days * 86_400))

    def fate() -> dict[str, Any]:
        excluded = chance.choice(FATES)
        return {"excluded_by": excluded, "quarantine_reason": None if excluded else chance.choice((None, None, "bad"))}

    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("inquiries", "outages", "services", "visits")}
    for nth in range(chance.randrange(1, 30)):
        received, started = moment(390), moment(390)
        answered = received + pd.Timedelta(seconds=chance.randrange(40 * 86_400))
        ended = started + pd.Timedelta(seconds=chance.randrange(0, 20 * 86_400))
        found["inquiries"].append(
            {"inquiry_id": str(nth), "received_at": received, "responded_at": chance.choice((answered, None)), **fate()}
        )
        found["outages"].append(
            {"incident_id": str(nth), "component": chance.choice("ABC"), "is_planned": chance.choice((True, False))}
            | {"started_at": started, "ended_at": ended, **fate()}
        )
        days = [pd.Timestamp(2025, 1, 1) + pd.Timedelta(days=chance.randrange(-400, 400)) for _ in range(2)]
        flags = {name: chance.choice((True, False)) for name in ("is_accessible_online", "is_requestable_online")}
        found["services"].append(
            {"service_id": str(nth), "is_online_applicable": True, "agency": "A", **flags, **fate()}
            | {"valid_from_on": chance.choice((min(days), None)), "valid_to_on": chance.choice((max(days), None))}
        )
        found["visits"].append(
            {"visited_on": pd.Timestamp(2024, 12, 20) + pd.Timedelta(days=13 * nth), "portal_id": "p", "days_count": 1}
            | {"visits_count": chance.randrange(10_000), "source_tool": "matomo", "visit_definition": "v"}
            | {"variant": chance.choice(("headline", "bots_included")), "excluded_by": chance.choice(FATES)}
        )
    return found


def by_sql(frame: pd.DataFrame, name: str, query: str, bounds: dict[str, float]) -> tuple[float, float]:
    """Numerator and denominator of a table's rows by SQLite; moments as seconds, days as texts."""
    plain = pd.DataFrame(index=frame.index)
    for column in frame.columns:
        values = frame[column]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            plain[column] = [None if pd.isna(one) else one.timestamp() for one in values]
        elif column.endswith("_on"):
            plain[column] = [None if pd.isna(one) else f"{one:%Y-%m-%d}" for one in values]
        else:
            plain[column] = [None if pd.isna(one) else one for one in values.astype(object)]
    with closing(sqlite3.connect(":memory:")) as database:
        plain.to_sql(name, database, index=False)
        numerator, denominator = database.execute(query, bounds).fetchone()
    return numerator or 0, denominator or 0


def test_random_cities_are_what_plain_sql_gives(row: Callable[[str, str, str], None]) -> None:
    cities_count = of_form(4, full=1_000)
    tables = (
        ("inquiry_response", INQUIRIES, INQUIRIES_SQL),
        ("it_downtime", OUTAGES, OUTAGES_SQL),
        ("online_services", SERVICES, SERVICES_SQL),
        ("portal_visits", VISITS, VISITS_SQL),
    )
    for nth in range(cities_count):
        chance, zone = random.Random(nth), ZONES[nth % len(ZONES)]  # noqa: S311 no secret
        city = some_city(chance, ZoneInfo(zone))
        years = [datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).timestamp() for year in (2025, 2026)]
        for indicator, table, query in tables:
            frame = frame_of(table, city[table.name])
            mixed = frame.sample(frac=1, random_state=nth)
            expected = by_sql(frame, table.name, query, {"begin": years[0], "end": years[1]})
            for parts in ([frame], [mixed.iloc[: len(frame) // 2], mixed.iloc[len(frame) // 2 :]]):
                made = measure(INDICATORS[indicator], parts, terms=terms_of("2025", zone=zone)).headline
                if made.numerator is None:  # nothing recorded is null and no zero
                    assert expected[0] == 0, (nth, indicator)
                else:
                    assert (made.numerator, made.denominator) == pytest.approx(expected), (nth, indicator)
    figure = f"{cities_count} cities, four indicators, also mixed and split: none differs"
    row("Arithmetic", "random cities by plain SQL", figure)
