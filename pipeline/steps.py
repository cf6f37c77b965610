"""The whole story in a page: fetch, clean, validate, measure, store, report.

Every step takes names, reads files, writes files and returns a name or a small record, so that each can be run
alone by Airflow, the command line or a test.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from connectors.errors import DataRejected, TolokError
from connectors.remarks import Remark
from pipeline.atomic import write_atomically
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.landing import LandedFile, Manifest, hash_of, land, object_path, read_manifest
from pipeline.periods import Period, period_of_run
from pipeline.preconditions import require_countable, sources_for
from pipeline.progress import SILENT, Meter, Progress
from pipeline.settings import Settings
from pipeline.tables import TABLES
from pipeline.turns import take_turn

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.city_status import CityStatus
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result, Terms
    from pipeline.indicators.definition import Definition
    from pipeline.language.language import Code
    from pipeline.reporting import Reporting
    from pipeline.retrace import Effects
    from pipeline.validate import Verdict
    from pipeline.warehouse.records import Correction, Stored

_log = logging.getLogger(__name__)
_NO_REMARKS: Mapping[str, Sequence[Remark]] = {}


def resolve(city_id: str, *, partition_key: str | None, conf: Mapping[str, object] | None, is_year: bool) -> str:
    """The period of a run of one city, scheduled or triggered.

    Raises `ConfigError` for a city whose settings are at fault, and what `pipeline.preconditions` raises.
    """
    from pipeline.preconditions import place_of_city

    place_of_city(_city(city_id))
    return period_of_run(partition_key=partition_key, conf=conf, is_year=is_year).label


def may_start(
    city_id: str,
    period: str,
    *,
    holder: str,
    is_active: Callable[[str], bool],
    due_at: datetime | None,
) -> bool:
    """Whether a run may go on: no other run of the city is under way, and a year's months are there.

    A run by hand (no `due_at`) does not wait for months, and its period, of which it may have several, is not asked
    for; one that was due waits for the city's `year_waits_days`.
    """
    city, now = _city(city_id), datetime.now(UTC)
    own_months = _own_months(city, Period.parse(period)) if due_at else []
    missing = [month for month in own_months if month not in _months_done(city_id)]
    wait_until = (due_at or now) + timedelta(days=city.schedule.year_waits_days)
    if missing and now < wait_until:
        months = ", ".join(missing)
        _log.info("Menunggu / Waiting: %s, sampai / until %s", months, f"{wait_until:%Y-%m-%d %H:%MZ}")
        return False
    is_mine, held_by = take_turn(_home(), city_id, holder=holder, is_active=is_active, now=now)
    if not is_mine:
        _log.info("Menunggu run lain dari kota ini / Waiting for another run of this city: %s", held_by)
    return is_mine


def months_missing(city_id: str, year: str) -> list[str]:
    """The months of a year, from the city's first on, that have neither a value nor are declared empty."""
    done = _months_done(city_id)
    return [month for month in _own_months(_city(city_id), Period.parse(year)) if month not in done]


def _own_months(city: City, period: Period) -> list[str]:
    """The months that a year waits for: none for a month, else those since the city's first."""
    months = [month.label for month in period.months] if period.is_year else []
    return [month for month in months if month >= (city.schedule.first_month or "")]


def _months_done(city_id: str) -> set[str]:
    """The months of which something was measured, or that were declared empty."""
    return _measured(city_id) | set(_city(city_id).schedule.empty_months)


def _measured(city_id: str) -> set[str]:
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(_warehouse_url())
    warehouse.migrate()
    return {row["period"] for row in warehouse.current(city_id) if row["status"] != "not_computable"}


def also_due(city_id: str, month: str) -> list[str]:
    """What the city's schedule asks to be computed besides a month: the year to date, the twelve months to it.

    Not what is a month or a year, which have runs of their own, nor what reaches back before the city's first month.
    """
    schedule, stored = _city(city_id).schedule, {period for period, _ in versions(city_id)}
    first = schedule.first_month or min((label for label in stored if Period.parse(label).is_month), default=month)
    asked = [Period.parse(f"{month}-{reach}") for reach in schedule.also]
    return [
        period.label for period in asked if not (period.is_month or period.is_year) and period.months[0].label >= first
    ]


def year_to_restate(city_id: str, now: datetime) -> int | None:
    """The year that is run again for late answers at a moment; null outside the city's window."""
    city = _city(city_id)
    return city.schedule.year_to_restate(now.astimezone(city.zone_info).date())


