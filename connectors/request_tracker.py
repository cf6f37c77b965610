"""Request Tracker (RT 5, REST 2.0): tickets by the moment they were created, with the desk's first reply to each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors import numerals
from connectors.base import Connector, NotKept, Options, Window, Wire, frame_of
from connectors.errors import DataRejected, SourceChanged, SourceUnavailable
from connectors.http import Answer, Request
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

_STAMP = "%Y%m%dT%H%M%SZ"
_WINDOW = re.compile(r"(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)-tickets-\d+\.json")
_UNSET = "1970-01-01"
_MACHINES = {"rt_system", "nobody"}
_TICKET_FIELDS = {"fields": "Status,Created,Creator,Started,Resolved,Queue,Requestor", "fields[Queue]": "Name"}
_REPLY_FIELDS = {"fields": "ObjectId,Type,Created,Creator"}
_CORRESPONDENCE = "ObjectType = 'RT::Ticket' AND Type = 'Correspond'"
_MAX_PAGES = 10_000
_LARGEST_SHIFT = timedelta(hours=14)


class RequestTrackerOptions(Options):
    """`where` narrows the tickets in RT's own query language, such as `Queue = 'Pengaduan'`."""

    where: str = ""
    size: int = Field(default=100, ge=1, le=100)


@dataclass
class PagedItems:
    """What the pages of one question have given so far."""

    items: list[dict[str, Any]] = field(default_factory=list)
    total: int | None = None
    pages_count: int | None = None
    empty_count: int = 0
    seen: set[str] = field(default_factory=set)


class RequestTracker(Connector):
    """Grain of `rows`: one ticket. Columns: id, Queue, Status, Created, Started, Resolved, FirstReply; moments in UTC.

    `FirstReply` is the first `Correspond` of someone who is neither a requestor of the ticket nor RT itself; RT's
    automatic answers are mails, not correspondence. Who made a ticket without a requestor is taken to ask. RT reads
    the moments of a query on the clock of the account that asks, whatever mark they carry. So it is asked for a little
    more on both sides, and tickets created outside the window are left out here: they belong to another window. RT
    never lists merged and deleted tickets.
    """

    OPTIONS = RequestTrackerOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The window's tickets, then their replies by ranges of ticket numbers: two questions per hundred tickets."""
        stem = f"{window.start_at.astimezone(UTC):{_STAMP}}-{window.end_at.astimezone(UTC):{_STAMP}}"
        tickets = Request("REST/2.0/tickets", params={**_TICKET_FIELDS, "query": self._query(window), "orderby": "id"})
        found = self._pages(wire, f"{stem}-tickets", tickets)
        inside = [item for item in found if window.start_at <= _moment(item) < window.end_at]
        ids = sorted(int(item["id"]) for item in inside)
        for number, first in enumerate(range(0, len(ids), self.options.size), 1):
            part = ids[first : first + self.options.size]
            query = f"{_CORRESPONDENCE} AND ObjectId >= {part[0]} AND ObjectId <= {part[-1]}"
            replies = Request("REST/2.0/transactions", params={**_REPLY_FIELDS, "query": query, "orderby": "id"})
            self._pages(wire, f"{stem}-replies-{number:05d}", replies)

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The tickets of kept answers; answers with replies say when each was first answered."""
        answers = [(file, json.loads(file.path.read_bytes())["items"]) for file in files]
        replies = [item for _, items in answers for item in items if item.get("type") == "transaction"]
        for file, items in answers:
            tickets = [item for item in items if item.get("type") == "ticket"]
            frame = frame_of(
                (_row(ticket, replies_of) for ticket, replies_of in _joined(tickets, replies)), columns=columns
            )
            is_inside = [_is_inside(ticket, file.name) for ticket in tickets]
            if any(is_inside):
                yield file, frame[is_inside].reset_index(drop=True)

    def _query(self, window: Window) -> str:
        start_at = window.start_at.astimezone(UTC) - _LARGEST_SHIFT
        end_at = window.end_at.astimezone(UTC) + _LARGEST_SHIFT
        query = f"Created >= '{start_at:%Y-%m-%d %H:%M:%S}' AND Created < '{end_at:%Y-%m-%d %H:%M:%S}'"
        return f"{query} AND ({self.options.where})" if self.options.where else query

    def _pages(self, wire: Wire, stem: str, request: Request) -> list[dict[str, Any]]:
        """Every item of a question; a desk that hides some from the account does not tell how many there are."""
        paged = PagedItems()
        for number in range(1, _MAX_PAGES):
            params = {**request.params, "per_page": str(self.options.size), "page": str(number)}
            asked = _authorised(replace(request, params=params), wire)
            try:
                wire.ask(f"{stem}-{number:05d}.json", asked, read=lambda answer: add_page(answer, paged))
            except NotKept:
                break
            if number >= paged.pages_count if paged.pages_count is not None else paged.empty_count > 1:
                break
        else:
            raise SourceUnavailable(
                id=f"'{wire.connection.name}': lebih dari {numerals.number(_MAX_PAGES)} halaman. "
                "Persempit options.where.",
                en=f"'{wire.connection.name}': more than {_MAX_PAGES:,} pages. Narrow options.where.",
            )
        wire.note_missing_rows(paged.total, len(paged.items))
        return paged.items


def _authorised(request: Request, wire: Wire) -> Request:
    """A login with its password, or an authentication token alone."""
    connection = wire.connection
    if connection.login:
        return replace(request, login=(connection.login, connection.password))
    return replace(request, secret_headers={"Authorization": f"token {connection.password}"})


def add_page(answer: Answer, paged: PagedItems) -> None:
    """Add a page's items to those of its question.

    Raises `SourceChanged` for an answer of another form, `DataRejected` for an item that is not whole.
    """
    document = answer.document()
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise SourceChanged(
            id=f"{answer.where}: jawaban tidak berisi 'items'. Periksa bahwa alamatnya RT 5 (REST 2.0).",
            en=f"{answer.where}: the answer has no 'items'. Check that the address is an RT 5 (REST 2.0).",
        )
    if not all(_is_whole(item) for item in items):
        raise DataRejected(
            id=f"{answer.where}: ada baris tanpa nomor, 'Created', atau 'Requestor'. Periksa hak baca akun API.",
            en=f"{answer.where}: an item lacks its number, 'Created' or 'Requestor'. Check what the account may read.",
        )
    seen = json.dumps(items, sort_keys=True) if items else ""
    if seen and seen in paged.seen:
        raise NotKept
    paged.seen.add(seen)
    paged.items += items
    paged.empty_count = 0 if items else paged.empty_count + 1
    paged.total = document.get("total")
    paged.pages_count = document.get("pages")


def _is_whole(item: Mapping[str, Any]) -> bool:
    """Without knowing who asks, a reply of theirs would count as the desk's."""
    needed = {"Created"} | ({"Requestor"} if item.get("type") == "ticket" else {"Creator"})
    return str(item.get("id", "")).isdigit() and needed <= set(item)


