"""The real DAGs run in a real Airflow process, with steps that only name their calls."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow_process import Checkout, Run

from pipeline.tables import TABLES
from tests.mailbox import Mailbox, webhook

SOURCES_COUNT = 9  # of kota-contoh
RUN_DAG = (sys.executable, "scripts/run_dag.py")

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def sound_year(checkout: Checkout) -> Run:
    return checkout.run(*RUN_DAG, "kota-contoh", "2025")


@pytest.fixture(scope="module")
def rejected_month(checkout: Checkout) -> Run:
    return checkout.run(*RUN_DAG, "kota-contoh", "2025-03", faults={"validate": "DataRejected"})


@pytest.fixture(scope="module")
def rejected_without_sources(checkout: Checkout) -> Run:
    """As Airflow's own command runs it, retries and all."""
    migrate_and_test = (
        "import sys; from airflow.utils.db import initdb; from airflow.__main__ import main; initdb(); "
        "sys.argv = ['airflow', 'dags', 'test', 'kota-contoh_annual', '-c', '{\"period\": \"2024\"}']; main()"
    )
    return checkout.run(sys.executable, "-c", migrate_and_test, faults={"validate": "DataRejected"}, sources=())


def test_a_year_runs_every_step_in_order(sound_year: Run) -> None:
    assert sound_year.code == 0, sound_year.output
    steps = [call.split()[0] for call in sound_year.calls]
    last = ["validate", "measure", "store", "report", "conclude"]
    assert steps == ["fetch", "fetch", *["clean"] * len(TABLES), *last]


def test_each_source_is_fetched_and_each_table_cleaned_once(sound_year: Run) -> None:
    mapped = [call for call in sound_year.calls if call.startswith(("fetch", "clean"))]
    fetched = [f"fetch kota-contoh {source} 2025" for source in ("matomo", "upik")]
    assert sorted(mapped) == sorted(fetched + [f"clean kota-contoh {table} 2025" for table in TABLES])


def test_a_sound_run_shows_a_line_per_task_and_leaves_nothing_of_airflow(sound_year: Run) -> None:
    lines = sound_year.output.splitlines()
    assert lines[0] == "kota-contoh_annual · 2025"
    assert len(lines) == 1 + 7 + SOURCES_COUNT + len(TABLES) + 2
    skipped = [line for line in lines[1:-2] if "dilewati / skipped" in line]
    assert len(skipped) == SOURCES_COUNT - 2
    assert all("selesai / done" in line for line in lines[1:-2] if line not in skipped)
    assert lines[-2] == "  kota-contoh/2025"  # what the step said it stored
    assert list((sound_year.home / "airflow").iterdir()) == []


def test_rejected_data_end_with_code_3_and_both_texts(rejected_month: Run) -> None:
    assert rejected_month.code == 3
    assert "validate: validate ditolak\nvalidate was rejected\n" in rejected_month.output
    assert "Traceback" not in rejected_month.output


def test_after_rejected_data_nothing_is_measured_or_stored(rejected_month: Run) -> None:
    assert rejected_month.calls[-1] == "validate kota-contoh 2025-03"
    assert "tidak dijalankan / not run: measure, store, report, announce" in rejected_month.output


def test_a_failed_run_keeps_its_log_and_says_where(rejected_month: Run) -> None:
    log = Path(rejected_month.output.rsplit("Log: ", 1)[1].strip())
    assert list((rejected_month.home / "airflow").iterdir()) == [log]
    assert "Retry policy decision" in log.read_text(encoding="utf-8")


def test_rejected_data_are_not_tried_again(rejected_without_sources: Run) -> None:
    assert rejected_without_sources.code != 0
    assert rejected_without_sources.calls.count("validate kota-contoh 2024") == 1


def test_a_city_without_sources_still_meets_the_checks(rejected_without_sources: Run) -> None:
    cleaned = {f"clean kota-contoh {table} 2024" for table in TABLES}
    assert cleaned <= set(rejected_without_sources.calls)


def test_a_period_that_is_none_ends_with_code_2_before_airflow_starts(checkout: Checkout) -> None:
    run = checkout.run(*RUN_DAG, "kota-contoh", "2025-13")
    assert (run.code, run.calls, (run.home / "airflow").exists()) == (2, [], False)
    assert "Period '2025-13' is not known" in run.output


