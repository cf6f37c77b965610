"""A desk's own table in PostgreSQL 15 and MariaDB 10.11, read by one query of an account that may only read it."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.conftest import City
from tests.servers.processes import free_port, listens, needs, run, running

# Moments are what the desk's clock showed (WITA), without a mark; both servers themselves stand on WIT.
TABLES = (
    "CREATE TABLE aduan (nomor integer, kanal varchar(40), opd varchar(40), pelapor varchar(40), masuk {moment}, "
    "dijawab {moment}, jenis varchar(20))",
    "CREATE TABLE warga (nik varchar(16), nama varchar(40))",
    "CREATE TABLE bekas (nomor integer)",
)
ROWS = (
    "(1, 'Loket', 'Dinas Café', 'Warga', '2024-12-31 23:55:00', '2025-01-01 08:00:00', 'aduan')",
    "(2, 'Loket', 'Dinas Café', 'Warga', '2025-01-01 00:05:00', '2025-01-01 01:05:00', 'aduan')",
    "(3, 'WhatsApp', 'Dinas Café', 'Warga', '2025-03-10 09:00:00', '2025-03-10 21:00:00', 'aduan')",
    "(4, 'WhatsApp', 'Dinas B', 'Warga', '2025-07-17 08:00:00', NULL, 'aduan')",
    "(5, 'WhatsApp', 'Dinas B', 'Warga', '2025-08-17 08:00:00', '2025-08-17 08:01:00', 'iseng')",
    "(6, 'Loket', 'Dinas B', 'Warga', '2025-12-31 23:59:59', '2026-01-02 00:59:59', 'aduan')",
    "(7, 'Loket', 'Dinas B', 'Warga', '2026-01-01 00:00:00', '2026-01-01 02:00:00', 'aduan')",
)
QUERY = (
    "select nomor, kanal, opd, masuk, dijawab, jenis from aduan where masuk >= :start_at and masuk < :end_at "
    "order by nomor"
)
SOURCES = """
  meja:
    table: inquiries
    connector: sql
    connection: meja
    allow: [private_addresses]
    format: csv
    options:
      query: "{query}"
      held_query: select min(masuk) from aduan
    columns:
      inquiry_id: nomor
      channel: kanal
      agency: opd
      received_at: masuk
      responded_at: dijawab
    exclude:
      prank: {{column: jenis, values: [iseng]}}
"""
PARTS = ("value", "numerator", "denominator", "coverage_pct", "status")
READER = {"login": "pembaca", "password": "sandi baca/uji"}


@dataclass(frozen=True)
class Database:
    """A database of the test's own with the desk's tables; `owner` may do everything, READER read one table."""

    owner: sa.URL

    @property
    def connection(self) -> Mapping[str, object]:
        """The reader's way in, as an office writes it down."""
        return {
            "conn_type": self.owner.drivername.split("+")[0],
            "host": self.owner.host,
            "port": self.owner.port,
            "schema": self.owner.database,
            **READER,
        }

    @property
    def owners_connection(self) -> Mapping[str, object]:
        return {**self.connection, "login": self.owner.username, "password": self.owner.password or ""}

    def does(self, *statements: str) -> None:
        """Run statements as the owner."""
        engine = sa.create_engine(self.owner, poolclass=sa.NullPool)
        with engine.begin() as database:
            for statement in statements:
                database.exec_driver_sql(statement)

    def count(self, table: str) -> int:
        engine = sa.create_engine(self.owner, poolclass=sa.NullPool)
        with engine.connect() as database:
            return int(database.execute(sa.text(f"select count(*) from {table}")).scalar_one())


@pytest.fixture(scope="module")
def postgresql(debian_postgres_url: str) -> sa.URL:
    url = sa.make_url(debian_postgres_url).set(drivername="postgresql+psycopg")
    Database(url).does(f"CREATE ROLE pembaca LOGIN PASSWORD '{READER['password']}'")
    return url


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    needs("mariadbd", "mariadb-install-db", package="mariadb-server")
    folder, port = tmp_path_factory.mktemp("mariadb"), free_port()
    own = ("--no-defaults", f"--datadir={folder / 'data'}", f"--user={getpass.getuser()}")
    run("mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db")
    command = (
        "mariadbd",
        *own,
        "--bind-address=127.0.0.1",
        f"--port={port}",
        f"--socket={folder / 'socket'}",
        "--default-time-zone=+09:00",
        "--innodb-flush-log-at-trx-commit=0",
    )
    with running(*command, folder=folder, until=listens(port)):
        url = sa.URL.create("mysql+pymysql", "root", host="127.0.0.1", port=port, query={"charset": "utf8mb4"})
        Database(url).does(f"CREATE USER pembaca@'127.0.0.1' IDENTIFIED BY '{READER['password']}'")
        yield url


