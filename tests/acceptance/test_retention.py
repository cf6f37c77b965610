"""What a city declares to keep no longer goes, once its period is final; values stay, and every command says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.erasing.retention import add_months
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok
from tests.conftest import kept, restored, shared_home

CITY, YEAR = "kota-uji", "2024"
# Outages are final, for their days are declared; inquiries never are.
RETENTION = "retention: {outages: 12, inquiries: 12, visits: forever}\n"


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose year was run before it declared how long anything is kept."""
    with shared_home(tmp_path_factory) as (folder, _):
        write_city(folder / "cities")
        steps.run(CITY, YEAR)
        return kept(folder)


@pytest.fixture
def ran(ran_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That city as it was run."""
    return restored(ran_once, monkeypatch)


def declare(home: Path, text: str = RETENTION) -> None:
    path = home / "cities" / f"{CITY}.yaml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def raw_files(home: Path, text: bytes) -> list[Path]:
    objects = [path for path in (home / "home" / "landing" / "objects").rglob("*") if path.is_file()]
    assert len(objects) > 5
    return [path for path in objects if text in path.read_bytes()]


def warehouse() -> Warehouse:
    return Warehouse(Settings.from_environment().warehouse_url)


def test_raw_files_and_clean_rows_of_a_final_period_go_and_its_value_stays(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = warehouse().history(CITY)
    declare(ran)
    code, out, _ = tolok(monkeypatch, "erase", CITY, "--expired", "--dry-run")
    assert (code, out.count("\n")) == (0, 2)
    assert "Past their time and kept, because their results are not final: inquiries 2024" in out
    assert "1 period and source, 1 raw file, kept for 12 months" in out
    assert raw_files(ran, b"Jaringan")
    assert "Decision 1: erased" in tolok(monkeypatch, "erase", CITY, "--expired")[1]
    assert raw_files(ran, b"Jaringan") == []
    assert raw_files(ran, b"Aplikasi")  # provisional, so it stays
    assert not list((ran / "home" / "clean" / CITY / "outages").glob("*"))
    assert warehouse().history(CITY) == before
    (decision,) = warehouse().erasures(CITY)
    assert (decision["kind"], decision["table_name"], decision["finished_at"] is None) == (
        "retention",
        "outages",
        False,
    )
    assert "Nothing is past its time and final" in tolok(monkeypatch, "erase", CITY, "--expired")[1]


def test_verify_says_expired_by_retention_and_vouches_for_the_rest(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(ran)
    tolok(monkeypatch, "erase", CITY, "--expired")
    code, out, err = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, out.count("sama / same"), out.count("habis / expired\n")) == (0, 3, 1), out + err
    assert "expired by retention (decision 1 on 20" in out
    with make_engine(Settings.from_environment().warehouse_url).begin() as connection:
        connection.exec_driver_sql("UPDATE result SET value = 9 WHERE indicator_id = 'it_downtime'")
    code, out, _ = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, "altered after they were written" in out) == (3, True)


def test_a_run_applies_it_and_an_expired_period_is_not_fetched_again(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(ran)
    code, _, err = tolok(monkeypatch, "run", CITY, YEAR)
    assert (code, "its retention is over" in err) == (3, True)
    assert raw_files(ran, b"Jaringan") == []
    assert steps.periods_done(CITY, [YEAR]) == {YEAR}
    assert steps.run(CITY, "2025")


def test_without_a_declaration_nothing_goes(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = tolok(monkeypatch, "erase", CITY, "--expired")
    assert (code, "declares no retention" in err) == (2, True)
    steps.run(CITY, YEAR)
    assert raw_files(ran, b"Jaringan")
    assert warehouse().erasures() == []


def test_a_file_that_a_period_within_its_time_reads_stays(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps.run(CITY, "2024-05")
    today = datetime.now(UTC).date()
    # Three months after the year's end are still to come, those after May's are over.
    months = 12 * (today.year - 2024) + today.month - 12 + 3
    declare(ran, RETENTION.replace("outages: 12", f"outages: {months}"))
    assert "1 period and source, 0 raw files" in tolok(monkeypatch, "erase", CITY, "--expired")[1]
    assert raw_files(ran, b"Jaringan")
    assert tolok(monkeypatch, "verify", CITY, YEAR)[1].count("sama / same") == 4
    assert "expired by retention" in tolok(monkeypatch, "verify", CITY, "2024-05")[1]


@pytest.mark.parametrize(
    ("day", "count", "later"),
    [
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 12, 31), 14, date(2025, 2, 28)),
        (date(2024, 11, 30), 1, date(2024, 12, 30)),
    ],
)
def test_months_are_added_to_the_last_day_of_the_period(day: date, count: int, later: date) -> None:
    assert add_months(day, count) == later