@pytest.mark.parametrize("kept_in", ["environment", "airflow"])
def test_a_connection_reaches_the_step_wherever_it_is_kept(checkout: Checkout, tmp_path: Path, kept_in: str) -> None:
    kept = {"conn_type": "https", "host": "statistik.example", "password": "rahasia-4711"}
    backend = tmp_path / "connections.json"
    backend.write_text(json.dumps({"portal": kept}))
    ways = {
        "environment": {"AIRFLOW_CONN_PORTAL": json.dumps(kept)},
        "airflow": {
            "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(backend)}),
        },
    }
    run = checkout.run(
        *RUN_DAG, "kota-contoh", "2025", sources=("upik",), more={"CONNECTION": "portal", **ways[kept_in]}
    )
    assert run.code == 0, run.output
    assert "fetch kota-contoh upik 2025 https://statistik.example 12" in run.calls
    assert "rahasia-4711" not in run.output


@pytest.mark.parametrize(
    ("call", "period"),
    [
        ("fill.function('kota-contoh', params={'first': '2025-03', 'last': '2025-03'})", "2025-03"),
        ("restate.function('kota-contoh', '2026-02')", "2025"),
    ],
)
def test_tasks_that_compute_many_periods_have_the_connections_kept_in_airflow(
    checkout: Checkout, tmp_path: Path, call: str, period: str
) -> None:
    backend = tmp_path / "connections.json"
    backend.write_text(json.dumps({"portal": {"conn_type": "https", "host": "statistik.example", "password": "4711"}}))
    more = {
        "CONNECTION": "portal",
        "PYTHONPATH": f"{checkout.root}:{checkout.root / 'dags'}",
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(backend)}),
    }
    run = checkout.run(sys.executable, "-c", f"import indicator_flow; indicator_flow.{call}", more=more)
    assert run.code == 0, run.output
    assert f"fetch kota-contoh all {period} https://statistik.example 4" in run.calls


def test_a_connection_nobody_keeps_ends_with_code_2_and_its_variable(checkout: Checkout) -> None:
    run = checkout.run(*RUN_DAG, "kota-contoh", "2025", sources=("upik",), more={"CONNECTION": "portal"})
    assert run.code == 2
    assert "AIRFLOW_CONN_PORTAL" in run.output


def test_a_rule_file_at_fault_does_not_keep_the_scheduler_from_starting(tmp_path: Path, checkout: Checkout) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(checkout.root, root)
    (root / "expectations" / "visits.json").write_text("{", "utf-8")
    done = Checkout(root).run(sys.executable, "-c", "from pipeline.preload import preload; preload()")
    assert (done.code, done.output) == (0, "")


@pytest.fixture(scope="module")
def told(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mailbox, list[Run]]]:
    """A webhook, and the runs of one warehouse: two that fail, one with the webhook refusing, one that is well."""
    folder = tmp_path_factory.mktemp("told")
    cities = shutil.copytree(checkout.root / "cities", folder / "cities")
    settings = cities / "kota-contoh.yaml"
    settings.write_text(settings.read_text("utf-8") + "\nnotify: [{connection: obrolan, language: en}]\n", "utf-8")
    more = {"TOLOK_CITIES": str(cities), "TOLOK_WAREHOUSE": f"sqlite:///{folder / 'warehouse.sqlite'}"}
    with webhook() as box:
        more["AIRFLOW_CONN_OBROLAN"] = box.address
        box.is_refusing = True
        runs = [checkout.run(*RUN_DAG, "kota-contoh", "2025-03", faults={"validate": "DataRejected"}, more=more)]
        box.is_refusing = False
        runs += [
            checkout.run(*RUN_DAG, "kota-contoh", "2025-03", faults=faults, more=more)
            for faults in ({"validate": "DataRejected"}, {"validate": "DataRejected"}, {})
        ]
        yield box, runs


def test_a_failure_is_told_at_once_and_once_and_so_is_its_end(told: tuple[Mailbox, list[Run]]) -> None:
    box, _ = told
    (failed, reason), (well, over) = box.messages
    assert (failed, well) == ("Tolok kota-contoh: 1 to look at", "Tolok kota-contoh: 1 well again")
    assert "- validate · 2025-03: validate was rejected\n  Log: http" in reason
    assert "/dags/kota-contoh_monthly/runs/" in reason
    assert over == "WELL AGAIN\n- A run failed: validate · 2025-03"


def test_a_message_that_cannot_be_sent_changes_no_run(told: tuple[Mailbox, list[Run]]) -> None:
    _, runs = told
    assert [run.code for run in runs] == [3, 3, 3, 0]
    assert "validate: validate ditolak\nvalidate was rejected\n" in runs[0].output
