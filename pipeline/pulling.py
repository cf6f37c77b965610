"""A period's answers from a system, month by month, each kept as it comes, so that a broken-off pull goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from connectors.base import Connector, Kept, Retention, Window, Wire
from connectors.connection import connection_from
from connectors.errors import AnswersDiffer, DataDamaged
from connectors.http import HttpClient, Limits
from connectors.masking import unspoken
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.atomic import make_folder
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.coverage import Coverage, remark
from pipeline.landing import (
    LandedFile,
    Manifest,
    Rest,
    all_manifests,
    is_whole,
    land_bytes,
    landed_object,
    manifest_path,
    read_manifest_at,
    remove_object,
    whole_manifests,
    write_manifest,
)
from pipeline.periods import Period
from pipeline.tables import TABLES

LIMITS = Limits()
RESUME_WITHIN = timedelta(hours=12)
_SEAL_WIDTH = 65


def pull(home: Path, *, city: City, source_name: str, period: Period, now: datetime) -> Manifest:
    """Pull a period into the landing zone; a year is its months, a register is asked once.

    Of a month the system no longer holds whole, what was landed before stays beside what it still gives. Months that
    have not begun are left out. Raises what the connector raises; answers kept until then are used by the next pull.
    """
    source = city.sources[source_name]
    pieces = (
        [period] if TABLES[source.table].is_snapshot else [m for m in period.months if _window(m, city).start_at < now]
    )
    connection = connection_from(source.connection or "")
    with unspoken(connection.hidden), HttpClient(connection, allow=source.allow, limits=LIMITS) as client:
        pulling = _Pulling(home, city, source_name, Wire(connection, Unkept(), client), now)
        manifests = [pulling.pull(piece) for piece in pieces]
    files = {(file.sha256, file.name): file for manifest in manifests for file in manifest.files}
    covers = Coverage.of(days for manifest in manifests if manifest.covers for days in manifest.covers.stretches)
    notes = tuple(dict.fromkeys(note for manifest in manifests for note in manifest.notes))
    keeps_days = manifests[-1].keeps_days if manifests else None
    rest = Rest.of(manifest.rest for manifest in manifests)
    remarks = tuple(dict.fromkeys(remark for manifest in manifests for remark in manifest.remarks))
    parts = _Parts(tuple(files.values()), covers, notes, keeps_days, rest, remarks)
    manifest = _manifest(city, source_name, period, parts)
    write_manifest(home, manifest)
    return manifest


def first_answers(
    folder: Path, *, city: City, source: Source, period: Period, now: datetime
) -> tuple[Retention, list[RawFile], list[str]]:
    """What the system holds, its first answer for a period (put in `folder`), and what it remarked; nothing lands.

    Raises what the connector raises when the system cannot be reached or does not let us in.
    """
    connector = source.connector_in(city.zone_info)
    connection = connection_from(source.connection or "")
    recorder = Unkept(folder, answers_count=1)
    with unspoken(connection.hidden), HttpClient(connection, allow=source.allow, limits=LIMITS) as client:
        wire = Wire(connection, recorder, client)
        held = connector.held(wire).as_of(now)
        window = _held_part(_window(period, city), held, now)
        if window is not None:
            with suppress(Enough):
                connector.pull(wire, window)
    return held, recorder.files, recorder.notes


def forget_unfinished(home: Path, city_id: str) -> None:
    """Take away what pulls of a city that broke off have kept so far and no manifest names; waits for one under way."""
    for folder in sorted((home / "landing" / city_id).glob("*/*.pull")):
        with FileLock(folder / "lock", mode=0o600):
            paths = list(folder.glob("*.jsonl"))
            manifests = all_manifests(home) if paths else []
            named = {file.sha256 for one in manifests for file in (*one.files, *one.kept_files)}
            for path in paths:
                for sha256 in sorted({str(line["sha256"]) for _, line in _lines(path)} - named):
                    remove_object(home, sha256)
                path.unlink()


class Unkept:
    """A recorder for asking without keeping, as `tolok check` does; it stops after so many answers."""

    def __init__(self, folder: Path | None = None, *, answers_count: int = 0) -> None:
        self._folder = folder
        self._left_count = answers_count
        self.files: list[RawFile] = []
        self.notes: list[str] = []

    def recall(self, name: str, request: str) -> Kept | None:  # noqa: ARG002 nothing is kept
        """Nothing: no answer was kept."""
        return None

    def keep(self, name: str, request: str, content: bytes | Path, *, headers: Mapping[str, str]) -> None:  # noqa: ARG002
        """Put one answer in the folder; raises `Enough` when it was the last one wanted."""
        if self._folder is None or not self._left_count:
            raise Enough
        path = self._folder / f"{len(self.files):04d}"
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        self.files.append(RawFile(path, name))
        self._left_count -= 1
        if not self._left_count:
            raise Enough

    def note(self, *, id: str, en: str) -> None:
        """Remember a remark in both languages."""
        self.notes.append(f"{id} / {en}")

    def doubt(self, *, id: str, en: str) -> None:
        """Remember it as a remark."""
        self.note(id=id, en=en)


class Enough(Exception):
    """So many answers were wanted and so many have come."""


@dataclass(frozen=True)
class _Pulling:
    """An open connection to one source's system, over which its periods are pulled one after another."""

    home: Path
    city: City
    source_name: str
    wire: Wire
    now: datetime

    def pull(self, period: Period) -> Manifest:
        """One month, or one register: what the system holds of it, after what was landed of it when it held more."""
        source = self.city.sources[self.source_name]
        connector = source.connector_in(self.city.zone_info)
        path = manifest_path(self.home, self.city.city, self.source_name, period)
        with _journal(self.home, path.with_suffix(".pull"), settings=_settings_sha256(source), now=self.now) as journal:
            wire = replace(self.wire, recorder=journal)
            held = connector.held(wire).as_of(self.now)
            asked = _window(period, self.city)
            window = _held_part(asked, held, self.now)
            if window is not None:
                connector.pull(wire, window)
            files = tuple(journal.files())
            parts = _Parts(files, self._covered_days(connector, files, window), ())
            wanted = _whole_days(_held_part(asked, Retention(), self.now))
            if not TABLES[source.table].is_snapshot and parts.covers != wanted:
                parts = _with_earlier(parts, _landed_before(path))
                self._remark(parts.covers, wanted, held, journal)
            doubts = [
                Remark("answers_not_whole", f"{self.source_name}: {text_id}", f"{self.source_name}: {text_en}")
                for text_id, text_en in journal.doubts
            ]
            remarks = tuple(dict.fromkeys((*parts.remarks, *doubts)))
            parts = replace(parts, notes=tuple(journal.notes), keeps_days=held.keeps_days, remarks=remarks)
            manifest = _manifest(self.city, self.source_name, period, parts)
            write_manifest(self.home, manifest)
        return manifest

    def _covered_days(self, connector: Connector, files: Sequence[LandedFile], window: Window | None) -> Coverage:
        """The whole days of a window; of these, those the answers cover, where they say so."""
        covers = _whole_days(window)
        raw_files = [RawFile(landed_object(self.home, file.sha256), file.name) for file in files]
        spans = connector.covered_spans(raw_files) if covers else None
        if spans is None:
            return covers
        return covers & Coverage.of_spans(spans, zone=self.city.zone_info)

    def _remark(self, covers: Coverage, wanted: Coverage, held: Retention, journal: _Journal) -> None:
        """Say which of the days wanted are not there; since when the system holds any, if that is why."""
        if not wanted or covers == wanted:
            return
        if held.from_at is not None and (not covers or covers.stretches[0][0] > wanted.stretches[0][0]):
            journal.note(
                id=f"{self.source_name}: sistem hanya menyimpan data sejak {held.from_at:%Y-%m-%d}",
                en=f"{self.source_name}: the system holds data only from {held.from_at:%Y-%m-%d}",
            )
            return
        said_id, said_en = remark(covers, source_name=self.source_name, wanted=wanted)
        journal.note(id=said_id, en=said_en)


