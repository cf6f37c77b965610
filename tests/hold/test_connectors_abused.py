"""The connectors' standard systems under latency, resets, half bodies, shifting pages, wrong types and hostile headers.

A pull of each gives exactly the rows that are there, or a typed fault; of wrong types, rows that are set aside.
"""

from __future__ import annotations

import importlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import TolokError
from connectors.http import Limits
from pipeline import pulling
from testing.cases import PERSON, SECRET, FakeSystem, ReceivedRequest, Reply, local, spread
from testing.connector_suite import ConnectorSuite
from testing.fake_server import Fault, Server, half, half_gzip, html, passing, repeating, reset, status, unfinished
from tests.hold import of_form

LIMITS = Limits(connect_seconds=5, read_seconds=5, answer_seconds=30, tries=2, first_wait_seconds=0.01)
_ROWS = 3
Change = Callable[[ReceivedRequest, Reply], Reply]


def suites() -> list[type[ConnectorSuite]]:
    """The standard suites of systems that are asked over HTTP: one in the short form, all in the full."""
    folder = Path(__file__).resolve().parents[1] / "connectors"
    names = sorted(path.stem for path in folder.glob("test_*.py") if "ConnectorSuite)" in path.read_text("utf-8"))
    assert names
    found: dict[str, type[ConnectorSuite]] = {}
    for name in of_form(["test_zabbix"], full=names):
        module = importlib.import_module(f"tests.connectors.{name}")
        own = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, ConnectorSuite)]
        found |= {f"{name}.{one.__name__}": one for one in own if hasattr(one, "CASE")}
    asked = [one for one in found.values() if isinstance(one.CASE.fake, FakeSystem)]
    return of_form(asked[:1], full=asked)


def slow(handler: BaseHTTPRequestHandler) -> bool:
    time.sleep(0.2)
    return passing(handler)


