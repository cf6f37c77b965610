"""A disk as a power cut at any moment of a run leaves it: the next run ends as if nothing had been."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.verifying import verify
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city

pytestmark = [
    pytest.mark.power,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mkfs.ext4"), reason="mounts disks, which needs root"),
]
MOMENTS = int(os.environ.get("TOLOK_MOMENTS", "30"))
CITY, YEAR = "kota-uji", "2024"
TIMES = {"run_id", "computed_at", "first_landed_at", "finished_at"}
RUN = "from pipeline import steps; steps.run('kota-uji', '2024')"


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", image, at], check=True)
    try:
        yield at / "home"
    finally:
        subprocess.run(["umount", at], check=True)


def results(home: Path) -> list[dict[str, Any]]:
    found = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}").current(CITY, YEAR, is_whole=True)
    return [{name: value for name, value in row.items() if name not in TIMES} for row in found]


def _snapshot(image: Path, copy: Path, process: subprocess.Popen[bytes]) -> None:
    """What the disk holds at this moment; nothing of what the machine has yet to write to it."""
    process.send_signal(signal.SIGSTOP)
    shutil.copyfile(image, copy)
    while not filecmp.cmp(image, copy, shallow=False):
        shutil.copyfile(image, copy)
    process.send_signal(signal.SIGCONT)


def test_every_moment_of_a_run_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_city(tmp_path / "cities")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    image, moments, chance = tmp_path / "disk", [], random.Random(7)  # noqa: S311
    with image.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    with mounted(image, tmp_path / "mount") as home:
        process = subprocess.Popen([sys.executable, "-c", RUN], env=os.environ | {"TOLOK_HOME": str(home)})
        while process.poll() is None:
            # Imports come first and write nothing.
            if home.exists():
                moments.append(tmp_path / f"disk-{len(moments):03d}")
                _snapshot(image, moments[-1], process)
            time.sleep(chance.uniform(0.05, 0.4))
        assert process.returncode == 0
        wanted = results(home)
    half_done = 0
    for copy in sorted(chance.sample(moments, min(MOMENTS, len(moments)))):
        with mounted(copy, tmp_path / "mount") as home:
            monkeypatch.setenv("TOLOK_HOME", str(home))
            half_done += home.exists()
            steps.run(CITY, YEAR)
            assert results(home) == wanted
            assert verify(CITY, YEAR).findings == ()
            assert not [*home.rglob(".draft-*")]
    assert half_done
