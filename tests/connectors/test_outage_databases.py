"""Uptime Kuma and Icinga DB read from their own tables: the standard suite, and what real servers recorded."""

from __future__ import annotations

import csv
import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import psycopg
import pytest

from connectors.connection import variable_of
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.periods import Period
from testing.cases import PERSON, ZONE, Case, FakeDatabase, Record
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite
from tests.conftest import REAL_DATA, needs_real_data

RECORDED = REAL_DATA / "servers"
LATER = datetime(2027, 1, 1, tzinfo=UTC)


class Kuma(FakeDatabase):
    """The two tables that are read, as Uptime Kuma 2 declares them."""

    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:
        beats = [beat for monitor_id, record in enumerate(records, 1) for beat in self._beats(record, monitor_id)]
        return self.fill_beats(folder, beats)

    def fill_beats(self, folder: Path, beats: Sequence[tuple[int, int, int, str]]) -> Mapping[str, object]:
        path = folder / "kuma.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("create table monitor (id integer primary key, name varchar(150), type varchar(20))")
            database.execute(
                "create table heartbeat (id integer primary key, important boolean not null, monitor_id integer not "
                "null, status smallint not null, msg text, time datetime not null)"
            )
            monitors = {monitor_id for _, monitor_id, _, _ in beats}
            database.executemany("insert into monitor values (?, 'Portal', 'http')", [(one,) for one in monitors - {0}])
            database.execute("insert into monitor values (0, 'Semua', 'group')")
            insert = "insert into heartbeat (important, monitor_id, status, msg, time) values (?, ?, ?, ?, ?)"
            for important, monitor_id, status, time in sorted(beats, key=lambda beat: beat[3]):
                database.execute(insert, (important, monitor_id, status, PERSON, time))
        return {"conn_type": "sqlite", "host": str(folder), "schema": "kuma.db"}

    def _beats(self, record: Record, monitor_id: int) -> list[tuple[int, int, int, str]]:
        beats = [(1, 0, 0, self._text(record.at)), (1, monitor_id, 0, self._text(record.at))]
        beats.append((0, monitor_id, 0, self._text(record.at).replace(".000", ".500")))
        return beats + ([(1, monitor_id, 1, self._text(record.ended_at))] if record.ended_at else [])

    def _text(self, moment: datetime) -> str:
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000")


class IcingaDb(FakeDatabase):
    """The four tables that are read, with columns and kinds of Icinga DB's own schema."""

    def __init__(self) -> None:
        self.url = ""

    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:  # noqa: ARG002
        ids = [f"s{number}".encode() for number in range(len(records))]
        states = [(one, _ms(record.at), 2) for one, record in zip(ids, records, strict=True)]
        ended = [(one, record.ended_at) for one, record in zip(ids, records, strict=True) if record.ended_at]
        return self.fill_states([*states, *((one, _ms(at), 0) for one, at in ended)], [])

    def fill_states(
        self,
        states: Sequence[tuple[bytes | None, int, int]],
        downtimes: Sequence[tuple[int, int, str, int]],
        downtime_of: bytes | None = b"s",
    ) -> Mapping[str, object]:
        name = f"i{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        with psycopg.connect(self.url.removesuffix("postgres") + name, autocommit=True) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "create type checkable_type as enum ('host', 'service'); create type boolenum as enum ('n', 'y')"
            )
            cursor.execute("create table host (id bytea, name text); create table service (id bytea, name text)")
            cursor.execute(
                "create table state_history (object_type checkable_type, host_id bytea, service_id bytea, "
                "event_time bigint, soft_state smallint, output text)"
            )
            cursor.execute(
                "create table downtime_history (host_id bytea, service_id bytea, start_time bigint, end_time bigint, "
                "has_been_cancelled boolenum, cancel_time bigint, author text)"
            )
            cursor.execute("insert into host values ('h', 'portal')")
            services = {service_id for service_id, _, _ in states if service_id}
            cursor.executemany("insert into service values (%s, 'http')", [(one,) for one in services])
            for service_id, at, state in states:
                kind = "service" if service_id else "host"
                row = (kind, b"h", service_id, at, state, PERSON)
                cursor.execute("insert into state_history values (%s, %s, %s, %s, %s, %s)", row)
            for start, end, cancelled, cancel_at in downtimes:
                row = (b"h", downtime_of, start, end, cancelled, cancel_at, PERSON)
                cursor.execute("insert into downtime_history values (%s, %s, %s, %s, %s, %s, %s)", row)
        parts = urlsplit(self.url)
        return {
            "conn_type": "postgres",
            "host": parts.hostname,
            "port": parts.port,
            "login": parts.username,
            "schema": name,
        }


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


KUMA, ICINGA = Kuma(), IcingaDb()


class TestUptimeKuma(ConnectorSuite):
    CASE = Case("uptime_kuma", {"system": "uptime_kuma"}, KUMA)


class TestIcingaDb(ConnectorSuite):
    CASE = Case("icinga_db", {"system": "icinga_db"}, ICINGA)

    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str) -> None:
        ICINGA.url = postgres_url


