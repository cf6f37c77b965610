"""A changed view reaches an existing warehouse without a migration, an unchanged one is left alone."""

from __future__ import annotations

import shutil
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from connectors.errors import ConfigError
from pipeline.indicators.definition import definitions
from pipeline.warehouse import Warehouse, migrations, reference, views
from pipeline.warehouse.engine import make_engine
from tests.warehouse.test_warehouse import query, request, result

IDS = list(definitions())
BESIDE = ["city", "period_start", "period_end"]
HISTORY, LINEAGE = "views/20_indicator_history.sql", "views/50_result_lineage.sql"


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the SQL that a test may change; the warehouse reads it in place of the project's."""
    copy = tmp_path / "sql"
    shutil.copytree(migrations.SQL, copy)
    monkeypatch.setattr(migrations, "SQL", copy)
    return copy


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def columns(url: str, view: str) -> list[str]:
    return [column["name"] for column in sa.inspect(make_engine(url)).get_columns(view)]


def laid_mark(url: str) -> object:
    """What changes whenever a view is laid."""
    if url.startswith("sqlite"):
        return query(url, "PRAGMA schema_version")
    return query(url, "SELECT CAST(xmin AS text) FROM view_version")


def test_a_changed_view_reaches_an_existing_warehouse_and_results_stay(warehouse_url: str, sql: Path) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    warehouse.store([result()], request=request("r1"))
    before = warehouse.current("kota-uji")
    replace_in(sql / HISTORY, "r.change_reason", "r.change_reason AS why")
    warehouse.migrate()
    assert query(warehouse_url, "SELECT why FROM indicator_history") == [("perhitungan pertama / first computation",)]
    assert warehouse.current("kota-uji") == before


def test_unchanged_views_are_not_laid_again(warehouse_url: str, sql: Path) -> None:
    Warehouse(warehouse_url).migrate()
    before = laid_mark(warehouse_url)
    Warehouse(warehouse_url).migrate()
    assert laid_mark(warehouse_url) == before
    replace_in(sql / HISTORY, "change_reason", "change_reason AS why")
    Warehouse(warehouse_url).migrate()
    assert laid_mark(warehouse_url) != before


def test_two_who_lay_a_changed_view_at_once_both_succeed(warehouse_url: str, sql: Path) -> None:
    Warehouse(warehouse_url).migrate()
    replace_in(sql / HISTORY, "change_reason", "change_reason AS why")
    faults: list[BaseException] = []

    def migrate() -> None:
        try:
            Warehouse(warehouse_url).migrate()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert columns(warehouse_url, "indicator_history")[-1] == "why"
    assert query(warehouse_url, "SELECT count(*) FROM view_version") == [(1,)]


def test_a_view_that_cannot_be_laid_leaves_the_former_ones(warehouse_url: str, sql: Path) -> None:
    Warehouse(warehouse_url).migrate()
    before = columns(warehouse_url, "indicator_history")
    replace_in(sql / LINEAGE, "JOIN", "JION")
    with pytest.raises(sa.exc.DBAPIError):
        Warehouse(warehouse_url).migrate()
    assert columns(warehouse_url, "indicator_history") == before


