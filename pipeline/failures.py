"""Runs that failed, kept in the warehouse until they are run well, whoever started them."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from connectors.errors import ConfigError, SourceUnavailable, TolokError
from pipeline.settings import Settings
from pipeline.warehouse import Notifications, RunFailure

# In place of a period: the collecting of each night, of which the next is as good.
NIGHTLY = "daily"
_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_WRONG_PATH = (FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
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
    """The same fault, or one that says what to do for a disk that is full, failing or read-only, or a wrong path."""
    if isinstance(fault, _WRONG_PATH) and fault.filename:
        return ConfigError(
            id=f"'{fault.filename}' tidak dapat dibaca atau ditulis: sudah ada sebagai berkas, sebagai folder, atau "
            "tidak diizinkan. Pilih folder lain atau perbaiki hak aksesnya.",
            en=f"'{fault.filename}' cannot be read or written: it is a file already, a folder, or not allowed. Choose "
            "another folder or mend its rights.",
        )
    if not isinstance(fault, OSError) or fault.errno not in _DISK_FAULTS:
        return fault
    home = Settings.from_environment().home
    return SourceUnavailable(
        id=f"Cakram penuh, gagal, atau hanya dapat dibaca: tempat data Tolok, {home}, atau folder di --to. Beri "
        "ruang atau perbaiki, lalu jalankan lagi; yang sudah selesai tersimpan.",
        en=f"The disk is full, failing or read-only: that of Tolok's data, {home}, or of the folder of --to. Make room "
        "or mend it, then run again; what is finished is kept.",
    )


def _texts(fault: BaseException | None) -> tuple[str, str]:
    """What a person can act on; of other faults only their kind, for their texts may hold data."""
    fault = actionable(fault)
    if isinstance(fault, TolokError):
        return fault.id, fault.en
    kind = type(fault).__name__ if fault is not None else "-"
    return f"Kesalahan tak terduga ({kind}); lihat catatannya.", f"Unexpected fault ({kind}); see the log."


def _notifications() -> Notifications:
    return Notifications(Settings.from_environment().warehouse_url)
