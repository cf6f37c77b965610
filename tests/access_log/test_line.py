"""The two parsers of access log lines: what a line means, and that both give the same rows for any bytes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.access_log import LONGEST_LINE
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.json_line import JsonNames, read_any_line
from pipeline.access_log.formats.line import read_line
from pipeline.access_log.hits import NO_AGENT, Hit, Rows

NAMES = JsonNames()
STAMP = b"17/May/2015:10:05:03 +0000"
AT = 1431857103
FULL = b'10.0.0.1 - - [%b] "GET /a?q=1 HTTP/1.1" 200 512 "-" "Mozilla/5.0"' % STAMP

NASTY = st.sampled_from(
    [b'"', b"\\", b'\\"', b" ", b"[", b"]", b"?", b"-", b"\r", b"\0", b"\xff\xfe", b"\t", b" HTTP/1.1", b'" "', b"2"]
)
TOKENS = st.one_of(
    st.sampled_from([b"10.0.0.1", b"2001:db8::1", b"-", b"", b'""', b"a b", b"kota.go.id"]), st.binary(max_size=6)
)
STAMPS = st.one_of(
    st.builds(
        lambda day, month, year, clock, zone: b"/".join([day, month, year]) + b":" + clock + b" " + zone,
        st.sampled_from([b"01", b"29", b"31", b"00", b"1", b"xx"]),
        st.sampled_from([b"Jan", b"Feb", b"Dec", b"jan", b"Mei"]),
        st.sampled_from([b"2024", b"2023", b"1970", b"2100", b"99"]),
        st.sampled_from([b"00:00:00", b"23:59:59", b"24:00:00", b"12:60:00", b"12:00:61", b"1:2:3", b"12-00-00"]),
        st.sampled_from([b"+0700", b"-0330", b"+9900", b"0700", b"+0000"]),
    ),
    st.just(STAMP),
    st.binary(max_size=30),
)
REQUESTS = st.one_of(
    st.sampled_from(
        [
            b"GET /a HTTP/1.1",
            b"GET /a?b=c HTTP/2.0",
            b"-",
            b"",
            b"GET /b",
            b'\\" 200 5 "-" "a" "b',
            b"\\x16\\x03",
            b" HTTP/1.1",
        ]
    ),
    st.lists(st.one_of(NASTY, st.binary(max_size=5)), max_size=6).map(b"".join),
)
SIZES = st.sampled_from([b"-", b"0", b"512", b"", b"5 1", b"1234567890123", b"12a", b"--", b"x"])
QUOTED = st.one_of(st.sampled_from([b"-", b"", b"Mozilla/5.0", b'a \\"b\\" c', b"trailing\\"]), REQUESTS)
REST = st.sampled_from([b"", b' "10.9.9.9"', b" 0.003", b"\r", b"\r\r", b" ", b'"', b"x"])
SHAPED = st.builds(
    lambda address, ident, user, stamp, request, status, size, referrer, agent, rest: (
        b'%b %b %b [%b] "%b" %b %b' % (address, ident, user, stamp, request, status, size)
        + (b' "%b" "%b"' % (referrer, agent) if referrer is not None else b"")
        + rest
    ),
    TOKENS,
    st.sampled_from([b"-", b"budi"]),
    st.sampled_from([b"-", b'""', b"budi", b"b d"]),
    STAMPS,
    REQUESTS,
    st.sampled_from([b"200", b"304", b"99", b"2000", b"x00"]),
    SIZES,
    st.one_of(st.none(), QUOTED),
    QUOTED,
    REST,
)
BROKEN = st.builds(lambda line, at, bytes_: line[:at] + bytes_ + line[at:], SHAPED, st.integers(0, 90), NASTY)
CLEAN = st.sampled_from([FULL, FULL + b"\r", FULL.replace(b"[17", b"[18"), b"", b" \r", b' "Mozilla/5.0"'])
LINES = st.one_of(CLEAN, SHAPED, BROKEN, st.binary(max_size=80)).map(lambda line: line.replace(b"\n", b""))


@settings(max_examples=200)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_both_parsers_give_the_same_rows_for_any_bytes(lines: list[bytes]) -> None:
    assert rows_of_block(lines) == rows_one_by_one(lines)


@settings(max_examples=80)
@given(st.lists(st.one_of(st.binary(min_size=1, max_size=3), NASTY), max_size=8), st.data())
def test_bytes_thrown_into_a_sound_line_are_read_the_same_by_both_parsers(
    noise: list[bytes], data: st.DataObject
) -> None:
    lines = []
    for junk in noise:
        at = data.draw(st.integers(0, len(FULL)))
        lines.append((FULL[:at] + junk + FULL[at + data.draw(st.integers(0, 3)) :]).replace(b"\n", b""))
    assert rows_of_block([FULL, *lines, FULL]) == rows_one_by_one([FULL, *lines, FULL])


def test_a_combined_line_gives_its_fields_and_leaves_query_and_version_out() -> None:
    assert read_line(FULL) == Hit(b"10.0.0.1", AT, b"GET /a", 200, b"Mozilla/5.0")


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        (b'2001:db8::7 - budi [%b] "GET / HTTP/1.1" 200 - "-" "a"', b"a"),
        (b'10.0.0.1 - "" [%b] "GET / HTTP/1.1" 200 5 "-" "a"', b"a"),
        (b'10.0.0.1 - - [%b] "GET /\\"x\\" HTTP/1.1" 200 5 "-" "say \\"hi\\""', b'say \\"hi\\"'),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "-" "say \\"hi\\""', b'say \\"hi\\"'),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "\\"" "a"', b"a"),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "x\\" "a" "b"', b""),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "-" 0.003 "a"', b""),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 0.003 "-" "a"', b""),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "-" "a" "10.9.9.9" 0.01', b"a"),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5\r', NO_AGENT),
        (b'10.0.0.1 - - [%b] "GET / HTTP/1.1" 200 5 "-" "cut off', b""),
        (b'10.0.0.1 - - [%b] "GET /a\\\\" 200 5 " 200 7 "-" "a"', b""),
        (b'10.0.0.1 - - [%b] "GET /a\\\\\\" 200 5 " 200 7 "-" "a"', b"a"),
        (b'10.0.0.1 - - [%b] "-" 408 - "-" "\xff\0"', b"\xff\0"),
    ],
)
def test_variants_of_the_log_format_are_well_formed(line: bytes, agent: bytes) -> None:
    hit = read_line(line % STAMP)
    assert isinstance(hit, Hit)
    assert (hit.seconds, hit.agent) == (AT, agent)
    assert rows_of_block([line % STAMP]) == [(0, hit)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"", "blank_line"),
        (b" \t\r", "blank_line"),
        (b' "curl/7.54.0"', "malformed_line"),
        (b"portal.go.id:443 " + FULL, "malformed_line"),
        (FULL.replace(b"200", b"20"), "malformed_line"),
        (FULL.replace(b"512", b"x"), "malformed_line"),
        (FULL.replace(b"HTTP/1.1", b'\\" 200 5 "-" "a" "b'), "malformed_line"),
        (FULL.replace(STAMP, b"2015-05-17T10:05:03Z"), "bad_time"),
        (FULL.replace(b"May", b"Mei"), "bad_time"),
        (FULL.replace(b"17/May", b"31/Feb"), "bad_time"),
        (FULL.replace(b"2015", b"1970"), "bad_time"),
        (FULL.replace(b"2015", b"10?2"), "bad_time"),
        (FULL.replace(b"10:05", b"24:05"), "bad_time"),
        (FULL.replace(b"/a", b"/" + b"a" * LONGEST_LINE), "malformed_line"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: bytes, fault: str) -> None:
    assert read_line(line) == fault
    assert rows_of_block([line]) == [fault]


def test_the_zone_of_the_stamp_is_honoured() -> None:
    east = read_line(FULL.replace(b"+0000", b"+0730"))
    west = read_line(FULL.replace(b"+0000", b"-0400"))
    assert isinstance(east, Hit)
    assert isinstance(west, Hit)
    assert (east.seconds, west.seconds) == (AT - 27_000, AT + 14_400)


def test_plain_lines_do_not_need_the_slow_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.access_log.formats.json_line.read_line", lambda _: pytest.fail("slow parser asked"))
    common = re.sub(rb' "-" .*', b"", FULL)
    escaped = FULL.replace(b"/a", b'/\\"a\\"').replace(b'"-"', b'"\\""').replace(b"Mozilla/5.0", b'say \\"hi\\"')
    lines = [FULL, common, FULL + b"\r", common + b"\r", FULL + b' "-"', escaped]
    assert len(read_block(b"\n".join([*lines, b""]), names=NAMES).lines) == len(lines)


def rows_of_block(lines: list[bytes], *, names: JsonNames = NAMES) -> list[object]:
    hits = read_block(b"".join(line + b"\n" for line in lines), names=names)
    found = [row for rows in hits.rows for row in _rows(rows)]
    return [*sorted(found, key=lambda row: row[0]), *sorted(hits.faults.elements())]


def _rows(rows: Rows) -> list[tuple[int, Hit]]:
    told = (rows.addresses, rows.requests, rows.agents, rows.hosts)
    texts = (texts.tolist() for texts in told if texts is not None)
    columns = zip(rows.lines.tolist(), rows.seconds.tolist(), rows.statuses.tolist(), *texts, strict=True)
    return [(line, Hit(who, at, asked, status, agent, *host)) for line, at, status, who, asked, agent, *host in columns]


def rows_one_by_one(lines: list[bytes], *, names: JsonNames = NAMES) -> list[object]:
    read = [(number, read_any_line(line, names=names)) for number, line in enumerate(lines)]
    faults = sorted(fault for _, fault in read if isinstance(fault, str))
    return [*(row for row in read if isinstance(row[1], Hit)), *faults]
