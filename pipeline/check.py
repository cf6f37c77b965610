"""What `tolok check` looks at: each source's files and whether their first rows fit; nothing is written."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from connectors.errors import SourceUnavailable, TolokError
from connectors.files import RawFile, read_rows, refuse_foreign
from pipeline.config import City, Source
from pipeline.landing import matching_files
from pipeline.periods import Period
from pipeline.tables import TABLES


@dataclass(frozen=True)
class Finding:
    """One line about one source, with the fault when there is one."""

    line: str
    error: TolokError | None = None


def check_city(city: City, *, period: Period) -> list[Finding]:
    """One finding per source, and one per indicator that has none."""
    findings = [_check_source(city, name, source, period) for name, source in city.sources.items()]
    absent = [table for table in TABLES if table not in city.tables and not _is_declared(city, table)]
    findings += [
        Finding(
            f"- {table}: tidak ada sumber; indikatornya tidak terhitung / no source; its indicator is not computable"
        )
        for table in absent
    ]
    return findings


def _is_declared(city: City, table: str) -> bool:
    return table == "population" and bool(city.population.figures)


def _check_source(city: City, name: str, source: Source, period: Period) -> Finding:
    try:
        paths = matching_files(city, source, period)
        if not paths:
            raise SourceUnavailable(
                id=f"tidak ada berkas di {', '.join(source.path)}", en=f"no file at {', '.join(source.path)}"
            )
        faults = [_first_rows_fault(city, source, RawFile(path, path.name)) for path in paths]
    except TolokError as error:
        return Finding(f"x {name} ({source.table}): {error.id} / {error.en}", error)
    notes = sorted({fault for fault in faults if fault})
    text = f"; baris awal / first rows: {', '.join(notes)}" if notes else ""
    return Finding(f"v {name} ({source.table}): {len(paths)} berkas / files{text}")


def _first_rows_fault(city: City, source: Source, file: RawFile) -> str:
    """Reason codes of the first rows that do not fit, with counts; empty when all do."""
    if source.format == "access_log":
        refuse_foreign(file, "access_log")
        return ""
    from pipeline.clean.mapping import map_rows, raw_columns

    chunk = next(iter(itertools.islice(read_rows(file, layout=source, columns=raw_columns(source)), 1)), None)
    if chunk is None:
        return ""
    frame = map_rows(chunk, source=source, table=TABLES[source.table], zone=city.zone_info)
    counts = frame["quarantine_reason"].value_counts().sort_index()
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())
