"""Zabbix 6.0 from Debian: a year of outages sent with zabbix_sender and maintenances made over the API, as 10.4."""

from __future__ import annotations

import gzip
import random
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests

from connectors.zabbix_maintenance import effective_spans
from tests.servers.conftest import City
from tests.servers.processes import Clock, free_port, listens, needs, running, wait_until

PAGES = Path("/usr/share/zabbix")
TABLES = Path("/usr/share/zabbix-server-pgsql")
OWN_SETTINGS = "/etc/zabbix/zabbix.conf.php"
CITY_ZONE, SERVER_ZONE = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
HOUR, DAY = 3600, 86400
ONCE, DAILY, WEEKLY, MONTHLY = 0, 2, 3, 4
SUNDAY = 64
HIGH, WARNING = 4, 2
SERVER = """
ListenIP=127.0.0.1
ListenPort={trapper}
DBHost=127.0.0.1
DBPort={database}
DBName=zabbix
DBUser=tolok
LogType=console
AllowRoot=1
FpingLocation=/bin/true
SocketDir={folder}
PidFile={folder}/zabbix_server.pid
CacheUpdateFrequency=1
HousekeepingFrequency=0
StartPollers=1
StartPollersUnreachable=1
StartDiscoverers=0
StartHTTPPollers=0
StartPingers=0
"""
FRONTEND = """<?php
$DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '127.0.0.1', 'PORT' => '{database}', 'DATABASE' => 'zabbix',
    'USER' => 'tolok', 'PASSWORD' => '', 'SCHEMA' => '', 'ENCRYPTION' => false, 'DOUBLE_IEEE754' => true];
"""
PASSWORD = "Sandi-uji-37122"  # noqa: S105 made up
METHODS = ["event.get", "maintenance.get", "hostgroup.get", "housekeeping.get"]
SOURCES = """
  pemantau:
    system: zabbix
    connection: zabbix
    allow: [plain_http, private_addresses]
    options: {size: 3, zone: Asia/Jayapura}
"""


@dataclass
class Zabbix:
    """A server, its pages and its database, with what its administrator does; `clock` is the server's own."""

    url: str
    trapper: int
    folder: Path
    clock: Clock
    token: str = ""
    reader_token: str = ""

    def call(self, method: str, params: object) -> Any:
        """What the API gives to the administrator."""
        body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
        body |= {"auth": self.token} if self.token else {}
        answer = requests.post(f"{self.url}/api_jsonrpc.php", json=body, timeout=60).json()
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def make(self, kind: str, **fields: object) -> str:
        """A new one of a kind; gives its number."""
        (ids,) = self.call(f"{kind}.create", fields).values()
        return str(ids[0])

    def watch(
        self, host: str, group_id: str, *keys: str, severity: int = HIGH, tags: dict[str, str] | None = None
    ) -> str:
        """A host with a trapper item for each key, whose trigger fires on 0; gives the host's number."""
        host_id = self.make("host", host=host, name=host.title(), groups=[{"groupid": group_id}])
        named = [{"tag": tag, "value": value} for tag, value in (tags or {}).items()]
        for key in keys:
            # Values older than an item's history are dropped unseen.
            self.make("item", hostid=host_id, name=key, key_=key, type=2, value_type=3, delay="0", history="9000d")
            expression = f"last(/{host}/{key})=0"
            self.make("trigger", description=f"{host} {key}", expression=expression, priority=severity, tags=named)
        return host_id

    def send(self, *values: str) -> None:
        """Values as `host key YYYY-MM-DD HH:MM value` on the city's clock; their moments are those of the problems."""
        path = self.folder / "values"
        for value in values:
            host, key, day, time, number = value.split()
            path.write_text(f"{host} {key} {int(local(f'{day} {time}').timestamp())} {number}\n")
            command = ("zabbix_sender", "-z", "127.0.0.1", "-p", self.trapper, "-T", "-i", path)
            wait_until(lambda: _is_done(*command), what=f"{value} to be taken", pause=0.5)  # noqa: B023

    def events_count(self) -> int:
        return int(self.call("event.get", {"countOutput": True, "source": 0, "object": 0}))


