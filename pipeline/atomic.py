"""Files and folders written so that a reader, a crash or a power cut leaves the old or the new, never half."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from pipeline import mirror

# What people read is for a web server's group too; nothing is for everybody, whatever the umask.
GROUP_READS = 0o640
_GROUP_ENTERS = 0o750
_DRAFT = ".draft-"
# The last letters are those that the system chose; what others call a draft is theirs.
_A_DRAFT = re.compile(r"\.draft-.*-[a-z0-9_]{8}", re.DOTALL)


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Put the content in place of what a file held, for who `mode` names; the same text is not written again.

    Raises `OSError` where the disk refuses.
    """
    encoded = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == encoded:
        mirror.push(path)
        return
    with draft_file(path) as draft:
        draft.write_bytes(encoded)
        draft.chmod(mode)
        publish(draft, path)


def write_once(path: Path, content: bytes) -> bytes:
    """Put the content in a file unless it is there, on any machine; gives what stands in it.

    Raises `OSError` where the disk refuses.
    """
    with draft_file(path) as draft:
        draft.write_bytes(content)
        _sync(draft)
        with suppress(FileExistsError):
            os.link(draft, path)
            _sync(path.parent)
    if not mirror.push(path, only_new=True):
        mirror.pull(path)
    return path.read_bytes()


@contextmanager
def atomic_folder(target: Path, *, last: str = "") -> Iterator[Path]:
    """A fresh folder that becomes `target` in one step when the block ends well; the first to finish wins.

    In a storage its file `last` is written after all others.
    """
    with _draft_of(target, make=tempfile.mkdtemp) as draft:
        yield draft
        try:
            publish(draft, target, last=last)
        except OSError:
            if not target.is_dir():
                raise


def discard(folder: Path, *, first: str = "") -> None:
    """Take a folder away in one step, so that nobody finds half of it; in a storage its file `first` goes first."""
    mirror.remove(folder, first=first)
    aside = Path(tempfile.mkdtemp(prefix=draft_prefix(folder), dir=folder.parent))
    with suppress(FileNotFoundError):  # Another process was first.
        folder.replace(aside)
    _remove(aside)


def make_folder(folder: Path, *, mode: int = _GROUP_ENTERS) -> None:
    """A folder and those above it, each known on the disk to the one that holds it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode, exist_ok=True)
        _sync(folder.parent)


def publish(draft: Path, target: Path, *, last: str = "") -> None:
    """Give a draft its name. All of it is on the disk before, and the name after, so a power cut cannot empty it.

    What lies in a folder is for its group to read at most. In a storage it comes after that, of a folder the file
    `last` at the end.
    Raises `OSError` where the disk refuses, or a folder that holds something has the name already.
    """
    make_folder(target.parent)
    for folder, _, names in os.walk(draft):
        for name in names:
            path = Path(folder, name)
            path.chmod(stat.S_IMODE(path.stat().st_mode) & GROUP_READS)
            _sync(path)
        _sync(Path(folder))
    if draft.is_file():
        _sync(draft)
    draft.replace(target)
    _sync(target.parent)
    mirror.push(target, last=last)


def work_folder(target: Path) -> AbstractContextManager[Path]:
    """A fresh folder beside `target`, gone at the end of the block; that of a killed maker goes with the next one."""
    return _draft_of(target, make=tempfile.mkdtemp)


def draft_file(target: Path) -> AbstractContextManager[Path]:
    """An empty file beside `target`, gone at the end of the block unless it was published."""
    return _draft_of(target, make=_empty_file)


@contextmanager
def _draft_of(target: Path, *, make: Callable[..., str]) -> Iterator[Path]:
    """A draft beside what it is to become, gone at the end unless published; those of killed makers go too."""
    with ExitStack() as held, naming(target):
        make_folder(target.parent)
        prefix = draft_prefix(target)
        # Held for a moment, so that nobody takes a draft just made for one whose maker is dead.
        with _hold(target.parent):
            _sweep_held(target.parent, prefix)
            draft = Path(make(prefix=prefix, dir=target.parent))
            held.callback(_remove, draft)
            held.enter_context(_hold(draft))
        yield draft


def sweep(folder: Path, prefix: str = _DRAFT) -> None:
    """Take away the drafts right in a folder whose makers were killed; those of living ones stay, on any machine."""
    with suppress(OSError), _hold(folder):
        _sweep_held(folder, prefix)


def is_draft(name: str) -> bool:
    """Whether a file or folder of this name is a draft."""
    return _A_DRAFT.fullmatch(name) is not None


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Tell in a fault of the disk which file it was, where the system does not."""
    try:
        yield
    except OSError as fault:
        if fault.errno is not None and fault.filename is None:
            fault.filename = str(path)
        raise


def _sweep_held(folder: Path, prefix: str) -> None:
    found = [Path(entry) for entry in os.scandir(folder) if entry.name.startswith(prefix) and is_draft(entry.name)]
    for left in found:
        with suppress(BlockingIOError, FileNotFoundError), _hold(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _remove(left)


def draft_prefix(target: Path) -> str:
    """How the names of a target's drafts begin."""
    return f"{_DRAFT}{target.name[:24]}-"


def _sync(path: Path) -> None:
    """Wait until the disk holds a file's bytes, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _hold(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """A lock on a file or folder, let go at the end or when its process dies."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _remove(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)


def _empty_file(*, prefix: str, dir: Path) -> str:
    handle, name = tempfile.mkstemp(prefix=prefix, dir=dir)
    os.close(handle)
    return name
