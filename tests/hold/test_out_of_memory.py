"""A run that gets no more memory says so, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.hold import IS_FULL, of_form
from tests.hold.home import CITY, MONTH, city_at, drafts, history, tolok

# Who has imported all may take so many MiB more.
MEBIBYTES = (1, 40, 72, 88, 104, 120)
LIMITED = """
import resource, sys
from pathlib import Path
import pipeline.steps
from pipeline.cli import main
from pipeline.preload import preload
preload()
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv.pop(1)) * 2**20,) * 2)
main()
"""
FAULTS = (MemoryError(), RuntimeError("can't start new thread"))
STEPS = of_form(("clean",), full=("fetch", "clean", "validate", "measure", "store", "report"))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", of_form(FAULTS[:1], full=FAULTS), ids=repr)
def test_a_step_without_memory_is_told_and_heals(step: str, fault: Exception, tmp_path: Path) -> None:
    with city_at(tmp_path):
        with patch(f"pipeline.steps.running.{step}", side_effect=fault):
            code, said = tolok("run", CITY, MONTH)
        assert code == 4
        assert "kehabisan memori" in said
        assert "out of memory" in tolok("status", CITY)[1]
        assert tolok("run", CITY, MONTH)[0] == 0
        assert drafts(tmp_path) == []


@pytest.mark.skipif(not IS_FULL, reason="takes half a minute: make test-hold")
def test_a_worker_of_little_memory_is_told_and_heals(tmp_path: Path, row: Callable[[str, str, str], None]) -> None:
    refused_count = 0
    for limit in MEBIBYTES:
        with city_at(tmp_path / str(limit)):
            ended = subprocess.run(
                [sys.executable, "-c", LIMITED, str(limit), "run", CITY, MONTH],
                check=False,
                capture_output=True,
                text=True,
                timeout=600,
            )
            assert ended.returncode in (0, 4), ended.stderr
            assert "tak terduga" not in ended.stderr
            assert "Traceback" not in ended.stderr
            refused_count += ended.returncode == 4
            assert tolok("run", CITY, MONTH)[0] == 0
            assert [one["version"] for one in history()] == [1, 1, 1, 1]
            assert drafts(tmp_path) == []
    assert refused_count
    row(
        "Crash",
        f"a worker that gets {', '.join(map(str, MEBIBYTES))} MiB more than it begins with",
        f"{refused_count} of {len(MEBIBYTES)} told with advice, none unexpected, the next run ends well",
    )
