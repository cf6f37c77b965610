"""The whole story in a page: fetch, clean, validate, measure, store, report.

Every step takes names, reads files, writes files and returns a name or a small record, so that each can be run
alone by Airflow, the command line or a test.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import DataRejected, SourceUnavailable, TolokError
from connectors.remarks import Remark
from pipeline.atomic import write_atomically
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.landing import Manifest, erased_ids, land, put_again, refuse_expired
from pipeline.leftovers import passing_folder, sweep_leftovers
from pipeline.mirror import is_in_storage, pull, remove_file
from pipeline.periods import Period, period_of_run
from pipeline.preconditions import require_countable, sources_for
from pipeline.progress import SILENT, Meter, Progress
from pipeline.settings import Settings
from pipeline.tables import TABLES
from pipeline.work import Work

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.city_status import CityStatus
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result, Terms
    from pipeline.indicators.definition import Definition
    from pipeline.language.language import Code
    from pipeline.reporting import Reporting
    from pipeline.retrace import Effects
    from pipeline.signs import Read
    from pipeline.validate import Verdict
    from pipeline.warehouse import Warehouse
    from pipeline.warehouse.records import Correction, Stored, StoreRequest

_log = logging.getLogger(__name__)
# Beside a period's results while a run of it is not at its end: from which step on the next one does it again.
_LEFT_TO_DO, _STORE, _REPORT = "left-to-do", "store", "report"
_NO_REMARKS: Mapping[str, Sequence[Remark]] = {}


def resolve(city_id: str, *, partition_key: str | None, conf: Mapping[str, object] | None, is_year: bool) -> str:
    """The period of a run of one city, scheduled or triggered.

    Raises `ConfigError` for a city whose settings are at fault, and what `pipeline.preconditions` raises, and what
    stands in the way of storing its results.
    """
    from pipeline.preconditions import place_of_city

    place_of_city(_city(city_id))
    _begin(city_id)
    return period_of_run(partition_key=partition_key, conf=conf, is_year=is_year).label


def _begin(city_id: str) -> None:
    """Take away what killed runs left and what the city no longer keeps, and find out before all work whether its
    results can be stored."""
    from pipeline.warehouse import Warehouse

    sweep_leftovers(_home())
    if is_in_storage(_home()):
        from pipeline.erasing.copies import sweep_gone

        sweep_gone(_home())
    warehouse = Warehouse(_warehouse_url())
    warehouse.migrate()
    warehouse.require_writable()
    if _city(city_id).retention:
        _expire(city_id)


def _expire(city_id: str) -> None:
    from pipeline.erasing.retention import expire

    try:
        numbers = expire(_home(), city=_city(city_id), url=_warehouse_url(), now=datetime.now(UTC))
    except TolokError as fault:  # The run itself may well go on.
        _log.warning("Masa simpan tidak diterapkan / Retention not applied: %s", fault)
        return
    for number in numbers:
        _log.warning("Masa simpan habis: keputusan %d / Retention is over: decision %d", number, number)


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
    from pipeline.turns import take_turn

    city, now = _city(city_id), datetime.now(UTC)
    own_months = _own_months(city, Period.parse(period)) if due_at else []
    missing = [month for month in own_months if month not in _months_done(city_id)]
    wait_until = (due_at or now) + timedelta(days=city.schedule.year_waits_days)
    if missing and now < wait_until:
        months = ", ".join(missing)
        _log.info("Menunggu / Waiting: %s, sampai / until %s", months, f"{wait_until:%Y-%m-%d %H:%MZ}")
        return False
    is_mine, held_by = take_turn(_home(), _warehouse_url(), city_id, holder=holder, is_active=is_active, now=now)
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
    return {row["period"] for row in _warehouse().current(city_id) if row["status"] != "not_computable"}


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
    return {(row["period"], row["indicator"]): row["version"] for row in _warehouse().current(city_id)}


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
    refuse_expired(_home(), city_id=city_id, source_name=source, period=asked)
    with progress.step(f"Ambil / Fetch {source}") as meter:
        try:
            manifest = _landed(city, source, asked, meter)
        except FileNotFoundError as fault:
            if not Path(fault.filename or "").is_relative_to(_home() / "landing"):
                raise
            raise _taken_away(city_id, source) from None
    return f"{manifest.source}/{manifest.period}"


def _landed(city: City, source: str, period: Period, meter: Meter) -> Manifest:
    if city.sources[source].connection:
        from pipeline.pulling import pull

        manifest = pull(_home(), city=city, source_name=source, period=period, now=datetime.now(UTC))
    else:
        manifest = land(_home(), city=city, source_name=source, period=period, meter=meter)
    manifest = _strip(city, manifest)
    put_again(_home(), manifest.kept_files)
    return manifest


def _taken_away(city_id: str, source: str) -> SourceUnavailable:
    return SourceUnavailable(
        id=f"{city_id}, sumber '{source}': berkas yang baru diambil dihapus sementara itu, misalnya oleh tolok erase. "
        "Jalankan lagi.",
        en=f"{city_id}, source '{source}': what was just fetched was taken away meanwhile, as by tolok erase. Run "
        "again.",
    )


def _strip(city: City, manifest: Manifest) -> Manifest:
    """Take rows of erased persons out of what was fetched, and say so: the source still holds them."""
    if not erased_ids(_home(), city.city, manifest.source):
        return manifest
    from pipeline.erasing.files import strip

    stripped, count = strip(_home(), city, manifest)
    if count:
        _log.warning(
            "%s %s: %d baris orang yang sudah dihapus masih ada di sumbernya; tidak disimpan. Minta pengelola sumber "
            "menghapusnya. / %d rows of erased persons are still in the source; they were not kept. Ask who runs the "
            "source to erase them.",
            manifest.source,
            manifest.period,
            count,
            count,
        )
    return stripped


def clean(city_id: str, table: str, period: str, *, progress: Progress = SILENT) -> str:
    """Turn landed bytes into the clean table; gives the name of the clean dataset."""
    from pipeline.clean.dataset import clean_table

    manifests = _work(city_id, period).manifests(table)
    if not manifests:
        return ""
    with progress.step(f"Bersihkan / Clean {table}") as meter:
        return clean_table(_home(), city=_city(city_id), table_name=table, manifests=manifests, meter=meter)


def validate(city_id: str, period: str) -> str:
    """Hold the clean tables against their suites; a critical failure raises `DataRejected`."""
    from pipeline.validate import refuse_unsound

    work = _work(city_id, period)
    verdicts, remarks, tables = _validated(work)
    work.write_verdicts("tables", verdicts)
    work.write_remarks(remarks)
    refuse_unsound(verdicts, tables=tables)
    return f"{city_id}/{period}/tables"


def _validated(work: Work) -> tuple[list[Verdict], dict[str, list[Remark]], dict[str, Read]]:
    """Verdicts on clean tables and their signs, remarks by table, and what was read of each."""
    from pipeline.judgement import Judged
    from pipeline.validate import read_tables, validate

    datasets = {table: work.dataset(table) for table in TABLES if table not in work.expired}
    checks, tables = read_tables(
        datasets,
        period=work.period,
        zone=work.city.zone_info,
        sources={table: _sources_of_files(work.manifests(table)) for table in TABLES},
        names={file.file_id: file.name for manifest in work.all_manifests for file in manifest.files},
    )
    if not checks:
        return [], {}, tables
    signs = Judged.of_tables(tables, city=work.city, period=work.period)
    verdicts = validate([*checks, signs.check])
    said = {table: found.remarks for table, found in datasets.items()}
    return verdicts, signs.remarks(verdicts[-1], said=said), tables


def _sources_of_files(manifests: Sequence[Manifest]) -> dict[str, str]:
    """The source of each file id, or all of them where several read the same file."""
    found: dict[str, dict[str, None]] = {}
    for manifest in manifests:
        for file in manifest.files:
            found.setdefault(file.file_id, {})[manifest.source] = None
    return {file_id: ", ".join(names) for file_id, names in found.items()}


def measure(city_id: str, period: str) -> str:
    """Compute the four indicators, hold them against their suites and earlier results; gives the results' name."""
    work = _work(city_id, period)
    computed = _computed(work, remarks=work.remarks())
    work.write_results("computed", computed)
    verdicts, results = _judged(city_id, period, computed, warehouse_url=_warehouse_url())
    work.write_verdicts("results", verdicts)
    _refuse(verdicts)
    work.write_results("results", results)
    return f"{city_id}/{period}/results"


