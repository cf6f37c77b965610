"""The operator sees how each period of a city stands, what it lacks and what runs next, on a page without a network."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.city_status import CityStatus
from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city

NOW = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture
def reports(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pages of a city of which November is done, December has an open inquiry, and October failed."""
    yaml = write_city(home / "cities", "kota-uji", zone="Asia/Jayapura", first_month="2025-09")
    yaml.write_text(yaml.read_text("utf-8").replace("schedule: {", "schedule: {empty_months: [2025-08], "), "utf-8")
    data = home / "cities" / "data" / "kota-uji"
    with (data / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
        file.write("X1,Aplikasi,2025-12-21 08:00,\n")
    for period in ("2025-11", "2025-12"):
        assert tolok(monkeypatch, "run", "kota-uji", period)[0] == 0
    (data / "kunjungan-2025.csv").rename(data / "lain.csv")
    assert tolok(monkeypatch, "run", "kota-uji", "2025-10")[0] == 4
    return home / "home" / "reports" / "kota-uji"


def states(status: CityStatus) -> dict[str, str]:
    return {one.period: one.state for one in status.periods}


def test_every_period_has_its_state_and_what_it_lacks(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (reports / "status.html").read_text("utf-8")
    assert "2025-10" in page, "a run that failed writes the page too"
    status = steps.status("kota-uji", now=NOW)
    assert states(status) == {
        "2025-12": "provisional",
        "2025-11": "final",
        "2025-10": "failed",
        "2025-09": "missing",
        "2025-08": "empty",
    }
    lacks = {one.period: [en for _, en in one.lacks] for one in status.periods}
    assert any("kunjungan-" in text for text in lacks["2025-10"]), lacks
    assert any(text.startswith("10.3: ") for text in lacks["2025-12"])
    # The second at 1:00 in WIT; January is not over, and its run comes before the one of the year that has begun.
    assert [(period, at.astimezone(UTC)) for period, at in status.next_runs] == [
        ("2026-01", datetime(2026, 2, 1, 16, tzinfo=UTC)),
        ("2026", datetime(2027, 1, 1, 16, tzinfo=UTC)),
    ]
    code, out, _ = tolok(monkeypatch, "status", "kota-uji")
    assert (code, "2025-10" in out, "gagal / failed" in out, "tolok run kota-uji 2025-09" in out) == (0,) + (True,) * 3


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
    assert states(steps.status("kota-uji", now=NOW))["2025-10"] == "final"
    october = (reports / "status.html").read_text("utf-8").split(">2025-10<")[1].split("</tr>")[0]
    assert "failed" not in october
