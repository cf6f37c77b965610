"""Processes beside this one that never outlive it, however it ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, connection, get_context, parent_process
from types import TracebackType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class OtherProcesses(ProcessPoolExecutor):
    """Processes started afresh; a block that ends badly ends them at once. Ctrl-C is this process's to hear."""

    def __init__(self, most: int) -> None:
        super().__init__(most, mp_context=get_context("spawn"), initializer=_watch_parent)
        self._before = active_children()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # A process starts with the signals blocked that the thread starting it has blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(work, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        if kind is not None:
            for process in active_children():
                if process not in self._before:
                    process.terminate()
        return super().__exit__(kind, error, traceback)


def _watch_parent() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Killed, a parent cannot end its processes; each sees the parent's end of a pipe close."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
