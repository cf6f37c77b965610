"""Blocks of access log lines to columns, all lines of the plain shape at once: the same rows as `read_line` gives.

Quotes and newlines are found once, and every field is taken by its place relative to them. A line in which anything
is out of place is left to be read one by one, so nothing here has to understand escapes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clean.access_log_hits import Hits, Rows
from pipeline.clean.access_log_json import JsonNames
from pipeline.clean.access_log_json_blocks import read_lines
from pipeline.clean.access_log_lines import LONGEST_LINE, read_day
from pipeline.clean.text_columns import Fields, bounds_and_bytes, gather, records

_NEWLINE, _RETURN, _SPACE, _DASH, _QUOTE, _QUESTION, _BACKSLASH, _BRACE = b'\n\r -"?\\{'
_BLANKS = np.frombuffer(b" \t\r\n", np.uint8)
_LONGEST_SIZE = 8
_PART_BYTES = 1 << 21
_LINE_END = re.compile(b"\n")

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# What stands before the request's bytes, in five words; the clock is in the third and fourth.
_FRAME = b' - - [17/May/2015:10:05:03 +0000] "'
_CLOCK = (_word(b"\0\0\xff\xff\0\xff\xff"), _word(b"\xff\xff"))
_UNLIKE_CLOCK = (_word(b"\xff" * 8), _word(b"\xff" * 8), ~_CLOCK[0], ~_CLOCK[1], _word(b"\xff" * 3))
# What stands around the status: the request's last byte, its quote, and the first digit of the bytes sent.
_STATUS, _STATUS_FRAME, _STATUS_DIGITS = (
    _word(text) for text in (b'\0" 000 ', b"\0\xff\xff\0\0\0\xff", b"\0\0\0\xff\xff\xff")
)
_AFTER_STATUS, _SHORTEST_TAIL = 6, 7
_LAST_BYTES = np.array([_word(bytes(8 - size) + b"\xff" * size) for size in range(_LONGEST_SIZE + 1)], np.uint64)
_HIGH_BITS, _ZEROS = _word(b"\x80" * 8), _word(b"0" * 8)
# How far each byte is from 128 at the highest number it may be.
_DIGIT_ROOM = _word(bytes([127 - 9] * 8))
_CLOCK_ROOM = _word(bytes([127 - 59, 127, 127 - 23, 127, 127, 127 - 59]))
_CLOCK_NUMBERS = _word(b"\xff\0\xff\0\0\xff")


@dataclass(frozen=True)
class _Lines:
    """Where a block's lines begin and where their newlines are, and how many quotes each has.

    `first` is the number of each line's first mark among `marks`, the places of all quotes and newlines in order.
    """

    starts: Ints
    ends: Ints
    quotes_count: Ints
    first: Ints
    marks: Ints


@dataclass(frozen=True)
class _Plain:
    """Lines in the plain shape: their numbers, what their fixed places say, where their texts begin and end."""

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: Fields
    asked: Fields
    agents: Fields

    def only(self, kept: Flags) -> _Plain:
        if kept.all():
            return self
        fields = ((begins[kept], ends[kept]) for begins, ends in (self.addresses, self.asked, self.agents))
        return _Plain(self.lines[kept], self.seconds[kept], self.statuses[kept], *fields)


def read_block(block: bytes | memoryview, *, names: JsonNames) -> Hits:
    """Every line of a block that ends in a newline: the same rows as `read_any_line` gives one by one.

    The block is read in parts small enough for the processor's cache; its texts are told apart in all of it at once.
    """
    rows: list[Rows] = []
    faults: Counter[str] = Counter()
    count = 0
    for data in _parts(memoryview(block)):
        read = _read_json if data[0] == _BRACE else _read_text
        parts, part_faults = read(data, names=names)
        rows += [replace(part, lines=part.lines + count) for part in parts]
        faults.update(part_faults)
        count += sum(len(part.lines) for part in parts) + part_faults.total()
    return Hits.of(rows, faults=faults)


def _parts(block: memoryview) -> Iterator[Bytes]:
    at = 0
    while at < len(block):
        newline = _LINE_END.search(block, at + _PART_BYTES - 1)
        end = newline.end() if newline else len(block)
        yield np.frombuffer(block[at:end], np.uint8)
        at = end


def _read_json(data: Bytes, *, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """Lines of which the first is JSON, so that most are."""
    ends = np.flatnonzero(data == _NEWLINE)
    return read_lines(data, bounds=(np.append(0, ends[:-1] + 1), ends), names=names)


def _read_text(data: Bytes, *, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    lines = _find_lines(data)
    plain = _read_plain(data, lines=lines)
    others, faults = _read_others(data, lines=lines, plain=plain.lines, names=names)
    return [plain, *others], faults


def _read_plain(data: Bytes, *, lines: _Lines) -> Rows:
    """The lines in which no quote is escaped and every field sits where the quotes say."""
    plain = _find_plain(data, lines=lines)
    addresses = gather(data, fields=plain.addresses)
    are_words = ~_have_spaces(addresses)
    if not are_words.all():
        plain = plain.only(are_words)
        addresses = gather(data, fields=plain.addresses)
    asked = _cut_queries(gather(data, fields=plain.asked))
    return Rows(plain.lines, plain.seconds, plain.statuses, addresses, asked, gather(data, fields=plain.agents))


def _read_others(data: Bytes, *, lines: _Lines, plain: Ints, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """The other lines; those that show at once what is wrong with them are not read."""
    is_left = np.ones(len(lines.ends), bool)
    is_left[plain] = False
    left = np.flatnonzero(is_left)
    first_bytes = data[lines.starts[left]]
    is_empty = first_bytes == _NEWLINE
    is_malformed = (lines.quotes_count[left] < 2) & ~np.isin(first_bytes, _BLANKS)
    left = left[~is_empty & ~is_malformed]
    rows, faults = read_lines(data, bounds=(lines.starts[left], lines.ends[left]), names=names)
    faults.update(blank_line=int(is_empty.sum()), malformed_line=int(is_malformed.sum()))
    return [replace(part, lines=left[part.lines]) for part in rows], faults


def _find_lines(data: Bytes) -> _Lines:
    marks = _find_marks(data)
    newlines = np.flatnonzero(data[marks] == _NEWLINE)
    ends = marks[newlines]
    first = np.append(0, newlines[:-1] + 1)
    return _Lines(np.append(0, ends[:-1] + 1), ends, newlines - first, first, marks)


def _find_marks(data: Bytes) -> Ints:
    """The places of quotes and newlines: most words of eight bytes hold none, and are passed over at once."""
    is_mark = np.zeros(-(-len(data) // 8) * 8, bool)
    np.equal(data, _QUOTE, out=is_mark[: len(data)])
    is_mark[: len(data)] |= data == _NEWLINE
    words = is_mark.view(np.uint64)
    found = np.flatnonzero(words != 0)
    places = np.flatnonzero(words[found].view(bool))
    return np.asarray(found[places >> 3] * 8 + (places & 7))


def _find_plain(data: Bytes, *, lines: _Lines) -> _Plain:
    numbers = _find_candidates(lines)
    starts, ends, first = lines.starts[numbers], lines.ends[numbers], lines.first[numbers]
    padded = np.append(lines.marks, np.repeat(lines.marks[-1:], 5))
    opened, closed, *others = (padded[nth:][first] for nth in range(6))
    is_combined = lines.quotes_count[numbers] >= 6
    sizes_end = np.where(is_combined, others[0] - 1, ends - (data[ends - 1] == _RETURN))
    seconds, is_plain = _read_frames(data, opened=opened)
    statuses, has_status = _read_statuses(data, closed=closed)
    is_plain &= has_status & (data[starts] != _BRACE)
    is_plain &= _are_sizes(data, begins=closed + _AFTER_STATUS, ends=sizes_end)
    is_plain &= ~is_combined | _is_plain_tail(data, quotes=others)
    # The newline of a line that tells of no agent is `NO_AGENT`.
    agents = (np.where(is_combined, others[2] + 1, ends), np.where(is_combined, others[3], ends + 1))
    addresses = (starts, opened - len(_FRAME) + 1)
    return _Plain(numbers, seconds, statuses, addresses, (opened + 1, closed), agents).only(is_plain)


def _find_candidates(lines: _Lines) -> Ints:
    """The lines with as many quotes as either format has, and room before and after the first two."""
    padded = np.append(lines.marks, lines.marks[-1:])
    return np.flatnonzero(
        ((lines.quotes_count == 2) | (lines.quotes_count >= 6))
        & (padded[lines.first] - lines.starts >= len(_FRAME))
        & (lines.ends - padded[lines.first + 1] >= _SHORTEST_TAIL)
        & (lines.ends - lines.starts <= LONGEST_LINE)
    )


def _read_frames(data: Bytes, *, opened: Ints) -> tuple[Ints, Flags]:
    """Seconds since 1970 in UTC, and which lines have nobody's name, a stamp and a quote before the request.

    What is not the clock is read once per run of lines in which it is the same.
    """
    frames = records(data, at=opened - len(_FRAME) + 1, dtype="V40").view("<u8").reshape(-1, 5)
    lanes = [frames[:, nth] & mask for nth, mask in enumerate(_UNLIKE_CLOCK)]
    is_new = np.logical_or.reduce([lane[1:] != lane[:-1] for lane in lanes])
    begins = np.flatnonzero(np.append(True, is_new)[: len(frames)])
    days = [_read_frame(frames[begin].tobytes()) for begin in begins]
    lengths = np.diff(np.append(begins, len(frames)))
    is_read = np.repeat(np.array([day is not None for day in days], bool), lengths)
    clock, is_clock = _read_clocks((frames[:, 2] & _CLOCK[0]) | (frames[:, 3] & _CLOCK[1]))
    return np.repeat(np.array([day or 0 for day in days], np.int64), lengths) + clock, is_read & is_clock


def _read_frame(frame: bytes) -> int | None:
    """The first second of the day in ` - - [17/May/2015:10:05:03 +0000] "`, whatever the clock's digits."""
    is_framed = frame[:6] == _FRAME[:6] and frame[17:24:3] == b":::" and frame[32:35] == b'] "'
    return read_day(frame[6:17] + frame[26:32]) if is_framed else None


