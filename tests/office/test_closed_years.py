"""A year is closed by a person when it is final, and changed after that by one who says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city
from tests.conftest import kept, restored, shared_home

LATE = "20251299,Aplikasi,2025-12-20 08:00,2025-12-29 08:00\n"
OPEN = "20251298,Aplikasi,2025-12-21 08:00,\n"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a city whose year 2025 and its only month with data, December, are computed."""
    with shared_home(tmp_path_factory) as (folder, patch):
        yaml = write_city(folder / "cities", "kota-uji", zone="Asia/Jakarta", first_month="2025-11")
        text = yaml.read_text("utf-8").replace("schedule: {", "schedule: {empty_months: [2025-11], ")
        yaml.write_text(text, "utf-8")
        for period in ("2025", "2025-12"):
            assert said(patch, "run", period)[0] == 0
        return kept(folder)


@pytest.fixture
def data(computed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exports of that city, as that was computed."""
    monkeypatch.setenv("COLUMNS", "200")
    return restored(computed, monkeypatch) / "cities" / "data" / "kota-uji"


def said(patch: pytest.MonkeyPatch, command: str, *words: str) -> tuple[int, str]:
    """The exit code and all that a command on the city says."""
    code, out, err = tolok(patch, command, "kota-uji", *words)
    return code, out + err


def add(data: Path, row: str) -> None:
    with (data / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
        file.write(row)


def shown(patch: pytest.MonkeyPatch, period: str = "2025") -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(tolok(patch, "show", "kota-uji", period, "--json")[1])
    return next(row for row in rows if row["indicator"] == "inquiry_response")


def test_a_closed_year_changes_only_by_a_correction_that_says_who_and_why(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for by in ("Siti", "Budi"):
        code, out = said(monkeypatch, "close", "2025", "--by", by)
        assert (code, "2025 ditutup / closed" in out, ", Siti" in out) == (0, True, True)
    add(data, LATE)
    for period in ("2025", "2025-12"):
        code, out = said(monkeypatch, "run", period)
        assert (code, "its year is closed" in out, "Waiting for a correction" in out) == (0, True, True)
    for command, words in (("show", ("2025",)), ("history", ("2025",)), ("explain", ("2025", "10.3"))):
        assert "Waiting for a correction: 1,42 (final), 1 baris susulan" in said(monkeypatch, command, *words)[1]
    assert (shown(monkeypatch)["version"], shown(monkeypatch)["pending"]["version"]) == (1, 1)
    for _ in range(2):
        code, out = said(monkeypatch, "correct", "2025", "--by", "Budi", "--reason", "jawaban susulan")
        assert (code, out.count("Budi: jawaban susulan") > 0) == (0, True)
    for period in ("2025", "2025-12"):
        assert (shown(monkeypatch, period)["version"], shown(monkeypatch, period)["pending"]) == (2, None)
    page = (data.parents[2] / "home" / "reports" / "kota-uji" / "2025.html").read_text("utf-8")
    for told in (said(monkeypatch, "history", "2025-12")[1], said(monkeypatch, "explain", "2025", "10.3")[1], page):
        assert "Budi: jawaban susulan" in told
        assert "Siti" in told


def test_a_month_that_a_year_was_closed_without_comes_by_a_correction(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(monkeypatch, "close", "2025")
    code, out = said(monkeypatch, "run", "2025-11")
    assert ("v0" in out, "tolok correct kota-uji 2025 --reason" in out) == (False, True), out
    assert (data.is_dir(), code) == (True, 2)
    code, out = said(monkeypatch, "correct", "2025", "--reason", "belum dihitung")
    assert (code, "2025-11: v1" in out) == (0, True), out
    assert said(monkeypatch, "show", "2025-11")[0] == 0


@pytest.mark.parametrize(
    ("command", "words", "exit_code", "told"),
    [
        ("close", ("2024",), 3, "not computed from today's files"),
        ("close", ("2025-12",), 2, "is no year"),
        ("correct", ("2025", "--reason", "x"), 2, "is not closed"),
        ("correct", ("2025", "--reason", " "), 2, "needs a reason"),
        ("correct", ("2025",), 2, "--reason"),
    ],
)
def test_what_cannot_be_closed_or_corrected_is_refused(
    command: str, words: tuple[str, ...], exit_code: int, told: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out = said(monkeypatch, command, *words)
    assert (code, told in out) == (exit_code, True), f"{out} {data}"


def test_a_year_that_is_provisional_stale_in_any_month_or_lacks_one_stays_open(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(data, OPEN)
    code, out = said(monkeypatch, "close", "2025")
    assert (code, "today's files" in out) == (3, True)
    said(monkeypatch, "run", "2025")
    code, out = said(monkeypatch, "close", "2025")
    assert (code, "2025-12 not computed from today's files" in out, "tolok backfill" in out) == (3, True, True), out
    said(monkeypatch, "run", "2025-12")
    code, out = said(monkeypatch, "close", "2025")
    assert (code, "is still provisional" in out, "10.3" in out) == (3, True, True)
    yaml = data.parents[1] / "kota-uji.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("empty_months: [2025-11], ", ""), "utf-8")
    code, out = said(monkeypatch, "close", "2025")
    assert (code, "2025-11 missing" in out) == (3, True)
