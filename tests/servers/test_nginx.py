"""nginx 1.22 writing its combined log of real requests, rotated and gzipped as logrotate does, as indicator 10.1."""

from __future__ import annotations

import gzip
import http.client
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from subprocess import Popen
from zoneinfo import ZoneInfo

import pytest

from tests.servers.conftest import City
from tests.servers.processes import Clock, free_port, listens, needs, running, wait_until

ZONE = ZoneInfo("Asia/Jakarta")
CHANGED_AT = datetime(2024, 11, 1, tzinfo=UTC)
# The portal stands behind a proxy that names the reader's address, and behind another of the office.
CONFIGURATION = """
user root;
worker_processes 1;
pid {folder}/nginx.pid;
# nginx forgets its environment, and with it whose clock it is on, unless told to keep it.
{environment}
error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/log/access.log combined;
  types {{ text/html html; text/css css; text/csv csv; }}
  client_body_temp_path {folder}/tmp;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
  set_real_ip_from 127.0.0.1;
  set_real_ip_from 10.9.0.0/16;
  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location /api/ {{ return 200 "[]"; }}
  }}
}}
"""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
QUOTED = 'Mozilla/5.0 (Tablet "Merdeka" \\ 2)'
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SOURCES = """
  log:
    table: visits
    format: access_log
    path: {folder}/log/access.log*
    own_networks: [10.1.0.0/16]
"""


@dataclass(frozen=True)
class Portal:
    """A portal whose clock the test sets, and readers who ask it for pages."""

    folder: Path
    port: int
    clock: Clock
    process: Popen[bytes]

    def get(self, at: str, reader: str, agent: str | None = FIREFOX, path: str = "/", **more: str) -> int:
        """One request at a moment of the city's clock from `reader` by way of the office's proxy; gives its status."""
        return self.ask("GET", at, {"X-Forwarded-For": f"{reader}, 10.9.0.1", **_agent(agent), **more}, path=path)

    def ask(self, method: str, at: str, headers: dict[str, str], *, path: str = "/") -> int:
        self.clock.set(datetime.fromisoformat(at).replace(tzinfo=ZONE))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def knock(self, content: bytes) -> None:
        """Send what is no HTTP at all, and wait until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as knocking:
            knocking.sendall(content)
            while knocking.recv(4096):
                pass

    def rotate(self) -> None:
        """What logrotate does: move the log away, have it opened anew, and compress what was moved."""
        log, old = self.folder / "log" / "access.log", self.folder / "log" / "access.log.1"
        log.rename(old)
        self.process.send_signal(signal.SIGUSR1)
        wait_until(log.exists, what="a new access.log")
        Path(f"{old}.gz").write_bytes(gzip.compress(old.read_bytes()))
        old.unlink()

    @property
    def lines(self) -> list[str]:
        return (self.folder / "log" / "access.log").read_text("utf-8").splitlines()


def _agent(agent: str | None) -> dict[str, str]:
    return {} if agent is None else {"User-Agent": agent}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    needs("nginx", package="nginx-light")
    folder, port = tmp_path / "nginx", free_port()
    for name in ("log", "tmp", "www/dataset", "www/data"):
        (folder / name).mkdir(parents=True)
    for name in ("index.html", "dataset/index.html", "style.css", "data/penduduk.csv"):
        (folder / "www" / name).write_text("isi")
    os.utime(folder / "www" / "index.html", (CHANGED_AT.timestamp(), CHANGED_AT.timestamp()))
    clock = Clock(folder / "clock")
    clock.set(datetime(2024, 12, 1, tzinfo=ZONE))
    kept = "".join(f"env {name};" for name in clock.environment)
    configuration = CONFIGURATION.format(folder=folder, port=port, environment=kept)
    (folder / "nginx.conf").write_text(configuration)
    command = ("nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;")
    with running(*command, folder=folder, until=listens(port), environment=clock.environment) as process:
        yield Portal(folder, port, clock, process)


def test_visits_of_a_real_log_are_those_counted_by_hand(portal: Portal, city: City) -> None:
    """Visits in 2025 by the city's clock, while the server's is UTC:
    the one that began before the New Year, cut at midnight: 1; with pauses of 10 and of exactly 30 minutes, then one
    second longer: 2; the same address with another browser: 1; over midnight, the log being rotated: 2; by IPv6, its
    page unchanged (304): 1; with a browser whose name has quotes: 1. In all 8. By the day of their start: 8 less the
    two that began the day before = 6. With the bot, the probe and the nameless one: 11.
    """
    portal.get("2024-12-31 23:55", "203.0.113.1")
    portal.get("2025-01-01 00:05", "203.0.113.1")

    portal.get("2025-03-03 09:00", "203.0.113.2")
    portal.get("2025-03-03 09:05", "203.0.113.2", CHROME)
    portal.get("2025-03-03 09:10", "203.0.113.2", path="/dataset/?q=air&halaman=2")
    portal.get("2025-03-03 09:40", "203.0.113.2")
    portal.get("2025-03-03 10:10:01", "203.0.113.2")

    assert portal.get("2025-03-03 11:00", "203.0.113.2", path="/style.css") == 200
    assert portal.get("2025-03-03 11:00", "203.0.113.2", path="/data/penduduk.csv") == 200
    assert portal.get("2025-03-03 11:00", "203.0.113.2", path="/api/3/action/package_list") == 200
    assert portal.get("2025-03-03 11:00", "203.0.113.2", path="/dataset") == 301
    assert portal.get("2025-03-03 11:00", "203.0.113.2", path="/tidak-ada") == 404
    assert portal.ask("POST", "2025-03-03 11:00", _agent(FIREFOX)) == 405
    assert portal.ask("HEAD", "2025-03-03 11:00", _agent(FIREFOX)) == 200
    portal.knock(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n")
    portal.get("2025-03-03 12:00", "66.249.66.1", GOOGLE)
    portal.get("2025-03-03 12:00", "203.0.113.3", "Zabbix")
    portal.get("2025-03-03 12:00", "203.0.113.4", None)
    portal.get("2025-03-03 12:00", "10.1.2.3")

    portal.get("2025-03-03 23:50", "203.0.113.5")
    portal.rotate()
    portal.get("2025-03-04 00:10", "203.0.113.5")
    known = {"If-Modified-Since": format_datetime(CHANGED_AT, usegmt=True)}
    assert portal.get("2025-03-04 08:00", "2001:db8::7", **known) == 304
    portal.get("2025-03-04 08:01", "203.0.113.6", QUOTED)
    wait_until(lambda: len(portal.lines) == 3, what="the lines of 4 March")

    city.write(SOURCES.format(folder=portal.folder))
    row = city.measured("portal_visits", "2025")
    assert (row["value"], row["numerator"]) == (8, 8)
    assert (row["variants"]["no_midnight_break"], row["variants"]["bots_included"]) == (6, 11)
    assert row["rows"] == {
        "read": 23,
        "used": 10,
        "excluded": {
            "asset": 1,
            "bot": 1,
            "download": 2,
            "empty_agent": 1,
            "method": 3,
            "outside_period": 1,
            "own_network": 1,
            "probe": 1,
            "status": 2,
        },
        "quarantined": {},
    }
