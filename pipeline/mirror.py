"""A home in object storage: a folder of this machine mirrors it, so that several machines work on the same files.

Files are made and read in the folder. What is published there is copied to the storage, the list of a folder after its
other files; what others may have written is brought before it is read. Where the home is a folder nothing is done.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.settings import Settings

if TYPE_CHECKING:
    from connectors.objects import Storage

# Hashes of visitors and their key leave no machine.
_STAYS_HERE = "log-summaries"
_FOUND_WHOLE = "found-whole"


def push(path: Path, *, last: str = "", only_new: bool = False) -> bool:
    """Copy a published file, or a folder with its file `last` at the end, to the storage.

    With `only_new` what is there already stands, and the answer is false.
    """
    storage = _storage_of(path)
    if storage is None:
        return True
    if only_new and storage.has(_key(path / last)):
        return False
    if path.is_file():
        return storage.put(path, _key(path), only_new=only_new)
    for file in sorted(path.rglob("*"), key=lambda file: (file.name == last, file)):
        if file.is_file():
            storage.put(file, _key(file))
    return True


def is_in_storage(path: Path) -> bool:
    """Whether a path of the home stands for one in a storage."""
    return _storage_of(path) is not None


def pull(path: Path) -> None:
    """Bring a file as it is in the storage now; gone there is gone here."""
    storage = _storage_of(path)
    if storage is not None and not _bring(storage, path):
        path.unlink(missing_ok=True)


def pull_once(path: Path, *, last: str = "") -> None:
    """Bring a file that is named by its content, or such a folder with the list `last`, unless it is here."""
    storage = None if path.exists() else _storage_of(path)
    if storage is None:
        return
    if not last:
        _bring(storage, path)
    elif storage.has(_key(path / last)):
        for file in names(path, "*"):
            _bring(storage, file)


def pull_again(path: Path) -> bool:
    """Bring a file that is not whole here; false where there is nothing to bring it from."""
    storage = _storage_of(path)
    return storage is not None and _bring(storage, path)


def is_whole_in_storage(path: Path, sha256: str, *, may_trust: bool = False) -> bool:
    """Whether the storage holds the bytes of this hash; true for a home that is a folder.

    They are read to their end, but where this machine `may_trust` what it found: nobody wrote there since.
    """
    storage = _storage_of(path)
    if storage is None:
        return True
    note, state = _note_of(path), storage.state(_key(path))
    if may_trust and state is not None and note.is_file() and note.read_text("utf-8") == state:
        return True
    if state is None or storage.sha256(_key(path)) != sha256:
        note.unlink(missing_ok=True)
        return False
    note.parent.mkdir(0o700, parents=True, exist_ok=True)
    note.write_text(state, "utf-8")
    return True


def names(folder: Path, pattern: str) -> list[Path]:
    """The files below a folder that fit a pattern such as `*/*.json`, here or in the storage, by name."""
    storage = _storage_of(folder)
    if storage is None:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    depth, home = len(Path(pattern).parts), Settings.from_environment().home
    found = [home / key for key in storage.names(_key(folder))]
    below = [(path, path.relative_to(folder)) for path in found]
    return sorted(path for path, inside in below if len(inside.parts) == depth and inside.match(pattern))


def remove(folder: Path, *, first: str = "") -> None:
    """Take a folder out of the storage, its file `first` before the others."""
    storage = _storage_of(folder)
    if storage is not None:
        for key in sorted(storage.names(_key(folder)), key=lambda key: not key.endswith(f"/{first}")):
            storage.remove(key)


def remove_file(path: Path) -> None:
    """Take a file away, out of the storage before this machine."""
    storage = _storage_of(path)
    if storage is not None:
        storage.remove(_key(path))
    path.unlink(missing_ok=True)


def end_uploads(home: Path, *, begun_before: datetime) -> None:
    """Take out of a home's storage what killed machines began to copy there before a moment."""
    storage = _storage_of(home)
    if storage is not None:
        storage.end_uploads(begun_before=begun_before)


def has(path: Path, *, last: str = "") -> bool:
    """Whether a file, or a folder by its file `last`, is kept: in the storage, or here where there is none."""
    storage = _storage_of(path)
    return (path / last).exists() if storage is None else storage.has(_key(path / last))


def _bring(storage: Storage, path: Path) -> bool:
    """A copy of a file, in one step; false when there is none."""
    path.parent.mkdir(0o750, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".pulled-", dir=path.parent)
    os.close(handle)
    try:
        is_there = storage.get(_key(path), Path(draft))
        if is_there:
            Path(draft).replace(path)
        return is_there
    finally:
        with suppress(FileNotFoundError):
            Path(draft).unlink()


def _note_of(path: Path) -> Path:
    """Where this machine keeps how a file in the storage was when its bytes were last found whole."""
    return Settings.from_environment().home / _FOUND_WHOLE / path.name


def _key(path: Path) -> str:
    return path.relative_to(Settings.from_environment().home).as_posix()


def _storage_of(path: Path) -> Storage | None:
    """Where a path of the home is kept for all machines; null for a home that is a folder, and for other paths."""
    settings = Settings.from_environment()
    if not settings.storage_url or not path.is_relative_to(settings.home) or _STAYS_HERE in path.parts:
        return None
    return _storage(settings.storage_url, os.getpid())


@lru_cache(maxsize=2)
def _storage(url: str, process_id: int) -> Storage:  # noqa: ARG001 its connections do not outlive a fork
    from connectors.objects import Storage

    return Storage(url)
