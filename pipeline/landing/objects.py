"""Raw bytes kept as they came, addressed by their hash, and held against it while they are read."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from mmap import mmap
from pathlib import Path

from connectors.counted_file import open_counted
from connectors.errors import DataDamaged, SourceUnavailable
from pipeline.atomic import draft_file, publish, write_once
from pipeline.landing.manifests import LandedFile, whole_manifests
from pipeline.mirror import (
    is_in_storage,
    is_whole_in_storage,
    pull,
    pull_again,
    pull_once,
    push,
    remove_file,
)
from pipeline.progress import Meter
from pipeline.sealed import damaged, read_sealed, say_mended, sealed, write_sealed

CHUNK_BYTES = 1 << 25


def object_path(home: Path, sha256: str) -> Path:
    """Where the raw bytes with this hash lie, once they are here."""
    return home / "landing" / "objects" / sha256[:2] / sha256


def landed_object(home: Path, sha256: str) -> Path:
    """The raw bytes with this hash as a file of this machine, if there are any."""
    path = object_path(home, sha256)
    pull_once(path)
    return path


def landing_notes(home: Path, city_id: str) -> list[Path]:
    """The notes that say when each file of a city first landed."""
    manifests = whole_manifests(home / "landing" / city_id, "*/*.json")
    hashes = {file.sha256 for manifest in manifests for file in manifest.files}
    notes = [object_path(home, sha256).with_suffix(".json") for sha256 in sorted(hashes)]
    for note in notes:
        pull(note)
    return [note for note in notes if note.is_file()]


def land_bytes(
    home: Path,
    content: bytes | Path,
    *,
    name: str,
    meter: Meter | None = None,
    earlier: Sequence[LandedFile] = (),
) -> tuple[str, int, str]:
    """Put bytes, or a copy of a file, at their address; gives hash, size and the moment they first landed.

    A file is hashed while it is copied. One of a size that landed `earlier` is hashed alone, as are bytes at hand, and
    copied only when they are new after all, or what landed is no longer whole.
    """
    meter = meter or Meter()
    read_before = meter.bytes_read
    is_known = isinstance(content, bytes) or content.stat().st_size in {file.size_bytes for file in earlier}
    sha256 = hash_of(content, meter) if is_known else None
    was_there = sha256 is not None and landed_object(home, sha256).is_file()
    if sha256 is None or not is_whole(home, sha256):
        # What was hashed alone for nothing is read again.
        meter.expect(meter.bytes_read - read_before)
        sha256 = _copy(home, content, name=name, meter=meter)
        if was_there:
            say_mended(id=f"{name} di zona pendaratan berubah", en=f"{name} in the landing zone had changed")
        elif any(file.sha256 == sha256 for file in earlier):
            say_mended(
                id=f"{name} hilang dari zona pendaratan dan ditaruh kembali",
                en=f"{name} was gone from the landing zone and is there again",
            )
    push(object_path(home, sha256), only_new=True)
    landed_at = _first_landed_at(home, sha256, name=name, earlier=earlier)
    return sha256, object_path(home, sha256).stat().st_size, landed_at


def _first_landed_at(home: Path, sha256: str, *, name: str, earlier: Sequence[LandedFile]) -> str:
    """When these bytes first landed: as noted beside them, else as an earlier manifest says, else now."""
    note = object_path(home, sha256).with_suffix(".json")
    try:
        told = json.loads(read_sealed(note, may_be_older=True))
        # A note of before they told whose they are is taken at its word.
        if told.get("sha256", sha256) != sha256:
            raise damaged(note)
        return str(told["landed_at"])
    except (FileNotFoundError, DataDamaged, ValueError, TypeError, KeyError, AttributeError):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        landed_at = min((file.landed_at for file in earlier if file.sha256 == sha256), default=now)
        content = json.dumps({"sha256": sha256, "landed_at": landed_at, "name": name})
        if note.is_file():
            write_sealed(note, content)
        elif write_once(note, sealed(content)) != sealed(content):  # another process was first
            return _first_landed_at(home, sha256, name=name, earlier=earlier)
        return landed_at


def remove_object(home: Path, sha256: str) -> None:
    """Take raw bytes away, out of the storage first; the note of when they landed stays."""
    remove_file(object_path(home, sha256))


def is_whole(home: Path, sha256: str, meter: Meter | None = None) -> bool:
    """Whether the raw bytes with this hash are there and still have it."""
    path, meter = landed_object(home, sha256), meter or Meter()
    return _holds(path, sha256, meter) or (pull_again(path) and hash_of(path, meter) == sha256)


def put_again(home: Path, files: Sequence[LandedFile]) -> None:
    """Put into the storage what it no longer holds whole and this machine does; the rest is left as it is."""
    for file in files:
        path = object_path(home, file.sha256)
        if is_whole_in_storage(path, file.sha256, may_trust=True) or not _holds(path, file.sha256):
            continue
        push(path)
        if is_whole_in_storage(path, file.sha256):
            say_mended(
                id=f"{file.name} di penyimpanan berubah atau hilang",
                en=f"{file.name} in the storage was altered or gone",
            )


def _holds(path: Path, sha256: str, meter: Meter | None = None) -> bool:
    """Whether a file is there and its bytes have this hash."""
    return path.is_file() and hash_of(path, meter) == sha256


@contextmanager
def unaltered(home: Path, files: Sequence[LandedFile]) -> Iterator[None]:
    """Hold landed files against their hashes while the block reads them; those of a storage also before.

    A copy that is not whole is brought again before it is read, never while it is. Raises `DataDamaged` for files that
    are gone or altered, whatever else the block made of them.
    """
    if is_in_storage(home) and (altered := [file.name for file in files if not is_whole(home, file.sha256)]):
        raise _altered(altered)
    with ThreadPoolExecutor(1) as hashing:
        checked = [(file.name, hashing.submit(_holds, object_path(home, file.sha256), file.sha256)) for file in files]
        try:
            yield
        finally:
            altered = [name for name, whole in checked if not whole.result()]
            if altered:
                raise _altered(altered)


def _altered(names: Sequence[str]) -> DataDamaged:
    listed = ", ".join(names)
    return DataDamaged(
        id=f"Berkas mentah di zona pendaratan berubah atau hilang: {listed}. Ambil lagi dari sumbernya dengan "
        "tolok run. Bila sumbernya tidak lagi memilikinya: tolok run di mesin lain yang TOLOK_MIRROR-nya masih utuh, "
        "atau pulihkan dari cadangan.",
        en=f"Raw files in the landing zone were altered or are gone: {listed}. Fetch them from their source again by "
        "tolok run. If their source has them no longer: tolok run on another machine whose TOLOK_MIRROR holds them, "
        "or restore them from a backup.",
    )


def hash_of(content: bytes | Path, meter: Meter | None = None) -> str:
    """The SHA-256 of bytes or of a file, by which both are addressed."""
    with _opened(content, meter or Meter()) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(content: bytes | Path, meter: Meter) -> io.BufferedIOBase:
    return io.BytesIO(content) if isinstance(content, bytes) else open_counted(content, meter.read)


def _copy(home: Path, content: bytes | Path, *, name: str, meter: Meter) -> str:
    """Copy bytes to the address of their hash; gives the hash."""
    before = _state(content)
    with draft_file(home / "landing" / "objects" / "incoming") as draft:
        # Raw exports may hold names and addresses: they are for this account alone.
        (home / "landing").chmod(0o700)
        with _opened(content, meter) as file:
            sha256 = _written(file, draft)
        if _state(content) != before:
            raise SourceUnavailable(
                id=f"{name} berubah selagi disalin. Tunggu ekspornya selesai, lalu jalankan lagi.",
                en=f"{name} changed while it was copied. Wait for its export to finish, then run again.",
            )
        draft.chmod(0o400)
        publish(draft, object_path(home, sha256))
    return sha256


def _state(content: bytes | Path) -> tuple[int, ...]:
    """What changes when a file is written to or replaced."""
    if isinstance(content, bytes):
        return ()
    state = content.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _written(file: io.BufferedIOBase, copy_path: Path) -> str:
    """Write a file's bytes; gives their hash, made on a thread of its own, for it takes longer than the writing."""
    # Anonymous maps, of which a small file touches no more than it needs.
    digest, buffers = hashlib.sha256(), cycle((mmap(-1, CHUNK_BYTES), mmap(-1, CHUNK_BYTES)))
    with copy_path.open("wb") as copy, ThreadPoolExecutor(1) as hashing:
        hashed: Future[None] = hashing.submit(digest.update, b"")
        # Two buffers in turn, for memory asked for anew costs as much as the copying.
        while count := file.readinto(buffer := next(buffers)):
            chunk = memoryview(buffer)[:count]
            hashed.result()
            hashed = hashing.submit(digest.update, chunk)
            copy.write(chunk)
            # Little by little: while gigabytes go to a slow disk, nobody could stop it.
            copy.flush()
            os.fsync(copy.fileno())
        hashed.result()
    return digest.hexdigest()
