"""`tolok backfill --all`: every city in turn, each as its own command would fill it; one at fault stops no other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.indicators.definition import definitions
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import YAML, write_city

CITIES = ("kota-asa", "kota-bina", "kota-uji")


@pytest.fixture
def cities(home: Path) -> Path:
    """Three cities that share their exports, but for the complaints of the second, which are lost."""
    folder = home / "cities"
    folder.rmdir()
    write_city(folder)
    for city in CITIES[:2]:
        text = YAML.replace("kota-uji", city)
        (folder / f"{city}.yaml").write_text(text.replace("pengaduan*", "hilang*") if "bina" in city else text, "utf-8")
    return folder


def backfill(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of the command."""
    monkeypatch.setattr(sys, "argv", ["tolok", "backfill", *words])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0), *capsys.readouterr()
    return 0, *capsys.readouterr()


def results(home: Path, city: str) -> list[dict[str, Any]]:
    """All that is stored of a city's results but when it was."""
    rows = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}").current(city, is_whole=True)
    return [{name: value for name, value in row.items() if "_at" not in name and name != "sources"} for row in rows]


def test_a_faulty_city_stops_no_other_and_what_is_done_is_skipped(
    home: Path, cities: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = backfill(capsys, monkeypatch, "--all", "2024-02..2024-03")
    assert (code, "4 periods computed, 0 skipped" in out) == (4, True), out + err
    assert "2 periods failed:\nkota-bina 2024-02: " in err
    assert "[2/3] kota-bina 2024-03 (2/2)" in err
    assert [len(results(home / "home", city)) for city in CITIES] == [8, 0, 8]
    assert (home / "home" / "reports" / "dashboards" / "kota-uji.id.html").is_file()
    assert (home / "home" / "reports" / "kota-bina" / "status.html").is_file()

    (cities / "kota-bina.yaml").write_text(YAML.replace("kota-uji", "kota-bina"), "utf-8")
    code, out, err = backfill(capsys, monkeypatch, "--all", "2024-02", "2024-03")
    assert (code, "2 periods computed, 4 skipped" in out) == (0, True), out + err

    monkeypatch.setenv("TOLOK_HOME", str(home / "alone"))
    assert backfill(capsys, monkeypatch, "kota-bina", "2024-02")[0] == 0
    alone = results(home / "alone", "kota-bina")
    assert alone == [row for row in results(home / "home", "kota-bina") if row["period"] == "2024-02"]
    assert len(alone) == len(definitions())
    pages = [home / folder / "reports" / "kota-bina" / "2024-02.html" for folder in ("home", "alone")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--all", "2024-03..2024-02"), 2, "The range 2024-03 to 2024-02 is not valid"),
        (("--all", "2024-02", "2024-03", "2024-04"), 2, "the first and the last period"),
        (("kota-uji",), 2, "Tulis kota atau --all"),
    ],
)
def test_wrong_words_are_refused_once(
    words: tuple[str, ...],
    exit_code: int,
    said: str,
    cities: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert cities.is_dir()
    code, out, err = backfill(capsys, monkeypatch, *words)
    assert (code, err.count(said), out) == (exit_code, 1, "")


def test_settings_of_one_city_that_cannot_be_read_stop_no_other(
    home: Path, cities: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (cities / "kota-asa.yaml").write_text("city: kota-asa\nnama: salah\n", "utf-8")
    (cities / "kota-bina.yaml").unlink()
    code, out, err = backfill(capsys, monkeypatch, "--all", "2024-02")
    assert (code, "1 period computed" in out, "1 period failed" in err) == (2, True, True), out + err
    assert len(results(home / "home", "kota-uji")) == len(definitions())