def _is_done(*command: object) -> bool:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode == 0


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.fixture(scope="module")
def zabbix(debian_postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zabbix]:
    """A fresh Zabbix of a province two hours ahead of the city; its own host is off, so that only ours speak."""
    needs("zabbix_server", package="zabbix-server-pgsql")
    needs("zabbix_sender", package="zabbix-agent")
    needs("php", package="php-pgsql")
    folder = tmp_path_factory.mktemp("zabbix")
    database = _database(debian_postgres_url)
    port, trapper = free_port(), _low_port()
    clock = Clock(folder / "clock")
    clock.set(datetime(2026, 1, 5, 9, tzinfo=SERVER_ZONE), is_running=True)
    (folder / "server.conf").write_text(SERVER.format(trapper=trapper, database=database, folder=folder))
    server = ("zabbix_server", "-f", "-c", folder / "server.conf")
    pages = ("php", "-d", "post_max_size=16M", "-d", "max_execution_time=300", "-t", _pages(folder, database))
    environment = {**clock.environment, "TZ": SERVER_ZONE.key}
    with (
        running(*server, folder=folder, until=listens(trapper), environment=environment),
        running(*pages, "-S", f"127.0.0.1:{port}", folder=folder, until=listens(port)),
    ):
        zabbix = Zabbix(f"http://127.0.0.1:{port}", trapper, folder, clock)
        zabbix.token = zabbix.call("user.login", {"username": "Admin", "password": "zabbix"})
        (own,) = zabbix.call("host.get", {"filter": {"host": "Zabbix server"}, "output": ["hostid"]})
        zabbix.call("host.update", {"hostid": own["hostid"], "status": 1})
        yield zabbix


def _database(url: str) -> int:
    """The server's port, once the database `zabbix` is in it as Debian packs it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE zabbix")
    with psycopg.connect(url.removesuffix("postgres") + "zabbix", autocommit=True) as connection:
        for name in ("schema", "images", "data"):
            connection.execute(gzip.decompress((TABLES / f"{name}.sql.gz").read_bytes()))
    return urlsplit(url).port or 0


def _pages(folder: Path, database: int) -> Path:
    """A copy of the pages that reads our settings; Debian's own has the place of its settings written into it."""
    copy = shutil.copytree(PAGES, folder / "pages", ignore=shutil.ignore_patterns("assets", "audio", "js", "locale"))
    reader = copy / "include" / "classes" / "core" / "CConfigFile.php"
    text = reader.read_text()
    assert OWN_SETTINGS in text
    reader.write_text(text.replace(OWN_SETTINGS, str(folder / "frontend.php")))
    (folder / "frontend.php").write_text(FRONTEND.format(database=database))
    return copy


def _low_port() -> int:
    """A free port that Zabbix takes: it refuses those above 32767, where free ones are usually given."""
    while True:
        port = random.randint(20_000, 32_767)  # noqa: S311 no secret
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="module")
def filled(zabbix: Zabbix) -> Zabbix:
    """A year of outages, and the account Tolok reads with: it may read the city's hosts and call four methods."""
    city, web = zabbix.make("hostgroup", name="Kota"), zabbix.make("hostgroup", name="Kota/Web")
    zabbix.call("housekeeping.update", {"hk_events_trigger": "9000d"})
    zabbix.watch("portal", web, "http", "dns", tags={"service": "portal"})
    surat = zabbix.watch("surat", web, "http", tags={"layanan": "persuratan"})
    zabbix.watch("pajak", web, "http")
    zabbix.watch("gudang", web, "disk", severity=WARNING)
    zabbix.watch("rahasia", zabbix.make("hostgroup", name="Lain"), "http")
    _maintain(zabbix, "2025-03-10 00:00", "2025-03-10 05:00", hosts=[{"hostid": surat}])
    sundays = {"timeperiod_type": WEEKLY, "every": 1, "dayofweek": SUNDAY, "start_time": 22 * HOUR, "period": 2 * HOUR}
    _maintain(zabbix, "2025-01-01 00:00", "2026-01-01 00:00", period=sundays, groups=[{"groupid": city}])
    zabbix.reader_token = _reader(zabbix, city, web)
    zabbix.send(
        "portal http 2024-12-31 22:00 0", "portal http 2025-01-01 02:00 1",
        "portal http 2025-03-05 08:00 0", "portal http 2025-03-05 10:00 1",
        "rahasia http 2025-03-06 08:00 0", "rahasia http 2025-03-07 08:00 1",
        "gudang disk 2025-03-08 08:00 0", "gudang disk 2025-03-08 18:00 1",
        "surat http 2025-03-10 01:00 0", "surat http 2025-03-10 04:30 1",
        "portal http 2025-03-12 10:00 0", "portal dns 2025-03-12 11:00 0",
        "portal http 2025-03-12 12:00 1", "portal dns 2025-03-12 13:00 1",
        "pajak http 2025-03-16 20:30 0", "pajak http 2025-03-16 21:30 1",
        "surat http 2025-06-30 23:00 0", "surat http 2025-07-01 01:00 1",
        "pajak http 2025-12-31 12:00 0",
    )  # fmt: skip
    wait_until(lambda: zabbix.events_count() == 19, what="all problems and their ends")
    return zabbix


