"""What a disk holds at a moment, by which two moments are known to be alike, and images of it to go on from."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.hold.operations import Operation

# A file's name, what may be in it or its mode: what was made of files that land at another moment is named otherwise.
State = tuple[tuple[str, int, int], ...]
_BESIDE = re.compile(r"warehouse\.sqlite")
_OF_HASH, _OF_DRAFT = re.compile("[0-9a-f]{20,}"), re.compile(r"[a-z0-9_]{8}$")
_OF_TIME = re.compile(r"\b(19|20)\d\d(-\d\d)?\b|(?<=objects/)[0-9a-f]{2}")
_TIMES = {"run_id", "computed_at", "first_landed_at", "finished_at"}
_IS_DRAFT, _IN_DRAFT = re.compile(r"/\.(draft|pulled)-"), re.compile(r"/\.draft-[^/]*/")
# They tell the time.
_TIMED = ("status.html", "baru.xlsx")


def state(root: Path) -> State:
    """Names, sizes and modes of all below a folder but the warehouse."""
    return tuple(sorted(_entries(root)))


def _entries(root: Path) -> Iterator[tuple[str, int, int]]:
    for path in root.rglob("*"):
        if not _BESIDE.search(str(path)):
            is_sized, found = path.is_file() and path.name not in _TIMED, path.lstat()
            yield _alike(str(path.relative_to(root))), found.st_size if is_sized else -1, found.st_mode


def _alike(name: str) -> str:
    drawn = [_OF_DRAFT.sub("#", one) if ".draft-" in one or one.startswith("tmp") else one for one in name.split("/")]
    return _OF_HASH.sub("#", "/".join(drawn))


def rows(root: Path) -> dict[str, Any]:
    """What the warehouse of a home holds, read as it lies there: how many rows of each table, and all results."""
    path = root / "home" / "warehouse.sqlite"
    if not path.is_file():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [one["name"] for one in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, Any] = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in sorted(tables)
        }
        if "result" in tables:
            found["result"] = sorted(map(repr, map(_timeless, connection.execute("SELECT * FROM result"))))
    return found


def _timeless(row: sqlite3.Row) -> Mapping[str, Any]:
    return {name: row[name] for name in row.keys() if name not in _TIMES}  # noqa: SIM118 of a row


class Images:
    """What kill -9 would leave at each operation of a command: a copy of the folder wherever it differs from others.

    What lies in a draft is no difference: it is taken away whole, and its maker alone knows its name.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self._folder, self._commits_count = root, folder, 0
        self.by_state: dict[tuple[State, int], Path] = {}
        self.states: list[State] = []
        # What a kill could leave half written under its own name.
        self.in_place: set[str] = set()
        # The operations of each kind: on the same path or table, whatever the month, hash and draft.
        self.by_kind: dict[tuple[str, str], list[int]] = {}

    def __call__(self, operation: Operation) -> None:
        """Keep the image of the moment before an operation; told by `watched`."""
        found = state(self._root)
        self.states.append(found)
        # Of a transaction nothing is there before its commit.
        told = tuple(one for one in found if not _IN_DRAFT.search(one[0])), self._commits_count
        if told not in self.by_state:
            image = self._folder / str(operation.nth)
            shutil.copytree(self._root, image, symlinks=True)
            self.by_state[told] = image
        self.by_kind.setdefault(self._kind(operation), []).append(operation.nth)
        self._commits_count += operation.what == "commit"
        if operation.what == "open" and not _IS_DRAFT.search(operation.path):
            self.in_place.add(_alike(str(Path(operation.path).relative_to(self._root))))

    def _kind(self, operation: Operation) -> tuple[str, str]:
        return operation.what, _OF_TIME.sub("#", _alike(operation.path.removeprefix(str(self._root))))
