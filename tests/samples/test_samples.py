"""The demo city's exports: written anew byte for byte, small, and published as a second hand counts them."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.indicators.base import Quotient
from pipeline.tables import TABLES
from pipeline.warehouse import Warehouse
from tests.conftest import ROOT
from tests.samples.account import account

SAMPLES = ROOT / "samples"
CITY = SAMPLES / "kota-contoh"
LARGEST_BYTES = 1_700_000


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    return account(CITY)


@pytest.mark.parametrize(
    ("generator", "samples"), [("generate.py", "kota-contoh"), ("generate_province.py", "provinsi-contoh")]
)
def test_the_generators_write_the_same_bytes_again(tmp_path: Path, generator: str, samples: str) -> None:
    subprocess.run([sys.executable, SAMPLES / generator, tmp_path], check=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) > 5
    assert written == {name: (SAMPLES / samples / name).read_bytes() for name in written}


def test_a_year_of_the_province_is_published_as_its_rows_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLES / "provinsi-contoh", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{tmp_path / 'w.sqlite'}")
    steps.run("kota-lembah", "2025")
    view = Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}").city_view("kota-lembah")
    exports = tmp_path / "exports" / "kota-lembah"
    days = [row for row in rows(exports / "kunjungan.csv") if row["tanggal"].endswith("2025")]
    spells = [
        datetime.strptime(row["selesai"], "%d/%m/%Y %H:%M") - datetime.strptime(row["mulai"], "%d/%m/%Y %H:%M")
        for row in rows(exports / "gangguan-2025.csv")
    ]
    found = {one.indicator_id: (one.numerator, one.target and one.target.target_value) for one in view.results}
    assert found["portal_visits"] == (sum(int(row["kunjungan"]) for row in days), None)
    assert found["it_downtime"] == (pytest.approx(sum(spells, timedelta()) / timedelta(hours=1)), None)
    assert [found[name][1] for name in ("online_services", "inquiry_response")] == [65, 2.5]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8", newline=""), delimiter=";"))


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
