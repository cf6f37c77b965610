"""Write results as versions and read them back, current or as of a day."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.periods import Period
from pipeline.warehouse import closings, context, erasures
from pipeline.warehouse.city_view import (
    LINEAGE,
    CityView,
    ResultView,
    place,
    read_city,
    read_headlines,
    shown,
)
from pipeline.warehouse.context import Scope
from pipeline.warehouse.deciding import Comparison, Decided, decide
from pipeline.warehouse.engine import bulk_insert, make_engine, reachable, reading, upsert, writing
from pipeline.warehouse.faults import where
from pipeline.warehouse.folding import published
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.model import (
    BREAKDOWN,
    CITY,
    METADATA,
    QUARANTINE,
    REMARK,
    RESULT,
    ROWS,
    RUN,
    SEAL,
    SOURCE_FILE,
    VALIDATION,
    UtcOrUnknown,
)
from pipeline.warehouse.records import CityRecord, Closing, Erasure, Stored, StoreRequest
from pipeline.warehouse.seals import Version, alterations, read_versions, result_rows, seal_row
from pipeline.warehouse.selecting import all_versions, key_of, rows_by_key
from pipeline.warehouse.version_rows import PARTS, by_column, version_rows

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

_log = logging.getLogger(__name__)


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

    def require_writable(self) -> None:
        """Nothing where results may be written; `ConfigError` or `SourceUnavailable` where they may not.

        It asks for no more than the rights: a disk that has no room is found out when something is written.
        """
        with writing(self._engine) as connection:
            for table in METADATA.sorted_tables:
                connection.execute(table.insert().from_select(table.columns.keys(), sa.select(table).where(sa.false())))

    def store(self, results: Sequence[Result], *, request: StoreRequest) -> list[Stored]:
        """Write each changed result as a new version, all or nothing, and say for each what was done.

        The city's row stays locked meanwhile, so that writers take turns. Into a closed year nothing is written
        without a correction: what would have changed is kept as pending. Raises `DataRejected`
        for one that would leave its year provisional.
        """
        with writing(self._engine) as connection:
            upsert(connection, CITY, [asdict(request.city)])
            context.put_right(connection, context.of_city(request))
            versions = read_versions(connection, request.city.city_id, request.period)
            decided = [decide(result, versions.get(result.indicator_id, ()), request) for result in results]
            changed = [one for one in decided if one.stored.outcome != "unchanged"]
            if closings.is_closed(connection, request.city.city_id, request.period) and not request.correction:
                context.put_right(connection, _beside(decided, request, versions))
                return closings.hold(connection, decided, request=request)
            closings.correct(connection, [one.result for one in changed], request=request)
            written = [one.result.indicator_id for one in changed]
            context.put_right(connection, _beside(decided, request, versions, written=written))
            if changed:
                _write(connection, changed, request, versions)
        return [one.stored for one in decided]

    def runs_count(self, city_id: str) -> int:
        """How many runs stored a version of any result of a city: as long as it stays the same, none has."""
        query = sa.select(sa.func.count()).select_from(RUN).where(RUN.c.city_id == city_id)
        with reachable(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def compare(self, results: Sequence[Result], *, request: StoreRequest) -> Comparison:
        """What differs between the results with their request and what is stored; nothing is written."""
        with reading(self._engine) as connection:
            versions = read_versions(connection, request.city.city_id, request.period)
            decided = [decide(result, versions.get(result.indicator_id, ()), request) for result in results]
            scopes = [*context.of_city(request), *_beside(decided, request, versions)]
            known = [*(result.indicator_id for result in results), *request.left_out]
            city_id, every = request.city.city_id, chain.from_iterable(versions.values())
            pending = closings.differences(connection, decided, request=request)
            acts = closings.unlike_versions(connection, every, city_id=city_id, period=request.period)
            return Comparison(
                {one.result.indicator_id: one for one in decided},
                (*context.differences(connection, scopes), *pending, *acts),
                {name: tuple(alterations(versions[name])) for name in known if name in versions},
                tuple(name for name, of in versions.items() if name not in known and any(one.result for one in of)),
                closings.is_closed(connection, city_id, request.period),
                {name: versions[name][-1] for name in request.left_out if name in versions},
            )

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

    def erasures(self, city_id: str | None = None) -> Sequence[dict[str, Any]]:
        """Every decision to erase, of a city or of all, in order."""
        with reachable(self._engine) as connection:
            return erasures.decisions(connection, city_id)

    def next_erasure(self) -> int:
        """The number of the next decision to erase."""
        with reachable(self._engine) as connection:
            return erasures.next_number(connection)

    def note_erasure(self, erasure: Erasure, *, city: CityRecord | None = None) -> None:
        """Keep a decision to erase before anything goes, for a `city` that may have no results yet.

        One of that number that is there stays.
        """
        with writing(self._engine) as connection:
            if city is not None:
                upsert(connection, CITY, [asdict(city)])
            erasures.note(connection, erasure)

    def finish_erasure(self, decision: int, *, at: datetime) -> None:
        """Note that all that a decision is about is gone."""
        with writing(self._engine) as connection:
            erasures.finish(connection, decision, at=at)

    def lineage(self) -> set[tuple[str, str, str]]:
        """City, source and hash of every raw file that any version was computed from."""
        query = sa.select(SOURCE_FILE.c.city_id, SOURCE_FILE.c.source, SOURCE_FILE.c.sha256)
        with reachable(self._engine) as connection:
            return set(connection.execute(query).tuples())

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
        """All that readers see of a city, or of one period of it, from one state of the warehouse.

        Small members of breakdowns of persons' records are folded, and no reason names them.
        """
        with reading(self._engine) as connection:
            view = read_city(connection, city_id, period=period, as_of=as_of)
            if period is None:
                return published(view)
            before = Period.parse(period).year_before.label
            return published(view, year_before=read_city(connection, city_id, period=before, as_of=as_of))

    def published(self, city_id: str, period: str) -> list[dict[str, Any]]:
        """The same of a period, as `current` has results with their breakdowns."""
        return [shown(result, is_whole=True) for result in self.city_view(city_id, period=period).results]

    def headlines(self) -> tuple[CityView, ...]:
        """Every city with the newest version of each of its results and its target, and nothing else of them."""
        with reading(self._engine) as connection:
            return read_headlines(connection)

    def results(
        self, city_id: str, *, period: str | None = None, as_of: datetime | None = None, is_whole: bool = False
    ) -> Sequence[ResultView]:
        """The newest version of each result of a city, or the newest computed by `as_of`, all of one state.

        `is_whole` adds breakdowns, versions, validation and targets. None is folded: they are for the data team alone.
        """
        with reading(self._engine) as connection:
            return read_city(connection, city_id, period=period, as_of=as_of, is_whole=is_whole).results

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
        versions = all_versions(city_id, period=period, indicator_id=indicator_id, as_of=as_of)
        with reading(self._engine) as connection:
            rows, _ = result_rows(connection, versions)
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
        """By indicator, the most things that any version of a period tells of which has no sources but these.

        A version that was altered tells nothing.
        """
        with reading(self._engine) as connection:
            by_name = read_versions(connection, city_id, period)
        told = {
            name: [_things_count(one) for one in versions if one.is_intact and one.sources <= set(sources)]
            for name, versions in by_name.items()
        }
        return {name: max(counts) for name, counts in told.items() if counts}

    def explained(self, city_id: str, period: str) -> dict[str, list[dict[str, Any]]]:
        """By indicator, the remarks of every version of a period that the city explains, the oldest first."""
        of_period = sa.select(REMARK).where(REMARK.c.city_id == city_id, REMARK.c.period == period)
        of_period = of_period.where(REMARK.c.explanation.is_not(None))
        found: dict[str, list[dict[str, Any]]] = {}
        with reachable(self._engine) as connection:
            for row in connection.execute(of_period.order_by(REMARK.c.version)).mappings():
                found.setdefault(row["indicator_id"], []).append(dict(row))
        return found

    def computed_at(self, city_id: str) -> dict[str, datetime]:
        """By period when its newest version was computed; no row is held against its seal for it."""
        newest = sa.type_coerce(sa.func.max(RESULT.c.computed_at), UtcOrUnknown())
        query = sa.select(RESULT.c.period, newest).where(RESULT.c.city_id == city_id).group_by(RESULT.c.period)
        with reachable(self._engine) as connection:
            return dict(connection.execute(query).tuples().all())

    def city_names(self) -> dict[str, str]:
        """What the cities of all results are called, by id."""
        with reachable(self._engine) as connection:
            return dict(connection.execute(sa.select(CITY.c.city_id, CITY.c.name)).tuples().all())

    def zone_of(self, city_id: str) -> str | None:
        """The city's time zone at its latest run; null for a city without any."""
        query = sa.select(CITY.c.zone).where(CITY.c.city_id == city_id)
        with reachable(self._engine) as connection:
            return connection.execute(query).scalar()


