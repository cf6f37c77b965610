"""The migrations amount to the declared tables on both databases: columns, types, keys, checks and comments."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.migrations import alembic_config
from pipeline.warehouse.model import METADATA, Utc

# SQLite keeps the declared name of a type, but SQLAlchemy reads these two back as what they are stored as.
READ_BACK_AS = {Utc: sa.NUMERIC, sa.Double: sa.REAL}


def has_changed(_: object, __: object, ___: object, found: sa.types.TypeEngine[Any], declared: Any) -> bool | None:
    """Not for a type that SQLite reads back under another name; every other type is left to Alembic."""
    return False if isinstance(found, READ_BACK_AS.get(type(declared), ())) else None


def differences(url: str, metadata: sa.MetaData = METADATA) -> list[Any]:
    """What Alembic would still change for the database to hold the declared tables."""
    with make_engine(url).connect() as connection:
        options = {"compare_type": has_changed, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    changes = [change for one in found for change in (one if isinstance(one, list) else [one])]
    # In SQLite a primary key of one text column may be null, unless it says NOT NULL as well; 0001 does not.
    keys = {("modify_nullable", None, "city", "city_id"), ("modify_nullable", None, "run", "run_id")}
    return [change for change in changes if not (url.startswith("sqlite") and change[:4] in keys)]


def constraints(url: str) -> dict[str, Any]:
    """Of every table its keys, checks, uniques and indexes, which Alembic compares in part only."""
    inspector = sa.inspect(make_engine(url))
    return {
        name: (
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (key["constrained_columns"], key["referred_table"], key["referred_columns"], key["options"])
                for key in inspector.get_foreign_keys(name)
            ),
            sorted(check["sqltext"] for check in inspector.get_check_constraints(name)),
            inspector.get_unique_constraints(name),
            inspector.get_indexes(name),
        )
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def altered(url: str, *statements: str) -> None:
    with writing(make_engine(url)) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_migrated_warehouse_is_what_is_declared(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    assert differences(warehouse_url) == []


def test_a_column_that_is_only_declared_is_found(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    declared = sa.MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(declared)
    declared.tables["city"].append_column(sa.Column("mayor", sa.Text))
    assert [difference[0] for difference in differences(warehouse_url, declared)] == ["add_column"]


def test_a_column_that_only_a_migration_makes_is_found(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    altered(warehouse_url, "ALTER TABLE city ADD COLUMN mayor TEXT")
    assert [difference[0] for difference in differences(warehouse_url)] == ["remove_column"]


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        ("landed_at", "TIMESTAMP", {"modify_type", "modify_nullable"}),
        ("size_bytes", "TEXT", {"modify_type", "modify_nullable"}),
        ("name", "TEXT", {"modify_nullable"}),
    ],
)
def test_a_column_of_another_type_or_nullability_is_found(
    column: str, kind: str, expected: set[str], warehouse_url: str
) -> None:
    Warehouse(warehouse_url).migrate()
    altered(
        warehouse_url,
        "DROP VIEW result_lineage",
        f"ALTER TABLE source_file DROP COLUMN {column}",
        f"ALTER TABLE source_file ADD COLUMN {column} {kind}",
    )
    found = {change[0] for change in differences(warehouse_url) if change[2:4] == ("source_file", column)}
    assert found - {"modify_comment"} == expected


def test_keys_and_checks_of_the_migrations_are_those_declared(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    migrated = constraints(warehouse_url)
    with writing(make_engine(warehouse_url)) as connection:
        command.downgrade(alembic_config(connection), "base")
        METADATA.create_all(connection)
    assert sum(len(checks) for _, _, checks, *_ in migrated.values()) == 13
    assert migrated == constraints(warehouse_url)
