"""The exported dashboard fits the views: every column that it names is there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
import yaml

from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine
from tests.conftest import ROOT

EXPORT = ROOT / "docs" / "bi" / "superset"


def test_the_exported_dashboard_reads_columns_that_are_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    Warehouse(url).migrate()
    there = {column["name"] for column in sa.inspect(make_engine(url)).get_columns("indicator_current")}
    (dataset,) = EXPORT.glob("datasets/*/*.yaml")
    declared = yaml.safe_load(dataset.read_text("utf-8"))
    assert {column["column_name"] for column in declared["columns"]} == there
    charts = [yaml.safe_load(path.read_text("utf-8")) for path in EXPORT.glob("charts/*.yaml")]
    assert len(charts) == 6
    for chart in charts:
        used = chart["params"]
        filtered = {one["subject"]: one["comparator"] for one in used["adhoc_filters"]}
        assert filtered["period_kind"] == "year"
        assert {*filtered, *used.get("groupby", []), *used.get("all_columns", [])} <= there
        # A grain would show a year earlier on servers east of Greenwich.
        assert used.get("time_grain_sqla") is None


def test_the_export_holds_no_secret_and_no_place_of_a_machine() -> None:
    texts = [path.read_text("utf-8") for path in EXPORT.rglob("*.yaml")]
    assert len(texts) == 10
    database = yaml.safe_load((EXPORT / "databases" / "tolok.yaml").read_text("utf-8"))
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://superset:XXXXXXXXXX@localhost:5432/tolok"
    assert (database["allow_dml"], database["allow_file_upload"]) == (False, False)
