"""Google Analytics 4 by its Data API: a signed login at a second host, pages, totals, and Google's reservations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jwt
import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.connection import Connection
from connectors.errors import ConfigError, DataRejected, SourceChanged
from connectors.ga4_api import Ga4Api
from connectors.http import HttpClient, Request
from testing.cases import SECRET, ZONE, Case, FakeSystem, ReceivedRequest, Record, Reply
from testing.connector_suite import QUICK, ConnectorSuite
from testing.fake_server import Server, serving

ACCOUNT = "tolok@kota-uji.iam.gserviceaccount.com"
METADATA = {"currencyCode": "IDR", "timeZone": "Asia/Jakarta"}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private_pem() -> str:
    form = serialization.PrivateFormat.PKCS8
    return _key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


class Ga4(FakeSystem):
    """Google's token endpoint and runReport, on one host."""

    def __init__(self) -> None:
        extra = {"client_email": ACCOUNT, "private_key": _private_pem().replace("\n", "\\n"), "token_uri": "token"}
        self.connection: Mapping[str, object] = MappingProxyType({"extra": extra})

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        if asked.path == "/token":
            claims = jwt.decode(asked.form["assertion"], _key().public_key(), algorithms=["RS256"], audience="token")
            assert claims["iss"] == ACCOUNT
            assert claims["scope"].endswith("analytics.readonly")
            return Reply({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"})
        assert asked.path == "/v1beta/properties/123:runReport"
        if asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Reply({"error": {"status": "UNAUTHENTICATED"}}, 401)
        body = asked.document
        wanted = body["dateRanges"][0]
        days = pd.Series([str(record.at.astimezone(ZONE).date()) for record in records], dtype=object)
        counts = days[days.between(wanted["startDate"], wanted["endDate"])].value_counts().sort_index()
        if not body["dimensions"]:
            return Reply({"rows": [_row([], int(counts.sum()))], "rowCount": 1, "metadata": METADATA})
        rows = [_row([day.replace("-", "")], int(count)) for day, count in counts.items()]
        start, size = int(body["offset"]), int(body["limit"])
        page = rows[start : start + size]
        return Reply({**({"rows": page, "rowCount": len(rows)} if rows else {}), "metadata": METADATA})


def _row(dimensions: Sequence[str], value: int) -> dict[str, object]:
    return {"dimensionValues": [{"value": d} for d in dimensions], "metricValues": [{"value": str(value)}]}


class TestGa4Api(ConnectorSuite):
    CASE = Case("ga4_api", {"system": "ga4_api", "options": {"property": "123", "page_size": "5"}}, Ga4(), page_size=5)

    @pytest.mark.parametrize(
        ("flags", "lack"),
        [
            ({"subjectToThresholding": True}, "thresholding"),
            ({"dataLossFromOtherRow": True}, "other_row"),
            ({"samplingMetadatas": [{"samplesReadCount": "9", "samplingSpaceSize": "99"}]}, "sampling"),
        ],
    )
    def test_data_google_has_reservations_about_are_refused_unless_accepted(
        self, home: Path, flags: Mapping[str, Any], lack: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = _with_metadata(flags)
            with pytest.raises(DataRejected, match=lack):
                read("2025-01")
        self._set_options(monkeypatch, accept=[lack])
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = _with_metadata(flags)
            assert read("2025-01") == {"2025-01-10": 1}
        assert any(lack in note for note in self.manifest.notes)

    def test_a_property_on_another_clock_is_refused_unless_allowed(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = _with_metadata({"timeZone": "America/Los_Angeles"})
            with pytest.raises(ConfigError, match="may_differ_in_zone"):
                read("2025-01")
        self._set_options(monkeypatch, may_differ_in_zone="true")
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = _with_metadata({"timeZone": "America/Los_Angeles"})
            assert read("2025-01") == {"2025-01-10": 1}
        assert any("America/Los_Angeles" in note for note in self.manifest.notes)

    @pytest.mark.parametrize(("total", "is_noted"), [(100, False), (102, False), (103, True)])
    def test_days_that_do_not_add_up_to_the_total_are_noted(self, home: Path, total: int, is_noted: bool) -> None:
        def change(asked: ReceivedRequest, reply: Reply) -> Reply:
            is_total = asked.path != "/token" and not asked.document["dimensions"]
            return Reply({"rows": [_row([], total)], "rowCount": 1, "metadata": METADATA}) if is_total else reply

        with self.served(home, [_visit("2025-01-10 08:00")] * 100) as (server, read):
            server.change = change
            assert read("2025-01") == {"2025-01-10": 100}
        assert any("more than 2 %" in note for note in self.manifest.notes) == is_noted
        assert [file.name for file in self.manifest.files if file.name.endswith("-total.json")]

    def test_only_complete_days_are_asked_for(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(self, "NOW", pd.Timestamp("2025-01-20 09:00+07:00").to_pydatetime())
        with self.served(home, [_visit("2025-01-19 08:00"), _visit("2025-01-20 08:00")]) as (_, read):
            assert read("2025-01") == {"2025-01-19": 1}

    def test_an_answer_of_another_form_is_refused(self, home: Path) -> None:
        with self.served(home, []) as (server, read):
            server.change = lambda asked, reply: reply if asked.path == "/token" else Reply({"rows": [{"a": 1}]})
            with pytest.raises(SourceChanged):
                read("2025-01")

    @pytest.mark.parametrize("extra", [{}, {"client_email": "a", "private_key": "rusak", "token_uri": "token"}])
    def test_a_service_account_that_cannot_be_used_is_named(
        self, home: Path, extra: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(self.CASE.fake, "connection", {"extra": extra})
        with self.served(home, []) as (_, read), pytest.raises(ConfigError, match="private_key") as caught:
            read("2025-01")
        assert "rusak" not in str(caught.value)

    def test_neither_key_nor_token_is_kept(self, home: Path) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (_, read):
            read("2025-01")
        kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
        assert SECRET.encode() not in kept
        assert b"PRIVATE KEY" not in kept

    def _set_options(self, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
        settings = {"system": "ga4_api", "options": {"property": "123", **options}}
        monkeypatch.setattr(type(self), "CASE", Case("ga4_api", settings, self.CASE.fake))


class Elsewhere(FakeSystem):
    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002
        return Reply({"who": "elsewhere"})


def test_another_host_is_asked_only_when_the_connector_names_it() -> None:
    with serving(Server(Elsewhere(), [])) as home_host, serving(Server(Elsewhere(), [])) as other_host:
        connection = Connection("ga4", host=home_host.url)
        client = HttpClient(connection, allow=("private_addresses", "plain_http"), limits=QUICK)
        request = Request(url=f"{other_host.url}/token")
        with client, pytest.raises(ConfigError, match="not an address of the connection"):
            client.ask(request)
        with client.also_at(other_host.url) as wider:
            assert wider.ask(request).document() == {"who": "elsewhere"}
            assert wider.ask(Request(url="x")).document() == {"who": "elsewhere"}
        with client, pytest.raises(ConfigError):
            client.ask(request)


def test_the_second_host_is_googles_token_endpoint() -> None:
    assert Ga4Api.ALSO_AT == ("https://oauth2.googleapis.com",)


def _with_metadata(flags: Mapping[str, Any]) -> Any:
    def change(asked: ReceivedRequest, reply: Reply) -> Reply:
        if asked.path == "/token":
            return reply
        return Reply({**reply.document, "metadata": {**METADATA, **flags}})  # type: ignore[dict-item]

    return change


def _visit(text: str) -> Record:
    return Record(text, pd.Timestamp(text, tz=ZONE).to_pydatetime())