@dataclass(frozen=True)
class _Parts:
    """What one or several pulls gave."""

    files: tuple[LandedFile, ...]
    covers: Coverage
    notes: tuple[str, ...]
    keeps_days: int | None = None
    rest: Rest | None = None
    remarks: tuple[Remark, ...] = ()


def _manifest(city: City, source_name: str, period: Period, parts: _Parts) -> Manifest:
    source = city.sources[source_name]
    return Manifest(
        city=city.city,
        source=source_name,
        period=period.label,
        owner=source.owner,
        licence=source.licence,
        files=parts.files,
        covers=None if TABLES[source.table].is_snapshot else parts.covers,
        notes=parts.notes,
        keeps_days=parts.keeps_days,
        remarks=parts.remarks,
        rest=parts.rest,
    )


def _window(period: Period, city: City) -> Window:
    start_at, end_at = (moment.astimezone(city.zone_info) for moment in period.bounds(city.zone_info))
    return Window(start_at, end_at)


def _held_part(window: Window, held: Retention, now: datetime) -> Window | None:
    """The part of a window that has passed and is still held; None when nothing of it is."""
    start_at, end_at = window.start_at, min(window.end_at, now.astimezone(window.zone))
    if held.from_at is not None:
        start_at = max(start_at, held.from_at.astimezone(window.zone))
    return Window(start_at, end_at) if start_at < end_at else None


