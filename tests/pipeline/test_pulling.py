"""Pulling a period from a system into the landing zone: nothing lost to time, crashes or company."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from connectors.connection import variable_of
from connectors.errors import ConfigError, SourceUnavailable
from pipeline import pulling
from pipeline.check import check_city
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.coverage import Coverage
from pipeline.landing import Manifest, manifest_path
from pipeline.periods import Period
from pipeline.terms import covered_days
from testing.cases import SECRET, ZONE, Record, local, spread
from testing.clean_tables import clean_in_memory
from testing.connector_suite import QUICK
from testing.fake_server import Server, passing, serving, status
from testing.stand_in import DeclaredSystem

JANUARY = Period(2025, 1)
LATER = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(pulling, "LIMITS", QUICK)
    with serving(Server(DeclaredSystem("zammad"), spread(250))) as running:
        monkeypatch.setenv(variable_of("meja"), json.dumps({"host": running.url, "password": SECRET}))
        yield running


def city(**options: object) -> City:
    source = {"system": "zammad", "connection": "meja", "allow": ["private_addresses", "plain_http"]}
    raw = {"city": "kota-uji", "name": "Kota Uji", "zone": ZONE.key, "region_codes": {"bps": "9971"}}
    return City.model_validate({**raw, "sources": with_presets({"meja": {**source, "options": options}})})


def pull(home: Path, period: Period = JANUARY, *, now: datetime = LATER, of: City | None = None) -> Manifest:
    return pulling.pull(home, city=of or city(), source_name="meja", period=period, now=now)


def tickets(home: Path, manifest: Manifest) -> list[str]:
    frame = clean_in_memory(home, city=city(), table_name="inquiries", manifests=[manifest]).frame
    return sorted(frame.loc[frame["excluded_by"].isna() & frame["quarantine_reason"].isna(), "inquiry_id"])


def test_a_month_the_system_has_purged_stays_as_it_was_landed(server: Server, tmp_path: Path) -> None:
    february = datetime(2025, 2, 2, tzinfo=UTC)
    whole = pull(tmp_path, now=february, of=city(keeps_days="400"))
    server.records = server.records[200:]
    kept = pull(tmp_path, now=february, of=city(keeps_days="10"))
    assert set(whole.files) < set(kept.files)
    assert kept.covers == whole.covers
    assert len(tickets(tmp_path, kept)) == 250


def test_days_pulled_one_after_another_add_up_to_what_a_forgetful_system_never_held_at_once(
    server: Server, tmp_path: Path
) -> None:
    everything = server.records
    for day in (8, 16, 24, 32):
        now = local("2025-01-01 00:00").astimezone(UTC) + timedelta(days=day - 1)
        server.records = [r for r in everything if now - timedelta(days=10) <= r.at < now]
        manifest = pull(tmp_path, now=now, of=city(keeps_days="10"))
    assert manifest.covers.texts == (("2025-01-01", "2025-01-31"),)
    assert manifest.notes == ()
    assert len(tickets(tmp_path, manifest)) == 250


def test_days_nobody_pulled_in_time_stay_a_gap_that_is_named(server: Server, tmp_path: Path) -> None:
    for day in (8, 29):
        now = local("2025-01-01 00:00").astimezone(UTC) + timedelta(days=day - 1)
        manifest = pull(tmp_path, now=now, of=city(keeps_days="10"))
    assert manifest.covers.texts == (("2025-01-01", "2025-01-07"), ("2025-01-19", "2025-01-28"))
    assert server.requests


def test_a_month_purged_before_it_was_landed_is_named_and_covers_nothing(server: Server, tmp_path: Path) -> None:
    manifest = pull(tmp_path, of=city(keeps_days="30"))
    assert (manifest.files, manifest.covers) == ((), Coverage())
    assert "holds data only from" in manifest.notes[0]
    assert server.requests == []
    covered = covered_days(city(), table_name="inquiries", period=JANUARY, manifests=[manifest])
    assert covered == Coverage()


def test_a_running_month_covers_the_days_that_have_ended(server: Server, tmp_path: Path) -> None:
    now = local("2025-01-20 15:00").astimezone(UTC)
    server.records = [record for record in server.records if record.at < now]
    assert pull(tmp_path, now=now).covers.texts == (("2025-01-01", "2025-01-19"),)


@pytest.mark.usefixtures("server")
def test_a_year_leaves_out_months_to_come(tmp_path: Path) -> None:
    manifest = pull(tmp_path, Period(2025), now=local("2025-02-10 00:00").astimezone(UTC))
    assert manifest.covers.texts == (("2025-01-01", "2025-02-09"),)
    assert len(tickets(tmp_path, manifest)) == 250
    assert manifest_path(tmp_path, "kota-uji", "meja", JANUARY).is_file()


def test_a_ticket_answered_after_the_first_pull_counts_as_answered(server: Server, tmp_path: Path) -> None:
    server.records = [Record("7", local("2025-01-31 10:00"))]
    pull(tmp_path, now=local("2025-02-01 00:00").astimezone(UTC))
    server.records = [Record("7", local("2025-01-31 10:00"), local("2025-02-03 10:00"))]
    manifest = pull(tmp_path)
    frame = clean_in_memory(tmp_path, city=city(), table_name="inquiries", manifests=[manifest]).frame
    assert frame["responded_at"].tolist() == [local("2025-02-03 10:00")]


def test_an_answer_kept_before_other_settings_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.faults = [passing, status(500), status(500), status(500)]
    with pytest.raises(SourceUnavailable):
        pull(tmp_path)
    server.requests.clear()
    pull(tmp_path, of=city(values={"lain": "1"}))
    assert server.requests[0].params["page"] == "1"


def test_answers_of_a_pull_broken_off_long_ago_are_asked_again(server: Server, tmp_path: Path) -> None:
    server.faults = [passing, status(500), status(500), status(500)]
    with pytest.raises(SourceUnavailable):
        pull(tmp_path)
    server.requests.clear()
    pull(tmp_path, now=datetime.now(UTC) + timedelta(hours=13))
    assert server.requests[0].params["page"] == "1"


def test_a_pull_killed_between_two_pages_goes_on_with_the_second(server: Server, tmp_path: Path) -> None:
    def stall(_: BaseHTTPRequestHandler) -> bool:
        time.sleep(5)
        return True

    server.faults = [passing, stall]
    child = multiprocessing.get_context("fork").Process(target=pull, args=(tmp_path,))
    child.start()
    deadline = time.monotonic() + 20
    while len(server.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join(10)
    assert not manifest_path(tmp_path, "kota-uji", "meja", JANUARY).is_file()
    server.faults, server.requests = [], []
    manifest = pull(tmp_path, now=datetime.now(UTC))
    assert server.requests[0].params["page"] == "2"
    assert len(tickets(tmp_path, manifest)) == 250


@pytest.mark.usefixtures("server")
def test_two_pulls_at_once_land_the_same(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=pull, args=(tmp_path,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    assert len(tickets(tmp_path, pull(tmp_path))) == 250


def test_what_was_pulled_is_for_this_account_alone(server: Server, tmp_path: Path) -> None:
    pull(tmp_path)
    assert (tmp_path / "landing").stat().st_mode & 0o077 == 0
    assert server.requests


def test_check_says_what_the_system_holds_and_what_its_rows_become(server: Server, tmp_path: Path) -> None:
    (finding, *_) = check_city(city(keeps_days="100000"), period=JANUARY, is_quick=True)
    assert finding.error is None
    assert "terhubung dan berizin" in finding.line
    assert "pull 2025-01 before 2298-10-17" in finding.line
    assert "inquiry_id=1000" in finding.details[0]
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_check_names_what_no_source_gives(server: Server) -> None:
    whole = city()
    bare = {name: column for name, column in whole.sources["meja"].columns.items() if name != "responded_at"}
    source = whole.sources["meja"].model_copy(update={"columns": bare})
    lines = [
        f.line
        for f in check_city(whole.model_copy(update={"sources": {"meja": source}}), period=JANUARY, is_quick=True)
    ]
    assert any("inquiries.responded_at" in line and "follow-up log" in line for line in lines)
    assert any(line.startswith("- outages: tidak ada sumber") for line in lines)
    assert server.requests


def test_check_says_that_a_token_is_refused_without_showing_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of("meja"), json.dumps({"host": server.url, "password": "kedaluwarsa-99"}))
    (finding, *_) = check_city(city(), period=JANUARY, is_quick=True)
    assert isinstance(finding.error, ConfigError)
    assert "401" in finding.line
    assert "kedaluwarsa-99" not in finding.line


def test_a_secret_in_the_yaml_is_refused() -> None:
    with pytest.raises(ValueError, match="rahasia tidak ditulis di YAML"):
        city(params={"api_key": "abc123"})


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(ValueError, match=r"options\.paging\.sise"):
        city(paging={"style": "page", "sise": "10", "size": "10"})


def test_open_tickets_do_not_make_a_new_fingerprint_by_being_pulled_again(server: Server, tmp_path: Path) -> None:
    server.records = [replace(record, ended_at=None) for record in server.records]
    first = pull(tmp_path)
    assert pull(tmp_path).files == first.files
