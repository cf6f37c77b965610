"""What a command does to disk and database below a folder, told before each operation is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import sqlalchemy as sa

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_PLACING = ("os.mkdir", "os.rename", "os.link", "os.symlink")
_REMOVING = ("os.remove", "os.rmdir", "os.chmod", "os.truncate")
_READS = ("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
# Of these what is made does not tell them apart.
_MAKING = ("CREATE", "DROP", "ALTER")
_heard: list[_Watch] = []


class Operation(NamedTuple):
    """One operation about to be done, on a path or a table; what only takes away needs no room on a disk."""

    nth: int
    what: str
    path: str

    @property
    def is_of_database(self) -> bool:
        return self.what in ("statement", "commit")

    @property
    def takes_away(self) -> bool:
        return self.what in _REMOVING


class _Watch:
    def __init__(self, root: Path, tell: Callable[[Operation], None]) -> None:
        self._root, self._tell, self.count, self._is_telling = str(root), tell, 0, False

    def next_at(self, what: str, path: str) -> None:
        if path.startswith(self._root) and ".sqlite" not in path:
            self.next(what, path)

    def next(self, what: str, path: str = "") -> None:
        if self._is_telling:
            return
        self.count, self._is_telling = self.count + 1, True
        try:
            self._tell(Operation(self.count, what, path))
        finally:
            self._is_telling = False


@contextmanager
def watched(root: Path, tell: Callable[[Operation], None]) -> Iterator[_Watch]:
    """Tell of each operation below a folder, and on any database, while the block lasts; what it raises is raised."""
    _listen()
    sync = os.fsync

    def told_sync(handle: int) -> None:
        watch.next_at("sync", os.readlink(f"/proc/self/fd/{handle}"))  # noqa: PTH115 of a handle
        sync(handle)

    watch = _Watch(root, tell)
    with patch("os.fsync", told_sync):
        _heard.append(watch)
        try:
            yield watch
        finally:
            _heard.remove(watch)


def _listen() -> None:
    """Once in a process: a hook of the interpreter stays."""
    if not sa.event.contains(sa.Engine, "commit", _commit):
        sys.addaudithook(_hear)
        sa.event.listen(sa.Engine, "commit", _commit)
        sa.event.listen(sa.Engine, "before_cursor_execute", _statement)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _heard:
        return
    is_opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
    if is_opened or event in _PLACING or event in _REMOVING:
        for watch in _heard:
            # A path may be a number of an open file, whose opening was told.
            watch.next_at(event, os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else "")


def _commit(_: sa.Connection) -> None:
    for watch in _heard:
        watch.next("commit")


def _statement(_: sa.Connection, __: Any, statement: str, *___: Any) -> None:
    if not statement.lstrip().upper().startswith(_READS):
        for watch in _heard:
            words = statement.split()
            watch.next("statement", " ".join(words[: 2 if words[0] in _MAKING else 3]))
