"""Parts of a period computed in any order, on two machines, one of them twice, give what one process gives."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pytest

from pipeline import steps
from pipeline.access_log import parts
from pipeline.indicators.registry import INDICATORS
from pipeline.settings import Settings
from pipeline.tables import TABLES
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import YAML, write_city

CITY, YEAR = "kota-uji", "2024"
# Month, then the year that is made of it: what one leaves behind is there for the other.
PERIODS = ("2024-02", YEAR)
STORAGE = "memory://diskominfo/tolok"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SEEDS = range(int(os.environ.get("TOLOK_EXAMPLES", "2")))
LOG = """  portal:
    table: visits
    path: data/akses-*.log
    format: access_log
    covers: [{first_on: 2024-01-01, last_on: 2024-12-31}]
"""
# What names the files, and moments.
OF_FILES = {"run_id", "computed_at", "sources", "manifests"}


def visits(random: Random) -> list[str]:
    """Lines of visits that overlap, each of several pages some minutes apart, over the year and over midnight."""
    lines = []
    for visitor in range(60):
        at = datetime(2024, 1, 1) + timedelta(minutes=random.randrange(366 * 1440))
        for page in range(random.randrange(1, 6)):
            lines.append((at, f"36.66.{visitor % 7}.{visitor % 5 + 1}", page))
            at += timedelta(minutes=random.choice([1, 12, 29, 31]))
    return [
        f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0700] "GET /data/{page} HTTP/1.1" 200 512 "-" "{AGENT}"\n'
        for at, client, page in sorted(lines)
        if at.year == 2024
    ]


@pytest.fixture
def cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings and exports of a city whose portal is known by its access log, which is not there yet."""
    folder = tmp_path / "cities"
    folder.mkdir()
    write_city(folder)
    head, rest = YAML.split("  portal:\n")
    (folder / f"{CITY}.yaml").write_text(head + LOG + "  layanan:\n" + rest.split("  layanan:\n")[1], "utf-8")
    monkeypatch.setenv("TOLOK_CITIES", str(folder))
    monkeypatch.setattr(parts, "BLOCK_BYTES", 700)
    monkeypatch.setattr(parts, "PART_BYTES", 3000)
    return folder


def write_log(cities: Path, lines: list[str], *, cut: int) -> None:
    """The log in two files, the first with so many lines."""
    for number, of_file in enumerate((lines[:cut], lines[cut:])):
        path = cities / "data" / f"akses-{number}.log"
        path.unlink(missing_ok=True)
        if of_file:
            path.write_text("".join(of_file), "utf-8")


def results() -> list[dict[str, Any]]:
    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    found = [row for period in PERIODS for row in warehouse.current(CITY, period, is_whole=True)]
    hashes = {(one.period, one.indicator_id): one.inputs_sha256 for one in warehouse.results(CITY)}
    assert {row["indicator"] for row in found if row["value"]} == set(INDICATORS)
    return [
        {"fingerprint": hashes[row["period"], row["indicator"]]}
        | {name: value for name, value in row.items() if name not in OF_FILES}
        for row in found
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_order_nor_place_nor_doing_a_part_twice_changes_anything(
    cities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 of a test
    lines = visits(random)
    inside = [at for at in range(1, len(lines)) if lines[at].split()[0] == lines[at - 1].split()[0]]
    fsspec.filesystem("memory").store.clear()
    write_log(cities, lines, cut=random.choice(inside))
    monkeypatch.setenv("TOLOK_HOME", STORAGE)
    monkeypatch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    for period in PERIODS:
        for step, names in ((steps.fetch, steps.sources(CITY, period)), (steps.clean, list(TABLES))):
            order = [*names, random.choice(names)]
            random.shuffle(order)
            for name in order:
                monkeypatch.setenv("TOLOK_MIRROR", str(tmp_path / random.choice("ab")))
                step(CITY, name, period)
        for last in (steps.validate, steps.measure, steps.store):
            monkeypatch.setenv("TOLOK_MIRROR", str(tmp_path / random.choice("ab")))
            last(CITY, period)
    spread = results()
    write_log(cities, lines, cut=len(lines))
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "alone"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    for period in PERIODS:
        steps.run(CITY, period)
    assert spread == results()
