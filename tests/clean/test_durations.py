"""Ends that are told by how long something lasted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from connectors.errors import ConfigError
from pipeline.clean.durations import parse_durations
from pipeline.clean.mapping import map_rows
from pipeline.clean.reading import Reading
from pipeline.config.source import Source
from pipeline.tables import OUTAGES

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [
        ("seconds", "90", 90),
        ("minutes", "1,5", 90),
        ("hours", "0,25", 900),
        ("hours", "0,033333", 120),
        ("days", "2", 172_800),
        ("clock", "2:30", 9_000),
        ("clock", "36:05:10", 129_910),
        ("clock", "1 day, 2:00:00", 93_600),
    ],
)
def test_a_length_is_read_in_its_unit(unit: str, text: str, seconds: int) -> None:
    parsed = parse_durations(pd.Series([text, None], dtype="str"), unit=unit, reading=Reading(decimal=","))
    assert parsed.values[0].total_seconds() == seconds
    assert pd.isna(parsed.values[1])
    assert not (parsed.is_bad | parsed.is_ambiguous).any()


@pytest.mark.parametrize(
    ("text", "reading", "seconds"),
    [
        ("1.200 menit", Reading(thousands="."), 72_000),
        ("1.200 menit", Reading(), None),
        ("12.34 menit", Reading(thousands="."), None),
        ("1,5 jam", Reading(), 5_400),
        ("1,500 jam", Reading(decimal=","), 5_400),
    ],
)
def test_a_mark_in_words_is_read_as_declared_and_else_held(text: str, reading: Reading, seconds: int | None) -> None:
    parsed = parse_durations(pd.Series([text], dtype="str"), unit="words", reading=reading)
    assert parsed.is_bad.tolist() == [seconds is None]
    assert parsed.values.dropna().dt.total_seconds().tolist() == ([] if seconds is None else [seconds])


@pytest.mark.parametrize(("unit", "text"), [("minutes", "dua jam"), ("clock", "2:75"), ("clock", "150")])
def test_what_is_no_length_is_named(unit: str, text: str) -> None:
    parsed = parse_durations(pd.Series([text], dtype="str"), unit=unit, reading=Reading())
    assert (parsed.is_bad[0], pd.isna(parsed.values[0])) == (True, True)


def source(**ended_at: str) -> Source:
    columns = {
        "incident_id": "No",
        "component": "Layanan",
        "started_at": {"column": "Mulai", "format": "%d/%m/%Y %H:%M"},
        "ended_at": ended_at,
    }
    return Source.model_validate({"table": "outages", "path": "x.csv", "format": "csv", "columns": columns})


def test_an_outage_ends_so_long_after_it_began() -> None:
    raw = pd.DataFrame(
        {
            "source_row": [2, 3, 4],
            "reader_problem": [None, None, None],
            "No": ["1", "2", "3"],
            "Layanan": ["Portal", "Portal", "Portal"],
            "Mulai": ["31/12/2024 23:30", "01/02/2025 08:00", "02/02/2025 08:00"],
            "Lama": ["45", None, "lama sekali"],
        }
    ).astype({"reader_problem": "str"})
    frame = map_rows(raw, source=source(column="Lama", after="started_at", unit="minutes"), table=OUTAGES, zone=JAKARTA)
    assert frame["ended_at"][0] == pd.Timestamp("2025-01-01 00:15", tz=JAKARTA)
    assert frame["ended_at"].isna().tolist() == [False, True, True]
    assert frame["quarantine_reason"].astype("str").fillna("").tolist() == ["", "", "bad_ended_at"]


@pytest.mark.parametrize(
    "ended_at",
    [
        {"column": "Lama", "after": "started_at"},
        {"column": "Lama", "unit": "minutes"},
        {"column": "Lama", "after": "ended_at", "unit": "minutes"},
        {"column": "Lama", "after": "component", "unit": "minutes"},
    ],
)
def test_after_needs_a_unit_and_an_earlier_moment(ended_at: dict[str, str]) -> None:
    with pytest.raises((ValueError, ConfigError), match="after"):
        source(**ended_at)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("9999999999999999999 hari", "words"),
        ("999999999 hari", "minutes"),
        (f"{'9' * 400} jam", "words"),
        (f"{'9' * 22}:30", "clock"),
        ("213503982334602 days, 0:00:00", "clock"),
        ("99999999999", "hours"),
    ],
)
def test_a_length_of_more_than_a_hundred_years_is_none(text: str, unit: str) -> None:
    found = parse_durations(pd.Series([text, "1:30"], dtype="str"), unit=unit, reading=Reading())
    assert found.values.isna()[0]
    assert found.is_bad[0]