def versions(city_id: str) -> dict[tuple[str, str], int]:
    """The newest version of each result, by period and indicator."""
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    warehouse.migrate()
    return {(row["period"], row["indicator"]): row["version"] for row in warehouse.current(city_id)}


def sources(city_id: str, period: str) -> list[str]:
    """The city's sources for the period: all but those that declare to cover other days only.

    Raises what `pipeline.preconditions` raises when the city cannot be counted at all.
    """
    city, asked = _city(city_id), Period.parse(period)
    require_countable(city, asked)
    return sources_for(city, asked)


def needs(city_id: str, source: str, period: str) -> bool:
    """Whether the period needs a source."""
    return source in sources_for(_city(city_id), Period.parse(period))


def connection(city_id: str, source: str) -> str | None:
    """The name of the connection a source is pulled over; null for files of a folder."""
    return _city(city_id).sources[source].connection


def connections(city_id: str) -> list[str]:
    """The names of the connections that all sources of a city are pulled over, each once."""
    return sorted({source.connection for source in _city(city_id).sources.values() if source.connection})


def fetch(city_id: str, source: str, period: str, *, progress: Progress = SILENT) -> str:
    """Land the raw bytes of one source, from its folder or its system; gives the name of its manifest."""
    city, asked = _city(city_id), Period.parse(period)
    with progress.step(f"Ambil / Fetch {source}") as meter:
        if city.sources[source].connection:
            from pipeline.pulling import pull

            manifest = pull(_home(), city=city, source_name=source, period=asked, now=datetime.now(UTC))
        else:
            manifest = land(_home(), city=city, source_name=source, period=asked, meter=meter)
    return f"{manifest.source}/{manifest.period}"


def clean(city_id: str, table: str, period: str, *, progress: Progress = SILENT) -> str:
    """Turn landed bytes into the clean table; gives the name of the clean dataset."""
    from pipeline.clean.dataset import clean_table

    manifests = _manifests(city_id, table, period)
    if not manifests:
        return ""
    with progress.step(f"Bersihkan / Clean {table}") as meter:
        return clean_table(_home(), city=_city(city_id), table_name=table, manifests=manifests, meter=meter)


def validate(city_id: str, period: str) -> str:
    """Hold the clean tables against their suites; a critical failure raises `DataRejected`."""
    from pipeline.judgement import judge_tables
    from pipeline.validate import refuse_unsound, validate_tables

    city, asked = _city(city_id), Period.parse(period)
    write_atomically(_work(city_id, period) / "manifests.sha256", _manifests_sha256(city_id, period))
    datasets = {table: dataset(city_id, table, period) for table in TABLES}
    manifests = {table: _manifests(city_id, table, period) for table in TABLES}
    verdicts, tables = validate_tables(
        datasets,
        period=asked,
        zone=city.zone_info,
        sources={table: _sources_of_files(of_table) for table, of_table in manifests.items()},
        names={file.file_id: file.name for of_table in manifests.values() for one in of_table for file in one.files},
    )
    said = {table: found.remarks for table, found in datasets.items()}
    verdict, remarks = judge_tables(tables, city=city, period=asked, said=said)
    verdicts = [*verdicts, verdict] if tables else []
    _write_verdicts(city_id, period, "tables", verdicts)
    write_atomically(_work(city_id, period) / "remarks.json", _remarks_by_table().dump_json(remarks, indent=1))
    refuse_unsound(verdicts, tables=tables)
    return f"{city_id}/{period}/tables"


def _sources_of_files(manifests: Sequence[Manifest]) -> dict[str, str]:
    """The source of each file id, or all of them where several read the same file."""
    found: dict[str, dict[str, None]] = {}
    for manifest in manifests:
        for file in manifest.files:
            found.setdefault(file.file_id, {})[manifest.source] = None
    return {file_id: ", ".join(names) for file_id, names in found.items()}


def measure(city_id: str, period: str) -> str:
    """Compute the four indicators, hold them against their suites and earlier results; gives the results' name."""
    _refuse_newer_files(city_id, period)
    computed = compute(city_id, period, remarks=_read_remarks(city_id, period))
    _write_results(city_id, period, "computed", computed)
    verdicts, results = _judged(city_id, period, computed, warehouse_url=_warehouse_url())
    _write_verdicts(city_id, period, "results", verdicts)
    _refuse(verdicts)
    _write_results(city_id, period, "results", results)
    return f"{city_id}/{period}/results"


