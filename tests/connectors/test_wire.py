"""What a hostile or broken server may send: each whole answer keeps to one deadline and ends in a typed error."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat

import pytest

from connectors.connection import Connection, connection_from, variable_of
from connectors.errors import ConfigError, SourceUnavailable, TolokError
from connectors.http import HttpClient, Limits, Request

HERE = ("private_addresses", "plain_http")
SECRET = "rahasia-7f3c"  # noqa: S105 made up, to be searched for where it must not be
# A read may wait for long, so that nothing but the deadline ends it.
DEADLINE = Limits(connect_seconds=5, read_seconds=60, answer_seconds=0.6, tries=1)
QUICK = Limits(connect_seconds=5, read_seconds=5, tries=2, first_wait_seconds=0.01, answer_seconds=20)
OK = b"HTTP/1.1 200 OK\r\n"
ZIPPED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
Script = Callable[[socket.socket], None]


@contextmanager
def raw_server(script: Script, *, connections: list[bytes] | None = None) -> Iterator[str]:
    """A server on loopback that plays `script` to each connection once its request has come."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_done = threading.Event()

    def play(line: socket.socket) -> None:
        with line, suppress(OSError):
            asked = line.recv(65536)
            if connections is not None:
                connections.append(asked)
            script(line)

    def accept() -> None:
        while not is_done.is_set():
            with suppress(OSError):
                threading.Thread(target=play, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        is_done.set()
        listener.close()


def says(*parts: bytes) -> Script:
    return lambda line: line.sendall(b"".join(parts))


def goes_on(start: bytes, again: bytes, *, pause_seconds: float = 0.0) -> Script:
    """Send `start`, then `again` until the client goes, at most for some seconds."""

    def script(line: socket.socket) -> None:
        line.settimeout(5)
        line.sendall(start)
        ends_at = time.monotonic() + 10
        while time.monotonic() < ends_at:
            line.sendall(again)
            time.sleep(pause_seconds)

    return script


def silent(line: socket.socket) -> None:
    line.settimeout(10)
    line.recv(1)


def ask(url: str, limits: Limits, **request: object) -> bytes:
    with HttpClient(Connection("sistem", host=url, password=SECRET), allow=HERE, limits=limits) as client:
        return client.ask(Request("x", **request)).content  # type: ignore[arg-type]


# Empty stored blocks: gzip that is well formed, goes on for ever and holds nothing.
NOTHING = b"".join(repeat(b"\x00\x00\x00\xff\xff", 200))
WITHOUT_END = {
    "silence": silent,
    "silence after the headers": goes_on(OK + b"Content-Length: 9\r\n\r\n", b"", pause_seconds=0.1),
    "status line that drips": goes_on(b"HTTP/1.1 ", b"2", pause_seconds=0.05),
    "header that drips": goes_on(OK + b"X: ", b"x", pause_seconds=0.05),
    "headers that drip": goes_on(OK, b"X: x\r\n", pause_seconds=0.1),
    "body that drips": goes_on(OK + b"Content-Length: 9000\r\n\r\n", b"x", pause_seconds=0.05),
    "body that drips, without a length": goes_on(OK + b"\r\n", b"x", pause_seconds=0.05),
    "size of a chunk that drips": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0", pause_seconds=0.05),
    "extension of a chunk": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x", pause_seconds=0.05),
    "chunks of a byte": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", pause_seconds=0.05),
    "trailers": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: x\r\n"),
    "100 Continue": goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "gzip that yields nothing": goes_on(
        ZIPPED + b"a\r\n" + gzip.compress(b"")[:10] + b"\r\n", b"%x\r\n" % len(NOTHING) + NOTHING + b"\r\n"
    ),
}


@pytest.mark.parametrize("name", WITHOUT_END)
def test_an_answer_without_end_is_given_up_at_its_deadline(name: str) -> None:
    found: list[BaseException] = []

    def pull(url: str) -> None:
        try:
            ask(url, DEADLINE)
        except BaseException as error:
            found.append(error)

    with raw_server(WITHOUT_END[name]) as url:
        asking = threading.Thread(target=pull, args=(url,), daemon=True)
        asking.start()
        asking.join(6)
        assert not asking.is_alive(), "the client still waits"
    assert isinstance(found[0], SourceUnavailable)
    assert "0.6 seconds" in str(found[0])


def test_silence_is_given_up_when_a_read_has_waited_long_enough_and_asked_again() -> None:
    asked: list[bytes] = []
    limits = Limits(read_seconds=0.05, answer_seconds=60, tries=2, first_wait_seconds=0.01)
    with raw_server(silent, connections=asked) as url, pytest.raises(SourceUnavailable, match=r"within 0\.05 seconds"):
        ask(url, limits)
    assert len(asked) == 2


TOO_LARGE = {
    "status line": goes_on(b"HTTP/1.1 200 ", b"x" * 65536),
    "header": goes_on(OK + b"X: ", b"x" * 65536),
    "headers": goes_on(OK, b"X: x\r\n" * 1000),
    "size of a chunk": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
    "body": goes_on(OK + b"\r\n", b"x" * 65536),
    "zeros, zipped": says(OK, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(1 << 22))),
    "zipped nothing": goes_on(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], NOTHING),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_headers_and_bodies_have_a_largest_size(name: str) -> None:
    with raw_server(TOO_LARGE[name]) as url, pytest.raises(TolokError) as caught:
        ask(url, Limits(answer_bytes=1 << 20, tries=1, answer_seconds=9))
    assert "9 seconds" not in str(caught.value)