def read(system: str, named: Mapping[str, object], home: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The sound outages of November 2026."""
    monkeypatch.setenv(variable_of("pantau"), json.dumps(named))
    raw: dict[str, Any] = {"city": "x", "name": "X", "zone": ZONE.key, "region_codes": {"bps": "9971"}}
    sources = with_presets({"pantau": {"system": system, "connection": "pantau", "allow": ["private_addresses"]}})
    city = City.model_validate({**raw, "sources": sources})
    manifest = pulling.pull(home, city=city, source_name="pantau", period=Period(2026, 11), now=LATER)
    return clean_in_memory(home, city=city, table_name="outages", manifests=[manifest]).frame


@needs_real_data
def test_a_real_kuma_s_heartbeats_are_one_outage_of_forty_seconds_and_one_still_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = json.loads((RECORDED / "uptimekuma2_heartbeat.json").read_text())
    assert len(beats) == 43
    named = KUMA.fill_beats(tmp_path, [(b["important"], b["monitor_id"], b["status"], b["time"]) for b in beats])
    frame = read("uptime_kuma", named, tmp_path / "home", monkeypatch)
    assert frame["started_at"].tolist() == [
        pd.Timestamp("2026-11-23 18:31:16.009", tz="UTC"),
        pd.Timestamp("2026-11-23 18:32:16.069", tz="UTC"),
    ]
    assert frame["ended_at"].iloc[0] == pd.Timestamp("2026-11-23 18:31:56.038", tz="UTC")
    assert frame["ended_at"].isna().tolist() == [False, True]
    assert frame["is_planned"].tolist() == [False, False]


def test_maintenance_in_kuma_is_planned_downtime_until_the_monitor_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = [
        (1, 1, 3, "2026-11-01 01:00:00.000"),
        (1, 1, 0, "2026-11-01 02:00:00.000"),
        (1, 1, 1, "2026-11-01 02:30:00.000"),
    ]
    frame = read("uptime_kuma", KUMA.fill_beats(tmp_path, beats), tmp_path / "home", monkeypatch)
    minutes = (frame["ended_at"] - frame["started_at"]).dt.total_seconds() / 60
    assert list(zip(frame["is_planned"], minutes, strict=True)) == [(True, 60), (False, 30)]


@needs_real_data
def test_a_real_icinga_s_states_are_two_outages_one_of_them_in_a_downtime(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ICINGA.url = postgres_url
    states = list(csv.DictReader((RECORDED / "icingadb_state_history.csv").open()))
    downtimes = list(csv.DictReader((RECORDED / "icingadb_downtime_history.csv").open()))
    assert {state["previous_hard_state"] for state in states} > {"99"}
    named = ICINGA.fill_states(
        [(b"s", int(state["event_time"]), int(state["soft_state"])) for state in states],
        [(int(d["start_time"]), int(d["end_time"]), d["has_been_cancelled"], int(d["cancel_time"])) for d in downtimes],
    )
    frame = read("icinga_db", named, tmp_path / "home", monkeypatch)
    seconds = (frame["ended_at"] - frame["started_at"]).dt.total_seconds()
    assert list(zip(frame["component"], frame["is_planned"], seconds.round(3), strict=True)) == [
        ("portal http", False, 5.052),
        ("portal http", True, 3.044),
    ]


@pytest.mark.parametrize(
    ("cancelled", "cancel_at", "is_planned"), [("n", 0, True), ("y", 500, False), ("y", 1500, True)]
)
def test_a_cancelled_downtime_ends_when_it_was_cancelled(
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cancelled: str,
    cancel_at: int,
    is_planned: bool,
) -> None:
    ICINGA.url = postgres_url
    base = _ms(datetime(2026, 11, 5, tzinfo=UTC))
    states = [(b"s", base + 1000, 2), (b"s", base + 9000, 0)]
    named = ICINGA.fill_states(states, [(base, base + 8000, cancelled, base + cancel_at)])
    assert read("icinga_db", named, tmp_path / "home", monkeypatch)["is_planned"].tolist() == [is_planned]


@pytest.mark.parametrize(("downtime_of", "is_planned"), [(b"s", True), (None, True), (b"other", False)])
def test_a_downtime_of_the_host_is_one_of_its_services_too(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downtime_of: bytes | None, is_planned: bool
) -> None:
    ICINGA.url = postgres_url
    base = _ms(datetime(2026, 11, 5, tzinfo=UTC))
    states = [(b"s", base + 1000, 2), (b"s", base + 9000, 0)]
    named = ICINGA.fill_states(states, [(base, base + 8000, "n", 0)], downtime_of)
    assert read("icinga_db", named, tmp_path / "home", monkeypatch)["is_planned"].tolist() == [is_planned]


def test_a_warning_or_a_second_alarm_in_icinga_makes_no_outage_of_its_own(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ICINGA.url = postgres_url
    base = _ms(datetime(2026, 11, 5, tzinfo=UTC))
    soft = [(0, 0), (60, 2), (120, 2), (180, 1), (240, 3), (300, 0)]
    states: list[tuple[bytes | None, int, int]] = [(b"s", base + 1000 * at, state) for at, state in soft]
    states += [(None, base, 0), (None, base + 30_000, 1), (None, base + 90_000, 0)]
    frame = read("icinga_db", ICINGA.fill_states(states, []), tmp_path / "home", monkeypatch)
    seconds = (frame["ended_at"] - frame["started_at"]).dt.total_seconds()
    assert sorted(zip(frame["component"], seconds, strict=True)) == [("portal", 60), ("portal http", 120)]
