"""Icinga 2.13.6 with Icinga DB 1.1 from Debian, told everything over REST: its database and its log as 10.4."""

from __future__ import annotations

import grp
import os
import pwd
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests

from tests.servers.conftest import City
from tests.servers.processes import free_port, listens, needs, run, running, wait_until

SCHEMA = Path("/usr/share/icingadb/schema/pgsql/schema.sql")
ZONE = ZoneInfo("Asia/Jakarta")
OK, WARNING, CRITICAL = 0, 1, 2
UP, DOWN = 0, 1
# `siaran` is checked while the test looks on; the others get the results of a year that has passed.
OBJECTS = {"portal": ("http", "surel"), "basisdata": ("postgresql",), "siaran": ("http",)}
READER = "pembaca"
CONFIG = """
const NodeName = "localhost"
const ZoneName = NodeName
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{
  bind_host = "127.0.0.1"
  bind_port = {api}
}}
object ApiUser "petugas" {{
  password = "sandi-uji"
  permissions = [ "actions/*" ]
}}
object IcingaDB "icingadb" {{
  host = "127.0.0.1"
  port = {redis}
}}
object CompatLogger "compatlog" {{ log_dir = "{folder}/compat" }}
object CheckCommand "pasif" {{ command = [ "/bin/true" ] }}
"""
PASSIVE = """
object {kind} "{name}" {{
  check_command = "pasif"
  enable_active_checks = false
  max_check_attempts = {attempts}
  {more}
}}
"""
DAEMON = """
database: {{type: pgsql, host: 127.0.0.1, port: {port}, database: icingadb, user: tolok, password: tanpa}}
redis: {{host: 127.0.0.1, port: {redis}}}
logging: {{output: console}}
"""
FROM_DATABASE = """
  pantau:
    system: icinga_db
    connection: icinga
"""
FROM_LOG = """
  pantau:
    system: nagios
    path: "{folder}/compat/icinga.log"
    covers: [{{first_on: {month}-01, last_on: {yesterday}}}]
    exclude:
      not_city_infrastructure: {{column: host, values: [portal, basisdata]}}
"""


