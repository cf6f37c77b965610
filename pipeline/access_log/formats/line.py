"""One access log line to a hit: the reference for what a line means, used for unusual lines and in tests.

A line is well-formed in the common or combined log format, whatever follows it:
`address ident user [17/May/2015:10:05:03 +0000] "request" status bytes "referrer" "agent"`.
Quotes inside quotes are escaped by a backslash. The common format ends at the bytes and has no agent (`NO_AGENT`, which
differs from an empty one); anything else in place of referrer and agent is an empty agent.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from kernels.access_log import FIRST_YEAR, LAST_YEAR, LONGEST_LINE
from pipeline.access_log.hits import NO_AGENT, Hit

_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE = re.compile(
    rb"(\S+) \S+ \S+ \[([^\]]*)\] %b (\d{3}) (?:\d+|-)(?: %b %b.*|( .*)?)" % (_QUOTED, _QUOTED, _QUOTED), re.DOTALL
)
_STAMP = re.compile(rb"(.{11}):([01]\d|2[0-3]):([0-5]\d):([0-5]\d)( .{5})", re.DOTALL)
_DAY = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}) ([+-])([01]\d)([0-5]\d)")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def read_line(line: bytes) -> Hit | str:
    """The hit of a line, or its fault: `blank_line`, `malformed_line` or `bad_time`.

    The line comes without its newline; carriage returns at its end are ignored. A line over 1 MiB is malformed.
    """
    if len(line) > LONGEST_LINE:
        return "malformed_line"
    if not line.strip(b" \t\r"):
        return "blank_line"
    match = _LINE.fullmatch(line.rstrip(b"\r"))
    if match is None:
        return "malformed_line"
    address, stamp, request, status, referrer, agent, rest = match.groups()
    seconds = read_stamp(stamp)
    if seconds is None:
        return "bad_time"
    if referrer is None:
        agent = b"" if rest else NO_AGENT
    return Hit(address, seconds, request.partition(b"?")[0], int(status), agent)


def read_stamp(stamp: bytes) -> int | None:
    """Seconds since 1970 in UTC of `17/May/2015:10:05:03 +0000`; null when it is no such time from 1990 to 2099."""
    match = _STAMP.fullmatch(stamp)
    midnight = read_day(match[1] + match[5]) if match else None
    if match is None or midnight is None:
        return None
    return midnight + int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])


@lru_cache(1 << 12)
def read_day(text: bytes) -> int | None:
    """The first second of `17/May/2015 +0000`, in UTC; null when it is no such day from 1990 to 2099."""
    match = _DAY.fullmatch(text)
    if match is None or match[2] not in _MONTHS or not FIRST_YEAR <= int(match[3]) <= LAST_YEAR:
        return None
    try:
        midnight = datetime(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]), tzinfo=UTC)
    except ValueError:
        return None
    offset = int(match[5]) * 3600 + int(match[6]) * 60
    return int(midnight.timestamp()) + (offset if match[4] == b"-" else -offset)
