"""Connections to the warehouse: one writer at a time, none kept open between calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from pipeline.warehouse import faults, sqlite_file

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
# SQLite takes rows twice as fast in statements of fifty; more gain nothing.
_ROWS_AT_ONCE = 50
# A lock is waited for a minute and a query for ten; a server that is gone without a word is given up in a minute too.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": 30},
    "postgresql": {
        "connect_timeout": 10,
        "tcp_user_timeout": 60_000,
        "keepalives_idle": 30,
        "options": "-c lock_timeout=60s -c statement_timeout=600s -c idle_in_transaction_session_timeout=600s",
    },
}


def make_engine(url: str) -> Engine:
    """An engine that keeps no connection open; `ConfigError` for an address that cannot be one.

    A process has one for each address: it keeps what queries were compiled to, which takes longer than asking them.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        sqlite_file.prepare(parsed)
    return _engine(parsed)


@lru_cache(maxsize=16)
def _engine(parsed: URL) -> Engine:
    backend = parsed.get_backend_name()
    arguments = {name: value for name, value in _DEFAULTS[backend].items() if name not in parsed.query}
    if backend == "sqlite":
        arguments["isolation_level"] = None
    try:
        engine = sa.create_engine(parsed, connect_args=arguments, poolclass=sa.pool.NullPool)
    except (TypeError, ValueError):
        raise faults.wrong_options() from None
    if backend == "sqlite":
        sa.event.listen(engine, "do_connect", partial(sqlite_file.connect, parsed))
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start in SQLite; a fault leaves the database as it was."""
    with reachable(engine) as connection:
        if engine.dialect.name == "sqlite":
            # The driver begins nothing by itself, so that reading never waits; its commit ends what is begun here.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries all see one state of the database, whatever is written meanwhile."""
    with reachable(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def reachable(engine: Engine) -> Iterator[Connection]:
    """A connection; what goes wrong on it is `ConfigError` or `SourceUnavailable` when a person can mend it."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        fault = faults.typed(error, url=engine.url)
        if fault is None:
            raise
        raise fault from None
    except UnicodeDecodeError:
        raise faults.damaged(engine.url) from None
    except ValueError as error:
        # SQLite keeps a text in any column; what reads it as a moment or a day says only this.
        if "isoformat" not in str(error):
            raise
        raise faults.unreadable(engine.url) from None


def upsert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or update those whose key is there already."""
    if rows:
        insert = _insert(connection, table)
        updated = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        connection.execute(insert.on_conflict_do_update(index_elements=table.primary_key, set_=updated), rows)


def _insert(connection: Connection, table: sa.Table) -> Any:  # noqa: ANN401 one of two classes with the same methods
    """The database's own INSERT, which knows ON CONFLICT."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def bulk_insert(connection: Connection, table: sa.TableClause, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert plain values in the order of the table's columns, by COPY where the database has it."""
    if not rows:
        return
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name != "sqlite":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", rows)
        return
    places = f"({', '.join('?' * len(table.columns))})"
    first = len(rows) % _ROWS_AT_ONCE
    for count, some in ((1, rows[:first]), (_ROWS_AT_ONCE, rows[first:])):
        statement = f"INSERT INTO {table.name} ({names}) VALUES {', '.join([places] * count)}"  # noqa: S608
        values = [tuple(chain.from_iterable(some[at : at + count])) for at in range(0, len(some), count)]
        if values:
            connection.exec_driver_sql(statement, values)


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """COPY within the connection's transaction; what goes wrong is raised as SQLAlchemy raises it."""
    import psycopg

    try:
        with closing(connection.connection.cursor()) as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from None


def _parsed(url: str) -> URL:
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise faults.malformed() from None
    if parsed.drivername not in _DRIVERS:
        raise faults.malformed()
    parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite" and _is_in_memory(parsed):
        raise faults.in_memory()
    if not set(parsed.query) <= _known_options(parsed.get_backend_name()):
        raise faults.wrong_options()
    return parsed


def _is_in_memory(url: URL) -> bool:
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def _known_options(backend: str) -> set[str]:
    """For PostgreSQL those of libpq only: the driver's own, such as autocommit, would break transactions."""
    if backend == "sqlite":
        return {"timeout"}
    from psycopg.pq import Conninfo

    return {option.keyword.decode() for option in Conninfo.get_defaults()}
