"""One person's rows taken out of everything that is kept, and kept out of whatever is fetched later."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.atomic import discard, make_folder
from pipeline.clean.dataset import table_folder
from pipeline.clean.erased_rows import ERASED_IN, RawBlock, decisions_of, rest_of
from pipeline.clean.inquiries import follow_up_columns
from pipeline.clean.mapping import raw_columns
from pipeline.clean.source_rows import Landed, raw_answers, raw_blocks
from pipeline.clean.wholeness import LIST
from pipeline.config.city import City
from pipeline.landing import (
    ERASED_FOLDER,
    ErasedIds,
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
from pipeline.mirror import has, is_in_storage, names
from pipeline.periods import Period
from pipeline.sealed import read_sealed, write_sealed

Blocks = list[RawBlock]


@dataclass(frozen=True)
class Found:
    """What the files of one manifest hold of ids that are to be erased, or were: rows by file, all blocks as read."""

    landed: Landed
    blocks: Mapping[str, Blocks]
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def new_rows(self) -> dict[str, int]:
        """By file, the rows of ids that are only looked for: by a decision below zero."""
        found = Counter[str]()
        for file_id, raw in (block for of_role in self.blocks.values() for block in of_role):
            found[file_id] += sum(count for number, count in decisions_of([(file_id, raw)]).items() if number < 0)
        return dict(found)

    @property
    def rows_count(self) -> int:
        """Rows that are erased, of tickets and of their follow-up log."""
        return sum(self.rows.values())

    @property
    def decisions(self) -> Counter[int]:
        """How many of them by each decision."""
        return decisions_of(block for of_role in self.blocks.values() for block in of_role)

    @property
    def hashes(self) -> set[str]:
        """The raw files that hold any; of a system's answers all, for one may tell of what stands in another."""
        manifest, short = self.landed.manifest, {name for name, count in self.rows.items() if count}
        is_whole_answer = bool(self.landed.source.connector)
        return {
            file.sha256
            for file in manifest.files
            if short and (file.file_id in short or (is_whole_answer and file.role == "main"))
        }


def look(home: Path, city: City, manifest: Manifest, *, ids: ErasedIds | None = None) -> Found:
    """The rows of a manifest's files with those of erased ids blank; raises what its reader raises."""
    landed = Landed(home, city, manifest, to_erase=ids)
    if manifest.is_expired:
        return Found(landed, {})
    blocks = {"main": [*raw_blocks(landed)]}
    if landed.source.responses is not None:
        blocks["responses"] = [*raw_answers(landed, landed.source.responses)]
    rows: dict[str, int] = {}
    for file_id, raw in (block for of_role in blocks.values() for block in of_role):
        rows[file_id] = rows.get(file_id, 0) + (int(raw[ERASED_IN].notna().sum()) if ERASED_IN in raw else 0)
    return Found(landed, blocks, rows)


def ids_in(found: Found) -> Iterator[str]:
    """What the rows that were found have for ids, as the export writes it."""
    source, table = found.landed.source, found.landed.table
    told = source.columns.get(table.thing[0])
    names = told.column if told else ()
    for _, raw in found.blocks.get("main", ()):
        for name in names:
            yield from raw[name].dropna().unique()


def strip(home: Path, city: City, manifest: Manifest) -> tuple[Manifest, int]:
    """Put what is left in place of files just fetched that hold erased rows; gives the manifest, and how many rows.

    Files that no manifest reads are gone then: a source that still holds a person does not bring the person back.
    """
    if manifest.rest is None and not look(home, city, manifest).hashes:
        return manifest, 0
    hashes = {file.sha256 for file in manifest.files}
    beside = [one for one in manifests_of(home, city.city, manifest.source) if hashes & {f.sha256 for f in one.files}]
    count, left = 0, set[str]()
    for one in beside:
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


def _kept_rows(home: Path, found: Found, role: str, files: Sequence[LandedFile]) -> str:
    """The rows of some files of a role as an object of the landing zone; gives its hash."""
    landed, ids = found.landed, {file.file_id for file in files}
    answers = landed.source.responses
    columns = raw_columns(landed.source) if role == "main" or answers is None else follow_up_columns(answers)
    blocks = [(file_id, raw) for file_id, raw in found.blocks[role] if file_id in ids]
    remarks, titles = (landed.remarks, landed.titles) if role == "main" else ((), ())
    content = rest_of(blocks, columns=columns, remarks=remarks, titles=titles)
    return land_bytes(home, content, name=f"{landed.manifest.source} {landed.manifest.period} {role}")[0]


def remove_gone(home: Path, manifests: Iterable[Manifest], *, also: Collection[str] = ()) -> int:
    """Take away raw files that some manifest says are gone and none still reads; gives how many there were."""
    told = list(manifests)
    gone = {*also, *(sha256 for manifest in told if manifest.rest for sha256 in manifest.rest.gone)}
    read = {file.sha256 for manifest in told for file in manifest.kept_files}
    there = [sha256 for sha256 in sorted(gone - read) if is_kept(home, sha256)]
    for sha256 in there:
        remove_object(home, sha256)
    return len(there)


def is_kept(home: Path, sha256: str) -> bool:
    """Whether raw bytes are in the storage, or on this machine."""
    path = object_path(home, sha256)
    return path.is_file() or has(path)


def discard_clean(home: Path, city_id: str, table_name: str) -> None:
    """Take away every clean table of a city's table, whole or half, which the next run makes anew of what is left."""
    folder = table_folder(home, city_id, table_name)
    there = {path.parent for path in names(folder, "*/*")}
    there |= {path for path in folder.glob("*") if path.is_dir()}
    for path in sorted(there):
        make_folder(folder)
        discard(path, first=LIST)


def note_gone(home: Path, hashes: Iterable[str], tables: Iterable[tuple[str, str]]) -> None:
    """Keep, where the home is in a storage, what other machines have to take out of their mirrors too."""
    if is_in_storage(home):
        before = _gone(home)
        told = {"objects": [*before["objects"], *hashes], "tables": [*before["tables"], *map(list, tables)]}
        write_sealed(_gone_path(home), json.dumps(told))


def sweep_gone(home: Path) -> None:
    """Take out of this machine's mirror what was erased on another; nothing where the home is a folder."""
    if not is_in_storage(home):
        return
    told = _gone(home)
    for sha256 in told["objects"]:
        path = object_path(home, sha256)
        if path.is_file() and not has(path):
            path.unlink(missing_ok=True)
    for city_id, table_name in told["tables"]:
        for path in table_folder(home, city_id, table_name).glob("[0-9a-f]*"):
            if not has(path, last=LIST):
                discard(path, first=LIST)


def _gone_path(home: Path) -> Path:
    return home / "landing" / ERASED_FOLDER / "gone.json"


def _gone(home: Path) -> dict[str, list[Any]]:
    try:
        found: dict[str, list[Any]] = json.loads(read_sealed(_gone_path(home)))
    except FileNotFoundError:
        return {"objects": [], "tables": []}
    return found
