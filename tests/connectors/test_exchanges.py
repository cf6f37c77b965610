"""Every preset that asks over HTTP, held against what its vendor documents: the questions, the answers, the refusal.

`tests/connectors/exchanges` holds an exchange a preset, written from the documentation and never from the preset. To
hold a preset against another version, write its exchange anew from that version's pages. The long form, with every
bend of every name, is `make test-hold ARGS=tests/connectors/test_exchanges.py`.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from connectors.base import Connector
from connectors.errors import TolokError
from connectors.registry import connector_class, preset, system_names
from connectors.sql import Sql
from tests.connectors.bends import bends
from tests.connectors.exchange import FOLDER, DocumentedSystem, Play, exchange, expected_rows, settings_of

NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
DECLARED = [name for name in system_names() if preset(name)["source"].get("connector") == "api"]
IS_LONG = os.environ.get("TOLOK_HOLD") == "full"


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    return Play(tmp_path / "home", monkeypatch)


def test_every_preset_that_asks_over_http_has_its_exchange() -> None:
    classes = {name: connector_class(preset(name)["source"].get("connector")) for name in system_names()}
    asking = {name for name, kind in classes.items() if kind.pull is not Connector.pull and kind is not Sql}
    assert {"zammad", "matomo"} <= asking
    assert asking == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_says_where_and_when_it_was_read(name: str) -> None:
    told = exchange(name)
    assert told["documented"]
    for place in told["documented"]:
        assert place["address"].startswith(("https://", "http://"))
        assert date.fromisoformat(place["read_on"]) <= date(2100, 1, 1)
        assert place["holds"]
    assert told["version"] in preset(name)["about"]["tested"]


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_answers_to_the_documented_questions_give_the_rows(name: str, play: Play) -> None:
    told = exchange(name)
    assert play.rows(settings_of(name, told), DocumentedSystem(told)) == expected_rows(told)


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_refusal_is_told_and_never_taken_for_rows(name: str, play: Play) -> None:
    told = exchange(name)
    with pytest.raises(TolokError):
        play.rows(settings_of(name, told), DocumentedSystem(told, is_refusing=True))


@pytest.mark.parametrize("name", [name for name in DECLARED if "most_rows" in exchange(name)])
def test_no_more_rows_are_asked_for_than_an_answer_may_have(name: str) -> None:
    size = int(preset(name)["source"]["options"]["paging"]["size"])
    assert 0 < size <= exchange(name)["most_rows"]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_differs_from_the_documentation_turns_red(name: str, play: Play) -> None:
    told = exchange(name)
    tried = bends(settings_of(name, told), told)
    kinds = {bend.kind for bend in tried}
    assert {"path", "field"} <= kinds
    passed = []
    for bend in tried if IS_LONG else [next(b for b in tried if b.kind == kind) for kind in sorted(kinds)]:
        try:
            rows = Play(play.home / bend.label, play.monkeypatch).rows(bend.source, DocumentedSystem(bend.told))
        except TolokError:
            continue
        if rows == expected_rows(told):
            passed.append(bend.label)
    assert not passed
