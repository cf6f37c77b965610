"""Loops over single bytes and rows, compiled to machine code by numba, whose only home this is.

A loop is compiled when it is first called, which takes seconds, and kept beside its file or in the account's cache; a
change of the file compiles it anew, so a loop calls none of another file. Bytes are looked at eight at a time, as words
that begin at any byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")
Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """The function as machine code that lets other threads run; kept on disk where there is a place to keep it."""
    try:
        made: Callable[P, T] = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        made = njit(nogil=True)(function)
    return made


def inlined(function: Callable[P, T]) -> Callable[P, T]:
    """The function as part of those that call it: a call would note of every array that it is in use."""
    made: Callable[P, T] = njit(inline="always")(function)
    return made


def each(byte: int) -> np.uint64:
    """A word of eight equal bytes."""
    return np.uint64(byte * 0x0101010101010101)


def words_of(data: Bytes) -> Words:
    """The eight bytes from each byte on, but the last seven, without a copy."""
    return np.ndarray(max(len(data) - 7, 0), "<u8", data.data, strides=(1,))
