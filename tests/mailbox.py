"""A real mail server and a real webhook on loopback that keep what they are sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.postgres import free_port


@dataclass
class Mailbox:
    """The address that Apprise takes, and the subject and text of each message that came."""

    address: str
    messages: list[tuple[str, str]] = field(default_factory=list)
    is_refusing: bool = False


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """An SMTP server; it answers 451 while the mailbox `is_refusing`."""
    port = free_port()
    box = Mailbox(f"mailto://127.0.0.1:{port}/?from=tolok@kota.id&to=tim@kota.id&mode=insecure")

    class Handler:
        async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
            if box.is_refusing:
                return "451 try later"
            mail = message_from_bytes(envelope.content, policy=policy.default)
            text = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
            box.messages.append((str(mail["subject"]), text))
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextmanager
def webhook() -> Iterator[Mailbox]:
    """An HTTP server that takes Apprise's JSON; it answers 503 while the mailbox `is_refusing`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not box.is_refusing:
                box.messages.append((sent["title"], sent["message"]))
            self.send_response(503 if box.is_refusing else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(f"json://127.0.0.1:{server.server_port}/kabar")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