@pytest.mark.parametrize(
    "retry_after", ["²", "٣", "1e9", "nan", "-1", "9" * 400, "Wed, 99 Foo", "Mon, 01 Jan 0001 00:00:00 +9999", "\x80"]
)
def test_a_wait_that_is_none_is_not_kept(retry_after: str) -> None:
    asked: list[bytes] = []
    status = f"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRetry-After: {retry_after}\r\n\r\n".encode()
    with raw_server(says(status), connections=asked) as url, pytest.raises(SourceUnavailable):
        ask(url, QUICK)
    assert len(asked) == QUICK.tries


def test_a_wait_beyond_the_deadline_ends_the_asking_at_once_and_is_told() -> None:
    asked: list[bytes] = []
    status = says(b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRetry-After: 100000\r\n\r\n")
    with raw_server(status, connections=asked) as url, pytest.raises(SourceUnavailable, match="100,000 seconds"):
        ask(url, QUICK)
    assert len(asked) == 1


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(code: int) -> None:
    asked: list[bytes] = []

    def script(line: socket.socket) -> None:
        good = OK + b"Content-Length: 2\r\n\r\n[]"
        line.sendall(f"HTTP/1.1 {code} X\r\nContent-Length: 0\r\n\r\n".encode() if len(asked) == 1 else good)

    with raw_server(script, connections=asked) as url:
        assert ask(url, QUICK) == b"[]"


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://[::1",
            "//[",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:x/",
            "http://127.0.0.1:0/",
            "http://\x80/",
        ),
        *("file:///etc/passwd", "ftp://127.0.0.1/", "http://user:lain@127.0.0.1/", "gopher://x", "http://⓪/"),
        *(
            "http://169.254.169.254/latest/",
            "//example.org/x",
            "javascript:alert(1)",
            "http://127.0.0.1\\@example.org/",
        ),
    ],
)
def test_a_redirect_to_anything_but_the_own_host_is_refused(location: str) -> None:
    moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n"
    with raw_server(says(moved)) as url, pytest.raises(ConfigError, match="redirects") as caught:
        ask(url, QUICK, secret_headers={"Authorization": SECRET})
    assert SECRET not in str(caught.value)
    assert "lain" not in str(caught.value)


@pytest.mark.parametrize("value", ["sandi-密码", "a\r\nX-More: 1", "a\nb", " rahasia-7f3c", "a\x00b", "\ud800"])
def test_a_secret_that_no_header_can_carry_is_refused_without_being_told(value: str) -> None:
    with raw_server(silent) as url, pytest.raises(ConfigError, match="'X-Key'") as caught:
        ask(url, QUICK, secret_headers={"X-Key": value})
    assert value not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_password_in_any_script_is_sent_as_utf_8() -> None:
    asked: list[bytes] = []
    with raw_server(says(OK, b"Content-Length: 2\r\n\r\n[]"), connections=asked) as url:
        ask(url, QUICK, login=("petugas", "密码"))
    assert b"Authorization: Basic cGV0dWdhczrlr4bnoIE=" in asked[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"conn_type": "https", "host": "https://u:rahasia-7f3c@sistem.example"}',
        '{"conn_type": "https", "host": "u:rahasia-7f3c@sistem.example"}',
        "https://u:12/rahasia-7f3c@sistem.example",
        "https://u:12#rahasia-7f3c@sistem.example",
        "https://u:rahasia-7f3c/x@sistem.example",
        '{"conn_type": "https", "host": "http://[::1", "password": "rahasia-7f3c"}',
        '{"conn_type": "https", "host": "sistem.example", "port": 99999, "password": "rahasia-7f3c"}',
        '{"conn_type": "https", "host": "sistem.example\\u0000", "password": "rahasia-7f3c"}',
        '{"conn_type": "https", "host": "sis tem.example", "password": "rahasia-7f3c"}',
        "[" * 100_000,
        '{"extra": ' * 100_000,
    ],
)
def test_a_password_within_an_address_and_a_broken_address_are_refused_without_being_told(text: str) -> None:
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_SISTEM") as caught:
        connection_from("sistem", {variable_of("sistem"): text})
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__)


def test_the_repr_of_a_connection_shows_neither_host_nor_secrets() -> None:
    connection = Connection("sistem", host=f"u:{SECRET}@x", path=SECRET, login=SECRET, password=SECRET)
    assert SECRET not in repr(connection)


def test_a_line_is_let_go_after_each_question() -> None:
    closing = says(OK, b"Connection: close\r\nContent-Length: 2\r\n\r\n[]")
    with raw_server(closing) as url, HttpClient(Connection("sistem", host=url), allow=HERE, limits=QUICK) as client:
        client.ask(Request("x"))
        open_before = _open_files_count()
        for _ in range(8):
            client.ask(Request("x"))
        assert _open_files_count() <= open_before + 2


def _open_files_count() -> int:
    import psutil

    return psutil.Process().num_fds()


def test_nothing_is_what_the_endless_gzip_holds() -> None:
    stream = zlib.decompressobj(wbits=31)
    assert stream.decompress(gzip.compress(b"")[:10] + NOTHING) == b""
    assert not stream.eof
