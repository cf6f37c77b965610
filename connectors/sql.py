"""Any SQL database by one read-only query, its rows kept as a CSV as they came."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field, model_validator

from connectors.base import Connector, Options, Retention, Window, Wire
from connectors.connection import Connection
from connectors.errors import ConfigError, DataRejected, SourceUnavailable
from connectors.records import number_text
from connectors.scratch import scratch_folder

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
_READS = re.compile(r"\A\s*(?:select|with)\b", re.IGNORECASE)
# MariaDB's `into outfile` writes a file even in a read-only transaction.
_WRITES = re.compile(r"\binto\b", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_OUR_FAULTS = ("syntax", "no such", "unknown column", "doesn't exist", "denied", "authentication", "read only")
_FETCH_ROWS = 10_000


class SqlOptions(Options):
    """The query, with `:start_at` and `:end_at` for the window, and how its database writes moments.

    `zone` is whose clock they are on (null = the city's); a query may name both as `:zone` and `:city_zone`.
    """

    query: str
    held_query: str | None = None
    moments: str = Field(default="naive", pattern="^(aware|naive|epoch|epoch_ms|.*%.*)$")
    zone: str | None = None

    @model_validator(mode="after")
    def _only_reads(self) -> Self:
        for text in (self.query, self.held_query or "select 1"):
            bare = _LITERAL.sub("", text).rstrip().rstrip(";")
            if not _READS.match(text) or ";" in bare or _WRITES.search(bare):
                raise ValueError("satu SELECT saja, tanpa INTO / one SELECT only, without INTO")
        return self


class Sql(Connector):
    """A database queried in a read-only transaction. Grain of `rows`: one row of the query.

    Moments with a zone are kept as ISO 8601 with it, those without as ISO 8601 without: the source's `zone` says
    whose clock they are.
    """

    OPTIONS = SqlOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The query's rows for a window; `SourceUnavailable` when the database cannot be reached."""
        name = f"{window.start_at:%Y%m%d}-{window.end_at:%Y%m%d}.csv"
        request = f"{self.options.query}|{window.start_at.isoformat()}|{window.end_at.isoformat()}"
        if wire.recorder.recall(name, request) is not None:
            return
        bounds = {
            "start_at": self._moment(window.start_at),
            "end_at": self._moment(window.end_at),
            "zone": self.options.zone or self.zone.key,
            "city_zone": self.zone.key,
        }
        with scratch_folder() as folder, _reading(wire.connection) as database:
            path = folder / name
            query = sa.text(self.options.query)
            known = {key: value for key, value in bounds.items() if re.search(rf":{key}\b", self.options.query)}
            _write(database.execute(query, known), path)
            wire.recorder.keep(name, request, path, headers={})

    def held(self, wire: Wire) -> Retention:
        """The first moment `held_query` gives, read in the source's zone."""
        with _reading(wire.connection) as database:
            first = database.execute(sa.text(self.options.held_query or "select null")).scalar()
        return Retention() if first is None else Retention(self._first(first))

    def _moment(self, moment: datetime) -> object:
        local = moment.astimezone(ZoneInfo(self.options.zone) if self.options.zone else self.zone)
        form = self.options.moments
        if form in ("epoch", "epoch_ms"):
            return int(local.timestamp()) * (1000 if form == "epoch_ms" else 1)
        if form in ("aware", "naive"):
            return local if form == "aware" else local.replace(tzinfo=None)
        return local.strftime(form)

    def _first(self, value: Any) -> datetime:  # noqa: ANN401 what the driver gives
        if isinstance(value, (int, float, Decimal)):
            return datetime.fromtimestamp(float(value) / (1000 if self.options.moments == "epoch_ms" else 1), UTC)
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        zone = ZoneInfo(self.options.zone) if self.options.zone else self.zone
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@contextmanager
def _reading(connection: Connection) -> Iterator[sa.Connection]:
    """One read-only transaction; a fault of the database is raised without its address's secrets."""
    engine = sa.create_engine(_url(connection), poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as database:
            if engine.dialect.name == "postgresql":
                database.execute(sa.text("set transaction read only"))
            elif engine.dialect.name == "mysql":
                database.execute(sa.text("start transaction read only"))
            yield database.execution_options(stream_results=True, yield_per=_FETCH_ROWS)
    except sa.exc.OperationalError as fault:
        raise _unreachable(connection, fault) from None
    except sa.exc.DBAPIError as fault:
        raise _refused(connection, fault) from None
    finally:
        engine.dispose()


def _unreachable(connection: Connection, fault: sa.exc.DBAPIError) -> Exception:
    text = str(fault.orig).casefold()
    if any(word in text for word in _OUR_FAULTS):
        return _refused(connection, fault)
    return SourceUnavailable(
        id=f"Basis data '{connection.name}' tidak terhubung atau sedang terkunci. Periksa alamat, lalu coba lagi.",
        en=f"The database '{connection.name}' cannot be reached or is locked. Check its address, then try again.",
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
        path = Path("/" + connection.path if not connection.host else f"{connection.host}/{connection.path}")
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


def _write(result: sa.CursorResult[Any], path: Path) -> None:
    names = list(result.keys())
    if len(set(names)) != len(names):
        raise DataRejected(
            id="Kueri memberi nama kolom ganda. Beri alias (AS) yang berbeda.",
            en="The query gives a column name twice. Give them different aliases (AS).",
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_text(value) for value in row] for row in result)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return number_text(value) if isinstance(value, (float, Decimal)) else str(value)
