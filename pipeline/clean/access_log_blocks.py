"""Blocks of access log lines to columns, all lines of the plain shape at once: the same rows as `read_line` gives.

Quotes and newlines are found once, and every field is taken by its place relative to them. A line in which anything
is out of place is left to be read one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.access_log_hits import Hits, Rows
from pipeline.clean.access_log_json import JsonNames
from pipeline.clean.access_log_json_blocks import read_lines
from pipeline.clean.access_log_lines import LONGEST_LINE, read_day
from pipeline.clean.text_columns import ROOM, Texts, pieces, records

_NEWLINE, _RETURN, _SPACE, _DASH, _QUOTE, _QUESTION, _BACKSLASH, _BRACE = b'\n\r -"?\\{'
_BLANKS = np.frombuffer(b" \t\r\n", np.uint8)
_SEARCHED_AT_ONCE = 1 << 18
_LONGEST_SIZE = 8
_USUAL_ADDRESS, _LONGEST_ADDRESS = 16, 64

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# What stands before the request's bytes, in five words; the clock is in the third and fourth,
# and the last has bytes of the request behind it.
_FRAME = b' - - [17/May/2015:10:05:03 +0000] "'
_CLOCK = (_word(b"\0\0\xff\xff\0\xff\xff"), _word(b"\xff\xff"))
_UNLIKE_CLOCK = (~_CLOCK[0], ~_CLOCK[1], _word(b"\xff" * 3))
_FRAME_WORDS = 5
# What stands around the status: the request's last byte, its quote, and the first digit of the bytes sent.
_STATUS, _STATUS_FRAME, _STATUS_DIGITS = (
    _word(text) for text in (b'\0" 000 ', b"\0\xff\xff\0\0\0\xff", b"\0\0\0\xff\xff\xff")
)
_AFTER_STATUS, _SHORTEST_TAIL = 6, 7
_LAST_BYTES = np.array([_word(bytes(8 - size) + b"\xff" * size) for size in range(_LONGEST_SIZE + 1)], np.uint64)
_HIGH_BITS, _ZEROS, _ONES = _word(b"\x80" * 8), _word(b"0" * 8), _word(b"\1" * 8)
# How far each byte is from 128 at the highest number it may be.
_DIGIT_ROOM = _word(bytes([127 - 9] * 8))
_CLOCK_ROOM = _word(bytes([127 - 59, 127, 127 - 23, 127, 127, 127 - 59]))
_CLOCK_NUMBERS = _word(b"\xff\0\xff\0\0\xff")


@dataclass(frozen=True)
class _Lines:
    """Where a block's lines begin and where their newlines are, and how many quotes each has.

    `first` is the number of each line's first mark among `marks`, the places of all quotes and newlines in order;
    `questions` are those of the question marks.
    """

    starts: Ints
    ends: Ints
    quotes_count: Ints
    first: Ints
    marks: Ints
    questions: Ints


def read_block(block: bytes | memoryview, *, names: JsonNames) -> Hits:
    """Every line of a block that ends in a newline: the same rows as `read_any_line` gives one by one.

    A block with `ROOM` bytes behind its last line is not copied.
    """
    if b"\n" in bytes(block[-ROOM:]):
        block = bytes(block) + bytes(ROOM)
    data = np.frombuffer(block, np.uint8, count=len(block) & ~7)
    rows, faults = (_read_json if data[0] == _BRACE else _read_text)(data, names=names)
    return Hits(tuple(part for part in rows if len(part.lines)) or (rows[0],), faults)


def _read_json(data: Bytes, *, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """Lines of which the first is JSON, so that most are."""
    ends = np.flatnonzero(data == _NEWLINE)
    return read_lines(data, bounds=(np.append(0, ends[:-1] + 1), ends), names=names)


def _read_text(data: Bytes, *, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    lines = _find_lines(data)
    plain = _read_plain(data, lines=lines)
    others, faults = _read_others(data, lines=lines, plain=plain.lines, names=names)
    return [plain, *others], faults


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
    places = _find_marks(data)
    kinds = data[places]
    is_mark = kinds != _QUESTION
    is_mark[_find_escaped(data, places=places, kinds=kinds)] = False
    marks = places[is_mark]
    newlines = np.flatnonzero(kinds[is_mark] == _NEWLINE)
    ends = marks[newlines]
    first = np.append(0, newlines + 1)[: len(newlines)]
    starts = np.append(0, ends + 1)[: len(ends)]
    return _Lines(starts, ends, newlines - first, first, marks, places[kinds == _QUESTION])


def _find_marks(data: Bytes) -> Ints:
    """The places of quotes, newlines and question marks: most words of eight bytes have none, and are passed over.

    Parts small enough for the processor's nearest cache are searched one by one.
    """
    found = [np.zeros(0, np.int64)]
    for at in range(0, len(data), _SEARCHED_AT_ONCE):
        part = data[at : at + _SEARCHED_AT_ONCE]
        words = ((part == _QUOTE) | (part == _NEWLINE) | (part == _QUESTION)).view(np.uint64)
        numbers = np.flatnonzero(words != 0)
        places = np.flatnonzero(words[numbers].view(bool))
        found.append(numbers[places >> 3] * 8 + ((places & 7) + at))
    return np.concatenate(found)


def _find_escaped(data: Bytes, *, places: Ints, kinds: Bytes) -> Ints:
    """Which places are quotes behind a single backslash; the lines of those behind several are left to `read_line`."""
    slashed = np.flatnonzero((kinds == _QUOTE) & (data[places - 1] == _BACKSLASH))
    return np.asarray(slashed[data[places[slashed] - 2] != _BACKSLASH])


def _read_plain(data: Bytes, *, lines: _Lines) -> Rows:
    """The lines in which every field sits where the quotes say."""
    numbers = _find_candidates(lines)
    starts, ends, first = lines.starts[numbers], lines.ends[numbers], lines.first[numbers]
    padded = np.append(lines.marks, np.repeat(lines.marks[-1:], 5))
    opened, closed, *others = (padded[nth:][first] for nth in range(6))
    is_combined = lines.quotes_count[numbers] >= 6
    sizes_end = np.where(is_combined, others[0] - 1, ends - (data[ends - 1] == _RETURN))
    addresses = Texts(data, starts, opened - len(_FRAME) + 1)
    # The newline of a line that tells of no agent is `NO_AGENT`.
    agents = Texts(data, np.where(is_combined, others[2] + 1, ends), np.where(is_combined, others[3], ends + 1))
    asked = Texts(data, opened + 1, _cut_queries(lines.questions, begins=opened + 1, ends=closed))
    seconds, is_plain = _read_frames(data, opened=opened)
    statuses, has_status = _read_statuses(data, closed=closed)
    is_plain &= has_status & (data[starts] != _BRACE)
    is_plain &= _are_sizes(data, begins=closed + _AFTER_STATUS, ends=sizes_end)
    is_plain &= ~is_combined | _is_plain_tail(data, quotes=others)
    is_plain &= _are_words(addresses)
    rows = Rows(numbers, seconds, statuses, addresses, asked, agents)
    return rows if is_plain.all() else rows.only(is_plain)


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
    frames = records(data, at=opened - len(_FRAME) + 1, dtype="V40").view("<u8").reshape(-1, _FRAME_WORDS)
    clock, is_clock = _read_clocks((frames[:, 2] & _CLOCK[0]) | (frames[:, 3] & _CLOCK[1]))
    for nth, unlike_clock in enumerate(_UNLIKE_CLOCK, start=2):
        frames[:, nth] &= unlike_clock
    words = frames.ravel()
    changes = np.flatnonzero(words[_FRAME_WORDS:] != words[:-_FRAME_WORDS]) // _FRAME_WORDS + 1
    begins = np.append(0, np.unique(changes))[: len(frames)]
    days = [_read_frame(frames[begin].tobytes()) for begin in begins]
    lengths = np.diff(np.append(begins, len(frames)))
    is_read = np.repeat(np.array([day is not None for day in days], bool), lengths)
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
    """The number in `" 200 `, where it is one and the quote before it is not behind backslashes."""
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
    """` "referrer" "agent"`, no closing quote behind backslashes."""
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


def _cut_queries(questions: Ints, *, begins: Ints, ends: Ints) -> Ints:
    """Where the requests end when each is cut at its first question mark."""
    cut = np.append(0, ends)
    np.minimum.at(cut, np.searchsorted(begins, questions, side="right"), questions)
    return cut[1:]


def _are_words(texts: Texts) -> Flags:
    """Which texts, short ones, have neither a space nor a control character in them."""
    are_words = texts.ends - texts.begins <= _LONGEST_ADDRESS
    for _, places, words in pieces(texts, width=_USUAL_ADDRESS, most=_LONGEST_ADDRESS):
        words -= _ONES
        blanks = np.flatnonzero((words - _ONES * np.uint64(0x20)) & ~words & _HIGH_BITS)
        are_words[np.arange(len(are_words))[places][blanks // words.shape[1]]] = False
    return are_words
