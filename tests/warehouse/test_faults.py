"""What goes wrong with a warehouse is said in both languages, with what to do next, and never with a password."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
import traceback
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
import sqlalchemy as sa

from connectors.errors import ConfigError, DataDamaged, SourceUnavailable, TolokError
from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import bulk_insert, make_engine, reachable, writing
from pipeline.warehouse.faults import cannot_open
from tests.postgres import free_port

NEVER_SHOWN = "rahasia-37122"


def fault(url: str) -> TolokError:
    """What opening and migrating a warehouse raises."""
    with pytest.raises(TolokError) as caught:
        Warehouse(url).migrate()
    assert caught.value.id != caught.value.en
    assert NEVER_SHOWN not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        f"mysql://root:{NEVER_SHOWN}@localhost/x",
        f"postgresql+psycopg2://root:{NEVER_SHOWN}@localhost/x",
        f"postgresql://root:{NEVER_SHOWN}@localhost:port/x",
        f"postgresql://root:{NEVER_SHOWN}@localhost:99999/x",
        f"postgresql://root:{NEVER_SHOWN}@localhost/x?no_such_option=1",
        f"postgresql://root:{NEVER_SHOWN}@localhost/x?autocommit=true",
        f"postgresql://root:{NEVER_SHOWN}@localhost/x?connect_timeout=soon",
        f"postgresql://root:{NEVER_SHOWN}@localhost/x?sslmode=perhaps",
    ],
)
def test_an_address_or_option_that_cannot_be_is_a_mistake_in_the_settings(url: str) -> None:
    error = fault(url)
    assert isinstance(error, ConfigError)
    assert "TOLOK_WAREHOUSE" in error.id
    assert "TOLOK_WAREHOUSE" in error.en


@pytest.mark.parametrize("option", ["timeout=soon", "no_such_option=1"])
def test_an_option_sqlite_does_not_know_is_a_mistake_in_the_settings(option: str, tmp_path: Path) -> None:
    assert isinstance(fault(f"sqlite:///{tmp_path / 'w.sqlite'}?{option}"), ConfigError)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file::memory:?cache=shared&uri=true"]
)
def test_a_database_in_memory_is_refused(url: str) -> None:
    error = fault(url)
    assert isinstance(error, ConfigError)
    assert "memory" in error.en


def test_a_file_that_is_no_database_is_reported_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("rapat pukul sembilan\n" * 100)
    error = fault(f"sqlite:///{path}")
    assert isinstance(error, ConfigError)
    assert "is not an SQLite file" in error.en
    assert str(path) in error.en
    assert path.read_text() == "rapat pukul sembilan\n" * 100


def test_a_folder_in_place_of_a_file_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    assert isinstance(fault(f"sqlite:///{tmp_path}"), ConfigError)


def test_a_file_in_place_of_a_folder_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(fault(f"sqlite:///{tmp_path / 'file' / 'w.sqlite'}"), ConfigError)


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (errno.EROFS, ConfigError, "mounted for reading alone"),
        (errno.EACCES, ConfigError, "may not be written or read"),
        (errno.EPERM, ConfigError, "may not be written or read"),
        (errno.ENOSPC, SourceUnavailable, "the disk is full or failing"),
        (errno.EIO, SourceUnavailable, "the disk is full or failing"),
        (errno.EISDIR, ConfigError, "cannot be opened or made"),
        (None, ConfigError, "cannot be opened or made"),
    ],
)
def test_why_a_file_cannot_be_made_is_told_with_its_place(code: int | None, kind: type[TolokError], told: str) -> None:
    error = cannot_open(sa.make_url("sqlite:////data/w.sqlite"), OSError(code, NEVER_SHOWN) if code else OSError())
    assert (type(error), told in error.en) == (kind, True)
    assert all("sqlite:////data/w.sqlite" in text and NEVER_SHOWN not in text for text in (error.id, error.en))


def test_a_file_locked_by_another_program_can_be_tried_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'w.sqlite'}?timeout=0.1"
    Warehouse(url).migrate()
    other = sqlite3.connect(tmp_path / "w.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SourceUnavailable, match="locked by another program"), writing(make_engine(url)):
        pass
    other.execute("ROLLBACK")
    other.close()
    with writing(make_engine(url)) as connection:
        connection.execute(sa.text("DELETE FROM city"))


def test_a_fresh_file_another_is_writing_is_waited_for(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "w.sqlite", isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: writer.execute("ROLLBACK"))
    release.start()
    Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}").migrate()
    release.join()
    writer.close()
    assert Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}").current("kota-uji") == []


def test_a_server_that_does_not_answer_can_be_tried_again() -> None:
    error = fault(f"postgresql://tolok:{NEVER_SHOWN}@127.0.0.1:{free_port()}/x")
    assert isinstance(error, SourceUnavailable)
    assert "postgresql://127.0.0.1" in error.en


@pytest.fixture
def guarded_url(postgres_url: str) -> str:
    """The server as a role that must give a password; `{}` stands for it."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guarded")
        connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{NEVER_SHOWN}'")  # type: ignore[arg-type]
        (rules,) = (Path(row[0]) for row in connection.execute("SHOW hba_file"))
        rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    url = postgres_url.replace("tolok@", "guarded:{}@")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url.format("wrong")).close()
        except psycopg.OperationalError:
            return url
        time.sleep(0.05)
    raise AssertionError("the server does not ask for the password")


def test_a_wrong_password_is_a_mistake_in_the_settings_and_is_not_repeated(guarded_url: str) -> None:
    error = fault(guarded_url.format(f"{NEVER_SHOWN}-not"))
    assert isinstance(error, ConfigError)
    assert "refuses the login" in error.en
    assert "guarded" not in error.en


