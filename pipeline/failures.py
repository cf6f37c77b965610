"""Runs that failed, kept in the warehouse until they are run well, whoever started them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from connectors.errors import TolokError
from pipeline import disk
from pipeline.settings import Settings
from pipeline.warehouse import Notifications, RunFailure

# In place of a period: the collecting of each night, of which the next is as good.
NIGHTLY = "daily"
# A thread needs memory too; Python says no more of it than this.
_NO_THREAD = "can't start new thread"
_log = logging.getLogger(__name__)


@contextmanager
def kept_failure(city_id: str, period: str) -> Iterator[Callable[[str], None]]:
    """Keep the failure of a run when the block fails, and forget those of the period when it ends well.

    Gives what is called with the name of each step as it begins.
    """
    step = "run"

    def begin(name: str) -> None:
        nonlocal step
        step = name

    try:
        yield begin
    except Exception as fault:
        keep_failure(city_id, period, step, fault=fault)
        raise
    forget_failures(city_id, period)


def keep_failure(city_id: str, period: str, step: str, *, fault: BaseException | None, link: str | None = None) -> None:
    """Keep that a step failed and why; what goes wrong with that is only logged, for it must not hide the fault."""
    text_id, text_en = _texts(fault)
    failure = RunFailure(city_id, period, step, text_id, text_en, link, datetime.now(UTC))
    try:
        _notifications().add_failure(failure)
    except Exception as another:
        _log.warning("%s: %s", type(another).__name__, another if isinstance(another, TolokError) else "")


def forget_failures(city_id: str, period: str) -> None:
    """Forget what failed of a period that was run well."""
    _notifications().remove_failures(city_id, period)


def actionable(fault: BaseException | None) -> BaseException | None:
    """The same fault, or for one of the disk or memory an error that says what to do, and which path it is."""
    if isinstance(fault, MemoryError) or (isinstance(fault, RuntimeError) and str(fault) == _NO_THREAD):
        return disk.out_of_memory()
    return (disk.told(fault) if isinstance(fault, OSError) else None) or fault


def _texts(fault: BaseException | None) -> tuple[str, str]:
    """What a person can act on; of other faults only their kind, for their texts may hold data."""
    fault = actionable(fault)
    if isinstance(fault, TolokError):
        return fault.id, fault.en
    kind = type(fault).__name__ if fault is not None else "-"
    return f"Kesalahan tak terduga ({kind}); lihat catatannya.", f"Unexpected fault ({kind}); see the log."


def _notifications() -> Notifications:
    return Notifications(Settings.from_environment().warehouse_url)
