"""The committed suites say what the tables declare, and rewriting them keeps what people added."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import suites
from pipeline.indicators.base import Quotient, Result, RowCounts
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Table


def _file(path: Path) -> suites.Suite:
    return suites.Suite.model_validate_json(path.read_bytes())


@pytest.mark.parametrize("name", suites.NAMES)
def test_the_committed_suite_holds_every_declared_rule_as_declared(name: str) -> None:
    committed = {rule.meta.rule_id: rule for rule in _file(suites.FOLDER / f"{name}.json").expectations}
    declared = suites.declared(name)
    assert declared
    assert {key: (rule.type, rule.kwargs, rule.meta) for key, rule in committed.items() if key in declared} == {
        key: (rule.type, rule.kwargs, rule.meta) for key, rule in declared.items()
    }


def test_there_is_one_committed_suite_per_name_and_no_other() -> None:
    assert {path.stem for path in suites.FOLDER.glob("*.json")} == set(suites.NAMES)


@pytest.mark.parametrize("name", suites.NAMES)
def test_every_suite_starts_with_a_row_count(name: str) -> None:
    assert next(iter(suites.declared(name).values())).type == suites.ROW_COUNT


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_part_of_a_declaration_becomes_a_rule(table: Table) -> None:
    columns = (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    expected = {f"{table.name}.row_count", f"{table.name}.columns", f"{table.name}.key"}
    expected |= {f"{table.name}.{column.name}.required" for column in columns if column.is_required}
    expected |= {f"{table.name}.{column.name}.allowed" for column in columns if column.allowed}
    expected |= {f"{table.name}.{column.name}.minimum" for column in columns if column.minimum is not None}
    expected |= {f"{table.name}.{order.reason}" for order in table.orders}
    assert set(suites.declared(table.name)) == expected


def test_rewriting_keeps_own_rules_and_tightened_severities_and_drops_the_rest(tmp_path: Path) -> None:
    suites.write(tmp_path)
    path = tmp_path / "rows.json"
    content = json.loads(path.read_text("utf-8"))
    by_id = {item["meta"]["rule_id"]: item for item in content["expectations"]}
    by_id["rows.quarantined_pct.high"]["severity"] = "critical"
    by_id["rows.adds_up"]["severity"] = "warning"
    for rule_id in ("own.most_rows", "rows.no_longer_declared"):
        content["expectations"].append({**by_id["rows.row_count"], "meta": {"rule_id": rule_id, "id": "x", "en": "x"}})
    path.write_text(json.dumps(content), "utf-8")
    suites.write(tmp_path)
    severities = {rule.meta.rule_id: rule.severity for rule in _file(path).expectations}
    assert severities["rows.quarantined_pct.high"] == "critical"
    assert severities["rows.adds_up"] == "critical"
    assert set(severities) == {*suites.declared("rows"), "own.most_rows"}


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    suites.write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    suites.write(tmp_path)
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_the_quarantined_are_a_share_of_the_considered_rows_and_null_when_there_are_none() -> None:
    frame = suites.accounting(
        {
            "inquiries": {"read": 110, "used": 95, "excluded": 10, "quarantined": 5, "considered": 100},
            "outages": {"read": 4, "used": 0, "excluded": 4, "quarantined": 0, "considered": 0},
        }
    )
    assert frame["quarantined_pct"].tolist() == [5.0, pd.NA]
    assert frame["rows_accounted"].tolist() == [110, 4]
    assert frame.dtypes.astype(str).tolist() == [DTYPES[kind] for kind in ("text", *["count"] * 5, "number")]


def test_the_scale_of_a_headline_is_its_value_times_denominator_over_numerator() -> None:
    days = Result(
        indicator_id="inquiry_response",
        period="2024",
        headline=Quotient(240, 20, "days", 0.5),
        status="final",
        coverage_pct=100,
        rows=RowCounts(read=20, used=20),
        method_version="1",
        inputs_sha256="0",
    )
    nothing = replace(days, headline=Quotient(0, 0, "days", None, "none"), status="not_computable")
    assert suites.headlines([days, nothing])["scale"].tolist() == [float(f"{1 / 24:.9g}"), pd.NA]
