"""One process that runs months, years and backfills for long grows neither in memory nor in what it holds open."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from tests.hold import IS_FULL
from tests.hold.home import CITY, city_at, drafts, tolok

MINUTES = float(os.environ.get("TOLOK_SOAK_MINUTES", "10"))
# The first rounds fill caches.
WARM, MOST_MIB_A_ROUND = 10, 0.5


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


def work(nth: int, exports: Path) -> None:
    """A month of a file that is new in each round; now and then its year, and a backfill."""
    month = f"2024-{nth % 10 + 1:02d}"
    with (exports / "pengaduan.csv").open("a", encoding="utf-8") as file:
        file.write(f"{1000 + nth};Aplikasi;3 Jan 2024 08:00;3 Jan 2024 {9 + nth % 12:02d}:00;Warga\n")
    asked = [("run", CITY, month)]
    asked += [("run", CITY, "2024")] * (nth % 12 == 11) + [("backfill", CITY, month, "--again")] * (nth % 3 == 2)
    for words in asked:
        code, said = tolok(*words)
        assert code == 0, said


@pytest.mark.skipif(not IS_FULL, reason="takes TOLOK_SOAK_MINUTES: make test-hold")
def test_a_process_does_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Callable[[str, str, str], None]
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    rounds, until = list[Held](), time.monotonic() + MINUTES * 60
    with city_at(tmp_path):
        while len(rounds) < 2 * WARM or time.monotonic() < until:
            work(len(rounds), tmp_path / "cities" / "data")
            rounds.append(held())
        assert drafts(tmp_path) == []
    settled = np.array(rounds[WARM:], dtype=float)
    slopes = Held(*np.polyfit(np.arange(len(settled)), settled, 1)[0])
    first, last = rounds[WARM], rounds[-1]
    assert last.descriptors <= first.descriptors
    assert last.connections <= first.connections
    assert last.temporary == 0
    assert slopes.memory_mib < MOST_MIB_A_ROUND
    row(
        "Operations",
        f"{len(rounds)} rounds of runs, years and backfills in one process, every round a new file",
        f"a round: memory {slopes.memory_mib:+.2f} MiB, descriptors {slopes.descriptors:+.2f}, connections "
        f"{slopes.connections:+.2f}, temporary files {slopes.temporary:+.2f}",
    )
