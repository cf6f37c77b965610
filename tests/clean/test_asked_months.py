"""How many of a system's answers are of the month that was asked for, of one before it, and of one after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.clean.asked_months import AskedMonths
from pipeline.config.source import Source
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")
QUERY = "select nomor, masuk from tiket where ditutup >= :start_at and ditutup < :end_at"
ASKED: dict[str, Any] = {
    **{"table": "inquiries", "connector": "sql", "format": "csv", "connection": "meja", "options": {"query": QUERY}},
    "columns": {"inquiry_id": "nomor", "received_at": "masuk"},
}
NAMES = {"m": "20250301-20250401.csv", "d": "20241201T000000-page1.json", "x": "bukan-jendela.csv"}
INSIDE, BEFORE, AFTER = ["2025-03-01", "2025-03-31 23:59:59"], ["2025-02-28 23:59:59"], ["2025-04-01"]


def added(moments: Mapping[str, Sequence[str]], source: Mapping[str, Any] = ASKED, **others: str) -> AskedMonths:
    """The moments of each file, file by file."""
    asked = AskedMonths()
    for file_id, texts in moments.items():
        rows = [
            {"inquiry_id": "A", "received_at": pd.Timestamp(text, tz=ZONE), "source_file_id": file_id, **others}
            for text in texts
        ]
        frame = frame_of(TABLES["inquiries"], rows)
        asked.add(frame, source=Source.model_validate(source), names=NAMES, zone=ZONE)
    return asked


def counts(asked: AskedMonths) -> tuple[int, int, int]:
    return asked.rows_count, asked.before_count, asked.after_count


def test_a_month_lasts_from_its_first_local_midnight_to_that_of_the_next() -> None:
    assert counts(added({"m": INSIDE})) == (2, 0, 0)
    assert counts(added({"m": BEFORE})) == (1, 1, 0)
    assert counts(added({"m": AFTER})) == (1, 0, 1)


def test_answers_are_added_up_by_the_months_that_their_names_tell_and_others_left_out() -> None:
    december = ["2024-12-31 23:59:59", "2024-11-30 23:59:59", "2025-01-01"]
    moments = {"m": [*INSIDE, *BEFORE, *AFTER], "x": BEFORE, "d": december, "unknown": BEFORE}
    assert counts(added(moments)) == (7, 2, 2)
    rows = [
        {"inquiry_id": "A", "received_at": pd.Timestamp(BEFORE[0], tz=ZONE), "source_file_id": file_id}
        for file_id in ("a", "m", "x")
    ]
    asked = AskedMonths()
    source = Source.model_validate(ASKED)
    asked.add(frame_of(TABLES["inquiries"], rows), source=source, names={**NAMES, "a": "a.csv"}, zone=ZONE)
    assert counts(asked) == (1, 1, 0)


@pytest.mark.parametrize("outcome", [{"quarantine_reason": "bad"}, {"excluded_by": "test"}])
def test_only_sound_rows_count(outcome: dict[str, str]) -> None:
    assert counts(added({"m": BEFORE}, **outcome)) == (0, 0, 0)


FILES = {name: value for name, value in ASKED.items() if name not in ("connector", "connection", "options")}
OUTAGES = {**ASKED, "table": "outages", "columns": {"incident_id": "n", "component": "k", "started_at": "masuk"}}


@pytest.mark.parametrize(
    ("source", "is_asked"),
    [
        (ASKED, True),
        ({**ASKED, "options": {"query": QUERY.replace(":start_at", "'2025-01-01'")}}, False),
        ({**FILES, "path": "*.csv"}, False),
        (OUTAGES, False),
    ],
)
def test_inquiries_of_a_system_that_is_asked_from_a_moment_on_are_counted_alone(
    source: dict[str, Any], is_asked: bool
) -> None:
    assert counts(added({"m": BEFORE}, source)) == ((1, 1, 0) if is_asked else (0, 0, 0))


@pytest.mark.parametrize(
    ("inside", "before", "after", "share"),
    [
        (29, 0, 0, None),
        (27, 3, 0, 10),
        (48, 1, 1, 2),
        (47, 1, 2, None),
        (0, 60, 0, 100),
    ],
)
def test_the_share_of_before_is_told_of_enough_rows_where_none_but_a_few_come_after(
    inside: int, before: int, after: int, share: float | None
) -> None:
    asked = added({"m": INSIDE[:1] * inside + BEFORE * before + AFTER * after})
    assert asked.before_pct == share
