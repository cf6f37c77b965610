"""What changed is told: every version with its moment, its reason and its files, and the state as of any day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok
from tests.conftest import shared_home


@pytest.fixture(scope="module", autouse=True)
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A city whose year was run twice, the second time with one incident more in a corrected file."""
    with shared_home(tmp_path_factory) as (folder, patch):
        write_city(folder / "cities")
        for _ in range(2):
            code, out, err = tolok(patch, "run", "kota-uji", "2024")
            assert code == 0, out + err
            add_incident(folder / "cities" / "data" / "gangguan.csv")
        yield


def add_incident(path: Path) -> None:
    """The file's last incident once more, under another number."""
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, f"Z{lines[-1]}"]) + "\n", "utf-8")


def versions(patch: pytest.MonkeyPatch, *words: str) -> list[dict[str, object]]:
    code, out, err = tolok(patch, "history", "kota-uji", *words, "--json")
    assert code == 0, err
    found: list[dict[str, object]] = json.loads(out)
    return found


@pytest.mark.parametrize(
    ("words", "count"),
    [((), 5), (("2024",), 5), (("10.4",), 2), (("2024", "it_downtime"), 2), (("it_downtime", "2024"), 2)],
)
def test_versions_are_asked_for_by_period_and_indicator(
    words: tuple[str, ...], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(versions(monkeypatch, *words)) == count


def test_a_version_says_when_why_and_from_which_files(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = versions(monkeypatch, "10.4")
    assert (first["version"], first["change_reason"]) == (1, "perhitungan pertama / first computation")
    assert (second["version"], second["change_reason"]) == (2, "1 baris susulan / 1 late row")
    assert first["files"] != second["files"]
    _, out, _ = tolok(monkeypatch, "history", "kota-uji", "2024", "10.4")
    assert [out.count(f"{mark} gangguan.csv  sha256 ") for mark in "+-"] == [2, 1]
    assert "v2" in out
    assert "1 baris susulan" in out


def test_the_state_of_a_day_is_that_of_the_citys_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (datetime.fromisoformat(str(row["computed_at"])) for row in versions(monkeypatch, "10.4"))
    between = (first + (second - first) / 2).isoformat()
    assert [row["version"] for row in versions(monkeypatch, "10.4", "--as-of", between)] == [1]
    code, out, _ = tolok(monkeypatch, "show", "kota-uji", "2024", "--json", "--as-of", between)
    assert (code, [row["version"] for row in json.loads(out)]) == (0, [1, 1, 1, 1])
    local = (first + timedelta(hours=7)).replace(tzinfo=None)
    for moment, exit_code in ((local - timedelta(minutes=1), 2), (local + timedelta(minutes=1), 0)):
        assert tolok(monkeypatch, "show", "kota-uji", "--as-of", moment.isoformat())[0] == exit_code
    day_before = str(local.date() - timedelta(days=1))
    code, _, err = tolok(monkeypatch, "history", "kota-uji", "--as-of", day_before)
    assert (code, f"pada {day_before}" in err, f"as of {day_before}" in err) == (2, True, True)


@pytest.mark.parametrize("words", [("2024-13",), ("10.9",), ("2024", "10.4", "10.3")])
def test_a_word_that_is_neither_period_nor_indicator_is_refused(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tolok(monkeypatch, "history", "kota-uji", *words)[0] == 2
