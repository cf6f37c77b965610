"""CKAN 2.12.0 from PyPI: its tracking table as indicator 10.1, and a portal that results are published on."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests
from rdflib import Graph

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


@pytest.fixture
def desk(portal: Portal, city: City, tmp_path: Path) -> requests.Session:
    """The portal as an editor of an organization asks it, to whose account the city's connection leads."""
    portal.clock.set(datetime.now(ZONE), is_running=True)
    admin, editor = (token_of(name, tmp_path) for name in ("pengelola", "editor"))
    run(CKAN / "bin" / "ckan", "-c", "ckan.ini", "sysadmin", "add", "pengelola", cwd=tmp_path)
    asked = {"name": "diskominfo", "users": [{"name": "editor", "capacity": "editor"}]}
    address, key = f"{portal.url}/api/3/action/organization_create", {"Authorization": admin}
    answer = requests.post(address, json=asked, headers=key, timeout=60)
    assert answer.ok, answer.text
    session, parts = requests.Session(), urlsplit(portal.url)
    session.headers["Authorization"] = editor
    city.connect("portal_data", {"conn_type": "http", "host": parts.hostname, "port": parts.port, "password": editor})
    return session


def token_of(name: str, folder: Path) -> str:
    """The token of a new account."""
    command = (CKAN / "bin" / "ckan", "-c", "ckan.ini", "user")
    run(*command, "add", name, f"email={name}@kota.example", "password=sandi-yang-panjang", cwd=folder)
    return run(*command, "token", "add", name, "tolok", cwd=folder).split()[-1]


COMPLAINTS = """
  meja:
    table: inquiries
    path: aduan.csv
    format: csv
    delimiter: ";"
    extracted_at: 2026-02-01T08:00:00
    covers: [{first_on: 2025-01-01, last_on: 2025-12-31}]
    owner: Diskominfo
    columns:
      inquiry_id: nomor
      agency: opd
      received_at: {column: masuk, format: "%Y-%m-%d %H:%M"}
      responded_at: {column: dijawab, format: "%Y-%m-%d %H:%M"}
"""
HOSTILE = ('=HYPERLINK("http://evil")', "<script>alert(1)</script>", "Dinas \u202egnp.exe")


def write_complaints(folder: Path, *, answered_on: str = "02") -> None:
    """A complaint a month and office, all answered; `answered_on` is the day of January's answers."""
    rows = [
        f"{month}-{place};{agency};2025-{month:02}-01 08:15;2025-{month:02}-{answered_on if month == 1 else '02'} 09:20"
        for month in range(1, 13)
        for place, agency in enumerate(HOSTILE)
    ]
    (folder / "aduan.csv").write_text("\n".join(["nomor;opd;masuk;dijawab", *rows]), "utf-8")


def test_a_period_is_published_restated_and_withdrawn(portal: Portal, city: City, desk: requests.Session) -> None:
    city.write(COMPLAINTS)
    settings = city.folder / "kota-uji.yaml"
    settings.write_text(
        settings.read_text("utf-8").replace("name: Kota Uji", 'name: "Kota <script>Uji</script>"')
        + f"publish: {{publisher: Diskominfo, licence: CC-BY-4.0, portal: '{portal.url}', connection: portal_data, "
        "organization: diskominfo, allow: [private_addresses, plain_http]}\n",
        "utf-8",
    )
    write_complaints(city.folder)
    city.tolok("run", "kota-uji", "2025")
    publish = ("publish", "kota-uji", "2025", "--to", "ckan")
    shown = f"{portal.url}/api/3/action/package_show?id=tolok-kota-uji-2025"

    def there(session: requests.Session | None = None) -> dict[str, Any]:
        answer = (session or requests).get(shown, timeout=60)
        return dict(answer.json()["result"]) if answer.ok else {"status": answer.status_code}

    assert "create tolok-kota-uji-2025" in city.tolok(*publish, "--dry-run")
    assert there(desk) == {"status": 404}
    city.tolok(*publish)
    draft = there(desk)
    assert (there()["status"], draft["private"]) == (403, True)
    assert "Nothing changes" in city.tolok(*publish)
    assert there(desk)["metadata_modified"] == draft["metadata_modified"]

    # Each office writes at the same hour of the same day, which looks like copies: the value is provisional.
    city.tolok(*publish, "--public", exit_code=3)
    assert there()["status"] == 403
    public = (*publish, "--public", "--provisional")
    city.tolok(*public)
    found = there()
    assert (found["private"], found["title"][-12:], found["license_id"]) == (False, " (SEMENTARA)", "cc-by")
    files = {one["name"]: one for one in found["resources"]}
    content = {name: requests.get(one["url"], timeout=60).content for name, one in files.items()}
    assert {name: hashlib.sha256(some).hexdigest() for name, some in content.items()} == {
        name: one["hash"] for name, one in files.items()
    }
    assert b"\"'=HYPERLINK" in content["breakdowns.csv"]
    assert Graph().parse(data=content["dcat.ttl"], format="turtle")
    page = requests.get(f"{portal.url}/dataset/tolok-kota-uji-2025", timeout=60).text
    assert "Uji" in page
    assert "<script>Uji" not in page
    assert "Nothing changes" in city.tolok(*public)
    assert there()["metadata_modified"] == found["metadata_modified"]

    write_complaints(city.folder, answered_on="05")
    city.tolok("run", "kota-uji", "2025")
    city.tolok(*publish, exit_code=2)
    assert there()["metadata_modified"] == found["metadata_modified"]
    told = city.tolok(*public)
    assert "replace results.csv" in told
    restated = {one["name"]: one["hash"] for one in there()["resources"]}
    assert restated["results.csv"] != files["results.csv"]["hash"]

    assert "withdraw tolok-kota-uji-2025" in city.tolok(*publish, "--withdraw")
    assert there()["status"] in (403, 404)
    assert "Nothing changes" in city.tolok(*publish, "--withdraw")

    parts = urlsplit(portal.url)
    way = {"conn_type": "http", "host": parts.hostname, "port": parts.port}
    city.connect("portal_data", {**way, "password": "bukan-token"})
    said = city.tolok("publish", "kota-uji", "2025", "--to", "ckan", exit_code=2)
    assert ("menolak" in said, "bukan-token" in said) == (True, False)
    city.connect("portal_data", {**way, "port": free_port(), "password": "bukan-token"})
    assert "no sound answer" in city.tolok(*publish, exit_code=4)
