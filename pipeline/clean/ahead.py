"""Work on pieces of a table on a thread of its own, in order: while one piece is used, the next ones are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_PIECES_WAITING = 2

S = TypeVar("S")
T = TypeVar("T")


def ahead(pieces: Iterable[S], work: Callable[[S], T]) -> Iterator[T]:
    """What `work` makes of each piece; of the pieces to come at most two are taken early.

    More threads than one would hinder each other: much of the work holds the interpreter.
    """
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[T]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > _PIECES_WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
