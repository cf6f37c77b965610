"""Rows as 64-bit numbers: the same content gives the same number, however the columns hold it; no key, no secret."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_WORD_BYTES = 8
_WHOLE_BYTES = np.array([256**count - 1 for count in range(_WORD_BYTES + 1)], np.uint64)
_FACTORS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_HALF = np.uint64(32)
_NULL = np.uint64(0x9E3779B97F4A7C15)

Words = NDArray[np.uint64]


def row_hashes(frame: pd.DataFrame) -> Words:
    """One number a row, by the columns in their order; null is a value of its own."""
    total = np.zeros(len(frame), np.uint64)
    for name in frame:
        total = mixed(total ^ _column_hashes(frame[name]))
    return total


def mixed(words: Words) -> Words:
    """Each number spread over all bits."""
    for factor in _FACTORS:
        words = (words ^ (words >> _HALF)) * factor
    return words ^ (words >> _HALF)


def _column_hashes(column: pd.Series) -> Words:
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = _text_hashes(pd.Series(column.cat.categories, dtype="str"))
        coded: Words = np.append(texts, _NULL)[column.cat.codes.to_numpy()]
        return coded
    if column.dtype == "str":
        return _text_hashes(column)
    hashes: Words = pd.util.hash_pandas_object(column, index=False).to_numpy()
    return hashes


def _text_hashes(texts: pd.Series) -> Words:
    """Eight bytes of every text at a time, until the longest is through."""
    column = texts.array.__arrow_array__().combine_chunks()
    _, offsets, content = column.buffers()
    starts = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    letters = np.append(np.frombuffer(content or b"", np.uint8), np.zeros(_WORD_BYTES, np.uint8))
    words: Words = np.ndarray(len(letters) - _WORD_BYTES + 1, "<u8", letters.data, strides=(1,))
    at, left = starts[:-1].copy(), np.diff(starts)
    hashes = left.astype(np.uint64)
    rows = np.flatnonzero(left)
    while len(rows):
        word = words[at[rows]] & _WHOLE_BYTES[np.minimum(left[rows], _WORD_BYTES)]
        hashes[rows] = mixed(hashes[rows] ^ word)
        at += _WORD_BYTES
        left -= _WORD_BYTES
        rows = rows[left[rows] > 0]
    return np.where(texts.isna().to_numpy(), _NULL, hashes)