@pytest.fixture(params=["postgresql", "mariadb"])
def desk(request: pytest.FixtureRequest) -> Database:
    """The desk's tables, filled, with a reader who has been granted SELECT on one of them and nothing else."""
    server: sa.URL = request.getfixturevalue(request.param)
    name = f"desk_{uuid.uuid4().hex[:12]}"
    create = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with create.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    database = Database(server.set(database=name))
    moment = "timestamp" if request.param == "postgresql" else "datetime"
    reader = "pembaca" if request.param == "postgresql" else "pembaca@'127.0.0.1'"
    database.does(
        *(table.format(moment=moment) for table in TABLES),
        f"INSERT INTO aduan VALUES {', '.join(ROWS)}",
        f"GRANT SELECT ON aduan TO {reader}",
    )
    return database


def write(city: City, query: str = QUERY) -> None:
    city.write(SOURCES.format(query=query), zone="Asia/Makassar")


def test_a_desks_table_is_measured_on_the_citys_clock(desk: Database, city: City) -> None:
    """Received in 2025 by the desk's clock: numbers 2 to 6. Answered after 1 h, 12 h and 25 h = 38 h over 3;
    number 4 is open, number 5 a prank.
    """
    city.connect("meja", desk.connection)
    write(city)
    row = city.measured("inquiry_response", "2025")
    assert (row["numerator"], row["denominator"]) == (38, 3)
    assert row["value"] == pytest.approx(38 / 3 / 24)
    holding = [reason["code"] for reason in row["reasons"] if reason["keeps_provisional"]]
    # Five tickets in a year leave months without any, and one of them waits.
    assert (row["coverage_pct"], holding) == (100, ["empty_months_count", "still_open"])
    assert row["rows"] == {"read": 5, "used": 3, "excluded": {"prank": 1, "open": 1}, "quarantined": {}}


def test_what_the_desk_has_deleted_stays_measured_where_it_was_landed_and_is_missing_elsewhere(
    desk: Database, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows before 10 March 09:00 are gone: 12 h + 25 h = 37 h over 2, known from 11 March on, 296 of 365 days."""
    city.connect("meja", desk.connection)
    write(city)
    before = city.measured("inquiry_response", "2025")
    desk.does("DELETE FROM aduan WHERE masuk < '2025-03-10'")
    after = city.measured("inquiry_response", "2025")
    assert [after[part] for part in PARTS] == [before[part] for part in PARTS]
    monkeypatch.setenv("TOLOK_HOME", str(city.folder.parent / "another home"))
    row = city.measured("inquiry_response", "2025")
    assert (row["numerator"], row["denominator"]) == (37, 2)
    assert row["coverage_pct"] == pytest.approx(100 * 296 / 365)
    assert row["status"] == "provisional"
    assert "2025-03-10" in city.tolok("check", "kota-uji", "--period", "2025")


def test_the_reader_sees_no_other_table(desk: Database, city: City) -> None:
    city.connect("meja", desk.connection)
    write(city, "select nik as nomor, nama as kanal, '' as opd, '' as masuk, '' as dijawab, '' as jenis from warga")
    assert READER["password"] not in city.tolok("check", "kota-uji", "--period", "2025", exit_code=2)


@pytest.mark.parametrize("desk", ["mariadb"], indirect=True)
def test_a_wrong_password_is_a_setting_to_mend_and_is_not_shown(desk: Database, city: City) -> None:
    city.connect("meja", {**desk.connection, "password": "sandi keliru"})
    write(city)
    said = city.tolok("check", "kota-uji", "--period", "2025", exit_code=2)
    assert "sandi keliru" not in said


WRITES = (
    ("postgresql", "with baru as (delete from aduan returning nomor) select nomor from baru"),
    ("postgresql", "select catat()"),
    ("mariadb", "select catat()"),
    ("mariadb", "select nomor from aduan into outfile '{file}'"),
)
FUNCTIONS = {
    "postgresql": "CREATE FUNCTION catat() RETURNS integer LANGUAGE sql AS 'insert into bekas values (1) returning 1'",
    "mariadb": "CREATE FUNCTION catat() RETURNS integer MODIFIES SQL DATA BEGIN INSERT INTO bekas VALUES (1); "
    "RETURN 1; END",
}


@pytest.mark.parametrize(("desk", "query"), WRITES, indirect=["desk"])
def test_a_query_that_writes_is_refused_even_to_the_owner(
    desk: Database, query: str, city: City, tmp_path: Path
) -> None:
    desk.does(FUNCTIONS["postgresql" if "postgresql" in desk.owner.drivername else "mariadb"])
    file = tmp_path / "keluar.csv"
    city.connect("meja", desk.owners_connection)
    write(city, query.format(file=file))
    city.tolok("run", "kota-uji", "2025-01", exit_code=2)
    assert (desk.count("bekas"), desk.count("aduan")) == (0, len(ROWS))
    assert not file.exists()
