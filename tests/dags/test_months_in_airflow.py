"""A real scheduler catches up the months of two cities, one at fault for a while; the steps only name their calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from airflow_process import Checkout
from scheduler import Airflow, airflow_service, wait_until

from pipeline.periods import Period, span
from tests.acceptance.years_of_exports import write_city
from tests.mailbox import Mailbox, webhook

pytestmark = pytest.mark.airflow

MISSING, UNREACHABLE = "fetch kota-barat meja 2024-05", "fetch kota-barat meja 2024-06"


def months_before_this(count: int) -> list[str]:
    """The last whole months, the oldest first; on the first two days of a month the newest may not be due yet."""
    today, months = datetime.now(UTC).date(), []
    month = Period(today.year, today.month).month_before
    while month and len(months) < count:
        months.append(month.label)
        month = month.month_before
    return months[::-1]


MONTHS = months_before_this(2)
DUE = MONTHS if datetime.now(UTC).day > 3 else MONTHS[:-1]


@pytest.fixture(scope="module")
def chat() -> Iterator[Mailbox]:
    with webhook() as box:
        yield box


@pytest.fixture(scope="module")
def airflow(checkout: Checkout, chat: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    folder = tmp_path_factory.mktemp("service")
    west = write_city(folder / "cities", "kota-barat", zone="Asia/Jakarta", first_month=MONTHS[0])
    late = write_city(folder / "cities", "kota-timur", zone="Asia/Jayapura", first_month=MONTHS[0])
    for settings in (west, late):
        settings.write_text(settings.read_text("utf-8") + "notify: [{connection: obrolan, language: en}]\n", "utf-8")
    sound = late.read_text("utf-8")
    late.write_text(sound.replace("Asia/Jayapura", "Asia/Jayakarta"), "utf-8")
    faults = {MISSING: "FileMissing", UNREACHABLE: "SourceUnavailable"}
    more = {"FAULTS": json.dumps(faults), "SOURCES": json.dumps(["portal", "meja"])}
    more["AIRFLOW_CONN_OBROLAN"] = chat.address
    with airflow_service(folder, root=checkout.root, more=more) as airflow:
        wait_until(lambda: len(_of_schedule(airflow, "kota-barat_monthly")) > 0, seconds=120)
        airflow.trigger("kota-timur_monthly", conf={"period": "2024-03"})
        wait_until(lambda: _states(airflow, "kota-timur_monthly") == ["failed"], seconds=120)
        late.write_text(sound, "utf-8")
        airflow.trigger("kota-barat_monthly", conf={"period": "2024-03"})
        airflow.trigger("kota-barat_monthly", dag_run_id="sendiri-1", partition_key="2024-04")
        airflow.trigger("kota-barat_monthly", conf={"period": "2024-05"})
        airflow.trigger("kota-barat_annual", conf={"period": "2024"})
        airflow.command(
            *("backfill", "create", "--dag-id", "kota-barat_monthly", "--max-active-runs", "3"),
            *("--from-date", "2023-10-01", "--to-date", "2023-12-01"),
        )
        yield airflow


def _of_schedule(airflow: Airflow, dag_id: str) -> list[dict[str, Any]]:
    return [run for run in airflow.runs(dag_id) if run["run_type"] == "scheduled"]


def _states(airflow: Airflow, dag_id: str) -> list[str]:
    return [run["state"] for run in airflow.runs(dag_id)]


def _wait_for_the_end(airflow: Airflow, dag_id: str, *, runs_count: int) -> list[dict[str, Any]]:
    def has_ended() -> bool:
        states = _states(airflow, dag_id)
        return len(states) >= runs_count and not {"queued", "running"} & set(states)

    wait_until(has_ended, seconds=300)
    return airflow.runs(dag_id)


@pytest.mark.parametrize(
    ("kind", "to_date", "last"),
    [("monthly", "2021-12-31", "2021-12"), ("monthly", "2021-12-01", "2021-11"), ("annual", "2021-12-31", "2021")],
)
def test_airflows_own_backfill_means_each_period_of_seven_years_but_a_last_month_that_ends_too_early(
    airflow: Airflow, kind: str, to_date: str, last: str
) -> None:
    asked = {
        "dag_id": f"kota-barat_{kind}",
        "from_date": "2015-01-01T00:00:00Z",
        "to_date": f"{to_date}T00:00:00Z",
        "reprocess_behavior": "none",
        "dag_run_conf": {},
        "run_backwards": False,
        "max_active_runs": 1,
    }
    planned = [run["partition_key"] for run in airflow.post("backfills/dry_run", asked)["backfills"]]
    every = [period.label for period in span("2015", "2021") if len(period.label) == len(last)]
    assert planned == every[: every.index(last) + 1]


def test_months_missed_are_caught_up_once_and_in_order(airflow: Airflow) -> None:
    runs = _wait_for_the_end(airflow, "kota-barat_monthly", runs_count=len(DUE) + 5)
    scheduled = [run for run in runs if run["run_type"] == "scheduled"]
    assert [run["partition_key"] for run in scheduled] == DUE
    assert {run["state"] for run in scheduled} == {"success"}


def test_a_city_at_fault_fails_with_its_fault_and_catches_up_when_mended(airflow: Airflow) -> None:
    runs = _wait_for_the_end(airflow, "kota-timur_monthly", runs_count=len(DUE) + 1)
    by_hand, *scheduled = runs
    assert by_hand["state"] == "failed"
    assert [(run["partition_key"], run["state"]) for run in scheduled] == [(month, "success") for month in DUE]
    tasks = airflow.get(f"dags/kota-timur_monthly/dagRuns/{by_hand['dag_run_id']}/taskInstances")["task_instances"]
    states = {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}
    assert states["resolve"] == ("failed", 1)
    log = next(airflow.logs.glob(f"airflow/logs/dag_id=kota-timur_monthly/run_id={by_hand['dag_run_id']}/*/*.log"))
    text = log.read_text("utf-8")
    assert "zona waktu 'Asia/Jayakarta' tidak dikenal" in text
    assert "unknown time zone" in text


def test_each_period_is_announced_under_its_own_key_however_it_was_started(airflow: Airflow) -> None:
    _wait_for_the_end(airflow, "kota-barat_monthly", runs_count=len(DUE) + 5)
    _wait_for_the_end(airflow, "kota-timur_monthly", runs_count=len(DUE) + 1)
    _wait_for_the_end(airflow, "kota-barat_annual", runs_count=1)
    found: dict[str, list[str]] = {}
    for event in airflow.get("assets/events?limit=500")["asset_events"]:
        found.setdefault(event["uri"], []).append(event["partition_key"])
    assert {uri: sorted(keys) for uri, keys in found.items()} == {
        # The backfill's last day came before December's, as the DAG's page says.
        "tolok://kota-barat/month": sorted([*DUE, "2023-10", "2023-11", "2024-03", "2024-04"]),
        "tolok://kota-barat/year": ["2024"],
        "tolok://kota-timur/month": DUE,
    }


def test_a_missing_file_fails_at_once_under_the_name_of_its_source(airflow: Airflow) -> None:
    runs = _wait_for_the_end(airflow, "kota-barat_monthly", runs_count=len(DUE) + 5)
    failed = [run for run in runs if run["state"] == "failed"]
    assert [run["conf"] for run in failed] == [{"period": "2024-05"}]
    path = f"dags/kota-barat_monthly/dagRuns/{failed[0]['dag_run_id']}/taskInstances"
    tasks = {task["task_id"]: (task["state"], task["try_number"]) for task in airflow.get(path)["task_instances"]}
    assert (tasks["fetch.portal"], tasks["fetch.meja"]) == (("success", 1), ("failed", 1))
    assert tasks["fetch.penduduk"] == ("skipped", 1)


def test_what_failed_was_told_once_and_that_the_city_at_fault_is_well_again(airflow: Airflow, chat: Mailbox) -> None:
    _wait_for_the_end(airflow, "kota-barat_monthly", runs_count=len(DUE) + 5)
    _wait_for_the_end(airflow, "kota-timur_monthly", runs_count=len(DUE) + 1)
    # People are told after the state of a task is known.
    wait_until(lambda: len(_told(chat, "kota-timur", "- Settings at fault")) > 0, seconds=60)
    (reason,) = _told(chat, "kota-barat", "- fetch.meja")
    assert "- fetch.meja · 2024-05: fetch was rejected\n  Log: http" in reason
    (reason,) = _told(chat, "kota-timur", "SETTINGS AT FAULT")
    assert "unknown time zone" in reason
    (_,) = _told(chat, "kota-timur", "WELL AGAIN\n- Settings at fault")


def test_the_watch_looks_at_every_city_and_tells_of_no_month_that_runs_may_be_filling(
    airflow: Airflow, chat: Mailbox
) -> None:
    told = []
    for run_id in ("sendiri-1", "sendiri-2"):
        airflow.trigger("tolok_watch", dag_run_id=run_id)
        wait_until(partial(_is_well, airflow, f"dags/tolok_watch/dagRuns/{run_id}"), seconds=180)
        told.append(list(chat.messages))
    assert told[0] == told[1]
    for city in ("kota-barat", "kota-timur"):
        # The steps only name their calls, so that no month has a result; runs of these cities ended a minute ago.
        seen = Path(airflow.environment["TOLOK_HOME"], "runs", city, "seen.json")
        assert any("period_missing" in key for key in json.loads(seen.read_text("utf-8")))
        assert _told(chat, city, "DID NOT COME") == []


def _told(chat: Mailbox, city: str, words: str) -> list[str]:
    """The texts of the messages about a city with these words."""
    return [text for subject, text in chat.messages if city in subject and words in text]


def _is_well(airflow: Airflow, run: str) -> bool:
    return bool(airflow.get(run)["state"] == "success")


def test_a_server_that_does_not_answer_is_asked_again_within_minutes_and_holds_no_other_city(
    airflow: Airflow,
) -> None:
    asked_at = time.time()
    run_id = airflow.trigger("kota-barat_monthly", conf={"period": "2024-06"})
    path = f"dags/kota-barat_monthly/dagRuns/{run_id}/taskInstances"

    def waiting() -> list[dict[str, Any]]:
        tasks = airflow.get(path)["task_instances"]
        return [task for task in tasks if task["state"] == "up_for_retry"]

    wait_until(lambda: bool(waiting()), seconds=120)
    assert [task["task_id"] for task in waiting()] == ["fetch.meja"]
    other = airflow.trigger("kota-timur_monthly", conf={"period": "2024-07"})
    wait_until(lambda: airflow.get(f"dags/kota-timur_monthly/dagRuns/{other}")["state"] == "success", seconds=120)
    calls = (Path(airflow.environment["TOLOK_HOME"]) / "calls").read_text("utf-8")
    # Once again soon, then at most each minute.
    assert calls.count(UNREACHABLE) <= 2 + (time.time() - asked_at) / 60
