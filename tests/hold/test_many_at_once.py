"""Many runs of one period at once make one version, and readers beside them see one state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipeline import steps
from tests.hold import IS_FULL, of_form
from tests.hold.apart import Running
from tests.hold.home import CITY, MONTH, city_at, collect, drafts, history, tolok

# How many versions are written while others read.
ROUNDS = 5


@pytest.mark.parametrize("count", of_form((2,), full=(2, 8, 32)))
def test_runs_of_one_period_make_one_version(
    count: int, tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        running = [Running("run", CITY, MONTH) for _ in range(count)]
        ended = [one.end() for one in running]
        assert [said for code, said in ended if code != 0] == []
        assert [one["version"] for one in history()] == [1, 1, 1, 1]
        assert sum("v1, perhitungan pertama" in said for _, said in ended) == 1
        assert tolok("verify", CITY, MONTH)[0] == 0
        assert drafts(tmp_path) == []
    database = warehouse_url.partition(":")[0]
    row("Concurrency", f"{count} runs of one month at once, {database}", "one version each, all exit 0")


@pytest.mark.skipif(not IS_FULL, reason="takes a minute: make test-hold")
def test_other_work_beside_a_run_gives_the_same(
    tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    """A year, a backfill with the same months, the nightly collecting, and readers, all at once."""
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        assert tolok("run", CITY, "2024-02")[0] == 0
        work = [
            Running("backfill", CITY, "2024-01", "2024-12"),
            Running("run", CITY, MONTH),
            Running("run", CITY, "2024"),
            Running("dashboard", CITY),
            *(Running(CITY, month, run=collect) for month in ("2024-02", MONTH)),
        ]
        readers = [Running("show", CITY, "2024-02", "--json") for _ in range(20)]
        readers.append(Running("verify", CITY, "2024-02"))
        ended = [one.end() for one in (*work, *readers)]
        assert [said for code, said in ended if code != 0] == []
        shown = {json.dumps(json.loads(said)) for _, said in ended[len(work) : -1]}
        assert len(shown) == 1
        assert {one["version"] for one in history()} == {1}
        assert drafts(tmp_path) == []
    database = warehouse_url.partition(":")[0]
    row(
        "Concurrency",
        f"backfill, month, year, collecting, pages and {len(readers)} readers at once, {database}",
        "one version of each result, readers see one state",
    )


@pytest.mark.parametrize("warehouse_url", of_form(["sqlite"], full=["sqlite", "postgresql"]), indirect=True)
def test_a_fetch_between_measure_and_store_binds_no_number_to_another_file(
    tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    store = steps.store

    def fetched_before(*asked: Any, **how: Any) -> Any:
        late_answer(tmp_path, 1)
        steps.fetch(CITY, "meja", MONTH)
        return store(*asked, **how)

    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        with patch("pipeline.steps.running.store", fetched_before):
            code, said = tolok("run", CITY, MONTH)
        assert code == 3
        assert "fetched newer files meanwhile" in said
        assert history() == []
        assert tolok("run", CITY, MONTH)[0] == 0
        assert [one["version"] for one in history()] == [1, 1, 1, 1]
        assert tolok("verify", CITY, MONTH)[0] == 0
    database = warehouse_url.partition(":")[0]
    row("Concurrency", f"a fetch of a newer file between measure and store, {database}", "refused, the next run stores")


@pytest.mark.skipif(not IS_FULL, reason="takes a minute: make test-hold")
def test_readers_of_results_being_written_see_one_version_with_its_files(
    tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        assert tolok("run", CITY, MONTH)[0] == 0
        seen = []
        for nth in range(ROUNDS):
            late_answer(tmp_path, nth)
            writer = Running("run", CITY, MONTH)
            readers = [Running("show", CITY, MONTH, "--json") for _ in range(8)]
            makers = [Running("report", CITY, MONTH, "--to", "json"), Running("dashboard", CITY)]
            assert [said for code, said in (one.end() for one in (writer, *makers)) if code != 0] == []
            seen += [json.loads(said) for _, said in (one.end() for one in readers)]
        kept = {(one["indicator_id"], one["version"]): one for one in history()}
    told = {
        (row["version"], row["value"], row["rows"]["read"]) for found in seen for row in found if row["rows"]["read"]
    }
    for found in seen:
        assert len(found) == 4
        for shown in found:
            assert shown["value"] == kept[shown["indicator"], shown["version"]]["value"]
            assert shown["rows"]["read"] == kept[shown["indicator"], shown["version"]]["rows_read"]
    database = warehouse_url.partition(":")[0]
    row(
        "Concurrency",
        f"{len(seen)} readers, reports and dashboards while {ROUNDS} versions are written, {database}",
        f"each saw four results of one version each as it is kept; {len(told)} different states seen",
    )


def late_answer(root: Path, nth: int) -> None:
    with (root / "cities" / "data" / "pengaduan.csv").open("a", encoding="utf-8") as file:
        file.write(f"{900 + nth};Aplikasi;3 Mar 2024 08:00;3 Mar 2024 {9 + nth:02d}:00;Warga\n")
