"""Commands in processes of their own, forked from one that has imported all, and broken off at a chosen write."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.hold.home import tolok

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.mkdir", "os.rename", "os.link")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.hold.preloaded"])


class Running:
    """A command under way in a process of its own."""

    def __init__(self, *words: str, **arguments: Any) -> None:
        self._answer, sent = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_command, args=(sent, words, _environment()), kwargs=arguments, daemon=True
        )
        self._process.start()
        sent.close()

    def end(self) -> tuple[int, str, int]:
        """Its exit code, what it said, and how many writes it made; of a killed one the signal, negative."""
        try:
            code, said, writes_count = self._answer.recv()
        except EOFError:
            code, said, writes_count = 0, "", 0
        self._process.join()
        return code if self._process.exitcode == 0 else int(self._process.exitcode or 0), said, writes_count


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("TOLOK_")}


def _command(
    sent: Any,
    words: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    root: Path | None = None,
    breaks_at: int = 0,
    is_killed: bool = False,
) -> None:
    """Run `tolok`; below `root` the write of that number is refused, with all after it, or the last thing done."""
    os.environ.update(environment)
    writes = _Writes(root, breaks_at, _kill if is_killed else _refuse)
    code, said = tolok(*words)
    sent.send((code, said, writes.count))


class _Writes:
    """Counts what is about to be written below a folder: files opened, folders, names, syncs and commits."""

    def __init__(self, root: Path | None, breaks_at: int, break_off: Callable[[bool], None]) -> None:
        self.count, self._root, self._breaks_at, self._break_off = 0, str(root), breaks_at, break_off
        if root is not None:
            sync = os.fsync
            sys.addaudithook(self._hear)
            sa.event.listen(sa.Engine, "commit", lambda _: self._next(of_database=True))
            os.fsync = lambda handle: (self._next_at(str(Path(f"/proc/self/fd/{handle}").readlink())), sync(handle))[1]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        is_opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if is_opened or event in _CHANGES:
            self._next_at(str(arguments[0]))

    def _next_at(self, path: str) -> None:
        if path.startswith(self._root) and not path.endswith((".sqlite", "-wal", "-shm")):
            self._next()

    def _next(self, *, of_database: bool = False) -> None:
        self.count += 1
        if 0 < self._breaks_at <= self.count:
            self._break_off(of_database)


def _kill(_: bool) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _refuse(of_database: bool) -> None:
    if of_database:
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sa.exc.OperationalError("COMMIT", None, full)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