def _maintain(
    zabbix: Zabbix, since: str, till: str, *, period: dict[str, int] | None = None, **of: list[dict[str, str]]
) -> None:
    start, end = int(local(since).timestamp()), int(local(till).timestamp())
    period = period or {"timeperiod_type": ONCE, "start_date": start, "period": end - start}
    zabbix.make("maintenance", name=since, active_since=start, active_till=end, timeperiods=[period], **of)


def _reader(zabbix: Zabbix, *group_ids: str) -> str:
    """The API token of an account with as few rights as the docs ask for."""
    rules = {"api": METHODS, "api.access": 1, "api.mode": 1}
    role = zabbix.make("role", name="Tolok", type=1, rules=rules)
    rights = [{"id": group_id, "permission": 2} for group_id in group_ids]
    group = zabbix.make("usergroup", name="Tolok", rights=rights)
    user = zabbix.make("user", username="tolok", passwd=PASSWORD, roleid=role, usrgrps=[{"usrgrpid": group}])
    token = zabbix.make("token", name="tolok", userid=user)
    return str(zabbix.call("token.generate", [token])[0]["token"])


def test_a_month_of_outages_is_its_hours_over_its_incidents(filled: Zabbix, city: City) -> None:
    """March 2025 by the city's clock: portal 2 h; surat 3.5 h (planned: that night only); portal 3 h (two triggers of
    one service, 10 to 12 and 11 to 13); pajak 1 h, planned every Sunday from 22 to 24 of the server's clock, which is
    20 to 22 of the city's, for a group above its own = 9.5 h over 4. Unplanned: 5 h over 2. A warning is no outage,
    and a host the account may not read does not exist for it.
    """
    city.connect("zabbix", {"conn_type": "http", "host": filled.url, "password": filled.reader_token})
    city.write(SOURCES)
    row = city.measured("it_downtime", "2025-03")
    assert (row["numerator"], row["denominator"], row["status"]) == (9.5, 4, "final")
    assert row["variants"]["unplanned_only"] == 2.5
    assert row["variants"]["as_recorded"] == (2 + 3.5 + 2 + 2 + 1) / 5
    assert (row["rows"]["used"], row["rows"]["quarantined"]) == (5, {})


def test_a_year_counts_what_it_cuts_once_and_stays_provisional_while_something_is_open(
    filled: Zabbix, city: City
) -> None:
    """2025: 2 h of an outage that began the year before, 9.5 h in March, 2 h over the end of June, and 12 h of one that
    is open since noon of 31 December = 25.5 h over 4 + 1 + 1; read by login and password instead of a token.
    """
    city.connect("zabbix", {"conn_type": "http", "host": filled.url, "login": "tolok", "password": PASSWORD})
    city.write(SOURCES)
    row = city.measured("it_downtime", "2025")
    assert (row["numerator"], row["denominator"], row["status"]) == (25.5, 6, "provisional")
    assert row["coverage_pct"] == 100
    assert (row["rows"]["used"], row["rows"]["quarantined"]) == (8, {})


def test_what_zabbix_has_deleted_by_its_own_rule_is_missing_and_not_zero(filled: Zabbix, city: City) -> None:
    city.connect("zabbix", {"conn_type": "http", "host": filled.url, "password": filled.reader_token})
    city.write(SOURCES)
    filled.call("housekeeping.update", {"hk_events_trigger": "60d"})
    try:
        said = city.tolok("check", "kota-uji", "--period", "2025-03")
        row = city.measured("it_downtime", "2025-03")
    finally:
        filled.call("housekeeping.update", {"hk_events_trigger": "9000d"})
    assert "purged after 60" in said
    assert (row["value"], row["status"], row["coverage_pct"]) == (None, "not_computable", 0)


def test_a_wrong_token_is_a_setting_to_mend_and_is_not_shown(filled: Zabbix, city: City) -> None:
    wrong = "0" * 64
    city.connect("zabbix", {"conn_type": "http", "host": filled.url, "password": wrong})
    city.write(SOURCES)
    said = city.tolok("check", "kota-uji", "--period", "2025", exit_code=2)
    assert "refuses event.get" in said
    assert wrong not in said


