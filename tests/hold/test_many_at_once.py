"""Many runs of one period at once make one version, and readers beside them see one state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hold import IS_FULL, of_form
from tests.hold.apart import Running
from tests.hold.home import CITY, MONTH, city_at, drafts, history, tolok


@pytest.mark.parametrize("count", of_form((2,), full=(2, 8, 32)))
def test_runs_of_one_period_make_one_version(
    count: int, tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        running = [Running("run", CITY, MONTH) for _ in range(count)]
        ended = [one.end() for one in running]
        assert [said for code, said, _ in ended if code != 0] == []
        assert [one["version"] for one in history()] == [1, 1, 1, 1]
        assert sum("v1, perhitungan pertama" in said for _, said, _ in ended) == 1
        assert tolok("verify", CITY, MONTH)[0] == 0
        assert drafts(tmp_path) == []
    database = warehouse_url.partition(":")[0]
    row("Concurrency", f"{count} runs of one month at once, {database}", "one version each, all exit 0")


@pytest.mark.skipif(not IS_FULL, reason="takes a minute: make test-hold")
def test_other_work_beside_a_run_gives_the_same(
    tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    """A year, a backfill with the same months, and readers, all at once."""
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        assert tolok("run", CITY, "2024-02")[0] == 0
        work = [
            Running("backfill", CITY, "2024-01", "2024-12"),
            Running("run", CITY, MONTH),
            Running("run", CITY, "2024"),
            Running("dashboard", CITY),
        ]
        readers = [Running("show", CITY, "2024-02", "--json") for _ in range(20)]
        readers.append(Running("verify", CITY, "2024-02"))
        ended = [one.end() for one in (*work, *readers)]
        assert [said for code, said, _ in ended if code != 0] == []
        shown = {json.dumps(json.loads(said)) for _, said, _ in ended[len(work) : -1]}
        assert len(shown) == 1
        assert {one["version"] for one in history()} == {1}
        assert drafts(tmp_path) == []
    database = warehouse_url.partition(":")[0]
    row(
        "Concurrency",
        f"backfill, month, year, pages and {len(readers)} readers at once, {database}",
        "one version of each result, readers see one state",
    )
