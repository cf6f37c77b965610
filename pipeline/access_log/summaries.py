"""Summaries of log files kept on disk by what they were made from, so that no file is read twice for the same thing.

They hold keyed hashes of visitors, and lie beside the key in a folder that is the owner's only. Whatever is damaged or
missing is made anew.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from pipeline import shipped
from pipeline.access_log import parts
from pipeline.access_log.files import LogFile
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.summary import Summary
from pipeline.atomic import make_folder, publish, write_atomically
from pipeline.sealed import say_mended

# A year's figures are corrected within the next one.
DAYS_KEPT = 400
_DAYS_KEPT_OF_OTHER_CODE = 7
_KEY_BYTES = 24
_DIGEST_BYTES = 32
_KEY = "key"
_PROVEN, _UNPROVEN = ".summary", ".unproven"


class Summaries:
    """The summaries of a city's log files in a folder, or in memory without one.

    Those just made are taken for the same bytes in the same place only, until `confirm` says that the bytes had the
    hash they are known by. Where the disk refuses to keep some, they stay in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._in_memory: dict[str, bytes] = {}
        self._unproven: dict[Path, Path] = {}
        self._checked: set[Path] = set()

    @cached_property
    def key(self) -> bytes:
        """The key of the visitors' hashes, made once for a folder."""
        kept = read_checked(self._folder / _KEY) if self._folder else None
        key = bytes(kept) if kept else secrets.token_bytes(_KEY_BYTES)
        if self._folder and not kept:
            with suppress(OSError):
                make_folder(self._folder, mode=0o700)
                write_checked(self._folder / _KEY, key)
        return key

    def load(self, file: LogFile, *, nth: int, terms: LogTerms) -> Summary | None:
        """The summary of the file's nth part; null where there is none that can be trusted."""
        proven, unproven = self._names(file, nth=nth, terms=terms)
        for name in (proven, unproven):
            if name in self._in_memory:
                return Summary.decoded(self._in_memory[name])
            if name and self._home and (content := self._read(self._home / name)) is not None:
                if name == unproven and proven:
                    self._unproven[self._home / unproven] = self._home / proven
                return Summary.decoded(content)
        return None

    def _read(self, path: Path) -> memoryview | None:
        content = read_checked(path, is_checked=path in self._checked)
        self._checked |= {path} if content is not None else set()
        return content

    def save(self, summary: Summary, file: LogFile, *, nth: int, terms: LogTerms) -> None:
        """Keep the summary of the file's nth part."""
        proven, unproven = self._names(file, nth=nth, terms=terms)
        try:
            if not self._home:
                raise FileNotFoundError
            make_folder(self._home, mode=0o700)
            # Not synced yet: half of it would not have its hash.
            (self._home / unproven).touch(mode=0o600)
            (self._home / unproven).write_bytes(_checked(summary.encoded))
            self._checked.add(self._home / unproven)
            if proven:
                self._unproven[self._home / unproven] = self._home / proven
        except OSError:
            self._in_memory[unproven] = summary.encoded

    def confirm(self) -> None:
        """Say that all files whose summaries were asked for have the hashes they are known by; sweeps old ones."""
        for unproven, proven in self._unproven.items():
            with suppress(OSError):
                publish(unproven, proven)
        self._unproven.clear()
        self._sweep()

    def _sweep(self) -> None:
        if not self._folder or not self._folder.is_dir() or not self._home:
            return
        for path in self._folder.glob("*/*"):
            days = DAYS_KEPT if path.parent == self._home else _DAYS_KEPT_OF_OTHER_CODE
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - days * 86_400:
                    path.unlink()
        for folder in self._folder.glob("*/"):
            if folder != self._home and not any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)

    @cached_property
    def _home(self) -> Path | None:
        """The folder for this code and key."""
        if not self._folder:
            return None
        return self._folder / hashlib.sha256(code_sha256().encode() + self.key).hexdigest()[:16]

    def _names(self, file: LogFile, *, nth: int, terms: LogTerms) -> tuple[str, str]:
        """Names by the file's hash, empty where that is not known, and by its place."""
        settings = [repr(replace(terms, portal_id="")), parts.PART_BYTES, parts.BLOCK_BYTES, file.member, nth]
        state = file.path.stat()
        place = [file.sha256 or str(file.path), state.st_ino, state.st_mtime_ns, state.st_size]
        proven, unproven = _digest([file.sha256, *settings]) + _PROVEN, _digest([*place, *settings]) + _UNPROVEN
        return proven if file.sha256 else "", unproven


def read_checked(path: Path, *, is_checked: bool = False) -> memoryview | None:
    """What `write_checked` wrote, which is then taken for used; null where it is missing or damaged.

    What was checked a moment ago (`is_checked`) is not held against its hash again.
    """
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    content = memoryview(kept)[_DIGEST_BYTES:]
    if not is_checked and _content_hash(content) != kept[:_DIGEST_BYTES]:
        say_mended(id=f"ringkasan log {path.name} rusak", en=f"the log summary {path.name} was damaged")
        return None
    with suppress(OSError):
        path.touch()
    return content


def write_checked(path: Path, content: bytes) -> None:
    """Keep bytes behind their hash, for the owner only; raises `OSError` where the disk refuses."""
    write_atomically(path, _checked(content))


def _checked(content: bytes) -> bytes:
    return _content_hash(content) + content


def _content_hash(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


@cache
def code_sha256() -> str:
    """A hash of the code and the list of bots that summaries are made by."""
    code = shipped.code_sha256("connectors/**/*.py", "kernels/**/*.py", "pipeline/access_log/**/*.py")
    return hashlib.sha256(f"{version('crawler-user-agents')} {code}".encode()).hexdigest()
