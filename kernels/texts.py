"""String columns in one buffer, as Arrow lays them out: gathered from slices, checked and hashed."""

from __future__ import annotations

import numpy as np
from numba import int64, uint8, uint64

from kernels import BYTES, INTS, KEYS, PLACES, WORDS, Bytes, Ints, Places, Words, kernel, words_of

# The bytes of padding in `content`, for the kernel writes whole words.
_ROOM = 8

_FIRST_VISIBLE, _BEYOND_ASCII = 33, 127
_ONE, _HALF = np.uint64(1), np.uint64(32)


def gather_texts(data: Bytes, firsts: Places, lasts: Places) -> tuple[Ints, Bytes]:
    """Slices copied one after the other: the begins with the last end, and the bytes, with some padding after them."""
    begins, content = np.empty(len(firsts) + 1, np.int64), np.empty(int((lasts - firsts).sum()) + _ROOM, np.uint8)
    _gather(data, words_of(data), (firsts, lasts), begins, (content, words_of(content)))
    return begins, content


@kernel(BYTES, WORDS, (PLACES, PLACES), int64[::1], (uint8[::1], uint64[:]))
def _gather(
    data: Bytes, words: Words, bounds: tuple[Places, Places], begins: Ints, content: tuple[Bytes, Words]
) -> None:
    """Copy slices one after the other; `bounds` are their begins and ends in `data`.

    `begins` is filled with the new begins and the last end; `words` and `content[1]` are the buffers as words.
    """
    first, last = bounds
    letters, target = content
    at = 0
    for nth in range(len(first)):
        begins[nth] = at
        begin, length = first[nth], last[nth] - first[nth]
        if begin + length + _ROOM <= len(words):
            for place in range(0, length, 8):
                target[at + place] = words[begin + place]
        else:
            for place in range(length):
                letters[at + place] = data[begin + place]
        at += length
    begins[len(first)] = at


@kernel(INTS, BYTES, int64, int64[::1])
def find_short_texts(begins: Ints, content: Bytes, longest: int, short: Ints) -> tuple[bool, int]:
    """Whether every text but empty ones begins and ends with visible ASCII, and the count of short texts.

    `short` is filled with the rows of texts of at most `longest` bytes.
    """
    is_clean, short_count = True, 0
    for nth in range(len(begins) - 1):
        begin, end = begins[nth], begins[nth + 1]
        if end - begin <= longest:
            short[short_count] = nth
            short_count += 1
        if begin < end:
            first, last = content[begin], content[end - 1]
            is_clean &= _FIRST_VISIBLE <= first < _BEYOND_ASCII and _FIRST_VISIBLE <= last < _BEYOND_ASCII
    return is_clean, short_count


@kernel(INTS, WORDS, KEYS, uint64[::1])
def hash_texts(begins: Ints, words: Words, factors: Words, hashes: Words) -> None:
    """Fill `hashes`: each text's length, into which its words are mixed one by one with two factors."""
    for nth in range(len(begins) - 1):
        at, end = begins[nth], begins[nth + 1]
        number = np.uint64(end - at)
        while at < end:
            word = words[at]
            if end - at < 8:
                word &= (_ONE << np.uint64(8 * (end - at))) - _ONE
            number ^= word
            number = (number ^ (number >> _HALF)) * factors[0]
            number = (number ^ (number >> _HALF)) * factors[1]
            number ^= number >> _HALF
            at += 8
        hashes[nth] = number
