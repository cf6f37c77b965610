"""What `tolok check` finds out: whether each source can be reached, what its first rows become, and what is missing."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import SourceUnavailable, TolokError
from connectors.numerals import number, percent
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.indicators.definition import definitions
from pipeline.landing import matching_files, matching_objects
from pipeline.periods import Period
from pipeline.preconditions import place_of_city
from pipeline.progress import SILENT, Progress
from pipeline.tables import TABLES
from pipeline.trial import Trial, try_run

if TYPE_CHECKING:
    import pandas as pd

    from connectors.base import Retention
    from connectors.records import RawFile

_SHOWN_ROWS = 2
_FIRST_ROWS = "baris awal / first rows"
_FATES = {"used": "dipakai / used", "excluded": "dikecualikan / excluded", "quarantined": "karantina / quarantined"}
_LOST = {
    "inquiries": {
        "responded_at": "10.3 tidak terhitung; minta log tindak lanjut per tiket (waktu dan pelaku) / "
        "10.3 is not computable; ask for the follow-up log per ticket (time and actor)",
        "closed_at": "varian waktu sampai ditutup / the variant time to closure",
        "agency": "rincian menurut OPD / the breakdown by agency",
        "category": "rincian menurut kategori / the breakdown by category",
    },
    "outages": {
        "is_planned": "varian tak terencana / the variant unplanned only",
        "cause": "rincian menurut penyebab / the breakdown by cause",
    },
    "services": {
        "volume": "varian berbobot volume / the variant weighted by volume",
        "agency": "rincian dan cakupan menurut OPD / the breakdown and coverage by agency",
        "audience": "varian warga dan usaha / the variants citizens and businesses",
    },
}


@dataclass(frozen=True)
class Finding:
    """One line about one source, what its first rows become, and the fault when there is one."""

    line: str
    details: tuple[str, ...] = ()
    error: TolokError | None = None
    source: str = ""


def check_city(city: City, *, period: Period, is_quick: bool = False, progress: Progress = SILENT) -> list[Finding]:
    """One finding per source, and one per indicator; nothing is kept.

    The files are read whole and judged as a run judges them, unless `is_quick`: then only the first rows of each.
    """
    codes = [_check_codes(city)] if city.crosswalk else []
    findings = [_check_source(city, name, source, period) for name, source in city.sources.items()]
    if not is_quick and not any(finding.error for finding in codes):
        trial = try_run(city, period=period, progress=progress)
        findings = [_judged(finding, city, trial) for finding in findings] + list(_outcome(trial))
    absent = [table for table in TABLES if table not in city.tables and not _is_declared(city, table)]
    findings += [
        Finding(
            f"- {table}: tidak ada sumber; indikatornya tidak terhitung / no source; its indicator is not computable"
        )
        for table in absent
    ]
    findings += [Finding(f"- {table}.{column}: {lost}") for table, column, lost in _lost(city)]
    findings += [] if is_quick else [Finding(line) for line in _undeclared(city, period)]
    return codes + findings


def _judged(finding: Finding, city: City, trial: Trial) -> Finding:
    """What is known of a source, with what a run does with all its rows."""
    name = finding.source
    details = finding.details
    if name in trial.fates:
        details = (*(text for text in details if not text.startswith(_FIRST_ROWS)), *_rates(trial, city, name))
    details = (*details, *_unmapped_lines(trial, name))
    error = finding.error or trial.errors.get(name)
    if error is not None and finding.error is None:
        return Finding(f"x {name} ({city.sources[name].table}): {error.id} / {error.en}", details, error, name)
    held = [r for r in trial.results if definitions()[r.indicator_id].table == city.sources[name].table]
    is_held = any(result.status != "final" for result in held) or trial.error is not None
    line = f"! {finding.line[2:]}" if is_held and finding.line.startswith("v ") else finding.line
    return Finding(line, details, error, name)


def _rates(trial: Trial, city: City, name: str) -> Iterator[str]:
    """The fate of all rows of a source, and each reason's share of those not excluded beside the limit."""
    fates = trial.fates[name]
    sums = {outcome: sum(n for (o, _), n in fates.items() if o == outcome) for outcome in _FATES}
    yield "; ".join(f"{_FATES[outcome]}: {number(count)}" for outcome, count in sums.items())
    judged_count = sums["used"] + sums["quarantined"]
    for (outcome, reason), count in sorted(fates.items()):
        if outcome == "quarantined":
            share = percent(100 * count / judged_count)
            yield f"{reason}: {number(count)} ({share}; batas / limit {percent(city.quarantine_limit_pct)})"
        elif outcome == "excluded":
            yield f"{reason}: {number(count)}"