@dataclass(frozen=True)
class Icinga:
    """A running Icinga: its REST interface, its database and the folder of its log."""

    url: str
    folder: Path
    database_url: str

    def result(self, state: int, *, host: str, service: str = "", at: str = "") -> None:
        """A check's result, of a moment that has passed or of now."""
        moment = {name: epoch(at) for name in ("execution_start", "execution_end")} if at else {}
        output = "Keluaran yang tidak boleh tersimpan"
        self._act("process-check-result", host, service, exit_status=state, plugin_output=output, **moment)

    def downtime(self, *, host: str, service: str = "", start: float, end: float) -> None:
        texts = {"author": "petugas", "comment": "Pemeliharaan terjadwal"}
        self._act("schedule-downtime", host, service, start_time=start, end_time=end, fixed=True, **texts)

    def cancel(self, *, host: str, service: str = "") -> None:
        self._act("remove-downtime", host, service)

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]

    def _act(self, action: str, host: str, service: str, **values: object) -> None:
        condition = f'host.name=="{host}"' + (f' && service.name=="{service}"' if service else "")
        body = {"type": "Service" if service else "Host", "filter": condition, **values}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"{self.url}/v1/actions/{action}",
                json=body,
                headers={"Accept": "application/json"},
                auth=("petugas", "sandi-uji"),
                verify=str(self.folder / "data/certs/ca.crt"),
                timeout=30,
            )
        assert answer.ok, answer.text
        assert len(answer.json()["results"]) == 1


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.fixture(scope="module")
def icinga(tmp_path_factory: pytest.TempPathFactory, debian_postgres_url: str) -> Iterator[Icinga]:
    """Icinga 2, its Redis and Icinga DB, with everything they write in one folder."""
    needs("icinga2", package="icinga2")
    needs("icingadb", package="icingadb")
    needs("redis-server", package="redis-server")
    folder = tmp_path_factory.mktemp("icinga")
    (folder / "compat/archives").mkdir(parents=True)
    api, redis = free_port(), free_port()
    (folder / "icinga2.conf").write_text(CONFIG.format(api=api, redis=redis, folder=folder) + "".join(_objects()))
    settings = folder / "icingadb.yml"
    settings.write_text(DAEMON.format(port=urlsplit(debian_postgres_url).port, redis=redis))
    settings.chmod(0o600)
    database_url = _database(debian_postgres_url)
    places = _places(folder)
    environment = _sign(folder, places)
    with ExitStack() as servers:
        options = ("--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        servers.enter_context(running("redis-server", *options, folder=folder, until=listens(redis)))
        command = ("icinga2", "daemon", "--config", folder / "icinga2.conf", *places)
        servers.enter_context(running(*command, folder=folder, until=listens(api), environment=environment))
        log = folder / "icingadb.log"
        is_ready = lambda: "Finished config sync" in log.read_text()  # noqa: E731
        servers.enter_context(running("icingadb", "--config", settings, folder=folder, until=is_ready))
        yield Icinga(f"https://localhost:{api}", folder, database_url)


def _objects() -> Iterator[str]:
    for host, services in OBJECTS.items():
        yield PASSIVE.format(kind="Host", name=host, attempts=1, more="")
        for name in services:
            yield PASSIVE.format(kind="Service", name=name, attempts=3, more=f'host_name = "{host}"')


def _database(url: str) -> str:
    """An empty Icinga DB, and an account that may read the four tables the preset names."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE icingadb")
        connection.execute(f"CREATE ROLE {READER} LOGIN")
    database_url = url.removesuffix("postgres") + "icingadb"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION citext")
        connection.execute(SCHEMA.read_text())  # type: ignore[call-overload]
        connection.execute(f"GRANT SELECT ON state_history, downtime_history, host, service TO {READER}")
    return database_url


def _places(folder: Path) -> list[str]:
    names = {"DataDir": "data", "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool", "InitRunDir": "run"}
    for name in names.values():
        (folder / name).mkdir()
    return [f"-DConfiguration.{key}={folder / name}" for key, name in names.items()]


def _sign(folder: Path, places: list[str]) -> dict[str, str]:
    """Certificates for the REST interface; gives the environment that makes Icinga run as the test's own user."""
    user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    environment = {"ICINGA2_USER": user, "ICINGA2_GROUP": group}
    certificates, request = folder / "data/certs", folder / "localhost.csr"
    certificates.mkdir()
    key, certificate = certificates / "localhost.key", certificates / "localhost.crt"
    for words in (
        ("new-ca",),
        ("new-cert", "--cn", "localhost", "--key", key, "--csr", request),
        ("sign-csr", "--csr", request, "--cert", certificate),
    ):
        run("icinga2", "pki", *words, *places, env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/bin", **environment})
    (certificates / "ca.crt").write_bytes((folder / "data/ca/ca.crt").read_bytes())
    return environment


def connect(city: City, icinga: Icinga) -> None:
    port = urlsplit(icinga.database_url).port
    place = {"conn_type": "postgres", "host": "127.0.0.1", "port": port, "schema": "icingadb"}
    city.connect("icinga", {**place, "login": READER})


def test_a_year_in_icinga_db(icinga: Icinga, city: City) -> None:
    """2025 in Asia/Jakarta, in hours:

    portal http, begun in 2024, in 2025 until 01:30       1.5   no incident of 2025
    portal http 10 March 09:00 (soft) to a warning 10:00  1
    portal surel 1 April 08:00 to 10:00                   2
    portal surel 5 June 22:30 to 23:30, in its downtime   1     planned
    host portal 31 August 22:00 to 1 September 10:00     12
    basisdata postgresql 3 November 20:30 to 21:30        1     planned by its host's downtime
    portal http 31 December 22:00, of five hours          2

    20.5 hours over 6 incidents; unplanned 18.5 hours over 4. Icinga takes results of moments that have passed, but
    begins no downtime that is over: both downtimes begin in the past and last until after now.
    """
    a_year(icinga)
    wait_until(lambda: len(icinga.rows("select from state_history")) == 18, what="the history to be written")
    connect(city, icinga)
    city.write(FROM_DATABASE)
    assert "2024-12-31" in city.tolok("check", "kota-uji", "--period", "2025")
    measured = city.measured("it_downtime", "2025")
    assert (measured["numerator"], measured["denominator"]) == (20.5, 6)
    assert (measured["status"], measured["coverage_pct"]) == ("final", 100)
    assert measured["variants"]["unplanned_only"] == pytest.approx(18.5 / 4)


def a_year(icinga: Icinga) -> None:
    later = time.time() + 3600
    http = {"host": "portal", "service": "http"}
    mail = {"host": "portal", "service": "surel"}
    database = {"host": "basisdata", "service": "postgresql"}
    icinga.result(OK, **http, at="2024-12-31 20:00")
    icinga.result(CRITICAL, **http, at="2024-12-31 23:00")
    icinga.result(OK, **http, at="2025-01-01 01:30")
    for at in ("09:00", "09:01", "09:02"):
        icinga.result(CRITICAL, **http, at=f"2025-03-10 {at}")
    icinga.result(WARNING, **http, at="2025-03-10 10:00")
    icinga.result(OK, **http, at="2025-03-10 10:30")
    icinga.result(CRITICAL, **http, at="2025-12-31 22:00")
    icinga.result(OK, **http, at="2026-01-01 03:00")
    icinga.result(CRITICAL, **mail, at="2025-04-01 08:00")
    icinga.result(OK, **mail, at="2025-04-01 10:00")
    icinga.downtime(**mail, start=epoch("2025-06-05 22:00"), end=later)
    icinga.result(CRITICAL, **mail, at="2025-06-05 22:30")
    icinga.result(OK, **mail, at="2025-06-05 23:30")
    icinga.result(DOWN, host="portal", at="2025-08-31 22:00")
    icinga.result(UP, host="portal", at="2025-09-01 10:00")
    icinga.downtime(host="basisdata", start=epoch("2025-11-03 20:00"), end=later)
    icinga.result(CRITICAL, **database, at="2025-11-03 20:30")
    icinga.result(OK, **database, at="2025-11-03 21:30")


def test_outages_of_now_by_the_database_and_by_the_log(icinga: Icinga, city: City) -> None:
    """Three outages, the second in a downtime that is cancelled before the third. Hours are those between what the
    server itself wrote: milliseconds of its history, whole seconds of its log; neither is read through Tolok."""
    now = datetime.now(ZONE)
    if now.day == 1:
        pytest.skip("on the first of a month no day of it is whole, so that it has no value")
    three_outages(icinga)
    month = f"{now:%Y-%m}"
    mark = f"event_time >= {int(now.timestamp() * 1000)}"
    wait_until(lambda: len(icinga.rows(f"select from state_history where {mark}")) == 7, what="the history")
    connect(city, icinga)

    states = icinga.rows(f"select event_time, soft_state from state_history where {mark} order by event_time")
    city.write(FROM_DATABASE)
    assert_measured(city, month, spans(states))

    line = re.compile(r"\[(\d+)\] SERVICE ALERT: siaran;http;([A-Z]+);")
    log = line.findall((icinga.folder / "compat/icinga.log").read_text())
    states = [(1000 * int(at), CRITICAL if state == "CRITICAL" else OK) for at, state in log]
    yesterday = f"{now - timedelta(days=1):%Y-%m-%d}"
    city.write(FROM_LOG.format(folder=icinga.folder, month=month, yesterday=yesterday))
    assert_measured(city, month, spans(states))


def three_outages(icinga: Icinga) -> None:
    service = {"host": "siaran", "service": "http"}
    icinga.result(OK, **service)
    for seconds in (4, 3, 2):
        if seconds == 3:
            icinga.downtime(**service, start=time.time() - 1, end=time.time() + 3600)
        icinga.result(CRITICAL, **service)
        time.sleep(seconds)
        icinga.result(OK, **service)
        if seconds == 3:
            icinga.cancel(**service)
        time.sleep(1.5)


def spans(states: list[tuple[int, int]]) -> list[float]:
    """The milliseconds from each state that is critical to the next, which is not."""
    return [after - at for (at, state), (after, _) in pairwise(states) if state == CRITICAL]


def assert_measured(city: City, month: str, spans: list[float]) -> None:
    assert [round(span / 1000) for span in spans] == pytest.approx([4, 3, 2], abs=1)
    measured = city.measured("it_downtime", month)
    # Durations are summed as whole seconds.
    assert measured["numerator"] == pytest.approx(sum(span // 1000 for span in spans) / 3600)
    assert measured["denominator"] == 3
    assert measured["variants"]["unplanned_only"] == pytest.approx((spans[0] // 1000 + spans[2] // 1000) / 3600 / 2)