def test_a_migration_may_alter_what_a_view_reads(warehouse_url: str, sql: Path) -> None:
    Warehouse(warehouse_url).migrate()
    (sql / "migrations" / "versions" / "9999_licence_may_be_empty.py").write_text(
        f'from alembic import op\nrevision = "9999"\ndown_revision = "{migrations.revisions()[-1]}"\n\ndef upgrade():\n'
        '    op.execute("ALTER TABLE source_file DROP COLUMN licence")\n'
        "    op.execute(\"ALTER TABLE source_file ADD COLUMN licence TEXT DEFAULT 'CC0' NOT NULL\")\n"
    )
    Warehouse(warehouse_url).migrate()
    assert columns(warehouse_url, "result_lineage")[-1] == "licence"
    assert query(warehouse_url, "SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.fixture
def reader_url(postgres_url: str) -> tuple[str, str]:
    """A migrated warehouse in PostgreSQL with a result, as its owner and as a role that may only read."""
    role, url = f"reader_{uuid.uuid4().hex}", f"{postgres_url.removesuffix('postgres')}w{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {url.rsplit('/', 1)[1]}")  # type: ignore[call-overload]
        connection.execute(f"CREATE ROLE {role} LOGIN")  # type: ignore[call-overload]
    Warehouse(url).migrate()
    Warehouse(url).store([result()], request=request("r1"))
    execute(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    # Roles from before this table have no rights on it.
    execute(url, f"REVOKE SELECT ON view_version FROM {role}")
    return url, url.replace("tolok@", f"{role}@")


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_who_may_only_read_keeps_reading_with_the_views_as_they_stand(reader_url: tuple[str, str], sql: Path) -> None:
    url, reader = reader_url
    before = columns(url, "indicator_history")
    replace_in(sql / HISTORY, "change_reason", "change_reason AS why")
    Warehouse(reader).migrate()
    assert [row["version"] for row in Warehouse(reader).current("kota-uji")] == [1]
    assert columns(url, "indicator_history") == before
    execute(url, "UPDATE alembic_version SET version_num = '0002'")
    with pytest.raises(ConfigError, match="GRANT"):
        Warehouse(reader).migrate()


def test_who_was_granted_a_view_may_read_the_new_one(reader_url: tuple[str, str], sql: Path) -> None:
    url, reader = reader_url
    replace_in(sql / HISTORY, "change_reason", "change_reason AS why")
    Warehouse(url).migrate()
    assert query(reader, "SELECT why FROM indicator_history") == [("perhitungan pertama / first computation",)]
    with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|cannot delete"):
        query(reader, "DELETE FROM indicator_history")


def test_a_view_that_others_built_on_changes_in_place(reader_url: tuple[str, str], sql: Path) -> None:
    url, _ = reader_url
    execute(url, "CREATE VIEW theirs AS SELECT version, unit FROM indicator_history")
    replace_in(sql / HISTORY, "FROM result r\n", "FROM (SELECT * FROM result WHERE version > 1) r\n")
    Warehouse(url).migrate()
    assert query(url, "SELECT * FROM theirs") == []


def test_the_yearly_view_has_a_column_for_each_declared_indicator(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    assert {"portal_visits", "online_services", "inquiry_response", "it_downtime"} <= set(IDS)
    status, coverage = ([f"{name}_{of}" for name in IDS] for of in ("status", "coverage_pct"))
    assert columns(warehouse_url, "indicator_by_year") == ["city_id", "year", *IDS, *BESIDE, *status, *coverage]


def test_a_new_indicator_gets_its_column_in_an_existing_warehouse(
    warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Warehouse(warehouse_url).migrate()
    grown = {**definitions(), "air_quality": replace(definitions()["it_downtime"], id="air_quality")}
    for module in (views, reference):
        monkeypatch.setattr(module, "definitions", lambda: grown)
    Warehouse(warehouse_url).migrate()
    assert columns(warehouse_url, "indicator_by_year")[:7] == ["city_id", "year", *IDS, "air_quality"]
    assert "air_quality" in {name for (name,) in query(warehouse_url, "SELECT indicator_id FROM indicator")}


def test_every_view_says_what_it_is_and_postgresql_shows_it(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    said = {name: views.about(text) for name, text in views.view_texts(migrations.SQL / "views").items()}
    assert set(said) == set(sa.inspect(make_engine(warehouse_url)).get_view_names())
    assert all(said.values())
    if warehouse_url.startswith("postgresql"):
        shown = query(warehouse_url, "SELECT relname, obj_description(oid) FROM pg_class WHERE relkind = 'v'")
        assert said.items() <= dict(shown).items()
