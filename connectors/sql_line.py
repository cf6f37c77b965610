"""The line to a SQL database: only to addresses that may be reached, read-only, and cut at a deadline."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.addresses import ForbiddenAddress, resolve
from connectors.connection import Connection
from connectors.deadline import Deadline
from connectors.errors import ConfigError, SourceUnavailable

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
_PORTS = {"postgresql": 5432, "mysql": 3306}
_OUR_FAULTS = ("syntax", "no such", "unknown column", "doesn't exist", "denied", "authentication", "read only")
_FETCH_ROWS = 10_000
_SQLITE_STEPS = 100_000


@dataclass(frozen=True)
class SqlLimits:
    """How long connecting and a whole query may take, and how many rows it may give."""

    connect_seconds: float = 10
    query_seconds: float = 600
    rows_count: int = 10_000_000


LIMITS = SqlLimits()


@contextmanager
def reading(connection: Connection, *, may_be_private: bool) -> Iterator[sa.Connection]:
    """One read-only transaction; a fault of the database is raised without its address's secrets.

    `ConfigError` for an address that may not be reached, `SourceUnavailable` when connecting or the query takes longer
    than `LIMITS` says; the server is told to end the query too.
    """
    engine = sa.create_engine(_url(connection), poolclass=sa.NullPool, hide_parameters=True)
    sa.event.listen(engine, "do_connect", lambda *asked: _connect(connection, may_be_private, *asked))
    deadline = Deadline(LIMITS.connect_seconds + LIMITS.query_seconds)
    try:
        with deadline, engine.connect() as database:
            _hold(database, deadline)
            for statement in _guards(engine.dialect):
                database.execute(sa.text(statement))
            yield database.execution_options(stream_results=True, yield_per=_FETCH_ROWS)
    except ForbiddenAddress as forbidden:
        raise forbidden.as_setting(f"Basis data / database '{connection.name}'") from None
    except (sa.exc.DBAPIError, OSError, UnicodeError) as fault:
        raise _typed(connection, fault, is_late=deadline.is_over) from None
    finally:
        engine.dispose()


def _guards(dialect: sa.Dialect) -> list[str]:
    """What makes a transaction read-only and bounds each of its statements at the server."""
    seconds = LIMITS.query_seconds
    if dialect.name == "postgresql":
        return ["set transaction read only", f"set local statement_timeout = {round(seconds * 1000)}"]
    if dialect.name == "mysql":
        is_mariadb = getattr(dialect, "is_mariadb", False)
        limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {round(seconds * 1000)}"
        return [f"set session {limit}", "start transaction read only"]
    return []


def _hold(database: sa.Connection, deadline: Deadline) -> None:
    """Put the line under the deadline; SQLite has none and is asked now and then."""
    driver: Any = database.connection.dbapi_connection
    if database.dialect.name == "sqlite":
        driver.set_progress_handler(lambda: deadline.is_over, _SQLITE_STEPS)
    elif database.dialect.name == "postgresql":
        deadline.hold(driver)
    else:
        # pymysql has no public name for its socket.
        deadline.hold(driver._sock)


def _connect(
    connection: Connection,
    may_be_private: bool,
    dialect: sa.Dialect,
    _: object,
    arguments: Sequence[object],
    named: dict[str, Any],
) -> Any:  # noqa: ANN401 the driver's connection, or null to let SQLAlchemy make it
    """Connect to the addresses that were checked, so that the name cannot lead elsewhere a moment later."""
    if dialect.name == "sqlite":
        return None
    port = connection.port or _PORTS[dialect.name]
    if dialect.name == "postgresql":
        named.update(_checked_addresses(connection.host, port, may_be_private=may_be_private))
        named["connect_timeout"] = max(2, round(LIMITS.connect_seconds))
        return None
    host = connection.host or "localhost"
    with Deadline(LIMITS.connect_seconds) as deadline:
        line = _line(host, port, may_be_private=may_be_private)
        deadline.hold(line)
        database = dialect.loaded_dbapi.connect(*arguments, **{**named, "host": host, "defer_connect": True})
        try:
            database.connect(line)
        except BaseException:
            line.close()
            raise
    return database


def _checked_addresses(host: str, port: int, *, may_be_private: bool) -> Mapping[str, str]:
    """The addresses for libpq to take in place of the name, which TLS still holds against the certificate."""
    if not host or host.startswith(("/", "@")):
        if not may_be_private:
            raise ForbiddenAddress(host or "localhost", is_never=False)
        return {}
    addresses = resolve(host, port, may_be_private=may_be_private)
    return {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}


def _line(host: str, port: int, *, may_be_private: bool) -> socket.socket:
    """A socket to the first of a name's addresses that takes it."""
    for address in resolve(host, port, may_be_private=may_be_private):
        with suppress(ConnectionError, TimeoutError):
            return socket.create_connection((address, port), LIMITS.connect_seconds)
    raise ConnectionError(host)


