"""The course's own figures, from raw exports through the whole pipeline to `tolok show --json`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import inquiries, write_city

VALUES = {"portal_visits": 94_696.97, "online_services": 66.67, "inquiry_response": 0.5, "it_downtime": 2.0}


@pytest.fixture
def city(home: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The worked examples' city on each database; gives the folder of its exports."""
    monkeypatch.setenv("TOLOK_WAREHOUSE", warehouse_url)
    (home / "cities").rmdir()
    write_city(home / "cities")
    return home / "cities" / "data"


def shown(period: str | None = None, **as_of: Any) -> list[dict[str, Any]]:
    from pipeline.settings import Settings

    return Warehouse(Settings.from_environment().warehouse_url).current("kota-uji", period, **as_of)


def by_indicator(period: str) -> dict[str, dict[str, Any]]:
    return {row["indicator"]: row for row in shown(period)}


def test_the_four_worked_examples_come_out(city: Path) -> None:
    steps.run("kota-uji", "2024")
    rows = by_indicator("2024")
    assert {name: round(rows[name]["value"], 2) for name in VALUES} == VALUES
    assert [(rows[name]["numerator"], rows[name]["denominator"]) for name in VALUES] == [
        (10_000_000, 105.6),
        (20, 30),
        (240, 20),
        (6, 3),
    ]
    assert rows["online_services"]["rows"] == {"read": 30, "used": 30, "excluded": {}, "quarantined": {}}
    assert rows["it_downtime"]["status"] == "final"
    assert city.is_dir()


def test_running_twice_equals_running_once(city: Path) -> None:
    steps.run("kota-uji", "2024")
    first = shown()
    assert all("unchanged" in line for line in steps.run("kota-uji", "2024"))
    assert shown() == first
    assert city.is_dir()


def test_neither_row_order_nor_file_splits_nor_a_copied_file_make_a_new_version(city: Path) -> None:
    steps.run("kota-uji", "2024")
    before = {name: row["value"] for name, row in by_indicator("2024").items()}
    header, *rows = (city / "pengaduan.csv").read_text().splitlines()
    (city / "pengaduan.csv").write_text("\n".join([header, *rows[:3:-1]]) + "\n")
    (city / "pengaduan-2.csv").write_text("\n".join([header, *rows[:4]]) + "\n")
    (city / "gangguan-salinan.csv").write_bytes((city / "gangguan.csv").read_bytes())
    assert all("unchanged" in line for line in steps.run("kota-uji", "2024"))
    assert {name: row["value"] for name, row in by_indicator("2024").items()} == before


def test_late_rows_make_version_two_with_its_reason_and_version_one_stays_readable(city: Path) -> None:
    steps.run("kota-uji", "2024")
    between = datetime.now(UTC)
    with (city / "pengaduan.csv").open("a") as file:
        file.write("98;Telepon;3 Mei 2024 08:00;4 Mei 2024 08:00;x\n99;Telepon;3 Mei 2024 08:00;;x\n")
    steps.run("kota-uji", "2024")
    row = by_indicator("2024")["inquiry_response"]
    assert (row["version"], row["value"]) == (2, pytest.approx(264 / 21 / 24))
    assert row["rows"]["excluded"] == {"open": 1}
    assert by_indicator("2024")["it_downtime"]["version"] == 1
    history = Warehouse(_url()).history("kota-uji", "inquiry_response")
    assert [entry["change_reason"].split(" / ")[1] for entry in history] == ["first computation", "2 late rows"]
    (then,) = [row for row in shown("2024", as_of=between) if row["indicator"] == "inquiry_response"]
    assert (then["version"], then["value"]) == (1, 0.5)


def test_a_corrected_answer_is_a_new_version_that_says_so(city: Path) -> None:
    steps.run("kota-uji", "2024")
    rows = inquiries()
    rows[0] = rows[0].replace("17:00", "18:00")
    (city / "pengaduan.csv").write_text("\n".join(["Nomor;Kanal;Masuk;Dijawab;Pelapor", *rows]) + "\n")
    lines = steps.run("kota-uji", "2024")
    assert "1 row changed" in lines[2]
    assert by_indicator("2024")["inquiry_response"]["numerator"] == 241


def test_months_add_up_to_the_year(city: Path) -> None:
    for month in range(1, 13):
        steps.run("kota-uji", f"2024-{month:02d}")
    steps.run("kota-uji", "2024")
    year = by_indicator("2024")
    for name in ("portal_visits", "inquiry_response", "it_downtime"):
        months = [row for row in shown() if row["indicator"] == name and len(row["period"]) == 7]
        assert len(months) == 12
        assert sum(row["numerator"] or 0 for row in months) == pytest.approx(year[name]["numerator"])
        if name != "portal_visits":
            assert sum(row["denominator"] or 0 for row in months) == year[name]["denominator"]
    april = by_indicator("2024-04")["it_downtime"]
    assert (april["numerator"], april["value"], april["status"]) == (1.0, None, "not_computable")
    assert "no incident" in april["reason"]
    assert city.is_dir()


def test_two_runs_at_once_leave_one_version(city: Path) -> None:
    steps.run("kota-uji", "2024-01")
    command = [sys.executable, "-c", "from pipeline import steps; print(*steps.run('kota-uji', '2024'), sep='\\n')"]
    outputs: list[subprocess.CompletedProcess[str]] = []

    def start() -> None:
        outputs.append(subprocess.run(command, capture_output=True, text=True, check=False))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [output.returncode for output in outputs] == [0, 0], outputs[0].stderr + outputs[1].stderr
    assert {row["version"] for row in shown("2024")} == {1}
    assert len(Warehouse(_url()).history("kota-uji", "it_downtime")) == 2
    assert city.is_dir()


def test_both_databases_give_the_same_objects(home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    (home / "cities").rmdir()
    write_city(home / "cities")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS same")
        connection.execute("CREATE DATABASE same")
    texts = []
    for url in (f"sqlite:///{home / 'same.sqlite'}", postgres_url.removesuffix("postgres") + "same"):
        monkeypatch.setenv("TOLOK_WAREHOUSE", url)
        # Of its own, for a data folder knows which versions were stored.
        monkeypatch.setenv("TOLOK_HOME", str(home / url.partition(":")[0]))
        steps.run("kota-uji", "2024")
        texts.append(json.dumps(shown("2024"), sort_keys=True))
    assert texts[0] == texts[1]


def _url() -> str:
    from pipeline.settings import Settings

    return Settings.from_environment().warehouse_url
