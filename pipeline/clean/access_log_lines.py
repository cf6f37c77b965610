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
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LONGEST_LINE = 1 << 20
FIRST_YEAR, LAST_YEAR = 1990, 2099

_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE = re.compile(
    rb"(\S+) \S+ \S+ \[([^\]]*)\] %b (\d{3}) (?:\d+|-)(?: %b %b.*|(?: .*)?)" % (_QUOTED, _QUOTED, _QUOTED), re.DOTALL
)
_STAMP = re.compile(rb"(.{11}):([01]\d|2[0-3]):([0-5]\d):([0-5]\d)( .{5})", re.DOTALL)
_DAY = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}) ([+-])([01]\d)([0-5]\d)")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_VERSION_END = re.compile(rb" HTTP/\d\.\d\Z")
_VERSION_LENGTH = 9
_BEFORE_REQUEST = 30
_BEFORE_STAMP = 34
_SHORTEST_HEAD = 5
_SHORTEST_TAIL = 7
_NOBODY = np.uint32(int.from_bytes(b" - -", "little"))
_LONGEST_SIZE = 12
_CACHED_BYTES = 1 << 17
_NEWLINE, _RETURN, _SPACE, _STAR, _DASH, _QUESTION, _BACKSLASH = b"\n\r *-?\\"
# The only bytes that equal _MARK under _MARK_BITS are the quote, the newline, the star and 2.
_MARK_BITS, _MARK = np.uint8(0xD7), 2


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


_ZEROS, _HIGH_BITS, _ABOVE_NINE = _word(b"0" * 8), _word(b"\x80" * 8), _word(b"\x76" * 8)
_LAST_BYTES = np.array([_word(bytes(8 - min(n, 8)) + b"\xff" * min(n, 8)) for n in range(_LONGEST_SIZE + 1)], np.uint64)
_STATUS, _STATUS_FRAME, _STATUS_DIGITS = (
    _word(text) for text in (b'" 000 ', b"\xff\xff\0\0\0\xff", b"\0\0\xff\xff\xff")
)
_VERSION, _VERSION_DIGITS = _word(b"HTTP/0.0"), _word(b"\0\0\0\0\0\xff\0\xff")
_HOUR, _MINUTE_AND_SECOND = _word(b"\0\0\0\0\0\0\xff\xff"), _word(b"\0\xff\xff\0\xff\xff")
_CLOCK_ZEROS = (_HOUR | _MINUTE_AND_SECOND) & _ZEROS
_FRAME_MASKS = (_word(b"\xff" * 8), ~_HOUR, ~_MINUTE_AND_SECOND, _word(b"\xff" * 7))

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


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
    """A column as codes into its texts."""

    codes: Ints
    texts: pa.BinaryArray

    @cached_property
    def values(self) -> list[bytes]:
        return cast(list[bytes], self.texts.to_pylist())


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
class _Marks:
    """A block's quotes and newlines in order, and where each line begins in the block and among them.

    `following` is the mark after each, a question mark if one comes first.
    """

    found: Ints
    following: Ints
    first: Ints
    starts: Ints
    ends: Ints


@dataclass(frozen=True)
class _Plain:
    """Lines in the plain shape: their numbers, what their fixed places say, where their texts begin and end."""

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: tuple[Ints, Ints]
    asked: tuple[Ints, Ints]
    agents: tuple[Ints, Ints]

    def only(self, kept: Flags) -> _Plain:
        if kept.all():
            return self
        pairs = ((begin[kept], end[kept]) for begin, end in (self.addresses, self.asked, self.agents))
        return _Plain(self.lines[kept], self.seconds[kept], self.statuses[kept], *pairs)


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


def read_block(block: bytes | memoryview) -> Hits:
    """Every line of a block that ends in a newline: the same rows as `read_line` gives one by one."""
    data = np.frombuffer(block, np.uint8)
    marks = _find_marks(data)
    plain = _find_plain(data, marks=marks)
    addresses = _encode(data, fields=plain.addresses)
    kept = ~_have_spaces(addresses.texts)[addresses.codes]
    plain = plain.only(kept)
    hits = Hits(
        plain.lines,
        plain.seconds,
        plain.statuses,
        Coded(addresses.codes[kept], addresses.texts),
        _encode(data, fields=plain.asked),
        _encode(data, fields=plain.agents),
        Counter(),
    )
    is_slow = np.ones(len(marks.ends), bool)
    is_slow[plain.lines] = False
    slow = np.flatnonzero(is_slow)
    bounds = zip(slow.tolist(), marks.starts[slow].tolist(), marks.ends[slow].tolist(), strict=True)
    return _with_slow_lines(hits, lines=[(line, bytes(block[start:end])) for line, start, end in bounds])


