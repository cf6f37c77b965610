"""Access log lines to columns: a per-line reference parser, and a vectorised one that gives the same rows.

Well-formed is a line of the common or combined log format, whatever follows it:
`address ident user [17/May/2015:10:05:03 +0000] "request" status bytes "referrer" "agent"`.
Quotes inside quotes are escaped by a backslash. Without a readable referrer and agent the agent is empty.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LONGEST_LINE = 1 << 20
FIRST_YEAR, LAST_YEAR = 1990, 2099

_HEAD = re.compile(rb"(\S+) \S+ \S+")
_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE = re.compile(
    rb"(\S+) \S+ \S+ \[([^\]]*)\] %b (\d{3}) (?:\d+|-)(?: %b %b.*|(?: .*)?)" % (_QUOTED, _QUOTED, _QUOTED), re.DOTALL
)
_STAMP = re.compile(rb"(.{11}):([01]\d|2[0-3]):([0-5]\d):([0-5]\d)( .{5})", re.DOTALL)
_DAY = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}) ([+-])([01]\d)([0-5]\d)")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_VERSION = np.frombuffer(b" HTTP/0.0", np.uint8)
_VERSION_END = re.compile(rb" HTTP/\d\.\d\Z")
_STAMP_LENGTH = 26
_LONGEST_SIZE = 12
_SHORTEST_HEAD = 5
_NEWLINE, _RETURN, _SPACE, _QUOTE, _DASH, _COLON, _QUESTION, _OPEN, _BACKSLASH, _CLOSE = b'\n\r "-:?[\\]'

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Hit:
    """One well-formed line: `seconds` since 1970 in UTC, `asked` the request without its query and version."""

    address: bytes
    seconds: int
    asked: bytes
    status: int
    agent: bytes


@dataclass(frozen=True)
class Coded:
    """A column as codes into its values."""

    codes: Ints
    values: list[bytes]


@dataclass(frozen=True)
class Hits:
    """Well-formed lines as columns, in no order; `lines` are their numbers in the block, from 0.

    `faults` counts the block's other lines: `blank_line`, `malformed_line`, `bad_time`.
    """

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: Coded
    asked: Coded
    agents: Coded
    faults: Counter[str]


@dataclass(frozen=True)
class _Plain:
    """Where the fields of lines in the plain shape begin and end in the block."""

    lines: Ints
    heads: tuple[Ints, Ints]
    stamps: Ints
    asked: tuple[Ints, Ints]
    statuses: Ints
    agents: tuple[Ints, Ints]

    def only(self, kept: Flags) -> _Plain:
        pairs = [(begin[kept], end[kept]) for begin, end in (self.heads, self.asked, self.agents)]
        return _Plain(self.lines[kept], pairs[0], self.stamps[kept], pairs[1], self.statuses[kept], pairs[2])


def read_line(line: bytes) -> Hit | str:
    """The line's fields, or what is wrong with it: `blank_line`, `malformed_line` or `bad_time`.

    The line comes without its newline; carriage returns at its end are not part of it. Longer than 1 MiB is malformed.
    """
    if len(line) > LONGEST_LINE:
        return "malformed_line"
    if not line.strip(b" \t\r"):
        return "blank_line"
    match = _LINE.fullmatch(line.rstrip(b"\r"))
    if match is None:
        return "malformed_line"
    address, stamp, request, status, _, agent = match.groups(default=b"")
    seconds = _read_stamp(stamp)
    if seconds is None:
        return "bad_time"
    return Hit(address, seconds, _cut_request(request), int(status), agent)


def read_block(block: bytes) -> Hits:
    """Every line of a block that ends in a newline: the same rows as `read_line` gives one by one."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    starts = np.append(0, ends[:-1] + 1)
    plain = _find_plain(data, starts=starts, ends=ends)
    seconds, is_timely = _read_stamps(data, stamps=plain.stamps)
    heads = _encode(block, fields=plain.heads)
    addresses = [_read_head(head) for head in heads.values]
    kept = is_timely & np.array([address != b"" for address in addresses], bool)[heads.codes]
    plain = plain.only(kept)
    slow = np.ones(len(ends), bool)
    slow[plain.lines] = False
    hits = Hits(
        plain.lines,
        seconds[kept],
        _digits(data, at=plain.statuses, count=3),
        Coded(heads.codes[kept], addresses),
        _encode(block, fields=plain.asked),
        _encode(block, fields=plain.agents),
        Counter(),
    )
    rest = [(int(line), block[starts[line] : ends[line]]) for line in np.flatnonzero(slow)]
    return _with_slow_lines(hits, lines=rest)


