"""CKAN's page tracking in a real PostgreSQL: visits made there, visitors' keys left there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest

from testing.cases import PERSON, ZONE, Case, FakeDatabase, Record
from testing.connector_suite import ConnectorSuite

Hit = tuple[str, str, str]


class Ckan(FakeDatabase):
    """`tracking_raw` as CKAN makes it, on a clock of the server's own."""

    def __init__(self) -> None:
        self.url = ""
        self.zone = ZONE
        self.hits: Sequence[Hit] = ()

    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:  # noqa: ARG002
        name = f"c{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        parts = urlsplit(self.url)
        rows = [(f"{PERSON} {r.record_id}", "/dataset", "page", self._clock(r.at)) for r in records]
        rows += [(key, "/dataset", kind, self._clock(_at(text))) for key, kind, text in self.hits]
        with psycopg.connect(self.url.removesuffix("postgres") + name, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE tracking_raw (user_key varchar(100) NOT NULL, url text NOT NULL, "
                "tracking_type varchar(10) NOT NULL, access_timestamp timestamp DEFAULT current_timestamp)"
            )
            connection.cursor().executemany("INSERT INTO tracking_raw VALUES (%s, %s, %s, %s)", rows)
        return {
            "conn_type": "postgres",
            "host": parts.hostname,
            "port": parts.port,
            "login": parts.username,
            "schema": name,
        }

    def _clock(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


CKAN = Ckan()


class TestCkanTracking(ConnectorSuite):
    CASE = Case("ckan_tracking", {"system": "ckan_tracking"}, CKAN)

    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(CKAN, "url", postgres_url)
        monkeypatch.setattr(CKAN, "zone", ZONE)
        monkeypatch.setattr(CKAN, "hits", ())

    @pytest.mark.parametrize(
        ("texts", "visits"),
        [
            (["2025-01-10 08:00:00", "2025-01-10 08:30:00"], {"2025-01-10": 1}),
            (["2025-01-10 08:00:00", "2025-01-10 08:30:01"], {"2025-01-10": 2}),
            (["2025-01-10 08:00:00", "2025-01-10 08:20:00", "2025-01-10 08:40:00"], {"2025-01-10": 1}),
            (["2025-01-10 23:50:00", "2025-01-11 00:05:00"], {"2025-01-10": 1, "2025-01-11": 1}),
        ],
    )
    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "UTC"])
    def test_a_visit_ends_after_half_an_hour_of_silence_and_at_local_midnight(
        self, home: Path, texts: Sequence[str], visits: Mapping[str, int], zone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(CKAN, "zone", ZoneInfo(zone))
        monkeypatch.setattr(CKAN, "hits", [("kunci", "page", text) for text in texts])
        assert self._read(home, monkeypatch, zone=zone) == visits

    def test_downloads_are_no_visits_and_two_keys_are_two_visitors(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = "2025-01-10 08:00:00"
        monkeypatch.setattr(CKAN, "hits", [("a", "page", at), ("b", "page", at), ("c", "resource", at)])
        assert self._read(home, monkeypatch) == {"2025-01-10": 2}

    def test_a_day_that_is_not_over_has_no_row(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(self, "NOW", _at("2025-01-20 09:00"))
        monkeypatch.setattr(CKAN, "hits", [("a", "page", "2025-01-19 08:00"), ("a", "page", "2025-01-20 08:00")])
        assert self._read(home, monkeypatch) == {"2025-01-19": 1}

    def test_no_visitors_key_leaves_the_database(self, home: Path) -> None:
        records = [Record(str(n), _at("2025-01-10 08:00") + timedelta(hours=n)) for n in range(3)]
        with self.reading(home, records) as read:
            assert read("2025-01") == {"2025-01-10": 3}
        assert not [path for path in home.rglob("*") if path.is_file() and PERSON.encode() in path.read_bytes()]

    def _read(self, home: Path, monkeypatch: pytest.MonkeyPatch, zone: str = "Asia/Jakarta") -> dict[str, int]:
        settings: dict[str, Any] = {"system": "ckan_tracking", "options": {"zone": zone}}
        monkeypatch.setattr(type(self), "CASE", replace(self.CASE, settings=settings))
        with self.reading(home, []) as read:
            return read("2025-01")