def _find_marks(data: Bytes) -> _Marks:
    """One mask finds quotes and newlines, and two other bytes that are dropped again."""
    places = np.concatenate([_find_bytes(data, begin=at) for at in range(0, len(data), _CACHED_BYTES)])
    kinds = data[places]
    is_sought = (kinds != _STAR) & (kinds != _MARK)
    if not is_sought.all():
        places, kinds = places[is_sought], kinds[is_sought]
    at = np.flatnonzero(kinds != _QUESTION)
    found = places[at]
    newlines = np.flatnonzero(kinds[at] == _NEWLINE)
    ends = found[newlines]
    following = places[np.minimum(at + 1, len(places) - 1)]
    return _Marks(found, following, np.append(0, newlines[:-1] + 1), np.append(0, ends[:-1] + 1), ends)


def _find_bytes(data: Bytes, *, begin: int) -> Ints:
    """Where marks are in as many bytes as the processor keeps at hand together with the masks made of them."""
    part = data[begin : begin + _CACHED_BYTES]
    mask = np.bitwise_and(part, _MARK_BITS) == _MARK
    mask |= part == _QUESTION
    return np.flatnonzero(mask) + begin


def _find_plain(data: Bytes, *, marks: _Marks) -> _Plain:
    """The lines in which no quote is escaped and every field sits where the quotes say."""
    lines, quotes_count = _find_candidates(marks)
    starts, ends, first = marks.starts[lines], marks.ends[lines], marks.first[lines]
    last = len(marks.found) - 1
    opened, closed, *others = (marks.found[np.minimum(first + nth, last)] for nth in range(6))
    is_combined = quotes_count[lines] >= 6
    line_ends = ends - (data[ends - 1] == _RETURN)
    seconds, kept = _read_stamps(data, opened=opened)
    statuses, has_status = _read_statuses(data, closed=closed)
    kept &= has_status
    kept &= _is_plain_size(data, begins=closed + 6, ends=np.where(is_combined, others[0] - 1, line_ends))
    kept &= ~is_combined | _is_plain_tail(data, quotes=others)
    kept &= records(data, at=opened - _BEFORE_STAMP, dtype="<u4") == _NOBODY
    addresses = (starts, opened - _BEFORE_STAMP)
    asked = (opened + 1, _find_asked_ends(data, closed=closed, marked=marks.following[first]))
    agents = (np.where(is_combined, others[2] + 1, closed), np.where(is_combined, others[3], closed))
    return _Plain(lines, seconds, statuses, addresses, asked, agents).only(kept)


def _find_candidates(marks: _Marks) -> tuple[Ints, Ints]:
    """Lines with as many quotes as either format has and room before and after the first two; all lines' quotes."""
    quotes_count = np.diff(np.append(marks.first, len(marks.found))) - 1
    opened = marks.found[marks.first]
    closed = marks.found[np.minimum(marks.first + 1, len(marks.found) - 1)]
    return np.flatnonzero(
        ((quotes_count == 2) | (quotes_count >= 6))
        & (opened - marks.starts >= _SHORTEST_HEAD + _BEFORE_REQUEST)
        & (marks.ends - closed >= _SHORTEST_TAIL)
        & (marks.ends - marks.starts <= LONGEST_LINE)
    ), quotes_count


def _read_stamps(data: Bytes, *, opened: Ints) -> tuple[Ints, Flags]:
    """Seconds since 1970 in UTC, and which stamps could be read.

    What is not the clock is read once per run of lines in which it is the same.
    """
    frames = records(data, at=opened - _BEFORE_REQUEST, dtype="V32").view("<u8").reshape(-1, 4)
    lanes = [frames[:, nth] & mask for nth, mask in enumerate(_FRAME_MASKS)]
    begins = np.flatnonzero(np.append(True, _differs(lanes))[: len(frames)])
    read = [_read_frame(frames[begin].tobytes()) for begin in begins]
    lengths = np.diff(np.append(begins, len(frames)))
    midnights = np.repeat(np.array([day or 0 for day in read], np.int64), lengths)
    is_read = np.repeat(np.array([day is not None for day in read], bool), lengths)
    digits = ((frames[:, 1] & _HOUR) | (frames[:, 2] & _MINUTE_AND_SECOND)) ^ _CLOCK_ZEROS
    pairs = digits * np.uint64(10) + (digits >> 8)
    hours, minutes, seconds = ((pairs >> shift & 0xFF).astype(np.int64) for shift in (48, 8, 32))
    is_read &= _are_digits(digits) & (hours < 24) & (minutes < 60) & (seconds < 60)
    return midnights + hours * 3600 + minutes * 60 + seconds, is_read


def _differs(lanes: list[Words]) -> Flags:
    return np.asarray(np.logical_or.reduce([lane[1:] != lane[:-1] for lane in lanes]))


def _read_frame(frame: bytes) -> int | None:
    """The first second of the day in ` [17/May/2015:10:05:03 +0000] "`, whatever the clock's digits."""
    is_framed = frame[:2] == b" [" and frame[13:20:3] == b":::" and frame[28:31] == b'] "'
    return _read_day(frame[2:13] + frame[22:28]) if is_framed else None


