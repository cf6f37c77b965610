"""Which known system wrote a file: the one whose own reader reads the file's first rows and maps them soundly."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import ValidationError

from connectors.errors import TolokError
from connectors.records import RawFile
from connectors.registry import preset, system_names
from pipeline.clean.mapping import map_rows, raw_columns
from pipeline.config.population import CODE_SHAPES
from pipeline.config.presets import with_presets
from pipeline.config.source import Source
from pipeline.tables import TABLES

_BY_CONNECTION = {"api", "sql"}
_FEWEST_COLUMNS = 3
_SOUND_SHARE = 0.5
# Reports that only their own reader knows are small, and some of these readers go to the end at once.
_SMALL_BYTES = 20 << 20


def matching_system(file: RawFile, *, header: Collection[str], table: str | None) -> str | None:
    """The system whose settings fit a file best, by the number of its columns read; null when none does."""
    fits = dict(_fits(file, header, table))
    return max(fits, key=lambda name: fits[name]) if fits else None


def _fits(file: RawFile, header: Collection[str], table: str | None) -> Iterator[tuple[str, int]]:
    for name in system_names():
        known = preset(name)
        source: dict[str, Any] = known["source"]
        is_of_files = source.get("connector") not in _BY_CONNECTION and known["about"]["auth"].startswith("none")
        is_asked = is_of_files and table in (None, source["table"])
        if is_asked and (count := _columns_read(file, name, header)):
            yield name, count


def _columns_read(file: RawFile, name: str, header: Collection[str]) -> int:
    """How many raw columns a system's reader finds in a file, 0 when it does not read it."""
    try:
        # What a preset leaves to the city stands here as in its example.
        own = {"columns": preset(name).get("example", {}).get("columns", {})}
        raw = with_presets({"it": {"system": name, "path": file.name, **own}})
        source = Source.model_validate(raw["it"])  # type: ignore[index]
        columns = raw_columns(source)
        if not _may_be(source, columns, header, is_small=file.path.stat().st_size <= _SMALL_BYTES):
            return 0
        _, frame = next(source.connector_in(ZoneInfo("UTC")).rows([file], columns=columns))
        sound = _sound_share(frame.head(1000), source)
    except (TolokError, ValidationError, StopIteration, ValueError, KeyError):
        return 0
    return len(columns) if sound > _SOUND_SHARE else 0


def _may_be(source: Source, columns: Collection[str], header: Collection[str], *, is_small: bool) -> bool:
    """Whether the header says enough of the system's names to try its reader."""
    if source.connector:
        return is_small
    if source.names:
        return len(set(source.names) & set(header)) >= _FEWEST_COLUMNS
    is_odd = "." in source.rows_at or len(columns) >= _FEWEST_COLUMNS
    return is_odd and (bool(source.rows_at) or set(columns) <= set(header))


def _sound_share(frame: pd.DataFrame, source: Source) -> float:
    mapped = map_rows(frame, source=source, table=TABLES[source.table], zone=ZoneInfo("UTC"))
    is_sound = mapped["quarantine_reason"].isna()
    if source.authority:
        is_sound &= mapped["region_code"].fillna("").str.fullmatch(CODE_SHAPES[source.authority])
    return float(is_sound.mean()) if len(mapped) else 0.0