@lru_cache(1 << 16)
def _read_head(head: bytes) -> bytes:
    """The address of `address ident user`, empty when the head is not of that form."""
    match = _HEAD.fullmatch(head)
    return match[1] if match else b""


def _find_plain(data: Bytes, *, starts: Ints, ends: Ints) -> _Plain:
    """The lines in which no quote is escaped and every field sits where the quotes say."""
    quotes = np.flatnonzero(data == _QUOTE)
    padded = np.append(quotes, [0] * 6)
    first = np.searchsorted(quotes, starts)
    quotes_count = np.diff(np.append(first, len(quotes)))
    has_quotes = (quotes_count == 2) | (quotes_count >= 6)
    has_head = padded[first] - starts >= _SHORTEST_HEAD + _STAMP_LENGTH + 4
    lines = np.flatnonzero(has_quotes & has_head & (ends - starts <= LONGEST_LINE))
    is_combined = quotes_count[lines] >= 6
    opened, closed, *others = (padded[first[lines] + nth] for nth in range(6))
    line_ends = ends[lines] - (data[ends[lines] - 1] == _RETURN)
    size_ends = np.where(is_combined, others[0] - 1, line_ends)
    agents = (np.where(is_combined, others[2] + 1, closed), np.where(is_combined, others[3], closed))
    heads = (starts[lines], opened - _STAMP_LENGTH - 4)
    asked = (opened + 1, _find_asked_ends(data, opened=opened, closed=closed))
    plain = _Plain(lines, heads, opened - _STAMP_LENGTH - 2, asked, closed + 2, agents)
    sizes = size_ends - closed - 6
    kept = (sizes >= 1) & (sizes <= _LONGEST_SIZE)
    kept[kept] = _is_plain_head(data, opened=opened[kept], closed=closed[kept])
    kept[kept] = _is_plain_size(data, ends=size_ends[kept], sizes=sizes[kept])
    combined = kept & is_combined
    kept[combined] = _is_plain_tail(data, quotes=[quote[combined] for quote in others])
    return plain.only(kept)


def _is_plain_head(data: Bytes, *, opened: Ints, closed: Ints) -> Flags:
    """`... [26 bytes] "request" 200 `, the request's closing quote not escaped."""
    expected = (
        (opened - _STAMP_LENGTH - 4, _SPACE),
        (opened - _STAMP_LENGTH - 3, _OPEN),
        (opened - 2, _CLOSE),
        (opened - 1, _SPACE),
        (closed + 1, _SPACE),
        (closed + 5, _SPACE),
    )
    fits = np.all([data[at] == byte for at, byte in expected], axis=0)
    digits = np.all([data[closed + at] - ord("0") < 10 for at in (2, 3, 4)], axis=0)
    return np.asarray(fits & digits & (data[closed - 1] != _BACKSLASH))


def _is_plain_size(data: Bytes, *, ends: Ints, sizes: Ints) -> Flags:
    """The bytes sent: digits only, or one dash."""
    tail = _windows(data, at=ends - _LONGEST_SIZE, width=_LONGEST_SIZE)
    is_before = np.arange(_LONGEST_SIZE) < (_LONGEST_SIZE - sizes)[:, None]
    is_number = ((tail - ord("0") < 10) | is_before).all(axis=1)
    return np.asarray(is_number | ((sizes == 1) & (tail[:, -1] == _DASH)))


def _is_plain_tail(data: Bytes, *, quotes: list[Ints]) -> Flags:
    """` "referrer" "agent"`, the closing quotes not escaped."""
    referrer, referrer_end, agent, agent_end = quotes
    return np.asarray(
        (data[referrer - 1] == _SPACE)
        & (agent == referrer_end + 2)
        & (data[referrer_end + 1] == _SPACE)
        & (data[referrer_end - 1] != _BACKSLASH)
        & (data[agent_end - 1] != _BACKSLASH)
    )


def _find_asked_ends(data: Bytes, *, opened: Ints, closed: Ints) -> Ints:
    """Where the query begins; without one, where the version does; without both, where the request ends."""
    marks = np.append(np.flatnonzero(data == _QUESTION), len(data))
    marked = marks[np.searchsorted(marks, opened)]
    tails = _windows(data, at=closed - len(_VERSION), width=len(_VERSION))
    is_version = ((tails == _VERSION) | ((ord("0") == _VERSION) & (tails - ord("0") < 10))).all(axis=1)
    return np.where(marked < closed, marked, closed - is_version * len(_VERSION))


