"""JSON access log lines: what servers' own names mean, and that one by one and in blocks they give the same rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access_log.formats import json_block
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.json_line import JsonNames, read_any_line
from pipeline.access_log.formats.line import LONGEST_LINE
from pipeline.access_log.hits import NO_AGENT, Hit
from tests.access_log.test_line import AT, FULL, rows_of_block, rows_one_by_one

NAMES = JsonNames()
AGENT = b"Mozilla/5.0"
HIT = Hit(b"10.0.0.1", AT, b"GET /a", 200, AGENT)
NGINX = {
    "time_iso8601": "2015-05-17T17:05:03+07:00",
    "remote_addr": "10.0.0.1",
    "request": "GET /a?q=1 HTTP/1.1",
    "status": "200",
    "http_user_agent": "Mozilla/5.0",
}
NGINX_PARTS = {
    "msec": "1431857103.250",
    "remote_addr": "10.0.0.1",
    "request_method": "GET",
    "request_uri": "/a?q=1",
    "status": 200,
    "http_user_agent": "Mozilla/5.0",
}
CADDY: dict[str, Any] = {
    "level": "info",
    "ts": 1431857103.2507138,
    "logger": "http.log.access.log0",
    "request": {
        "remote_ip": "172.18.0.9",
        "client_ip": "10.0.0.1",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "data.kota.go.id",
        "uri": "/a?q=1",
        "headers": {"X-Forwarded-For": ["203.0.113.9"], "User-Agent": ["Mozilla/5.0"], "Sec-Ch-Ua": ['"C";v="1"']},
    },
    "status": 200,
    "resp_headers": {"Server": ["Caddy"]},
}
TRAEFIK = {
    "ClientAddr": "10.0.0.1:41342",
    "ClientHost": "10.0.0.1",
    "DownstreamStatus": 200,
    "RequestMethod": "GET",
    "RequestPath": "/a?q=1\u0026r=2",
    "StartUTC": "2015-05-17T10:05:03.123456789Z",
    "request_User-Agent": "Mozilla/5.0",
}
SERVERS = (NGINX, NGINX_PARTS, CADDY, TRAEFIK)


def line_of(record: object) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


@pytest.mark.parametrize("record", SERVERS)
def test_the_servers_own_names_are_known(record: dict[str, Any]) -> None:
    host = b"data.kota.go.id" if record == CADDY else b""
    assert _read(line_of(record)) == HIT._replace(host=host)


def test_the_client_is_whom_the_log_calls_so() -> None:
    asked = {key: value for key, value in CADDY["request"].items() if key != "client_ip"}
    hit = _read(line_of(CADDY | {"request": asked}))
    assert isinstance(hit, Hit)
    assert hit.address == b"172.18.0.9"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2015-05-17T10:05:03Z", AT),
        ("2015-05-17T10:05:03.999999999Z", AT),
        ("2015-05-17 17:35:03.5+0730", AT),
        ("17/May/2015:06:05:03 -0400", AT),
        ("[17/May/2015:10:05:03 +0000]", AT),
        (1431857103, AT),
        (1431857103.9999995, AT),
        ("1431857103.999", AT),
        (1431857103999, AT),
        (1431857103999.5, AT),
        ("1431857103999999", AT),
        (1431857103999999999, AT),
        ("2015-05-17T10:05:03", None),
        ("2015-02-30T10:05:03Z", None),
        ("1970-01-01T00:00:01Z", None),
        ("2100-01-01T00:00:00Z", None),
        ("kemarin", None),
        ("", None),
        (0, None),
        (14318571039, None),
        (1e400, None),
        (-1431857103, None),
    ],
)
def test_times_are_read_in_any_zone_and_unit_and_never_guessed(written: str | float, seconds: int | None) -> None:
    line = line_of(NGINX | {"time_iso8601": written}).replace(b"Infinity", b"1e400")
    assert _read(line, line_of(NGINX)) == ("bad_time" if seconds is None else HIT._replace(seconds=seconds))


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        (line_of(NGINX | {"http_user_agent": ""}), b""),
        (line_of({key: value for key, value in NGINX.items() if key != "http_user_agent"}), NO_AGENT),
        (line_of(NGINX | {"http_user_agent": None}), NO_AGENT),
        (line_of(CADDY | {"request": CADDY["request"] | {"headers": {"Accept": ["*/*"]}}}), b""),
        (line_of(CADDY | {"request": CADDY["request"] | {"headers": {"User-Agent": []}}}), b""),
        (line_of(CADDY | {"request": CADDY["request"] | {"headers": {"User-Agent": ["a", "b"]}}}), b"a"),
        (line_of(CADDY | {"request": CADDY["request"] | {"headers": None}}), NO_AGENT),
        (line_of(NGINX).replace(b"Mozilla", rb"say \"hi\" \u00e9 \/"), 'say "hi" é //5.0'.encode()),
        (line_of(NGINX).replace(b"Mozilla", b"\xe9\xff"), b"\xe9\xff/5.0"),
    ],
)
def test_an_agent_that_is_not_logged_is_not_an_empty_one(line: bytes, agent: bytes) -> None:
    hit = _read(line, line_of(NGINX), line_of(CADDY))
    assert isinstance(hit, Hit)
    assert hit.agent == agent


@pytest.mark.parametrize(
    ("line", "request_line"),
    [
        (line_of(NGINX).replace(b"/a?", rb"\u002Fa\u003F"), b"GET /a"),
        (line_of(NGINX | {"request": ""}), b""),
        (line_of(NGINX | {"request": None, "request_method": "", "request_uri": ""}), b" "),
        (line_of(NGINX | {"request_method": "POST", "request_uri": "/b"}), b"GET /a"),
        (line_of(NGINX) + b"\r", b"GET /a"),
        (line_of(NGINX | {"remote_addr": "2001:db8::7"}), b"GET /a"),
    ],
)
def test_escapes_and_line_ends_change_no_request(line: bytes, request_line: bytes) -> None:
    hit = _read(line)
    assert isinstance(hit, Hit)
    assert hit.request == request_line


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"{}",
        b"{x} " + FULL,
        b"{" + FULL,
        line_of(NGINX)[:-1],
        line_of(NGINX) + b"}",
        line_of(NGINX) * 2,
        b"\xef\xbb\xbf" + line_of(NGINX),
        line_of(NGINX).replace(b"/a", rb"/\x16"),
        line_of(NGINX)[:-1] + b',"x":NaN}',
        line_of(NGINX).replace(b"Mozilla", rb"\ud800"),
        line_of(NGINX | {"remote_addr": ""}),
        line_of(NGINX | {"remote_addr": 7}),
        line_of(NGINX | {"request": ["GET /"]}),
        line_of(NGINX | {"time_iso8601": None}),
        *(line_of(NGINX | {"status": status}) for status in (1000, -1, 200.0, True, "", "2e2", " 200", "٢٠٠")),
        line_of(NGINX_PARTS | {"request_uri": None}),
        line_of(NGINX | {"http_user_agent": "a" * LONGEST_LINE}),
        line_of(NGINX)[:-1] + b',"x":' + b"[" * 9000 + b"]" * 9000 + b"}",
    ],
)
def test_a_line_that_is_no_json_or_lacks_a_part_is_malformed(line: bytes) -> None:
    assert _read(line, line_of(NGINX)) == _read(line, FULL) == "malformed_line"


def test_declared_names_stand_alone_and_the_others_stay_known() -> None:
    names = NAMES.declared({"address": "klien.ip", "method": "cara", "uri": "request", "time": "waktu"})
    record = {"klien": {"ip": "10.0.0.1"}, "cara": "GET", "request": "/a", "waktu": AT, "status": 200}
    lines = [line_of(record | {"http_user_agent": "Mozilla/5.0"}), line_of(NGINX)]
    assert read_any_line(lines[0], names=names) == HIT
    assert rows_one_by_one(lines, names=names) == [(0, HIT), "malformed_line"] == rows_of_block(lines, names=names)


def test_a_declared_name_may_hold_no_agent() -> None:
    names = NAMES.declared({"agent": "klien.agen"})
    lines = [line_of(NGINX), line_of(NGINX | {"klien": {}}), line_of(NGINX | {"klien": {"agen": "x"}})]
    agents = [hit.agent for hit in (read_any_line(line, names=names) for line in lines) if isinstance(hit, Hit)]
    assert agents == [NO_AGENT, b"", b"x"]
    assert rows_of_block(lines, names=names) == rows_one_by_one(lines, names=names)


def test_lines_of_the_usual_servers_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_block, "read_any_line", lambda *_, **__: pytest.fail("read one by one"))
    for usual in SERVERS:
        quiet = line_of({key: value for key, value in usual.items() if "gent" not in key})
        block = b"\n".join([line_of(usual), quiet, line_of(usual), b""])
        assert len(read_block(block, names=NAMES).lines) == 3


def test_lines_that_are_alike_but_for_their_values_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_block, "read_paths", lambda *_, **__: pytest.fail("parsed"))
    plain = (NGINX, NGINX_PARTS, CADDY | {"request": CADDY["request"] | {"headers": {"User-Agent": ["Mozilla/5.0"]}}})
    for usual in plain:
        sizes = [*range(40), 0.25]
        lines = [line_of({"before": size} | usual | {"size": size, "status": 200 + n}) for n, size in enumerate(sizes)]
        assert rows_of_block(lines) == rows_one_by_one(lines)


@pytest.mark.parametrize(
    "value", ["7", "-7", "0", "-0", "0.5", "1.25", "07", "00", "-", "1.", ".5", "1e5", "+1", "9" * 33]
)
@pytest.mark.parametrize("place", ["size", "status", "msec"])
def test_a_number_between_alike_lines_is_one_as_json_has_it(place: str, value: str) -> None:
    numbers = {"size": 111, "msec": 1431857103.25, "status": 222}
    usual = line_of(NGINX_PARTS | numbers)
    _compare_between(usual, usual.replace(f"{numbers[place]}".encode(), value.encode()))


@pytest.mark.parametrize(
    "value", [b"07", b"007", b"7", b"77", b"", b"0200", b"20x", b"\xe9", b"\x01", b"\x7f", b"\\n", b'"']
)
@pytest.mark.parametrize("place", [b"200", b"Mozilla", b"GET", b"10.0.0.1"])
def test_a_text_between_alike_lines_is_one_as_json_has_it(place: bytes, value: bytes) -> None:
    usual = line_of(NGINX)
    _compare_between(usual, usual.replace(place, value))


def test_a_status_that_is_broken_in_the_first_line_may_be_whole_in_the_next() -> None:
    usual = line_of(NGINX | {"DownstreamStatus": 404, "status": 200.5})
    _compare_between(usual, usual.replace(b"200.5", b"200"))


def _compare_between(usual: bytes, other: bytes) -> None:
    """Hold blocks and single lines against each other where one line stands among others."""
    lines = [usual, other, usual]
    assert rows_of_block(lines) == rows_one_by_one(lines)


def test_an_object_over_two_lines_does_not_make_up_for_two_on_one() -> None:
    begun, ended = line_of(NGINX)[:-1] + b',"x":', b"{}}"
    lines = [line_of(NGINX), begun, ended, line_of(NGINX) * 2, line_of(NGINX)]
    assert rows_of_block(lines) == [(0, HIT), (4, HIT), *["malformed_line"] * 3] == rows_one_by_one(lines)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 1000),
    st.sampled_from([AT, AT * 1000, AT + 0.75, AT * 1000.0, 10**30, 1e308, -0.0, 631152000, 4102444800]),
    st.sampled_from(["", "200", "GET /b?c HTTP/1.1", "10.0.0.2", "2001:db8::1", "\n", "é", "a\x00b", "?", f"{AT}.5"]),
    st.sampled_from(["GET", "/b?c", "17/May/2015:10:05:03 +0000", "x", f"{AT}123"]),
    st.builds(
        lambda year, day, mark, clock, rest: f"{year}-05-{day}{mark}{clock}{rest}",
        st.sampled_from(["2015", "1500", "1969", "1989", "2099", "2100", "2263", "9999", "0001", "15"]),
        st.sampled_from(["17", "31", "32", "1"]),
        st.sampled_from(["T", " ", "t", ""]),
        st.sampled_from(["10:05:03", "10:05", "24:00:00", "23:59:60", "100503", "10:05:03.9", "10:05:03.123456789"]),
        st.sampled_from(["Z", "+07:00", "+0700", "-23:59", "+24:00", "", "z", " +07:00", "+07"]),
    ),
    st.lists(st.sampled_from(["a", "b", 1, None]), max_size=2),
    st.dictionaries(st.sampled_from(["client_ip", "method", "uri", "headers"]), st.just("x"), max_size=2),
)
KEYS = st.sampled_from(
    [
        *(path for paths in vars(NAMES).values() for path in paths),
        *("request.headers", "other", "klien", "klien.ip", "klien.agen"),
    ]
)


def _changed(record: dict[str, Any], changes: list[tuple[str, object]]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(record))
    for path, value in changes:
        *parents, key = path.split(".")
        place = changed
        for parent in parents:
            place[parent] = place[parent] if isinstance(place.get(parent), dict) else {}
            place = place[parent]
        place[key] = value
        if value is None:
            del place[key]
    return changed


RECORDS = st.builds(_changed, st.sampled_from(SERVERS), st.lists(st.tuples(KEYS, VALUES), max_size=3))
SOUND = st.sampled_from([*map(line_of, SERVERS), FULL, b"", b"garbage"])
BROKEN = st.builds(
    lambda line, at, junk, cut: line[:at] + junk + line[at + cut :],
    st.one_of(SOUND, RECORDS.map(line_of)),
    st.integers(0, 400),
    st.one_of(st.binary(max_size=3), st.sampled_from([b'"', b"\\", b"{", b"}", b",", b"\\u00", b"\xff", b"\r", b" "])),
    st.integers(0, 3),
)
LINES = st.one_of(SOUND, RECORDS.map(line_of), BROKEN).map(lambda line: line.replace(b"\n", b""))
OWN = NAMES.declared({"address": "klien.ip", "agent": "klien.agen"})


@settings(max_examples=400)
@given(st.lists(LINES, min_size=1, max_size=12), st.sampled_from([NAMES, OWN]))
def test_lines_of_mixed_formats_give_the_same_rows_one_by_one_and_in_blocks(
    lines: list[bytes], names: JsonNames
) -> None:
    assert rows_of_block(lines, names=names) == rows_one_by_one(lines, names=names)


def _read(line: bytes, *neighbours: bytes) -> Hit | str:
    """What a line means, the same whether it is read alone or after others."""
    for lines in ([line], [*neighbours, line]):
        assert rows_of_block(lines, names=NAMES) == rows_one_by_one(lines, names=NAMES)
    return read_any_line(line, names=NAMES)
