"""Past periods are filled months before years; a killed backfill resumes and ends as one clean run would."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline import steps
from pipeline.backfill import Backfill, run_here
from pipeline.indicators.base import Result
from pipeline.indicators.definition import definitions
from pipeline.progress import SILENT, Progress
from pipeline.steps import storing
from pipeline.warehouse import Warehouse
from pipeline.work import Work
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok

BACKFILL = [sys.executable, "-c", "from pipeline.cli import main; main()", "backfill", "kota-uji", "2024-02", "2024-06"]


def results(home: Path) -> list[dict[str, Any]]:
    return Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}").current("kota-uji")


def environment(folder: Path, name: str) -> dict[str, str]:
    return os.environ | {
        "TOLOK_HOME": str(folder / name),
        "TOLOK_CITIES": str(folder / "cities"),
        "TOLOK_WAREHOUSE": "",
    }


def test_a_backfill_killed_half_way_and_resumed_equals_one_clean_run(tmp_path: Path) -> None:
    write_city(tmp_path / "cities")
    killed = subprocess.Popen(BACKFILL, env=environment(tmp_path, "killed"), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and killed.poll() is None:
        database = tmp_path / "killed" / "warehouse.sqlite"
        if database.is_file() and len(_periods(tmp_path / "killed")) >= 2:
            break
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    done = _periods(tmp_path / "killed")
    assert 2 <= len(done) < 5, "killed too early or too late to prove anything"
    resumed = subprocess.run(BACKFILL, env=environment(tmp_path, "killed"), capture_output=True, text=True, check=False)
    clean = subprocess.run(BACKFILL, env=environment(tmp_path, "clean"), capture_output=True, text=True, check=False)
    assert (resumed.returncode, clean.returncode) == (0, 0), resumed.stderr + clean.stderr
    # The last of them may have been stored and not shown.
    assert any(f"{count} skipped" in resumed.stdout for count in (len(done) - 1, len(done))), resumed.stdout
    assert json.dumps(results(tmp_path / "killed")) == json.dumps(results(tmp_path / "clean"))
    assert {row["version"] for row in results(tmp_path / "killed")} == {1}
    assert len(results(tmp_path / "killed")) == 5 * len(definitions())


def test_a_period_that_was_stored_and_not_shown_is_due_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    with monkeypatch.context() as broken_off:
        broken_off.setattr("pipeline.report.page.write_page", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            steps.run("kota-uji", "2024-03")
    page = home / "home" / "reports" / "kota-uji" / "2024-03.html"
    assert (len(results(home / "home")), page.exists()) == (len(definitions()), False)
    assert Backfill.planned("kota-uji", "2024-03", "2024-03").due == ("2024-03",)
    assert tolok(monkeypatch, "backfill", "kota-uji", "2024-03", "2024-03")[0] == 0
    assert page.exists()
    assert Backfill.planned("kota-uji", "2024-03", "2024-03").due == ()


def test_what_was_not_judged_again_beside_a_stored_period_is_by_its_next_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    for month in ("2024-02", "2024-03", "2025-02"):
        steps.run("kota-uji", month)
    with (home / "cities" / "data" / "pengaduan.csv").open("a", encoding="utf-8") as file:
        file.write("900;Aplikasi;3 Peb 2024 08:00;3 Peb 2024 09:00;Warga\n")
    with monkeypatch.context() as broken_off:
        broken_off.setattr(storing, "judged", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            steps.run("kota-uji", "2024-02")
    periods, judged = list[str](), storing.judged

    def noted(work: Work, computed: list[Result], **given: Any) -> Any:
        periods.append(work.period.label)
        return judged(work, computed, **given)

    monkeypatch.setattr(storing, "judged", noted)
    steps.run("kota-uji", "2024-02")
    assert periods == ["2024-03", "2025-02"]
    steps.run("kota-uji", "2024-02")
    assert len(periods) == 2


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_backfill_runs_again_what_was_altered(tmp_path: Path) -> None:
    write_city(tmp_path / "cities")
    command = [*BACKFILL[:-2], "2024-03", "2024-04"]
    where = environment(tmp_path, "altered")
    assert subprocess.run(command, env=where, capture_output=True, check=False).returncode == 0
    before = results(tmp_path / "altered")
    with sqlite3.connect(tmp_path / "altered" / "warehouse.sqlite") as connection:
        connection.execute(
            "UPDATE result SET coverage_pct = 1 WHERE period = '2024-03' AND indicator_id = 'it_downtime'"
        )
    again = subprocess.run(command, env=where, capture_output=True, text=True, check=False)
    assert "1 skipped" in again.stdout, again.stdout + again.stderr
    after = results(tmp_path / "altered")
    versions = {(row["period"], row["indicator"]): row["version"] for row in after}
    assert {key for key, version in versions.items() if version == 2} == {("2024-03", "it_downtime")}
    assert [row["value"] for row in after] == [row["value"] for row in before]


def _periods(home: Path) -> set[str]:
    """Periods with results; none while the tables are still being made."""
    try:
        with sqlite3.connect(home / "warehouse.sqlite") as connection:
            return {period for (period,) in connection.execute("SELECT DISTINCT period FROM result")}
    except sqlite3.OperationalError:
        return set()


@pytest.mark.parametrize("again", [False, True])
def test_what_another_run_has_done_since_it_began_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    for name, value in environment(tmp_path, "beside").items():
        monkeypatch.setenv(name, value)
    write_city(tmp_path / "cities")
    began: list[str] = []

    def one(city: str, period: str, *, progress: Progress) -> None:
        began.append(period)
        for label in ("2024-02", "2024-03"):
            run_here(city, label, progress=progress)

    planned = Backfill.planned("kota-uji", "2024-02", "2024-04", again=again)
    assert [fault for _, fault in planned.run(SILENT, one=one)] == [None] * 3
    assert began == (["2024-02", "2024-03", "2024-04"] if again else ["2024-02", "2024-04"])


def test_a_range_that_ends_after_today_is_refused_and_months_to_come_are_left_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date()
    for last in (str(today.year + 1), f"{today.year + 1}-02"):
        code, _, err = tolok(monkeypatch, "backfill", "kota-uji", last)
        assert (code, f"{last} has not begun" in err) == (2, True)
    due = Backfill.planned("kota-uji", str(today.year), str(today.year), again=True).due
    assert due == (*(f"{today.year}-{month:02d}" for month in range(1, today.month + 1)), str(today.year))
    assert (f"left out: {today.year}-12" in caplog.text) is (today.month == 11)


@pytest.mark.parametrize("command", [("backfill", "2025-05", "2025-06"), ("run", "2025", "2025"), ("show", "2025-05")])
@pytest.mark.usefixtures("home")
def test_a_period_without_its_city_is_told_as_that(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = tolok(monkeypatch, *command)
    assert (code, "the city is not written" in err, "init" in err) == (2, True, False)
