"""The same requests as logged by other servers: each city's YAML gives the same visits of the month."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import steps
from tests.conftest import ROOT

CITIES = ROOT / "tests" / "cities"
# On each of 31 days somebody new for two pages an hour apart, a regular, and a bot.
VISITS = 31 * 3


@pytest.mark.parametrize("city", ["proxied-log", "iis-log", "haproxy-log", "zipped-log"])
def test_a_log_of_each_kind_gives_the_same_final_month(
    city: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path))
    monkeypatch.setenv("TOLOK_CITIES", str(CITIES))
    steps.fetch(city, "log", "2025-01")
    steps.clean(city, "visits", "2025-01")
    (result,) = (found for found in steps.compute(city, "2025-01") if found.indicator_id == "portal_visits")
    assert (result.headline.numerator, result.status, result.remarks) == (VISITS, "final", ())
    assert result.rows.excluded["bot"] == 31
    assert len((CITIES / f"{city}.yaml").read_text("utf-8").splitlines()) <= 25
