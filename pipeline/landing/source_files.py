"""A source's files for a period on their way into the landing zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from connectors.errors import FileMissing
from connectors.objects import StoredObject, is_address
from pipeline.atomic import work_folder
from pipeline.config.city import City
from pipeline.config.rows import FileSettings
from pipeline.config.source import Source
from pipeline.coverage import Coverage, remark
from pipeline.expected_files import missing_files, same_files
from pipeline.landing.manifests import LandedFile, Manifest, manifest_path, whole_manifests, write_manifest
from pipeline.landing.matching import is_there, matching_files, matching_objects, passed_over
from pipeline.landing.objects import land_bytes, landed_object
from pipeline.periods import Period
from pipeline.progress import Meter
from pipeline.tables import ACCESS_LOG

_BEGIN_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"


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
        notes += passed_over(city, settings, period)
        remarks += missing_files(
            settings, city=city, source_name=source_name, period=period, is_there=partial(is_there, city)
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
        begin = file.read(_BEGIN_BYTES)
    return not begin.startswith((_GZIP, b"PK")) and b"\n" not in begin.strip()


def _copies(home: Path, stored: Sequence[StoredObject]) -> Iterator[tuple[str, Path]]:
    """Each stored file with a copy of it here, which is gone when the next one is asked for."""
    for one in stored:
        with work_folder(home / "landing" / "copy") as folder:
            copy = folder / "copy"
            one.copy_to(copy)
            yield one.name, copy
