"""Form, REST, schedule and command line mixed in random orders end as one command over everything does."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError, DataRejected, FileMissing
from pipeline import steps
from pipeline.backfill import Backfill, run_here
from pipeline.backfill import fill as fill_range
from pipeline.progress import SILENT
from pipeline.tables import TABLES
from pipeline.turns import take_turn
from pipeline.warehouse import Warehouse
from tests.acceptance.years_of_exports import write_city

ORDERS = int(os.environ.get("TOLOK_ORDERS", "2"))
CITY, PERIODS = "kota-acak", ("2024-01", "2024-02", "2024-03", "2024")


def by_form(period: str) -> None:
    _as_a_dag_does(partition_key=None, conf={"period": period}, is_year=len(period) == 4)


def by_partition_key(period: str) -> None:
    _as_a_dag_does(partition_key=period, conf={"period": None}, is_year=len(period) == 4)


def by_command(period: str) -> None:
    steps.run(CITY, period)


def by_backfill(period: str) -> None:
    assert all(fault is None for _, fault in Backfill.planned(CITY, period, period).run(SILENT, one=run_here))


# A backfill of a year takes its months too, so that it is no way to do the year alone: it stands last.
WAYS: tuple[Callable[[str], None], ...] = (by_form, by_partition_key, by_command, by_backfill)


def _as_a_dag_does(**run: Any) -> None:
    """Each step alone, as the tasks of a run call them."""
    period = steps.resolve(CITY, **run)
    assert steps.may_start(CITY, period, holder=f"dag {period}", is_active=lambda _: False, due_at=None)
    for source in steps.sources(CITY, period):
        steps.fetch(CITY, source, period)
    for table in TABLES:
        steps.clean(CITY, table, period)
    steps.validate(CITY, period)
    steps.measure(CITY, period)
    steps.store(CITY, period)
    steps.report(CITY, period)
    assert steps.conclude(CITY, period) == period


def _state(home: Path) -> str:
    """All that the warehouse says now, but for the moments of computing."""
    rows = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}").current(CITY, is_whole=True)
    moments = ("computed_at", "run_id")
    return json.dumps([{name: row[name] for name in row if name not in moments} for row in rows], default=str)


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders") / "cities"
    write_city(folder, CITY, zone="Asia/Makassar", first_month="2024-01")
    return folder


@pytest.fixture
def at_home(cities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLOK_CITIES", str(cities))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def in_one_go(cities: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("one go")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_CITIES", str(cities))
        patch.setenv("TOLOK_WAREHOUSE", "")
        patch.setenv("TOLOK_HOME", str(home))
        for period in PERIODS:
            steps.run(CITY, period)
    return _state(home)


@pytest.mark.parametrize("seed", range(ORDERS))
def test_any_order_and_any_way_ends_in_the_same_state_and_one_version(at_home: Path, in_one_go: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 no secret
    order = [*PERIODS, *chance.choices(PERIODS, k=2)]
    chance.shuffle(order)
    for period in order:
        chance.choice(WAYS if len(period) > 4 else WAYS[:-1])(period)
    assert _state(at_home) == in_one_go
    assert {row["version"] for row in json.loads(in_one_go)} == {1}


@pytest.mark.usefixtures("at_home")
def test_what_is_done_is_skipped_until_a_file_or_a_setting_changes(cities: Path) -> None:
    def due() -> tuple[str, ...]:
        return Backfill.planned(CITY, "2024-01", "2024-02").due

    assert due() == ("2024-01", "2024-02")
    by_command("2024-01")
    assert due() == ("2024-02",)
    assert Backfill.planned(CITY, "2024-01", "2024-02", again=True).due == ("2024-01", "2024-02")
    visits = cities / "data" / CITY / "kunjungan-2024.csv"
    kept = visits.read_text("utf-8")
    visits.write_text(kept.replace("2024-01-01,", "2024-01-01,1"), "utf-8")
    assert due() == ("2024-01", "2024-02")
    by_command("2024-01")
    assert due() == ("2024-02",)
    visits.write_text(kept, "utf-8")
    by_command("2024-01")
    yaml = cities / f"{CITY}.yaml"
    settings = yaml.read_text("utf-8")
    yaml.write_text(settings.replace("day: 2", "day: 3"), "utf-8")
    assert due() == ("2024-02",)
    yaml.write_text(f"{settings}final_quarantine_pct: 1\n", "utf-8")
    assert due() == ("2024-01", "2024-02")
    yaml.write_text(settings, "utf-8")


@pytest.mark.usefixtures("at_home")
def test_a_range_from_the_form_goes_past_a_month_at_fault_and_on_from_there(cities: Path) -> None:
    def fill(first: str | None, last: str | None) -> list[str]:
        return fill_range(CITY, form={"first": first, "last": last}, progress=SILENT)

    with pytest.raises(ConfigError, match="does not know city;"):
        fill_range(CITY, form={"first": "2024-12", "last": "2025-01", "city": "kota-lain"}, progress=SILENT)

    with pytest.raises(ConfigError, match="is not known"):
        fill("2024-01", None)
    visits = cities / "data" / CITY / "kunjungan-2024.csv"
    visits.rename(visits.with_suffix(".away"))
    with pytest.raises(FileMissing, match="1 period failed:\\n2024-12: Source 'portal': no file"):
        fill("2024-12", "2025-01")
    visits.with_suffix(".away").rename(visits)
    assert Backfill.planned(CITY, "2024-12", "2025-01").due == ("2024-12",)
    assert fill("2024-12", "2025-01") == ["2024-12", "2025-01"]


@pytest.mark.usefixtures("at_home")
def test_results_never_name_files_that_another_run_fetched_meanwhile(cities: Path) -> None:
    by_command("2024-03")
    visits = cities / "data" / CITY / "kunjungan-2024.csv"
    kept = visits.read_text("utf-8")
    steps.validate(CITY, "2024-03")
    steps.measure(CITY, "2024-03")
    visits.write_text(kept.replace("2024-03-01,", "2024-03-01,9"), "utf-8")
    steps.fetch(CITY, "portal", "2024-03")
    visits.write_text(kept, "utf-8")
    with pytest.raises(DataRejected, match="another run"):
        steps.store(CITY, "2024-03")
    with pytest.raises(DataRejected, match="another run"):
        steps.measure(CITY, "2024-03")


@pytest.mark.usefixtures("at_home")
def test_a_month_without_anything_measured_is_not_announced_unless_declared_empty(cities: Path) -> None:
    yaml = cities / f"{CITY}.yaml"
    settings = yaml.read_text("utf-8")
    yaml.write_text(settings.replace("-{year}.csv", "-2024.csv"), "utf-8")
    steps.run(CITY, "2012-05")
    with pytest.raises(DataRejected, match="nothing could be measured"):
        steps.conclude(CITY, "2012-05")
    declared = settings.replace("-{year}.csv", "-2024.csv").replace("day: 2", "day: 2, empty_months: [2012-05]")
    yaml.write_text(declared, "utf-8")
    assert steps.conclude(CITY, "2012-05") == "2012-05"
    yaml.write_text(settings, "utf-8")


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("holder_is_active", [True, False])
def test_runs_of_a_city_take_turns_and_an_ended_one_keeps_nobody_waiting(holder_is_active: bool) -> None:
    def may_start(holder: str) -> bool:
        return steps.may_start(CITY, "2024-01", holder=holder, is_active=lambda _: holder_is_active, due_at=None)

    assert may_start("first")
    assert may_start("second") != holder_is_active
    assert may_start("first")
    # The form of a range names no period of its own.
    assert steps.may_start(CITY, "", holder="form", is_active=lambda _: False, due_at=None)


@pytest.mark.parametrize(
    "asking",
    [
        # Each month is there when the one before has ended; the year asked before it.
        [(30, "month 2", False), (120, "year", True), (130, "month 2", False)],
        # A year that has not asked for five minutes has lost its place.
        [(300, "month 2", False), (311, "month 2", True), (312, "year", False)],
    ],
)
def test_the_run_that_has_waited_longest_comes_next(tmp_path: Path, asking: list[tuple[int, str, bool]]) -> None:
    start, ended = datetime(2026, 1, 1, tzinfo=UTC), set[str]()
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"

    def asks(seconds: int, holder: str) -> bool:
        now = start + timedelta(seconds=seconds)
        return take_turn(
            tmp_path,
            url,
            CITY,
            holder=holder,
            is_active=lambda one: one not in ended,
            now=now,
        )[0]

    assert [asks(0, "month 1"), asks(10, "year"), asks(20, "month 2")] == [True, False, False]
    ended.add("month 1")
    assert [(seconds, holder, asks(seconds, holder)) for seconds, holder, _ in asking] == asking


@pytest.mark.usefixtures("at_home")
def test_a_year_that_was_due_waits_for_its_own_months_or_its_days(cities: Path) -> None:
    def may_start(due_days_ago: int | None) -> bool:
        due_at = None if due_days_ago is None else datetime.now(UTC) - timedelta(days=due_days_ago)
        return steps.may_start(CITY, "2024", holder="year", is_active=lambda _: False, due_at=due_at)

    yaml = cities / f"{CITY}.yaml"
    settings = yaml.read_text("utf-8")
    assert [may_start(days) for days in (0, 29, 31, None)] == [False, False, True, True]
    yaml.write_text(settings.replace("first_month: 2024-01", "first_month: 2024-11"), "utf-8")
    by_command("2024-11")
    assert not may_start(0)
    by_command("2024-12")
    assert may_start(0)
    yaml.write_text(settings, "utf-8")


@pytest.mark.usefixtures("at_home")
def test_a_run_of_a_city_at_fault_says_so_before_anything_else(cities: Path) -> None:
    yaml = cities / f"{CITY}.yaml"
    settings = yaml.read_text("utf-8")
    yaml.write_text(settings.replace("Asia/Makassar", "Asia/Makasar"), "utf-8")
    with pytest.raises(ConfigError, match="unknown time zone"):
        steps.resolve(CITY, partition_key=None, conf={}, is_year=False)
    yaml.write_text(settings, "utf-8")
