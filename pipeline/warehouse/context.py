"""Rows beside results that no version has to itself, held against settings and computation and put right in place.

City, population, targets and calendar are those of today's settings; names and sizes of files, validation and
quarantine those of the runs whose results still stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.indicators.definition import definitions
from pipeline.warehouse import reference
from pipeline.warehouse.comparing import Difference, Row, as_stored, comparable, compare
from pipeline.warehouse.engine import upsert
from pipeline.warehouse.model import (
    CALENDAR_PERIOD,
    CITY,
    INDICATOR_DEFINITION,
    POPULATION,
    QUARANTINE,
    RUN,
    SOURCE_FILE,
    TARGET,
    VALIDATION,
    VARIANT_DEFINITION,
)
from pipeline.warehouse.records import StoreRequest
from pipeline.warehouse.seals import Version
from pipeline.warehouse.version_rows import by_column, in_order

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

# Another machine lands the same bytes at another time.
NOT_COMPARED = ("landed_at",)


@dataclass(frozen=True)
class Scope:
    """The rows a table should hold among those that `where` finds; others there are too many only if it is `whole`."""

    table: sa.Table
    rows: Sequence[Row]
    where: sa.ColumnElement[bool]
    is_whole: bool = True
    is_mine: Callable[[Mapping[str, Any]], bool] = lambda _: True


def differences(connection: Connection, scopes: Sequence[Scope]) -> list[Difference]:
    """What differs between the tables and what they should hold."""
    found = []
    for scope in scopes:
        wrong = compare(scope.table, _stored(connection, scope), scope.rows, but=NOT_COMPARED)
        found += [one for one in wrong if scope.is_whole or one.column is not None or one.stored is None]
    return found


def put_right(connection: Connection, scopes: Sequence[Scope]) -> None:
    """Write what differs as it should be, and take away what should not be there."""
    wrong = {one.table for one in differences(connection, scopes)}
    for scope in scopes:
        if scope.table.name in wrong:
            upsert(connection, scope.table, by_column(scope.table, scope.rows))
    # What is taken away may be named by rows of a table that comes later.
    for scope in reversed(scopes):
        if scope.table.name in wrong and scope.is_whole:
            _take_away(connection, scope)


def _take_away(connection: Connection, scope: Scope) -> None:
    names = [column.name for column in scope.table.primary_key.columns]
    wanted = {row[: len(names)] for row in comparable(scope.table, scope.rows)}
    stored = _stored(connection, scope)
    for row, plain in zip(stored, comparable(scope.table, stored), strict=True):
        if plain[: len(names)] not in wanted:
            key = dict(zip(names, row, strict=False))
            connection.execute(sa.delete(scope.table).filter_by(**key))


def _stored(connection: Connection, scope: Scope) -> list[Row]:
    stored = [tuple(row) for row in connection.execute(sa.select(*as_stored(scope.table)).where(scope.where))]
    return [row for row, named in zip(stored, by_column(scope.table, stored), strict=True) if scope.is_mine(named)]


def of_city(request: StoreRequest) -> list[Scope]:
    """City, population and targets: what every run says anew."""
    city_id = {"city_id": request.city.city_id}
    # The headline's figure comes first and stands where another of the same key follows.
    figures = {(p.region_code, p.reference_on, p.source): p for p in reversed(request.populations)}
    return [
        _scope(CITY, [asdict(request.city)], where=city_id),
        _scope(POPULATION, [city_id | asdict(one) for one in figures.values()], where=city_id, is_whole=False),
        _scope(TARGET, [city_id | asdict(one) for one in request.targets], where=city_id),
    ]


def of_files(request: StoreRequest, indicator_ids: Collection[str]) -> list[Scope]:
    """The files that some indicators were computed from."""
    city_id = {"city_id": request.city.city_id}
    files = {(f.source, f.sha256): f for name in indicator_ids for f in request.sources.get(name, ())}
    rows = [city_id | {"file_id": one.sha256[:16]} | asdict(one) for one in files.values()]
    return [_scope(SOURCE_FILE, rows, where=city_id, is_whole=False)]


def of_definitions(periods: Collection[str]) -> list[Scope]:
    """What code says: the indicators' definitions and where periods lie in the calendar."""
    return [
        _scope(INDICATOR_DEFINITION, reference.definition_rows()),
        _scope(VARIANT_DEFINITION, reference.variant_rows()),
        Scope(
            CALENDAR_PERIOD,
            in_order(CALENDAR_PERIOD, map(reference.period_row, sorted(periods))),
            CALENDAR_PERIOD.c.period.in_(sorted(periods)),
            is_whole=False,
        ),
    ]


