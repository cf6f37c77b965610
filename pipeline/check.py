"""What `tolok check` finds out: whether each source can be reached, what its first rows become, and what is missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import SourceUnavailable, TolokError
from connectors.numerals import counted_en, number, percent
from connectors.scratch import scratch_folder
from pipeline.clean.advice import advice
from pipeline.clean.unmapped import told as told_of_unmapped
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.indicators.definition import definitions
from pipeline.landing import matching_files, matching_objects
from pipeline.periods import Period
from pipeline.preconditions import place_of_city, require_countable, sources_for
from pipeline.progress import SILENT, Progress
from pipeline.tables import TABLES
from pipeline.trial import Told, Trial, try_run

if TYPE_CHECKING:
    import pandas as pd

    from connectors.base import Retention
    from connectors.records import RawFile
    from pipeline.indicators.base import RowCounts

_SHOWN_ROWS = 2
_NAMED_FILES = 5
_FIRST_ROWS = "baris awal / first rows"
_FATES = {"used": "dipakai / used", "excluded": "dikecualikan / excluded", "quarantined": "karantina / quarantined"}
_LOST = {
    "inquiries": {
        "responded_at": "10.3 tidak dapat dihitung; minta log tindak lanjut per tiket (waktu dan pelaku) / "
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
    """One line about one source or result, what its rows become, and the fault when there is one.

    Of several faults the one with the lowest `rank` is the first that a run meets. `status` is that of a result.
    """

    line: str
    details: tuple[str, ...] = ()
    error: TolokError | None = None
    rank: int = 0
    status: str = ""


def check_city(city: City, *, period: Period, is_quick: bool = False, progress: Progress = SILENT) -> list[Finding]:
    """One finding per source, and one per indicator; nothing is kept.

    The files are read whole and judged as a run judges them, unless `is_quick`: then only the first rows of each.
    """
    before = _before(city, period)
    names = sources_for(city, period)
    asked = {name: _ask_source(city, name, period) for name in names if is_quick or city.sources[name].connection}
    if is_quick or any(finding.error for finding in before):
        found = [asked.get(name) or _ask_source(city, name, period) for name in names]
        trial = None
    else:
        refused = {name: finding.error for name, finding in asked.items() if finding.error}
        trial = try_run(city, period=period, unreachable=refused, progress=progress)
        found = [asked.get(name) or _tried(city, name, trial, period) for name in names]
        found = [_ranked(finding, trial) for finding in found]
    return [*before, *found, *_unasked(city, names, period), *_absent(city), *_outcome(city, names, trial)]


def fault_of(findings: Sequence[Finding]) -> TolokError | None:
    """The fault that a run would end with; null when there is none."""
    faulty = [finding for finding in findings if finding.error is not None]
    return min(faulty, key=lambda finding: finding.rank).error if faulty else None


def _ranked(finding: Finding, trial: Trial) -> Finding:
    errors = list(trial.errors.values())
    return replace(finding, rank=1 + errors.index(finding.error)) if finding.error in errors else finding


def _before(city: City, period: Period) -> list[Finding]:
    """What must hold before anything is read, and which place the city's codes mean."""
    try:
        require_countable(city, period)
        return [_place(city)] if city.crosswalk else []
    except TolokError as error:
        return [Finding(f"x {error.id} / {error.en}", error=error)]


def _unasked(city: City, names: Sequence[str], period: Period) -> Iterator[Finding]:
    for name, source in city.sources.items():
        if name not in names:
            by = "covers" if source.is_open_in(period) else "opened_on, closed_on"
            yield Finding(
                f"- {name} ({source.table}): menurut '{by}' tidak memuat {period.label}, jadi tidak dibaca / by '{by}' "
                f"it holds nothing of {period.label}, so it is not read"
            )


def _absent(city: City) -> Iterator[Finding]:
    for table in TABLES:
        if table not in city.tables and not _is_declared(city, table):
            yield Finding(
                f"- {table}: tidak ada sumber; indikatornya tidak dapat dihitung / no source; its indicator is not "
                "computable"
            )
    for table, column, lost in _lost(city):
        yield Finding(f"- {table}.{column}: {lost}")


def _tried(city: City, name: str, trial: Trial, period: Period) -> Finding:
    """What a run does with a source of files; of one that it refuses, what the first rows become."""
    source, error = city.sources[name], trial.errors.get(name)
    if error is not None:
        # Its first rows show what is wrong with them, where they can be read.
        shown = replace(_ask_source(city, name, period), error=error)
        return replace(shown, line=f"x {name} ({source.table}): {error.id} / {error.en}")
    told = trial.told.get(name, Told())
    is_outside = _is_outside(told, source, period)
    is_held = trial.error is not None or is_outside
    is_held |= any(r.status != "final" for r in trial.results if definitions()[r.indicator_id].table == source.table)
    said = [*_named_files(city, source, period), *_held(told)]
    said += [f"tidak satu pun di / none of it in {period.label}"] if is_outside else []
    details = [
        *_rates(told, city, name),
        *told_of_unmapped(told.unmapped),
        *(_row_text(row, city) for row in told.shown),
    ]
    return Finding(f"{'!' if is_held else 'v'} {name} ({source.table}): {'; '.join(said)}", tuple(details))


def _is_outside(told: Told, source: Source, period: Period) -> bool:
    """Whether all sound rows lie before or after the period."""
    if told.first_on is None or told.last_on is None or TABLES[source.table].is_snapshot:
        return False
    return told.last_on < period.first_on or told.first_on > period.last_on


