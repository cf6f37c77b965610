"""A deadline that also ends a read which never returns: it cuts the line that somebody waits on."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress


class Deadline:
    """So many seconds from now, at whose end every line held under it is cut, whatever comes over it or does not.

    A timeout of a socket bounds each single read; headers, chunks or zipped nothing that drip in for ever keep to it.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.release()

    @property
    def remaining_seconds(self) -> float:
        """What is left, never less than a millisecond, because zero means no timeout to some."""
        return max(0.001, self._ends_at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return time.monotonic() >= self._ends_at

    def hold(self, sock: socket.socket) -> None:
        """Cut this connection at the end, also when TLS has taken its socket over by then."""
        with self._lock:
            self._lines.append(socket.socket(fileno=os.dup(sock.fileno())))
        if self.is_over:
            self._cut()

    def release(self) -> None:
        """Let go of the lines held so far."""
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def _cut(self) -> None:
        with self._lock:
            for line in self._lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
