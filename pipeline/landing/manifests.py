"""Manifests: what was landed of a source for a period, with its names, hashes and moments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.errors import DataDamaged
from connectors.remarks import Remark
from pipeline.coverage import Coverage
from pipeline.mirror import names
from pipeline.periods import Period
from pipeline.sealed import damaged, read_sealed, write_sealed


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