def _cut_request(request: bytes) -> bytes:
    target, mark, _ = request.partition(b"?")
    return target if mark or not _VERSION_END.search(request) else request[: -len(_VERSION)]


def _read_stamps(data: Bytes, *, stamps: Ints) -> tuple[Ints, Flags]:
    """Seconds since 1970 in UTC, and which stamps could be read; a day and zone is read once per run of equal ones."""
    texts = _windows(data, at=stamps, width=_STAMP_LENGTH)
    days = np.concatenate([texts[:, :11], texts[:, 20:]], axis=1)
    begins = np.flatnonzero(np.append(True, (days[1:] != days[:-1]).any(axis=1))[: len(days)])
    read = [_read_day(days[begin].tobytes()) for begin in begins]
    lengths = np.diff(np.append(begins, len(days)))
    midnights = np.repeat(np.array([day or 0 for day in read], np.int64), lengths)
    hours, minutes, seconds = (_digits(data, at=stamps + at, count=2) for at in (12, 15, 18))
    is_read = np.repeat(np.array([day is not None for day in read], bool), lengths)
    is_read &= (texts[:, [11, 14, 17]] == _COLON).all(axis=1)
    is_read &= (texts[:, [12, 13, 15, 16, 18, 19]] - ord("0") < 10).all(axis=1)
    is_read &= (hours < 24) & (minutes < 60) & (seconds < 60)
    return midnights + hours * 3600 + minutes * 60 + seconds, is_read


def _read_stamp(stamp: bytes) -> int | None:
    match = _STAMP.fullmatch(stamp)
    midnight = _read_day(match[1] + match[5]) if match else None
    if match is None or midnight is None:
        return None
    return midnight + int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])


@lru_cache(1 << 12)
def _read_day(text: bytes) -> int | None:
    """The first second of `17/May/2015 +0000`; null when there is no such day from 1990 to 2099."""
    match = _DAY.fullmatch(text)
    if match is None or match[2] not in _MONTHS or not FIRST_YEAR <= int(match[3]) <= LAST_YEAR:
        return None
    try:
        midnight = datetime(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]), tzinfo=UTC)
    except ValueError:
        return None
    offset = int(match[5]) * 3600 + int(match[6]) * 60
    return int(midnight.timestamp()) + (offset if match[4] == b"-" else -offset)


def _with_slow_lines(hits: Hits, *, lines: list[tuple[int, bytes]]) -> Hits:
    """The same columns with the lines that need the reference parser behind them."""
    read = [(number, read_line(line)) for number, line in lines]
    slow = [(number, hit) for number, hit in read if isinstance(hit, Hit)]
    if slow:
        numbers, found = zip(*slow, strict=True)
    else:
        numbers, found = (), ()
    return Hits(
        np.append(hits.lines, np.array(numbers, np.int64)),
        np.append(hits.seconds, np.array([hit.seconds for hit in found], np.int64)),
        np.append(hits.statuses, np.array([hit.status for hit in found], np.int64)),
        _extend(hits.addresses, values=[hit.address for hit in found]),
        _extend(hits.asked, values=[hit.asked for hit in found]),
        _extend(hits.agents, values=[hit.agent for hit in found]),
        Counter(fault for _, fault in read if isinstance(fault, str)),
    )


def _extend(column: Coded, *, values: list[bytes]) -> Coded:
    codes = np.arange(len(values), dtype=np.int64) + len(column.values)
    return Coded(np.append(column.codes, codes), column.values + values)


def _encode(block: bytes, *, fields: tuple[Ints, Ints]) -> Coded:
    """The fields' distinct texts; fields and the gaps between them are one array over the block, copied by `take`."""
    if not len(fields[0]):
        return Coded(np.zeros(0, np.int64), [])
    bounds = np.stack(fields, axis=1).astype(np.int32).ravel()
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(block)]
    texts = pa.BinaryArray.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    coded = texts.take(pa.array(np.arange(0, len(bounds), 2))).dictionary_encode()
    return Coded(coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_numpy(zero_copy_only=False).tolist())


def _digits(data: Bytes, *, at: Ints, count: int) -> Ints:
    number = np.zeros(len(at), np.int64)
    for nth in range(count):
        number = number * 10 + data[at + nth] - ord("0")
    return number


def _windows(data: Bytes, *, at: Ints, width: int) -> Bytes:
    if not len(at):
        return np.zeros((0, width), np.uint8)
    return np.lib.stride_tricks.sliding_window_view(data, width)[at]
