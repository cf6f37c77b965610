"""Drafts of real exports against the YAML that people wrote for them: nine of ten columns, never a wrong date order."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from connectors.files import read_rows
from connectors.records import RawFile
from pipeline.clean.mapping import map_rows, raw_columns
from pipeline.cli import commands
from pipeline.config.answers import UNANSWERED
from pipeline.config.columns import ColumnMap
from pipeline.config.load import load_city
from pipeline.config.presets import with_presets
from pipeline.config.source import Source
from pipeline.tables import TABLES
from tests.conftest import ROOT, needs_real_data

pytestmark = needs_real_data
# City, source, and the table where the file alone leaves two open.
REAL = [
    ("berlin", "portal", None),
    ("boston", "cases", None),
    ("nyc-queens", "requests", None),
    ("chicago", "complaints", None),
    ("canada", "inventory", None),
    ("bristol", "links", None),
    ("kota-bandung", "dukcapil", None),
    ("kota-bandung", "bps_projection", None),
    ("github", "statuspage", "outages"),
    ("open-science-grid", "downtime", None),
    ("uci-servicenow", "events", "outages"),
]
CITIES = ROOT / "tests" / "cities"


def drafted(city: str, file: Path, table: str | None) -> dict[str, Any]:
    arguments = ["draft", city, str(file), *(["--table", table] if table else [])]
    result = CliRunner().invoke(commands, arguments, env={"TOLOK_CITIES": str(CITIES)}, catch_exceptions=False)
    sources = yaml.load(result.stdout, Loader=yaml.BaseLoader)["sources"]  # noqa: S506 text only
    (source,) = with_presets(sources).values()  # type: ignore[union-attr]
    return dict(source)


def as_map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"column": value or []}


def column_of(value: Any) -> list[str]:
    column = as_map(value).get("column", [])
    return [column] if isinstance(column, str) else list(column)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str, Source, dict[str, Any]]]:
    """Every real source as people wrote it, and its draft."""
    found = []
    for city, name, table in REAL:
        written = load_city(CITIES, city).sources[name]
        found.append((city, name, written, drafted(city, CITIES / written.path[0], table)))
    return found


def test_nine_of_ten_columns_are_proposed_as_people_mapped_them(pairs: list[Any]) -> None:
    verdicts = {
        (city, name, column): column_of(draft.get("columns", {}).get(column)) == list(mapped.column)
        for city, name, written, draft in pairs
        for column, mapped in written.columns.items()
        if mapped.column
    }
    assert len(verdicts) > 50
    wrong = sorted(place for place, is_right in verdicts.items() if not is_right)
    assert len(wrong) <= len(verdicts) / 10, wrong


def test_every_table_is_told_rightly(pairs: list[Any]) -> None:
    assert [(city, draft["table"]) for city, _, _, draft in pairs] == [
        (city, written.table) for city, _, written, _ in pairs
    ]


def test_no_date_is_read_otherwise_than_people_read_it(pairs: list[Any]) -> None:
    """By the values themselves: a draft may leave a date open, and may not read one differently."""
    compared = 0
    for city, name, written, draft in pairs:
        table = TABLES[written.table]
        times = [column.name for column in table.columns if column.is_time and column.name in written.columns]
        for time in times:
            proposed = as_map(draft.get("columns", {}).get(time, UNANSWERED))
            if UNANSWERED in str(proposed):
                continue
            other = written.model_copy(update={"columns": {time: ColumnMap.model_validate(proposed)}})
            pd.testing.assert_series_equal(
                values(written, time), values(other, time), obj=f"{city} {name} {time}", check_dtype=False
            )
            compared += 1
    assert compared >= 14


def values(source: Source, time: str) -> pd.Series:
    only = source.model_copy(
        update={"columns": {time: source.columns[time]}, "exclude": {}, "steps": None, "combine": None}
    )
    file = CITIES / source.path[0]
    raw = pd.concat(read_rows(RawFile(file, file.name), layout=only, columns=raw_columns(only)), ignore_index=True)
    return map_rows(raw, source=only, table=TABLES[source.table], zone=ZoneInfo("UTC"))[time]
