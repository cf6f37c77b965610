"""Columns of texts that lie in one buffer of bytes: numbered where they lie, and judged once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, shake_256

import numpy as np
from numpy.typing import NDArray

from kernels import words_of
from kernels.access_log import ROOM, look_up, number_texts_by

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
        return cls(np.frombuffer(bytearray().join([*values, bytes(ROOM)]), np.uint8), bounds[:-1], bounds[1:])

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
        verdicts, places = np.empty(len(numbers), np.int8), np.empty(len(numbers), np.int64)
        new = places[: look_up(self._numbers, self._verdicts, numbers, verdicts, places)]
        if len(new):
            _, first, nths = np.unique(numbers[new], return_index=True, return_inverse=True)
            verdicts[new] = np.array(self._judge(texts.only(new[first]).tolist()), np.int8)[nths]
            slots = (numbers[new] >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
            slots ^= (self._numbers[slots] != 0) & (self._numbers[slots ^ 1] == 0)
            self._numbers[slots], self._verdicts[slots] = numbers[new], verdicts[new]
        return verdicts


def number_texts(texts: Texts, *, key: bytes) -> Keys:
    """A number of 64 bits for each text, the same for the same key: its words, stirred, each times a secret factor."""
    factors = np.frombuffer(shake_256(key).digest(_MOST_BYTES + 2 * _WORD_BYTES), np.uint64) | np.uint64(1)
    numbers = np.empty(len(texts.begins), np.uint64)
    number_texts_by(factors, words_of(texts.data), texts.begins, texts.ends, numbers)
    for place in np.flatnonzero(texts.ends - texts.begins > _MOST_BYTES).tolist():
        (text,) = texts.only(np.array([place])).tolist()
        numbers[place] = int.from_bytes(blake2b(text, digest_size=8, key=key).digest())
    return numbers
