"""Commands in processes of their own, forked from this one, which has imported all, and broken off where asked."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.leftovers import sweep_leftovers
from tests.hold.home import tolok
from tests.hold.operations import Operation, watched

Tell = Callable[[Operation], None]
_CONTEXT = multiprocessing.get_context("fork")


class Running:
    """A command under way in a process of its own; below `root` each of its operations is told to `tell`."""

    def __init__(
        self,
        *words: str,
        root: Path | None = None,
        tell: Tell | None = None,
        run: Callable[..., tuple[int, Any]] = tolok,
    ) -> None:
        self._answer, sent = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_command, args=(sent, words, root, tell, run), daemon=True)
        self._process.start()
        sent.close()

    @property
    def process_id(self) -> int:
        return int(self._process.pid or 0)

    def kill(self) -> None:
        """By the signal that asks nobody."""
        self._process.kill()

    def end(self) -> tuple[int, Any]:
        """Its exit code and what it said; of a killed one the signal, negative."""
        try:
            code, said = self._answer.recv()
        except EOFError:
            code, said = 0, ""
        self._process.join()
        return code if self._process.exitcode == 0 else int(self._process.exitcode or 0), said


def end(*words: str, **how: Any) -> tuple[int, Any]:
    """What a command in a process of its own ends with."""
    return Running(*words, **how).end()


def _command(
    sent: Any, words: Sequence[str], root: Path | None, tell: Tell | None, run: Callable[..., tuple[int, Any]]
) -> None:
    sweep_leftovers.cache_clear()  # As of a process that has just begun.
    with ExitStack() as watching:
        if root and tell:
            watching.enter_context(watched(root, tell))
        sent.send(run(*words))


def killing(at: int) -> Tell:
    """Ends the process at the operation of that number, as nobody can hinder."""

    def tell(operation: Operation) -> None:
        if operation.nth == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def refusing(at: int, *, is_lasting: bool = True) -> Tell:
    """A disk that is full at the operation of that number, and from then on unless it is not `is_lasting`."""

    def tell(operation: Operation) -> None:
        if operation.nth < at or (operation.nth > at and not is_lasting) or operation.takes_away:
            return
        if operation.is_of_database:
            raise _full(operation.what)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return tell


def _full(statement: str) -> sa.exc.OperationalError:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    return sa.exc.OperationalError(statement, None, full)
