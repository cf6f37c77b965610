"""How far a step has come: a meter it adds to, and the displays that read the meter while it runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from connectors.numerals import number

LOGGED_EVERY_SECONDS = 10
_MEGABYTE = 1_000_000


class Meter:
    """Bytes read of those expected, and rows or lines made; a step adds to it, a display reads it meanwhile."""

    def __init__(self) -> None:
        self.expected_bytes = 0
        self._bytes_read, self._rows_made = 0, 0
        self._parts: list[Meter] = []

    def expect(self, bytes_count: int) -> None:
        """So many more bytes are to be read."""
        self.expected_bytes += bytes_count

    def read(self, bytes_count: int) -> None:
        """So many bytes have been read."""
        self._bytes_read += bytes_count

    def make(self, rows_count: int) -> None:
        """So many rows or lines have been made."""
        self._rows_made += rows_count

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, on all threads."""
        return self._bytes_read + sum(part.bytes_read for part in self._parts)

    @property
    def rows_made(self) -> int:
        """Rows or lines made so far, on all threads."""
        return self._rows_made + sum(part.rows_made for part in self._parts)

    def part(self) -> Meter:
        """A meter for another thread, for two would lose counts of one another; what it counts counts here."""
        self._parts.append(Meter())
        return self._parts[-1]


class Progress(Protocol):
    """Told of each step as it begins and ends; steps may lie within others."""

    def step(self, name: str) -> AbstractContextManager[Meter]:
        """The meter of a step that lasts as long as the block; the name is in both languages."""


class _Silent:
    @contextmanager
    def step(self, name: str) -> Iterator[Meter]:  # noqa: ARG002 nothing is shown
        yield Meter()


SILENT: Progress = _Silent()


class Lines:
    """Says one line of each outermost step when it has ended well, for output that nobody watches."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._depth = 0

    @contextmanager
    def step(self, name: str) -> Iterator[Meter]:
        """A step of which one line is printed when it ends."""
        meter, begun = Meter(), time.monotonic()
        self._depth += 1
        try:
            yield meter
        finally:
            self._depth -= 1
        if not self._depth:
            self._say(f"{name:<40} {time.monotonic() - begun:7.1f} s{_figures(meter)}")


class Logged:
    """Logs every ten seconds how far a step has come, for a scheduler's log."""

    @contextmanager
    def step(self, name: str) -> Iterator[Meter]:
        """A step whose figures are logged every ten seconds."""
        meter, over = Meter(), threading.Event()
        threading.Thread(target=_log, args=(name, meter, over), daemon=True).start()
        try:
            yield meter
        finally:
            over.set()


def _log(name: str, meter: Meter, over: threading.Event) -> None:
    while not over.wait(LOGGED_EVERY_SECONDS):
        logging.getLogger(__name__).info("%s%s", name, _figures(meter))


def _figures(meter: Meter) -> str:
    """`  1.203 / 2.713 MB, 4.500.000 baris / rows`; nothing for what was not counted."""
    read, expected = round(meter.bytes_read / _MEGABYTE), round(meter.expected_bytes / _MEGABYTE)
    figures = [f"{number(read)} / {number(expected)} MB"] if meter.expected_bytes else []
    figures += [f"{number(meter.rows_made)} baris / rows"] if meter.rows_made else []
    return f"  {', '.join(figures)}" if figures else ""