def judged_results(city_id: str, period: str, *, warehouse_url: str | None) -> list[Result]:
    """The four indicators with what suites and earlier results say of them; `DataRejected` for a critical failure.

    Without a warehouse there are no earlier results.
    """
    computed = compute(city_id, period, remarks=_read_remarks(city_id, period))
    verdicts, results = _judged(city_id, period, computed, warehouse_url=warehouse_url)
    _refuse(verdicts)
    return results


def _judged(
    city_id: str, period: str, computed: Sequence[Result], *, warehouse_url: str | None
) -> tuple[list[Verdict], list[Result]]:
    from pipeline.judgement import judge_results
    from pipeline.validate import validate_results

    asked = Period.parse(period)
    verdict, results = judge_results(
        computed,
        city=_city(city_id),
        period=asked,
        last_year=_stored(warehouse_url, city_id, asked.year_before),
        month_before=_stored(warehouse_url, city_id, asked.month_before),
        most_things=_most_things(warehouse_url, city_id, asked),
    )
    return [validate_results(results), verdict], results


def _refuse(verdicts: Sequence[Verdict]) -> None:
    from pipeline.validate import refuse_unsound

    refuse_unsound(verdicts)


def _stored(warehouse_url: str | None, city_id: str, period: Period | None) -> list[Any]:
    """The results a warehouse holds of a period; none without one of both."""
    from pipeline.warehouse import Warehouse

    if warehouse_url is None or period is None:
        return []
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    return warehouse.current(city_id, period.label, is_whole=True)


def _most_things(warehouse_url: str | None, city_id: str, period: Period) -> dict[str, int]:
    """By indicator, of how many things an earlier version of the period tells, made of sources that are still there."""
    from pipeline.warehouse import Warehouse

    if warehouse_url is None:
        return {}
    names = frozenset(sources_for(_city(city_id), period))
    return Warehouse(warehouse_url).most_things(city_id, period.label, sources=names)


def store(city_id: str, period: str, *, correction: Correction | None = None, with_overviews: bool = True) -> list[str]:
    """Write the results as versions in one transaction; gives a line per indicator, saying what changed.

    Into a closed year nothing is written without a correction; the line says what would have changed. Results of the
    next month and of a year later that are there already are judged again, for they are judged beside these.
    """
    _refuse_newer_files(city_id, period)
    stored = _write_versions(city_id, period, correction=correction)
    write_atomically(_work(city_id, period) / "fingerprint", _fingerprint(city_id, period))
    if any(one.outcome in ("new", "changed") for one in stored):
        for later in Period.parse(period).judged_beside:
            stored += _judge_again(city_id, later.label, beside=period, with_overviews=with_overviews)
    return [str(one) for one in stored]


def _judge_again(city_id: str, period: str, *, beside: str, with_overviews: bool) -> list[Stored]:
    """Judge what an earlier run computed beside what was stored since; gives what changed.

    Nothing without such results here, or while another run has fetched other files: it judges them itself.
    """
    kept = _work(city_id, period) / "computed.json"
    if not kept.is_file() or not _stored(_warehouse_url(), city_id, Period.parse(period)):
        return []
    try:
        _refuse_newer_files(city_id, period)
    except DataRejected:
        return []
    verdicts, results = _judged(city_id, period, _read_results(kept), warehouse_url=_warehouse_url())
    _write_verdicts(city_id, period, "results", verdicts)
    _write_results(city_id, period, "results", results)
    because = f"dinilai lagi di samping {beside} / judged again beside {beside}"
    changed = [one for one in _write_versions(city_id, period, because=because) if one.outcome != "unchanged"]
    if changed:
        report(city_id, period, with_overviews=with_overviews)
    return changed


def _write_versions(
    city_id: str, period: str, *, correction: Correction | None = None, because: str | None = None
) -> list[Stored]:
    from pipeline.store_request import store_request_for
    from pipeline.terms import populations
    from pipeline.warehouse import Warehouse

    results = _read_results(_work(city_id, period) / "results.json")
    warehouse = Warehouse(_warehouse_url())
    warehouse.migrate()
    city, asked = _city(city_id), Period.parse(period)
    headline, others = populations(dataset(city_id, "population", period).frame, city=city, period=asked)
    request = store_request_for(
        city,
        period=asked,
        manifests={table: _manifests(city_id, table, period) for table in TABLES},
        verdicts=_read_verdicts(city_id, period),
        results=results,
        populations=[headline, *others] if headline else [],
        computed_at=datetime.now(UTC),
    )
    request = replace(request, correction=correction, because=because)
    return list(warehouse.store(results, request=request))