def _whole_days(window: Window | None) -> Coverage:
    """The local days wholly in a window."""
    if window is None:
        return Coverage()
    return Coverage.of_spans([(window.start_at, window.end_at)], zone=window.zone, quiet=timedelta())


def _with_earlier(parts: _Parts, before: Manifest | None) -> _Parts:
    """These after what was landed while the system still held it; where both tell of one thing, these are right."""
    if before is None or before.covers is None:
        return parts
    files = {(file.sha256, file.name): file for file in (*before.files, *parts.files)}
    covers = before.covers | parts.covers
    return _Parts(tuple(files.values()), covers, (), rest=before.rest, remarks=before.remarks)


def _landed_before(path: Path) -> Manifest | None:
    """What was landed while the system still held it; `DataDamaged` when nobody can tell any more."""
    try:
        return read_manifest_at(path) if path.is_file() else None
    except DataDamaged:
        raise DataDamaged(
            id=f"Catatan {path} rusak, dan sistemnya tidak lagi menyimpan seluruh periode ini. Pulihkan berkas itu "
            "dari cadangan, atau hapus bila yang masih ada di sistem sudah cukup; lalu jalankan lagi.",
            en=f"The note {path} is damaged, and the system no longer holds the whole of this period. Restore that "
            "file from a backup, or delete it if what the system still holds is enough; then run again.",
        ) from None


def _settings_sha256(source: Source) -> str:
    settings = source.model_dump_json(include={"connector", "connection", "options", "rows_at", "zone"})
    return hashlib.sha256(settings.encode()).hexdigest()


class _Journal:
    """The answers of one pull as they arrive; each line is written once its bytes lie safe."""

    def __init__(self, home: Path, path: Path, kept: Mapping[str, dict[str, object]]) -> None:
        self._home = home
        self._path = path
        self._before = dict(kept)
        # The journals of a source lie in folders beside the manifests of its periods.
        self._earlier = [file for manifest in whole_manifests(path.parent.parent) for file in manifest.files]
        self._now: dict[str, dict[str, object]] = {}
        self.notes: list[str] = []
        self.doubts: list[tuple[str, str]] = []

    def recall(self, name: str, request: str) -> Kept | None:
        line = self._before.get(name)
        if line is None or line["request"] != request:
            return None
        if not is_whole(self._home, str(line["sha256"])):
            return None
        path = landed_object(self._home, str(line["sha256"]))
        self._now[name] = line
        headers = line["headers"]
        return Kept(path, headers if isinstance(headers, dict) else {})

    def keep(self, name: str, request: str, content: bytes | Path, *, headers: Mapping[str, str]) -> None:
        sha256, size_bytes, landed_at = land_bytes(self._home, content, name=name, earlier=self._earlier)
        line = {
            "name": name,
            "request": request,
            "sha256": sha256,
            "size_bytes": size_bytes,
            "landed_at": landed_at,
            "headers": dict(headers),
        }
        self._now[name] = line
        self._path.touch(mode=0o600)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{_sealed_line(json.dumps(line))}\n")
            file.flush()
            os.fsync(file.fileno())

    def note(self, *, id: str, en: str) -> None:
        self.notes.append(f"{id} / {en}")

    def doubt(self, *, id: str, en: str) -> None:
        self.doubts.append((id, en))

    def files(self) -> Iterator[LandedFile]:
        """What this pull gave, in the order of its questions."""
        for line in self._now.values():
            landed_at = str(line["landed_at"])
            yield LandedFile(
                str(line["name"]), "main", str(line["sha256"]), int(str(line["size_bytes"])), landed_at, landed_at
            )


@contextmanager
def _journal(home: Path, folder: Path, *, settings: str, now: datetime) -> Iterator[_Journal]:
    """A journal that outlives a fault and is gone after a pull that ended well; one pull at a time."""
    make_folder(folder, mode=0o700)
    with FileLock(folder / "lock", mode=0o600):
        path = folder / f"{settings[:16]}.jsonl"
        is_fresh = path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) > now - RESUME_WITHIN
        kept = dict(_lines(path)) if is_fresh else {}
        if not is_fresh:
            path.unlink(missing_ok=True)
        try:
            yield _Journal(home, path, kept)
        except AnswersDiffer:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)


def _lines(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    for text in path.read_text("utf-8", errors="replace").splitlines():
        line = text[_SEAL_WIDTH:]
        if text != _sealed_line(line):  # altered, or being written when the machine stopped
            return
        answer = json.loads(line)
        yield answer["name"], answer


def _sealed_line(line: str) -> str:
    """A line behind the hash of its text."""
    return f"{hashlib.sha256(line.encode()).hexdigest()} {line}"