def judged_results(city_id: str, period: str, *, warehouse_url: str | None) -> list[Result]:
    """The four indicators with what suites and earlier results say of them; `DataRejected` for a critical failure.

    Without a warehouse there are no earlier results.
    """
    work = _work(city_id, period)
    computed = _computed(work, remarks=work.remarks())
    verdicts, results = _judged(city_id, period, computed, warehouse_url=warehouse_url)
    _refuse(verdicts)
    return results


def _judged(
    city_id: str, period: str, computed: Sequence[Result], *, warehouse_url: str | None
) -> tuple[list[Verdict], list[Result]]:
    from pipeline.judgement import Judged
    from pipeline.validate import check_of_results, validate

    asked, warehouse = Period.parse(period), _warehouse(warehouse_url) if warehouse_url else None
    signs = Judged.of_results(
        computed,
        city=_city(city_id),
        period=asked,
        last_year=_stored(warehouse, city_id, asked.year_before),
        month_before=_stored(warehouse, city_id, asked.month_before),
        most_things=_most_things(warehouse, city_id, asked),
    )
    of_results, of_signs = validate([check_of_results(computed), signs.check])
    if remarks := signs.remarks(of_signs):
        computed = [result.with_remarks(remarks.get(result.indicator_id, ())) for result in computed]
        (of_results,) = validate([check_of_results(computed)])
    return [of_results, of_signs], list(computed)