def _beside(
    decided: Sequence[Decided],
    request: StoreRequest,
    versions: Mapping[str, Sequence[Version]],
    *,
    written: Collection[str] = (),
) -> list[Scope]:
    """What stands beside results that stand, and beside those that are written: files, runs and what code says."""
    standing = {one.result.indicator_id: one for one in decided if one.stored.outcome == "unchanged"}
    own_files = [one.result.indicator_id for one in decided if one.has_same_files]
    resting = {name: (one.result, one.newest) for name, one in standing.items() if one.newest}
    periods = {request.period} if standing or written else ()
    own_runs = {newest.result["run_id"] for _, newest in resting.values() if newest.result}
    return [
        *context.of_files(request, [*own_files, *written]),
        *context.of_definitions(periods),
        *context.of_runs(request, resting, is_whole=len(standing) == len(decided) and not request.left_out),
        context.of_former_runs(request, chain.from_iterable(versions.values()), but=own_runs),
    ]


def _write(
    connection: Connection, changed: Sequence[Decided], request: StoreRequest, versions: Mapping[str, list[Version]]
) -> None:
    """New versions with their seals, and the run that they come from."""
    connection.execute(sa.insert(RUN), context.run_row(request, request.run_id))
    _insert(connection, VALIDATION, context.validation_rows(request, request.run_id))
    _insert(connection, QUARANTINE, context.quarantine_rows(request, request.run_id))
    for one in changed:
        name, version, reason = one.result.indicator_id, one.stored.version, one.stored.change_reason
        rows = version_rows(one.result, version=version, change_reason=reason, request=request)
        for table in PARTS:
            if table is BREAKDOWN:
                bulk_insert(connection, table, rows[table.name])
            else:
                _insert(connection, table, by_column(table, rows[table.name]))
        key = (request.city.city_id, name, one.result.period, version)
        connection.execute(sa.insert(SEAL), seal_row(key, rows, versions.get(name, ())))
        if one.stored.change:
            _log.info("%s: %s", request.city.city_id, one.stored)


def _insert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _things_count(version: Version) -> int:
    from pipeline.indicators.base import things_count

    (result,), fates = (by_column(table, version.rows.get(table.name, ())) for table in (RESULT, ROWS))
    excluded = {fate["rule"]: fate["rows_count"] for fate in fates if fate["outcome"] == "excluded"}
    return things_count(result["rows_read"], excluded)


def _files(rows: Sequence[sa.Row[Any]]) -> list[dict[str, str]]:
    ordered = sorted(rows, key=lambda file: (file.file, file.sha256))
    return [{"file": file.file, "sha256": file.sha256} for file in ordered]


def _closed(
    period: str, indicator_id: str, done: Sequence[Mapping[str, Any]], waiting: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    mine = (one for one in waiting if (one["period"], one["indicator_id"]) == (period, indicator_id))
    return {"closings": closings.bearing_on(period, done), "pending": next(mine, None)}
