"""Access log lines of a declared format: the places of their fields, their times, and the last address of a list."""

from __future__ import annotations

import numpy as np
from numba import boolean, int16, int32, int64
from numpy.typing import NDArray

from kernels import (
    BYTES,
    FLAGS,
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

# How a field ends.
ENDS = ("literal", "quote", "list", "blank", "line")
# What a time's pattern is made of; a literal is 256 and its byte.
CLOCK_PARTS = ("Y", "m", "d", "e", "b", "H", "M", "S", "f", "z", "s", "L", "N")
LITERAL_PART = 256
NO_TIME = -(1 << 62)
FIRST_YEAR, LAST_YEAR = 1990, 2099

_LITERAL, _QUOTED, _LIST, _BLANK, _LINE = range(len(ENDS))
_YEAR, _MONTH, _DAY, _PADDED_DAY, _MONTH_NAME, _HOUR, _MINUTE, _SECOND, _FRACTION, _OFFSET, _EPOCH, _MILLIS, _MICROS = (
    range(13)
)
_TAB, _NEWLINE, _RETURN, _SPACE, _QUOTE, _PLUS, _COMMA, _DASH, _POINT, _ZERO, _NINE, _COLON = b'\t\n\r "+,-.09:'
_OPEN, _CLOSE, _BACKSLASH, _UTC, _SLASH = b"[]\\Z/"
_NOWHERE = -1
_MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", np.uint8).reshape(12, 3)
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])
_ONES, _HIGH_BITS, _NEWLINES, _QUOTES, _BACKSLASHES = map(repeated, (1, 128, _NEWLINE, _QUOTE, _BACKSLASH))
_COLONS, _BRACKETS = map(repeated, (_COLON, _OPEN))
_NONE, _ONE, _SEVEN, _TOP_BYTE, _BYTE = map(np.uint64, (0, 1, 7, 56, 255))
_PLACES = np.uint64(0x0001020304050607)
_SLOT_BITS, _SLOT_SHIFT, _SLOTS = np.uint64(16), np.uint64(48), np.uint64(1 << 16)
_THREE, _FOUR = (np.uint64((1 << 8 * count) - 1) for count in (3, 4))
_TEN, _LOOPBACK, _BLOCK_172, _BLOCK_100, _HOME, _LINK_LOCAL, _FE80, _LOOPBACK_6 = (
    np.uint64(int.from_bytes(text, "little"))
    for text in (b"10.", b"127.", b"172.", b"100.", b"192.168.", b"169.254.", b"fe80", b"::1")
)

Verdicts = NDArray[np.int16]


@inlined
def _first(flags: np.uint64) -> int:
    """The position of the first byte of a word whose high bit is set."""
    return np.int64((((flags & (~flags + _ONE)) >> _SEVEN) * _PLACES) >> _TOP_BYTE)


@inlined
def _find(words: Words, at: int, end: int, one: np.uint64, other: np.uint64) -> int:
    """The first of two bytes, each given as a word of eight, from a position on; the end when there is none."""
    while at < end:
        word = words[at]
        ones, others = word ^ one, word ^ other
        flags = (((ones - _ONES) & ~ones) | ((others - _ONES) & ~others)) & _HIGH_BITS
        if flags != _NONE:
            at += _first(flags)
            return at if at < end else end
        at += 8
    return end


@kernel(BYTES, WORDS, int64, int64[:, ::1])
def find_lines(data: Bytes, words: Words, size: int, bounds: Ints) -> int:
    """Fill `bounds` with the begins and ends of the lines in `size` bytes, without returns at their ends; the count."""
    count, begin = 0, 0
    while begin < size:
        newline = _find(words, begin, size, _NEWLINES, _NEWLINES)
        end = newline
        while end > begin and data[end - 1] == _RETURN:
            end -= 1
        bounds[0, count], bounds[1, count] = begin, end
        count += 1
        begin = newline + 1
    return count


