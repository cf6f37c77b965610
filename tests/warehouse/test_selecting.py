"""Which versions are asked for: the newest or all, by then, also those of which only parts are left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.warehouse.model import METADATA, RESULT, RUN, SEAL
from pipeline.warehouse.selecting import all_versions, among, but, newest_versions, rows_by_key

NOW = datetime(2026, 1, 12, 1, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
HOURS, VISITS, GONE, OTHER = (
    ("kota-a", "it_downtime", "2025", 1),
    ("kota-a", "portal_visits", "2024", 1),
    ("kota-a", "it_downtime", "2025", 2),
    ("kota-b", "it_downtime", "2025", 1),
)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """Three results with their seals, and the seal alone of a second version; by the run of its year it was there."""
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    empty = {column.name: "final" if column.name == "status" else 0 for column in RESULT.columns if not column.nullable}
    with engine.connect() as connection:
        for key in (HOURS, VISITS, OTHER):
            connection.execute(sa.insert(RESULT), empty | named(key) | {"computed_at": NOW})
        for key in (HOURS, VISITS, OTHER, GONE):
            connection.execute(sa.insert(SEAL), named(key) | {"rows_sha256": "a", "former_sha256": ""})
        for run_id, city_id, period, finished_at in (
            ("r1", "kota-a", "2025", NOW),
            ("r2", "kota-a", "2025", LATER),
            ("r3", "kota-a", "2024", LATER + timedelta(days=9)),
            ("r4", "kota-b", "2025", LATER + timedelta(days=9)),
        ):
            run = {"run_id": run_id, "city_id": city_id, "period": period, "finished_at": finished_at}
            connection.execute(sa.insert(RUN), run)
        yield connection


def named(key: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("city_id", "indicator_id", "period", "version"), key, strict=True))


def keys(connection: sa.Connection, versions: sa.Subquery) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in connection.execute(sa.select(versions)))


def test_the_newest_version_counts_where_only_its_seal_is_left_and_not_before_it_came(
    connection: sa.Connection,
) -> None:
    assert keys(connection, newest_versions("kota-a")) == [GONE, VISITS]
    assert keys(connection, newest_versions("kota-a", as_of=LATER)) == [GONE, VISITS]
    assert keys(connection, newest_versions("kota-a", as_of=NOW)) == [HOURS, VISITS]
    assert keys(connection, newest_versions("kota-a", as_of=NOW - timedelta(microseconds=1))) == []
    assert keys(connection, all_versions("kota-a")) == [HOURS, GONE, VISITS]
    assert keys(connection, all_versions("kota-a", as_of=LATER - timedelta(microseconds=1))) == [HOURS, VISITS]


def test_only_the_city_period_and_indicator_asked_for_are_taken(connection: sa.Connection) -> None:
    assert keys(connection, newest_versions("kota-b")) == [OTHER]
    assert keys(connection, newest_versions("kota-a", period="2025")) == [GONE]
    assert keys(connection, newest_versions("kota-a", indicator_id="portal_visits")) == [VISITS]
    assert keys(connection, all_versions("kota-a", period="2025", indicator_id="it_downtime")) == [HOURS, GONE]
    assert keys(connection, newest_versions(None)) == [HOURS, VISITS, OTHER]


def test_rows_of_a_table_are_those_of_the_versions_but_for_some(connection: sa.Connection) -> None:
    every = all_versions("kota-a")
    columns = (RESULT.c.indicator_id, RESULT.c.version)
    found = connection.execute(among(RESULT, every, columns=columns)).tuples().all()
    assert sorted(found) == [("it_downtime", 1), ("portal_visits", 1)]
    assert keys(connection, but(every, [GONE, VISITS])) == [HOURS]
    assert keys(connection, but(every, [])) == [HOURS, GONE, VISITS]
    seals = rows_by_key(connection, SEAL, every)
    assert {key: [row.rows_sha256 for row in rows] for key, rows in seals.items()} == {
        key: ["a"] for key in (HOURS, GONE, VISITS)
    }
