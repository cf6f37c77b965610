"""A stand-in's HTTP server on loopback, and the ways in which it can fail or change its answers."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from testing.cases import PERSON, SECRET, FakeSystem, ReceivedRequest, Record, Reply

_ENDLESS = 500


Fault = Callable[[BaseHTTPRequestHandler], bool]


@dataclass
class Server:
    """A stand-in that listens at `url`, and every request it has received.

    Each request uses up one of `faults`, which answers in the stand-in's place or returns false. `change` alters the
    good answers to requests that `is_page` picks.
    """

    fake: FakeSystem
    records: list[Record]
    faults: list[Fault] = field(default_factory=list)
    change: Callable[[ReceivedRequest, Reply], Reply] | None = None
    is_page: Callable[[ReceivedRequest], bool] = lambda _: True
    requests: list[ReceivedRequest] = field(default_factory=list)
    url: str = ""

    def reply(self, request: ReceivedRequest) -> Reply:
        """The stand-in's answer, changed if `change` says so; 410 for a client that never stops."""
        if len(self.requests) > _ENDLESS:
            return Reply({"error": "requests without an end"}, 410)
        reply = self.fake.answer(request, self.records)
        is_changed = self.change is not None and reply.status == 200 and self.is_page(request)
        return self.change(request, reply) if self.change is not None and is_changed else reply


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The system, listening on a loopback port while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            headers, body = dict(self.headers.items()), self.rfile.read(size)
            request = ReceivedRequest(self.command, parts.path, params, headers, body)
            server.requests.append(request)
            if not (server.faults and server.faults.pop(0)(self)):
                say(self, server.reply(request))

        do_GET = do_POST = _handle  # noqa: N815 the base class's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def say(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Send a whole answer."""
    content = reply.bytes
    handler.send_response(reply.status)
    for key, value in {"Content-Type": "application/json", **reply.headers}.items():
        handler.send_header(key, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def status(code: int, **headers: str) -> Fault:
    """A refusal with this status, its body full of what must not be repeated; `Retry_After` is a header's name."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        shown = {key.replace("_", "-"): value for key, value in headers.items()}
        say(handler, Reply({"error": f"{SECRET} {PERSON}"}, code, shown))
        return True

    fault.__name__ = f"status_{code}"
    return fault


def passing(_: BaseHTTPRequestHandler) -> bool:
    """No fault this time."""
    return False


def html(handler: BaseHTTPRequestHandler) -> bool:
    """A login page with status 200."""
    say(handler, Reply(content=f"<!DOCTYPE html><html>{PERSON}</html>".encode(), headers={"Content-Type": "text/html"}))
    return True


def half(handler: BaseHTTPRequestHandler) -> bool:
    """An answer that promises more bytes than come."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"half": [')
    handler.close_connection = True
    return True


def unfinished(content: bytes, **headers: str) -> Fault:
    """An answer with status 200 whose connection is closed after `content`; `Content_Encoding` is a header's name."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        for key, value in headers.items():
            handler.send_header(key.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True
        return True

    return fault


def half_gzip(handler: BaseHTTPRequestHandler) -> bool:
    """A zipped answer without a length that breaks off where a row has ended."""
    rows = b"\n".join(b'{"id": %d}' % number for number in range(2_000))
    return unfinished(gzip.compress(rows)[:-900], Content_Encoding="gzip")(handler)


def reset(handler: BaseHTTPRequestHandler) -> bool:
    """A connection torn down without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    handler.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123 the server flushes it
    return True


def hang(_: BaseHTTPRequestHandler) -> bool:
    """Silence for longer than the client waits."""
    time.sleep(1.2)
    return True


class Blanking:
    """A change that empties the nth page with rows, as a system does that hides rows from an account."""

    def __init__(self, page: int) -> None:
        self._page = page
        self._seen: list[str] = []
        self.removed_count = 0

    def __call__(self, _: ReceivedRequest, reply: Reply) -> Reply:
        rows = _rows_of(reply.document)
        if rows:
            self._seen.append(json.dumps(rows, default=str))
        if rows and len(self._seen) == self._page:
            self.removed_count = len(rows)
            return replace(reply, document=_with_rows(reply.document, []))
        return reply


def repeating() -> Callable[[ReceivedRequest, Reply], Reply]:
    """A change that gives the last page with rows again past the end, for ever."""
    last: list[Reply] = []

    def change(_: ReceivedRequest, reply: Reply) -> Reply:
        if _rows_of(reply.document):
            last[:] = [reply]
        return last[0] if last and not _rows_of(reply.document) else reply

    return change


def _rows_of(document: object) -> list[Any]:
    """The longest list of records directly in a document."""
    if isinstance(document, list):
        return document
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return max(lists, key=len, default=[])


def _with_rows(document: object, rows: list[Any]) -> object:
    if isinstance(document, list):
        return rows
    if not isinstance(document, dict):
        return document
    kept = _rows_of(document)
    return {key: rows if value is kept else value for key, value in document.items()}
