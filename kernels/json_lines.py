"""Lines of JSON that are alike but for their values: where these values are."""

from __future__ import annotations

import numpy as np
from numba import int32, int64, uint8

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
    each,
    inlined,
    kernel,
    read_only,
)

_QUOTE, _DASH, _POINT, _ZERO, _NINE = b'"-.09'
_MOST_DIGITS = 32
_NOWHERE = -1
_SPANS = read_only(int32, ndim=2, layout="A")


_ONES, _HIGH_BITS, _QUOTES, _BACKSLASHES, _CONTROLS_END = map(each, (1, 128, _QUOTE, ord("\\"), 32))
_NONE, _ONE, _SEVEN, _TOP_BYTE = map(np.uint64, (0, 1, 7, 56))
_PLACES = np.uint64(0x0001020304050607)


@kernel(WORDS, (INTS, INTS), (KEYS, KEYS, read_only(int64, ndim=2)), FLAGS, INTS, int32[:, :, ::1], int64[::1])
def read_alike(
    words: Words,
    bounds: tuple[Ints, Ints],
    between: tuple[Words, Words, Ints],
    is_number: Flags,
    wanted: Ints,
    spans: Places,
    read: Ints,
) -> int:
    """Which lines, given by begins and ends, have the same text between their values; gives how many, told in `read`.

    The text before each value and behind the last one is given in words, with the bits that count of each, and with the
    places of its first words and its length in bytes, a row each. A value is a number without an exponent, or a text
    of printable ASCII without escapes. `wanted` tells for each value its place in `spans`, or -1; `spans` gets where it
    begins and ends, line by line of those read.
    """
    begins, ends = bounds
    text, bits, parts = between
    read_count, last = 0, len(is_number)
    for nth in range(len(begins)):
        at, value = begins[nth], 0
        while at != _NOWHERE and value <= last:
            at = _behind_text(words, at, text, bits, parts[value])
            if at != _NOWHERE and value < last:
                begin = at
                at = _number_end(words, at) if is_number[value] else _text_end(words, at)
                if wanted[value] != _NOWHERE:
                    spans[0, wanted[value], read_count], spans[1, wanted[value], read_count] = begin, at
            value += 1
        if at == ends[nth]:
            read[read_count] = nth
            read_count += 1
    return read_count


@inlined
def _behind_text(words: Words, at: int, text: Words, bits: Words, part: Ints) -> int:
    """Where a text ends that has to be at a place."""
    for nth in range(part[0], part[1]):
        if (words[at + 8 * (nth - part[0])] ^ text[nth]) & bits[nth] != _NONE:
            return _NOWHERE
    return at + part[2]


@inlined
def _text_end(words: Words, at: int) -> int:
    """The quote before which there is only printable ASCII without escapes."""
    flags = _NONE
    while flags == _NONE:
        word = words[at]
        quotes, escapes = word ^ _QUOTES, word ^ _BACKSLASHES
        flags = ((quotes - _ONES) & ~quotes) | ((escapes - _ONES) & ~escapes) | ((word - _CONTROLS_END) & ~word) | word
        flags &= _HIGH_BITS
        at += 8
    quote = at - 8 + np.int64((((flags & (~flags + _ONE)) >> _SEVEN) * _PLACES) >> _TOP_BYTE)
    return quote if words[quote] & np.uint64(255) == _QUOTE else _NOWHERE


@inlined
def _number_end(words: Words, begin: int) -> int:
    """Behind a number as JSON has it, without an exponent, of which the end is told by what comes next."""
    whole = begin + int(_byte(words, begin) == _DASH)
    at = whole
    while at < begin + _MOST_DIGITS and _ZERO <= _byte(words, at) <= _NINE:
        at += 1
    if at == whole or (at > whole + 1 and _byte(words, whole) == _ZERO):
        return _NOWHERE
    if _byte(words, at) != _POINT:
        return at
    broken = at + 1
    at = broken
    while at < begin + _MOST_DIGITS and _ZERO <= _byte(words, at) <= _NINE:
        at += 1
    return at if at > broken else _NOWHERE


@inlined
def _byte(words: Words, at: int) -> int:
    return np.int64(words[at] & np.uint64(255))


@kernel(BYTES, PLACES, PLACES, int64[::1])
def read_statuses(data: Bytes, begins: Places, ends: Places, statuses: Ints) -> None:
    """Numbers of one to three digits, -1 for what is none; zeros may fill up three."""
    for nth in range(len(begins)):
        length, status = ends[nth] - begins[nth], np.int64(0)
        for at in range(begins[nth], begins[nth] + min(length, 3)):
            digit = np.int64(data[at]) - _ZERO
            status = status * 10 + digit if status >= 0 and 0 <= digit <= 9 else np.int64(-1)
        is_short = length == 2 and data[begins[nth]] == _ZERO
        statuses[nth] = -1 if length == 0 or length > 3 or is_short else status


@kernel(BYTES, int64, INTS, int64[::1])
def cut_at(data: Bytes, mark: int, begins: Ints, ends: Ints) -> None:
    """Let each stretch of bytes end before the first of some byte."""
    for nth in range(len(begins)):
        at = begins[nth]
        while at < ends[nth] and data[at] != mark:
            at += 1
        ends[nth] = at


@kernel(BYTES, _SPANS, _SPANS, int64, uint8[::1], int64[::1])
def join_texts(data: Bytes, first: Places, second: Places, between: int, content: Bytes, begins: Ints) -> None:
    """Two stretches of bytes with one byte between them, one behind the other; `begins` gets one more than there are.

    `first` and `second` have begins and ends, a row each.
    """
    at = 0
    for nth in range(first.shape[1]):
        begins[nth] = at
        for place in range(first[0, nth], first[1, nth]):
            content[at] = data[place]
            at += 1
        content[at] = between
        at += 1
        for place in range(second[0, nth], second[1, nth]):
            content[at] = data[place]
            at += 1
    begins[first.shape[1]] = at
