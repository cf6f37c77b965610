"""Random sets of outages against an oracle that shares nothing with the code: minutes in sets."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.indicators.base import measure
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import OUTAGES
from tests.hold import of_form
from tests.indicators.frames import frame_of, terms_of

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
SETS_AT_ONCE = 50
# The first minute of January and of February, from 30 December on.
FIRST, LAST = 2 * 1440, 33 * 1440
PARENTS = (None, None, 0, 1)

Window = tuple[int, int, str, int | None]


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