def test_an_account_without_hosts_is_told_so_instead_of_reporting_no_outage(filled: Zabbix, city: City) -> None:
    (role,) = filled.call("role.get", {"filter": {"name": "Tolok"}, "output": ["roleid"]})
    group = filled.make("usergroup", name="Tanpa host")
    filled.make("user", username="tanpa", passwd=PASSWORD, roleid=role["roleid"], usrgrps=[{"usrgrpid": group}])
    city.connect("zabbix", {"conn_type": "http", "host": filled.url, "login": "tanpa", "password": PASSWORD})
    city.write(SOURCES)
    assert "sees no event at all" in city.tolok("run", "kota-uji", "2025-03", exit_code=2)


RECURRING = {
    "daily": {"timeperiod_type": DAILY, "every": 1, "start_time": 9 * HOUR, "period": HOUR},
    "every third day": {"timeperiod_type": DAILY, "every": 3, "start_time": 9 * HOUR, "period": HOUR},
    "every third day, for two": {"timeperiod_type": DAILY, "every": 3, "start_time": 21 * HOUR, "period": 2 * DAY},
    "Mondays and Fridays": {"timeperiod_type": WEEKLY, "every": 1, "dayofweek": 17, "start_time": 0, "period": DAY},
    "every other Friday": {"timeperiod_type": WEEKLY, "every": 2, "dayofweek": 16, "start_time": 0, "period": DAY},
    "every third Sunday": {"timeperiod_type": WEEKLY, "every": 3, "dayofweek": 64, "start_time": 0, "period": DAY},
    "the 31st": {"timeperiod_type": MONTHLY, "month": 4095, "day": 31, "start_time": 0, "period": DAY},
    "the 20th of January": {"timeperiod_type": MONTHLY, "month": 1, "day": 20, "start_time": 0, "period": DAY},
    "second Tuesday": {"timeperiod_type": MONTHLY, "every": 2, "month": 4095, "dayofweek": 2, "period": DAY},
    "last Saturday": {"timeperiod_type": MONTHLY, "every": 5, "month": 4095, "dayofweek": 32, "period": DAY},
}
# Days of the server's clock, in order: a Friday, the second Tuesday, the next Friday, the 20th, a last Saturday (the
# 31st), a Sunday, and a Monday.
DAYS = ("2026-01-09", "2026-01-13", "2026-01-16", "2026-01-20", "2026-01-31", "2026-02-01", "2026-02-09")


def test_maintenances_are_in_effect_when_the_server_says_so(zabbix: Zabbix) -> None:
    """The server is led through five weeks; its own word is the status of a host for each period."""
    group = zabbix.make("hostgroup", name="Pemeliharaan")
    active = {"active_since": at("2026-01-06 09:00"), "active_till": at("2026-02-20 00:00")}
    hosts = {}
    for number, (name, period) in enumerate(RECURRING.items()):
        hosts[name] = zabbix.make("host", host=f"m{number}", groups=[{"groupid": group}])
        zabbix.make("maintenance", name=name, **active, hosts=[{"hostid": hosts[name]}], timeperiods=[period])
    raw = zabbix.call("maintenance.get", {"hostids": list(hosts.values()), "selectTimeperiods": "extend"})
    maintenances = {one["name"]: one for one in raw}
    said: dict[str, set[bool]] = {name: set() for name in RECURRING}
    for day in DAYS:
        # At half past eight the hour every day from nine on is over: so at half past nine it shows that it was looked.
        _wait_at(zabbix, f"{day} 08:30", until=lambda: not under_maintenance(zabbix, hosts)["daily"])
        _wait_at(zabbix, f"{day} 09:30", until=lambda: under_maintenance(zabbix, hosts)["daily"])
        now = at(f"{day} 09:30")
        for name, is_under in under_maintenance(zabbix, hosts).items():
            said[name].add(is_under)
            spans = effective_spans(maintenances[name], within=(now, now), zone=SERVER_ZONE)
            assert bool(spans) == is_under, (name, day)
    assert said == {name: {True, False} for name in RECURRING} | {"daily": {True}}


def _wait_at(zabbix: Zabbix, moment: str, *, until: Callable[[], bool]) -> None:
    """The server looks at every full minute: two seconds before one it is told of the day."""
    zabbix.clock.set(datetime.fromtimestamp(at(moment) - 2, SERVER_ZONE), is_running=True)
    wait_until(until, what=f"its look at {moment}")


def at(text: str) -> int:
    """A moment of the server's clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SERVER_ZONE).timestamp())


def under_maintenance(zabbix: Zabbix, hosts: dict[str, str]) -> dict[str, bool]:
    output = ["hostid", "maintenance_status"]
    found = zabbix.call("host.get", {"hostids": list(hosts.values()), "output": output})
    by_id = {host["hostid"]: host["maintenance_status"] == "1" for host in found}
    return {name: by_id[number] for name, number in hosts.items()}
