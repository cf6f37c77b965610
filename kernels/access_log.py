"""Access logs: the fields of plain lines, keyed hashes of strings, and the runs of each visitor's requests."""

from __future__ import annotations

import numpy as np
from numba import boolean, int16, int64, uint64
from numpy.typing import NDArray

from kernels import (
    BYTES,
    INTS,
    KEYS,
    PLACES,
    WORDS,
    Bytes,
    Flags,
    Ints,
    Places,
    Words,
    inlined,
    kernel,
    read_only,
    repeated,
)

# The bytes of padding that a buffer needs, for kernels read past the last line.
ROOM = 256
LONGEST_LINE = 1 << 20
FIRST_YEAR, LAST_YEAR = 1990, 2099
# The columns `find_hits` fills.
HIT_COLUMNS = (
    *("line", "seconds", "status", "address_begin", "address_end"),
    *("request_begin", "request_end", "agent_begin", "agent_end"),
)
MARKS = b'"\n\\?'
SHORTEST_HIT = len('- - - [17/May/2015:10:05:03 +0000] "" 200 -\n')

Verdicts = NDArray[np.int16]

_TAB, _NEWLINE, _RETURN, _SPACE, _QUOTE, _PLUS, _DASH, _SLASH, _COLON, _OPEN, _CLOSE, _BRACE = b'\t\n\r "+-/:[]{'
_BACKSLASH, _QUESTION, _ZERO, _NINE = b"\\?09"
_STAMP_BYTES = len('17/May/2015:10:05:03 +0000] "')
_NO_TIME = _NOWHERE = -1
_MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", np.uint8).reshape(12, 3)
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])
_FEBRUARY = 1
_ONES, _HIGH_BITS, _BLANKS_END = repeated(1), repeated(128), repeated(_SPACE + 1)
_NONE, _ONE, _SEVEN, _TOP_BYTE, _HALF = map(np.uint64, (0, 1, 7, 56, 32))
_PLACES = np.uint64(0x0001020304050607)


@inlined
def _first(flags: np.uint64) -> int:
    """The position of the first byte of a word whose high bit is set."""
    return np.int64((((flags & (~flags + _ONE)) >> _SEVEN) * _PLACES) >> _TOP_BYTE)


@inlined
def _find_blank(words: Words, at: int) -> int:
    """The first space or control character from a byte on; there must be one."""
    word = words[at]
    flags = (word - _BLANKS_END) & ~word & _HIGH_BITS
    while flags == _NONE:
        at += 8
        word = words[at]
        flags = (word - _BLANKS_END) & ~word & _HIGH_BITS
    return at + _first(flags)


@inlined
def _find_closing(data: Bytes, marks: Places, nth: int) -> int:
    """The first mark that is a newline, or a quote that no backslash escapes."""
    while data[marks[nth]] != _QUOTE and data[marks[nth]] != _NEWLINE:
        nth = _behind(data, marks, nth)
    return nth


@inlined
def _find_newline(data: Bytes, marks: Places, nth: int) -> int:
    while data[marks[nth]] != _NEWLINE:
        nth += 1
    return nth


@inlined
def _behind(data: Bytes, marks: Places, nth: int) -> int:
    """The mark after one that is neither quote nor newline, skipping the byte it escapes."""
    is_escape = (
        data[marks[nth]] == _BACKSLASH
        and marks[nth + 1] == marks[nth] + 1
        and data[marks[nth + 1]] != _NEWLINE
        and data[marks[nth + 1]] != _QUESTION
    )
    return nth + 2 if is_escape else nth + 1


@inlined
def _two_digits(data: Bytes, at: int) -> int:
    """The number of two digits, or one so high that no sum with it is a year."""
    tens, ones = np.int64(data[at]) - _ZERO, np.int64(data[at + 1]) - _ZERO
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 10_000


