"""The one HTTP client: where it may go, what it repeats, and what it never says."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from connectors.connection import Connection, connection_from, variable_of
from connectors.errors import ConfigError, DataRejected, SourceUnavailable
from connectors.http import Answer, HttpClient, Limits, Request
from testing.cases import SECRET, FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Fault, Server, serving, status, unfinished

QUICK = Limits(connect_seconds=1, read_seconds=0.5, tries=3, first_wait_seconds=0.01, longest_wait_seconds=0.2)
HERE = ("private_addresses", "plain_http")


class Echo(FakeSystem):
    """Says back what it was asked."""

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        if asked.path == "/elsewhere":
            return Reply({}, 302, {"Location": "http://example.org/steal"})
        if asked.path == "/moved":
            return Reply({}, 301, {"Location": "/there"})
        if asked.path == "/round":
            return Reply({}, 302, {"Location": "/round"})
        return Reply({"path": asked.path, "params": dict(asked.params), "form": asked.body.decode()})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(Echo(), [])) as running:
        yield running


def client(server: Server, *, allow: tuple[str, ...] = HERE, limits: Limits = QUICK) -> HttpClient:
    connection = Connection("sistem", host=server.url, login="pemakai", password=SECRET)
    return HttpClient(connection, allow=allow, limits=limits)


def test_an_internal_address_is_refused_unless_the_source_allows_it(server: Server) -> None:
    with pytest.raises(ConfigError, match="private_addresses"):
        client(server, allow=("plain_http",)).ask(Request("x"))
    assert server.requests == []


def test_plain_http_is_refused_unless_the_source_allows_it(server: Server) -> None:
    with pytest.raises(ConfigError, match="plain_http"):
        client(server, allow=("private_addresses",)).ask(Request("x"))


def test_a_name_that_leads_inside_is_refused_too(server: Server) -> None:
    connection = Connection("sistem", host=server.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        HttpClient(connection, allow=("plain_http",), limits=QUICK).ask(Request("x"))


def test_a_redirect_within_the_host_is_followed(server: Server) -> None:
    assert client(server).ask(Request("moved")).document()["path"] == "/there"


def test_a_redirect_to_another_host_is_not_followed(server: Server) -> None:
    with pytest.raises(ConfigError, match=r"example\.org"):
        client(server).ask(Request("elsewhere", secret_headers={"Authorization": SECRET}))


def test_a_redirect_in_a_circle_ends(server: Server) -> None:
    with pytest.raises(SourceUnavailable, match="redirects") as caught:
        client(server).ask(Request("round"))
    assert len(server.requests) == 5
    assert all(text.startswith(f"{server.url}/round: ") for text in (caught.value.id, caught.value.en))


def test_an_address_of_another_host_in_an_answer_is_not_asked(server: Server) -> None:
    with pytest.raises(ConfigError, match=r"example\.org"):
        client(server).ask(Request("https://example.org/page2"))


def test_the_wait_a_server_asks_for_is_kept(server: Server) -> None:
    server.faults = [status(429, Retry_After="1")]
    began = time.monotonic()
    client(server).ask(Request("x"))
    assert time.monotonic() - began >= 1


def test_tries_are_bounded(server: Server) -> None:
    server.faults = [status(503)] * 50
    with pytest.raises(SourceUnavailable):
        client(server).ask(Request("x"))
    assert len(server.requests) == QUICK.tries


def test_a_refusal_is_not_repeated(server: Server) -> None:
    server.faults = [status(403)] * 50
    with pytest.raises(ConfigError):
        client(server).ask(Request("x"))
    assert len(server.requests) == 1


def test_an_answer_larger_than_allowed_is_given_up(server: Server) -> None:
    with pytest.raises(DataRejected, match="20 bytes"):
        client(server, limits=Limits(answer_bytes=20)).ask(Request("x"))


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_dripping_answer_is_given_up(server: Server, tells_length: bool) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        if tells_length:
            handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(20):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)
        return True

    server.faults = [drip]
    limits = Limits(read_seconds=5, answer_seconds=0.5, tries=1)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable) as caught:
        client(server, limits=limits).ask(Request("x"))
    assert time.monotonic() - began < 1.9
    assert caught.value.en == f"{server.url}/x: the answer was not complete after 0.5 seconds. Try again later."


@pytest.mark.parametrize("fault", [status(401), status(500)])
def test_no_fault_tells_a_secret_or_what_the_server_said(server: Server, fault: object) -> None:
    server.faults = [fault] * 5  # type: ignore[list-item]
    request = Request("x", secret_params={"key": SECRET}, secret_form={"token": SECRET}, form={}, method="POST")
    with pytest.raises((ConfigError, SourceUnavailable)) as caught:
        client(server).ask(request)
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)


def test_secrets_are_sent_but_are_no_part_of_a_question_s_fingerprint(server: Server) -> None:
    one = Request("x", secret_params={"key": SECRET})
    client(server).ask(one)
    assert server.requests[0].params == {"key": SECRET}
    assert one.fingerprint == Request("x", secret_params={"key": "other"}).fingerprint
    assert SECRET not in repr(one)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:pa%2Fss@host.example:8443/base?x=1",
        json.dumps(
            {
                "conn_type": "https",
                "host": "host.example",
                "port": 8443,
                "schema": "base",
                "login": "user",
                "password": "pa/ss",
                "extra": {"x": 1},
            }
        ),
        json.dumps(
            {
                "conn_type": "https",
                "host": "host.example",
                "port": "8443",
                "schema": "base",
                "login": "user",
                "password": "pa/ss",
                "extra": '{"x": "1"}',
            }
        ),
    ],
)
def test_a_connection_is_read_as_airflow_writes_it(text: str) -> None:
    found = connection_from("portal-statistik", {"AIRFLOW_CONN_PORTAL_STATISTIK": text})
    assert found.base_url == "https://host.example:8443/base"
    assert (found.login, found.password, dict(found.extra)) == ("user", "pa/ss", {"x": "1"})
    assert "pa/ss" not in repr(found)


@pytest.mark.parametrize("text", ["", "{broken", "nothing", '{"port": "rahasia"}'])
def test_a_missing_or_unreadable_connection_names_its_variable(text: str) -> None:
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_PORTAL") as caught:
        connection_from("portal", {variable_of("portal"): text})
    assert "rahasia" not in str(caught.value)


CSV = b"id,masuk\n1,2025-01-01\n2,2025-01-02\n"
JSON = json.dumps([{"id": number} for number in range(100)]).encode()
ZIPPED = gzip.compress(CSV * 500)
BROKEN_OFF = {
    "fewer bytes than its length": unfinished(CSV, Content_Length="5000"),
    "chunks without the last": unfinished(b"23\r\n" + CSV + b"\r\n", Transfer_Encoding="chunked"),
    "half a chunk": unfinished(b"ff\r\n" + CSV, Transfer_Encoding="chunked"),
    "half of what is zipped": unfinished(ZIPPED[: len(ZIPPED) // 2], Content_Encoding="gzip"),
    "zipped, without its checksum": unfinished(ZIPPED[:-8], Content_Encoding="gzip"),
    "zipped, shorter, with the length of what came": unfinished(
        ZIPPED[:-20], Content_Encoding="gzip", Content_Length=str(len(ZIPPED) - 20)
    ),
    "zipped twice, the second cut": unfinished(ZIPPED + ZIPPED[:-9], Content_Encoding="gzip"),
    "half of a JSON list": unfinished(JSON[: JSON.index(b",")]),
}


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_half_an_answer_is_asked_for_again_and_then_fails(name: str, server: Server) -> None:
    server.faults = [BROKEN_OFF[name]] * 3
    with pytest.raises(SourceUnavailable, match="broke off"):
        client(server).ask(Request("x"))
    assert len(server.requests) == 3
    server.faults = [BROKEN_OFF[name]]
    assert client(server).ask(Request("x")).document()["path"] == "/x"


@pytest.mark.parametrize(
    ("fault", "content", "is_proved"),
    [
        (unfinished(CSV), CSV, False),
        (unfinished(CSV, Content_Length=str(len(CSV))), CSV, True),
        (unfinished(JSON), JSON, True),
        (unfinished(ZIPPED, Content_Encoding="gzip"), CSV * 500, True),
        (unfinished(ZIPPED + ZIPPED, Content_Encoding="gzip"), CSV * 1000, True),
        (unfinished(b"23\r\n" + CSV + b"\r\n0\r\n\r\n", Transfer_Encoding="chunked"), CSV, True),
    ],
)
def test_the_end_of_an_answer_is_proved_or_not(fault: Fault, content: bytes, is_proved: bool, server: Server) -> None:
    server.faults = [fault]
    answer = client(server).ask(Request("x"))
    assert (answer.content, answer.is_end_proved) == (content, is_proved)


NOISE, ZEROS = hashlib.shake_128(b"noise").digest(200_000), bytes(200_000)


@pytest.mark.parametrize(
    ("sent", "encoding", "content", "most"),
    [
        (NOISE, "", NOISE, len(NOISE)),
        (gzip.compress(NOISE), "gzip", NOISE, len(gzip.compress(NOISE))),
        (gzip.compress(ZEROS), "gzip", ZEROS, len(ZEROS)),
    ],
)
def test_an_answer_of_several_chunks_may_be_of_so_many_bytes_as_sent_and_unzipped_and_no_more(
    server: Server, sent: bytes, encoding: str, content: bytes, most: int
) -> None:
    server.faults = [unfinished(sent, Content_Encoding=encoding, Content_Length=str(len(sent)))] * 2
    assert client(server, limits=replace(QUICK, answer_bytes=most)).ask(Request("x")).content == content
    with pytest.raises(DataRejected) as caught:
        client(server, limits=replace(QUICK, answer_bytes=most - 1)).ask(Request("x"))
    told = f"{most - 1:,}"
    assert caught.value.en == f"{server.url}/x: the answer exceeds {told} bytes. Make pages smaller ('size')."
    assert caught.value.id.startswith(f"{server.url}/x: jawaban lebih dari {told.replace(',', '.')} bita.")


@pytest.mark.parametrize(
    "fault",
    [
        unfinished(b'{"a": '),
        unfinished(ZIPPED[:-5], Content_Encoding="gzip"),
        unfinished(b"no zip at all", Content_Encoding="gzip"),
    ],
)
def test_an_answer_that_broke_off_is_told_with_its_address(server: Server, fault: Fault) -> None:
    server.faults = [fault]
    with pytest.raises(SourceUnavailable) as caught:
        client(server, limits=replace(QUICK, tries=1)).ask(Request("x"))
    assert caught.value.en.startswith(f"{server.url}/x: the answer broke off before its end.")


def test_an_answer_encoded_in_another_way_is_refused(server: Server) -> None:
    server.faults = [unfinished(b"x", Content_Encoding="br")]
    with pytest.raises(DataRejected, match="gzip"):
        client(server).ask(Request("x"))


def test_a_vendors_own_client_gets_no_more_bytes_than_allowed(server: Server) -> None:
    content = len(client(server).ask(Request("x")).content)
    for most, is_whole in ((content, True), (content - 1, False)):
        session = client(server, limits=Limits(answer_bytes=most)).session()
        if is_whole:
            assert session.get(f"{server.url}/x").json()["path"] == "/x"
        else:
            with pytest.raises(DataRejected, match=f"'sistem': the answer exceeds {most} bytes"):
                session.get(f"{server.url}/x")


def test_a_vendors_own_client_gets_what_was_zipped_and_no_more_of_it_than_allowed(server: Server) -> None:
    zipped = unfinished(ZIPPED, Content_Encoding="gzip", Content_Length=str(len(ZIPPED)))
    for most, is_whole in ((len(CSV) * 500, True), (len(CSV) * 500 - 1, False)):
        server.faults = [zipped]
        session = client(server, limits=Limits(answer_bytes=most)).session()
        if is_whole:
            assert session.get(server.url).content == CSV * 500
        else:
            with pytest.raises(DataRejected, match="the answer exceeds"):
                session.get(server.url)


def test_an_answer_repeats_no_secret_wherever_it_stood() -> None:
    told = {"Link": f"</x?token={SECRET}>; rel=next", "X-Total": "7"}
    answer = Answer(f'["{SECRET}", 7]'.encode(), 200, told, f"https://sistem.example/{SECRET}/x", is_end_proved=False)
    found = answer.without([SECRET])
    assert SECRET not in f"{found.content!r}{dict(found.headers)}{found.where}"
    assert (found.headers["x-total"], found.headers["LINK"].startswith("</x?token=")) == ("7", True)
    assert (found.where.startswith("https://sistem.example/"), found.where.endswith("/x")) == (True, True)
    assert (found.document()[1], found.status, found.is_end_proved) == (7, 200, False)


@pytest.mark.parametrize("asked", [Request("x", headers={" X": "1"}), Request("x", headers={"X\n": "1"})])
def test_what_cannot_be_written_as_http_is_told_with_its_address(asked: Request, server: Server) -> None:
    with pytest.raises(ConfigError, match="cannot be written as HTTP") as caught:
        client(server).ask(asked)
    assert all(text.startswith(f"{server.url}/x: ") for text in (caught.value.id, caught.value.en))


def test_a_vendors_own_client_is_not_given_where_the_address_is_forbidden(server: Server) -> None:
    with pytest.raises(ConfigError, match="plain_http"):
        client(server, allow=("private_addresses",)).session()
    session = client(server, allow=("plain_http",)).session()
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        session.get(server.url)
    assert server.requests == []


def test_a_client_of_more_places_asks_them_and_its_own_on_the_same_terms(server: Server) -> None:
    with serving(Server(Echo(), [], faults=[status(503)] * 50)) as other:
        wider = client(server).also_at(other.url)
        assert wider.ask(Request("x")).document()["path"] == "/x"
        with pytest.raises(SourceUnavailable):
            wider.ask(Request(f"{other.url}/y"))
        assert len(other.requests) == QUICK.tries
        with pytest.raises(ConfigError, match="is not an address of the connection"):
            client(server).ask(Request(f"{other.url}/y"))
        with pytest.raises(ConfigError, match="plain_http"):
            client(server, allow=("private_addresses",)).also_at(other.url).ask(Request(f"{other.url}/y"))
        assert len(other.requests) == QUICK.tries


@pytest.mark.parametrize(
    ("body", "secret", "sent"),
    [
        ({"a": 1}, {"auth": SECRET}, {"a": 1, "auth": SECRET}),
        (None, {"auth": SECRET}, {"auth": SECRET}),
        ([1, 2], {}, [1, 2]),
    ],
)
def test_a_body_is_sent_as_json_with_its_secrets(
    body: object, secret: dict[str, object], sent: object, server: Server
) -> None:
    client(server).ask(Request("x", method="POST", body=body, secret_body=secret))
    assert server.requests[0].document == sent
    assert server.requests[0].headers["Content-Type"] == "application/json"


def test_a_form_is_sent_with_its_secrets_and_parameters_are_kept_apart(server: Server) -> None:
    said = client(server).ask(
        Request(
            "x", method="POST", form={"a": "1"}, secret_form={"b": "2"}, params={"c": "3"}, secret_params={"d": "4"}
        )
    )
    assert said.document() == {"path": "/x", "params": {"c": "3", "d": "4"}, "form": "a=1&b=2"}


def test_a_secret_of_the_path_is_sent_in_its_place_and_told_by_its_name(server: Server) -> None:
    request = Request("v1/{key}/x", secret_path={"key": "a/b c"})
    server.faults = [status(404)]
    with pytest.raises(ConfigError) as caught:
        client(server).ask(request)
    assert server.requests[0].path == "/v1/a%2Fb%20c/x"
    assert f"{server.url}/v1/{{key}}/x: no such address (404)" in caught.value.en
    assert request.shown("https://sistem.example/a/b c/a%2Fb%20c?k=1") == "https://sistem.example/{key}/{key}"


@pytest.mark.parametrize(
    ("code", "in_id", "in_en"),
    [
        (400, "permintaan tidak diterima (400)", "the request was not accepted (400)"),
        (404, "alamat tidak ada (404)", "no such address (404)"),
        (410, "alamat tidak ada (410)", "no such address (410)"),
        (401, "ditolak (401)", "refused (401)"),
        (403, "ditolak (403)", "refused (403)"),
    ],
)
def test_a_refusal_says_what_to_mend(code: int, in_id: str, in_en: str, server: Server) -> None:
    server.faults = [status(code)]
    with pytest.raises(ConfigError) as caught:
        client(server).ask(Request("x"))
    assert f"{server.url}/x: {in_id}" in caught.value.id
    assert f"{server.url}/x: {in_en}" in caught.value.en


def test_a_wait_may_be_asked_for_by_the_day_it_ends(server: Server) -> None:
    server.faults = [status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")]
    assert client(server).ask(Request("x")).status == 200
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    server.faults = [status(503, Retry_After=tomorrow)] * 3
    with pytest.raises(SourceUnavailable, match=r"It asks to wait for 86,[34]\d\d seconds") as caught:
        client(server).ask(Request("y"))
    assert "minta ditunggu 86." in caught.value.id
    assert [asked.path for asked in server.requests] == ["/x", "/x", "/y"]


def test_each_wait_is_twice_the_one_before_up_to_the_longest(server: Server) -> None:
    for longest, least_seconds in ((9.0, 0.1 + 0.2 + 0.4), (0.2, 0.1 + 0.2 + 0.2)):
        server.faults = [status(503)] * 3
        limits = Limits(tries=4, first_wait_seconds=0.1, longest_wait_seconds=longest)
        began = time.monotonic()
        client(server, limits=limits).ask(Request("x"))
        assert time.monotonic() - began >= least_seconds


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html><p>", "^sistem: .* web page"),
        (b"\t<HTML>", "^sistem: .* web page"),
        (b"X<html>", r"^sistem: .* not valid JSON \(7 bytes\)"),
        (b'{"a": 1, "a": 2}', "^sistem: .*key 'a' stands twice"),
        (b'[{"a": 1}, {"a": 1, "a": 2}]', "^sistem: row 2: key 'a' stands twice"),
        (b"{", r"^sistem: .* not valid JSON \(1 bytes\)"),
    ],
)
def test_what_is_no_json_of_one_meaning_is_no_data(content: bytes, why: str) -> None:
    with pytest.raises(DataRejected) as caught:
        Answer(content, 200, {}, "sistem").document()
    assert re.search(why, caught.value.en)
    assert caught.value.id.startswith("sistem: ")


def test_json_may_begin_with_the_mark_of_utf_8() -> None:
    assert Answer(b'\xef\xbb\xbf{"a": 1}', 200, {}, "sistem").document() == {"a": 1}
