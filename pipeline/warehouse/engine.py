"""Connections and migrations: one UTC type, one writer at a time, the schema owned by Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from connectors.errors import ConfigError, SourceUnavailable

SQL = Path(__file__).resolve().parents[2] / "sql"
HEAD = "0001"
_MIGRATION_LOCK = 37122


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` in PostgreSQL, ISO 8601 text in SQLite; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.String() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 str or datetime
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


def make_engine(url: str) -> Engine:
    """An engine for a warehouse URL that keeps no connection open; `postgresql://` means psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError("not a supported database")
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            parsed, connect_args=_connect_args(parsed.get_backend_name()), poolclass=sa.pool.NullPool
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError(
            id="TOLOK_WAREHOUSE bukan alamat gudang data yang sah. Tulis sqlite:////folder/berkas.sqlite atau "
            "postgresql://pengguna:sandi@host/nama.",
            en="TOLOK_WAREHOUSE is not a valid warehouse address. Write sqlite:////folder/file.sqlite or "
            "postgresql://user:password@host/name.",
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start in SQLite."""
    with reachable(engine) as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "SELECT 1")
        try:
            yield connection
        except BaseException:
            _end(connection, "ROLLBACK")
            raise
        _end(connection, "COMMIT")


@contextmanager
def reachable(engine: Engine) -> Iterator[Connection]:
    """A connection; `SourceUnavailable` without address or password when there is none to be had."""
    try:
        connection = engine.connect()
    except OperationalError:
        raise SourceUnavailable(
            id="Gudang data tidak dapat dihubungi. Periksa TOLOK_WAREHOUSE, jaringan, dan apakah servernya berjalan.",
            en="The warehouse cannot be reached. Check TOLOK_WAREHOUSE, the network, and whether its server runs.",
        ) from None
    with connection:
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the schema and the views to this version; nothing happens when they are there. Safe for two at once."""
    if _revision(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SQL / "migrations"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if _revision_of(connection) == HEAD:
            return
        views = [
            (path.stem.split("_", 1)[1], path.read_text("utf-8")) for path in sorted((SQL / "views").glob("*.sql"))
        ]
        for name, _ in reversed(views):
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        for _, statement in views:
            connection.exec_driver_sql(statement)


def _connect_args(backend: str) -> dict[str, Any]:
    return {"timeout": 30, "isolation_level": None} if backend == "sqlite" else {"connect_timeout": 10}


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 a driver's own connection
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")


def _end(connection: Connection, how: str) -> None:
    """SQLite's driver is in autocommit, so that BEGIN IMMEDIATE is ours to give and to end."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(how)
    if how == "COMMIT":
        connection.commit()
    else:
        connection.rollback()


def _revision(engine: Engine) -> str | None:
    with reachable(engine) as connection:
        return _revision_of(connection)


def _revision_of(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)