def _refuse(verdicts: Sequence[Verdict]) -> None:
    from pipeline.validate import refuse_unsound

    refuse_unsound(verdicts)


def _stored(warehouse: Warehouse | None, city_id: str, period: Period | None) -> list[Any]:
    """The results a warehouse holds of a period; none without one of both."""
    return warehouse.current(city_id, period.label, is_whole=True) if warehouse and period else []


def _most_things(warehouse: Warehouse | None, city_id: str, period: Period) -> dict[str, int]:
    """By indicator, of how many things an earlier version of the period tells, made of sources that are still there."""
    names = frozenset(sources_for(_city(city_id), period))
    return warehouse.most_things(city_id, period.label, sources=names) if warehouse else {}


def store(city_id: str, period: str, *, correction: Correction | None = None, with_overviews: bool = True) -> list[str]:
    """Write the results as versions in one transaction; gives a line per indicator, saying what changed.

    Into a closed year nothing is written without a correction; the line says what would have changed. Results of the
    next month and of a year later that are there already are judged again, for they are judged beside these.
    """
    work = _work(city_id, period)
    was_broken_off = _left_to_do(work) == _STORE
    write_atomically(work.place / _LEFT_TO_DO, _STORE)
    stored = _write_versions(work, correction=correction)
    write_atomically(work.place / "fingerprint", _fingerprint(city_id, period))
    if was_broken_off or any(one.outcome in ("new", "changed") for one in stored):
        for later in work.period.judged_beside:
            stored += _judge_again(
                city_id, later.label, beside=period, with_overviews=with_overviews, is_shown=not was_broken_off
            )
    write_atomically(work.place / _LEFT_TO_DO, _REPORT)
    return [str(one) for one in stored]


def _left_to_do(work: Work) -> str:
    """From which step on a run of the period was broken off since its results were written; empty for none."""
    pull(work.place / _LEFT_TO_DO)
    with suppress(FileNotFoundError):
        return (work.place / _LEFT_TO_DO).read_text("utf-8")
    return ""


def _judge_again(city_id: str, period: str, *, beside: str, with_overviews: bool, is_shown: bool) -> list[Stored]:
    """Judge what an earlier run computed beside what was stored since; gives what changed.

    Nothing without such results here, or of other files and settings than today's: the next run judges those. What did
    not change is reported all the same unless it `is_shown` for sure.
    """
    try:
        work = _work(city_id, period)
        computed = work.results("computed")
    except DataRejected:
        return []
    if not _stored(_warehouse(), city_id, work.period):
        return []
    verdicts, results = _judged(city_id, period, computed, warehouse_url=_warehouse_url())
    work.write_verdicts("results", verdicts)
    work.write_results("results", results)
    because = f"dinilai lagi di samping {beside} / judged again beside {beside}"
    changed = [one for one in _write_versions(work, because=because) if one.outcome != "unchanged"]
    if changed or not is_shown:
        report(city_id, period, with_overviews=with_overviews)
    return changed


def _write_versions(work: Work, *, correction: Correction | None = None, because: str | None = None) -> list[Stored]:
    """Results as versions bound to the manifests they were measured from."""
    results = work.results("results")
    request = _store_request(work, results, verdicts=work.verdicts())
    request = replace(request, correction=correction, because=because)
    stored = list(_warehouse().store(results, request=request))
    work.note_stored({one.indicator_id: one.version for one in stored})
    return stored


