"""What commands say to somebody who begins: all faults at once, no promise that cannot be kept, no line cut in two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office
from tests.office.test_signs_of_whole_files import INQUIRIES, spells

SOURCE: dict[str, Any] = {"table": "inquiries", "columns": INQUIRIES}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("columns", "faults_count"), [(INQUIRIES, 1), ({**INQUIRIES, "nomor": "Nomor"}, 2)], ids=["alone", "beside another"]
)
def test_a_population_source_that_is_not_there_is_told_beside_other_faults(
    office: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, str], faults_count: int
) -> None:
    write_office(office, spells(9, months=range(1, 13)), {**SOURCE, "columns": columns}, population={"source": "bps"})
    code, out, err = tolok(monkeypatch, "check", "kota", "2025")
    assert code == 2
    assert f"{faults_count} {'mistake' if faults_count == 1 else 'mistakes'} in" in out + err
    assert "population.source 'bps'" in out + err


@pytest.mark.parametrize(("answer", "is_ready"), [("Jawab", True), ("", False)])
def test_a_check_of_which_nothing_can_be_computed_promises_no_run(
    office: Path, monkeypatch: pytest.MonkeyPatch, answer: str, is_ready: bool
) -> None:
    columns = {**INQUIRIES, "responded_at": answer} if answer else {n: c for n, c in INQUIRIES.items() if c != "Jawab"}
    write_office(office, spells(40, months=range(1, 13)), {**SOURCE, "columns": columns})
    code, out, _ = tolok(monkeypatch, "check", "kota", "2025")
    assert code == 0
    assert ("Ready: tolok run kota 2025" in out) is is_ready
    assert ("Nothing can be computed of 2025 yet" in out) is not is_ready


def test_a_line_that_is_piped_is_not_broken(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_office(office, spells(24, months=range(1, 7)), SOURCE)
    assert tolok(monkeypatch, "run", "kota", "2025")[0] == 0
    reasons = json.loads(tolok(monkeypatch, "show", "kota", "2025", "--json")[1])[2]["reasons"]
    shown = tolok(monkeypatch, "show", "kota", "2025")[1].splitlines()
    texts = [f"  - {reason['id']} / {reason['en']}" for reason in reasons]
    assert any(len(text) > 160 for text in texts)
    assert set(texts) <= set(shown)
    monkeypatch.setenv("COLUMNS", "90")
    narrow = tolok(monkeypatch, "show", "kota", "2025")[1].partition("Gudang")[0].splitlines()
    assert max(map(len, narrow)) <= 90


def test_a_run_says_that_it_put_a_raw_file_back(
    office: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_office(office, spells(24, months=range(1, 13)), SOURCE)
    assert tolok(monkeypatch, "run", "kota", "2025")[0] == 0
    (raw,) = [path for path in (office / "home" / "landing" / "objects").glob("*/*") if not path.suffix]
    tolok(monkeypatch, "run", "kota", "2025")
    assert "Mended" not in caplog.text
    raw.chmod(0o600)
    raw.unlink()
    assert tolok(monkeypatch, "run", "kota", "2025")[0] == 0
    assert "data.csv was gone from the landing zone and is there again" in caplog.text


@pytest.mark.parametrize("covers", [None, [{"first_on": "2025-01-01", "last_on": "2025-12-31"}]])
def test_a_year_before_the_first_day_of_every_source_is_not_asked_for(
    office: Path, monkeypatch: pytest.MonkeyPatch, covers: list[dict[str, str]] | None
) -> None:
    source = {**SOURCE, "covers": covers or []}
    write_office(office, spells(24, months=range(1, 13)), source, schedule={"first_month": "2024-01"})
    out = tolok(monkeypatch, "status", "kota")[1]
    assert ("tolok run kota 2024" in out) is (covers is None)
    assert "tolok run kota 2025" in out
