"""The three DAGs as a real Airflow reads them from the real DAG folder."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pipeline import periods
from pipeline.tables import TABLES

pytestmark = pytest.mark.airflow

UPSTREAM = {
    "resolve": set(),
    "sources": {"resolve"},
    "fetch": {"resolve", "sources"},
    "clean": {"resolve", "fetch"},
    "validate": {"resolve", "clean"},
    "measure": {"resolve", "validate"},
    "store": {"resolve", "measure"},
    "report": {"resolve", "store"},
}
each_indicator_dag = pytest.mark.parametrize("dag_id", ["annual_indicators", "monthly_indicators"])


def test_the_folder_registers_exactly_the_three_dags(described: dict[str, Any]) -> None:
    assert described["import_errors"] == {}
    assert set(described["dags"]) == {"annual_indicators", "monthly_indicators", "daily_collection"}


def test_parsing_a_dag_file_imports_no_step_and_no_data_library(described: dict[str, Any]) -> None:
    # croniter and packaging are Airflow's own, for the timetable that reads a cron line.
    airflow_itself = {"airflow", "croniter", "packaging"}
    imported = {name for name in described["imported"] if name.split(".")[0] not in airflow_itself}
    ours = {"annual_indicators", "monthly_indicators", "daily_collection", "indicator_flow"}
    assert imported == ours | {"connectors", "connectors.errors", "pipeline", "pipeline.tables"}


@each_indicator_dag
def test_the_steps_follow_one_another(described: dict[str, Any], dag_id: str) -> None:
    tasks = described["dags"][dag_id]["tasks"]
    assert {name: set(task["upstream"]) for name, task in tasks.items()} == UPSTREAM


@each_indicator_dag
def test_fetching_is_mapped_over_sources_and_cleaning_over_tables(described: dict[str, Any], dag_id: str) -> None:
    tasks = described["dags"][dag_id]["tasks"]
    assert {name for name, task in tasks.items() if task["mapped_over"]} == {"fetch", "clean"}
    assert tasks["clean"]["mapped_over"] == {"table": list(TABLES)}


@each_indicator_dag
def test_no_task_runs_after_a_failure_so_that_the_run_turns_red(described: dict[str, Any], dag_id: str) -> None:
    dag = described["dags"][dag_id]
    rules = {name: task["trigger_rule"] for name, task in dag["tasks"].items()}
    assert dag["leaves"] == ["report"]
    assert rules.pop("clean") == "TriggerRule.NONE_FAILED"
    assert set(rules.values()) == {"TriggerRule.ALL_SUCCESS"}


@each_indicator_dag
def test_only_faults_that_time_can_mend_are_retried(described: dict[str, Any], dag_id: str) -> None:
    decided = {
        "ConfigError": "fail",
        "DataRejected": "fail",
        "SourceChanged": "fail",
        "SourceUnavailable": "default",
        "OSError": "default",
    }
    for task in described["dags"][dag_id]["tasks"].values():
        assert task["decisions"] == decided


@each_indicator_dag
def test_every_task_has_an_owner_and_two_retries_further_and_further_apart(
    described: dict[str, Any], dag_id: str
) -> None:
    for task in described["dags"][dag_id]["tasks"].values():
        assert (task["owner"], task["retries"], task["delay_seconds"], task["backoff"]) == ("tolok", 2, 300, 2)


@each_indicator_dag
def test_a_dag_explains_itself_in_both_languages_and_never_catches_up(described: dict[str, Any], dag_id: str) -> None:
    dag = described["dags"][dag_id]
    assert "Bahasa Indonesia" in dag["doc"]
    assert "English" in dag["doc"]
    assert dag["tags"] == sorted(["tolok", "iso-37122", dag_id.removesuffix("_indicators")])
    assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)


@each_indicator_dag
def test_the_form_names_its_fields_in_both_languages_and_needs_no_input(described: dict[str, Any], dag_id: str) -> None:
    form = described["dags"][dag_id]["form"]
    assert {name: (field["schema"]["title"], field["default"]) for name, field in form.items()} == {
        "city": ("Kota / City", "kota-contoh"),
        "period": ("Periode / Period", None),
    }
    assert all(" / " in field["description"] for field in form.values())


@pytest.mark.parametrize(
    ("dag_id", "sound", "wrong"),
    [
        ("annual_indicators", ["2024", "1999"], ["2024-03", "24", "20245"]),
        ("monthly_indicators", ["2024-03", "2024-12"], ["2024", "2024-13", "2024-3"]),
    ],
)
def test_the_form_takes_only_a_period_of_the_dags_kind(
    described: dict[str, Any], dag_id: str, sound: list[str], wrong: list[str]
) -> None:
    pattern = described["dags"][dag_id]["form"]["period"]["schema"]["pattern"]
    assert [text for text in sound + wrong if re.search(pattern, text)] == sound


def test_a_month_is_run_on_the_fifth_of_the_next_one_in_city_time(described: dict[str, Any]) -> None:
    assert described["monthly_keys"] == {
        "2026-01-04T20:00:00+00:00": "2025-12",
        "2026-03-04T20:00:00+00:00": "2026-02",
    }


def test_a_year_waits_for_the_reports_of_its_twelve_months(described: dict[str, Any]) -> None:
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    announced = described["dags"]["monthly_indicators"]["tasks"]["report"]["outlets"]
    assert announced == ["tolok://kota-contoh/month"]
    assert described["annual"] == {"listens_to": announced[0], "year_of_january": "2025", "months_of_2025": months}


def test_the_partition_keys_are_the_periods_themselves(described: dict[str, Any]) -> None:
    months = described["annual"]["months_of_2025"]
    assert [periods.resolve(partition_key=key, conf=None, is_year=False).label for key in months] == months
    year = described["annual"]["year_of_january"]
    assert periods.resolve(partition_key=year, conf={"period": "1999"}, is_year=True).label == "2025"


def test_a_day_is_collected_into_its_own_month_even_on_the_first(described: dict[str, Any]) -> None:
    assert described["daily_keys"] == {
        "2025-12-31T19:00:00+00:00": "2025-12-31",
        "2026-02-20T19:00:00+00:00": "2026-02-20",
    }
    assert periods.resolve(partition_key="2025-12-31", conf=None, is_year=False).label == "2025-12"


def test_collecting_fetches_and_computes_nothing(described: dict[str, Any]) -> None:
    tasks = described["dags"]["daily_collection"]["tasks"]
    assert set(tasks) == {"resolve", "collected", "fetch"}
    assert tasks["fetch"]["outlets"] == []
