"""A person in answers that were pulled from a system is erased too, also where a pull had not come to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import pytest

from connectors.connection import variable_of
from connectors.errors import SourceUnavailable
from connectors.http import Limits
from pipeline import pulling, steps
from pipeline.pulling import forget_unfinished
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, passing, serving, status
from tests.acceptance.exports import write_city
from tests.acceptance.test_erasing import CITY, NAME, TICKET, erase, holding

MARCH, APRIL = "2024-03", "2024-04"
SOURCE = {
    "table": "inquiries",
    "connector": "api",
    "connection": "desk",
    "format": "json",
    "rows_at": "rows",
    "zone": "Asia/Jakarta",
    "allow": ["private_addresses", "plain_http"],
    "options": {
        "url": "tickets",
        "params": {"from": "{from}", "page": "{page}"},
        "window": {"format": "%Y-%m"},
        "paging": {"style": "page", "size": "2", "total_at": "total"},
        "auth": {"style": "bearer"},
    },
    "columns": {
        "inquiry_id": "id",
        "received_at": {"column": "at", "format": "%Y-%m-%d %H:%M"},
        "responded_at": {"column": "answered", "format": "%Y-%m-%d %H:%M"},
    },
}


class Desk(FakeSystem):
    """Four tickets a month on pages of two, then an empty page; the first of March and of April are the person's."""

    def __init__(self, april: str = f"{TICKET}-B") -> None:
        self._persons = {MARCH: TICKET, APRIL: april}

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has its own
        month, page = request.params["from"], int(request.params["page"])
        rows = [
            {
                "id": f"{month}-{day}",
                "name": "Warga",
                "at": f"{month}-0{day} 08:00",
                "answered": f"{month}-0{day} 09:00",
            }
            for day in range(1, 5)
        ]
        if month in self._persons:
            rows[0] |= {"id": self._persons[month], "name": NAME}
        return Reply({"total": len(rows), "rows": rows[2 * page - 2 : 2 * page]})


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The city whose inquiries come from a desk over its API."""
    (home / "cities").rmdir()
    write_city(home / "cities")
    settings = home / "cities" / f"{CITY}.yaml"
    head, _, rest = settings.read_text("utf-8").partition("  meja:\n")
    settings.write_text(f"{head}  meja: {json.dumps(SOURCE)}\n  gangguan:\n{rest.partition('  gangguan:')[2]}", "utf-8")
    monkeypatch.setattr(pulling, "LIMITS", replace(Limits(), tries=1))
    with serving(Server(Desk(), [])) as server:
        monkeypatch.setenv(variable_of("desk"), json.dumps({"host": server.url, "password": "x" * 20}))
        yield server


@pytest.mark.usefixtures("desk")
def test_a_person_of_a_system_is_in_no_file_afterwards_and_does_not_come_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in (MARCH, APRIL):
        steps.run(CITY, label)
    assert len(holding(home / "home", TICKET, NAME)) == 4
    assert "2 nomor, 2 baris, 5 berkas mentah" in erase(monkeypatch, ids=f"{TICKET}\n{TICKET}-B")
    assert holding(home / "home", TICKET, NAME) == []
    for label in (MARCH, APRIL):
        steps.run(CITY, label)
        assert holding(home / "home", TICKET, NAME) == []
    assert "Erased already by decision 1" in erase(monkeypatch, ids=f"{TICKET}\n{TICKET}-B")


def test_answers_of_a_pull_that_broke_off_go_with_the_person(
    desk: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.run(CITY, MARCH)
    desk.faults = [passing, status(500)]
    with pytest.raises(SourceUnavailable):
        steps.fetch(CITY, "meja", APRIL)
    assert any("objects" in name for name in holding(home / "home", f"{TICKET}-B"))
    erase(monkeypatch)
    assert holding(home / "home", TICKET, NAME) == []
    steps.run(CITY, APRIL)
    assert len(holding(home / "home", f"{TICKET}-B")) == 2


def test_a_pull_under_way_is_waited_for_and_the_run_that_goes_on_from_it(
    desk: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.run(CITY, MARCH)
    is_asked, may_answer = Event(), Event()

    def late(_: BaseHTTPRequestHandler) -> bool:
        is_asked.set()
        return not may_answer.wait(60)

    desk.fake, desk.faults = Desk(april=TICKET), [passing, late]
    running = Thread(target=steps.run, args=(CITY, APRIL))
    running.start()
    assert is_asked.wait(60)

    def forget(*about: Any) -> None:
        may_answer.set()
        forget_unfinished(*about)

    with (
        patch("pipeline.erasing.decision.forget_unfinished", forget),
        patch("pipeline.pulling.remove_object", side_effect=AssertionError("of a pull under way")),
    ):
        out = erase(monkeypatch)
    running.join()
    assert "kota-uji meja 2024-04: 1 baris" in out
    assert holding(home / "home", TICKET, NAME) == []
