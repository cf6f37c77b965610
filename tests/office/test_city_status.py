"""The operator sees how each period of a city stands, what it lacks and what runs next, on a page without a network."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.city_status import CityStatus, city_status, stretches
from pipeline.config.city import City
from pipeline.indicators.definition import definitions
from pipeline.report.status_page import status_lines
from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city
from tests.conftest import kept, restored, shared_home

NOW = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a city of which November is done, December has an open inquiry, and October failed."""
    with shared_home(tmp_path_factory) as (folder, patch):
        yaml = write_city(folder / "cities", "kota-uji", zone="Asia/Jayapura", first_month="2025-09")
        yaml.write_text(yaml.read_text("utf-8").replace("schedule: {", "schedule: {empty_months: [2025-08], "), "utf-8")
        data = folder / "cities" / "data" / "kota-uji"
        with (data / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
            file.write("X1,Aplikasi,2025-12-21 08:00,\n")
        for period in ("2025-11", "2025-12"):
            assert tolok(patch, "run", "kota-uji", period)[0] == 0
        (data / "kunjungan-2025.csv").rename(data / "lain.csv")
        assert tolok(patch, "run", "kota-uji", "2025-10")[0] == 4
        return kept(folder)


@pytest.fixture
def reports(ran: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pages of that city, as that was computed."""
    return restored(ran, monkeypatch) / "home" / "reports" / "kota-uji"


def states(status: CityStatus) -> dict[str, str]:
    return {one.period: one.state for one in status.periods}


def test_every_period_has_its_state_and_what_it_lacks(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (reports / "status.html").read_text("utf-8")
    assert "2025-10" in page, "a run that failed writes the page too"
    status = steps.status("kota-uji", now=NOW)
    assert states(status) == {
        "2025-12": "provisional",
        "2025-11": "partial",
        "2025-10": "failed",
        "2025-09": "missing",
        "2025-08": "empty",
    }
    lacks = {one.period: [(lack.clause, lack.en) for lack in one.lacks] for one in status.periods}
    assert any(clause == "" and "kunjungan-" in text for clause, text in lacks["2025-10"]), lacks
    assert any(clause == "10.3" for clause, _ in lacks["2025-12"])
    # The second at 1:00 in WIT; January is not over, and its run comes before the one of the year that has begun.
    assert [(period, at.astimezone(UTC)) for period, at in status.next_runs] == [
        ("2026-01", datetime(2026, 2, 1, 16, tzinfo=UTC)),
        ("2026", datetime(2027, 1, 1, 16, tzinfo=UTC)),
    ]
    code, out, _ = tolok(monkeypatch, "status", "kota-uji")
    assert (code, "2025-10" in out, "gagal / failed" in out, "tolok backfill kota-uji 2025-09 " in out) == (0,) + (
        True,
    ) * 3


def test_the_page_links_the_results_and_is_linked_from_them_and_asks_no_other_address(reports: Path) -> None:
    page = (reports / "status.html").read_text("utf-8")
    assert 'href="2025-12.html"' in page
    assert 'href="2025-09.html"' not in page
    assert 'href="status.html"' in (reports / "2025-12.html").read_text("utf-8")
    assert re.findall(r"https?://|<script|<link|@import|url\(", page) == []


def test_a_period_run_well_has_failed_no_more(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = reports.parents[2] / "cities" / "data" / "kota-uji"
    (data / "lain.csv").rename(data / "kunjungan-2025.csv")
    assert tolok(monkeypatch, "run", "kota-uji", "2025-10")[0] == 0
    assert states(steps.status("kota-uji", now=NOW))["2025-10"] == "partial"
    october = (reports / "status.html").read_text("utf-8").split(">2025-10<")[1].split("</tr>")[0]
    assert "failed" not in october


def row(period: str, indicator: str, status: str, *remarks: str) -> dict[str, Any]:
    """A result as the warehouse gives it."""
    told = [{"code": "coverage", "id": f"{text} id", "en": text, "keeps_provisional": True} for text in remarks]
    none = "tidak ada / nothing" if status == "not_computable" else None
    named = {"period": period, "indicator": indicator, "version": 1, "closings": [], "pending": None}
    return {**named, "status": status, "reason": none, "reasons": told}


def of(*rows: dict[str, Any], **schedule: Any) -> CityStatus:
    """The status of a city of these results."""
    names = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    columns = {"inquiry_id": "Nomor", "received_at": {"column": "Masuk", "format": "%Y-%m-%d"}}
    sources = {"meja": {"table": "inquiries", "path": "a.csv", "format": "csv", "columns": columns}}
    city = City.model_validate({**names, "sources": sources, "schedule": schedule})
    return city_status(city, results=rows, computed={}, failures=[], now=NOW)


ALL = [(name, "final") for name in definitions()]


@pytest.mark.parametrize(
    ("results", "state"),
    [
        (ALL, "final"),
        ([*ALL[:3], (ALL[3][0], "not_computable")], "partial"),
        (ALL[1:2], "partial"),
        ([(name, "not_computable") for name, _ in ALL], "not_computable"),
        ([(ALL[0][0], "provisional"), (ALL[1][0], "not_computable")], "provisional"),
    ],
)
def test_a_month_is_final_only_when_every_indicator_is(results: list[tuple[str, str]], state: str) -> None:
    status = of(*(row("2025-11", name, status) for name, status in results), first_month="2025-11", empty_months=[])
    assert states(status) == {"2025-11": state, "2025-12": "missing"}
    assert status.commands == ("tolok backfill kota 2025-12 2025-12",)
    assert len(status.periods[-1].statuses) == len(results)


def test_a_reason_is_told_once_with_its_periods_and_what_is_computed_besides_doubles_nothing() -> None:
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    besides = [f"2025-01..{month}" for month in months[1:-1]]
    rows = [
        row(label, name, "provisional", f"covers {nth} of 31 days")
        for nth, label in enumerate(months + besides)
        for name in ("it_downtime", "inquiry_response")
    ]
    only_here = row("2025-01..2025-06", "portal_visits", "provisional", "another text")
    status = of(*rows, only_here, first_month="2025-01", year_waits_days=365)
    assert [(reason.clauses, reason.en, stretches(reason.periods)) for reason in status.reasons] == [
        (("10.3", "10.4"), "covers 11 of 31 days (2025-12)", "2025-01 – 2025-12"),
        (("10.1",), "another text", "2025-01..2025-06"),
    ]
    dated = tuple(replace(one, version=1, computed_at=NOW) for one in status.periods)
    lines = list(status_lines(replace(status, periods=dated)))
    assert len(lines) < 30, lines
    assert sum(line.startswith("2025") for line in lines) == 12
    assert any("10 " in line and "Besides" in line for line in lines)
    # Moments are on one clock, the city's.
    now = f"{NOW.astimezone(status.looked_at.tzinfo):%Y-%m-%d %H:%M}"
    assert now in lines[0]
    assert sum(line.endswith(f"v1, {now}") for line in lines) == 12


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([], ""),
        (["2025-03"], "2025-03"),
        (["2026-01", "2025-12", "2025-11", "2025-09"], "2025-09, 2025-11 – 2026-01"),
        (["2025", "2025-11", "2025-12", "2026-01"], "2025-11 – 2025-12, 2025, 2026-01"),
    ],
)
def test_months_that_follow_one_another_are_a_stretch(labels: list[str], text: str) -> None:
    assert stretches(labels) == text