def _unmapped_lines(trial: Trial, name: str) -> Iterator[str]:
    for column, texts in trial.unmapped.get(name, {}).items():
        listed = ", ".join(f"'{text}' {number(count)}" for text, count in texts)
        yield f"belum dipetakan / not mapped in columns.{column}.values: {listed}"


def _outcome(trial: Trial) -> Iterator[Finding]:
    """Each indicator's status as a run would give it, with its reasons, or why the run would be refused."""
    if trial.error is not None:
        yield Finding(f"x {trial.error.id} / {trial.error.en}", error=trial.error)
    for result in trial.results:
        mark = "v" if result.status == "final" else "!"
        reason = f": {result.reason}" if result.reason else ""
        yield Finding(f"{mark} {result.indicator_id}: {result.status}{reason}")


def _undeclared(city: City, period: Period) -> Iterator[str]:
    """The sources of which nobody can know which days they cover."""
    for name, source in city.sources.items():
        tells_itself = source.covers or source.connection or source.connector or source.table == "visits"
        if not tells_itself and not TABLES[source.table].is_snapshot:
            yield (
                f"! {name}: 'covers' belum diisi; tanpa itu {period.label} tidak pernah final / "
                f"'covers' is not declared; without it {period.label} is never final"
            )


def _check_codes(city: City) -> Finding:
    """Whether the city's codes mean one place, and what the other authority's code is when only one is declared."""
    try:
        place = place_of_city(city)
    except TolokError as error:
        return Finding(f"x region_codes: {error.id} / {error.en}", error=error)
    if place is None:
        return Finding("- crosswalk: -")
    absent = {name: code for name, code in place.codes.items() if name not in city.region_codes}
    hints = [f"dapat diisi / may be added: region_codes.{name}: {code!r}" for name, code in absent.items()]
    return Finding("; ".join([f"v region_codes: {place}", *hints]))


def _is_declared(city: City, table: str) -> bool:
    return table == "population" and bool(city.population.figures)


def _lost(city: City) -> Iterator[tuple[str, str, str]]:
    """What no source of a table gives, and what that costs."""
    for table, columns in _LOST.items():
        sources = city.sources_of(table).values()
        given = {name for source in sources for name in source.columns}
        given |= {"responded_at", "closed_at"} if any(source.responses for source in sources) else set()
        if sources:
            yield from ((table, column, lost) for column, lost in columns.items() if column not in given)


def _check_source(city: City, name: str, source: Source, period: Period) -> Finding:
    try:
        with tempfile.TemporaryDirectory(prefix="tolok-check-") as folder:
            if source.connection:
                line, files = _ask_system(city, source, period, Path(folder))
            else:
                line, files = _look_for_files(city, source, period, Path(folder))
            details = first_rows(city, source, files) if files else ()
    except TolokError as error:
        return Finding(f"x {name} ({source.table}): {error.id} / {error.en}", error=error, source=name)
    return Finding(f"v {name} ({source.table}): {line}", details, source=name)


def _look_for_files(city: City, source: Source, period: Period, folder: Path) -> tuple[str, list[RawFile]]:
    """How many files there are, and those to read; of files in a storage only the first is copied, to `folder`."""
    from connectors.records import RawFile

    paths, stored = matching_files(city, source, period), matching_objects(source, period)
    if not paths and not stored:
        raise SourceUnavailable(
            id=f"tidak ada berkas di {', '.join(source.path)}", en=f"no file at {', '.join(source.path)}"
        )
    files = [RawFile(path, path.name) for path in paths]
    for one in stored[:1]:
        one.copy_to(folder / "0")
        files.append(RawFile(folder / "0", one.name))
    said = [f"{len(paths) + len(stored)} berkas / files", *([] if stored else _telling(city, source, period, files))]
    return "; ".join(said), files


