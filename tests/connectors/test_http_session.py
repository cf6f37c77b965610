"""The session below the HTTP client: whom it trusts, where it connects, what it logs and in what it lets be packed."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator, Sequence

import pytest

from connectors.connection import Connection
from connectors.errors import ConfigError
from connectors.http import HttpClient, Limits, Request
from connectors.http_answer import Again, Unzip, is_end_proved, refusal
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving

QUICK = Limits(connect_seconds=1, read_seconds=1, tries=1)
HERE = ("private_addresses", "plain_http")


class Paths(FakeSystem):
    """Says back which path it was asked."""

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        return Reply({"path": asked.path})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(Paths(), [])) as running:
        yield running


@pytest.mark.parametrize(
    ("extra", "verify"), [({}, True), ({"ca_file": "/etc/ssl/kota.pem"}, "/etc/ssl/kota.pem"), ({"ca_file": ""}, True)]
)
def test_certificates_are_always_checked_by_the_machine_s_or_the_connection_s_own(
    extra: dict[str, str], verify: bool | str
) -> None:
    connection = Connection("sistem", host="https://sistem.example", extra=extra)
    assert HttpClient(connection).session().verify == verify


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_internal_address_is_refused_by_whatever_scheme(scheme: str) -> None:
    connection = Connection("sistem", host=f"{scheme}://127.0.0.1:9")
    with pytest.raises(ConfigError, match="private_addresses"):
        HttpClient(connection, allow=("plain_http",), limits=QUICK).ask(Request("x"))


def test_whole_addresses_are_never_logged_and_nothing_but_gzip_is_asked_for() -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    logger.setLevel(logging.DEBUG)
    session = HttpClient(Connection("sistem", host="https://sistem.example")).session()
    assert logger.level == logging.INFO
    assert session.headers["Accept-Encoding"] == "gzip"
    assert not session.trust_env


@pytest.mark.parametrize(("url", "path"), [("x", "/awal/x"), ("/x", "/awal/x"), ("x/", "/awal/x/"), ("", "/awal/")])
def test_an_address_is_below_the_connection_s_and_told_with_its_answer(server: Server, url: str, path: str) -> None:
    connection = Connection("sistem", host=server.url, path="/awal/")
    answer = HttpClient(connection, allow=HERE, limits=QUICK).ask(Request(url, params={"token": "rahasia"}))
    assert answer.document() == {"path": path}
    assert answer.where == f"{server.url}{path}"


@pytest.mark.parametrize(
    ("content", "is_proved"),
    [(b" \n{}", True), (b"[] ", True), (b"a,b\n", False), (b"", False), (b"[" * 100_000 + b"]" * 100_000, False)],
)
def test_json_that_is_whole_proves_the_end_of_an_answer(content: bytes, is_proved: bool) -> None:
    assert is_end_proved(content, tells_length=False, unzip=Unzip("", "sistem"), where="sistem") == is_proved
    assert is_end_proved(content, tells_length=True, unzip=Unzip("", "sistem"), where="sistem")


@pytest.mark.parametrize("content", [b" {", b"\n[1, 2"])
def test_half_a_json_is_asked_for_again(content: bytes) -> None:
    with pytest.raises(Again):
        is_end_proved(content, tells_length=False, unzip=Unzip("", "sistem"), where="sistem")


@pytest.mark.parametrize("cut", [1, 30])
def test_gzip_in_several_parts_and_members_ends_where_the_last_one_ends(cut: int) -> None:
    packed = gzip.compress(b"satu;") + gzip.compress(b"dua")
    unzip = Unzip("GZIP", "sistem")
    assert unzip.is_at_end
    assert b"".join(map(unzip.add, (packed[:cut], packed[cut:-1]))) == b"satu;dua"
    assert not unzip.is_at_end
    unzip.add(packed[-1:])
    assert unzip.is_at_end


@pytest.mark.parametrize(
    ("asked", "seconds", "told"),
    [
        (None, None, ""),
        ("", None, ""),
        ("0", 0, ""),
        (" 90 ", 90, " It asks to wait for 90 seconds."),
        ("segera", None, ""),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, ""),
    ],
)
def test_a_wait_is_told_where_one_is_asked_for(asked: str | None, seconds: float | None, told: str) -> None:
    fault = refusal(503, {} if asked is None else {"Retry-After": asked}, "sistem")
    assert isinstance(fault, Again)
    assert fault.wait_seconds == seconds
    assert fault.fault.en == f"sistem: cannot serve just now (503). Try again later.{told}"
    assert fault.fault.id.endswith("Coba lagi nanti." if not told else " Sistemnya minta ditunggu 90 detik.")