def measured(city_id: str, periods: Sequence[str]) -> list[str]:
    """Those of the periods of which something was measured, or that were declared empty."""
    done = _months_done(city_id)
    return [period for period in periods if period in done]


def _manifests_sha256(city_id: str, period: str) -> str:
    """The same for the same files of all tables."""
    manifests = [manifest for table in TABLES for manifest in _manifests(city_id, table, period)]
    return hashlib.sha256(repr(manifests).encode()).hexdigest()


def _refuse_newer_files(city_id: str, period: str) -> None:
    """`DataRejected` when another run has fetched other files since these were validated: a result names its own."""
    kept = _work(city_id, period) / "manifests.sha256"
    if not kept.is_file():
        raise _not_run(city_id, period, id="belum divalidasi", en="not validated yet")
    if kept.read_text("utf-8") != _manifests_sha256(city_id, period):
        raise DataRejected(
            id=f"{city_id} {period}: run lain mengambil berkas yang lebih baru sementara itu. Jalankan lagi.",
            en=f"{city_id} {period}: another run has fetched newer files meanwhile. Run it again.",
        )


def periods_done(city_id: str, periods: Sequence[str]) -> frozenset[str]:
    """Those of the periods that have results, and whose files, settings and methods are still those of then."""
    from pipeline.warehouse import Warehouse

    _city(city_id)
    warehouse = Warehouse(_warehouse_url())
    warehouse.migrate()
    rows = warehouse.current(city_id, periods[0] if len(periods) == 1 else None)
    stored = {row["period"] for row in rows}
    return frozenset(period for period in periods if period in stored and _is_unchanged(city_id, period))


def _is_unchanged(city_id: str, period: str) -> bool:
    """Results of another machine or an older Tolok, of which nothing is noted here, stand."""
    kept = _work(city_id, period) / "fingerprint"
    return not kept.is_file() or kept.read_text("utf-8") == _fingerprint(city_id, period)


def _fingerprint(city_id: str, period: str) -> str:
    from pipeline.inputs import fingerprint

    city, asked = _city(city_id), Period.parse(period)
    return fingerprint(city, sources_for(city, asked), period=asked)


def report(
    city_id: str,
    period: str,
    *,
    formats: Sequence[str] = (),
    languages: Sequence[Code] = (),
    reporting: Reporting | None = None,
    with_overviews: bool = True,
) -> list[str]:
    """Write the reports that the city declares and its dashboard, or those of the formats told; gives their paths.

    The page among them shows results and validation in both languages. `reporting` has read cities before. Without
    overviews the dashboard is left to `write_overviews`.
    """
    from pipeline.reporting import Reporting

    declared = _city(city_id).reports
    is_told, languages = bool(formats), languages or declared.languages
    formats = formats or declared.formats
    pages = [_write_page(city_id, period)] if "html" in formats else []
    others = (reporting or Reporting(Settings.from_environment())).write(
        city_id, period, formats=formats, languages=languages
    )
    dashboards = _write_dashboards(city_id, languages) if with_overviews and not is_told else ()
    return [str(path) for path in (*pages, *others, *dashboards)]


def write_overviews(city_id: str) -> None:
    """Write what shows all periods of a city: its dashboard and its status page; nothing of a city without results."""
    from pipeline.warehouse import Warehouse

    if Warehouse(_warehouse_url()).current(city_id):
        list(_write_dashboards(city_id, _city(city_id).reports.languages))
    status(city_id, now=datetime.now(UTC))


def _write_dashboards(city_id: str, languages: Sequence[Code]) -> Iterator[Path]:
    from pipeline.dashboards import Dashboards, write_dashboards

    return write_dashboards(Dashboards.of_machine(Settings.from_environment()), [city_id], languages)


