"""What comes late restates last year while the city's window is open; what a city wants besides its months follows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.backfill import compute_also, restate
from pipeline.progress import SILENT
from tests.acceptance.years_of_exports import write_city

LATE = "20251299,Aplikasi,2025-12-20 08:00,2025-12-29 08:00\n"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def inquiries(home: Path) -> Path:
    """The inquiries of a city whose December and year 2025 are computed, and whose window is two months."""
    yaml = write_city(home / "cities", "kota-uji", zone="Asia/Jakarta", first_month="2025-12")
    yaml.write_text(yaml.read_text("utf-8").replace("schedule: {", "schedule: {restate_months: 2, "), "utf-8")
    for period in ("2025-12", "2025"):
        steps.run("kota-uji", period)
    return home / "cities" / "data" / "kota-uji" / "pengaduan-2025.csv"


def test_a_late_answer_restates_its_month_and_year_once(inquiries: Path) -> None:
    def restated(month: str, now: str) -> list[str]:
        return restate("kota-uji", month=month, now=at(now), progress=SILENT)

    assert restated("2026-02", "2026-02-05") == []
    inquiries.write_text(inquiries.read_text("utf-8") + LATE, "utf-8")
    assert restated("2026-01", "2026-01-31T16:59") == []
    assert restated("2026-04", "2026-04-01") == []
    assert restated("2025-03", "2026-03-05") == []
    assert restated("2026-03", "2026-03-31T16:59") == ["2025-12", "2025"]
    assert restated("2026-03", "2026-03-31T16:59") == []
    assert set(steps.versions("kota-uji").values()) == {1, 2}
    assert {period for period, _ in steps.versions("kota-uji")} == {"2025-12", "2025"}


@pytest.mark.parametrize(
    ("month", "first_month", "computed"),
    [
        ("2025-02", "2024-03", ["2025-01..2025-02", "2024-03..2025-02"]),
        ("2025-02", "2024-04", ["2025-01..2025-02"]),
        ("2025-02", "2025-02", []),
        ("2025-01", "2024-01", ["2024-02..2025-01"]),
        ("2025-12", "2024-01", []),
    ],
)
def test_a_month_computes_the_year_to_date_and_the_twelve_months_to_it_where_a_city_wants_them(
    home: Path, month: str, first_month: str, computed: list[str]
) -> None:
    yaml = write_city(home / "cities", "kota-uji", zone="Asia/Jakarta", first_month=first_month)
    yaml.write_text(yaml.read_text("utf-8").replace("schedule: {", "schedule: {also: [ytd, r12], "), "utf-8")
    assert compute_also("kota-uji", month=month, progress=SILENT) == computed
    assert {period for period, _ in steps.versions("kota-uji")} == set(computed)
