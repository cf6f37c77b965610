"""What is said of reports that lie there: whether the values they show are computed anew since."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.printing import say_where
from pipeline.warehouse import Warehouse
from tests.warehouse.test_warehouse import NOW, request, result

WRITTEN_AT = NOW + timedelta(hours=1)


def older(capsys: pytest.CaptureFixture[str], home: Path) -> set[str]:
    say_where("kota-uji", {"2025"})
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Laporan / Report: ")]
    assert len(lines) == len(list((home / "reports" / "kota-uji").iterdir()))
    return {Path(line.split(" ")[3]).name for line in lines if "older than the values" in line}


def test_a_report_with_months_is_older_once_one_of_them_is_computed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path))
    monkeypatch.setenv("TOLOK_WAREHOUSE", url)
    warehouse = Warehouse(url)
    warehouse.migrate()

    def store(period: str, inputs: str, at: datetime) -> None:
        asked = replace(request(f"{period}{inputs}", computed_at=at), period=period)
        warehouse.store([replace(result(inputs), period=period)], request=asked)

    store("2025", "a", NOW)
    store("2025-02", "a", NOW)
    folder = tmp_path / "reports" / "kota-uji"
    (folder / "2025-csv").mkdir(parents=True)
    for name in ("2025.pdf", "2025.en.xlsx", "2025.json"):
        (folder / name).write_bytes(b"")
    for path in folder.iterdir():
        os.utime(path, (WRITTEN_AT.timestamp(),) * 2)
    assert older(capsys, tmp_path) == set()
    store("2024-12", "a", WRITTEN_AT + timedelta(days=1))
    assert older(capsys, tmp_path) == set()
    store("2025-02", "b", WRITTEN_AT + timedelta(days=1))
    assert older(capsys, tmp_path) == {"2025-csv", "2025.en.xlsx", "2025.pdf"}
    store("2025", "b", WRITTEN_AT + timedelta(days=2))
    assert older(capsys, tmp_path) == {"2025-csv", "2025.en.xlsx", "2025.json", "2025.pdf"}


def test_when_each_period_was_computed_is_of_its_newest_version_on_both_databases(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    assert warehouse.computed_at("kota-uji") == {}
    for inputs, at in (("a", NOW), ("b", WRITTEN_AT)):
        warehouse.store([result(inputs)], request=request(inputs, computed_at=at))
    assert (warehouse.computed_at("kota-uji"), warehouse.computed_at("kota-lain")) == ({"2025": WRITTEN_AT}, {})
