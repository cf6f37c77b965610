"""A published number can be rebuilt from the landed bytes, and tampering with them is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config.load import load_city
from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.work import Work
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok


def test_verify_rebuilds_every_number_and_finds_altered_bytes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.run("kota-uji", "2024")
    code, out, _ = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert (code, out.count("sama / same")) == (0, len(definitions()))
    (landed,) = [
        path
        for path in (home / "home" / "landing" / "objects").rglob("*")
        if path.is_file() and not path.suffix and b"Aplikasi" in path.read_bytes()
    ]
    landed.chmod(0o644)
    landed.write_bytes(landed.read_bytes().replace(b"17:00", b"18:00"))
    code, _, err = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert code == 3
    assert "pengaduan.csv" in err


def test_a_table_that_two_indicators_read_is_rebuilt_once(home: Path, tmp_path: Path) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.fetch("kota-uji", "meja", "2024")
    city = load_city(home / "cities", "kota-uji")
    work = Work(city, Period.parse("2024"), home / "home", rebuilt_in=tmp_path)
    first, second = (work.dataset("inquiries") for _ in range(2))
    assert len(first.frame)
    assert second is first


def test_a_page_without_the_verdicts_of_a_run_asks_for_the_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.run("kota-uji", "2024")
    shutil.rmtree(home / "home" / "runs")
    code, _, err = tolok(monkeypatch, "report", "kota-uji", "2024")
    assert code == 3
    assert "First run: tolok run kota-uji 2024" in err


def test_check_writes_nothing_and_names_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    assert tolok(monkeypatch, "check", "kota-uji", "--period", "2024")[0] == 0
    (home / "cities" / "data" / "gangguan.csv").unlink()
    code, out, _ = tolok(monkeypatch, "check", "kota-uji", "--period", "2024")
    assert code == 4
    assert "x gangguan" in out
    assert not (home / "home").exists()


def test_init_writes_a_commented_city_that_loads_and_is_not_overwritten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tolok(monkeypatch, "init", "kota-baru")[0] == 0
    assert len(load_city(home / "cities", "kota-baru").sources) == 5
    assert tolok(monkeypatch, "init", "kota-baru")[0] == 2


@pytest.mark.parametrize("city", ["Kota Baru", "../kota-baru", "kota_baru", ""])
def test_init_refuses_an_id_that_the_settings_would_refuse(
    home: Path, monkeypatch: pytest.MonkeyPatch, city: str
) -> None:
    code, _, err = tolok(monkeypatch, "init", city)
    assert code == 2
    assert "kota-saya" in err
    assert list(home.rglob("*.yaml")) == []
