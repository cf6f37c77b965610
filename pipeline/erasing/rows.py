"""The rows of one manifest's files that are of erased ids, or of ids that are only looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clean.erased_rows import ERASED_IN, RawBlock, decisions_of
from pipeline.clean.source_rows import Landed, raw_answers, raw_blocks
from pipeline.config.city import City
from pipeline.landing import ErasedIds, Manifest

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