@kernel(BYTES, WORDS, (INTS, INTS), (KEYS, KEYS, read_only(int64, ndim=2)), (INTS, INTS), int32[:, :, ::1], int64[::1])
def match_fields(
    data: Bytes,
    words: Words,
    bounds: tuple[Ints, Ints],
    literals: tuple[Words, Words, Ints],
    fields: tuple[Ints, Ints],
    spans: Places,
    read: Ints,
) -> int:
    """Fill `read` with the numbers of the lines that have the format, `spans` with their fields; gives the count.

    `literals` are the words of the text before each field and after the last one, the masks of these words, and a row
    for each text: first word, last word (exclusive) and length in bytes. `fields` are the way each field ends, a place
    in `ENDS`, and its row in `spans`, or -1; `spans` holds begins and ends.
    """
    begins, line_ends = bounds
    text, bits, parts = literals
    ends, wanted = fields
    last, read_count = len(ends), 0
    for nth in range(len(begins)):
        line_end = line_ends[nth]
        at, field = _behind_literal(words, begins[nth], line_end, text, bits, parts[0]), 0
        while at != _NOWHERE and field < last:
            end = _field_end(data, words, at, line_end, ends[field], (text, bits), parts[field + 1])
            if wanted[field] != _NOWHERE:
                spans[0, wanted[field], read_count], spans[1, wanted[field], read_count] = at, end
            at = _NOWHERE if end == _NOWHERE else end + parts[field + 1, 2]
            field += 1
        if at == line_end:
            read[read_count] = nth
            read_count += 1
    return read_count


@inlined
def _behind_literal(words: Words, at: int, line_end: int, text: Words, bits: Words, part: Ints) -> int:
    """The end of a literal that must be at a position within the line, or `_NOWHERE`."""
    if at + part[2] > line_end:
        return _NOWHERE
    for nth in range(part[0], part[1]):
        if (words[at + 8 * (nth - part[0])] ^ text[nth]) & bits[nth] != _NONE:
            return _NOWHERE
    return at + part[2]


@inlined
def _field_end(
    data: Bytes, words: Words, begin: int, line_end: int, ending: int, literal: tuple[Words, Words], part: Ints
) -> int:
    """Where a field ends that begins at a position, with the literal behind it in its place, or `_NOWHERE`."""
    text, bits = literal
    if ending == _LINE:
        return line_end
    if ending == _BLANK:
        return _plain_end(data, begin, line_end)
    if ending == _QUOTED:
        end = _quoted_end(data, words, begin, line_end)
        return end if _behind_literal(words, end, line_end, text, bits, part) != _NOWHERE else _NOWHERE
    mark = (text[part[0]] & _BYTE) * _ONES
    end = _find(words, begin, line_end, mark, mark)
    while end < line_end:
        is_inside_list = ending == _LIST and end > begin and data[end - 1] == _COMMA
        if not is_inside_list and _behind_literal(words, end, line_end, text, bits, part) != _NOWHERE:
            return end
        end = _find(words, end + 1, line_end, mark, mark)
    return _NOWHERE


@inlined
def _plain_end(data: Bytes, begin: int, line_end: int) -> int:
    """The line's end, when there is no blank before it."""
    for at in range(begin, line_end):
        if data[at] == _SPACE or data[at] == _TAB:
            return _NOWHERE
    return line_end


@inlined
def _quoted_end(data: Bytes, words: Words, begin: int, line_end: int) -> int:
    """The first quote that no backslash escapes, or the line's end."""
    end = _find(words, begin, line_end, _QUOTES, _BACKSLASHES)
    while end < line_end and data[end] == _BACKSLASH:
        end = _find(words, min(end + 2, line_end), line_end, _QUOTES, _BACKSLASHES)
    return end


@kernel(BYTES, (PLACES, PLACES), INTS, int64[::1])
def add_times(data: Bytes, spans: tuple[Places, Places], parts: Ints, seconds: Ints) -> None:
    """Add to `seconds` what each slice tells by a pattern: the day's first second, the clock, the offset to UTC.

    `parts` are places in `CLOCK_PARTS`, or `LITERAL_PART` and a byte. What does not fit gives `NO_TIME`.
    """
    begins, ends = spans
    for nth in range(len(begins)):
        told = _read_time(data, begins[nth], ends[nth], parts)
        seconds[nth] = NO_TIME if told == NO_TIME or seconds[nth] == NO_TIME else seconds[nth] + told


