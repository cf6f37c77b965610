"""Raw rows become clean ones by the city's mapping."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from connectors.records import TYPED
from pipeline.clean.mapping import map_rows
from pipeline.config.source import Source
from pipeline.tables import TABLES

JAKARTA = ZoneInfo("Asia/Jakarta")


def mapped(columns: dict[str, object], raw: dict[str, list[str | None]], **settings: object) -> pd.DataFrame:
    """Outages or another table's rows from raw texts."""
    others = {"incident_id": {"constant": "1"}, "component": {"constant": "A"}, "started_at": "mulai"}
    declared = {"table": "outages", "path": "x.csv", "format": "csv", "columns": others | columns, **settings}
    source = Source.model_validate(declared)
    rows = pd.DataFrame(raw, dtype="str")
    rows = rows.assign(source_row=range(1, len(rows) + 1), reader_problem=pd.Series(None, rows.index, dtype="str"))
    return map_rows(rows, source=source, table=TABLES[source.table], zone=JAKARTA)


def test_each_moment_says_whether_it_was_noted_as_a_date() -> None:
    columns = {
        "started_at": {"column": "mulai", "format": ["%d/%m/%Y", "%d/%m/%Y %H:%M"]},
        "ended_at": {"column": "lama", "after": "started_at", "unit": "hours"},
    }
    raw = {"mulai": ["03/04/2025", "03/04/2025 00:00", None], "lama": ["2", "2", "2"]}
    frame = mapped(columns, raw)
    assert frame["started_is_date"].tolist() == [True, False, pd.NA]
    assert frame["ended_is_date"].tolist() == [False, False, pd.NA]
    assert mapped({"component": "lama"}, raw)["started_is_date"].isna().all()


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        (f"2025-03-04T00:00:00{TYPED}", f"08:15:30{TYPED}", "2025-03-04 08:15:30"),
        (f"2025-03-04T00:00:00{TYPED}", f"1899-12-31T08:15:00{TYPED}", "2025-03-04 08:15"),
        (f"2025-03-04T00:00:00{TYPED}", f"1900-01-01T08:15:00.5{TYPED}", "2025-03-04 08:15"),
        (f"08:15:30{TYPED}", f"2025-03-04T00:00:00{TYPED}", "2025-03-04 08:15:30"),
        (f"2025-03-04T00:00:00{TYPED}", "8.15", "2025-03-04 08:15"),
        (f"2025-03-04T00:00:00{TYPED}", "Pukul 08:15:30", "2025-03-04 08:15:30"),
        (f"2025-03-04T00:00:00{TYPED}", "pkl. 08.15 wib", "2025-03-04 08:15"),
        # The clocks of Makassar and Jayapura are one and two hours ahead of Jakarta's.
        (f"2025-03-04T00:00:00{TYPED}", "jam 08.15 WITA.", "2025-03-04 07:15"),
        (f"2025-03-04T00:00:00{TYPED}", "01.15 WIT", "2025-03-03 23:15"),
        ("04/03/2025", f"08:15:30{TYPED}", "2025-03-04 08:15"),
        ("04/03/2025", "08.15", "2025-03-04 08:15"),
        (f"2025-03-04T00:00:00{TYPED}", "siang", None),
        (f"2025-03-04T00:00:00{TYPED}", f"2025-03-04T00:00:00{TYPED}", None),
        ("siang", f"08:15:30{TYPED}", None),
    ],
)
def test_a_date_and_its_hour_in_two_columns_are_one_moment_however_each_is_written(
    day: str, hour: str, at: str | None
) -> None:
    joined = {"started_at": {"column": ["hari", "jam"], "format": ["%d/%m/%Y", "%d/%m/%Y %H.%M"]}}
    # Beside a row of mere text, so that one column holds both.
    frame = mapped(joined, {"hari": ["05/03/2025", day], "jam": ["09.00", hour]})
    found = frame["started_at"].dt.tz_convert(JAKARTA).dt.tz_localize(None)
    assert found.tolist() == [pd.Timestamp("2025-03-05 09:00"), pd.Timestamp(at) if at else pd.NaT]
    assert frame["started_is_date"].tolist() == [False, False if at else pd.NA]


def test_a_date_whose_hour_is_blank_stays_a_date() -> None:
    joined = {"started_at": {"column": ["hari", "jam"], "format": ["%d/%m/%Y", "%d/%m/%Y %H.%M"]}}
    frame = mapped(joined, {"hari": [f"2025-03-04T00:00:00{TYPED}", "04/03/2025"], "jam": [None, None]})
    assert frame["started_at"].dt.tz_convert(JAKARTA).dt.day.tolist() == [4, 4]
    assert frame["started_is_date"].tolist() == [True, True]


def test_a_typed_hour_keeps_its_seconds_where_the_city_writes_them() -> None:
    joined = {"started_at": {"column": ["hari", "jam"], "format": ["%d/%m/%Y", "%d/%m/%Y %H:%M:%S"]}}
    frame = mapped(joined, {"hari": ["04/03/2025"], "jam": [f"08:15:30{TYPED}"]})
    assert frame["started_at"].tolist() == [pd.Timestamp("2025-03-04 08:15:30", tz=JAKARTA)]


def test_a_date_without_an_hour_is_a_day_of_the_city_whatever_clock_the_source_keeps() -> None:
    columns = {"started_at": {"column": "mulai", "format": ["%Y-%m-%d", "%Y-%m-%d %H:%M"]}}
    raw: dict[str, list[str | None]] = {"mulai": ["2025-03-21", "2025-03-21 18:37", None]}
    starts = ["2025-03-20T17:00:00+00:00", "2025-03-21T09:37:00+00:00", None]
    for zone, moment in (("Asia/Jayapura", starts[1]), ("UTC", "2025-03-21T18:37:00+00:00")):
        frame = mapped(columns, raw, zone=zone)
        found = [None if pd.isna(one) else one.isoformat() for one in frame["started_at"]]
        assert found == [starts[0], moment, None]
    assert mapped({}, raw | {"mulai": ["2025-03-21"]}, zone="UTC")["started_at"][0].isoformat() == starts[0]
