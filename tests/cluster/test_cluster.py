"""Months and years of several cities on two workers, whose machines and stores are killed: as on a single machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from pipeline.periods import span
from pipeline.warehouse import Warehouse
from service.processes import Part, wait_for
from tests.acceptance.years_of_exports import write_city
from tests.cluster.cluster import ROOT, WORKERS, Cluster, cluster

pytestmark = pytest.mark.cluster

ZONES = {"kota-barat": "Asia/Jakarta", "kota-tengah": "Asia/Makassar", "kota-timur": "Asia/Jayapura"}
COUNT, MONTHS = map(int, os.environ.get("TOLOK_CLUSTER", "3x24").split("x"))
CITIES = dict(list(ZONES.items())[:COUNT])
FIRST = "2024-01"
LAST_YEAR, LAST_MONTH = 2024 + (MONTHS - 1) // 12, (MONTHS - 1) % 12 + 1
ASKED = (FIRST, f"{LAST_YEAR}-{LAST_MONTH:02d}") if MONTHS % 12 else (FIRST[:4], f"{LAST_YEAR}")
HOURS = 2
OUTAGE_SECONDS = 60
LONGEST_SECONDS = 120
# A task that is tried again has another id.
KEY = "concat_ws(' ', dag_id, run_id, task_id, map_index)"
TIMES = ("computed_at", "run_id")


def expected() -> list[str]:
    """The months, and with whole years those too."""
    return sorted(period.label for period in span(*ASKED))


def kills(made: Cluster) -> dict[str, Callable[[], None]]:
    """What happens on the way, each taking as long as it is away."""
    return {
        "worker": lambda: _kill_busy_worker(made),
        "scheduler": lambda: made.kill_part("service", "scheduler"),
        "queue": lambda: _away(made.queue),
        "storage": lambda: _away(made.storage),
    }


def _kill_busy_worker(made: Cluster) -> None:
    """Of two workers one that has a task in hand."""
    made.kill_part(next(iter(_busy(made)), WORKERS[0]), "worker")


def _busy(made: Cluster) -> list[str]:
    """The workers that have a task in hand, which they name in the list of processes; waiting for a turn is none."""
    held = _ask(made, "SELECT id::text FROM task_instance WHERE state = 'running' AND task_id <> 'wait'", [])
    names = {row[0] for row in held}
    return [name for name in WORKERS if any(title.split()[-1] in names for title in made.titles(name, "worker"))]


def _away(part: Part) -> None:
    part.kill_leftovers()
    time.sleep(OUTAGE_SECONDS)
    part.keep_running()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def made(folder: Path) -> Iterator[Cluster]:
    """The cluster, when it has done all; `seconds.json` says how long after each kill it went on."""
    cities = folder / "cities"
    for city, zone in CITIES.items():
        write_city(cities, city, zone=zone, first_month=FIRST)
    total = len(expected()) * len(CITIES)
    started_at = time.monotonic()
    with cluster(folder, cities=cities) as running:
        seconds = {}
        planned = kills(running) if MONTHS >= 6 else {}
        for number, (name, kill) in enumerate(planned.items(), start=1):
            _wait(running, partial(_has_done, running, number * total // (len(planned) + 2)))
            _wait(running, partial(_busy, running))
            held = _held(running)
            kill()
            seconds[name] = _until_all_go_on(running, held)
            print(f"\n{name}: after {seconds[name]:.0f} s all go on", flush=True)  # noqa: T201
        _wait(running, partial(_has_done, running, total))
        print(f"\n{total} periods in {(time.monotonic() - started_at) / 60:.1f} minutes", flush=True)  # noqa: T201
        (folder / "seconds.json").write_text(json.dumps(seconds), "utf-8")
        yield running


def _wait(made: Cluster, is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + HOURS * 3600
    while not is_so():
        made.keep_running()
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(3)


def _has_done(made: Cluster, count: int) -> bool:
    """Whether so many of the periods have ended their run well."""
    query = "SELECT count(*) FROM dag_run WHERE state = 'success' AND partition_key = ANY(%s) AND dag_id = ANY(%s)"
    dags = [f"{city}_{kind}" for city in CITIES for kind in ("monthly", "annual")]
    return int(_ask(made, query, [expected(), dags])[0][0]) >= count


def _held(made: Cluster) -> list[Any]:
    """The tasks that are under way. One that only waits for its turn comes and goes."""
    query = f"SELECT {KEY} FROM task_instance WHERE state IN ('running', 'queued') AND task_id <> 'wait'"
    return [row[0] for row in _ask(made, query, [])]


def _until_all_go_on(made: Cluster, held: list[Any]) -> float:
    """Seconds until each task that was under way has ended well or begun again, and each city has ended a new one."""
    back_at: datetime = _ask(made, "SELECT now()", [])[0][0]
    ended = "SELECT count(*) FROM task_instance WHERE state = 'success' AND start_date > %s AND dag_id LIKE %s"
    stuck = (
        f"SELECT {KEY}, state FROM task_instance "
        f"WHERE {KEY} = ANY(%s) AND NOT (state = 'success' OR (state = 'running' AND start_date > %s))"
    )

    def all_go_on() -> bool:
        made.keep_running()
        is_free = not _ask(made, stuck, [held, back_at])
        return is_free and all(_ask(made, ended, [back_at, f"{city}_%"])[0][0] for city in CITIES)

    started_at = time.monotonic()
    assert wait_for(all_go_on, seconds=900), _ask(made, stuck, [held, back_at])
    return time.monotonic() - started_at


def _ask(made: Cluster, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with psycopg.connect(made.metadata_url) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def results(warehouse_url: str, city: str) -> list[dict[str, Any]]:
    """All that is stored of the periods of a city, but for moments and names of runs."""
    rows = Warehouse(warehouse_url).current(city, is_whole=True)
    lasting = [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
    found = json.loads(json.dumps(lasting, default=str))
    return [row for row in found if row["period"] in expected()]


def test_each_kill_is_over_within_two_minutes(
    made: Cluster, folder: Path, row: Callable[[str, str, str], None]
) -> None:
    seconds = json.loads((folder / "seconds.json").read_text("utf-8"))
    assert sorted(seconds) == (sorted(kills(made)) if MONTHS >= 6 else [])
    assert {name: spent for name, spent in seconds.items() if spent > LONGEST_SECONDS} == {}
    if seconds:
        tried = f"kill -9 of {', '.join(seconds)} in a cluster that runs {MONTHS} months of {COUNT} cities"
        row("Crash", tried, f"all go on after {', '.join(f'{spent:.0f}' for spent in seconds.values())} s")


def test_each_period_ran_once_on_both_workers(made: Cluster) -> None:
    query = "SELECT dag_id, partition_key, count(*) FROM dag_run WHERE partition_key = ANY(%s) GROUP BY 1, 2"
    runs = _ask(made, query, [expected()])
    assert len(runs) == len(expected()) * len(CITIES)
    assert {count for _, _, count in runs} == {1}
    assert all((made.folder / name / "mirror" / "landing").is_dir() for name in WORKERS)


def test_the_service_shows_the_pages_that_its_workers_made(made: Cluster) -> None:
    address = made.environment["TOLOK_API"]
    word = json.loads((made.folder / "service" / "service" / "logins.json").read_text("utf-8"))["admin"]
    token = requests.post(f"{address}/auth/token", json={"username": "admin", "password": word}, timeout=60).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    pages = [f"{address}/tolok/{city}/{expected()[-1]}.html" for city in CITIES]
    assert {requests.get(page, headers=headers, timeout=60).status_code for page in pages} == {200}


@pytest.mark.parametrize("city", CITIES)
def test_the_results_are_those_of_a_single_machine_in_one_version(made: Cluster, folder: Path, city: str) -> None:
    alone = {"TOLOK_HOME": str(folder / "alone"), "TOLOK_CITIES": made.environment["TOLOK_CITIES"]}
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "backfill", city]
    subprocess.run([*command, *ASKED], env=os.environ | alone | {"TOLOK_WAREHOUSE": ""}, check=True, cwd=ROOT)
    expected_rows = results(f"sqlite:///{folder / 'alone' / 'warehouse.sqlite'}", city)
    found = results(made.warehouse_url, city)
    assert {row["period"] for row in found} == set(expected())
    assert {row["version"] for row in found} == {1}
    assert found == expected_rows


@pytest.mark.parametrize("city", CITIES)
def test_a_machine_that_has_nothing_vouches_for_them(made: Cluster, city: str) -> None:
    for period in [label for label in expected() if len(label) == 4] or expected()[-1:]:
        done = made.command(f"fresh-{city}", "verify", city, period)
        assert done.returncode == 0, done.stdout + done.stderr
