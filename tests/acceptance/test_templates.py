"""A city without any system: five filled-in workbooks are enough for all four indicators."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.indicators.definition import definitions
from pipeline.template import write_template
from tests.connectors.test_template import filled, service

TABLES = ("visits", "services", "inquiries", "outages", "population")
HEAD = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "99.71"}
sources:
"""


def configure(home: Path) -> None:
    """A city whose every source is a workbook."""
    lines = [f"  buku_{table}: {{system: template_{table}, path: ../{table}.xlsx}}" for table in TABLES]
    (home / "cities" / "kota-uji.yaml").write_text(HEAD + "\n".join(lines), "utf-8")


def fill(folder: Path) -> None:
    new_year, hour = datetime(2025, 1, 1), timedelta(hours=1)
    mornings = [new_year + timedelta(days=n, hours=8) for n in range(9)]
    days = [new_year + timedelta(days=n) for n in range(365)]
    filled(folder / "visits.xlsx", "visits", [(day, 1_000, "hosting") for day in days])
    people = ("99.71", "Kota Uji", 400_000, datetime(2025, 12, 31), "Dukcapil")
    filled(folder / "population.xlsx", "population", [people])
    answers = ["Ya", "Tidak", "Tidak berlaku"]
    catalogue = [service(kode_layanan=f"L{n}", dapat_dimohon_daring=answers[n % 3]) for n in range(9)]
    filled(folder / "services.xlsx", "services", [*catalogue, service(kode_layanan="LX", sasaran="Semua")])
    desk = ("Telepon", "Dinas A", "Jalan", "Selesai")
    asked = [(f"P{at:%d}", *desk, at, at + 6 * hour, None, None) for at in mornings]
    prank = ("PX", *desk, mornings[0], mornings[0] + 90 * hour, None, "Iseng")
    filled(folder / "inquiries.xlsx", "inquiries", [*asked, prank])
    fault = (None, "Portal", "Listrik", "Tidak terencana")
    filled(folder / "outages.xlsx", "outages", [(f"G{at:%d}", *fault, at, at + 2 * hour, None) for at in mornings])


def test_five_workbooks_give_the_four_indicators(home: Path) -> None:
    fill(home)
    configure(home)
    steps.run("kota-uji", "2025")
    results = {result.indicator_id: result for result in steps.compute("kota-uji", "2025")}
    by_hand = {"portal_visits": 365_000 / 4, "online_services": 100 / 3, "inquiry_response": 6 / 24, "it_downtime": 2}
    assert {name: results[name].headline.value for name in by_hand} == pytest.approx(by_hand)
    assert results["online_services"].rows.quarantined == {"unknown_sasaran": 1}
    assert results["inquiry_response"].rows.excluded == {"prank": 1}


def test_workbooks_just_written_measure_nothing_and_break_nothing(home: Path) -> None:
    for table in TABLES:
        write_template(home / f"{table}.xlsx", table=table)
    configure(home)
    steps.run("kota-uji", "2025")
    assert [result.headline.value for result in steps.compute("kota-uji", "2025")] == [None] * len(definitions())
