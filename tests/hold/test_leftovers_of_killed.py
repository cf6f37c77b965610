"""What a killed command leaves is gone at the next start, and what a living one works in stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.scratch import SCRATCH_PREFIX, scratch_folder
from pipeline.atomic import atomic_folder, discard, draft_file
from pipeline.leftovers import passing_folder, sweep_leftovers
from tests.hold import of_form
from tests.hold.home import CITY, MONTH, city_at, drafts, tolok

# Killed half way: `verify` where it has cleaned anew, `check` where it has measured in a home of its own.
KILLED = """
import os, signal, sys
from pipeline.cli import main
from pipeline.steps import retracing, validating
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
retracing.validated = validating.validated = die
sys.argv = ["tolok", *sys.argv[1:]]
main()
"""


def sweep(home: Path) -> None:
    sweep_leftovers.__wrapped__(home)


@pytest.mark.parametrize("command", of_form(("verify",), full=("verify", "check")))
def test_a_killed_command_leaves_nothing_after_the_next(
    command: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    with city_at(tmp_path) as home:
        assert tolok("run", CITY, MONTH)[0] == 0
        killed = subprocess.run([sys.executable, "-c", KILLED, command, CITY, MONTH], check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        left = drafts(tmp_path)
        assert left
        sweep(home)
        assert drafts(tmp_path) == []
    row("Crash", f"kill -9 inside tolok {command}, then the next start", f"{len(left)} left, none after it")


def test_what_living_commands_work_in_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        atomic_folder(home / "clean" / "dataset") as folder,
        draft_file(home / "landing" / "objects" / "incoming") as file,
        passing_folder(home / "rebuilt") as rebuilt,
        passing_folder(tmp_path / "tolok-check") as trial,
    ):
        folders = {"renamed": home / "clean", "rebuilt": home, "tolok-check": tmp_path}
        dead = [folder / f".draft-{name}-x1x2x3x4" for name, folder in folders.items()]
        for one in dead:
            one.mkdir()
            (one / "rows").touch()
        (tmp_path / ".draft-of-others").touch()
        sweep(home)
        assert all(path.exists() for path in (folder, file, rebuilt, trial, tmp_path / ".draft-of-others"))
        assert [path for path in dead if path.exists()] == []


def test_a_discarded_folder_of_a_killed_process_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clean" / "dataset").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        discard(tmp_path / "clean" / "dataset")
    assert drafts(tmp_path)
    sweep(tmp_path)
    assert drafts(tmp_path) == []


def test_of_the_temporary_folder_only_old_ones_of_ours_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = [tmp_path / "tolok-services.xlsx", tmp_path / "tolok-mine", tmp_path / f"{SCRATCH_PREFIX}link"]
    others[0].touch()
    others[1].mkdir()
    others[2].symlink_to(others[1])
    ages = {SCRATCH_PREFIX + "old": 25, SCRATCH_PREFIX + "new": 23}
    for name, hours in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "member").touch()
        os.utime(tmp_path / name, (time.time() - hours * 3600,) * 2)
    with scratch_folder() as own:
        sweep(tmp_path / "home")
        assert own.is_dir()
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / f"{SCRATCH_PREFIX}new"])


def test_what_others_call_a_draft_is_theirs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    theirs = [home / "arsip" / ".draft-surat", home / ".draft-catatan.md"]
    theirs[0].mkdir(parents=True)
    theirs[1].touch()
    left = home / ".draft-2025-01.json-a1_b2c3d"
    left.touch()
    sweep(home)
    assert [path.exists() for path in (*theirs, left)] == [True, True, False]
