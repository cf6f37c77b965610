"""The processes of a service: each in a session of its own, ended with all that it left behind, started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

# Names the service and the part in the environment of each process and of all its descendants.
_MARK = "TOLOK_SERVICE_PART"
_GRACE_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 60.0
_LOG_BYTES = 10_000_000


@dataclass
class Part:
    """One process that is kept running; `end` names the signal that asks it to stop."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    end: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_seconds: float = 0.0

    def keep_running(self) -> None:
        """Start it when it does not run: at once, after a second failure later and later."""
        if self.process is None:
            self._start()
        elif self.process.poll() is not None and time.monotonic() >= self.started_at + self.wait_seconds:
            write(f"{self.name}: ended with code {self.process.returncode}, starting again")
            lived = time.monotonic() - self.started_at
            has_lasted = lived > 2 * _LONGEST_WAIT_SECONDS
            self.wait_seconds = 0.0 if has_lasted else min(_LONGEST_WAIT_SECONDS, 2 * self.wait_seconds + 1)
            self.kill_leftovers()
            self._start()
        rotate(self.log)

    def ask_to_stop(self) -> None:
        """Send the signal that lets it finish; without effect on one that does not run."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.end)

    def stop(self) -> None:
        """End it and all that it started: after a grace period by force."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process is not None:
                self.process.wait(_GRACE_SECONDS)
        self.kill_leftovers()
        self.process = None

    def kill_leftovers(self) -> None:
        """End by force whatever still carries the mark of this part."""
        kill_marked(self._mark)

    @property
    def _mark(self) -> str:
        return f"{self.folder}:{self.name}"

    def _start(self) -> None:
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**self.environment, _MARK: self._mark},
                start_new_session=True,
                **self.options,
            )


def kill_all(folder: Path) -> None:
    """End by force every process that a service in this folder left behind."""
    kill_marked(f"{folder}:")


def kill_marked(mark: str) -> None:
    """End by force the processes whose mark begins so, until none is left that can be ended."""
    for _ in range(5):
        found = list(_marked(mark))
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if not found:
            return
        psutil.wait_procs(found, timeout=5)


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK, "").startswith(mark) and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def rotate(log: Path) -> None:
    """Keep a log below a bound: its text moves to a second file, and the first goes on empty."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        shutil.copyfile(log, log.with_suffix(".1.log"))
        os.truncate(log, 0)


def wait_for(is_done: Callable[[], bool], *, seconds: float) -> bool:
    """Whether it came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def write(line: str) -> None:
    """A line with its moment for the service's own log."""
    sys.stdout.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {line}\n")
    sys.stdout.flush()