def test_a_user_who_may_not_make_tables_must_ask_for_rights(guarded_url: str) -> None:
    error = fault(guarded_url.format(NEVER_SHOWN))
    assert isinstance(error, ConfigError)
    assert "GRANT" in error.en


def test_a_database_that_is_not_there_is_a_mistake_in_the_settings(postgres_url: str) -> None:
    assert isinstance(fault(postgres_url.removesuffix("postgres") + "nowhere"), ConfigError)


def test_the_address_is_shown_without_user_password_and_options(tmp_path: Path) -> None:
    shown = {
        f"postgresql://tolok:{NEVER_SHOWN}@db.kota.go.id:5433/tolok?sslmode=require": "postgresql://db.kota.go.id:5433/tolok",
        f"postgresql://tolok:pa@{NEVER_SHOWN}@db.kota.go.id/tolok": "postgresql://db.kota.go.id/tolok",
        f"postgresql://db.kota.go.id/tolok?password={NEVER_SHOWN}": "postgresql://db.kota.go.id/tolok",
        f"sqlite:///{tmp_path / 'w.sqlite'}": f"sqlite:///{tmp_path / 'w.sqlite'}",
    }
    assert {url: Warehouse(url).address for url in shown} == shown


def write_while_the_server_ends_the_session(url: str) -> None:
    with writing(make_engine(url)) as connection:
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
        connection.exec_driver_sql("SELECT 1")


def test_rows_copied_where_nothing_may_be_written_fail_like_any_other(postgres_url: str) -> None:
    def copy() -> None:
        with reachable(make_engine(postgres_url)) as connection:
            connection.exec_driver_sql("CREATE TABLE never_kept (number integer)")
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            bulk_insert(connection, sa.table("never_kept", sa.column("number")), [(1,)])

    with pytest.raises(ConfigError):
        copy()


def test_a_server_that_goes_away_half_way_can_be_tried_again(postgres_url: str) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        write_while_the_server_ends_the_session(postgres_url)


def with_options(url: str, *options: str) -> str:
    return f"{url}?options=" + "%20".join(f"-c%20{one.replace('=', '%3D')}" for one in options)


def test_a_lock_or_statement_without_end_is_given_up_and_can_be_tried_again(postgres_url: str) -> None:
    with reachable(make_engine(postgres_url)) as connection:
        limits = [connection.exec_driver_sql(f"SHOW {name}_timeout").scalar() for name in ("lock", "statement")]
    assert limits == ["1min", "10min"]
    with psycopg.connect(postgres_url) as other:
        other.execute("CREATE TABLE IF NOT EXISTS held (number integer)")
        other.commit()
        other.execute("LOCK TABLE held")
        url = with_options(postgres_url, "lock_timeout=50ms")
        with pytest.raises(SourceUnavailable, match="locked by another"), reachable(make_engine(url)) as connection:
            connection.exec_driver_sql("SELECT * FROM held")
    url = with_options(postgres_url, "statement_timeout=50ms")
    with pytest.raises(SourceUnavailable, match="longer than its limit"), reachable(make_engine(url)) as connection:
        connection.exec_driver_sql("SELECT pg_sleep(60)")


def test_a_warehouse_that_may_only_be_read_is_told_before_anything_is_written(
    postgres_url: str, tmp_path: Path
) -> None:
    Warehouse(postgres_url).migrate()
    Warehouse(postgres_url).require_writable()
    with pytest.raises(ConfigError, match="may not be written"):
        Warehouse(with_options(postgres_url, "default_transaction_read_only=on")).require_writable()
    warehouse = Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}")
    warehouse.migrate()
    (tmp_path / "w.sqlite").chmod(0o444)
    # To root every file is one to write to.
    with patch("os.access", lambda _, mode: mode != os.W_OK):
        assert warehouse.current("kota-uji") == []
        with pytest.raises(ConfigError, match="may not be written"):
            warehouse.require_writable()


@pytest.mark.parametrize("table", ["city", "result", "result_seal", "alembic_version", "view_version"])
def test_a_table_that_is_gone_is_told_with_what_to_do(table: str, warehouse_url: str) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    if warehouse_url.startswith("sqlite"):
        with sqlite3.connect(str(sa.make_url(warehouse_url).database)) as other:
            other.execute(f"DROP TABLE {table}")
        other.close()
    else:
        with writing(make_engine(warehouse_url)) as connection:
            connection.exec_driver_sql(f"DROP TABLE {table} CASCADE")

    def ask() -> None:
        warehouse.migrate()
        warehouse.city_view("kota-uji")

    with pytest.raises(DataDamaged, match="Restore its backup"):
        ask()


def test_a_view_that_is_gone_is_laid_again(warehouse_url: str) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    with writing(make_engine(warehouse_url)) as connection:
        connection.exec_driver_sql("DROP VIEW result_lineage")
    warehouse.migrate()
    with reachable(make_engine(warehouse_url)) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM result_lineage").scalar() == 0


@pytest.mark.parametrize("column", ["name", "zone"])
def test_a_text_of_flipped_bytes_is_a_damaged_warehouse(column: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'w.sqlite'}"
    warehouse = Warehouse(url)
    warehouse.migrate()
    with writing(make_engine(url)) as connection:
        columns = "city_id, name, zone, region_code"
        connection.exec_driver_sql(f"INSERT INTO city ({columns}) VALUES ('kota-uji', 'a', 'b', 'c')")
        connection.exec_driver_sql(f"UPDATE city SET {column} = CAST(x'C0FF' AS TEXT)")
    with pytest.raises(DataDamaged, match="Restore its backup"):
        warehouse.city_view("kota-uji")