def _moment(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(item["Created"]))


def _is_inside(ticket: Mapping[str, Any], name: str) -> bool:
    """Whether a ticket lies in the window its answer is named by; an answer from elsewhere has no window."""
    window = _WINDOW.fullmatch(name)
    if window is None:
        return True
    start_at, end_at = (datetime.strptime(text, _STAMP).replace(tzinfo=UTC) for text in window.groups())
    return start_at <= _moment(ticket) < end_at


def _joined(
    tickets: Sequence[Mapping[str, Any]], replies: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    by_ticket: dict[str, list[Mapping[str, Any]]] = {}
    for reply in replies:
        by_ticket.setdefault(str(reply.get("ObjectId")), []).append(reply)
    for ticket in tickets:
        yield ticket, by_ticket.get(str(ticket["id"]), [])


def _row(ticket: Mapping[str, Any], replies: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    names = ("Created", "Started", "Resolved")
    return {
        "id": str(ticket["id"]),
        "Queue": str(ticket.get("Queue", {}).get("Name") or "") or None,
        "Status": str(ticket.get("Status") or "") or None,
        **{name: _set_moment(ticket.get(name)) for name in names},
        "FirstReply": _first_reply(ticket, replies),
    }


def _set_moment(text: object) -> str | None:
    """A moment, null for the one RT writes when there is none."""
    return None if not text or str(text).startswith(_UNSET) else str(text)


def _first_reply(ticket: Mapping[str, Any], replies: Sequence[Mapping[str, Any]]) -> str | None:
    asking = {_name(user) for user in ticket.get("Requestor") or [ticket.get("Creator")]}
    moments = [
        str(reply["Created"])
        for reply in replies
        if reply.get("Type") == "Correspond" and _name(reply.get("Creator")) not in asking | _MACHINES
    ]
    return min(moments, default=None)


def _name(user: object) -> str:
    return str(user.get("id", "")).casefold() if isinstance(user, Mapping) else ""
