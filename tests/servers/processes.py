"""Starts and stops the real servers of these tests: each a process group with a folder and a log of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres import NOBODY, free_port

__all__ = ["NOBODY", "Clock", "free_port", "listens", "needs", "run", "running", "wait_until"]

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
TAIL_CHARACTERS = 3000
FAKETIME = Path(f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1")


def needs(*programs: str, package: str) -> None:
    """Skip the test when a program (a name or a path) of a package is not there; `make test-servers` fails."""
    missing = [program for program in programs if not _is_there(program)]
    if not missing:
        return
    reason = f"{', '.join(missing)} missing: install {package} (scripts/install_servers.sh)"
    if os.environ.get("TOLOK_SERVERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running(
    *command: object,
    folder: Path,
    until: Callable[[], object],
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server from the moment `until` is true of it; ended with all its children, whatever happens in between.

    It runs in `folder`, in the foreground, and writes `folder`/<program>.log. As root, `user` names whom to run as.
    """
    log = folder / f"{Path(str(command[0])).name}.log"
    # `extra_groups` only as root: another user may not set groups.
    who = {"user": user, "group": user, "extra_groups": []} if user is not None and os.geteuid() == 0 else {}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": SEARCH_PATH, **(environment or {})},
            start_new_session=True,
            **who,  # type: ignore[call-overload]
        )
    try:
        wait_until(lambda: process.poll() is not None or until(), what=f"{command[0]} to answer", log=log)
        if process.returncode is not None:
            pytest.fail(f"{command[0]} ended with {process.returncode} before it answered\n{_tail(log)}")
        yield process
    finally:
        _end(process)


@dataclass(frozen=True)
class Clock:
    """The clock of the servers started with its `environment`: it stands where it was set, so values are exact.

    A real server is led through a year in seconds. One that waits for time to pass by its own clock hangs: let the
    clock run on from the moment with `is_running`, or leave that server its real clock.
    """

    file: Path

    def set(self, moment: datetime, *, is_running: bool = False) -> None:
        """Set to a moment with a time zone."""
        text = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        if is_running:
            text = f"{moment.timestamp() - time.time():+.3f}"
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        needs("faketime", package="faketime")
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }


def wait_until(
    probe: Callable[[], object], *, what: str, seconds: float = 60, log: Path | None = None, pause: float = 0.1
) -> None:
    """Return once `probe` is true; until then an OSError (a refused request, a missing file) counts as false."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError):
            if probe():
                return
        time.sleep(pause)
    pytest.fail(f"waited {seconds:.0f} s for {what}\n{_tail(log)}")


def listens(port: int) -> Callable[[], bool]:
    """A probe: whether someone takes connections on a loopback port."""

    def probe() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True

    return probe


def run(*command: object, **options: object) -> str:
    """The standard output of a command that must succeed; its errors are shown when it does not."""
    done = subprocess.run(  # type: ignore[call-overload]
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        **{"timeout": 120, "env": {**os.environ, "PATH": SEARCH_PATH}, **options},
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return str(done.stdout)


def _is_there(program: str) -> bool:
    return Path(program).exists() if "/" in program else shutil.which(program, path=SEARCH_PATH) is not None


def _tail(log: Path | None) -> str:
    return log.read_text("utf-8", errors="replace")[-TAIL_CHARACTERS:] if log and log.is_file() else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group politely, then by force, and wait for the last of it: children may outlive the first process."""
    with suppress(ProcessLookupError):
        for kind, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            os.killpg(process.pid, kind)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)  # raises once nobody is left
                time.sleep(0.05)
