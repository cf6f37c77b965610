"""Columns of texts that lie in one buffer of bytes: numbered where they lie, and judged once each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, shake_256
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Bytes that can be read behind the last text of a column.
ROOM = 256

_WORD_BYTES = 8
_MOST_BYTES = 512
_SLOT_BITS = 18

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Verdict = NDArray[np.int8]


@dataclass(frozen=True)
class Texts:
    """Stretches of bytes, behind the last of which there are at least `ROOM` more."""

    data: Bytes
    begins: Ints
    ends: Ints

    @classmethod
    def of(cls, values: Sequence[bytes]) -> Texts:
        """Copies of the values."""
        bounds = np.cumsum([0, *map(len, values)], dtype=np.int64)
        return cls(np.frombuffer(b"".join([*values, bytes(ROOM)]), np.uint8), bounds[:-1], bounds[1:])

    def only(self, kept: Flags | Ints) -> Texts:
        """Those at some places, or those for which a flag is set."""
        return Texts(self.data, self.begins[kept], self.ends[kept])

    def tolist(self) -> list[bytes]:
        """Copies of the texts."""
        bounds = zip(self.begins.tolist(), self.ends.tolist(), strict=True)
        return [self.data[begin:end].tobytes() for begin, end in bounds]


class Verdicts:
    """What `judge` says of each text, remembered by the text's number until others need its two slots."""

    def __init__(self, judge: Callable[[list[bytes]], list[int]]) -> None:
        self._judge = judge
        # No text has the number 0, that of an empty slot, but one in 2 ** 64.
        self._numbers = np.zeros(1 << _SLOT_BITS, np.uint64)
        self._verdicts = np.zeros(1 << _SLOT_BITS, np.int8)

    def of(self, texts: Texts, *, numbers: Keys) -> Verdict:
        """One verdict a text; `numbers` are those `number_texts` gives."""
        slots = (numbers >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        others = np.flatnonzero(self._numbers[slots] != numbers)
        slots[others] ^= 1
        verdicts = self._verdicts[slots]
        new = others[self._numbers[slots[others]] != numbers[others]]
        if len(new):
            _, first, nths = np.unique(numbers[new], return_index=True, return_inverse=True)
            verdicts[new] = np.array(self._judge(texts.only(new[first]).tolist()), np.int8)[nths]
            slots[new] ^= self._numbers[slots[new] ^ 1] == 0
            self._numbers[slots[new]], self._verdicts[slots[new]] = numbers[new], verdicts[new]
        return verdicts


def records(data: Bytes, *, at: Ints, dtype: str) -> NDArray[Any]:
    """The bytes from each place on, as many as `dtype` has, at any alignment."""
    size = np.dtype(dtype).itemsize
    return np.asarray(np.ndarray(max(len(data) - size + 1, 0), dtype, data, strides=(1,))[at])


def pieces(texts: Texts, *, width: int, most: int) -> Iterator[tuple[int, Ints | slice, Keys]]:
    """The texts' first bytes, `most` of each, in pieces of `width`: where a piece begins, which texts reach it, and
    for each of these a row of words of eight bytes, zeros behind its end.
    """
    sizes = texts.ends - texts.begins
    for begin in range(0, most, width):
        reach = sizes > begin
        places = slice(None) if reach.all() else np.flatnonzero(reach)
        words = records(texts.data, at=texts.begins[places] + begin, dtype=f"V{width}").view("<u8")
        words &= _masks(width)[np.minimum(sizes[places] - begin, width)].view("<u8")
        if not len(words):
            return
        yield begin, places, words.reshape(-1, width // _WORD_BYTES)


def number_texts(texts: Texts, *, key: bytes, width: int) -> Keys:
    """A number of 64 bits for each text, the same for the same key: its words, stirred, each times a secret factor.

    `width` is how many bytes are looked at at once, 16 to 128; it changes no number.
    """
    factors = np.frombuffer(shake_256(key).digest(_MOST_BYTES + 2 * _WORD_BYTES), np.uint64) | np.uint64(1)
    sizes = texts.ends - texts.begins
    numbers: Keys = (sizes + 1).astype(np.uint64) * factors[-1]
    for begin, places, words in pieces(texts, width=width, most=_MOST_BYTES):
        words *= factors[-2]
        words ^= words >> 32
        numbers[places] += words @ factors[begin // _WORD_BYTES : (begin + width) // _WORD_BYTES]
    for place in np.flatnonzero(sizes > _MOST_BYTES).tolist():
        (text,) = texts.only(np.array([place])).tolist()
        numbers[place] = int.from_bytes(blake2b(text, digest_size=8, key=key).digest())
    return numbers


@lru_cache(4)
def _masks(width: int) -> NDArray[np.void]:
    """For each size up to `width`: so many full bytes, then empty ones."""
    return np.where(np.tri(width + 1, width, -1, bool), np.uint8(255), np.uint8(0)).view(f"V{width}").ravel()
