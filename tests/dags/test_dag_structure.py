"""The DAGs of several cities as a real Airflow reads them from the real DAG folder."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline import periods
from pipeline.tables import TABLES

pytestmark = pytest.mark.airflow

UPSTREAM = {
    "resolve": set(),
    "wait": {"resolve"},
    "fetch.dukcapil": {"resolve", "wait"},
    "fetch.server": {"resolve", "wait"},
    "clean": {"resolve", "wait", "fetch.dukcapil", "fetch.server"},
    "validate": {"resolve", "clean"},
    "measure": {"resolve", "validate"},
    "store": {"resolve", "measure"},
    "report": {"resolve", "store"},
    "announce": {"resolve", "report"},
}
TELL_SUCCESS = {
    "monthly": "announce",
    "annual": "announce",
    "daily": "collected",
    "backfill": "fill",
    "restate": "restate",
}
each_indicator_dag = pytest.mark.parametrize("dag_id", ["kota-timur_annual", "kota-timur_monthly"])


def test_every_city_has_its_own_dags_and_a_faulty_one_harms_none(described: dict[str, Any]) -> None:
    assert described["import_errors"] == {}
    cities = ("kota-barat", "kota-tengah", "kota-timur", "kota-rusak", "Kota_Tanpa_Id")
    expected = {f"{city}_{kind}" for city in cities for kind in ("monthly", "annual", "backfill")}
    expected |= {"kota-timur_daily", "kota-timur_restate", "tolok_watch"}
    assert set(described["dags"]) == expected


def test_parsing_the_dag_file_imports_no_step_and_no_data_library(described: dict[str, Any]) -> None:
    # croniter and packaging are Airflow's own, for the timetable that reads a cron line.
    airflow_itself = {"airflow", "croniter", "packaging"}
    imported = {name for name in described["imported"] if name.split(".")[0] not in airflow_itself}
    pipeline = {f"pipeline.{name}" for name in ("atomic", "city_plans", "mirror", "settings", "tables")}
    ours = {"airflow_notices", "city_dags", "dag_pages", "indicator_flow", "watch_flow"}
    ours |= {"connectors", "connectors.errors", "pipeline"}
    assert imported == ours | pipeline


@pytest.mark.parametrize(
    ("dag_id", "first_runs"),
    [
        # 3:00 on the fifth in WITA would be 19:00 UTC; this one has a day and an hour of its own.
        ("kota-tengah_monthly", [["2025-04-10T14:00:00+00:00", "2025-03"], ["2025-05-10T14:00:00+00:00", "2025-04"]]),
        ("kota-tengah_annual", [["2026-01-10T14:00:00+00:00", "2025"], ["2027-01-10T14:00:00+00:00", "2026"]]),
        ("kota-timur_monthly", [["2024-02-04T18:00:00+00:00", "2024-01"], ["2024-03-04T18:00:00+00:00", "2024-02"]]),
        ("kota-timur_annual", [["2025-01-04T18:00:00+00:00", "2024"], ["2026-01-04T18:00:00+00:00", "2025"]]),
        ("kota-rusak_monthly", []),
        ("kota-rusak_annual", []),
        ("Kota_Tanpa_Id_monthly", []),
    ],
)
def test_a_city_runs_on_its_own_day_in_its_own_zone_from_its_first_month_on(
    described: dict[str, Any], dag_id: str, first_runs: list[list[str]]
) -> None:
    assert described["dags"][dag_id]["first_runs"] == first_runs


def test_without_a_first_month_it_is_january_of_the_year_before(described: dict[str, Any]) -> None:
    year = datetime.now(UTC).year - 1
    assert described["dags"]["kota-barat_monthly"]["first_runs"][0] == [f"{year}-02-04T20:00:00+00:00", f"{year}-01"]
    assert described["dags"]["kota-barat_annual"]["first_runs"][0] == [f"{year + 1}-01-04T20:00:00+00:00", f"{year}"]


@each_indicator_dag
def test_the_steps_follow_one_another(described: dict[str, Any], dag_id: str) -> None:
    tasks = described["dags"][dag_id]["tasks"]
    assert {name: set(task["upstream"]) for name, task in tasks.items()} == UPSTREAM


@each_indicator_dag
def test_cleaning_is_mapped_over_tables_with_a_source_and_each_source_has_a_task_of_its_name(
    described: dict[str, Any], dag_id: str
) -> None:
    tasks = described["dags"][dag_id]["tasks"]
    assert {name for name, task in tasks.items() if task["mapped_over"]} == {"clean"}
    # Those of its two sources; a city never read without fault is cleaned of all, should it be run.
    assert tasks["clean"]["mapped_over"] == {"table": ["outages", "population"]}
    faulty = described["dags"]["kota-rusak_monthly"]["tasks"]
    assert faulty["clean"]["mapped_over"] == {"table": list(TABLES)}


@each_indicator_dag
def test_no_task_runs_after_a_failure_so_that_the_run_turns_red(described: dict[str, Any], dag_id: str) -> None:
    dag = described["dags"][dag_id]
    rules = {name: task["trigger_rule"] for name, task in dag["tasks"].items()}
    assert dag["leaves"] == ["announce"]
    assert rules.pop("clean") == "TriggerRule.NONE_FAILED"
    assert set(rules.values()) == {"TriggerRule.ALL_SUCCESS"}


@each_indicator_dag
def test_only_faults_that_time_can_mend_are_retried(described: dict[str, Any], dag_id: str) -> None:
    decided = {
        "ConfigError": "fail",
        "DataRejected": "fail",
        "SourceChanged": "fail",
        "FileMissing": "fail",
        "SourceUnavailable": "default",
        "OSError": "default",
    }
    for task in described["dags"][dag_id]["tasks"].values():
        assert task["decisions"] == decided


@each_indicator_dag
def test_every_task_has_an_owner_a_pool_and_five_retries_the_first_soon(described: dict[str, Any], dag_id: str) -> None:
    for task in described["dags"][dag_id]["tasks"].values():
        assert (task["owner"], task["pool"]) == ("tolok", "default_pool")
        assert (task["retries"], task["delay_seconds"], task["backoff"]) == (5, 15, 4)


def test_months_and_years_missed_are_caught_up_days_are_not(described: dict[str, Any]) -> None:
    dags = {name: described["dags"][f"kota-timur_{name}"] for name in ("monthly", "annual", "daily")}
    assert {name: dag["catchup"] for name, dag in dags.items()} == {"monthly": True, "annual": True, "daily": False}
    assert {name: dag["max_active_runs"] for name, dag in dags.items()} == {"monthly": 1, "annual": 16, "daily": 1}


def test_each_dag_explains_itself_in_both_languages(described: dict[str, Any]) -> None:
    for dag_id, dag in described["dags"].items():
        assert "**Bahasa Indonesia.**" in dag["doc"]
        assert "**English.**" in dag["doc"]
        city, kind = dag_id.replace("Kota_Tanpa_Id", "Kota Tanpa Id").rsplit("_", 1)
        own = {"iso-37122", city} if city != "tolok" else set()
        assert set(dag["tags"]) == {"tolok", kind} | own


@each_indicator_dag
def test_the_form_asks_for_the_period_alone_so_that_no_other_city_can_be_run(
    described: dict[str, Any], dag_id: str
) -> None:
    form = described["dags"][dag_id]["form"]
    assert {name: (field["schema"]["title"], field["default"]) for name, field in form.items()} == {
        "period": ("Periode / Period", None)
    }
    assert " / " in form["period"]["description"]


@pytest.mark.parametrize(
    ("dag_id", "sound", "wrong"),
    [
        ("kota-barat_annual", ["2024", "1999"], ["2024-03", "24", "20245"]),
        ("kota-barat_monthly", ["2024-03", "2024-12"], ["2024", "2024-13", "2024-3"]),
    ],
)
def test_the_form_takes_only_a_period_of_the_dags_kind(
    described: dict[str, Any], dag_id: str, sound: list[str], wrong: list[str]
) -> None:
    pattern = described["dags"][dag_id]["form"]["period"]["schema"]["pattern"]
    assert [text for text in sound + wrong if re.search(pattern, text)] == sound


@pytest.mark.parametrize("kind", ["month", "year"])
def test_a_period_is_announced_as_a_partition_of_its_own_citys_asset(described: dict[str, Any], kind: str) -> None:
    dag_kind = {"month": "monthly", "year": "annual"}[kind]
    for city in ("kota-barat", "kota-timur"):
        tasks = described["dags"][f"{city}_{dag_kind}"]["tasks"]
        assert {name: task["outlets"] for name, task in tasks.items() if task["outlets"]} == {
            "announce": [f"tolok://{city}/{kind}"]
        }


def test_a_range_is_filled_from_a_form_of_its_two_ends(described: dict[str, Any]) -> None:
    dag = described["dags"]["kota-timur_backfill"]
    assert {name: field["schema"]["title"] for name, field in dag["form"].items()} == {
        "first": "Dari / From",
        "last": "Sampai / To",
    }
    assert {name: (task["upstream"], task["outlets"]) for name, task in dag["tasks"].items()} == {
        "wait": ([], []),
        "fill": (["wait"], []),
        "announce_months": (["fill"], ["tolok://kota-timur/month"]),
        "announce_years": (["fill"], ["tolok://kota-timur/year"]),
    }
    assert dag["first_runs"] == []


def test_collecting_fetches_the_month_of_the_day_and_computes_nothing(described: dict[str, Any]) -> None:
    dag = described["dags"]["kota-timur_daily"]
    assert set(dag["tasks"]) == {"resolve", "wait", "fetch.server", "collected"}
    assert dag["leaves"] == ["collected"]
    assert dag["tasks"]["fetch.server"]["outlets"] == []
    first_at, day = dag["first_runs"][1]
    assert (first_at, day) == ("2024-01-01T17:00:00+00:00", "2024-01-01")
    assert periods.period_of_run(partition_key=day, conf=None, is_year=False).label == "2024-01"


def test_the_watch_tells_each_city_that_names_recipients_every_morning_even_one_at_fault(
    described: dict[str, Any],
) -> None:
    dag = described["dags"]["tolok_watch"]
    assert {name: task["upstream"] for name, task in dag["tasks"].items()} == {"kota-rusak": [], "kota-timur": []}
    assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)
    # Seven in WIT, the zone of the first city that is sound.
    assert {when[11:16] for when, _ in dag["first_runs"]} == {"22:00"}


def test_every_task_of_a_city_tells_its_failure_and_the_last_of_a_run_that_all_is_well(
    described: dict[str, Any],
) -> None:
    for dag_id, dag in described["dags"].items():
        told = {name: task["tells"] for name, task in dag["tasks"].items()}
        last = {TELL_SUCCESS.get(dag_id.rsplit("_", 1)[1]), "also"}
        failure = ["failure"] if dag_id != "tolok_watch" else []
        assert told == {name: [*failure, *(["success"] if name in last else [])] for name in told}


def test_what_a_city_wants_besides_a_month_comes_after_it_and_holds_nothing_up(described: dict[str, Any]) -> None:
    tasks = {kind: described["dags"][f"kota-tengah_{kind}"]["tasks"] for kind in ("monthly", "annual")}
    assert tasks["monthly"]["also"]["upstream"] == ["announce", "resolve"]
    assert tasks["monthly"]["announce"]["upstream"] == ["report", "resolve"]
    assert "also" not in tasks["annual"]


def test_last_year_is_restated_in_the_months_after_january_and_only_what_changed_is_announced(
    described: dict[str, Any],
) -> None:
    dag = described["dags"]["kota-timur_restate"]
    assert {name: (task["upstream"], task["outlets"]) for name, task in dag["tasks"].items()} == {
        "resolve": ([], []),
        "wait": (["resolve"], []),
        "restate": (["resolve", "wait"], []),
        "announce_months": (["restate"], ["tolok://kota-timur/month"]),
        "announce_years": (["restate"], ["tolok://kota-timur/year"]),
    }
    assert dag["first_runs"] == [
        ["2024-02-04T18:00:00+00:00", "2024-02"],
        ["2024-03-04T18:00:00+00:00", "2024-03"],
    ]
