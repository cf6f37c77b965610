"""CKAN 2.12.0 from PyPI, told of pages as readers' browsers tell it; its tracking table as indicator 10.1."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests

from tests.conftest import ROOT
from tests.servers.conftest import City
from tests.servers.processes import Clock, free_port, listens, needs, run, running

CKAN = ROOT / ".servers" / "ckan"
SCHEMA = CKAN / "lib" / "python3.11" / "site-packages" / "ckan" / "config" / "solr" / "schema.xml"
ZONE = ZoneInfo("Asia/Makassar")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
# Not CKAN's server for developers: that one ends at the first thing a browser tells it.
WSGI = """
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

application = make_app(CKANConfigLoader("ckan.ini").get_config())
"""
SOURCES = """
  portal:
    system: ckan_tracking
    connection: ckan
    options: {zone: UTC}
"""


class Solr(BaseHTTPRequestHandler):
    """In place of the search server, which no package carries: CKAN's own schema, and nothing found."""

    def do_GET(self) -> None:
        is_schema = "/schema" in self.path or "schema.xml" in self.path
        found = {"responseHeader": {"status": 0}, "response": {"numFound": 0, "start": 0, "docs": []}}
        content = SCHEMA.read_bytes() if is_schema else json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Portal:
    """A CKAN whose clock stands at moments of the city's, and readers' browsers that tell it what they see."""

    url: str
    database_url: str
    clock: Clock

    def see(self, at: str, reader: str, *, page: str = "/dataset", agent: str = FIREFOX, kind: str = "page") -> None:
        """What CKAN's own script sends when a page is there or a resource is clicked."""
        self.clock.set(datetime.fromisoformat(at).replace(tzinfo=ZONE))
        headers = {"User-Agent": agent, "X-Forwarded-For": reader, "Accept-Language": "id"}
        requests.post(f"{self.url}/_tracking", data={"url": page, "type": kind}, headers=headers, timeout=30)

    @property
    def connection(self) -> dict[str, object]:
        """The way in of a user, named as the database is, who may read `tracking_raw` and nothing else."""
        parts = urlsplit(self.database_url)
        name = parts.path.strip("/")
        return {"conn_type": "postgres", "login": name, "host": parts.hostname, "port": parts.port, "schema": name}


@pytest.fixture
def solr_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Solr) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/solr/ckan"
        server.shutdown()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    needs("redis-server", package="redis-server")
    port = free_port()
    command = ("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "")
    with running(*command, folder=tmp_path, until=listens(port)):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def portal(tmp_path: Path, debian_postgres_url: str, solr_url: str, redis_url: str) -> Iterator[Portal]:
    """A fresh CKAN behind a proxy that names the reader's address."""
    needs(str(CKAN / "bin" / "waitress-serve"), package="ckan of PyPI")
    name, port = f"ckan_{uuid.uuid4().hex[:12]}", free_port()
    database_url = debian_postgres_url.removesuffix("postgres") + name
    url = f"http://127.0.0.1:{port}"
    settings = {
        "sqlalchemy.url": database_url,
        "ckan.site_url": url,
        "solr_url": solr_url,
        "ckan.redis.url": redis_url,
        "ckan.plugins": "tracking",
        "ckan.storage_path": str(tmp_path),
    }
    with psycopg.connect(debian_postgres_url, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    run(CKAN / "bin" / "ckan", "generate", "config", "ckan.ini", cwd=tmp_path)
    run(CKAN / "bin" / "ckan", "config-tool", "ckan.ini", *map("=".join, settings.items()), cwd=tmp_path)
    for step in (("init",), ("upgrade", "-p", "tracking")):
        run(CKAN / "bin" / "ckan", "-c", "ckan.ini", "db", *step, cwd=tmp_path)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(f"CREATE ROLE {name} LOGIN")  # type: ignore[call-overload]
        database.execute(f"GRANT SELECT ON tracking_raw TO {name}")  # type: ignore[call-overload]
    (tmp_path / "wsgi.py").write_text(WSGI)
    clock = Clock(tmp_path / "clock")
    clock.set(datetime(2024, 12, 1, tzinfo=ZONE))
    command = (
        CKAN / "bin" / "waitress-serve",
        f"--listen=127.0.0.1:{port}",
        "--trusted-proxy=127.0.0.1",
        "--trusted-proxy-headers=x-forwarded-for",
        "wsgi:application",
    )
    asked = f"{url}/api/3/action/status_show"
    with running(
        *command, folder=tmp_path, until=lambda: requests.get(asked, timeout=30), environment=clock.environment
    ):
        yield Portal(url, database_url, clock)


def test_visits_of_a_portals_own_tracking_are_those_counted_by_hand(portal: Portal, city: City) -> None:
    """On the city's clock, while CKAN's is UTC: over the New Year, cut at midnight: 1; with a pause of exactly 30
    minutes, then of one second more: 2; the same address with another browser: 1; over the turn of a month: 2; late on
    the last day: 1. In all 7, of which 4 are March's. A click on a resource is no page.
    """
    portal.see("2024-12-31 23:50", "203.0.113.1")
    portal.see("2025-01-01 00:10", "203.0.113.1")
    portal.see("2025-03-03 09:00", "203.0.113.1")
    portal.see("2025-03-03 09:05", "203.0.113.1", agent=CHROME)
    portal.see("2025-03-03 09:30", "203.0.113.1", page="/dataset/penduduk")
    portal.see("2025-03-03 10:00:01", "203.0.113.1")
    portal.see("2025-03-03 12:00", "203.0.113.1", page="/data/penduduk.csv", kind="resource")
    portal.see("2025-03-31 23:50", "203.0.113.2")
    portal.see("2025-04-01 00:10", "203.0.113.2")
    portal.see("2025-12-31 23:59", "203.0.113.3")
    portal.see("2026-01-01 00:01", "203.0.113.3")
    city.connect("ckan", portal.connection)
    city.write(SOURCES, zone="Asia/Makassar")
    assert city.measured("portal_visits", "2025")["value"] == 7
    assert city.measured("portal_visits", "2025-03")["value"] == 4