def _read_clocks(words: Words) -> tuple[Ints, Flags]:
    """Seconds since midnight; the hour's digits are bytes 2 and 3, the minute's 5 and 6, the second's 0 and 1."""
    digits = words ^ ((_CLOCK[0] | _CLOCK[1]) & _ZEROS)
    numbers = (digits * np.uint64(10) + (digits >> 8)) & _CLOCK_NUMBERS
    seconds = (numbers >> 16 & 0xFF) * 3600 + (numbers >> 40) * 60 + (numbers & 0xFF)
    return seconds.astype(np.int64), ~_exceed(digits, room=_DIGIT_ROOM) & ~_exceed(numbers, room=_CLOCK_ROOM)


def _read_statuses(data: Bytes, *, closed: Ints) -> tuple[Ints, Flags]:
    """The number in `" 200 `, where it is one and the quote before it is not escaped."""
    words = records(data, at=closed - 1, dtype="<u8") ^ _STATUS
    digits = words & _STATUS_DIGITS
    numbers = (digits >> 24 & 0xFF) * 100 + (digits >> 32 & 0xFF) * 10 + (digits >> 40)
    fits = (words & _STATUS_FRAME == 0) & (words & 0xFF != _BACKSLASH) & ~_exceed(digits, room=_DIGIT_ROOM)
    return numbers.astype(np.int64), fits


