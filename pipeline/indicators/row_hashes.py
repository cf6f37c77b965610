"""Rows as 64-bit numbers: the same content gives the same number, however the columns hold it; no key, no secret."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_WORD_BYTES = 8
_FACTORS = np.array([0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53], np.uint64)
_HALF = np.uint64(32)
_NULL = np.uint64(0x9E3779B97F4A7C15)
# How nullable columns are taken, and what stands for null.
_BITS = {"Int64": ("i8", np.iinfo(np.int64).min), "Float64": ("f8", np.nan), "boolean": ("i1", 2)}

Words = NDArray[np.uint64]


def row_hashes(frame: pd.DataFrame) -> Words:
    """One number a row, by the columns in their order; null is a value of its own."""
    total = np.zeros(len(frame), np.uint64)
    for name in frame:
        total ^= _column_numbers(frame[name])
        total *= _FACTORS[0]
        total ^= total >> _HALF
    return mixed(total)


def mixed(words: Words) -> Words:
    """Each number spread over all bits."""
    for factor in _FACTORS:
        words = words ^ (words >> _HALF)
        words *= factor
    words ^= words >> _HALF
    return words


def _column_numbers(column: pd.Series) -> Words:
    """A number for each value: texts are hashed, moments and numbers are their own bits."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        texts = _text_hashes(pd.Series(column.cat.categories, dtype="str"))
        coded: Words = np.append(texts, _NULL)[column.cat.codes.to_numpy()]
        return coded
    if kind == "str":
        return _text_hashes(column)
    if kind.kind == "M":
        return np.asarray(column.to_numpy("M8[us]").view(np.uint64))
    if kind.name in _BITS:
        name, null = _BITS[kind.name]
        return np.asarray(column.to_numpy(name, na_value=null).astype(f"{name[0]}8").view(np.uint64))
    hashes: Words = pd.util.hash_pandas_object(column, index=False).to_numpy()
    return hashes


def _text_hashes(texts: pd.Series) -> Words:
    """Of the bytes of each text."""
    from kernels import words_of
    from kernels.texts import hash_texts

    column = texts.array.__arrow_array__().combine_chunks()
    if column.null_count == len(column):
        return np.full(len(column), _NULL)
    _, bounds, content = column.buffers()
    begins = np.frombuffer(bounds, np.int64)[column.offset : column.offset + len(column) + 1]
    # A word may begin at any byte.
    words = words_of(np.append(np.frombuffer(content or b"", np.uint8), np.zeros(_WORD_BYTES, np.uint8)))
    hashes = np.empty(len(column), np.uint64)
    hash_texts(begins, words, _FACTORS, hashes)
    if column.null_count:
        hashes[texts.isna().to_numpy()] = _NULL
    return hashes