@inlined
def _read_time(data: Bytes, at: int, end: int, parts: Ints) -> int:
    year, month, day, clock, has_day = 0, 0, 0, 0, False
    for part in parts:
        told = 0
        if part >= LITERAL_PART:
            at = at + 1 if at < end and data[at] == part - LITERAL_PART else _NOWHERE
        elif part == _MONTH_NAME:
            told = _month(data, at, end)
            at = at + 3 if told > 0 else _NOWHERE
        elif part == _OFFSET:
            told, at = _read_offset(data, at, end)
        elif part == _FRACTION:
            at = _fraction_end(data, at, end)
        elif part >= _EPOCH:
            told, at = _read_epoch(data, at, end, part)
        else:
            width = 4 if part == _YEAR else 2
            is_padded = part == _PADDED_DAY and at < end and data[at] == _SPACE
            told = _digits(data, at + int(is_padded), at + width, end)
            is_beyond = told > (23 if part == _HOUR else 59) and part >= _HOUR
            at = at + width if told >= 0 and not is_beyond else _NOWHERE
        if at == _NOWHERE:
            return NO_TIME
        has_day |= part <= _MONTH_NAME
        year = told if part == _YEAR else year
        month = told if part in (_MONTH, _MONTH_NAME) else month
        day = told if part in (_DAY, _PADDED_DAY) else day
        clock += told * _seconds_in(part)
    day_second = _first_second(year, month, day) if has_day else 0
    return NO_TIME if at != end or day_second == NO_TIME else day_second + clock


@inlined
def _seconds_in(part: int) -> int:
    """The seconds in one of what a part tells, 0 for years, months and days."""
    if part == _HOUR:
        return 3600
    if part == _MINUTE:
        return 60
    return 1 if part >= _SECOND and part < LITERAL_PART else 0


@inlined
def _month(data: Bytes, at: int, end: int) -> int:
    """The month of a name's three letters, 0 for none."""
    if at + 3 <= end:
        for month in range(12):
            first, second, third = _MONTHS[month, 0], _MONTHS[month, 1], _MONTHS[month, 2]
            if data[at] == first and data[at + 1] == second and data[at + 2] == third:
                return month + 1
    return 0


