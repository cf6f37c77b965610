"""Request Tracker as 5.0.3 answers: unset moments, replies of those who asked, its account's own clock."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.http import Answer
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.registry import preset
from connectors.request_tracker import PagedItems, RequestTracker, add_page
from testing.cases import PERSON, SECRET, ZONE, Case, FakeSystem, ReceivedRequest, Record, Reply
from testing.connector_suite import ConnectorSuite
from tests.conftest import REAL_DATA, needs_real_data

SERVERS = REAL_DATA / "servers"
COLUMNS = ("id", "Queue", "Status", "Created", "Resolved", "FirstReply")


class RtServer(FakeSystem):
    """RT 5.0.3: moments of a query are read on the account's clock, and everyone's correspondence is listed."""

    def __init__(self, account_zone: str = "Asia/Jakarta", *, tells_total: bool = True) -> None:
        self._zone = ZoneInfo(account_zone)
        self._tells_total = tells_total

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        if asked.headers.get("Authorization") != f"token {SECRET}":
            return Reply({"message": "Unauthorized"}, 401)
        query = asked.params["query"]
        items = self._tickets(query, records) if asked.path.endswith("/tickets") else self._replies(query, records)
        size, page = int(asked.params["per_page"]), int(asked.params["page"])
        shown = items[(page - 1) * size : page * size]
        total = len(items) if self._tells_total else None
        pages = -(-len(items) // size) if self._tells_total else None
        return Reply(
            {"items": shown, "count": len(shown), "total": total, "pages": pages, "page": page, "per_page": size}
        )

    def _tickets(self, query: str, records: Sequence[Record]) -> list[dict[str, Any]]:
        first, last = (
            datetime.fromisoformat(text).replace(tzinfo=self._zone) for text in re.findall(r"'(\d{4}-[^']+)'", query)
        )
        return [self._ticket(r) for r in sorted(records, key=lambda r: int(r.record_id)) if first <= r.at < last]

    def _ticket(self, record: Record) -> dict[str, Any]:
        resolved = _written(record.ended_at) if record.ended_at else "1970-01-01T00:00:00Z"
        return {
            "id": record.record_id,
            "type": "ticket",
            "Status": "resolved" if record.ended_at else "new",
            "Created": _written(record.at),
            "Started": "1970-01-01T00:00:00Z",
            "Resolved": resolved,
            "Queue": {"id": "1", "type": "queue", "Name": "General"},
            "Requestor": [{"id": PERSON, "type": "user"}],
        }

    def _replies(self, query: str, records: Sequence[Record]) -> list[dict[str, Any]]:
        first, last = (int(number) for number in re.findall(r"ObjectId [<>]= (\d+)", query))
        inside = [r for r in records if first <= int(r.record_id) <= last]
        return [
            reply
            for r in inside
            for reply in (_reply(r.record_id, r.at, PERSON), _reply(r.record_id, r.ended_at, "root"))
            if reply is not None
        ]


def _reply(ticket_id: str, at: datetime | None, creator: str) -> dict[str, Any] | None:
    if at is None:
        return None
    person = {"id": creator, "type": "user"}
    return {
        "type": "transaction",
        "id": f"{ticket_id}{len(creator)}",
        "Type": "Correspond",
        "Created": _written(at),
    } | {
        "ObjectId": ticket_id,
        "Creator": person,
    }


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class TestRequestTracker(ConnectorSuite):
    CASE = Case("request_tracker", {"system": "request_tracker"}, RtServer(), page_size=100)


class TestRequestTrackerOfAnotherClock(ConnectorSuite):
    """The same whatever time zone the account that asks has, and when RT does not say how many there are."""

    CASE = Case(
        "request_tracker",
        {"system": "request_tracker", "options": {"size": "7"}},
        RtServer("Pacific/Honolulu", tells_total=False),
        page_size=7,
    )


def rows_of(*paths: Path) -> list[dict[str, Any]]:
    connector = RequestTracker({}, layout=Layout(), zone=ZONE)
    frames = [frame for _, frame in connector.rows([RawFile(path, path.name) for path in paths], columns=COLUMNS)]
    return [row for frame in frames for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]


def answer(path: Path, items: Sequence[Any]) -> Path:
    path.write_text(json.dumps({"items": items, "total": len(items), "pages": 1}))
    return path


def ticket(number: int, *requestors: str) -> dict[str, Any]:
    people = [{"id": name, "type": "user"} for name in requestors]
    return {"type": "ticket", "id": str(number), "Created": "2026-11-24T04:32:09Z", "Requestor": people}


def reply(number: int, creator: str, at: str, kind: str = "Correspond") -> dict[str, Any]:
    return {"type": "transaction", "ObjectId": str(number), "Creator": {"id": creator}, "Created": at, "Type": kind}


def test_the_first_reply_is_of_someone_who_did_not_ask(tmp_path: Path) -> None:
    replies = [
        reply(1, "Warga1@example.org", "2026-11-24T05:00:00Z"),
        reply(1, "RT_System", "2026-11-24T05:01:00Z"),
        reply(1, "petugas", "2026-11-24T05:02:00Z", kind="Comment"),
        reply(1, "petugas", "2026-11-24T08:00:00Z"),
        reply(1, "petugas", "2026-11-24T07:00:00Z"),
    ]
    tickets = [ticket(1, "warga1@example.org", "warga3"), ticket(2, "warga2")]
    rows = rows_of(answer(tmp_path / "tickets.json", tickets), answer(tmp_path / "replies.json", replies))
    assert [(row["id"], row["FirstReply"]) for row in rows] == [("1", "2026-11-24T07:00:00Z"), ("2", None)]


def test_who_made_a_ticket_without_a_requestor_is_taken_to_ask(tmp_path: Path) -> None:
    tickets = [{**ticket(1), "Creator": {"id": "warga1"}}, {**ticket(2, "warga1"), "Creator": {"id": "petugas"}}]
    replies = [
        reply(1, "warga1", "2026-11-24T05:00:00Z"),
        reply(1, "petugas", "2026-11-24T06:00:00Z"),
        reply(2, "petugas", "2026-11-24T07:00:00Z"),
    ]
    rows = rows_of(answer(tmp_path / "tickets.json", tickets), answer(tmp_path / "replies.json", replies))
    assert [row["FirstReply"] for row in rows] == ["2026-11-24T06:00:00Z", "2026-11-24T07:00:00Z"]


def test_tickets_outside_the_window_of_their_answer_belong_to_another(tmp_path: Path) -> None:
    name = "20261124T043209Z-20261124T043210Z-tickets-00001.json"
    early, late = dict(ticket(1), Created="2026-11-24T04:32:08Z"), dict(ticket(3), Created="2026-11-24T04:32:10Z")
    rows = rows_of(answer(tmp_path / name, [early, ticket(2), late]))
    assert [(row["id"], row["source_row"]) for row in rows] == [("2", 2)]


def test_names_of_those_who_ask_are_no_column() -> None:
    columns = preset("request_tracker")["source"]["columns"]
    assert "Requestor" not in json.dumps(columns)
    assert "Subject" not in RequestTracker.__doc__ + json.dumps(columns)  # type: ignore[operator]


@needs_real_data
def test_recorded_tickets_have_no_moment_for_what_has_not_happened() -> None:
    first, second = rows_of(SERVERS / "rt5_tickets.json")
    assert (first["Created"], first["Resolved"]) == ("2026-11-23T18:08:01Z", "2026-11-23T18:08:06Z")
    assert (second["Status"], second["Resolved"], second["FirstReply"]) == ("new", None, None)
    assert {first["Queue"], second["Queue"]} == {"General"}


@needs_real_data
def test_of_a_recorded_history_only_the_correspondence_is_a_reply(tmp_path: Path) -> None:
    history = json.loads((SERVERS / "rt5_ticket1_history.json").read_text())
    assert [item["Type"] for item in history["items"]].count("Correspond") == 1
    history["items"] = [{**item, "ObjectId": "1"} for item in history["items"]]
    (tmp_path / "replies.json").write_text(json.dumps(history))
    shutil.copy(SERVERS / "rt5_tickets.json", tmp_path)
    first, _ = rows_of(tmp_path / "rt5_tickets.json", tmp_path / "replies.json")
    assert first["FirstReply"] == "2026-11-23T18:08:04Z"


def sample(document: object) -> None:
    add_page(Answer(json.dumps(document).encode(), 200, {}, "https://rt.kota.go.id"), PagedItems())


def test_an_address_that_is_no_rt_is_named() -> None:
    with pytest.raises(SourceChanged):
        sample({})


def test_tickets_that_do_not_say_who_asks_are_refused() -> None:
    sample({"items": [ticket(1)]})
    with pytest.raises(DataRejected, match="Requestor"):
        sample({"items": [{"type": "ticket", "id": "1", "Created": "2026-11-24T04:32:09Z"}]})
