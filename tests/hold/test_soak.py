"""One process that runs months, years and backfills for long grows neither in memory nor in what it holds open."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from tests.hold import IS_FULL
from tests.hold.home import CITY, city_at, drafts, tolok

MONTHS, YEARS, BACKFILLS = int(os.environ.get("TOLOK_SOAK_MONTHS", "60")), 5, 34
# Until each month and a year have come, caches are filled and memory grows by some 2 MiB a round.
WARM, MOST_MIB_A_ROUND = 24, 0.5


class Held(NamedTuple):
    """What a process holds after a round."""

    memory_mib: float
    descriptors: int
    connections: int
    temporary: int


def held() -> Held:
    process = psutil.Process()
    return Held(
        process.memory_info().rss / 2**20,
        process.num_fds(),
        len(process.net_connections()),
        len([*Path(tempfile.gettempdir()).iterdir()]),
    )


def due(nth: int, count: int) -> bool:
    """Whether in this round one of so many is due, spread evenly over all rounds."""
    return (nth + 1) * count // MONTHS > nth * count // MONTHS


def work(nth: int, exports: Path) -> None:
    """A month of a file that is new in each round; now and then its year, and a backfill."""
    month = f"2024-{nth % 12 + 1:02d}"
    with (exports / "pengaduan.csv").open("a", encoding="utf-8") as file:
        file.write(f"{1000 + nth};Aplikasi;3 Jan 2024 08:00;3 Jan 2024 {9 + nth % 12:02d}:00;Warga\n")
    asked = [("run", CITY, month)]
    asked += [("run", CITY, "2024")] * due(nth, YEARS) + [("backfill", CITY, month, "--again")] * due(nth, BACKFILLS)
    for words in asked:
        code, said = tolok(*words)
        assert code == 0, said


@pytest.mark.skipif(not IS_FULL, reason="takes minutes: make test-hold")
def test_a_process_does_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    rounds = list[Held]()
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        for nth in range(MONTHS):
            work(nth, tmp_path / "cities" / "data")
            rounds.append(held())
        assert drafts(tmp_path) == []
    settled = np.array(rounds[WARM:], dtype=float)
    slopes = Held(*np.polyfit(np.arange(len(settled)), settled, 1)[0])
    first, last = rounds[WARM], rounds[-1]
    assert last.descriptors <= first.descriptors
    assert last.connections <= first.connections
    assert last.temporary == 0
    assert slopes.memory_mib < MOST_MIB_A_ROUND
    database = warehouse_url.partition(":")[0]
    row(
        "Operations",
        f"{MONTHS} months, {YEARS} years and {BACKFILLS} backfills in one process, every month a new file, {database}",
        f"from {first.memory_mib:.0f} to {last.memory_mib:.0f} MiB, a round {slopes.memory_mib:+.2f}; descriptors "
        f"{first.descriptors} to {last.descriptors}, connections {first.connections} to {last.connections}, temporary "
        f"files {first.temporary} to {last.temporary}",
    )
