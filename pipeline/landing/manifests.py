"""Manifests: what was landed of a source for a period, with its names, hashes and moments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from connectors.errors import DataDamaged, DataRejected
from connectors.remarks import Remark
from pipeline.coverage import Coverage
from pipeline.landing.erased import ERASED_FOLDER
from pipeline.mirror import names
from pipeline.periods import Period
from pipeline.sealed import damaged, read_sealed, write_sealed

_NO_CITIES = {"objects", ERASED_FOLDER}


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
class Rest:
    """What stands in place of raw files since rows were erased: roles with the hashes of the rows that are left.

    Without any rows nothing is left. `gone` are the hashes of raw files that are kept no longer, `decisions` the
    numbers of the decisions.
    """

    rows: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]
    decisions: tuple[int, ...]

    @classmethod
    def of(cls, rests: Iterable[Rest | None]) -> Rest | None:
        """What is left of several manifests' files together; null where all are whole."""
        told = [one for one in rests if one is not None]
        joined = [sorted({item for one in told for item in items(one)}) for items in _REST]
        return cls(*map(tuple, joined)) if told else None

    @property
    def is_expired(self) -> bool:
        """Whether nothing is left to compute from."""
        return not self.rows


_REST: tuple[Callable[[Rest], tuple[Any, ...]], ...] = (lambda r: r.rows, lambda r: r.gone, lambda r: r.decisions)


@dataclass(frozen=True)
class Manifest:
    """The files one source gave for one period.

    `covers` holds the days pulled whole, or that files of a folder say they cover (null for files that do not say,
    whose coverage the city's YAML declares); `notes` what a reader of the numbers should know; `keeps_days` after how
    many days the system purges, null for good or unknown; `remarks` what is odd about which files there are; `rest`
    what is left of files of which rows were erased, null for files that are whole.
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
    # Not in its name: what was found out of whole files keeps its place.
    rest: Rest | None = field(default=None, repr=False)

    @property
    def is_expired(self) -> bool:
        """Whether its raw files are gone and nothing stands in their place."""
        return self.rest is not None and self.rest.is_expired

    @property
    def kept_files(self) -> tuple[LandedFile, ...]:
        """What is kept of it: its raw files, but for those that are gone, and what stands in their place."""
        if self.rest is None:
            return self.files
        whole = [file for file in self.files if file.sha256 not in self.rest.gone]
        name = f"{self.source} {self.period} (sisa setelah tolok erase / what tolok erase left)"
        return (*whole, *(LandedFile(name, role, sha256, 0, "", "") for role, sha256 in self.rest.rows))

    def whole_files(self, role: str) -> tuple[LandedFile, ...]:
        """Its raw files of a role that are kept as they came."""
        gone = self.rest.gone if self.rest else ()
        return tuple(file for file in self.files if file.role == role and file.sha256 not in gone)


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
    told = raw.get("rest")
    rest = told and Rest(tuple(map(tuple, told["rows"])), tuple(told["gone"]), tuple(told["decisions"]))
    return Manifest(**{**raw, "files": files, "covers": days, "notes": notes, "remarks": remarks, "rest": rest})


def read_manifest(home: Path, *, city_id: str, source_name: str, period: Period) -> Manifest:
    """The manifest of a source and period; raises what `read_manifest_at` raises."""
    return read_manifest_at(manifest_path(home, city_id, source_name, period))


def read_manifest_at(path: Path) -> Manifest:
    """The manifest in a file; raises `FileNotFoundError` when there is none, and `DataDamaged`, also for another's."""
    kept = read_sealed(path, may_be_older=True)
    try:
        manifest = from_plain(json.loads(kept))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise damaged(path) from None
    if (manifest.city, manifest.source, manifest.period) != (*path.parts[-3:-1], path.stem):
        raise damaged(path)
    return manifest


def whole_manifests(folder: Path, pattern: str = "*.json") -> Iterator[Manifest]:
    """The manifests below a folder, in the order of their names, but for damaged ones."""
    for path in names(folder, pattern):
        with suppress(DataDamaged, FileNotFoundError):
            yield read_manifest_at(path)


def manifests_of(home: Path, city_id: str, source_name: str) -> list[Manifest]:
    """The manifests of a source, of all periods, but for damaged ones."""
    return list(whole_manifests(home / "landing" / city_id / source_name))


def refuse_expired(home: Path, *, city_id: str, source_name: str, period: Period) -> None:
    """Raise `DataRejected` where the raw files of a source and period were taken away for good: none are fetched again.

    A manifest that nobody can read, or none, refuses nothing.
    """
    with suppress(FileNotFoundError, DataDamaged):
        manifest = read_manifest(home, city_id=city_id, source_name=source_name, period=period)
        if manifest.is_expired:
            raise expired(manifest)


def expired(manifest: Manifest) -> DataRejected:
    """The refusal of raw files that the city's retention took away."""
    what, numbers = (
        f"{manifest.city} {manifest.period}: {manifest.source}",
        manifest.rest.decisions if manifest.rest else (),
    )
    told = ", ".join(map(str, numbers))
    return DataRejected(
        id=f"{what}: masa simpannya habis; berkas mentah dan barisnya sudah dihapus (keputusan {told}), jadi tidak "
        "dihitung lagi. Nilai yang tersimpan tetap berlaku: tolok show.",
        en=f"{what}: its retention is over; raw files and rows were erased (decision {told}), so it is not computed "
        "again. The stored values stand: tolok show.",
    )


def all_manifests(home: Path) -> list[Manifest]:
    """The manifests of all sources of all cities; raises `DataDamaged` for one that nobody can read."""
    found = names(home / "landing", "*/*/*.json")
    return [read_manifest_at(path) for path in found if path.parts[-3] not in _NO_CITIES]


def manifest_path(home: Path, city_id: str, source_name: str, period: Period) -> Path:
    """Where the manifest of a source and period lies."""
    return home / "landing" / city_id / source_name / f"{period.label}.json"
