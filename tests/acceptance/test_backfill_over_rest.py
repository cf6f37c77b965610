"""`tolok backfill --airflow` against a stand-in of Airflow's REST API that fails, is away for a while, or refuses."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.cli import main
from testing.cases import SECRET, FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving, status
from tests.acceptance.exports import write_city

RUNS = "/api/v2/dags/kota-uji_monthly/dagRuns"


class FakeAirflow(FakeSystem):
    """Ends each run at once: with success, but for that of a month at fault."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.is_refusing = False

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        body = json.loads(asked.body or "{}")
        if self.is_refusing or (asked.path == "/auth/token" and body["password"] != SECRET):
            return Reply({"detail": "Unauthorized"}, 401)
        if asked.path == "/auth/token":
            return Reply({"access_token": "token"}, 201)
        if asked.method == "POST":
            if body["partition_key"] in self.started:
                return Reply({"detail": "Conflict"}, 409)
            self.started.append(body["partition_key"])
            return Reply({"dag_run_id": body["dag_run_id"]})
        if asked.path == RUNS:
            return Reply({"dag_runs": []})
        return Reply({"state": "failed" if "2024-03" in asked.path else "success"})


@pytest.fixture
def airflow() -> Iterator[Server]:
    with serving(Server(FakeAirflow(), [])) as server:
        yield server


@pytest.fixture
def waited(tmp_path: Path, airflow: Server, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited between tries; the command line finds city and Airflow."""
    write_city(tmp_path / "cities")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    monkeypatch.setenv("AIRFLOW_CONN_TOLOK_AIRFLOW", airflow.url.replace("http://", f"http://admin:{SECRET}@"))
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def backfill(monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of filling four months."""
    monkeypatch.setattr(sys, "argv", ["tolok", "backfill", "kota-uji", "2024-01", "2024-04", "--airflow"])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def started(airflow: Server) -> list[str]:
    assert isinstance(airflow.fake, FakeAirflow)
    return airflow.fake.started


@pytest.mark.usefixtures("waited")
def test_a_run_that_fails_stops_no_other(
    airflow: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backfill(monkeypatch) == 3
    assert started(airflow) == ["2024-01", "2024-02", "2024-03", "2024-04"]
    printed = capsys.readouterr()
    assert "3 periods computed" in printed.out
    assert "2024-03: run tolok__2024-03__1 of kota-uji_monthly failed" in printed.err


def test_an_outage_of_minutes_is_waited_through_and_said(
    airflow: Server, waited: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    airflow.change = lambda _, reply: _during_the_second_month(airflow, reply)
    assert backfill(monkeypatch) == 3
    assert started(airflow) == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert 300 < sum(waited) < 600
    assert "tidak dapat melayani (503)" in caplog.text
    assert "cannot serve just now (503). Try again later. (60 seconds)" in caplog.text


def _during_the_second_month(airflow: Server, reply: Reply) -> Reply:
    if started(airflow) == ["2024-01", "2024-02"] and not airflow.faults:
        airflow.change = None
        airflow.faults = [status(503)] * 12
    return reply


def test_an_outage_that_does_not_end_stops_the_backfill_once_and_says_how_to_go_on(
    airflow: Server, waited: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.is_page = lambda _: len(started(airflow)) == 2
    airflow.change = lambda _, __: Reply({}, 503)
    assert backfill(monkeypatch) == 4
    assert started(airflow) == ["2024-01", "2024-02"]
    assert 500 < sum(waited) < 900
    printed = capsys.readouterr()
    assert "1 period computed" in printed.out
    assert "2 periode belum dicoba; perintah yang sama melanjutkan" in printed.out
    assert "2 periods were not tried; the same command goes on" in printed.out
    assert printed.err.count("Try again later") == 1


def test_an_airflow_that_was_never_there_is_told_within_seconds(
    airflow: Server, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow.faults = [status(503)] * 50
    assert backfill(monkeypatch) == 4
    assert sum(waited) < 10


@pytest.mark.usefixtures("waited")
def test_a_refused_login_is_told_once(
    airflow: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(airflow.fake, FakeAirflow)
    airflow.fake.is_refusing = True
    assert backfill(monkeypatch) == 2
    assert len(airflow.requests) == 1
    assert capsys.readouterr().err.count("refused (401)") == 1
