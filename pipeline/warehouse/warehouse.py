"""Write results as versions and read them back, current or as of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from pipeline.tables import OUTSIDE
from pipeline.warehouse import closings, reference
from pipeline.warehouse.city_view import (
    LINEAGE,
    CityView,
    ResultView,
    among,
    asked,
    key_of,
    newest_versions,
    place,
    read_city,
    read_headlines,
    rows_by_key,
    shown,
)
from pipeline.warehouse.engine import bulk_insert, make_engine, reachable, reading, writing
from pipeline.warehouse.faults import where
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.model import (
    BREAKDOWN,
    CITY,
    KEY,
    POPULATION,
    QUARANTINE,
    REMARK,
    RESULT,
    RESULT_POPULATION,
    RESULT_SOURCE,
    ROWS,
    RUN,
    SOURCE_FILE,
    TARGET,
    VALIDATION,
    VARIANT,
)
from pipeline.warehouse.records import Closing, Stored, StoreRequest, TargetRecord

if TYPE_CHECKING:
    from pipeline.indicators.base import Quotient, Result


class Warehouse:
    """One warehouse at a URL; `ConfigError` for a malformed one, `SourceUnavailable` for one out of reach.

    It holds a connection only while one of its methods runs, so there is nothing to close.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    @property
    def address(self) -> str:
        """Where it is, fit to print: without user, password and options."""
        return where(self._engine.url)

    def migrate(self) -> None:
        """Bring tables and views to this version, which costs two queries when they are.

        `ConfigError` when a newer Tolok made them.
        """
        migrate(self._engine)

    def store(self, results: Sequence[Result], *, request: StoreRequest) -> list[Stored]:
        """Write each changed result as a new version, all or nothing, and say for each what was done.

        The city's row stays locked meanwhile, so that writers take turns. Into a closed year nothing is written
        without a correction: what would have changed is kept as pending. Raises `DataRejected`
        for one that would leave its year provisional.
        """
        with writing(self._engine) as connection:
            _upsert_city(connection, request)
            _upsert_populations(connection, request)
            _replace_targets(connection, request.city.city_id, request.targets)
            latest = {result.indicator_id: _latest(connection, request, result) for result in results}
            stored = [_decide(connection, result, latest[result.indicator_id], request) for result in results]
            changed = [(r, s) for r, s in zip(results, stored, strict=True) if s.outcome != "unchanged"]
            is_closed = closings.is_closed(connection, request.city.city_id, request.period)
            if is_closed and not request.correction:
                decided = list(zip(results, stored, strict=True))
                return closings.hold(connection, decided, latest=latest, request=request)
            closings.correct(connection, changed, request=request)
            if changed:
                _write(connection, changed, request)
        return stored

    def close(self, closing: Closing) -> bool:
        """Close a year, and say whether it was open until now; raises what `closings.close` does."""
        with writing(self._engine) as connection:
            return closings.close(connection, closing)

    def closings(self, city_id: str, *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """What was done to the city's closed years up to a moment, by whom and why, in order."""
        with reachable(self._engine) as connection:
            return closings.events(connection, city_id, as_of=as_of)

    def pending(self, city_id: str, *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """What the latest runs of the city's closed periods would have changed, one row per result."""
        with reachable(self._engine) as connection:
            return closings.pending(connection, city_id, as_of=as_of)

    def current(
        self, city_id: str, period: str | None = None, *, as_of: datetime | None = None, is_whole: bool = False
    ) -> list[dict[str, Any]]:
        """The newest version of each result, or the newest computed by `as_of`; `is_whole` adds their breakdowns.

        `closings` are what was done to its closed year, `pending` what its latest run would have changed since.
        """
        with reading(self._engine) as connection:
            view = read_city(connection, city_id, period=period, as_of=as_of, is_whole=is_whole)
        return [shown(result, is_whole=is_whole) for result in view.results]

    def city_view(self, city_id: str, *, period: str | None = None, as_of: datetime | None = None) -> CityView:
        """All that readers see of a city, or of one period of it, from one state of the warehouse."""
        with reading(self._engine) as connection:
            return read_city(connection, city_id, period=period, as_of=as_of)

    def headlines(self) -> tuple[CityView, ...]:
        """Every city with the newest version of each of its results and its target, and nothing else of them."""
        with reading(self._engine) as connection:
            return read_headlines(connection)

    def results(
        self, city_id: str, *, period: str | None = None, as_of: datetime | None = None
    ) -> Sequence[ResultView]:
        """The same without breakdowns, versions, validation and targets."""
        with reading(self._engine) as connection:
            return read_city(connection, city_id, period=period, as_of=as_of, is_whole=False).results

    def variant_parts(self, city_id: str, period: str, indicator_id: str) -> list[dict[str, Any]]:
        """The current version's variants with their parts, by name."""
        return self._current_parts(VARIANT, "variant", city_id, period, indicator_id)

    def breakdowns(self, city_id: str, period: str, indicator_id: str) -> list[dict[str, Any]]:
        """The current version's breakdowns, by dimension and member."""
        return self._current_parts(BREAKDOWN, "dimension", city_id, period, indicator_id)

    def history(
        self,
        city_id: str,
        indicator_id: str | None = None,
        *,
        period: str | None = None,
        as_of: datetime | None = None,
    ) -> list[dict[str, Any]]:
        """Every version of a city's results, or of one indicator or period, by period, indicator and version.

        Each has its row in the warehouse, `files`, which it was computed from, and what `current` tells of closing.
        """
        keys = sa.select(*(RESULT.c[name] for name in KEY)).where(
            *asked(city_id, period=period, indicator_id=indicator_id, as_of=as_of)
        )
        versions = keys.subquery("versions")
        with reading(self._engine) as connection:
            rows = connection.execute(among(RESULT, versions)).mappings().all()
            files = rows_by_key(connection, LINEAGE, versions)
            done = closings.events(connection, city_id, as_of=as_of)
            waiting = closings.pending(connection, city_id, as_of=as_of)
        ordered = sorted(rows, key=lambda row: (row["period"], place(row["indicator_id"]), row["version"]))
        return [
            {
                **row,
                "files": _files(files[key_of(row)]),
                **_closed(row["period"], row["indicator_id"], done, waiting),
            }
            for row in ordered
        ]

    def most_things(self, city_id: str, period: str, *, sources: Collection[str]) -> dict[str, int]:
        """By indicator, the most things that any version of a period tells of which has no sources but these."""
        from pipeline.indicators.base import things_count

        versions = sa.select(*(RESULT.c[name] for name in KEY)).where(*asked(city_id, period=period, indicator_id=None))
        with reading(self._engine) as connection:
            rows = connection.execute(among(RESULT, versions.subquery("versions"))).mappings().all()
            fates, files = (
                rows_by_key(connection, table, versions.subquery("versions")) for table in (ROWS, RESULT_SOURCE)
            )
        most: dict[str, int] = {}
        for row in rows:
            key, name = key_of(row), row["indicator_id"]
            if {file.source for file in files[key]} <= set(sources):
                excluded = {fate.rule: fate.rows_count for fate in fates[key] if fate.outcome == "excluded"}
                most[name] = max(most.get(name, 0), things_count(row["rows_read"], excluded))
        return most

    def city_names(self) -> dict[str, str]:
        """What the cities of all results are called, by id."""
        with reachable(self._engine) as connection:
            return dict(connection.execute(sa.select(CITY.c.city_id, CITY.c.name)).tuples().all())

    def zone_of(self, city_id: str) -> str | None:
        """The city's time zone at its latest run; null for a city without any."""
        query = sa.select(CITY.c.zone).where(CITY.c.city_id == city_id)
        with reachable(self._engine) as connection:
            return connection.execute(query).scalar()

    def _current_parts(
        self, table: sa.TableClause, order_by: str, city_id: str, period: str, indicator_id: str
    ) -> list[dict[str, Any]]:
        newest = newest_versions(city_id, period=period, indicator_id=indicator_id)
        with reachable(self._engine) as connection:
            rows = [dict(row) for row in connection.execute(among(table, newest)).mappings()]
        return sorted(rows, key=lambda row: (row[order_by], row.get("member", "")))


def _upsert_city(connection: Connection, request: StoreRequest) -> None:
    """Insert or update the city and keep its row locked until the transaction ends."""
    upsert(connection, CITY, [asdict(request.city)])


def _upsert_populations(connection: Connection, request: StoreRequest) -> None:
    """Keep the latest figure of each region, day and source, even when no result changes with it."""
    # The headline's figure comes first and stands where another of the same key follows.
    figures = {(p.region_code, p.reference_on, p.source): p for p in reversed(request.populations)}
    city_id = {"city_id": request.city.city_id}
    upsert(connection, POPULATION, [city_id | asdict(figure) for figure in figures.values()])


def _replace_targets(connection: Connection, city_id: str, targets: Sequence[TargetRecord]) -> None:
    connection.execute(sa.delete(TARGET).where(TARGET.c.city_id == city_id))
    upsert(connection, TARGET, [{"city_id": city_id} | asdict(target) for target in targets])


def _latest(connection: Connection, request: StoreRequest, result: Result) -> RowMapping | None:
    query = (
        sa.select(RESULT)
        .where(
            RESULT.c.city_id == request.city.city_id,
            RESULT.c.indicator_id == result.indicator_id,
            RESULT.c.period == result.period,
        )
        .order_by(RESULT.c.version.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def _decide(connection: Connection, result: Result, latest: RowMapping | None, request: StoreRequest) -> Stored:
    if latest is None:
        return Stored(result.indicator_id, result.period, 1, "new", "perhitungan pertama / first computation")
    is_same_method = latest["method_version"] == result.method_version
    if is_same_method and latest["inputs_sha256"] == result.inputs_sha256:
        reason = latest["change_reason"]
        return Stored(result.indicator_id, result.period, latest["version"], "unchanged", reason)
    reason = _change_reason(connection, result, latest, request)
    if request.correction:
        reason = request.correction.told_with(reason)
    return Stored(result.indicator_id, result.period, latest["version"] + 1, "changed", reason)


def _change_reason(connection: Connection, result: Result, latest: RowMapping, request: StoreRequest) -> str:
    if latest["method_version"] != result.method_version:
        change = f"{latest['method_version']} -> {result.method_version}"
        return f"perubahan metode {change} / method change {change}"
    outside = _of_version(ROWS, latest).where(ROWS.c.rule == OUTSIDE)
    outside_count = sum(row["rows_count"] for row in connection.execute(outside).mappings())
    added = _bearing(result) - (latest["rows_read"] - outside_count)
    if added > 0:
        return f"{added} baris susulan / {added} late rows"
    if added < 0:
        return f"{-added} baris ditarik / {-added} rows withdrawn"
    before = {row["sha256"] for row in connection.execute(_of_version(RESULT_SOURCE, latest)).mappings()}
    if before != {file.sha256 for file in request.sources.get(result.indicator_id, ())}:
        return "berkas dikoreksi / corrected file"
    return request.because or "pengaturan berubah / settings changed"


def _of_version(table: sa.TableClause, version: RowMapping) -> sa.Select[Any]:
    return sa.select(table).where(*(table.c[name] == version[name] for name in KEY))


def _bearing(result: Result) -> int:
    """Rows that bear on the period, whatever became of them."""
    return result.rows.read - result.rows.excluded.get(OUTSIDE, 0)


def _write(connection: Connection, changed: Sequence[tuple[Result, Stored]], request: StoreRequest) -> None:
    connection.execute(
        sa.insert(RUN),
        {
            "run_id": request.run_id,
            "city_id": request.city.city_id,
            "period": request.period,
            "finished_at": request.computed_at,
        },
    )
    _write_context(connection, request)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for result, stored in changed:
        key = dict(zip(KEY, (request.city.city_id, result.indicator_id, result.period, stored.version), strict=True))
        rows["result"].append(key | _result_row(result, stored, request))
        fates = (("excluded", result.rows.excluded), ("quarantined", result.rows.quarantined))
        rows["result_rows"] += [
            key | {"outcome": fate, "rule": rule, "rows_count": count}
            for fate, rules in fates
            for rule, count in rules.items()
        ]
        rows["result_variant"] += [
            key | {"variant": name, "reason": part.reason} | _parts(part) for name, part in result.variants.items()
        ]
        rows["result_remark"] += [
            key
            | {"place": place, "code": r.code, "text_id": r.id, "text_en": r.en}
            | {"keeps_provisional": r.keeps_provisional}
            for place, r in enumerate(result.remarks, start=1)
        ]
        rows["result_population"] += [key | asdict(result.population)] if result.population else []
        # Two answers may hold the same bytes, such as those of two months without a row.
        files = dict.fromkeys((file.source, file.sha256) for file in request.sources.get(result.indicator_id, ()))
        rows["result_source"] += [key | {"source": source, "sha256": sha256} for source, sha256 in files]
    reference.add_periods(connection, {result.period for result, _ in changed})
    for table in (RESULT, ROWS, VARIANT, REMARK, RESULT_POPULATION, RESULT_SOURCE):
        if rows[table.name]:
            connection.execute(sa.insert(table), rows[table.name])
    _write_breakdowns(connection, changed, request)


def _write_breakdowns(connection: Connection, changed: Sequence[tuple[Result, Stored]], request: StoreRequest) -> None:
    """The many rows of a result, by the driver's own bulk path."""
    for result, stored in changed:
        key = (request.city.city_id, result.indicator_id, result.period, stored.version)
        parts = ((part.dimension, part.member, part.quotient) for part in result.breakdowns)
        rows = [(*key, one, other, q.value, q.numerator, q.denominator, q.unit) for one, other, q in parts]
        bulk_insert(connection, BREAKDOWN, rows)


def _write_context(connection: Connection, request: StoreRequest) -> None:
    """Files, validation outcomes and quarantine counts that the new versions rest on."""
    city_id = request.city.city_id
    files = {(f.source, f.sha256): f for sources in request.sources.values() for f in sources}
    _insert_new(
        connection,
        SOURCE_FILE,
        [{"city_id": city_id, "file_id": file.sha256[:16], **asdict(file)} for file in files.values()],
    )
    run = {"run_id": request.run_id}
    _insert_new(connection, VALIDATION, [run | asdict(outcome) for outcome in request.outcomes])
    counts = [
        run | {"table_name": table, "reason": reason, "rows_count": count}
        for table, reasons in request.quarantined.items()
        for reason, count in reasons.items()
    ]
    _insert_new(connection, QUARANTINE, counts)


def upsert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or update those whose key is there already."""
    if rows:
        insert = _insert(connection, table)
        updated = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        connection.execute(insert.on_conflict_do_update(index_elements=table.primary_key, set_=updated), rows)


def _insert_new(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving those whose key is there already."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _insert(connection: Connection, table: sa.Table) -> Any:  # noqa: ANN401 one of two classes with the same methods
    """The database's own INSERT, which knows ON CONFLICT."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def _parts(part: Quotient) -> dict[str, Any]:
    return {"value": part.value, "numerator": part.numerator, "denominator": part.denominator, "unit": part.unit}


def _result_row(result: Result, stored: Stored, request: StoreRequest) -> dict[str, Any]:
    rows = result.rows
    return _parts(result.headline) | {
        "status": result.status,
        "reason": result.reason,
        "coverage_pct": result.coverage_pct,
        "median": result.statistics.get("median"),
        "p90": result.statistics.get("p90"),
        "observations_count": result.statistics.get("count"),
        "rows_read": rows.read,
        "rows_used": rows.used,
        "rows_excluded": sum(rows.excluded.values()),
        "rows_quarantined": sum(rows.quarantined.values()),
        "method_version": result.method_version,
        "inputs_sha256": result.inputs_sha256,
        "run_id": request.run_id,
        "computed_at": request.computed_at,
        "change_reason": stored.change_reason,
    }


def _files(rows: Sequence[sa.Row[Any]]) -> list[dict[str, str]]:
    ordered = sorted(rows, key=lambda file: (file.file, file.sha256))
    return [{"file": file.file, "sha256": file.sha256} for file in ordered]


def _closed(
    period: str, indicator_id: str, done: Sequence[Mapping[str, Any]], waiting: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    mine = (one for one in waiting if (one["period"], one["indicator_id"]) == (period, indicator_id))
    return {"closings": closings.bearing_on(period, done), "pending": next(mine, None)}
