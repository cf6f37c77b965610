"""String columns as slices of one byte buffer: hashed in place, and each distinct string judged once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, shake_256

import numpy as np
from numpy.typing import NDArray

from kernels import words_of
from kernels.access_log import ROOM, find_cached, hash_with_key

_WORD_BYTES = 8
_MOST_BYTES = 512
SLOT_BITS = 18

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Verdict = NDArray[np.int16]


@dataclass(frozen=True)
class Texts:
    """Strings as slices of a buffer that has at least `ROOM` bytes of padding after the last one."""

    data: Bytes
    begins: Ints
    ends: Ints

    @classmethod
    def of(cls, values: Sequence[bytes]) -> Texts:
        """A column with a buffer of its own."""
        bounds = np.cumsum([0, *map(len, values)], dtype=np.int64)
        return cls(np.frombuffer(bytearray().join([*values, bytes(ROOM)]), np.uint8), bounds[:-1], bounds[1:])

    def only(self, kept: Flags | Ints) -> Texts:
        """The strings at some positions, or those whose flag is set; the buffer is shared."""
        return Texts(self.data, self.begins[kept], self.ends[kept])

    def tolist(self) -> list[bytes]:
        """The strings as Python bytes."""
        bounds = zip(self.begins.tolist(), self.ends.tolist(), strict=True)
        return [self.data[begin:end].tobytes() for begin, end in bounds]


class Names:
    """Places from 1 for names in the order they come, the last one for all that come after; 0 for the empty name."""

    MOST = 30_000
    OTHERS = "…"

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}

    def place(self, name: str) -> int:
        """The place of a name."""
        if len(self._places) < self.MOST:
            return self._places.setdefault(name, len(self._places))
        return self._places.get(name, self.MOST)

    def count(self, places: Verdict) -> Counter[str]:
        """How often each name occurs among some places; names that share the last place are counted as `OTHERS`."""
        counts = np.bincount(places, minlength=1).tolist()
        names = {place: name for name, place in self._places.items()} | {self.MOST: self.OTHERS}
        return Counter({names[place]: count for place, count in enumerate(counts) if place and count})


class Verdicts:
    """A cache of verdicts: `judge` is called once per distinct string, until others evict it from its two slots."""

    def __init__(self, judge: Callable[[list[bytes]], list[int]]) -> None:
        self._judge = judge
        # An empty slot has the hash 0, which a string has once in 2 ** 64.
        self._hashes = np.zeros(1 << SLOT_BITS, np.uint64)
        self._verdicts = np.zeros(1 << SLOT_BITS, np.int16)

    def of(self, texts: Texts, *, hashes: Keys) -> Verdict:
        """One verdict per string; `hashes` are its `keyed_hashes`."""
        verdicts, places = np.empty(len(hashes), np.int16), np.empty(len(hashes), np.int64)
        new = places[: find_cached(self._hashes, self._verdicts, hashes, verdicts, places)]
        if len(new):
            _, first, nths = np.unique(hashes[new], return_index=True, return_inverse=True)
            verdicts[new] = np.array(self._judge(texts.only(new[first]).tolist()), np.int16)[nths]
            slots = (hashes[new] >> np.uint64(64 - SLOT_BITS)).astype(np.int64)
            slots ^= (self._hashes[slots] != 0) & (self._hashes[slots ^ 1] == 0)
            self._hashes[slots], self._verdicts[slots] = hashes[new], verdicts[new]
        return verdicts


def keyed_hashes(texts: Texts, *, key: bytes) -> Keys:
    """A 64-bit keyed hash of each string: its mixed 8-byte words times secret factors; BLAKE2 for long strings."""
    factors = np.frombuffer(shake_256(key).digest(_MOST_BYTES + 2 * _WORD_BYTES), np.uint64) | np.uint64(1)
    hashes = np.empty(len(texts.begins), np.uint64)
    hash_with_key(factors, words_of(texts.data), texts.begins, texts.ends, hashes)
    for place in np.flatnonzero(texts.ends - texts.begins > _MOST_BYTES).tolist():
        (text,) = texts.only(np.array([place])).tolist()
        hashes[place] = int.from_bytes(blake2b(text, digest_size=8, key=key).digest())
    return hashes