def raw(head: bytes, body: bytes = b"") -> Fault:
    """An answer written by hand."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.wfile.write(head + b"\r\n\r\n" + body)
        handler.close_connection = True
        return True

    return fault


def moved(location: str) -> Fault:
    return raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode())


OK = b"HTTP/1.1 200 OK\r\n"
FAULTS: dict[str, Fault] = {
    "latency": slow,
    "reset": reset,
    "half a body": half,
    "half a gzip": half_gzip,
    "a web page": html,
    "500": status(500),
    "429 with a wait that is none": status(429, Retry_After="x"),
    "429 without end": status(429, Retry_After="100000"),
    "redirect to another host": moved("http://example.org/"),
    "redirect to metadata": moved("http://169.254.169.254/latest/meta-data/"),
    "redirect to a file": moved("file:///etc/passwd"),
    "redirect to nowhere": moved("http://[::1"),
    "redirect to a port that is none": moved("http://127.0.0.1:99999/"),
    "length below zero": raw(OK + b"Content-Length: -1", b"[]"),
    "two lengths": raw(OK + b"Content-Length: 2\r\nContent-Length: 9", b"[]"),
    "a length that is none": raw(OK + b"Content-Length: x", b"[]"),
    "a header of 100 KB": raw(OK + b"X: " + b"x" * 100_000),
    "a thousand headers": raw(OK + b"X: x\r\n" * 1000),
    "a name that is no HTTP": raw(b"ICY 200 OK", b"[]"),
    "a status that is none": raw(b"HTTP/1.1 2x0 OK", b"[]"),
    "gzip that is none": unfinished(b"[]", Content_Encoding="gzip", Content_Length="2"),
    "another encoding": unfinished(b"[]", Content_Encoding="zstd", Content_Length="2"),
    "a chunk below zero": unfinished(b"-5\r\n[]\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
    "not UTF-8": unfinished(b'{"a": "\xff\xfe"}', Content_Length="11"),
    "nothing": unfinished(b"", Content_Length="0"),
    "null": unfinished(b"null", Content_Length="4"),
    "another shape": unfinished(b'{"a": [[{"b": null}], 1, "x"]}', Content_Length="30"),
    "deeper than any": unfinished(b"[" * 50_000, Content_Length="50000"),
    "clock of 1970": raw(OK + b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2", b"[]"),
}
WRONG: tuple[Any, ...] = (None, True, -1, 1e308, "", "x" * 5000, [], {}, [[]], {"a": {}}, "2025-13-45", "=1+1", "\x00")


def wrong_types(value: object) -> Change:
    """Every field of the first record of each answer is this."""

    def change(_: ReceivedRequest, reply: Reply) -> Reply:
        document = json.loads(json.dumps(reply.document))
        for rows in _lists(document):
            if rows and isinstance(rows[0], dict):
                rows[0] = dict.fromkeys(rows[0], value)
        return replace(reply, document=document)

    return change


def _lists(document: object) -> Iterator[list[Any]]:
    if isinstance(document, list):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _lists(value)


def shifting(server: Server) -> Change:
    """A new record comes in before each answer, so that pages move while they are read."""

    def change(_: ReceivedRequest, reply: Reply) -> Reply:
        count = len(server.records)
        at = local("2025-01-31 20:00") + timedelta(seconds=count)
        server.records.insert(0, replace(server.records[0], record_id=str(9000 + count), at=at, ended_at=None))
        return reply

    return change


def outcome(read: Callable[[str], dict[str, int]], *, count: int, is_exact: bool = True) -> str:
    """`whole` or the kind of typed fault; fails for anything else, and where a secret or person shows."""
    try:
        found = sum(read("2025-01").values())
    except TolokError as fault:
        told = str(fault)
        kind = type(fault).__name__
    else:
        told, kind = "", ""
    assert SECRET not in told
    assert PERSON not in told
    if kind:
        return kind
    assert found == count if is_exact else found <= count, f"{found} rows of {count}"
    return "whole" if found == count else "set aside"


def abused(suite: ConnectorSuite, home: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """What came of each abuse of a suite's system."""
    suite.monkeypatch = patch
    try:
        whole = _whole(suite, home / "whole", _ROWS)
    except TolokError:
        # Its own tests set up more than its case says.
        yield "undisturbed", "left out"
        return
    for number, (name, fault) in enumerate(FAULTS.items()):
        for times in (1, 20):
            with suite.served(home / f"{number}-{times}", spread(_ROWS)) as (server, read):
                server.faults = [fault] * times
                # A sound answer that holds nothing, or is of another shape, may be an empty period.
                is_exact = name not in ("null", "another shape", "nothing", "clock of 1970", "length below zero")
                is_exact = is_exact and name != "not UTF-8"
                yield name, outcome(read, count=whole, is_exact=is_exact)
    for number, value in enumerate(WRONG):
        with suite.served(home / f"wrong-{number}", spread(_ROWS)) as (server, read):
            server.change = wrong_types(value)
            yield "wrong types", outcome(read, count=whole, is_exact=False)
    if size := suite.CASE.page_size:
        count = 2 * size
        whole = _whole(suite, home / "pages", count)
        # A register has no day by which rows that came in meanwhile could be told apart.
        for name in ("repeated pages", "shifting pages")[: 2 if suite.CASE.counts == "rows" else 1]:
            with suite.served(home / name.split()[0], spread(count)) as (server, read):
                server.change = repeating() if name == "repeated pages" else shifting(server)
                early = lambda label, read=read: {  # noqa: E731
                    day: rows for day, rows in read(label).items() if day != "2025-01-31"
                }
                yield name, outcome(early, count=whole)


def _whole(suite: ConnectorSuite, home: Path, count: int) -> int:
    with suite.served(home, spread(count)) as (_, read):
        return sum(read("2025-01").values())


def test_a_system_abused_gives_all_its_rows_or_a_typed_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Callable[[str, str, str], None]
) -> None:
    monkeypatch.setattr(pulling, "LIMITS", LIMITS)
    came, systems = Counter[str](), suites()
    assert systems
    for number, kind in enumerate(systems):
        suite = kind()
        for name, what in abused(suite, tmp_path / str(number), monkeypatch):
            came[what] += 1
            assert what, (kind.__name__, name)
    tried = f"{len(FAULTS)} faults once and lasting, {len(WRONG)} wrong types, repeated and shifting pages"
    told = ", ".join(f"{count} {what}" for what, count in sorted(came.items()))
    row("Connectors", f"{tried}; {len(systems)} systems", f"{told}; none untyped, no wrong count")
    assert came["left out"] < len(systems) / 4
