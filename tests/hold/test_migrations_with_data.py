"""Warehouses of every former revision, with results inside, go up and back down and lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.migrations import alembic_config, revisions
from pipeline.warehouse.model import METADATA
from tests.hold import IS_FULL, of_form
from tests.hold.home import CITY, city_at, tolok

FORMER = revisions()[:-1]
TOLD = ("indicator", "period", "version", "value", "numerator", "denominator", "unit", "status", "rows", "variants")
Data = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """All that the warehouse of today's Tolok holds after a year, a month and an erased ticket."""
    with city_at(tmp_path_factory.mktemp("city")) as home:
        for period in ("2024-03", "2024"):
            assert tolok("run", CITY, period)[0] == 0
        (home.parent / "ids").write_text("2\n", "utf-8")
        assert tolok("erase", CITY, "--ids", str(home.parent / "ids"), "--ground", "surat 12/2026")[0] == 0
        engine = make_engine(Settings.from_environment().warehouse_url)
        with engine.connect() as connection:
            tables = METADATA.sorted_tables
            found = {one.name: [dict(row) for row in connection.execute(sa.select(one)).mappings()] for one in tables}
    assert len(found["result"]) == 8
    assert len(found["result_source"]) > 8
    return found


def test_a_warehouse_of_any_former_revision_goes_up_and_back_down_with_its_results(
    data: Data, warehouse_url: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    if not IS_FULL and not warehouse_url.startswith("sqlite"):
        pytest.skip("the long form")
    former = of_form(FORMER[:1] + FORMER[-1:], full=FORMER)
    kept = 0
    for revision in former:
        url = _database(warehouse_url, revision, tmp_path)
        kept += _up_and_down(url, revision, data)
    database = warehouse_url.partition(":")[0]
    row(
        "Operations",
        f"migrations from {len(former)} of {len(FORMER)} revisions with results inside, up, down, up, {database}",
        f"{kept} rows back as they were; values, parts and lineage of all results the same",
    )


def _database(url: str, revision: str, folder: Path) -> str:
    """An empty database of its own for a revision."""
    if url.startswith("sqlite"):
        return f"sqlite:///{folder / f'{revision}.sqlite'}"
    name = f"{url.rpartition('/')[2]}_{revision}"
    with make_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return f"{url.rpartition('/')[0]}/{name}"


def _up_and_down(url: str, revision: str, data: Data) -> int:
    engine, warehouse = make_engine(url), Warehouse(url)
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), revision)
        _fill(connection, data)
    before = _all_rows(engine)
    assert len(before["result"]) == len(data["result"])
    warehouse.migrate()
    results = _told(warehouse)
    assert [one["value"] for one in results] == [row["value"] for row in _in_order(data["result"])]
    lineage = {(row["indicator_id"], row["period"], row["sha256"]) for row in data["result_source"]}
    history = warehouse.history(CITY)
    assert {(one["indicator_id"], one["period"], file["sha256"]) for one in history for file in one["files"]} == lineage
    with writing(engine) as connection:
        command.downgrade(alembic_config(connection), revision)
    assert _all_rows(engine) == before
    warehouse.migrate()
    assert _told(warehouse) == results
    return sum(map(len, before.values()))


def _fill(connection: sa.Connection, data: Data) -> None:
    """What a Tolok of then would have stored: the columns that its tables had."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for table in (one for one in METADATA.sorted_tables if one.name in there and data[one.name]):
        names = {column["name"] for column in inspector.get_columns(table.name)}
        columns = [sa.column(column.name, column.type) for column in table.columns if column.name in names]
        rows = [{name: value for name, value in row.items() if name in names} for row in data[table.name]]
        connection.execute(sa.insert(sa.table(table.name, *columns)), rows)


def _all_rows(engine: sa.Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        found = {}
        for name in inspector.get_table_names():
            if name not in ("alembic_version", "view_version"):
                columns = sorted(column["name"] for column in inspector.get_columns(name))
                query = sa.select(*map(sa.column, columns)).select_from(sa.table(name))
                found[name] = sorted(repr(tuple(row)) for row in connection.execute(query))
    return found


def _told(warehouse: Warehouse) -> list[Mapping[str, Any]]:
    rows = warehouse.current(CITY)
    return [{name: one[name] for name in (*TOLD, "sources")} for one in rows]


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As results are shown: by period, then as the indicators stand in the standard."""
    places = {"portal_visits": 1, "online_services": 2, "inquiry_response": 3, "it_downtime": 4}
    return sorted(rows, key=lambda row: (row["period"], places[row["indicator_id"]]))