def _read_statuses(data: Bytes, *, closed: Ints) -> tuple[Ints, Flags]:
    """The number in `" 200 `, where it is one and the quote before it is not escaped."""
    words = records(data, at=closed, dtype="<u8") ^ _STATUS
    digits = words & _STATUS_DIGITS
    numbers = (digits >> 16 & 0xFF) * 100 + (digits >> 24 & 0xFF) * 10 + (digits >> 32)
    fits = (words & _STATUS_FRAME == 0) & _are_digits(digits) & (data[closed - 1] != _BACKSLASH)
    return numbers.astype(np.int64), fits


def _is_plain_size(data: Bytes, *, begins: Ints, ends: Ints) -> Flags:
    """The bytes sent: digits only, or one dash."""
    sizes = ends - begins
    known = np.clip(sizes, 0, _LONGEST_SIZE)
    tail = records(data, at=ends - 8, dtype="<u8")
    before = records(data, at=ends - 16, dtype="<u8")
    is_number = _are_digits((tail ^ _ZEROS) & _LAST_BYTES[known])
    is_number &= _are_digits((before ^ _ZEROS) & _LAST_BYTES[np.maximum(known - 8, 0)])
    return np.asarray((sizes == known) & (sizes > 0) & (is_number | ((sizes == 1) & (tail >> 56 == _DASH))))


def _is_plain_tail(data: Bytes, *, quotes: list[Ints]) -> Flags:
    """` "referrer" "agent"`, the closing quotes not escaped."""
    referrer, referrer_end, agent, agent_end = quotes
    return np.asarray(
        (data[referrer - 1] == _SPACE)
        & (agent == referrer_end + 2)
        & (data[agent - 1] == _SPACE)
        & (data[referrer_end - 1] != _BACKSLASH)
        & (data[agent_end - 1] != _BACKSLASH)
    )


def _find_asked_ends(data: Bytes, *, closed: Ints, marked: Ints) -> Ints:
    """Where the query begins; without one, where the version does; without both, where the request ends."""
    words = records(data, at=closed - 8, dtype="<u8") ^ _VERSION
    is_version = (words & ~_VERSION_DIGITS == 0) & _are_digits(words & _VERSION_DIGITS) & (data[closed - 9] == _SPACE)
    return np.where(marked < closed, marked, closed - is_version * _VERSION_LENGTH)


def _cut_request(request: bytes) -> bytes:
    target, mark, _ = request.partition(b"?")
    return target if mark or not _VERSION_END.search(request) else request[:-_VERSION_LENGTH]


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
    if not values:
        return column
    codes = np.arange(len(values), dtype=np.int64) + len(column.texts)
    texts = pa.concat_arrays([column.texts, pa.array(values, pa.binary())])
    return Coded(np.append(column.codes, codes), texts)


def _encode(data: Bytes, *, fields: tuple[Ints, Ints]) -> Coded:
    """The fields' distinct texts; fields and the gaps between them are one array over the block, copied by `take`."""
    count = len(fields[0])
    if not count:
        return Coded(np.zeros(0, np.int64), pa.array([], pa.binary()))
    bounds = np.stack(fields, axis=1).astype(np.int32).ravel()
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    texts = pa.BinaryArray.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    chosen = pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(np.arange(0, 2 * count, 2, dtype=np.int32))])
    coded = texts.take(chosen).dictionary_encode()
    codes = np.frombuffer(coded.indices.buffers()[1], np.int32, count=count)
    return Coded(codes.astype(np.int64), coded.dictionary)


def bounds_and_bytes(texts: pa.BinaryArray) -> tuple[Ints, Bytes]:
    """Where each text begins and the last ends in the bytes of all."""
    _, bounds, content = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    begins = np.frombuffer(bounds, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return begins.astype(np.int64), np.frombuffer(content, np.uint8)[: begins[-1]]


def _have_spaces(texts: pa.BinaryArray) -> Flags:
    """Which texts have a space or a control character in them."""
    bounds, content = bounds_and_bytes(texts)
    found = np.zeros(len(texts), bool)
    found[np.searchsorted(bounds, np.flatnonzero(content <= _SPACE), side="right") - 1] = True
    return found


def records(data: Bytes, *, at: Ints, dtype: str) -> NDArray[Any]:
    """The bytes from each place on, as many as `dtype` has, at any alignment."""
    size = np.dtype(dtype).itemsize
    return np.asarray(np.ndarray(max(len(data) - size + 1, 0), dtype, data, strides=(1,))[at])


def _are_digits(values: Words) -> Flags:
    """Whether no byte, already without the `0` of its digit, exceeds nine."""
    return np.asarray(((values + _ABOVE_NINE) | values) & _HIGH_BITS == 0)
