"""Uptime Kuma 2.0.0-dev.0 from npm, told of a year's ups and downs by push; its live SQLite file as indicator 10.4."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.conftest import ROOT
from tests.servers.conftest import City
from tests.servers.processes import Clock, free_port, needs, run, running

KUMA = ROOT / ".servers" / "uptime-kuma" / "node_modules" / "uptime-kuma"
ZONE = ZoneInfo("Asia/Jakarta")
MONITORS = {"Portal": "p" * 32, "Surel": "s" * 32}
PLAN = {
    "monitors": MONITORS,
    "maintenance": {
        "monitor": "Portal",
        "zone": "Asia/Jakarta",
        "dateRange": ["2025-08-17 08:00:00", "2025-08-17 11:59:00"],
    },
}
SOURCES = """
  pantau:
    system: uptime_kuma
    connection: kuma
"""


@dataclass(frozen=True)
class Kuma:
    """A Kuma whose monitors hear of their services at moments of the city's clock."""

    url: str
    database: Path
    clock: Clock

    def hear(self, at: str, monitor: str, status: str) -> None:
        self.clock.set(datetime.fromisoformat(at).replace(tzinfo=ZONE))
        told = requests.get(f"{self.url}/api/push/{MONITORS[monitor]}", params={"status": status}, timeout=30)
        assert told.json() == {"ok": True}


@pytest.fixture
def kuma(tmp_path: Path) -> Iterator[Kuma]:
    needs("node", str(KUMA / "server" / "server.js"), package="uptime-kuma of npm")
    folder, port = tmp_path / "kuma", free_port()
    folder.mkdir()
    (folder / "db-config.json").write_text('{"type": "sqlite"}')
    clock = Clock(folder / "clock")
    clock.set(datetime(2024, 12, 31, tzinfo=UTC))
    environment = {
        **clock.environment,
        "DATA_DIR": f"{folder}/",
        "UPTIME_KUMA_HOST": "127.0.0.1",
        "UPTIME_KUMA_PORT": str(port),
        "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody is there: it asks its makers for new versions
    }
    url = f"http://127.0.0.1:{port}"
    command = ("sh", "-c", 'cd "$0" && exec node server/server.js', KUMA)
    asked = f"{url}/api/entry-page"
    with running(*command, folder=folder, until=lambda: requests.get(asked, timeout=5), environment=environment):
        run("node", Path(__file__).with_name("uptime_kuma_desk.js"), KUMA, url, json.dumps(PLAN))
        yield Kuma(url, folder / "kuma.db", clock)


def a_year_of_services(kuma: Kuma) -> None:
    for monitor in MONITORS:
        kuma.hear("2024-12-31 12:00", monitor, "up")
    kuma.hear("2025-03-03 10:00", "Portal", "down")
    kuma.hear("2025-03-03 10:05", "Portal", "down")
    kuma.hear("2025-03-03 11:30", "Portal", "up")
    kuma.hear("2025-05-05 00:00", "Surel", "down")
    kuma.hear("2025-05-05 00:30", "Surel", "up")
    kuma.hear("2025-06-30 23:00", "Portal", "down")
    kuma.hear("2025-07-01 01:00", "Portal", "up")
    kuma.hear("2025-08-17 09:00", "Portal", "up")
    kuma.hear("2025-08-17 12:00", "Portal", "up")
    kuma.hear("2025-12-31 23:00", "Portal", "down")
    kuma.hear("2026-01-01 03:00", "Portal", "up")


def test_a_year_of_services_is_the_mean_of_their_outages(kuma: Kuma, city: City) -> None:
    """On the city's clock: portal 1.5 h (told of twice), 2 h over the turn of a month, 3 h in maintenance as first and
    last heard of (9:00 to 12:00), 1 h up to the New Year; e-mail 0.5 h = 8 h over 5 outages, unplanned 5 h over 4.
    The group that both are in is no outage of its own; the one over the turn of a month comes in both months' answers.
    The server is running while its file is read.
    """
    a_year_of_services(kuma)
    city.connect("kuma", {"conn_type": "sqlite", "host": str(kuma.database.parent), "schema": kuma.database.name})
    city.write(SOURCES)
    row = city.measured("it_downtime", "2025")
    assert (row["numerator"], row["denominator"]) == (8, 5)
    assert row["value"] == pytest.approx(8 / 5)
    assert row["variants"]["unplanned_only"] == pytest.approx(5 / 4)
    assert row["coverage_pct"] == 100
    assert (row["rows"]["used"], row["rows"]["excluded"], row["rows"]["quarantined"]) == (5, {"duplicate_row": 1}, {})


def test_an_outage_over_the_turn_of_a_month_belongs_to_the_month_it_began_in(kuma: Kuma, city: City) -> None:
    """June has the outage with its one hour; July the other hour and nothing to divide it by."""
    a_year_of_services(kuma)
    city.connect("kuma", {"conn_type": "sqlite", "host": str(kuma.database.parent), "schema": kuma.database.name})
    city.write(SOURCES)
    june, july = (city.measured("it_downtime", month) for month in ("2025-06", "2025-07"))
    assert (june["numerator"], june["denominator"], june["value"]) == (1, 1, 1)
    assert (july["numerator"], july["denominator"], july["value"]) == (1, 0, None)
