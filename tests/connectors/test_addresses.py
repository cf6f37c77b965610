"""Where a connection may lead: internal addresses in every spelling, and metadata that no setting opens."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from connectors import addresses
from connectors.addresses import ForbiddenAddress, check_address
from connectors.connection import Connection
from connectors.errors import ConfigError
from connectors.http import HttpClient, Limits, Request
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving

ONCE = Limits(connect_seconds=2, read_seconds=2, answer_seconds=5, tries=1)
INTERNAL = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
    *("192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "192.88.99.1"),
    *("::", "::1", "fc00::1", "fd12:3456::1", "fec0::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1"),
    *("::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "::ffff:0:0"),
    *("2002:7f00:1::", "2002:c0a8:101::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"),
    *("2001:0:7f00:1::1", "2001:0:808:808::f5ff:fffe"),
]
NEVER = [
    *("169.254.169.254", "169.254.169.253", "169.254.170.2", "169.254.170.23", "169.254.0.1"),
    *("100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
    *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::1", "fe80::a9fe:a9fe%eth0", "ff02::1"),
    *("::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"),
]
PUBLIC = ["8.8.8.8", "103.10.10.10", "2606:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_opened_by_the_source_s_allowance_alone(address: str) -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        check_address(address, may_be_private=False)
    assert not caught.value.is_never
    check_address(address, may_be_private=True)


@pytest.mark.parametrize("may_be_private", [False, True])
@pytest.mark.parametrize("address", NEVER)
def test_a_machine_s_metadata_is_opened_by_nothing(address: str, may_be_private: bool) -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        check_address(address, may_be_private=may_be_private)
    assert caught.value.is_never


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    check_address(address, may_be_private=False)


class Empty(FakeSystem):
    """Answers anything with an empty list."""

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        return Reply([])


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(Empty(), [])) as running:
        yield running


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "2130706433", "0x7f000001"),
        *("0x7f.0.0.1", "0177.0.0.1", "017700000001", "0.0.0.0", "0", "127.0.0.1.", "①②⑦.⓪.⓪.①"),  # noqa: S104
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "127。0。0。1", "%31%32%37.0.0.1"),
    ],
)
def test_this_machine_is_not_asked_in_any_spelling(host: str, server: Server) -> None:
    port = server.url.rpartition(":")[2]
    connection = Connection("sistem", host=f"http://{host}:{port}")
    with pytest.raises(Exception, match=r".") as caught:
        HttpClient(connection, allow=("plain_http",), limits=ONCE).ask(Request("x"))
    assert type(caught.value).__module__ == "connectors.errors"
    assert server.requests == []


def test_a_name_that_changes_its_address_after_a_check_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.url.rpartition(":")[2])
    asked: list[str] = []

    def rebinding(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connection = Connection("sistem", host=f"http://sistem.example:{port}")
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(ConfigError, match=r"internal network \(127\.0\.0\.1\)"):
        HttpClient(connection, allow=("plain_http",), limits=ONCE).ask(Request("x"))
    assert asked == ["sistem.example"], "the name is looked up once, so nothing lies between check and use"
    assert server.requests == []


class Listening:
    """A socket that takes connections to an address of this machine, and counts them."""

    def __init__(self, address: str, port: int = 0) -> None:
        self._socket = socket.create_server((address, port))
        self._socket.settimeout(0.2)
        self.port = int(self._socket.getsockname()[1])

    def taken_count(self) -> int:
        """How many have come, of which none is answered."""
        count = 0
        with self._socket, suppress(TimeoutError):
            while True:
                self._socket.accept()[0].close()
                count += 1
        return count


def test_a_forbidden_address_is_not_even_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Listening("127.0.0.1")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", inside.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    connection = Connection("sistem", host=f"http://sistem.example:{inside.port}")
    with pytest.raises(ConfigError, match="internal network"):
        HttpClient(connection, allow=("plain_http",), limits=ONCE).ask(Request("x"))
    assert inside.taken_count() == 0


def test_a_name_that_is_public_first_and_internal_then_is_pinned_to_what_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = Listening("127.0.0.2")
    inside = Listening("127.0.0.1", judged.port)
    names, plain = iter(["127.0.0.2", "127.0.0.1", "127.0.0.1"]), socket.getaddrinfo

    def rebinding(host: str, *asked: Any, **named: Any) -> Any:
        return plain(next(names) if host == "sistem.example" else host, *asked, **named)

    checked = addresses.check_address
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(
        addresses,
        "check_address",
        lambda text, *, may_be_private: checked(
            "8.8.8.8" if text == "127.0.0.2" else text, may_be_private=may_be_private
        ),
    )
    limits = replace(ONCE, tries=3, read_seconds=0.3, first_wait_seconds=0.01)
    connection = Connection("sistem", host=f"http://sistem.example:{judged.port}")
    with pytest.raises(ConfigError, match=r"internal network \(127\.0\.0\.1\)"):
        HttpClient(connection, allow=("plain_http",), limits=limits).ask(Request("x"))
    assert (judged.taken_count(), inside.taken_count()) == (1, 0)


def test_the_metadata_address_is_refused_with_the_allowance_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = addresses.check_address
    monkeypatch.setattr(
        addresses,
        "check_address",
        lambda _, *, may_be_private: checked("169.254.169.254", may_be_private=may_be_private),
    )
    client = HttpClient(Connection("sistem", host=server.url), allow=("private_addresses", "plain_http"), limits=ONCE)
    with pytest.raises(ConfigError, match="never opened"):
        client.ask(Request("latest/meta-data/"))
    assert server.requests == []
