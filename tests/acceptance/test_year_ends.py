"""What crosses New Year or falls on a leap day counts where the city's own clock puts it, in each zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline import steps
from pipeline.backfill import Backfill, run_here
from pipeline.progress import SILENT
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse

YAML = """
city: kota-uji
name: Kota Uji
zone: {zone}
region_codes: {{kemendagri: "31"}}
schedule: {{first_month: {first_month}}}
population:
  figures:
    - {{year: 2024, count: 100000, reference_on: 2024-06-30, source: uji}}
    - {{year: 2025, count: 100000, reference_on: 2025-06-30, source: uji}}
sources:
  log: {{table: visits, format: access_log, path: data/access.log}}
  gangguan:
    table: outages
    path: data/gangguan.csv
    format: csv
    extracted_at: 2026-02-01T08:00:00
    covers: [{{first_on: 2024-01-01, last_on: 2025-12-31}}]
    columns:
      incident_id: Nomor
      component: Komponen
      is_planned: {{constant: "false"}}
      started_at: {{column: Mulai, format: "%Y-%m-%d %H:%M"}}
      ended_at: {{column: Selesai, format: "%Y-%m-%d %H:%M"}}
"""
# Two hours before New Year and three after it; a leap day, with an hour before and half an hour after; an hour in July.
OUTAGES = (
    "1,Jaringan,2024-12-31 22:00,2025-01-01 03:00",
    "2,Server,2024-02-28 23:00,2024-03-01 00:30",
    "3,Server,2025-07-01 00:00,2025-07-01 01:00",
)
# One person reads on through midnight of New Year, another on the leap day only, by the city's clock.
HITS = (
    ("203.0.113.1", "2024-12-31 23:50"),
    ("203.0.113.1", "2025-01-01 00:10"),
    ("203.0.113.2", "2024-02-29 00:05"),
    ("203.0.113.2", "2025-07-01 00:05"),
)
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36"
# Visits, hours of downtime and incidents: an incident belongs to the month it begins in, its hours to where they fall.
EXPECTED = {
    "2024-02": (1, 25, 1),
    "2024-03": (None, 0.5, 0),
    "2024-12": (1, 2, 1),
    "2025-01": (1, 3, 0),
    "2025-07": (1, 1, 1),
    "2024": (2, 27.5, 2),
    "2025": (2, 4, 1),
}


def write_city(folder: Path, *, zone: str, first_month: str = "2024-01") -> None:
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / "kota-uji.yaml").write_text(YAML.format(zone=zone, first_month=first_month), "utf-8")
    (data / "gangguan.csv").write_text("\n".join(["Nomor,Komponen,Mulai,Selesai", *OUTAGES]) + "\n", "utf-8")
    hits = sorted((datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)), who) for who, at in HITS)
    (data / "access.log").write_text("".join(f"{_line(who, at)}\n" for at, who in hits), "utf-8")


def _line(who: str, at: datetime) -> str:
    """As a server writes it whose own clock is UTC."""
    stamp = at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{who} - - [{stamp}] "GET /data HTTP/1.1" 200 5 "-" "{AGENT}"'


@pytest.fixture
def cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    return tmp_path / "cities"


def counted(period: str) -> tuple[float | None, ...]:
    rows = Warehouse(Settings.from_environment().warehouse_url).current("kota-uji", period)
    by_name = {row["indicator"]: row for row in rows}
    downtime = by_name["it_downtime"]
    return (by_name["portal_visits"]["numerator"], downtime["numerator"], downtime["denominator"])


@pytest.mark.parametrize(
    ("zone", "left_over"),
    [("Asia/Jakarta", ""), ("Asia/Makassar", ""), ("Asia/Jayapura", "Asia/Jakarta"), ("Asia/Jakarta", "UTC")],
)
def test_outages_and_visits_fall_into_the_days_of_the_city_whatever_the_machine_was_told(
    cities: Path, monkeypatch: pytest.MonkeyPatch, zone: str, left_over: str
) -> None:
    # The setting of earlier days; the YAML knows the zone.
    monkeypatch.setenv("TOLOK_TIMEZONE", left_over)
    monkeypatch.setenv("TZ", left_over)
    write_city(cities, zone=zone)
    for period in EXPECTED:
        steps.run("kota-uji", period)
    assert {period: counted(period) for period in EXPECTED} == EXPECTED


def test_a_city_added_in_mid_year_counts_its_own_months_and_waits_for_no_other(cities: Path) -> None:
    write_city(cities, zone="Asia/Makassar", first_month="2025-07")
    yaml = cities / "kota-uji.yaml"
    empty = ", ".join(f"2025-{month:02d}" for month in range(9, 13))
    yaml.write_text(yaml.read_text("utf-8").replace("2025-07}", f"2025-07, empty_months: [{empty}]}}"), "utf-8")

    def may_start() -> bool:
        return steps.may_start("kota-uji", "2025", holder="year", is_active=lambda _: False, due_at=datetime.now(UTC))

    assert not may_start()
    (cities / "data" / "gangguan.csv").open("a").write("4,Server,2025-08-01 00:00,2025-08-01 02:00\n")
    ended = list(Backfill.planned("kota-uji", "2025-07", "2025-08").run(SILENT, one=run_here))
    assert ended == [("2025-07", None), ("2025-08", None)]
    assert counted("2025-07") == EXPECTED["2025-07"]
    assert may_start()
