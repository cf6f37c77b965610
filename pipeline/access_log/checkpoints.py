"""Checkpoints of a count on disk, from which the next run resumes an interrupted one.

They hold keyed hashes of visitors and the key, are readable by their owner only and are removed once the count is done;
they never hold an address.
"""

from __future__ import annotations

import hashlib
import pickle
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.atomic import write_atomically

_KEY_BYTES = 24
_DIGEST_BYTES = 32
_DAYS_KEPT = 7
_ENDING = "-checkpoints"


@dataclass(frozen=True)
class Checkpoints:
    """The folder with one count's checkpoints, of which each share writes its own at most every `every_seconds`.

    The folder's name must change with the files, the settings and the code. A damaged checkpoint is ignored, and a
    count continues where none can be written.
    """

    folder: Path
    every_seconds: float = 20

    @classmethod
    def beside(cls, target: Path, *, source: str) -> Checkpoints:
        """The checkpoints of one source, in a hidden folder beside the result's future place."""
        return cls(target.with_name(f".{target.name}{_ENDING}") / source)

    def key(self) -> bytes:
        """The interrupted count's key for hashing visitors, or a new one; raises `OSError` without a folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = self.load("key")
        if not isinstance(key, bytes):
            key = secrets.token_bytes(_KEY_BYTES)
            self.save("key", key)
        return key

    def load(self, name: str) -> object:
        """The state last saved under a name; null when there is none or it is damaged."""
        try:
            kept = (self.folder / name).read_bytes()
            content = kept[_DIGEST_BYTES:]
            is_whole = hashlib.sha256(content).digest() == kept[:_DIGEST_BYTES]
            return pickle.loads(content) if is_whole else None  # noqa: S301 only this account can write there
        except Exception:  # Other versions of the libraries may have written it
            return None

    def save(self, name: str, state: object) -> None:
        """Replace the state atomically; does nothing where the disk refuses."""
        content = pickle.dumps(state)
        with suppress(OSError):
            write_atomically(self.folder / name, hashlib.sha256(content).digest() + content)


class ShareCheckpoint:
    """One share's checkpoint, under a name that is the share's own; without `checkpoints` nothing is kept."""

    def __init__(self, checkpoints: Checkpoints | None, *, share: object) -> None:
        self._checkpoints = checkpoints
        self._name = hashlib.sha256(repr(share).encode()).hexdigest()
        self._saved_at = time.monotonic()

    def load(self) -> object:
        """The state last saved; null when there is none."""
        return self._checkpoints.load(self._name) if self._checkpoints else None

    def save(self, state: object) -> None:
        """Save the state, unless the last one was saved less than `every_seconds` ago."""
        if self._checkpoints and time.monotonic() - self._saved_at >= self._checkpoints.every_seconds:
            self._checkpoints.save(self._name, state)
            self._saved_at = time.monotonic()


def forget_checkpoints(target: Path) -> None:
    """Remove the checkpoints of a finished result, and those not written to for a week."""
    oldest = time.time() - _DAYS_KEPT * 86_400
    for folder in target.parent.glob(f".*{_ENDING}"):
        touched = max((path.stat().st_mtime for path in [folder, *folder.rglob("*")]), default=0)
        if folder.name == f".{target.name}{_ENDING}" or touched < oldest:
            shutil.rmtree(folder, ignore_errors=True)