def _write_page(city_id: str, period: str) -> Path:
    from pipeline.report.page import write_page
    from pipeline.warehouse import Warehouse

    city, warehouse = _city(city_id), Warehouse(_warehouse_url())
    results = warehouse.current(city_id, period)
    manifests = [m for table in TABLES for m in _manifests(city_id, table, period)]
    return write_page(
        _home() / "reports" / city_id / f"{period}.html",
        city_name=city.name,
        period=period,
        results=results,
        breakdowns={r["indicator"]: warehouse.breakdowns(city_id, period, r["indicator"]) for r in results},
        verdicts=_read_verdicts(city_id, period),
        notes=[note for manifest in manifests for note in manifest.notes],
        sources=[
            {"source": m.source, "file": file.name, "sha256": file.sha256, "size_bytes": file.size_bytes}
            for m in manifests
            for file in m.files
        ],
    )


def status(city_id: str, *, now: datetime) -> CityStatus:
    """How the city's periods stand, what they lack and what runs next; its page is written anew."""
    from pipeline.city_status import city_status
    from pipeline.report.status_page import write_status_page
    from pipeline.warehouse import Notifications, Warehouse

    url = Settings.from_environment().warehouse_url
    failures, warehouse = Notifications(url).failures(city_id), Warehouse(url)
    computed = {row["period"]: row["computed_at"] for row in warehouse.history(city_id)}
    found = city_status(
        _city(city_id), results=warehouse.current(city_id), computed=computed, failures=failures, now=now
    )
    write_status_page(_home() / "reports" / city_id, found)
    return found


def conclude(city_id: str, period: str, *, with_overviews: bool = True) -> str:
    """The period, when something was measured or the city declared it empty; else `DataRejected` with the reasons.

    What failed of it before is forgotten then, and the status page says so, unless it is left to `write_overviews`.
    """
    from pipeline.failures import forget_failures
    from pipeline.warehouse import Warehouse

    results = Warehouse(_warehouse_url()).current(city_id, period)
    months = {month.label for month in Period.parse(period).months}
    if any(row["status"] != "not_computable" for row in results) or months <= set(_city(city_id).schedule.empty_months):
        forget_failures(city_id, period)
        if with_overviews:
            status(city_id, now=datetime.now(UTC))
        return period
    reasons = "\n".join(f"  {row['indicator']}: {row['reason']}" for row in results)
    raise DataRejected(
        id=f"{city_id} {period}: tidak ada yang dapat dihitung. Bila bulan ini memang tanpa data, tulis di "
        f"schedule.empty_months.\n{reasons}",
        en=f"{city_id} {period}: nothing could be measured. If the month is known to hold no data, name it in "
        f"schedule.empty_months.\n{reasons}",
    )


def collected(city_id: str) -> None:
    """Forget what failed of earlier nights' collecting: tonight's went well."""
    from pipeline.failures import NIGHTLY, forget_failures

    forget_failures(city_id, NIGHTLY)


def run(
    city_id: str,
    period: str,
    *,
    correction: Correction | None = None,
    progress: Progress = SILENT,
    with_overviews: bool = True,
) -> list[str]:
    """Every step in order; gives what `store` says. Without overviews those are left to `write_overviews`."""
    from pipeline.failures import kept_failure

    label, _ = Period.parse(period).label, _city(city_id)
    try:
        with kept_failure(city_id, label) as begin:
            for source in sources(city_id, label):
                begin(f"fetch.{source}")
                fetch(city_id, source, label, progress=progress)
            begin("clean")
            for table in TABLES:
                clean(city_id, table, label, progress=progress)
            begin("validate")
            with progress.step("Periksa / Validate"):
                validate(city_id, label)
            begin("measure")
            with progress.step("Hitung / Measure"):
                measure(city_id, label)
            begin("store")
            with progress.step("Simpan / Store"):
                stored = store(city_id, label, correction=correction, with_overviews=with_overviews)
            begin("report")
            with progress.step("Laporkan / Report"):
                report(city_id, label, with_overviews=with_overviews)
    finally:
        if with_overviews:
            with suppress(TolokError, OSError):  # The run's own fault is the one to tell.
                status(city_id, now=datetime.now(UTC))
    return stored


