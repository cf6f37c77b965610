"""The migrations amount to the declared tables on both databases: columns, types, keys, checks and comments."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.migrations import alembic_config
from pipeline.warehouse.model import METADATA

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"
# SQLite keeps the declared name of a type, but SQLAlchemy reads these two back as what they are stored as.
READ_BACK_AS = {"Utc": sa.NUMERIC, "Double": sa.REAL}


def has_changed(_: object, __: object, ___: object, found: sa.types.TypeEngine[Any], declared: Any) -> bool | None:
    """Not for a type that SQLite reads back under another name; every other type is left to Alembic."""
    return False if isinstance(found, READ_BACK_AS.get(type(declared).__name__, ())) else None


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


def declared_anew() -> sa.MetaData:
    """The tables from a module of its own: a mutant of what is declared comes too late for the one that is loaded."""
    spec = find_spec("pipeline.warehouse.model")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    declared: sa.MetaData = module.METADATA
    return declared


def altered(url: str, *statements: str) -> None:
    with writing(make_engine(url)) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_migrated_warehouse_is_what_is_declared(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    assert differences(warehouse_url, declared_anew()) == []


def test_the_dictionary_has_every_table_with_its_key_and_every_column_as_they_are_declared() -> None:
    text = PAGE.read_text("utf-8").partition("## Warehouse tables")[2].partition("\n## ")[0]
    told = {name: rest for name, _, rest in (part.partition("\n") for part in text.split("\n### ")[1:])}
    declared = declared_anew().tables
    assert set(told) == set(declared)
    for name, table in declared.items():
        comment = str(table.comment)
        assert f"\n{comment[0].upper()}{comment[1:]}.\n" in told[name]
        assert f"Key: {', '.join(f'`{column.name}`' for column in table.primary_key)}.\n" in told[name]
        rows = [line.split(" | ") for line in told[name].splitlines() if line.startswith("| `")]
        assert [(row[0], row[2], row[-1]) for row in rows] == [
            (f"| `{column.name}`", "" if column.nullable else "yes", f"{column.comment} |") for column in table.columns
        ]


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
        declared_anew().create_all(connection)
    assert sum(len(checks) for _, _, checks, *_ in migrated.values()) == 13
    assert migrated == constraints(warehouse_url)
