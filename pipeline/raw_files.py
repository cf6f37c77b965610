"""Whether the raw files that a period's results rest on are whole, on this machine and in the storage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import DataDamaged
from pipeline.config.city import City
from pipeline.landing import LandedFile, is_whole, object_path, read_manifest
from pipeline.mirror import is_whole_in_storage
from pipeline.periods import Period
from pipeline.preconditions import sources_for
from pipeline.progress import SILENT, Progress
from pipeline.warehouse.records import SourceFile


@dataclass(frozen=True)
class RawFiles:
    """How many files were held against their hashes, and what of them and their manifests is not as it was landed.

    `manifests` names sources whose manifest is damaged or gone, `altered` files that this machine does not hold whole,
    `altered_in_storage` those that only it does.
    """

    count: int
    manifests: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    altered_in_storage: tuple[str, ...] = ()


def raw_files(
    home: Path, *, city: City, period: Period, stored: Iterable[SourceFile], progress: Progress = SILENT
) -> RawFiles:
    """Hold all raw files of a period against their hashes: those of its manifests, and where one of these is damaged
    or gone, those that its results are `stored` with."""
    found: dict[str, LandedFile | SourceFile] = {}
    lost = list[str]()
    known = list(stored)
    for source_name in sources_for(city, period):
        try:
            manifest = read_manifest(home, city_id=city.city, source_name=source_name, period=period)
        except (DataDamaged, FileNotFoundError) as fault:
            of_source = [file for file in known if file.source == source_name]
            found |= {file.sha256: file for file in of_source}
            lost += [source_name] if of_source or isinstance(fault, DataDamaged) else []
        else:
            found |= {file.sha256: file for file in manifest.kept_files}
    return _held(home, list(found.values()), tuple(lost), progress)


def _held(
    home: Path, files: Sequence[LandedFile | SourceFile], manifests: tuple[str, ...], progress: Progress
) -> RawFiles:
    altered, altered_in_storage = list[str](), list[str]()
    with progress.step("Cocokkan berkas / Check files") as meter:
        meter.expect(sum(file.size_bytes for file in files))
        for file in files:
            if not is_whole(home, file.sha256, meter):
                altered.append(file.name)
            elif not is_whole_in_storage(object_path(home, file.sha256), file.sha256):
                altered_in_storage.append(file.name)
    return RawFiles(len(files), manifests, tuple(altered), tuple(altered_in_storage))
