"""How far the counting of access logs has come, kept on disk so that a count that was interrupted goes on from there.

What is kept are numbers of visitors and the key they were made with, for the owner's eyes only and gone when the count
is done; an address is never kept.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_KEY_BYTES = 24
_DIGEST_BYTES = 32
_DAYS_KEPT = 7
_ENDING = "-checkpoints"


@dataclass(frozen=True)
class Checkpoints:
    """Where the shares of one count note how far they are, `every_seconds` or more apart.

    The folder's name must change with the files, the settings and the code. What is damaged, or another share's, is as
    good as not there; and a count goes on where nothing can be noted.
    """

    folder: Path
    every_seconds: float = 20

    @classmethod
    def beside(cls, target: Path, *, source: str) -> Checkpoints:
        """Of one source, for the folder that is to hold the result."""
        return cls(target.with_name(f".{target.name}{_ENDING}") / source)

    def key(self) -> bytes:
        """The visitors' key of the count that was interrupted, or a new one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = self.load("key")
        if not isinstance(key, bytes):
            key = secrets.token_bytes(_KEY_BYTES)
            self.save("key", key)
        return key

    def load(self, name: str) -> object:
        """What was last saved under a name; null when there is nothing, or not all of it."""
        try:
            kept = (self.folder / name).read_bytes()
            content = kept[_DIGEST_BYTES:]
            is_whole = hashlib.sha256(content).digest() == kept[:_DIGEST_BYTES]
            return pickle.loads(content) if is_whole else None  # noqa: S301 only this account can write there
        except Exception:  # What other versions of the libraries wrote is as good as not there
            return None

    def save(self, name: str, state: object) -> None:
        """Keep the state in place of the one before, old or new but never half."""
        content = pickle.dumps(state)
        with suppress(OSError):
            handle, draft = tempfile.mkstemp(prefix=".", dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.folder / name)


class Notes:
    """One share's notes of its progress, under a name that tells it from every other share."""

    def __init__(self, checkpoints: Checkpoints | None, *, share: object) -> None:
        self._checkpoints = checkpoints
        self._name = hashlib.sha256(repr(share).encode()).hexdigest()
        self._noted_at = time.monotonic()

    def last(self) -> object:
        """What was last noted; null when nothing was."""
        return self._checkpoints.load(self._name) if self._checkpoints else None

    def note(self, state: object) -> None:
        """Keep the state, unless the last one was kept just now."""
        if self._checkpoints and time.monotonic() - self._noted_at >= self._checkpoints.every_seconds:
            self._checkpoints.save(self._name, state)
            self._noted_at = time.monotonic()


def forget_checkpoints(target: Path) -> None:
    """Remove what was kept for a result that is there now, and what no count has touched for a week."""
    oldest = time.time() - _DAYS_KEPT * 86_400
    for folder in target.parent.glob(f".*{_ENDING}"):
        touched = max((path.stat().st_mtime for path in [folder, *folder.rglob("*")]), default=0)
        if folder.name == f".{target.name}{_ENDING}" or touched < oldest:
            shutil.rmtree(folder, ignore_errors=True)
