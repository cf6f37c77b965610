"""Columns of texts over one buffer of bytes: gathered, coded by their distinct values, numbered, judged once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, shake_256
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_WORD_BYTES = 8
_FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(_WORD_BYTES)], np.uint64)
_MOST_WORDS = 64
_TEXTS_KEPT = 1 << 16

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Keys = NDArray[np.uint64]
Fields = tuple[Ints, Ints]

# Never empty, so that every place found in it can be looked at; no text has this number but one in 2 ** 64.
_NOTHING_KNOWN: tuple[Keys, Ints] = np.zeros(1, np.uint64), np.zeros(1, np.int64)


@dataclass(frozen=True)
class Coded:
    """A column as codes into its distinct texts."""

    codes: Ints
    texts: pa.BinaryArray

    @classmethod
    def of(cls, parts: Sequence[pa.BinaryArray]) -> Coded:
        """One column of all the parts' texts."""
        coded = pa.chunked_array(parts, pa.binary()).dictionary_encode().chunks
        if not coded:
            return cls(np.zeros(0, np.int64), pa.array([], pa.binary()))
        codes = [np.frombuffer(part.indices.buffers()[1], np.int32, count=len(part)) for part in coded]
        return cls(np.concatenate(codes, dtype=np.int64), coded[0].dictionary)


class Verdicts:
    """What `judge` says of each text: asked once, and remembered by the text's number, not by its bytes."""

    def __init__(self, judge: Callable[[list[bytes]], list[int]]) -> None:
        self._judge = judge
        self._numbers, self._verdicts = _NOTHING_KNOWN

    def of(self, texts: pa.BinaryArray, *, numbers: Keys) -> Ints:
        """One verdict a text; `numbers` are those `number_texts` gives."""
        if len(self._numbers) > _TEXTS_KEPT:
            self._numbers, self._verdicts = _NOTHING_KNOWN
        places = np.searchsorted(self._numbers, numbers)
        new = np.flatnonzero(self._numbers.take(places, mode="clip") != numbers)
        if len(new):
            self._learn(texts.take(pa.array(new)).to_pylist(), numbers=numbers[new])
            places = np.searchsorted(self._numbers, numbers)
        return self._verdicts[places]

    def _learn(self, texts: list[bytes], *, numbers: Keys) -> None:
        order = np.argsort(numbers)
        at = np.searchsorted(self._numbers, numbers[order])
        self._numbers = np.insert(self._numbers, at, numbers[order])
        self._verdicts = np.insert(self._verdicts, at, np.array(self._judge(texts), np.int64)[order])


def gather(data: Bytes, *, fields: Fields) -> pa.BinaryArray:
    """Copies of rising stretches of bytes: they and the gaps between them are an array, and it gives every other."""
    if not len(fields[0]):
        return pa.array([], pa.binary())
    bounds = np.empty(2 * len(fields[0]), np.int32)
    bounds[::2], bounds[1::2] = fields
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    texts = pa.BinaryArray.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    return texts.take(pa.array(np.arange(0, len(bounds), 2, dtype=np.int32)))


def bounds_and_bytes(texts: pa.BinaryArray) -> tuple[Ints, Bytes]:
    """Where each text begins and the last ends in the bytes of all."""
    _, bounds, content = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    begins = np.frombuffer(bounds, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return begins.astype(np.int64), np.frombuffer(content, np.uint8)[: begins[-1]]


def records(data: Bytes, *, at: Ints, dtype: str) -> NDArray[Any]:
    """The bytes from each place on, as many as `dtype` has, at any alignment."""
    size = np.dtype(dtype).itemsize
    return np.asarray(np.ndarray(max(len(data) - size + 1, 0), dtype, data, strides=(1,))[at])


def number_texts(texts: pa.BinaryArray, *, key: bytes) -> Keys:
    """A number of 64 bits for each text, the same for the same key: its words, stirred, each times a secret factor."""
    factors = np.frombuffer(shake_256(key).digest(_WORD_BYTES * (_MOST_WORDS + 2)), np.uint64) | np.uint64(1)
    sizes = np.diff(bounds_and_bytes(texts)[0])
    is_long = sizes >= _WORD_BYTES * _MOST_WORDS
    words_count = np.where(is_long, 0, sizes // _WORD_BYTES) + 1
    begins = np.cumsum(words_count) - words_count
    nth = np.arange(words_count.sum()) - np.repeat(begins, words_count)
    words = _words(texts, nth=nth, counts=words_count) * factors[-1]
    words ^= words >> 32
    words *= factors[nth]
    numbers: Keys = (sizes + 1).astype(np.uint64) * factors[-2]
    numbers += np.add.reduceat(words, begins) if len(texts) else words
    for place in np.flatnonzero(is_long).tolist():
        numbers[place] = int.from_bytes(blake2b(texts[place].as_py(), digest_size=8, key=key).digest())
    return numbers


def _words(texts: pa.BinaryArray, *, nth: Ints, counts: Ints) -> Keys:
    """Of each text as many words as `counts` says, its last filled up with zeros; `nth` are their places in it."""
    bounds, content = bounds_and_bytes(texts)
    padded = np.append(content, np.zeros(_WORD_BYTES, np.uint8))
    words = records(padded, at=np.repeat(bounds[:-1], counts) + _WORD_BYTES * nth, dtype="<u8")
    words[np.cumsum(counts) - 1] &= _FIRST_BYTES[np.diff(bounds) % _WORD_BYTES]
    return words
