"""Year to date and rolling twelve months are computed from the months' rows: they add up, under all rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city

MONTHS = ("2024-11", "2024-12", "2025-01")


def shown(patch: pytest.MonkeyPatch, period: str) -> dict[str, dict[str, Any]]:
    code, out, err = tolok(patch, "show", "kota-uji", period, "--json")
    assert code == 0, err
    return {row["indicator"]: row for row in json.loads(out)}


def test_a_run_of_months_is_the_sum_of_its_months_and_not_their_mean(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_city(home / "cities", "kota-uji", zone="Asia/Jayapura", first_month="2024-01")
    for period in (*MONTHS, "2024-11..2025-01", "2026-10..2026-12"):
        assert tolok(monkeypatch, "run", "kota-uji", period)[0] == 0
    months, run = [shown(monkeypatch, month) for month in MONTHS], shown(monkeypatch, "2024-11..2025-01")
    for name in ("portal_visits", "inquiry_response"):
        assert run[name]["numerator"] == pytest.approx(sum(month[name]["numerator"] for month in months))
        assert (run[name]["status"], run[name]["coverage_pct"]) == ("final", 100)
    inquiries = run["inquiry_response"]
    assert inquiries["denominator"] == sum(month["inquiry_response"]["denominator"] for month in months) == 12
    assert inquiries["value"] == pytest.approx(inquiries["numerator"] / 12 / 24)
    # One figure of inhabitants: that of the year in which the run ends.
    assert run["portal_visits"]["population"]["reference_on"] == "2025-06-30"
    assert [one["member"] for one in run["portal_visits"]["breakdowns"]["month"]] == list(MONTHS)
    later = shown(monkeypatch, "2026-10..2026-12")["inquiry_response"]
    assert (later["status"], "period_not_over" in {one["code"] for one in later["reasons"]}) == ("provisional", True)


@pytest.mark.parametrize("period", ["2025-ytd", "2025-12-ytd", "2025-12-r12"])
def test_a_run_that_is_a_whole_year_is_that_year(period: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_city(home / "cities", "kota-uji", zone="Asia/Jakarta", first_month="2025-01")
    code, _, err = tolok(monkeypatch, "show", "kota-uji", period)
    assert (code, "tolok run kota-uji 2025\n" in err) == (2, True)


def test_the_present_year_to_date_ends_with_the_last_month_that_is_over(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_city(home / "cities", "kota-uji", zone="Asia/Jakarta", first_month="2025-01")
    code, _, err = tolok(monkeypatch, "show", "kota-uji", "2098-ytd")
    assert (code, "no month of that year is over" in err) == (2, True)