def _store_request(work: Work, results: Sequence[Result], *, verdicts: Sequence[Verdict]) -> StoreRequest:
    from pipeline.store_request import store_request_for

    headline, others = work.populations
    request = store_request_for(
        work.city,
        period=work.period,
        manifests={table: work.manifests(table) for table in TABLES},
        verdicts=verdicts,
        results=results,
        populations=[headline, *others] if headline else [],
        computed_at=datetime.now(UTC),
    )
    return replace(request, known_versions=work.known_versions())


def measured(city_id: str, periods: Sequence[str]) -> list[str]:
    """Those of the periods of which something was measured, or that were declared empty."""
    done = _months_done(city_id)
    return [period for period in periods if period in done]


def periods_done(city_id: str, periods: Sequence[str]) -> frozenset[str]:
    """Those of the periods that have results as they were written, of files, settings and methods as they are now."""
    from pipeline.warehouse.seals import STATUS_ALTERED

    _city(city_id)
    rows = _warehouse().current(city_id, periods[0] if len(periods) == 1 else None)
    stored = {row["period"] for row in rows} - {row["period"] for row in rows if row["status"] == STATUS_ALTERED}
    lost = {period for period in periods if _has_lost(city_id, period, rows)}
    return frozenset(period for period in periods if period in stored - lost and _is_unchanged(city_id, period))


