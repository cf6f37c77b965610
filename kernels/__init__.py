"""Inner loops over bytes and rows, compiled to machine code by numba, which no other package imports.

A kernel declares one signature and is compiled for it when first called, or ahead of time by `python -m kernels`. The
machine code is kept in a cache beside the source file or, where that folder is read-only, in the account's cache
folder. A change to a file invalidates its own kernels only, so a kernel calls no function of another file.
Kernels fill arrays that the caller allocates. Text is searched eight bytes at a time, as words that begin at any byte.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from threading import Lock
from typing import Any, Generic, Literal, ParamSpec, TypeVar

import numpy as np
from numba import boolean, int32, int64, njit, types, uint8, uint64
from numpy.typing import NDArray

from kernels.deferred_imports import deferred

P = ParamSpec("P")
T = TypeVar("T")
Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def read_only(number: types.Type, *, ndim: int = 1, layout: Literal["C", "A"] = "C") -> types.Type:
    """The type of an array argument that is not written to; `C` is contiguous, `A` is any layout."""
    return types.Array(number, ndim, layout, readonly=True)


BYTES, INTS, PLACES, FLAGS, KEYS = (read_only(number) for number in (uint8, int64, int32, boolean, uint64))
# A word begins at any byte, so the array is not contiguous.
WORDS = read_only(uint64, layout="A")
# numba imports them with its registries of types, for linear algebra and C declarations: more than half of what the
# first kernel takes.
_SELDOM_USED = ("pycparser", "scipy.linalg", "scipy.linalg.cython_blas")


class Kernel(Generic[P, T]):
    """A compiled function that releases the interpreter lock; a call raises `TypeError` for other argument types."""

    def __init__(self, function: Callable[P, T], signature: tuple[object, ...]) -> None:
        self._function, self._signature = function, signature
        self._machine_code: Callable[P, T] | None = None
        self._lock = Lock()
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return (self._machine_code or self.compile())(*args, **kwargs)

    def compile(self, *, needs_cache: bool = False) -> Callable[P, T]:
        """The machine code, compiled or from the cache; with `needs_cache`, raises `OSError` without a cache folder."""
        with self._lock, deferred(*_SELDOM_USED):
            if self._machine_code is None:
                try:
                    self._machine_code = njit(self._signature, cache=True, nogil=True)(self._function)
                except (RuntimeError, OSError) as fault:
                    if needs_cache:
                        raise OSError(*fault.args) from fault
                    self._machine_code = njit(self._signature, nogil=True)(self._function)
            return self._machine_code


KERNELS: list[Kernel[Any, Any]] = []


def compile_all(*, needs_cache: bool = False) -> None:
    """Compile every kernel or take it from the cache; with `needs_cache`, raises `OSError` without a cache folder."""
    for module in pkgutil.iter_modules(__path__):
        if module.name != "__main__":
            import_module(f"{__name__}.{module.name}")
    for made in KERNELS:
        made.compile(needs_cache=needs_cache)


def kernel(*signature: object) -> Callable[[Callable[P, T]], Kernel[P, T]]:
    """A decorator that makes a function a kernel for these argument types; a tuple stands for a tuple of types."""

    def decorate(function: Callable[P, T]) -> Kernel[P, T]:
        made = Kernel(function, tuple(_as_type(declared) for declared in signature))
        KERNELS.append(made)
        return made

    return decorate


def _as_type(declared: object) -> object:
    return types.BaseTuple.from_types(tuple(map(_as_type, declared))) if isinstance(declared, tuple) else declared  # type: ignore[no-untyped-call]


def inlined(function: Callable[P, T]) -> Callable[P, T]:
    """The function inlined into the kernels that call it; a call would count references to every array."""
    made: Callable[P, T] = njit(inline="always")(function)
    return made


def repeated(byte: int) -> np.uint64:
    """A word of eight times the same byte."""
    return np.uint64(byte * 0x0101010101010101)


def words_of(data: Bytes) -> Words:
    """The eight bytes from each byte on as a word, little-endian, without a copy; the last seven bytes begin none."""
    return np.ndarray(max(len(data) - 7, 0), "<u8", data.data, strides=(1,))
