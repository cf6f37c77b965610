"""A run that is stopped or killed leaves nothing half-made, and the next one goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.exports import YAML, write_city
from tests.acceptance.test_backfill import environment

RUN = ("run", "kota-uji", "2024")
# A shell starts a background job with SIGINT ignored, and so would this suite's child; a terminal's job has it.
TOLOK = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from pipeline.cli import main; main()"
# Both threads show that they have begun, then wait in place of counting until nobody wants to know any more.
STUCK = (
    "import os; from pathlib import Path; from pipeline.access_log import count, parts; count.BYTES_WORTH_SHARING = 1; "
    "parts.PART_BYTES = 1000; begun = Path(os.environ['TOLOK_HOME'], 'begun'); "
    "count.Summariser.summaries = lambda self, *_, **__: [begun.touch(), self.is_over.wait(600)][:0]; "
    f"{TOLOK}"
)
# All is landed and clean by then, and what came last is on the disk whole.
AT_VALIDATION = (
    "import os; from pathlib import Path; from pipeline.steps import running; "
    f"running.validate = lambda *_: [Path(os.environ['TOLOK_HOME'], 'begun').touch(), input()]; {TOLOK}"
)
# Neither a copy of raw bytes nor a clean table can be made.
UNABLE = (
    "from pipeline.landing import objects; from pipeline.clean import dataset; "
    "objects.publish = dataset.MonthFiles = None; "
)
LOG = b'10.0.0.%d - - [%02d/Mar/2024:10:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "Mozilla/5.0 (X11)"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city whose portal is counted from an access log."""
    write_city(tmp_path / "cities")
    (tmp_path / "cities" / "data" / "access.log").write_bytes(b"".join(LOG % (n, n) for n in range(1, 29)))
    begin, end = YAML.index("  portal:"), YAML.index("  layanan:")
    portal = "  portal: {table: visits, path: data/access.log, format: access_log}\n"
    (tmp_path / "cities" / "kota-uji.yaml").write_text(YAML[:begin] + portal + YAML[end:], "utf-8")
    return tmp_path


def started(folder: Path, code: str) -> subprocess.Popen[str]:
    """A run in a process group of its own, as a terminal's is."""
    command = [sys.executable, "-c", code, *RUN]
    given = environment(folder, "home")
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=given, text=True, start_new_session=True, **pipes)


def stuck(folder: Path) -> subprocess.Popen[str]:
    """A run in the midst of counting."""
    run = started(folder, STUCK)
    until(lambda: (folder / "home" / "begun").is_file())
    return run


def until(look: Callable[[], int]) -> int:
    for _ in range(1200):
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError


def drafts(folder: Path) -> list[Path]:
    return list((folder / "home").rglob(".draft-*"))


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["by a service manager", "by Ctrl-C"])
def test_a_stopped_run_says_so_and_leaves_no_draft(folder: Path, stop: signal.Signals) -> None:
    run = stuck(folder)
    assert drafts(folder), "stopped before anything was begun"
    # A terminal tells the whole group.
    (os.killpg if stop == signal.SIGINT else os.kill)(run.pid, stop)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Traceback" not in said
    assert "perintah yang sama melanjutkan" in said
    assert "the same command goes on" in said
    assert drafts(folder) == []


def test_the_next_run_sweeps_what_a_killed_one_left_half_made(folder: Path) -> None:
    run = stuck(folder)
    run.kill()
    run.communicate()
    assert drafts(folder)
    assert finished(folder) == 0
    assert drafts(folder) == []


def test_the_next_run_does_not_make_again_what_a_killed_one_had_finished(folder: Path) -> None:
    run = started(folder, AT_VALIDATION)
    until(lambda: (folder / "home" / "begun").is_file())
    run.kill()
    run.communicate()
    before = made(folder)
    assert len(before) == 10
    assert finished(folder, UNABLE) == 0
    assert made(folder) == before


def finished(folder: Path, first: str = "") -> int:
    """The exit code of a run that is left alone; `first` is done before it."""
    command = [sys.executable, "-c", first + TOLOK, *RUN]
    return subprocess.run(command, env=environment(folder, "home"), capture_output=True, check=False).returncode


def made(folder: Path) -> dict[Path, int]:
    """Landed files and clean tables with what tells one from another of the same name."""
    home = folder / "home"
    landed = [path for path in home.glob("landing/objects/*/*") if not path.suffix]
    tables = [path for path in home.glob("clean/kota-uji/*/*") if (path / "dataset.json").is_file()]
    return {path: path.stat().st_ino for path in (*landed, *tables)}
