"""Raw bytes kept as they came, addressed by their hash, with a manifest that says what they are."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from mmap import mmap
from pathlib import Path
from typing import Any

from connectors.counted_file import open_counted
from connectors.errors import DataDamaged, DataRejected, FileMissing, SourceUnavailable
from connectors.objects import StoredObject, is_address, stored_objects
from connectors.remarks import Remark
from pipeline.atomic import draft_file, publish, work_folder, write_once
from pipeline.config.city import City
from pipeline.config.rows import FileSettings
from pipeline.config.source import Source
from pipeline.coverage import Coverage, remark
from pipeline.expected_files import missing_files, months_by_pattern, same_files
from pipeline.mirror import is_in_storage, names, pull, pull_again, pull_once, push
from pipeline.periods import Period
from pipeline.progress import Meter
from pipeline.sealed import damaged, read_sealed, say_mended, sealed, write_sealed
from pipeline.stray_files import refuse_strays
from pipeline.tables import ACCESS_LOG

_CHUNK_BYTES = 1 << 25
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class LandedFile:
    """One raw file: its name at the source, its bytes' hash and what is known of it.

    `role` is `main` or `responses` (a follow-up log); `extracted_at` is the declared moment of extraction, or the
    moment these bytes were first landed here.
    """

    name: str
    role: str
    sha256: str
    size_bytes: int
    landed_at: str
    extracted_at: str

    @property
    def file_id(self) -> str:
        """The first 16 hex digits of its hash, as clean rows name it."""
        return self.sha256[:16]


@dataclass(frozen=True)
class Manifest:
    """The files one source gave for one period.

    `covers` holds the days pulled whole, or that files of a folder say they cover (null for files that do not say,
    whose coverage the city's YAML declares); `notes` what a reader of the numbers should know; `keeps_days` after how
    many days the system purges, null for good or unknown; `remarks` what is odd about which files there are.
    """

    city: str
    source: str
    period: str
    owner: str
    licence: str
    files: tuple[LandedFile, ...]
    covers: Coverage | None = None
    notes: tuple[str, ...] = ()
    keeps_days: int | None = None
    remarks: tuple[Remark, ...] = ()


def land(home: Path, *, city: City, source_name: str, period: Period, meter: Meter | None = None) -> Manifest:
    """Copy the source's files for a period into the landing zone; bytes already there are left alone.

    Raises `FileMissing` when no file matches the source's paths.
    """
    source, landing = city.sources[source_name], _Landing(home, city, source_name, period, meter or Meter())
    files = list(landing.files(source))
    if source.responses is not None:
        files += landing.files(source.responses)
    covers, notes = _own_coverage(home, city, source_name, files, period)
    remarks = list(same_files(landing.names, source_name=source_name))
    for settings in filter(None, (source, source.responses)):
        notes += _passed_over(city, settings, period)
        remarks += missing_files(
            settings, city=city, source_name=source_name, period=period, is_there=partial(_is_there, city)
        )
    manifest = Manifest(
        city.city,
        source_name,
        period.label,
        source.owner,
        source.licence,
        tuple(files),
        covers=covers,
        notes=notes,
        remarks=tuple(remarks),
    )
    write_manifest(home, manifest)
    return manifest


def _own_coverage(
    home: Path, city: City, source_name: str, files: Sequence[LandedFile], period: Period
) -> tuple[Coverage | None, tuple[str, ...]]:
    """The days of the period that the files themselves say they cover, unless the city's YAML declares them."""
    source = city.sources[source_name]
    if not source.connector or source.covers:
        return None, ()
    from connectors.records import RawFile

    raw_files = [RawFile(landed_object(home, file.sha256), file.name) for file in files if file.role == "main"]
    spans = source.connector_in(city.zone_info).covered_spans(raw_files)
    if spans is None:
        return None, ()
    covers, wanted = Coverage.of_spans(spans, zone=city.zone_info).within(period), Coverage.of_period(period)
    if covers == wanted:
        return covers, ()
    return covers, (" / ".join(remark(covers, source_name=source_name, wanted=wanted)),)


def write_manifest(home: Path, manifest: Manifest) -> None:
    """Put the manifest beside the objects it names, old or new but never half."""
    path = manifest_path(home, manifest.city, manifest.source, Period.parse(manifest.period))
    write_sealed(path, json.dumps(as_plain(manifest), indent=2))


def as_plain(manifest: Manifest) -> dict[str, Any]:
    """A manifest as JSON knows it."""
    return asdict(manifest) | {"covers": None if manifest.covers is None else manifest.covers.texts}


def from_plain(raw: Mapping[str, Any]) -> Manifest:
    """The manifest that was made plain; `ValueError`, `TypeError` or `KeyError` for what is none."""
    days = None if raw.get("covers") is None else Coverage.from_texts(raw["covers"])
    files = tuple(LandedFile(**file) for file in raw["files"])
    remarks = tuple(Remark(**remark) for remark in raw.get("remarks", ()))
    notes = tuple(raw.get("notes", ()))
    return Manifest(**{**raw, "files": files, "covers": days, "notes": notes, "remarks": remarks})


def read_manifest(home: Path, *, city_id: str, source_name: str, period: Period) -> Manifest:
    """The manifest of a source and period; raises what `read_manifest_at` raises."""
    return read_manifest_at(manifest_path(home, city_id, source_name, period))


def read_manifest_at(path: Path) -> Manifest:
    """The manifest in a file; raises `FileNotFoundError` when there is none, and `DataDamaged`."""
    kept = read_sealed(path, may_be_older=True)
    try:
        return from_plain(json.loads(kept))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise damaged(path) from None


def whole_manifests(folder: Path, pattern: str = "*.json") -> Iterator[Manifest]:
    """The manifests below a folder, in the order of their names, but for damaged ones."""
    for path in names(folder, pattern):
        with suppress(DataDamaged, FileNotFoundError):
            yield read_manifest_at(path)


def manifests_of(home: Path, city_id: str, source_name: str) -> list[Manifest]:
    """The manifests of a source, of all periods, but for damaged ones."""
    return list(whole_manifests(home / "landing" / city_id / source_name))


def manifest_path(home: Path, city_id: str, source_name: str, period: Period) -> Path:
    """Where the manifest of a source and period lies."""
    return home / "landing" / city_id / source_name / f"{period.label}.json"


def landing_notes(home: Path, city_id: str) -> list[Path]:
    """The notes that say when each file of a city first landed."""
    manifests = whole_manifests(home / "landing" / city_id, "*/*.json")
    hashes = {file.sha256 for manifest in manifests for file in manifest.files}
    notes = [object_path(home, sha256).with_suffix(".json") for sha256 in sorted(hashes)]
    for note in notes:
        pull(note)
    return [note for note in notes if note.is_file()]


def object_path(home: Path, sha256: str) -> Path:
    """Where the raw bytes with this hash lie, once they are here."""
    return home / "landing" / "objects" / sha256[:2] / sha256


def landed_object(home: Path, sha256: str) -> Path:
    """The raw bytes with this hash as a file of this machine, if there are any."""
    path = object_path(home, sha256)
    pull_once(path)
    return path


def matching_files(city: City, settings: FileSettings, period: Period) -> list[Path]:
    """The files a source's paths name for a period, in natural order of their names.

    `{year}` and `{month}` in a path stand for the period's; a year takes all of its months.
    """
    return [path for path in _named_files(city, settings, period) if not is_left_behind(path)]


def is_left_behind(path: Path) -> bool:
    """Whether a file is no export but one that an office suite or system leaves in a folder, such as a lock file."""
    name = path.name.casefold()
    return name.startswith(("~$", ".")) or name in ("thumbs.db", "desktop.ini")


def _named_files(city: City, settings: FileSettings, period: Period) -> list[Path]:
    found: set[Path] = set()
    for text in months_by_pattern(settings, period):
        matches = list(_files_at(city, text))
        refuse_strays(matches, pattern=_path_of(city, text), may_leave=settings.outside_links)
        found.update(matches)
    for path in found:
        refuse_unwritable_name(path)
    return sorted(found, key=_natural_order)


def refuse_unwritable_name(path: Path) -> None:
    """Raise `DataRejected` for a path that is not UTF-8, for no database and no page can hold it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise DataRejected(
            id=f"{shown}: nama berkas atau foldernya bukan UTF-8. Ganti namanya, lalu jalankan lagi.",
            en=f"{shown}: the name of the file or its folder is not UTF-8. Rename it and run again.",
        ) from None


def _files_at(city: City, pattern: str) -> Iterator[Path]:
    """The files in folders that a pattern names; none for one in object storage."""
    if is_address(pattern):
        return
    yield from (match for match in _glob(_path_of(city, pattern)) if match.is_file())


def _path_of(city: City, pattern: str) -> Path:
    path = Path(pattern).expanduser()
    return path if path.is_absolute() else city.folder / path


def _is_there(city: City, pattern: str) -> bool:
    """Whether a pattern names an export."""
    if is_address(pattern):
        return bool(stored_objects(pattern))
    return not all(map(is_left_behind, _files_at(city, pattern)))


def _passed_over(city: City, settings: FileSettings, period: Period) -> tuple[str, ...]:
    names = ", ".join(path.name for path in _named_files(city, settings, period) if is_left_behind(path))
    if not names:
        return ()
    return (
        f"Dilewati, bukan ekspor (berkas kunci atau tersembunyi): {names} / "
        f"Passed over, no exports (lock or hidden files): {names}",
    )


def matching_objects(settings: FileSettings, period: Period) -> list[StoredObject]:
    """The files in object storage that a source's paths name for a period, in natural order of their names."""
    found = {
        stored.url: stored
        for text in months_by_pattern(settings, period)
        if is_address(text)
        for stored in stored_objects(text)
    }
    return sorted(found.values(), key=lambda stored: _natural_order(stored.url))


@dataclass(frozen=True)
class _Landing:
    """One source's files on their way into the landing zone."""

    home: Path
    city: City
    source_name: str
    period: Period
    meter: Meter
    names: dict[str, list[str]] = field(default_factory=dict)

    def files(self, settings: FileSettings) -> Iterator[LandedFile]:
        """Land each file the settings name; bytes that come twice are one file, under several `names`."""
        role = "main" if isinstance(settings, Source) else "responses"
        declared = self.city.sources[self.source_name].extracted_at
        seen: set[str] = set()
        earlier = self._earlier()
        is_by_folder = any("{month}" in path.rpartition("/")[0] for path in settings.path if not is_address(path))
        for name, path in self._found(settings):
            landed = land_bytes(self.home, path, name=name, meter=self.meter, earlier=earlier)
            sha256, size_bytes, landed_at = landed
            if settings.format != ACCESS_LOG and not _is_header_alone(path):
                self.names.setdefault(sha256, []).append(f"{path.parent.name}/{name}" if is_by_folder else name)
            if sha256 not in seen:
                seen.add(sha256)
                extracted_at = declared.replace(tzinfo=self.city.zone_info).isoformat() if declared else landed_at
                yield LandedFile(name, role, sha256, size_bytes, landed_at, extracted_at)

    def _earlier(self) -> list[LandedFile]:
        """The files this source has given for any period."""
        folder = manifest_path(self.home, self.city.city, self.source_name, self.period).parent
        return [file for manifest in whole_manifests(folder) for file in manifest.files]

    def _found(self, settings: FileSettings) -> Iterator[tuple[str, Path]]:
        """Names and files, those of object storage as copies that last until the next is asked for."""
        paths, stored = matching_files(self.city, settings, self.period), matching_objects(settings, self.period)
        if not paths and not stored:
            raise self._missing(settings)
        self.meter.expect(sum(path.stat().st_size for path in paths) + sum(one.size_bytes for one in stored))
        yield from ((path.name, path) for path in paths)
        yield from _copies(self.home, stored)

    def _missing(self, settings: FileSettings) -> FileMissing:
        wanted, name = ", ".join(settings.path), self.source_name
        return FileMissing(
            id=f"Sumber '{name}': tidak ada berkas untuk {self.period.label} di {wanted} (dari folder "
            f"{self.city.folder}). Letakkan berkasnya di sana, atau perbaiki sources.{name}.path.",
            en=f"Source '{name}': no file for {self.period.label} at {wanted} (from folder {self.city.folder}). "
            f"Put the file there, or mend sources.{name}.path.",
        )


def _is_header_alone(path: Path) -> bool:
    """Whether a text has one line, as an export of an empty month has."""
    with path.open("rb") as file:
        begin = file.read(_CHUNK_BYTES >> 9)
    return not begin.startswith((_GZIP, b"PK")) and b"\n" not in begin.strip()


def _copies(home: Path, stored: Sequence[StoredObject]) -> Iterator[tuple[str, Path]]:
    """Each stored file with a copy of it here, which is gone when the next one is asked for."""
    for one in stored:
        with work_folder(home / "landing" / "copy") as folder:
            copy = folder / "copy"
            one.copy_to(copy)
            yield one.name, copy


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
    push(object_path(home, sha256), only_new=True)
    landed_at = _first_landed_at(home, sha256, name=name, earlier=earlier)
    return sha256, object_path(home, sha256).stat().st_size, landed_at


def _first_landed_at(home: Path, sha256: str, *, name: str, earlier: Sequence[LandedFile]) -> str:
    """When these bytes first landed: as noted beside them, else as an earlier manifest says, else now."""
    note = object_path(home, sha256).with_suffix(".json")
    try:
        return str(json.loads(read_sealed(note, may_be_older=True))["landed_at"])
    except (FileNotFoundError, DataDamaged, ValueError, TypeError, KeyError):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        landed_at = min((file.landed_at for file in earlier if file.sha256 == sha256), default=now)
        content = json.dumps({"landed_at": landed_at, "name": name})
        if note.is_file():
            write_sealed(note, content)
        elif write_once(note, sealed(content)) != sealed(content):  # another process was first
            return _first_landed_at(home, sha256, name=name, earlier=earlier)
        return landed_at


def is_whole(home: Path, sha256: str, meter: Meter | None = None) -> bool:
    """Whether the raw bytes with this hash are there and still have it."""
    path, meter = landed_object(home, sha256), meter or Meter()
    return _holds(path, sha256, meter) or (pull_again(path) and hash_of(path, meter) == sha256)


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
        "tolok run, atau pulihkan dari cadangan.",
        en=f"Raw files in the landing zone were altered or are gone: {listed}. Fetch them from their source again by "
        "tolok run, or restore them from a backup.",
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
    digest, buffers = hashlib.sha256(), cycle((mmap(-1, _CHUNK_BYTES), mmap(-1, _CHUNK_BYTES)))
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


def _glob(path: Path) -> Sequence[Path]:
    if not any(mark in str(path) for mark in "*?["):
        return [path]
    root = Path(path.anchor)
    return list(root.glob(str(path.relative_to(root))))


def _natural_order(path: Path | str) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path)))
