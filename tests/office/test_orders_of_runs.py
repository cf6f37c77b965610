"""Results are judged beside the month before and last year, whichever of them was stored first."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.warehouse import Warehouse
from tests.office.offices import write_office

PORTAL = {"table": "visits", "columns": {"visited_on": {"column": "hari", "format": "%Y-%m-%d"}, "visits_count": "n"}}
# Visits a day: a jump in February 2025, and from 2024 to 2025.
VISITS = {"2024-01": 10, "2024-02": 12, "2025-01": 20, "2025-02": 300}
LENGTHS = {"01": 31, "02": 28}
PERIODS = (*VISITS, "2024", "2025")
COVERS = [{"first_on": "2024-01-01", "last_on": "2025-12-31"}]


def write_portal(cities: Path, visits: dict[str, int]) -> None:
    days = [
        f"{month}-{day:02},{count}"
        for month, count in visits.items()
        for day in range(1, LENGTHS[month[-2:]] + (month == "2024-02") + 1)
    ]
    figures = [
        {"year": year, "count": 400_000, "reference_on": f"{year}-12-31", "source": "Dukcapil"} for year in (2024, 2025)
    ]
    write_office(cities, ["hari,n", *days], {**PORTAL, "covers": COVERS}, population={"figures": figures})


def state(home: Path) -> dict[str, Any]:
    """Value, status and reasons of each period's visits, and whether the page says the same."""
    rows = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}").current("kota")
    visits = {row["period"]: row for row in rows if row["indicator"] == "portal_visits"}
    assert all(
        (row["reason"] or "final").split(" / ")[0] in (home / "reports" / "kota" / f"{period}.html").read_text("utf-8")
        for period, row in visits.items()
    )
    return {period: (row["value"], row["status"], row["reasons"]) for period, row in visits.items()}


@pytest.fixture
def cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    write_portal(tmp_path, VISITS)
    return tmp_path


def run(home: Path, periods: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("TOLOK_HOME", str(home))
    for period in periods:
        steps.run("kota", period)
    return state(home)


def test_any_order_of_runs_ends_in_the_same_status_and_reasons(cities: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_order = run(cities / "in order", PERIODS, monkeypatch)
    assert in_order["2025-02"][1] == "provisional"
    assert {"change_on_month_before_pct", "times_last_year"} <= {one["code"] for one in in_order["2025-02"][2]}
    for seed in range(2):
        order = random.Random(seed).sample(PERIODS, len(PERIODS))  # noqa: S311 no secret
        assert run(cities / str(seed), order, monkeypatch) == in_order


def test_a_corrected_month_is_told_by_the_months_judged_beside_it(
    cities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, months = cities / "home", ("2025-01", "2025-02")
    run(home, months, monkeypatch)
    write_portal(cities, VISITS | {"2025-01": 290})
    after = run(home, ["2025-01"], monkeypatch)
    assert after["2025-02"][2] == []
    warehouse = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}")
    versions = warehouse.history("kota", "portal_visits", period="2025-02")
    assert [row["change_reason"].split(" / ")[-1] for row in versions] == [
        "first computation",
        "judged again beside 2025-01",
    ]
    assert steps.store("kota", "2025-01")
    assert len(warehouse.history("kota", "portal_visits", period="2025-02")) == len(versions)