def compute(
    city_id: str,
    period: str,
    *,
    is_rebuilt: bool = False,
    remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS,
    progress: Progress = SILENT,
) -> list[Result]:
    """The four results of a period from the clean tables; `is_rebuilt` makes those anew from the landed bytes.

    `remarks` are what validation found out about each table.
    """
    from pipeline.indicators import base
    from pipeline.indicators.registry import INDICATORS

    results = []
    with TemporaryDirectory(prefix="rebuilt-", dir=_home()) if is_rebuilt else nullcontext() as folder:
        inhabitants = dataset(city_id, "population", period, rebuilt_in=folder)
        for indicator in INDICATORS.values():
            table = indicator.DEFINITION.table
            with progress.step(f"Hitung ulang / Recompute {table}") as meter:
                rows = dataset(city_id, table, period, rebuilt_in=folder, meter=meter)
            terms = _terms(city_id, period, indicator.DEFINITION, rows=rows, inhabitants=inhabitants, remarks=remarks)
            results.append(base.measure(indicator, rows.parts, terms=terms))
    return results


def _terms(
    city_id: str,
    period: str,
    definition: Definition,
    *,
    rows: Dataset,
    inhabitants: Dataset,
    remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS,
) -> Terms:
    from pipeline.terms import terms_for

    table, also_reads = definition.table, definition.also_reads
    return terms_for(
        table,
        city=_city(city_id),
        period=Period.parse(period),
        parts=rows.parts,
        tally=rows.tally,
        inhabitants=inhabitants.frame,
        manifests=_manifests(city_id, table, period),
        remarks=(
            *rows.remarks,
            *(one for name in (table, *also_reads) for one in _landing_remarks(city_id, name, period)),
            *(inhabitants.remarks if "population" in also_reads else ()),
            *(remark for name in (table, *also_reads) for remark in remarks.get(name, ())),
        ),
    )


def effects(city_id: str, period: str, indicator_id: str, *, rules: Sequence[tuple[str, str]]) -> Effects:
    """How far each rule that leaves rows out, and each reason of quarantine, moves a value; `DataRejected` without its
    files here.
    """
    from pipeline.indicators.registry import INDICATORS
    from pipeline.retrace import effects

    indicator = INDICATORS[indicator_id]
    rows, terms = _rows_and_terms(city_id, period, indicator.DEFINITION)
    table = TABLES[indicator.DEFINITION.table]
    return effects(indicator, rows.parts, table=table, terms=terms, rules=rules)