def _named_files(city: City, source: Source, period: Period) -> Iterator[str]:
    """How many files there are, and the first of them; of a workbook the sheets that are read."""
    from connectors.records import RawFile

    paths, stored = matching_files(city, source, period), matching_objects(source, period)
    names = [path.name for path in paths] + [one.name for one in stored]
    more = f" (+{len(names) - _NAMED_FILES})" if len(names) > _NAMED_FILES else ""
    yield f"{len(names)} berkas / {counted_en(len(names), 'file', 'files')}: {', '.join(names[:_NAMED_FILES])}{more}"
    if source.format == "xlsx" and paths:
        from connectors.sheets import read_sheet_names

        sheets = read_sheet_names(RawFile(paths[0], paths[0].name), source)
        yield f"lembar / {'sheets' if len(sheets) > 1 else 'sheet'} {', '.join(sheets)}"


def _held(told: Told) -> Iterator[str]:
    """The days that the sound rows really hold."""
    if told.first_on is not None:
        yield f"memuat / holds {told.first_on} s.d. / to {told.last_on}"


def _rates(told: Told, city: City, name: str) -> Iterator[str]:
    """The fate of all rows of a source, and of each reason its share beside the limit and what to do."""
    sums = {outcome: sum(n for (o, _), n in told.fates.items() if o == outcome) for outcome in _FATES}
    yield "; ".join(f"{_FATES[outcome]}: {number(count)}" for outcome, count in sums.items())
    judged_count = sums["used"] + sums["quarantined"]
    for (outcome, reason), count in sorted(told.fates.items()):
        if outcome == "quarantined":
            share = percent(100 * count / judged_count)
            source = city.sources[name]
            cure = advice(reason, table=TABLES[source.table], source_name=name, format=source.format)
            to_do = f" - {cure[0]} / {cure[1]}" if cure else ""
            yield f"{reason}: {number(count)} ({share}; batas / limit {percent(city.quarantine_limit_pct)}){to_do}"
        elif outcome == "excluded":
            yield f"{reason}: {number(count)}"


def _outcome(city: City, names: Sequence[str], trial: Trial | None) -> Iterator[Finding]:
    """Each indicator as a run would give it: its status, reasons and rows; or why the run would be refused."""
    if trial is None:
        return
    if trial.error is not None:
        yield Finding(f"x {trial.error.id} / {trial.error.en}", error=trial.error, rank=len(trial.errors) + 1)
    pulled = [name for name in names if city.sources[name].connection]
    if pulled and not trial.errors:
        listed = ", ".join(pulled)
        yield Finding(
            f"- hasil baru diketahui setelah ditarik: {listed} / the results are known only once these are pulled: "
            f"{listed}"
        )
    for result in trial.results:
        mark = "v" if result.status == "final" else "!"
        reason = f": {result.reason}" if result.reason else ""
        others = [f"- {remark}" for remark in result.remarks if not remark.keeps_provisional]
        yield Finding(
            f"{mark} {result.indicator_id}: {result.status}{reason}",
            (*_rows_lines(result.rows), *others),
            status=result.status,
        )


def _rows_lines(rows: RowCounts) -> Iterator[str]:
    """What becomes of the rows that bear on the period, as `show` tells it."""
    if not rows.read:
        return
    excluded, quarantined = (sum(counts.values()) for counts in (rows.excluded, rows.quarantined))
    yield (
        f"dibaca / read {number(rows.read)} = dipakai / used {number(rows.used)} + dikecualikan / excluded "
        f"{number(excluded)} + karantina / quarantined {number(quarantined)}"
    )
    for counts in (rows.excluded, rows.quarantined):
        if counts:
            yield "; ".join(f"{name} {number(count)}" for name, count in counts.items())


def _place(city: City) -> Finding:
    """The place that the city's codes mean, and the other authority's code when only one is declared."""
    place = place_of_city(city)
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


def _ask_source(city: City, name: str, period: Period) -> Finding:
    """Whether a source is there or answers, and what its first rows become."""
    source = city.sources[name]
    try:
        with scratch_folder() as folder:
            if source.connection:
                line, files = _ask_system(city, source, period, folder)
            else:
                line, files = _look_for_files(city, source, period, folder)
            details = first_rows(city, source, files) if files else ()
    except TolokError as error:
        return Finding(f"x {name} ({source.table}): {error.id} / {error.en}", error=error)
    return Finding(f"v {name} ({source.table}): {line}", details)


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
    count = len(paths) + len(stored)
    said = [
        f"{count} berkas / {counted_en(count, 'file', 'files')}",
        *([] if stored else _telling(city, source, period, files)),
    ]
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
    from pipeline.access_log.log_terms import LogTerms

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
    """A few sound rows, column by column."""
    sound = frame[frame["quarantine_reason"].isna() & frame["excluded_by"].isna()]
    for row in sound.drop(columns=["quarantine_reason", "excluded_by"]).head(_SHOWN_ROWS).to_dict("records"):
        yield _row_text({str(name): value for name, value in row.items()}, city)


def _row_text(row: Mapping[str, object], city: City) -> str:
    """One row column by column, moments by the city's clock, blanks left out."""
    import pandas as pd

    values = {name: value for name, value in row.items() if not pd.isna(value)}
    number = values.pop("source_row", "?")
    return f"baris / row {number}: " + ", ".join(f"{name}={_local(value, city)}" for name, value in values.items())


def _local(value: object, city: City) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"{value.astimezone(city.zone_info):%Y-%m-%d %H:%M:%S %Z}"
    return value
