"""Columns of texts mended only where their bytes show that there is something to mend."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kernels.texts import find_short_texts

# The first bytes of hard, wide and zero-width spaces in UTF-8, and of nearly nothing else in Latin text.
_ODD_FIRST_BYTES = (0xC2, 0xE2, 0xE3, 0xEF)
_HARD_SPACES = "[\u00a0\u2000-\u200a\u202f\u205f\u3000]"
_ZERO_WIDTH = "[\u200b-\u200f\u2060\ufeff]"

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def arrow_of(texts: pd.Series) -> pa.LargeStringArray:
    """The column as one array, without a copy where it is one."""
    column = texts.array.__arrow_array__()
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def bounds_and_bytes(column: pa.LargeStringArray) -> tuple[Ints, Bytes]:
    """Where each text begins and the last ends in the bytes of all; a null may have bytes, which mean nothing."""
    _, bounds, content = column.buffers()
    if not len(column):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    begins = np.frombuffer(bounds, np.int64)[column.offset : column.offset + len(column) + 1]
    return begins, np.frombuffer(content or b"", np.uint8)


def stripped(texts: pd.Series) -> pd.Series:
    """As `texts.str.strip()`."""
    is_clean, _ = _short_texts(arrow_of(texts), longest=0)
    return texts if is_clean else texts.str.strip()


def tidied(texts: pd.Series, *, absent: Collection[str]) -> pd.Series:
    """The texts with plain spaces, and none outside; null where nothing or an `absent` text is left."""
    if _has_odd_bytes(texts):
        texts = texts.str.replace(_HARD_SPACES, " ", regex=True).str.replace(_ZERO_WIDTH, "", regex=True)
    longest = max(len(text.encode()) for text in ("", *absent))
    is_clean, short = _short_texts(arrow_of(texts), longest=longest)
    if not is_clean:
        texts = texts.str.strip()
        _, short = _short_texts(arrow_of(texts), longest=longest)
    column = arrow_of(texts)
    is_absent = pc.is_in(column.take(pa.array(short)), pa.array(["", *absent], pa.large_string()))
    places = short[is_absent.to_numpy(zero_copy_only=False)]
    return _without(column, places) if len(places) else texts


def _has_odd_bytes(texts: pd.Series) -> bool:
    bounds, content = bounds_and_bytes(arrow_of(texts))
    content = content[bounds[0] : bounds[-1]]
    if not len(content) or content.max() < min(_ODD_FIRST_BYTES):
        return False
    return any(np.any(content == byte) for byte in _ODD_FIRST_BYTES)


def _short_texts(column: pa.LargeStringArray, *, longest: int) -> tuple[bool, Ints]:
    """Whether no text has outer spaces, and the places of those that are no longer than so many bytes."""
    short = np.empty(len(column), np.int64)
    is_clean, count = find_short_texts(*bounds_and_bytes(column), longest, short)
    return is_clean, short[:count]


def _without(column: pa.LargeStringArray, places: Ints) -> pd.Series:
    """The same bytes, with the texts at some places made null."""
    is_there = column.is_valid().to_numpy(zero_copy_only=False)
    is_there[places] = False
    _, bounds, content = column.slice(0).buffers()
    validity = pa.py_buffer(np.packbits(is_there, bitorder="little"))
    bounds = bounds.slice(8 * column.offset)
    return pd.Series(pa.LargeStringArray.from_buffers(len(column), bounds, content, validity), dtype="str")