@kernel(BYTES, WORDS, int64, PLACES, int64[:, ::1], int64[:, ::1])
def find_hits(
    data: Bytes, words: Words, size: int, marks: Places, hits: Ints, others: Ints
) -> tuple[int, int, int, int]:
    """Counts of hits, of other lines, of empty lines and of lines that are certainly malformed, in `size` bytes.

    The last of these bytes is a newline; `marks` are the positions of the bytes `MARKS`, with room for two more.
    `hits` is filled with the columns `HIT_COLUMNS` of plain lines, `others` with number (from 0), begin and end of the
    lines that another reader must read.
    """
    line, begin, first, day = 0, 0, 0, np.zeros(4, np.uint64)
    hits_count, others_count, empty_count, malformed_count = 0, 0, 0, 0
    while begin < size:
        last = _read_hit(data, words, marks, begin, first, hits, hits_count, day)
        if last != _NOWHERE and marks[last] - begin <= LONGEST_LINE:
            hits[0, hits_count] = line
            hits_count += 1
        else:
            last = _find_newline(data, marks, first)
            if marks[last] == begin:
                empty_count += 1
            elif _may_be_hit(data, marks, begin, first, last):
                others[0, others_count], others[1, others_count], others[2, others_count] = line, begin, marks[last]
                others_count += 1
            else:
                malformed_count += 1
        line, begin, first = line + 1, marks[last] + 1, last + 1
    return hits_count, others_count, empty_count, malformed_count


@inlined
def _may_be_hit(data: Bytes, marks: Places, begin: int, first: int, last: int) -> bool:
    """Whether a line may be blank, or has the two quotes that a hit of any format has."""
    quotes_count = 0
    for nth in range(first, last):
        quotes_count += data[marks[nth]] == _QUOTE
    return quotes_count > 1 or data[begin] == _SPACE or data[begin] == _TAB or data[begin] == _RETURN


@inlined
def _read_hit(
    data: Bytes, words: Words, marks: Places, begin: int, first: int, hits: Ints, place: int, day: Words
) -> int:
    """The mark that ends a line of the common or combined format, or `_NOWHERE` when it is not plain.

    `first` is the line's first mark; column `place` of `hits` is filled. `day` caches the words of the day read last,
    and its first second.
    """
    stamp = _read_address(data, words, begin, hits, place)
    if stamp == _NOWHERE:
        return _NOWHERE
    hits[1, place] = _read_stamp(data, words, stamp, day)
    if hits[1, place] == _NO_TIME:
        return _NOWHERE
    while marks[first] < stamp + _STAMP_BYTES:
        first += 1
    request_end = _read_request(data, marks, stamp + _STAMP_BYTES, first, hits, place)
    sent_end = _read_answer(data, marks[request_end], hits, place)
    if sent_end == _NOWHERE:
        return _NOWHERE
    if data[sent_end] == _SPACE:
        return _read_agent(data, marks, sent_end, request_end + 1, hits, place)
    end = sent_end
    while data[end] == _RETURN:
        end += 1
    # The agent of a line without one is its newline.
    hits[7, place], hits[8, place] = end, end + 1
    return request_end + 1 if data[end] == _NEWLINE else _NOWHERE


@inlined
def _read_address(data: Bytes, words: Words, begin: int, hits: Ints, place: int) -> int:
    """Where the time stamp begins, after `address ident user [`."""
    address_end = _find_blank(words, begin)
    hits[3, place], hits[4, place] = begin, address_end
    if data[address_end] != _SPACE or address_end == begin or data[begin] == _BRACE:
        return _NOWHERE
    ident = address_end + 1
    user = _find_blank(words, ident) + 1
    if data[user - 1] != _SPACE or user == ident + 1:
        return _NOWHERE
    user_end = _find_blank(words, user)
    return user_end + 2 if data[user_end] == _SPACE and user_end > user and data[user_end + 1] == _OPEN else _NOWHERE


@inlined
def _read_request(data: Bytes, marks: Places, begin: int, nth: int, hits: Ints, place: int) -> int:
    """The mark that is the request's closing quote or the line's end; the query, from the first `?` on, is cut off."""
    request_end = _NOWHERE
    while data[marks[nth]] != _QUOTE and data[marks[nth]] != _NEWLINE:
        if data[marks[nth]] == _QUESTION and request_end == _NOWHERE:
            request_end = marks[nth]
        nth = _behind(data, marks, nth)
    hits[5, place], hits[6, place] = begin, marks[nth] if request_end == _NOWHERE else request_end
    return nth