@inlined
def _read_offset(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The seconds from local time to UTC of `Z`, `+0700` or `+07:00`, and where it ends."""
    if at < end and data[at] == _UTC:
        return 0, at + 1
    behind = at + 6 if at + 6 <= end and data[at + 3] == _COLON else at + 5
    hours, minutes = _digits(data, at + 1, at + 3, end), _digits(data, behind - 2, behind, end)
    if not (0 <= hours <= 19 and 0 <= minutes <= 59) or (data[at] != _PLUS and data[at] != _DASH):
        return 0, _NOWHERE
    away = hours * 3600 + minutes * 60
    return away if data[at] == _DASH else -away, behind


@inlined
def _fraction_end(data: Bytes, at: int, end: int) -> int:
    """Where a fraction ends that may be absent."""
    if at >= end or (data[at] != _POINT and data[at] != _COMMA):
        return at
    behind = _digits_end(data, at + 1, end)
    return behind if behind > at + 1 else _NOWHERE


@inlined
def _read_epoch(data: Bytes, at: int, end: int, part: int) -> tuple[int, int]:
    """Whole seconds since 1970, and where the number ends; a second may have a fraction."""
    behind = _digits_end(data, at, min(end, at + 18))
    if behind == at:
        return 0, _NOWHERE
    unit = 1 if part == _EPOCH else (1000 if part == _MILLIS else 1_000_000)
    seconds = _digits(data, at, behind, end) // unit
    return seconds, _fraction_end(data, behind, end) if part == _EPOCH else behind


@inlined
def _digits_end(data: Bytes, at: int, end: int) -> int:
    while at < end and _ZERO <= data[at] <= _NINE:
        at += 1
    return at


@inlined
def _first_second(year: int, month: int, day: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12:
        return NO_TIME
    # From 1990 to 2099 no century is an exception.
    is_leap = year % 4 == 0
    length = _DAYS_BEFORE[month] - _DAYS_BEFORE[month - 1] + (is_leap and month == 2)
    if not 1 <= day <= length:
        return NO_TIME
    leap_days = (year - 1969) // 4 + (is_leap and month > 2)
    return ((year - 1970) * 365 + leap_days + _DAYS_BEFORE[month - 1] + day - 1) * 86_400


@inlined
def _digits(data: Bytes, begin: int, behind: int, end: int) -> int:
    """The number of some digits, -1 when they are none or the slice ends before."""
    number = 0
    if behind > end:
        return -1
    for at in range(begin, behind):
        digit = int(np.int64(data[at]) - _ZERO)
        number = number * 10 + digit if number >= 0 and 0 <= digit <= 9 else -1
    return number


@kernel(BYTES, int32[::1], int32[::1])
def trim_addresses(data: Bytes, begins: Places, ends: Places) -> None:
    """Cut blanks, quotes and brackets around addresses, and the port behind them."""
    for nth in range(len(begins)):
        begin, end = begins[nth], ends[nth]
        while begin < end and (data[begin] == _SPACE or data[begin] == _TAB or data[begin] == _QUOTE):
            begin += 1
        while end > begin and (data[end - 1] == _SPACE or data[end - 1] == _TAB or data[end - 1] == _QUOTE):
            end -= 1
        begins[nth], ends[nth] = _without_port(data, begin, end)


@inlined
def _without_port(data: Bytes, begin: int, end: int) -> tuple[int, int]:
    """What is within brackets, or before the only colon or the colon behind the last point."""
    colons_count, colon, point, closing = 0, end, begin, end
    for at in range(begin, end):
        if data[at] == _COLON:
            colons_count += 1
            colon = at
        elif data[at] == _POINT:
            point = at
        elif data[at] == _CLOSE:
            closing = at
    if begin < end and data[begin] == _OPEN:
        return begin + 1, max(closing, begin + 1)
    is_port = colons_count > 0 and (colons_count == 1 or begin < point < colon)
    return begin, colon if is_port and colon > begin else end


@kernel(BYTES, WORDS, INTS, INTS, int64[:, ::1])
def find_ports(data: Bytes, words: Words, begins: Ints, ends: Ints, found: Ints) -> int:
    """Fill `found` with position, begin and end of addresses that have a port or brackets, without them; the count."""
    count = 0
    for nth in range(len(begins)):
        begin, end = begins[nth], ends[nth]
        if _find(words, begin, end, _COLONS, _BRACKETS) < end:
            bare_begin, bare_end = _without_port(data, begin, end)
            if bare_begin != begin or bare_end != end:
                found[0, count], found[1, count], found[2, count] = nth, bare_begin, bare_end
                count += 1
    return count


@kernel(BYTES, int32[::1], int32[::1])
def cut_ports(data: Bytes, begins: Places, ends: Places) -> None:
    """Move the ends of addresses to their last colon, behind which the port stands."""
    for nth in range(len(begins)):
        at = ends[nth] - 1
        while at > begins[nth] and data[at] != _COLON:
            at -= 1
        if at > begins[nth]:
            ends[nth] = at


@kernel(BYTES, INTS, INTS, int64[::1], int64[::1])
def find_origins(data: Bytes, begins: Ints, ends: Ints, host_begins: Ints, host_ends: Ints) -> int:
    """Fill in the hosts of requests such as `GET https://a.b/c`, whose slices are empty for others; their count."""
    count = 0
    for nth in range(len(begins)):
        at, end = begins[nth], ends[nth]
        while at < end and data[at] != _SPACE:
            at += 1
        at += 1
        # The scheme is `http` or `https`.
        while at < end and data[at] != _SLASH and data[at] != _COLON:
            at += 1
        if at + 2 < end and data[at] == _COLON and data[at + 1] == _SLASH and data[at + 2] == _SLASH:
            host_begins[nth], host_ends[nth] = at + 3, at + 3
            while host_ends[nth] < end and data[host_ends[nth]] != _SLASH and data[host_ends[nth]] != _SPACE:
                host_ends[nth] += 1
            count += 1
    return count


@kernel(BYTES, PLACES, PLACES, int32[::1])
def find_last_items(data: Bytes, begins: Places, ends: Places, firsts: Places) -> None:
    """Fill `firsts` with the begin of the last item of each list, behind its last comma."""
    for nth in range(len(begins)):
        at = ends[nth]
        while at > begins[nth] and data[at - 1] != _COMMA:
            at -= 1
        firsts[nth] = at


@kernel(BYTES, PLACES, PLACES, int64[::1])
def read_answers(data: Bytes, begins: Places, ends: Places, statuses: Ints) -> None:
    """Fill `statuses` with numbers of three digits, 0 for `-` and `-1` (no answer), -1 for others."""
    for nth in range(len(begins)):
        begin, end = begins[nth], ends[nth]
        number = np.int64(0) if end - begin == 3 else np.int64(-1)
        for at in range(begin, end):
            digit = np.int64(data[at]) - _ZERO
            number = number * 10 + digit if number >= 0 and 0 <= digit <= 9 else np.int64(-1)
        is_none = (
            end > begin
            and data[begin] == _DASH
            and (end - begin == 1 or (end - begin == 2 and data[begin + 1] == _ZERO + 1))
        )
        statuses[nth] = 0 if is_none else number


@kernel(WORDS, INTS, INTS, read_only(int16), boolean[::1])
def find_private(words: Words, begins: Ints, ends: Ints, rules: Verdicts, flags: Flags) -> None:
    """Set the flags of private addresses (RFC 1918, 4193, 6598, link-local, loopback) among slices whose rule is 0."""
    for nth in range(len(begins)):
        if rules[nth] == 0:
            flags[nth] = _is_private(words[begins[nth]], ends[nth] - begins[nth])


@inlined
def _is_private(word: np.uint64, length: int) -> bool:
    if word & _THREE == _TEN or word & _FOUR == _LOOPBACK or word in (_HOME, _LINK_LOCAL):
        return True
    if word & _FOUR == _BLOCK_172 or word & _FOUR == _BLOCK_100:
        tens = np.int64((word >> np.uint64(32)) & _BYTE) - _ZERO
        ones = np.int64((word >> np.uint64(40)) & _BYTE) - _ZERO
        hundreds = np.int64((word >> np.uint64(48)) & _BYTE) - _ZERO
        number = tens * 10 + ones if 0 <= ones <= 9 else -1
        if word & _FOUR == _BLOCK_172:
            return 16 <= number <= 31 and (word >> np.uint64(48)) & _BYTE == _POINT
        number = number * 10 + hundreds if 0 <= hundreds <= 9 else number
        return 64 <= number <= 127
    letter = np.int64((word >> np.uint64(8)) & _BYTE) | 32
    is_unique_local = np.int64(word & _BYTE) | 32 == 102 and (letter == 99 or letter == 100)
    has_colon = (word >> np.uint64(32)) & _BYTE == _COLON
    is_link = word & _FOUR == _FE80 and has_colon
    return (is_unique_local and has_colon) or is_link or (length == 3 and word & _THREE == _LOOPBACK_6)


@kernel(KEYS, KEYS, (FLAGS, FLAGS), (int64[::1], int64[::1]))
def tally_pages(
    addresses: Words, visitors: Words, flags: tuple[Flags, Flags], slots: tuple[Ints, Ints]
) -> tuple[int, int]:
    """Count hits by the bits of their address's and agent's hashes; gives all counted and the private ones.

    `flags` are whether a hit counts and whether its address is private; a visitor's hash is the sum of both. `slots`
    are as many as sixteen bits can tell for the first ones, then as many for the next ones.
    """
    is_counted, is_private = flags
    of_addresses, of_agents = slots
    count, private_count = 0, 0
    for nth in range(len(addresses)):
        if is_counted[nth]:
            _count_slots(addresses[nth], of_addresses)
            _count_slots(visitors[nth] - addresses[nth], of_agents)
            private_count += is_private[nth]
            count += 1
    return count, private_count


@inlined
def _count_slots(number: np.uint64, slots: Ints) -> None:
    slots[number >> _SLOT_SHIFT] += 1
    slots[_SLOTS + ((number << _SLOT_BITS) >> _SLOT_SHIFT)] += 1