def _telling(city: City, source: Source, period: Period, files: list[RawFile]) -> Iterator[str]:
    """From when until when the files tell of everything, and whether that is the whole period."""
    from pipeline.coverage import Coverage

    spans = source.connector_in(city.zone_info).covered_spans(files) if source.connector else None
    if not spans:
        return
    days = [moment.astimezone(city.zone_info).date() for moment in (min(spans)[0], max(end for _, end in spans))]
    yield f"memuat / holds {days[0]} s.d. / to {days[1]}"
    if Coverage.of_spans(spans, zone=city.zone_info).within(period) != Coverage.of_period(period):
        yield f"{period.label} tidak lengkap / is not complete"


def _ask_system(city: City, source: Source, period: Period, folder: Path) -> tuple[str, list[RawFile]]:
    from pipeline.pulling import first_answers

    held, files, notes = first_answers(folder, city=city, source=source, period=period, now=datetime.now(UTC))
    said = "; ".join(["terhubung dan berizin / reachable and authorised", *_holding(held, city, period), *notes])
    return said, files


def _holding(held: Retention, city: City, period: Period) -> Iterator[str]:
    """From when the system holds things, and until when the period can still be pulled."""
    start_at, _ = period.bounds(city.zone_info)
    if held.from_at is not None:
        day = held.from_at.astimezone(city.zone_info).date()
        yield f"menyimpan data sejak / holds data from {day}"
        if held.from_at > start_at:
            yield f"{period.label} tidak lengkap lagi / is no longer complete"
    if held.keeps_days is not None:
        purged_on = (start_at + timedelta(days=held.keeps_days)).astimezone(city.zone_info).date()
        yield f"dihapus setelah / purged after {held.keeps_days} hari / days"
        yield f"tarik {period.label} sebelum / pull {period.label} before {purged_on}"


def first_rows(city: City, source: Source, files: list[RawFile]) -> tuple[str, ...]:
    """What the first rows of each file become: faults with counts, then a few sound rows column by column."""
    if source.format == "access_log":
        return tuple(_first_lines(city, source, files))
    frames = [frame for file in files for frame in _mapped(city, source, file)]
    faults = _faults(frames)
    shown = [text for frame in frames for text in _shown(frame, city)]
    return (*([f"{_FIRST_ROWS}: {faults}"] if faults else []), *shown[:_SHOWN_ROWS])


def _first_lines(city: City, source: Source, files: list[RawFile]) -> Iterator[str]:
    """How many of the first lines of each log are pages people asked for, and what the others are."""
    from pipeline.access_log.files import LogFile, with_members
    from pipeline.access_log.head import classify_head
    from pipeline.access_log.judgement import refuse_foreign_logs, refuse_unread_head
    from pipeline.access_log.share import LogTerms

    terms = LogTerms.of(city, source)
    refuse_foreign_logs(files)
    logs = [log for file in files for log in with_members(LogFile(file.name, file.path, name=file.name))]
    for log in logs:
        counts = classify_head(log, terms=terms)
        refuse_unread_head(log, counts, city=city, terms=terms)
        others = ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items()) if rule)
        yield f"{log.title}: baris awal / first lines: {counts['']} halaman / pages; {others or '-'}"


def _mapped(city: City, source: Source, file: RawFile) -> Iterator[pd.DataFrame]:
    """The first rows of a file as the clean table would have them."""
    from pipeline.clean.mapping import map_rows, raw_columns

    connector = source.connector_in(city.zone_info)
    for _, raw in itertools.islice(connector.rows([file], columns=raw_columns(source)), 1):
        yield map_rows(raw, source=source, table=TABLES[source.table], zone=city.zone_info)


def _faults(frames: list[pd.DataFrame]) -> str:
    counts: dict[str, int] = {}
    for frame in frames:
        for reason, count in frame["quarantine_reason"].value_counts().items():
            counts[str(reason)] = counts.get(str(reason), 0) + int(count)
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))


def _shown(frame: pd.DataFrame, city: City) -> Iterator[str]:
    """A few sound rows, column by column, moments by the city's clock."""
    sound = frame[frame["quarantine_reason"].isna() & frame["excluded_by"].isna()]
    for _, row in sound.drop(columns=["quarantine_reason", "excluded_by"]).head(_SHOWN_ROWS).iterrows():
        values = row.dropna().to_dict()
        number = values.pop("source_row", "?")
        yield f"baris / row {number}: " + ", ".join(f"{name}={_local(value, city)}" for name, value in values.items())


def _local(value: object, city: City) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"{value.astimezone(city.zone_info):%Y-%m-%d %H:%M:%S %Z}"
    return value