def _are_sizes(data: Bytes, *, begins: Ints, ends: Ints) -> Flags:
    """Which fields are a few digits only, or one dash."""
    sizes = ends - begins
    known = np.clip(sizes, 0, _LONGEST_SIZE)
    tails = records(data, at=ends - 8, dtype="<u8")
    are_digits = ~_exceed((tails ^ _ZEROS) & _LAST_BYTES[known], room=_DIGIT_ROOM)
    return np.asarray((sizes == known) & (sizes > 0) & (are_digits | ((sizes == 1) & (tails >> 56 == _DASH))))


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


def _exceed(values: Words, *, room: np.uint64) -> Flags:
    """Whether any byte is above the number that leaves it `room` below 128."""
    return np.asarray(((values + room) | values) & _HIGH_BITS != 0)


def _cut_queries(requests: pa.BinaryArray) -> pa.BinaryArray:
    """The requests up to the first question mark of each."""
    bounds, content = bounds_and_bytes(requests)
    marks = np.flatnonzero(content == _QUESTION)
    owners = np.searchsorted(bounds, marks, side="right") - 1
    is_first = np.append(True, owners[1:] != owners[:-1])[: len(marks)]
    ends = bounds[1:].copy()
    ends[owners[is_first]] = marks[is_first]
    return gather(content, fields=(bounds[:-1], ends))


def _have_spaces(texts: pa.BinaryArray) -> Flags:
    """Which texts have a space or a control character in them."""
    bounds, content = bounds_and_bytes(texts)
    found = np.zeros(len(texts), bool)
    found[np.searchsorted(bounds, np.flatnonzero(content <= _SPACE), side="right") - 1] = True
    return found
