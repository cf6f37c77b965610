"""A documented exchange with a system, read from its file and played by a server that answers nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.connection import variable_of
from connectors.registry import preset
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.periods import Period
from testing.cases import ZONE, FakeSystem, ReceivedRequest, Record, Reply
from testing.clean_tables import clean_in_memory
from testing.connector_suite import QUICK
from testing.fake_server import Server, serving

FOLDER = Path(__file__).parent / "exchanges"

_ANYTHING = "*"
_REGION_CODES = {"kemendagri": "99.71", "bps": "9971"}

Exchange = dict[str, Any]


def exchange(name: str) -> Exchange:
    """What is documented of a preset's system.

    `documented` (where, and when it was read), `version`, `not_documented`, `most_rows` (of one answer), `page_size`
    (what to ask with), `source` (what a city writes beside the preset), `connection`, `period` and `now` of a pull,
    `calls` (each a `request` and its `answer`), `refusal` (how the system says no), `read` (fields of answers that a
    row or the pull depends on) and the `rows` that must come of it.
    """
    found: Exchange = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return found


@dataclass(frozen=True)
class DocumentedSystem(FakeSystem):
    """Answers the documented calls; says 404 to other paths, refuses without the secret, says 400 to anything else."""

    told: Exchange
    is_refusing: bool = False

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 the calls are all
        """The answer documented for exactly this request."""
        at_place = [c for c in self.told["calls"] if _place(c["request"]) == (request.method, request.path)]
        if not at_place:
            return Reply({"error": "no such place"}, 404)
        let_in = [c for c in at_place if _is_let_in(c["request"], request)]
        if not let_in or self.is_refusing:
            return _reply(self.told["refusal"])
        asked = [c for c in let_in if _is_asked(c["request"], request)]
        return _reply(asked[0]["answer"]) if asked else Reply({"error": "not as documented"}, 400)


def _place(request: Mapping[str, Any]) -> tuple[str, str]:
    return request["method"], request["path"]


def _is_let_in(documented: Mapping[str, Any], request: ReceivedRequest) -> bool:
    given = {key.lower(): value for key, value in request.headers.items()}
    return all(given.get(key.lower()) == value for key, value in documented.get("headers", {}).items())


def _is_asked(documented: Mapping[str, Any], request: ReceivedRequest) -> bool:
    if dict(request.params) != documented.get("params", {}):
        return False
    if "form" in documented:
        return _are_alike(documented["form"], request.form)
    return request.body == b"" if "body" not in documented else request.document == documented["body"]


def _are_alike(documented: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """The same fields with the same values; one that differs each time need only be there."""
    same = {key: value if documented.get(key) != _ANYTHING else _ANYTHING for key, value in given.items()}
    return same == documented and all(given.values())


def _reply(told: Mapping[str, Any]) -> Reply:
    text = told.get("text")
    return Reply(
        told.get("body"),
        told.get("status", 200),
        told.get("headers", {}),
        None if text is None else text.encode(),
    )


def settings_of(name: str, told: Exchange) -> dict[str, Any]:
    """The preset as a city would use it against the documented system, with pages as small as the exchange's."""
    way_in = {"connection": "sistem", "allow": ["private_addresses", "plain_http"]}
    source: dict[str, Any] = with_presets({"sistem": {"system": name, **told.get("source", {}), **way_in}})["sistem"]  # type: ignore[index]
    source = deepcopy(source)
    if "page_size" in told and preset(name)["source"].get("connector") == "api":
        source["options"]["paging"]["size"] = str(told["page_size"])
    return source


@dataclass(frozen=True)
class Play:
    """Pulls a documented period and cleans it, as a run does."""

    home: Path
    monkeypatch: pytest.MonkeyPatch

    def rows(self, source: Mapping[str, Any], system: DocumentedSystem) -> list[dict[str, str | None]]:
        """The clean rows with the columns the exchange names; raises what a pull and its reading raise."""
        told = system.told
        self.monkeypatch.setattr(pulling, "LIMITS", QUICK)
        city = City.model_validate(
            {"city": "kota-uji", "name": "Kota Uji", "zone": ZONE.key, "region_codes": _REGION_CODES}
            | {"sources": {"sistem": deepcopy(dict(source))}}
        )
        with serving(Server(system, [])) as server:
            named = {"conn_type": "http", "host": server.url, **_connection(told)}
            self.monkeypatch.setenv(variable_of("sistem"), json.dumps(named))
            manifest = pulling.pull(
                self.home,
                city=city,
                source_name="sistem",
                period=Period.parse(str(told["period"])),
                now=datetime.fromisoformat(told["now"]),
            )
        table = city.sources["sistem"].table
        frame = clean_in_memory(self.home, city=city, table_name=table, manifests=[manifest]).frame
        return _shown(frame, told["rows"])


def _connection(told: Exchange) -> dict[str, Any]:
    """The connection of an exchange; a private key is made, so that none lies in a file."""
    connection: dict[str, Any] = told["connection"]
    extra = connection.get("extra", {})
    if extra.get("private_key") != _ANYTHING:
        return connection
    return {**connection, "extra": {**extra, "private_key": _private_key()}}


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def expected_rows(told: Exchange) -> list[dict[str, str | None]]:
    """The rows an exchange says must come of it, in the form that `Play.rows` has."""
    return _in_order({name: _text(name, value) for name, value in row.items()} for row in told["rows"])


def _shown(frame: pd.DataFrame, like: Sequence[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    columns = list(like[0])
    return _in_order(
        {name: _text(name, value) for name, value in zip(columns, row, strict=True)}
        for row in frame[columns].itertuples(index=False)
    )


def _in_order(rows: Iterable[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _text(column: str, value: object) -> str | None:
    """A value of a cell; a moment in UTC, a day without its midnight."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if column.endswith("_at"):
        return pd.Timestamp(value).tz_convert("UTC").isoformat()  # type: ignore[arg-type]
    return f"{pd.Timestamp(value):%Y-%m-%d}" if column.endswith("_on") else str(value)  # type: ignore[arg-type]