def rows_behind(city_id: str, period: str, indicator_id: str, *, where: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a group behind a value with file name, hash and row of each; raises what `rows_of_group` does."""
    from pipeline.indicators.registry import INDICATORS
    from pipeline.retrace import rows_of_group

    definition = INDICATORS[indicator_id].DEFINITION
    rows, terms = _rows_and_terms(city_id, period, definition)
    found = rows_of_group(rows.parts, table=TABLES[definition.table], terms=terms, where=where)
    files = {file.sha256[:16]: file for one in _manifests(city_id, definition.table, period) for file in one.files}
    named = found["source_file_id"].map({short: file.name for short, file in files.items()})
    hashes = found["source_file_id"].map({short: file.sha256 for short, file in files.items()})
    found.insert(0, "file", named)
    found.insert(1, "sha256", hashes)
    return found


def _rows_and_terms(city_id: str, period: str, definition: Definition) -> tuple[Dataset, Terms]:
    rows, inhabitants = (dataset(city_id, table, period) for table in (definition.table, "population"))
    return rows, _terms(city_id, period, definition, rows=rows, inhabitants=inhabitants)


def altered_files(city_id: str, period: str, *, progress: Progress = SILENT) -> list[str]:
    """Names of landed files whose bytes are gone or no longer have the hash they are addressed by."""
    manifests = [manifest for table in TABLES for manifest in _manifests(city_id, table, period)]
    files = [file for manifest in manifests for file in manifest.files]
    with progress.step("Cocokkan berkas / Check files") as meter:
        meter.expect(sum(file.size_bytes for file in files))

        def is_whole(file: LandedFile) -> bool:
            path = object_path(_home(), file.sha256)
            return path.is_file() and hash_of(path, meter) == file.sha256

        return [file.name for file in files if not is_whole(file)]


def dataset(
    city_id: str, table: str, period: str, *, rebuilt_in: str | None = None, meter: Meter | None = None
) -> Dataset:
    """The clean table of a period: that on disk, or one made anew from the landed bytes, once in a folder."""
    from pipeline.clean.dataset import read_dataset, rebuild

    city, manifests = _city(city_id), _manifests(city_id, table, period)
    if rebuilt_in is not None:
        folder = Path(rebuilt_in) / table
        if folder.is_dir():
            return read_dataset(folder, TABLES[table])
        folder.mkdir()
        return rebuild(_home(), city=city, table_name=table, manifests=manifests, folder=folder, meter=meter)
    return dataset_of(city_id, table, manifests)


def dataset_of(city_id: str, table: str, manifests: Sequence[Manifest]) -> Dataset:
    """The clean table of some sources, made unless it is on disk."""
    from pipeline.clean.dataset import clean_table, dataset_path, read_dataset

    city = _city(city_id)
    name = clean_table(_home(), city=city, table_name=table, manifests=manifests)
    return read_dataset(dataset_path(_home(), city, table, name), TABLES[table])


def _manifests(city_id: str, table: str, period: str) -> list[Manifest]:
    """The manifests of a table's sources for a period; `DataRejected` when one has not been fetched."""
    city, asked = _city(city_id), Period.parse(period)
    names = [name for name in sources_for(city, asked) if city.sources[name].table == table]
    try:
        return [read_manifest(_home(), city_id=city_id, source_name=name, period=asked) for name in names]
    except FileNotFoundError:
        raise _not_run(city_id, period, id="sumber belum diambil", en="the sources have not been fetched") from None


def _landing_remarks(city_id: str, table: str, period: str) -> list[Remark]:
    return [remark for manifest in _manifests(city_id, table, period) for remark in manifest.remarks]


def _not_run(city_id: str, period: str, *, id: str, en: str) -> DataRejected:
    command = f"tolok run {city_id} {period}"
    return DataRejected(
        id=f"{city_id} {period}: {id}. Jalankan dahulu: {command}", en=f"{city_id} {period}: {en}. First run: {command}"
    )


def _home() -> Path:
    return Settings.from_environment().home


def _warehouse_url() -> str:
    return Settings.from_environment().warehouse_url


def _city(city_id: str) -> City:
    cities = Settings.from_environment().cities
    path = cities / f"{city_id}.yaml"
    return _load_city(cities, city_id, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=64)
def _load_city(cities: Path, city_id: str, changed_at: int) -> City:  # noqa: ARG001 a changed file is read again
    return load_city(cities, city_id)


def _work(city_id: str, period: str) -> Path:
    return _home() / "runs" / city_id / period


def _write_verdicts(city_id: str, period: str, part: str, verdicts: Sequence[Verdict]) -> None:
    text = _as_list_of("Verdict").dump_json(list(verdicts), indent=1).decode()
    write_atomically(_work(city_id, period) / f"verdicts-{part}.json", text)


def _write_results(city_id: str, period: str, name: str, results: Sequence[Result]) -> None:
    text = _as_list_of("Result").dump_json(list(results), indent=1).decode()
    write_atomically(_work(city_id, period) / f"{name}.json", text)


def _read_results(path: Path) -> list[Result]:
    results: list[Result] = _as_list_of("Result").validate_json(path.read_bytes())
    return results


def _read_verdicts(city_id: str, period: str) -> list[Verdict]:
    """The verdicts of the latest run; `DataRejected` when none are kept here."""
    parts = [_work(city_id, period) / f"verdicts-{part}.json" for part in ("tables", "results")]
    try:
        return [verdict for part in parts for verdict in _as_list_of("Verdict").validate_json(part.read_bytes())]
    except FileNotFoundError:
        raise _not_run(city_id, period, id="verdik belum ada", en="there are no verdicts yet") from None


def _read_remarks(city_id: str, period: str) -> dict[str, list[Remark]]:
    """What validation remarked about each table; `DataRejected` when there was no validation here."""
    try:
        return _remarks_by_table().validate_json((_work(city_id, period) / "remarks.json").read_bytes())
    except FileNotFoundError:
        raise _not_run(city_id, period, id="belum divalidasi", en="not validated yet") from None


@lru_cache(maxsize=1)
def _remarks_by_table() -> TypeAdapter[dict[str, list[Remark]]]:
    return TypeAdapter(dict[str, list[Remark]])


@lru_cache(maxsize=2)
def _as_list_of(name: str) -> TypeAdapter[Any]:
    """Reads and writes a list of results or verdicts as JSON."""
    from pipeline.indicators.base import Result
    from pipeline.validate import Verdict

    return TypeAdapter(list[Result] if name == "Result" else list[Verdict])
