"""Raw rows become clean ones by the city's mapping."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

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
