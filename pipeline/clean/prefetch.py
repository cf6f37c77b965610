"""Work on pieces of a table on a thread of its own, in order: while one piece is used, the next one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def prefetch(pieces: Iterable[S], work: Callable[[S], T]) -> Iterator[T]:
    """What `work` makes of each piece; of the pieces to come one is taken early. An only piece needs no thread.

    More threads than one, or more pieces, gain nothing: much of the work holds the interpreter.
    """
    rest = iter(pieces)
    first_ones = [*islice(rest, 2)]
    if len(first_ones) < 2:
        yield from map(work, first_ones)
        return
    coming: Future[T] | None = None
    with ThreadPoolExecutor(1) as pool:
        for piece in chain(first_ones, rest):
            made, coming = coming, pool.submit(work, piece)
            if made is not None:
                yield made.result()
        if coming is not None:
            yield coming.result()
