"""The account that writes results on PostgreSQL: rows, and neither tables nor views."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from pipeline.warehouse import Warehouse, migrations
from tests.warehouse.test_reading_tools import database, execute
from tests.warehouse.test_warehouse import query, result
from tests.warehouse.test_warehouse import request as stored_with


@pytest.fixture(scope="module")
def writer(postgres_url: str) -> str:
    """A migrated warehouse in PostgreSQL through an account in the documented role."""
    url, account = database(postgres_url), f"w_{uuid.uuid4().hex}"
    Warehouse(url).migrate()
    for _ in range(2):
        execute(url, (migrations.SQL / "writer.sql").read_text("utf-8"))
    execute(url, f"CREATE ROLE {account} LOGIN IN ROLE tolok_writer")
    return url.replace("tolok@", f"{account}@")


def test_the_documented_role_writes_results_into_a_migrated_warehouse(writer: str) -> None:
    warehouse = Warehouse(writer)
    warehouse.migrate()
    for run_id in ("r1", "r2"):
        warehouse.store([result()], request=stored_with(run_id))
    assert query(writer, "SELECT city, value FROM indicator_current") == [("Kota Uji", 2.0)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)",
        "CREATE VIEW mine AS SELECT 1",
        "DROP VIEW indicator_current CASCADE",
        "DROP TABLE result CASCADE",
        "ALTER TABLE result ADD COLUMN mine int",
        "TRUNCATE result CASCADE",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE ROLE mine",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_documented_role_changes_no_table(statement: str, writer: str) -> None:
    with pytest.raises(psycopg.Error, match=r"permission denied|must be owner"):
        execute(writer, statement)