@inlined
def _read_answer(data: Bytes, at: int, hits: Ints, place: int) -> int:
    """Where `" 200 512` or `" 304 -` ends."""
    sent = at + len('" 200 ')
    if data[at] != _QUOTE or data[at + 1] != _SPACE or data[sent - 1] != _SPACE:
        return _NOWHERE
    hundreds, rest = np.int64(data[at + 2]) - _ZERO, _two_digits(data, at + 3)
    if not 0 <= hundreds <= 9 or rest > 99:
        return _NOWHERE
    hits[2, place] = hundreds * 100 + rest
    if data[sent] == _DASH:
        return sent + 1
    end = sent
    while _ZERO <= data[end] <= _NINE:
        end += 1
    return end if end > sent else _NOWHERE


@inlined
def _read_agent(data: Bytes, marks: Places, at: int, nth: int, hits: Ints, place: int) -> int:
    """The mark that ends a line which continues with ` "referrer" "agent"`."""
    if marks[nth] != at + 1 or data[at + 1] != _QUOTE:
        return _NOWHERE
    referrer_end = _find_closing(data, marks, nth + 1)
    agent = marks[referrer_end] + len('" "')
    if marks[referrer_end + 1] != agent - 1 or data[agent - 1] != _QUOTE or data[agent - 2] != _SPACE:
        return _NOWHERE
    agent_end = _find_closing(data, marks, referrer_end + 2)
    hits[7, place], hits[8, place] = agent, marks[agent_end]
    return _find_newline(data, marks, agent_end + 1) if data[marks[agent_end]] == _QUOTE else _NOWHERE


@inlined
def _read_stamp(data: Bytes, words: Words, at: int, day: Words) -> int:
    """Seconds since 1970, in UTC, of `17/May/2015:10:05:03 +0000] "`, or `_NO_TIME`."""
    if words[at] != day[0] or words[at + 3] != day[1] or words[at + 20] != day[2]:
        day[0], day[1], day[2] = words[at], words[at + 3], words[at + 20]
        day[3] = np.uint64(_read_day(data, at))
    hours, minutes, seconds = _two_digits(data, at + 12), _two_digits(data, at + 15), _two_digits(data, at + 18)
    if hours > 23 or minutes > 59 or seconds > 59 or np.int64(day[3]) == _NO_TIME:
        return _NO_TIME
    if not (data[at + 11] == data[at + 14] == data[at + 17] == _COLON):
        return _NO_TIME
    if data[at + 26] != _CLOSE or data[at + 27] != _SPACE or data[at + 28] != _QUOTE:
        return _NO_TIME
    return np.int64(day[3]) + hours * 3600 + minutes * 60 + seconds


@inlined
def _read_day(data: Bytes, at: int) -> int:
    """The first second of the day in `17/May/2015:10:05:03 +0000`, or `_NO_TIME`."""
    day, month = _two_digits(data, at), 0
    while month < 12 and (
        data[at + 3] != _MONTHS[month, 0] or data[at + 4] != _MONTHS[month, 1] or data[at + 5] != _MONTHS[month, 2]
    ):
        month += 1
    year = _two_digits(data, at + 7) * 100 + _two_digits(data, at + 9)
    hours, minutes = _two_digits(data, at + 22), _two_digits(data, at + 24)
    is_east, is_west = data[at + 21] == _PLUS, data[at + 21] == _DASH
    if month == 12 or not FIRST_YEAR <= year <= LAST_YEAR or hours > 19 or minutes > 59 or not (is_east or is_west):
        return _NO_TIME
    # From 1990 to 2099 no century is an exception.
    is_leap = year % 4 == 0
    length = _DAYS_BEFORE[month + 1] - _DAYS_BEFORE[month] + (is_leap and month == _FEBRUARY)
    if not 1 <= day <= length or data[at + 2] != _SLASH or data[at + 6] != _SLASH or data[at + 20] != _SPACE:
        return _NO_TIME
    leap_days = (year - 1969) // 4 + (is_leap and month > _FEBRUARY)
    days = (year - 1970) * 365 + leap_days + _DAYS_BEFORE[month] + day - 1
    offset = hours * 3600 + minutes * 60
    return days * 86_400 + (offset if is_west else -offset)