def _has_lost(city_id: str, period: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a version that was stored is not in the warehouse any more."""
    there = {row["indicator"]: row["version"] for row in rows if row["period"] == period}
    known = _work(city_id, period).known_versions()
    return any(number > there.get(name, 0) for name, number in known.items())


def _is_unchanged(city_id: str, period: str) -> bool:
    """Results of another machine or an older Tolok, of which nothing is noted here, stand; expired ones do too."""
    work = _work(city_id, period)
    with suppress(DataRejected):
        if work.expired:
            return True
    if _left_to_do(work):
        return False
    kept = work.place / "fingerprint"
    pull(kept)
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
    written = [str(path) for path in (*pages, *others, *dashboards)]
    if not is_told and _left_to_do(work := _work(city_id, period)) == _REPORT:
        remove_file(work.place / _LEFT_TO_DO)
    return written


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

    work, warehouse = Work.last_stored(_city(city_id), Period.parse(period), _home()), Warehouse(_warehouse_url())
    results = warehouse.published(city_id, period)
    return write_page(
        _home() / "reports" / city_id / f"{period}.html",
        city_name=work.city.name,
        period=period,
        results=results,
        breakdowns={
            row["indicator"]: [
                {"dimension": name} | part for name, parts in row["breakdowns"].items() for part in parts
            ]
            for row in results
        },
        verdicts=work.verdicts(),
        notes=[note for manifest in work.all_manifests for note in manifest.notes],
        sources=[
            {"source": m.source, "file": file.name, "sha256": file.sha256, "size_bytes": file.size_bytes}
            for m in work.all_manifests
            for file in m.files
        ],
    )


def status(city_id: str, *, now: datetime) -> CityStatus:
    """How the city's periods stand, what they lack and what runs next; its page is written anew."""
    from pipeline.city_status import city_status
    from pipeline.failures import actionable
    from pipeline.report.status_page import write_status_page
    from pipeline.warehouse import Notifications, Warehouse

    url = Settings.from_environment().warehouse_url
    failures, warehouse = Notifications(url).failures(city_id), Warehouse(url)
    computed = {row["period"]: row["computed_at"] for row in warehouse.history(city_id)}
    found = city_status(
        _city(city_id), results=warehouse.current(city_id), computed=computed, failures=failures, now=now
    )
    try:
        write_status_page(_home() / "reports" / city_id, found)
    except OSError as fault:
        # Who may only read the home is told all the same.
        _log.warning("Halaman status tidak ditulis / Status page not written: %s", actionable(fault))
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
    """Every step in order; gives what `store` says. Another run of the same period is waited for first.

    Without overviews those are left to `write_overviews`.
    """
    from pipeline.failures import kept_failure
    from pipeline.warehouse.locks import alone

    label, _ = Period.parse(period).label, _city(city_id)
    _begin(city_id)
    try:
        with alone(_warehouse_url(), f"{city_id} {label}"), kept_failure(city_id, label) as begin:
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


def compute(city_id: str, period: str) -> list[Result]:
    """The four results of a period from the clean tables."""
    return _computed(_work(city_id, period))


def recompute(city_id: str, period: str, *, progress: Progress = SILENT) -> tuple[list[Result], StoreRequest]:
    """What a run would store, with everything between made anew from the landed bytes; nothing is kept or written."""
    sweep_leftovers(_home())
    with passing_folder(_home() / "rebuilt") as folder:
        work = Work(_city(city_id), Period.parse(period), _home(), rebuilt_in=folder)
        for table in (one for one in TABLES if one not in work.expired):
            with progress.step(f"Bersihkan ulang / Clean again {table}") as meter:
                work.dataset(table, meter)
        with progress.step("Periksa ulang / Validate again"):
            verdicts, remarks, _ = _validated(work)
        with progress.step("Hitung ulang / Recompute"):
            computed = _computed(work, remarks=remarks)
            of_results, results = _judged(city_id, period, computed, warehouse_url=_warehouse_url())
        return results, _store_request(work, results, verdicts=[*verdicts, *of_results])


def _computed(work: Work, *, remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS) -> list[Result]:
    """The four results; `remarks` are what validation found out about each table."""
    from pipeline.indicators import base
    from pipeline.indicators.registry import INDICATORS

    results = []
    for indicator in (one for one in INDICATORS.values() if not work.expired & _tables_of(one.DEFINITION)):
        rows = work.dataset(indicator.DEFINITION.table)
        terms = _terms(work, indicator.DEFINITION, rows=rows, remarks=remarks)
        results.append(base.measure(indicator, rows.parts, terms=terms))
    return results


def _tables_of(definition: Definition) -> frozenset[str]:
    """The tables that an indicator reads."""
    return frozenset({definition.table, *definition.also_reads})


def _terms(
    work: Work,
    definition: Definition,
    *,
    rows: Dataset,
    remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS,
) -> Terms:
    from pipeline.terms import terms_for

    table, also_reads = definition.table, definition.also_reads
    return terms_for(
        table,
        city=work.city,
        period=work.period,
        parts=rows.parts,
        tally=rows.tally,
        inhabitants=work.populations,
        manifests=work.manifests(table),
        remarks=(
            *rows.remarks,
            *(one for name in (table, *also_reads) for one in work.landing_remarks(name)),
            *(work.dataset("population").remarks if "population" in also_reads else ()),
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
    rows, terms = _rows_and_terms(_work(city_id, period), indicator.DEFINITION)
    table = TABLES[indicator.DEFINITION.table]
    return effects(indicator, rows.parts, table=table, terms=terms, rules=rules)


def rows_behind(city_id: str, period: str, indicator_id: str, *, where: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a group behind a value with file name, hash and row of each; raises what `rows_of_group` does."""
    from pipeline.indicators.registry import INDICATORS
    from pipeline.retrace import rows_of_group

    definition, work = INDICATORS[indicator_id].DEFINITION, _work(city_id, period)
    rows, terms = _rows_and_terms(work, definition)
    found = rows_of_group(rows.parts, table=TABLES[definition.table], terms=terms, where=where)
    files = {file.file_id: file for one in work.manifests(definition.table) for file in one.files}
    named = found["source_file_id"].map({short: file.name for short, file in files.items()})
    hashes = found["source_file_id"].map({short: file.sha256 for short, file in files.items()})
    found.insert(0, "file", named)
    found.insert(1, "sha256", hashes)
    return found


def _rows_and_terms(work: Work, definition: Definition) -> tuple[Dataset, Terms]:
    rows = work.dataset(definition.table)
    return rows, _terms(work, definition, rows=rows)


def dataset(city_id: str, table: str, period: str) -> Dataset:
    """The clean table of a period, made unless it is there."""
    return _work(city_id, period).dataset(table)


def dataset_of(city_id: str, table: str, manifests: Sequence[Manifest]) -> Dataset:
    """The clean table of some sources, made unless it is on disk."""
    from pipeline.clean.dataset import dataset

    return dataset(_home(), city=_city(city_id), table_name=table, manifests=manifests)


def _work(city_id: str, period: str) -> Work:
    return Work(_city(city_id), Period.parse(period), _home())


def _home() -> Path:
    return Settings.from_environment().home


def _warehouse_url() -> str:
    return Settings.from_environment().warehouse_url


def _warehouse(url: str | None = None) -> Warehouse:
    """That of a URL or of the settings, brought to this version."""
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(url or _warehouse_url())
    warehouse.migrate()
    return warehouse


def _city(city_id: str) -> City:
    cities = Settings.from_environment().cities
    path = cities / f"{city_id}.yaml"
    return _load_city(cities, city_id, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=64)
def _load_city(cities: Path, city_id: str, changed_at: int) -> City:  # noqa: ARG001 a changed file is read again
    return load_city(cities, city_id)
