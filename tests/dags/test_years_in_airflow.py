"""A real scheduler, the real steps: two years of three cities, one at fault for a while, and a backfill beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from scheduler import Airflow, airflow_service, wait_until

from pipeline.periods import span
from pipeline.warehouse import Warehouse
from tests.acceptance.years_of_exports import write_city
from tests.mailbox import webhook

pytestmark = [pytest.mark.airflow, pytest.mark.service]

ZONES = {"kota-barat": "Asia/Jakarta", "kota-tengah": "Asia/Makassar", "kota-timur": "Asia/Jayapura"}
FIRST, LAST = "2024", "2025"
# The seven years before them: by the form in one task, the last by the command, in a run for each period.
BY_FORM, BY_COMMAND = ("2017", "2022"), ("2023", "2023")
BACKFILL = (BY_FORM[0], BY_COMMAND[1])
HOURS = 1
# The files of cities are looked at less often than by default in these tests: that costs as much as the runs do.
MORE = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "20"}
# Late answers of the year before this are looked for from February on.
TODAY = datetime.now(UTC).date()
IS_WINDOW_OPEN = TODAY.month > 1 and str(TODAY.year - 1) == LAST
TOLOK = (sys.executable, "-c", "from pipeline.cli import main; main()")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("years")


@pytest.fixture(scope="module")
def backfilled(folder: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """What the backfill beside the schedule said; when the block begins, both have done their years."""
    cities = {
        city: write_city(folder / "cities", city, zone=zone, first_month="2024-01") for city, zone in ZONES.items()
    }
    late = cities["kota-timur"]
    sound = late.read_text("utf-8")
    sound += "notify: [{connection: obrolan, language: en, kinds: settings_at_fault}]\n"
    late.write_text(sound.replace("Asia/Jayapura", "Asia/Jaya"), "utf-8")
    with (
        webhook() as box,
        airflow_service(folder, more={**MORE, "AIRFLOW_CONN_OBROLAN": box.address}) as airflow,
    ):
        wait_until(lambda: _done(airflow, "kota-barat_monthly")["2024-02"] > 0, seconds=900, every=5)
        for _ in range(2):
            airflow.trigger("tolok_watch")
        wait_until(lambda: len(box.messages) > 0, seconds=300)
        late.write_text(sound, "utf-8")
        airflow.trigger("kota-tengah_backfill", conf=dict(zip(("first", "last"), BY_FORM, strict=True)))
        with _backfilling(airflow, folder / "backfill.log") as backfill:
            for city in ("kota-barat", "kota-timur", "kota-tengah"):
                wait_until(partial(_has_all, airflow, city), seconds=HOURS * 3600, every=10)
                if city == "kota-tengah":
                    backfill.wait(HOURS * 3600)
                    wait_until(lambda: _done(airflow, "kota-tengah_backfill").total() > 0, seconds=HOURS * 3600)
                # The months of the running year take the machine from the others.
                airflow.command("dags", "pause", f"{city}_monthly")
        (folder / "runs.json").write_text(json.dumps(_runs(airflow)), "utf-8")
        _copy_warehouse(airflow, folder / "scheduled.json")
        (folder / "messages.json").write_text(json.dumps(box.messages), "utf-8")
        (folder / "restated.json").write_text(json.dumps(_restated(airflow, late)), "utf-8")
        yield subprocess.CompletedProcess(
            backfill.args, backfill.returncode, stdout=(folder / "backfill.log").read_text("utf-8")
        )


@contextmanager
def _backfilling(airflow: Airflow, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = airflow.environment | {"AIRFLOW_CONN_TOLOK_AIRFLOW": airflow.connection}
    command = [*TOLOK, "backfill", "kota-tengah", *BY_COMMAND, "--airflow"]
    with log.open("w") as said, subprocess.Popen(command, env=environment, stdout=said, stderr=said) as backfill:
        try:
            yield backfill
        finally:
            backfill.kill()


def _done(airflow: Airflow, dag_id: str) -> Counter[str]:
    return Counter(run["partition_key"] for run in airflow.runs(dag_id) if run["state"] == "success")


def _has_all(airflow: Airflow, city: str) -> bool:
    done = _done(airflow, f"{city}_monthly") + _done(airflow, f"{city}_annual")
    return all(done[period.label] for period in span(FIRST, LAST))


def _runs(airflow: Airflow) -> dict[str, list[dict[str, Any]]]:
    return {f"{city}_{kind}": airflow.runs(f"{city}_{kind}") for city in ZONES for kind in ("monthly", "annual")}


def _copy_warehouse(airflow: Airflow, target: Path) -> None:
    warehouse = Warehouse(airflow.environment["TOLOK_WAREHOUSE"])
    rows = [row for city in ZONES for row in warehouse.current(city, is_whole=True)]
    target.write_text(json.dumps([_lasting(row) for row in rows], default=str), "utf-8")


def _restated(airflow: Airflow, settings: Path) -> list[list[str]]:
    """Period and indicator of what a late answer gave a second version, once the window for it is open."""
    if not IS_WINDOW_OPEN:
        return []
    inquiries = settings.parent / "data" / "kota-timur" / f"pengaduan-{LAST}.csv"
    on_time = inquiries.read_text("utf-8")
    inquiries.write_text(f"{on_time}{LAST}1299,Aplikasi,{LAST}-12-20 08:00,{LAST}-12-29 08:00\n", "utf-8")
    settings.write_text(settings.read_text("utf-8").replace("schedule: {", "schedule: {restate_months: 11, "), "utf-8")
    wait_until(lambda: _has_run(airflow, "kota-timur_restate"), seconds=900, every=5)
    inquiries.write_text(on_time, "utf-8")
    rows = Warehouse(airflow.environment["TOLOK_WAREHOUSE"]).current("kota-timur", is_whole=True)
    assert {row["version"] for row in rows} == {1, 2}
    return sorted([row["period"], row["indicator"]] for row in rows if row["version"] == 2)


def _has_run(airflow: Airflow, dag_id: str) -> bool:
    """Whether a run has ended well of a DAG that need not be there yet."""
    found = airflow.get("dags/~/dagRuns?limit=500&order_by=-start_date&state=success")["dag_runs"]
    return any(run["dag_id"] == dag_id for run in found)


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    """A result without the moment of its computing and the run."""
    return {name: value for name, value in row.items() if name not in ("computed_at", "run_id")}


def _expected(city: str) -> set[str]:
    own = {period.label for period in span(FIRST, LAST)}
    return own | ({period.label for period in span(*BACKFILL)} if city == "kota-tengah" else set())


def test_the_backfill_beside_the_schedule_did_all_it_was_asked_for(
    backfilled: subprocess.CompletedProcess[str],
) -> None:
    assert backfilled.returncode == 0, backfilled.stdout
    assert f"{len(span(*BY_COMMAND))} periods computed, 0 skipped" in backfilled.stdout


@pytest.mark.usefixtures("backfilled")
def test_each_city_ran_each_month_and_year_once_in_order(folder: Path) -> None:
    runs = json.loads((folder / "runs.json").read_text("utf-8"))
    for city in ZONES:
        for kind, length in (("monthly", 7), ("annual", 4)):
            scheduled = [run for run in runs[f"{city}_{kind}"] if run["run_type"] == "scheduled"]
            keys = [run["partition_key"] for run in scheduled if run["partition_key"] < "2026"]
            assert keys == [period.label for period in span(FIRST, LAST) if len(period.label) == length]


@pytest.mark.usefixtures("backfilled")
def test_there_is_one_version_of_each_and_the_state_of_a_single_command(folder: Path) -> None:
    scheduled = json.loads((folder / "scheduled.json").read_text("utf-8"))
    assert {row["version"] for row in scheduled} == {1}
    home = {"TOLOK_HOME": str(folder / "alone"), "TOLOK_CITIES": str(folder / "cities"), "TOLOK_WAREHOUSE": ""}
    for city in ZONES:
        for first, last in (BACKFILL, (FIRST, LAST)) if city == "kota-tengah" else ((FIRST, LAST),):
            subprocess.run([*TOLOK, "backfill", city, first, last], env=os.environ | home, check=True)
        alone = Warehouse(f"sqlite:///{folder / 'alone' / 'warehouse.sqlite'}").current(city, is_whole=True)
        expected = json.loads(json.dumps([_lasting(row) for row in alone], default=str))
        assert {row["period"] for row in expected} == _expected(city)
        found = [row for row in scheduled if row["city"] == city and row["period"] in _expected(city)]
        assert found == expected


@pytest.mark.usefixtures("backfilled")
def test_the_alert_of_the_city_at_fault_came_once_and_so_did_its_end(folder: Path) -> None:
    (told, reason), (over, _) = json.loads((folder / "messages.json").read_text("utf-8"))
    assert (told, over) == ("Tolok kota-timur: 1 to look at", "Tolok kota-timur: 1 well again")
    assert "unknown time zone" in reason


@pytest.mark.skipif(not IS_WINDOW_OPEN, reason=f"late answers of {LAST} are looked for in the year after it")
@pytest.mark.usefixtures("backfilled")
def test_a_late_answer_restates_its_month_and_year_and_nothing_else(folder: Path) -> None:
    found = json.loads((folder / "restated.json").read_text("utf-8"))
    assert found == [[LAST, "inquiry_response"], [f"{LAST}-12", "inquiry_response"]]
