"""JSON lines that share one template: the positions of their values, and columns made of them."""

from __future__ import annotations

import numpy as np
from numba import boolean, int32, int64, uint8

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

_QUOTE, _DASH, _POINT, _ZERO, _NINE, _COLON, _SPACE = b'"-.09: '
_MOST_DIGITS = 32
_NOWHERE = -1
_SPANS = read_only(int32, ndim=2, layout="A")


_ONES, _HIGH_BITS, _QUOTES, _BACKSLASHES, _CONTROLS_END = map(repeated, (1, 128, _QUOTE, ord("\\"), 32))
_COLONS = repeated(_COLON)
_NONE, _ONE, _SEVEN, _TOP_BYTE = map(np.uint64, (0, 1, 7, 56))
_PLACES = np.uint64(0x0001020304050607)


@kernel(WORDS, (INTS, INTS), (KEYS, KEYS, read_only(int64, ndim=2)), FLAGS, INTS, int32[:, :, ::1], int64[::1])
def match_template(
    words: Words,
    bounds: tuple[Ints, Ints],
    literals: tuple[Words, Words, Ints],
    is_number: Flags,
    wanted: Ints,
    spans: Places,
    read: Ints,
) -> int:
    """Fill `read` with the numbers of the lines that match the template, `spans` with their values; gives the count.

    `bounds` are the lines' begins and ends. `literals` are the words of the text before each value and after the last
    one, the masks of these words, and a row for each text: first word, last word (exclusive) and length in bytes. A
    value is a number without an exponent or a string of printable ASCII without escapes. `wanted` gives each value's
    row in `spans`, or -1; `spans` holds begins and ends.
    """
    begins, ends = bounds
    text, bits, parts = literals
    read_count, last = 0, len(is_number)
    for nth in range(len(begins)):
        at, value = begins[nth], 0
        while at != _NOWHERE and value <= last:
            at = _literal_end(words, at, text, bits, parts[value])
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
def _literal_end(words: Words, at: int, text: Words, bits: Words, part: Ints) -> int:
    """The end of a literal that must be at a position, or `_NOWHERE`."""
    for nth in range(part[0], part[1]):
        if (words[at + 8 * (nth - part[0])] ^ text[nth]) & bits[nth] != _NONE:
            return _NOWHERE
    return at + part[2]


@inlined
def _text_end(words: Words, at: int) -> int:
    """The closing quote after printable ASCII without escapes, or `_NOWHERE`."""
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
    """The end of a JSON number without an exponent, or `_NOWHERE`; the literal after it must match as well."""
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
    """Fill `statuses` with numbers of one to three digits, -1 for others; three digits may begin with zeros."""
    for nth in range(len(begins)):
        length, status = ends[nth] - begins[nth], np.int64(0)
        for at in range(begins[nth], begins[nth] + min(length, 3)):
            digit = np.int64(data[at]) - _ZERO
            status = status * 10 + digit if status >= 0 and 0 <= digit <= 9 else np.int64(-1)
        is_short = length == 2 and data[begins[nth]] == _ZERO
        statuses[nth] = -1 if length == 0 or length > 3 or is_short else status


@kernel(BYTES, int64, INTS, int64[::1])
def cut_at(data: Bytes, mark: int, begins: Ints, ends: Ints) -> None:
    """Move the end of each slice to the first occurrence of a byte."""
    for nth in range(len(begins)):
        at = begins[nth]
        while at < ends[nth] and data[at] != mark:
            at += 1
        ends[nth] = at


@kernel(BYTES, _SPANS, _SPANS, int64, uint8[::1], int64[::1])
def join_texts(data: Bytes, first: Places, second: Places, between: int, content: Bytes, begins: Ints) -> None:
    """Fill `content` with pairs of slices joined by one byte, `begins` with their begins and the last end.

    `first` and `second` have a row of begins and a row of ends.
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


@kernel(BYTES, WORDS, (INTS, INTS), (KEYS, KEYS, INTS), boolean[::1])
def find_repeated_keys(
    data: Bytes, words: Words, bounds: tuple[Ints, Ints], keys: tuple[Words, Words, Ints], flags: Flags
) -> None:
    """Set the flags of lines in which one of up to 64 keys comes twice, at whatever depth.

    `keys` are the last eight bytes of each as a word, that word's mask, and the key's length.
    """
    begins, ends = bounds
    texts, masks, lengths = keys
    for nth in range(len(begins)):
        begin, end, seen = begins[nth], ends[nth], np.uint64(0)
        at = _colon(words, begin, end)
        while at < end:
            quote = at - 1
            while quote > begin and data[quote] == _SPACE:
                quote -= 1
            if quote > begin and data[quote] == _QUOTE:
                for key in range(len(lengths)):
                    opening, known = quote - lengths[key] - 1, quote - min(lengths[key], 8)
                    if opening > begin and data[opening] == _QUOTE and words[known] & masks[key] == texts[key]:
                        bit = _ONE << np.uint64(key)
                        flags[nth] |= seen & bit != _NONE
                        seen |= bit
            at = _colon(words, at + 1, end)


@inlined
def _colon(words: Words, at: int, end: int) -> int:
    """The first colon from a position on, or a position from the end on."""
    while at < end:
        word = words[at] ^ _COLONS
        flags = (word - _ONES) & ~word & _HIGH_BITS
        if flags != _NONE:
            return at + np.int64((((flags & (~flags + _ONE)) >> _SEVEN) * _PLACES) >> _TOP_BYTE)
        at += 8
    return at