def _typed(connection: Connection, fault: Exception, *, is_late: bool) -> Exception:
    text = str(fault.orig if isinstance(fault, sa.exc.DBAPIError) else fault).casefold()
    name = connection.name
    if is_late or "statement timeout" in text or "max_statement_time" in text or "execution time" in text:
        seconds = f"{LIMITS.query_seconds:g}"
        return SourceUnavailable(
            id=f"Basis data '{name}': kueri belum selesai setelah {seconds} detik. Persempit 'query' atau minta indeks "
            "pada kolom waktunya, lalu coba lagi.",
            en=f"The database '{name}': the query was not complete after {seconds} seconds. Narrow 'query' or ask for "
            "an index on its time column, then try again.",
        )
    may_pass = isinstance(fault, sa.exc.OperationalError) and not any(word in text for word in _OUR_FAULTS)
    if isinstance(fault, sa.exc.DBAPIError) and not may_pass:
        return _refused(connection, fault)
    return SourceUnavailable(
        id=f"Basis data '{name}' tidak terhubung atau sedang terkunci. Periksa alamat, lalu coba lagi.",
        en=f"The database '{name}' cannot be reached or is locked. Check its address, then try again.",
    )


def _refused(connection: Connection, fault: sa.exc.DBAPIError) -> ConfigError:
    kind = type(fault.orig).__name__
    return ConfigError(
        id=f"Basis data '{connection.name}' menolak: {kind}. Periksa 'query', nama tabel dan kolom, sandi, serta hak "
        "baca pengguna basis data.",
        en=f"The database '{connection.name}' refused: {kind}. Check 'query', the names of tables and columns, the "
        "password, and the database user's right to read.",
    )


def _url(connection: Connection) -> sa.URL:
    driver = _DRIVERS.get(connection.kind.split("+")[0])
    if driver is None:
        raise ConfigError(
            id=f"Koneksi '{connection.name}': jenis '{connection.kind}' tidak dikenal; yang ada: "
            f"{', '.join(sorted(_DRIVERS))}.",
            en=f"Connection '{connection.name}': unknown kind '{connection.kind}'; there are: "
            f"{', '.join(sorted(_DRIVERS))}.",
        )
    if driver == "sqlite":
        path = Path(
            "/" + connection.path.lstrip("/") if not connection.host else f"{connection.host}/{connection.path}"
        )
        if not path.is_file():
            raise SourceUnavailable(
                id=f"Koneksi '{connection.name}': berkas SQLite {path.name} tidak ada.",
                en=f"Connection '{connection.name}': there is no SQLite file {path.name}.",
            )
        return sa.URL.create("sqlite", database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    return sa.URL.create(
        driver,
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port,
        database=connection.path or None,
        query={key: value for key, value in connection.extra.items() if key in ("sslmode", "sslrootcert", "charset")},
    )
