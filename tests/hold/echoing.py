"""A system that repeats whatever it was sent: in good answers, refusals, pages, redirects, keys and headers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Fault, Server, half, hang, html, reset, serving
from tests.hold.secret_canaries import SECRETS

ROWS = [
    {"nomor": f"T{n}", "masuk": f"2025-03-{n:02} 08:00:00", "dijawab": f"2025-03-{n:02} 09:00:00", "status": "closed"}
    for n in range(1, 21)
]


class Echo(FakeSystem):
    """A system that says everything it was sent in each of its answers, also the good ones."""

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has its own
        if request.path.endswith("/masuk"):
            return Reply({"tanda": SECRETS["session"], "pesan": echo(request)})
        if "/action/" in request.path:
            return self._of_portal(request)
        page = int(request.params.get("halaman", "1"))
        params = {**request.params, "halaman": "2"}
        following = f"http://{request.headers['Host']}{request.path}?{urlencode(params)}" if page == 1 else ""
        rows = ROWS[:10] if page == 1 else ROWS[10:]
        link = {"Link": f'<{following}>; rel="next"', "Set-Cookie": header_safe(echo(request))} if following else {}
        return Reply({"baris": rows, "lanjut": following, "diminta": echo(request)}, headers=link)

    def _of_portal(self, request: ReceivedRequest) -> Reply:
        if request.path.endswith("package_show"):
            wrong = {"__type": "Not Found Error", "message": echo(request)}
            return Reply({"success": False, "error": wrong}, 404)
        return Reply({"success": True, "result": {"id": "x", "resources": [], "said": echo(request)}})


def echo(request: ReceivedRequest) -> str:
    """All of a request as it was sent, and its secrets as the receiver reads them."""
    headers = dict(request.headers)
    kind, _, word = headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        headers["Masuk"] = base64.b64decode(word).decode()
    body = request.body.decode("utf-8", "replace")[:2000]
    return json.dumps([request.method, request.path, dict(request.params), urlencode(request.params), headers, body])


def header_safe(text: str) -> str:
    return text.replace("\n", " ")[:3000]


def refusing(status: int, *, form: Callable[[str], bytes], **headers: str) -> Callable[[ReceivedRequest], Reply]:
    """An answer with a status whose body, and headers, repeat what was sent."""

    def answer(request: ReceivedRequest) -> Reply:
        said = header_safe(echo(request))
        named = {key.replace("_", "-"): value.replace("ECHO", quote(said)) for key, value in headers.items()}
        return Reply(status=status, headers={"X-Echo": said, **named}, content=form(said))

    return answer


def as_text(said: str) -> bytes:
    return said.encode()


def as_page(said: str) -> bytes:
    return f"<!DOCTYPE html><html><pre>{said}</pre></html>".encode()


def as_keys(said: str) -> bytes:
    """As a system does that takes the wrong form of body for names of fields."""
    return json.dumps({said: 1, **dict.fromkeys(json.loads(said)[4].values(), 2)}).encode()


def as_rows(said: str) -> bytes:
    """Rows whose fields are none of those asked for but named by what was sent."""
    return json.dumps({"baris": [{said: 1, "nomor": said, "masuk": said}], "lanjut": None}).encode()


def as_error(said: str) -> bytes:
    error = {"__type": "Validation Error", "message": said, "name": ["x" * 250 + said], "extras": [{"key": said}]}
    return json.dumps({"success": False, "error": error}).encode()


ANSWERS: Mapping[str, Callable[[ReceivedRequest], Reply]] = {
    "401": refusing(401, form=as_text, WWW_Authenticate="Basic realm=ECHO"),
    "404": refusing(404, form=as_page),
    "409": refusing(409, form=as_error),
    "429": refusing(429, form=as_text, Retry_After="ECHO"),
    "500": refusing(500, form=as_text),
    "a login page": refusing(200, form=as_page),
    "no JSON": refusing(200, form=as_text),
    "other keys": refusing(200, form=as_keys),
    "other rows": refusing(200, form=as_rows),
    "a redirect elsewhere": refusing(302, form=as_text, Location="https://lain.example.org/ECHO?a=ECHO#ECHO"),
    "a redirect to metadata": refusing(302, form=as_text, Location="http://169.254.169.254/ECHO"),
    "a redirect in circles": refusing(302, form=as_text, Location="/ECHO"),
    "a redirect to no address": refusing(302, form=as_text, Location="http://[ECHO"),
    "another encoding": refusing(200, form=as_text, Content_Encoding="ECHO"),
}
FAULTS: Mapping[str, Fault] = {"half": half, "silence": hang, "reset": reset, "another page": html}


@contextmanager
def system() -> Iterator[Server]:
    with serving(Server(Echo(), [])) as server:
        yield server


@contextmanager
def disturbed(server: Server, how: str) -> Iterator[None]:
    """The system answers that way as long as the block lasts."""
    server.requests.clear()
    if how in FAULTS:
        server.faults = [FAULTS[how]] * 100
    else:
        server.fake = _Answering(ANSWERS[how])
    try:
        yield
    finally:
        server.fake, server.faults = Echo(), []


class _Answering(FakeSystem):
    def __init__(self, reply: Callable[[ReceivedRequest], Reply]) -> None:
        self._reply = reply

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        return self._reply(request)