def of_former_runs(request: StoreRequest, versions: Iterable[Version], *, but: Collection[str]) -> Scope:
    """The runs that older versions come from, those that are as they were written; others are told of already."""
    known = [one.result for one in versions if one.result and one.is_intact]
    rows = {row["run_id"]: run_row(request, row["run_id"]) | {"finished_at": row["computed_at"]} for row in known}
    former = {run_id: row for run_id, row in rows.items() if run_id not in but}
    return Scope(RUN, in_order(RUN, former.values()), RUN.c.run_id.in_(sorted(former)), is_whole=False)


def of_runs(request: StoreRequest, standing: Mapping[str, tuple[Result, Version]], *, is_whole: bool) -> list[Scope]:
    """Runs of results that stand, with what was validated and quarantined of the tables those rest on.

    Where every result stands (`is_whole`) the newest run has the verdicts on all results together too.
    """
    runs: dict[str, list[tuple[Result, Mapping[str, Any]]]] = {}
    for result, version in standing.values():
        if version.result:
            runs.setdefault(version.result["run_id"], []).append((result, version.result))
    newest = max(runs, key=lambda run_id: max(row["computed_at"] for _, row in runs[run_id]), default=None)
    return [
        scope
        for run_id, of_run in runs.items()
        for scope in _of_run(request, run_id, of_run, is_whole=is_whole and run_id == newest)
    ]


def _of_run(
    request: StoreRequest, run_id: str, of_run: Sequence[tuple[Result, Mapping[str, Any]]], *, is_whole: bool
) -> Iterator[Scope]:
    tables = {name for result, _ in of_run for name in _tables_of(result)}
    own = {definitions()[result.indicator_id].table for result, _ in of_run if result.indicator_id in definitions()}
    run = run_row(request, run_id) | {"finished_at": of_run[0][1]["computed_at"]}
    yield _scope(RUN, [run], where={"run_id": run_id})
    validation = [row for row in validation_rows(request, run_id) if is_whole or row["subject"] in tables]
    quarantine = [row for row in quarantine_rows(request, run_id) if is_whole or row["table_name"] in own]
    yield _scope(VALIDATION, validation, where={"run_id": run_id}, is_mine=lambda r: is_whole or r["subject"] in tables)
    yield _scope(QUARANTINE, quarantine, where={"run_id": run_id}, is_mine=lambda r: is_whole or r["table_name"] in own)


def _tables_of(result: Result) -> tuple[str, ...]:
    definition = definitions().get(result.indicator_id)
    return (definition.table, *definition.also_reads) if definition else ()


def run_row(request: StoreRequest, run_id: str) -> dict[str, Any]:
    """The row of a run."""
    return {
        "run_id": run_id,
        "city_id": request.city.city_id,
        "period": request.period,
        "finished_at": request.computed_at,
    }


def validation_rows(request: StoreRequest, run_id: str) -> list[dict[str, Any]]:
    """What a run validated, a row per rule."""
    return [{"run_id": run_id} | asdict(outcome) for outcome in request.outcomes]


def quarantine_rows(request: StoreRequest, run_id: str) -> list[dict[str, Any]]:
    """What a run quarantined, a row per clean table and reason."""
    return [
        {"run_id": run_id, "table_name": table, "reason": reason, "rows_count": count}
        for table, reasons in request.quarantined.items()
        for reason, count in reasons.items()
    ]


def _scope(
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    where: Mapping[str, Any] | None = None,
    is_whole: bool = True,
    is_mine: Callable[[Mapping[str, Any]], bool] = lambda _: True,
) -> Scope:
    found = sa.and_(sa.true(), *(table.c[name] == value for name, value in (where or {}).items()))
    return Scope(table, in_order(table, rows), found, is_whole, is_mine)
