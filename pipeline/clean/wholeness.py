"""Whether a clean table on disk is still what was written: the hash and row count of each of its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

import pyarrow.parquet as pq

from pipeline.landing import hash_of

LIST = "dataset.json"


class KeptFile(TypedDict):
    """What is remembered of a file: the hash of its bytes, and of a Parquet file its rows."""

    sha256: str
    rows: int | None


_State = tuple[tuple[str, int, int], ...]
# Folders found whole, and the state they were in: each step of a run reads the same ones.
_whole: dict[Path, _State] = {}


def kept_files(folder: Path) -> dict[str, KeptFile]:
    """Every file of a folder but the list of them, by name."""
    return {path.name: _kept(path) for path in sorted(_files(folder)) if path.name != LIST}


def damaged_files(folder: Path, listed: Mapping[str, KeptFile]) -> list[str]:
    """Names of files that are gone, were added or are not what was written."""
    state = _state(folder)
    if _whole.get(folder) == state:
        return []
    found = {name for name, _, _ in state} - {LIST}
    damaged = found ^ set(listed)
    damaged |= {name for name in found & set(listed) if not _is_as_listed(folder / name, listed[name])}
    if not damaged:
        _whole[folder] = state
    return sorted(damaged)


def _is_as_listed(path: Path, listed: KeptFile) -> bool:
    return hash_of(path) == listed["sha256"] and _rows(path) == listed["rows"]


def _kept(path: Path) -> KeptFile:
    return {"sha256": hash_of(path), "rows": _rows(path)}


def _rows(path: Path) -> int | None:
    return int(pq.read_metadata(path).num_rows) if path.suffix == ".parquet" else None


def _state(folder: Path) -> _State:
    """What changes when a file of the folder is written to."""
    states = [(path.name, path.stat()) for path in _files(folder)]
    return tuple(sorted((name, state.st_size, state.st_mtime_ns) for name, state in states))


def _files(folder: Path) -> Iterator[Path]:
    """All but notes of a count that goes on."""
    return (path for path in folder.iterdir() if path.is_file())
