"""Raw files that hold erased rows: what is left of them is kept beside them, then they are taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.clean.erased_rows import Said, rest_of
from pipeline.clean.inquiries import follow_up_columns
from pipeline.clean.mapping import raw_columns
from pipeline.config.city import City
from pipeline.erasing.rows import Found, look
from pipeline.landing import (
    LandedFile,
    Manifest,
    Rest,
    all_manifests,
    land_bytes,
    manifests_of,
    object_path,
    read_manifest,
    remove_object,
    write_manifest,
)
from pipeline.mirror import has
from pipeline.periods import Period


def strip(home: Path, city: City, manifest: Manifest) -> tuple[Manifest, int]:
    """Put what is left in place of files just fetched that hold erased rows; gives the manifest, and how many rows.

    Files that no manifest reads are gone then: a source that still holds a person does not bring the person back.
    """
    if manifest.rest is None and not look(home, city, manifest).hashes:
        return manifest, 0
    hashes = {file.sha256 for file in manifest.files}
    others = [one for one in manifests_of(home, city.city, manifest.source) if one.period != manifest.period]
    count, left = 0, set[str]()
    # As fetched, not as it lies there: erasing at the same time may have put back what it read before.
    for one in [manifest, *(one for one in others if hashes & {file.sha256 for file in one.files})]:
        found = look(home, city, one)
        if found.hashes - set(one.rest.gone if one.rest else ()):
            count += found.rows_count if one.period == manifest.period else 0
            left |= keep_rest(home, found, gone=found.hashes)
    remove_gone(home, all_manifests(home), also=left)
    period = Period.parse(manifest.period)
    return read_manifest(home, city_id=city.city, source_name=manifest.source, period=period), count


def keep_rest(home: Path, found: Found, *, gone: Collection[str]) -> set[str]:
    """Put what is left of a manifest's files beside them, and the manifest that names it in place of the other.

    Gives the hashes of what was left before, which this manifest no longer names.
    """
    landed, manifest = found.landed, found.landed.manifest
    before = manifest.rest or Rest((), (), ())
    gone_here = [file for file in manifest.files if file.sha256 in {*gone, *before.gone}]
    rows = [(role, _kept_rows(home, found, role, gone_here)) for role in sorted({file.role for file in gone_here})]
    decisions = tuple(sorted({*found.decisions, *before.decisions}))
    rest = Rest(tuple(rows), tuple(sorted(file.sha256 for file in gone_here)), decisions)
    write_manifest(home, replace(landed.manifest, rest=rest))
    return {sha256 for _, sha256 in before.rows} - {sha256 for _, sha256 in rows}


def remove_gone(home: Path, manifests: Iterable[Manifest], *, also: Collection[str] = ()) -> int:
    """Take away raw files that some manifest says are gone and none still reads; gives how many there were."""
    told = list(manifests)
    gone = {*also, *(sha256 for manifest in told if manifest.rest for sha256 in manifest.rest.gone)}
    read = {file.sha256 for manifest in told for file in manifest.kept_files}
    there = [sha256 for sha256 in sorted(gone - read) if _is_kept(home, sha256)]
    for sha256 in there:
        remove_object(home, sha256)
    return len(there)


def _is_kept(home: Path, sha256: str) -> bool:
    """Whether raw bytes are in the storage, or on this machine."""
    path = object_path(home, sha256)
    return path.is_file() or has(path)


def _kept_rows(home: Path, found: Found, role: str, files: Sequence[LandedFile]) -> str:
    """The rows of some files of a role as an object of the landing zone; gives its hash."""
    landed, ids = found.landed, {file.file_id for file in files}
    answers = landed.source.responses
    columns = raw_columns(landed.source) if role == "main" or answers is None else follow_up_columns(answers)
    blocks = [(file_id, raw) for file_id, raw in found.blocks[role] if file_id in ids]
    said = Said(landed.remarks, landed.titles, landed.unread_headers) if role == "main" else Said()
    content = rest_of(blocks, columns=columns, said=said)
    return land_bytes(home, content, name=f"{landed.manifest.source} {landed.manifest.period} {role}")[0]
