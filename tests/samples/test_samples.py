"""The demo city's exports: written anew byte for byte, small, and published as a second hand counts them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.indicators.base import Quotient
from pipeline.tables import TABLES
from tests.conftest import ROOT
from tests.samples.account import account

SAMPLES = ROOT / "samples"
CITY = SAMPLES / "kota-contoh"
LARGEST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    return account(CITY)


def test_the_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "generate.py", tmp_path], check=True)
    kept = _contents(CITY)
    assert len(kept) >= 12
    assert _contents(tmp_path) == kept


def test_the_samples_stay_small() -> None:
    assert 0 < sum(len(content) for content in _contents(SAMPLES).values()) < LARGEST_BYTES


def test_the_readme_states_what_the_second_hand_counts(counted: dict[str, float]) -> None:
    stated = re.findall(
        r"^\| `(\w+)` \| ([\d.]+) \|", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name: float(number) for name, number in stated} == counted


def test_the_pipeline_publishes_what_the_second_hand_counts(
    home: Path, counted: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home
    monkeypatch.setenv("TOLOK_CITIES", str(ROOT / "cities"))
    visits = counted["matomo_visits"] + counted["log_visits"]
    published = {
        "portal_visits": (visits, counted["population_dukcapil"] / 100_000),
        "online_services": (counted["services_accessible_and_requestable"], counted["services_active"]),
        "inquiry_response": (counted["response_hours"], counted["inquiries_answered"]),
        "it_downtime": (counted["outage_hours"], counted["outages"]),
    }
    assert _published(published) == published


def _published(names: Iterable[str]) -> dict[str, tuple[float, float]]:
    for source in steps.sources("kota-contoh", "2025"):
        steps.fetch("kota-contoh", source, "2025")
    for table in TABLES:
        steps.clean("kota-contoh", table, "2025")
    results = {result.indicator_id: result for result in steps.compute("kota-contoh", "2025")}
    return {name: _terms(results[name].headline) for name in names}


def _terms(headline: Quotient) -> tuple[float, float]:
    assert headline.numerator is not None
    assert headline.denominator is not None
    return round(headline.numerator, 2), headline.denominator


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