@kernel(KEYS, WORDS, INTS, INTS, uint64[::1])
def hash_with_key(factors: Words, words: Words, begins: Ints, ends: Ints, numbers: Words) -> None:
    """Fill `numbers` with a hash of each slice: its length and its mixed words, each times a factor, added up.

    The last two factors are those of mixing and of the length; a slice with more words than other factors is cut.
    """
    stir, of_length, most = factors[-2], factors[-1], 8 * (len(factors) - 2)
    for nth in range(len(begins)):
        at, end = begins[nth], ends[nth]
        number = np.uint64(end - at + 1) * of_length
        end = min(end, at + most)
        place = 0
        while at < end:
            word = words[at]
            if end - at < 8:
                word &= (_ONE << np.uint64(8 * (end - at))) - _ONE
            word *= stir
            number += (word ^ (word >> _HALF)) * factors[place]
            at += 8
            place += 1
        numbers[nth] = number


@kernel(KEYS, read_only(int16), KEYS, int16[::1], int64[::1])
def find_cached(known: Words, verdicts: Verdicts, numbers: Words, found: Verdicts, unknown: Ints) -> int:
    """Fill `found` with the cached verdict of each number, `unknown` with the positions of the others; their count.

    `known` and `verdicts` are the slots of the cache, a power of two; a number may be in the slot of its first bits or
    in that slot's neighbour.
    """
    slots_count, unknown_count = len(known), 0
    bits = 0
    while 1 << bits < slots_count:
        bits += 1
    for nth in range(len(numbers)):
        slot = np.int64(numbers[nth] >> np.uint64(64 - bits))
        if known[slot] != numbers[nth]:
            slot ^= 1
        if known[slot] == numbers[nth]:
            found[nth] = verdicts[slot]
        else:
            unknown[unknown_count] = nth
            unknown_count += 1
    return unknown_count


@kernel(WORDS, INTS, KEYS, KEYS, int64[::1])
def match_prefixes(words: Words, begins: Ints, prefixes: Words, masks: Words, found: Ints) -> int:
    """Fill `found` with the positions of slices that begin with one of some words under its mask; gives their count."""
    found_count = 0
    for nth in range(len(begins)):
        word = words[begins[nth]]
        for one in range(len(prefixes)):
            if word & masks[one] == prefixes[one]:
                found[found_count] = nth
                found_count += 1
                break
    return found_count


@kernel(INTS, INTS, int64[::1])
def find_days(bounds: Ints, seconds: Ints, days: Ints) -> None:
    """Fill `days` with the day of each moment; `bounds` are the first seconds of all days, about 24 hours apart."""
    for nth in range(len(seconds)):
        day = (seconds[nth] - bounds[0]) // 86_400
        while seconds[nth] < bounds[day]:
            day -= 1
        while seconds[nth] >= bounds[day + 1]:
            day += 1
        days[nth] = day


@kernel(KEYS, INTS, read_only(boolean, ndim=2), int64, (uint64[:, ::1], int64[:, ::1], int64[:, ::1]), int64[::1])
def gather_runs(
    visitor: Words, seconds: Ints, selected: Flags, idle_seconds: int, runs: tuple[Words, Ints, Ints], counts: Ints
) -> None:
    """Fill `runs` with the runs of each selection of requests, and `counts` with how many there are.

    `selected` has a row for each selection, as have the columns of `runs`: visitor, first and last second. Requests out
    of order may split a run, so runs still have to be merged.
    """
    of, first, last = runs
    bits = 1
    while 1 << bits < 2 * len(visitor):
        bits += 1
    slots = np.full(1 << bits, -1, np.int32)
    known = np.empty(len(visitor), np.uint64)
    latest = np.full((len(visitor), len(selected)), -1, np.int32)
    known_count = 0
    for nth in range(len(visitor)):
        slot = np.int64(visitor[nth] >> np.uint64(64 - bits))
        while slots[slot] >= 0 and known[slots[slot]] != visitor[nth]:
            slot = (slot + 1) & ((1 << bits) - 1)
        if slots[slot] < 0:
            slots[slot], known[known_count] = known_count, visitor[nth]
            known_count += 1
        for selection in range(len(selected)):
            if not selected[selection, nth]:
                continue
            run = latest[slots[slot], selection]
            if run >= 0 and first[selection, run] - idle_seconds <= seconds[nth] <= last[selection, run] + idle_seconds:
                first[selection, run] = min(first[selection, run], seconds[nth])
                last[selection, run] = max(last[selection, run], seconds[nth])
            else:
                run = counts[selection]
                latest[slots[slot], selection] = run
                of[selection, run], first[selection, run], last[selection, run] = (
                    visitor[nth],
                    seconds[nth],
                    seconds[nth],
                )
                counts[selection] += 1
