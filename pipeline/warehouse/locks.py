"""One at a time, on this machine or on many: whoever is killed, or loses the database, holds nothing any more."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from connectors.errors import SourceUnavailable
from pipeline.atomic import make_folder
from pipeline.warehouse import faults
from pipeline.warehouse.engine import make_engine, reachable

LONGEST_WAIT = timedelta(minutes=20)
_LOCK_NOT_AVAILABLE = "55P03"
_log = logging.getLogger(__name__)


@contextmanager
def alone(url: str, *names: str, wait: timedelta = LONGEST_WAIT) -> Iterator[None]:
    """Hold names among all who share a warehouse, for as long as the block lasts; several in one order everywhere.

    Of PostgreSQL it is a lock of the session, which ends with its connection; of SQLite one on a file beside the
    database. Raises `SourceUnavailable` when another holds one of them for longer than `wait`.
    """
    engine = make_engine(url)
    holding = _by_files if engine.dialect.name == "sqlite" else _by_session
    with holding(engine, sorted(set(names)), wait):
        yield


@contextmanager
def _by_files(engine: sa.Engine, names: Sequence[str], wait: timedelta) -> Iterator[None]:
    with ExitStack() as held:
        for name in names:
            held.enter_context(_by_file(engine, name, wait))
        yield


@contextmanager
def _by_file(engine: sa.Engine, name: str, wait: timedelta) -> Iterator[None]:
    folder = Path(f"{engine.url.database}.locks")
    lock = FileLock(folder / hashlib.sha256(name.encode()).hexdigest()[:20], mode=0o600)
    try:
        make_folder(folder, mode=0o700)
        _acquire(lock, name, wait)
    except OSError as fault:
        raise faults.cannot_open(engine.url, fault) from None
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, name: str, wait: timedelta) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _say_waiting(name)
        try:
            lock.acquire(timeout=wait.total_seconds())
        except Timeout:
            raise _still_held(name, wait) from None


@contextmanager
def _by_session(engine: sa.Engine, names: Sequence[str], wait: timedelta) -> Iterator[None]:
    with reachable(engine) as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for name in names:
            _hold_in_session(connection, name, wait)
        yield


def _hold_in_session(connection: Connection, name: str, wait: timedelta) -> None:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))):
        _say_waiting(name)
        milliseconds = f"{wait.total_seconds() * 1000:.0f}"
        for limit, value in (("lock_timeout", milliseconds), ("statement_timeout", "0")):
            connection.execute(sa.select(sa.func.set_config(limit, value, False)))
        try:
            connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
        except DBAPIError as fault:
            if getattr(fault.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise _still_held(name, wait) from None
            raise


def _say_waiting(name: str) -> None:
    _log.warning("Menunggu run lain: %s / Waiting for another run: %s", name, name)


def _still_held(name: str, wait: timedelta) -> SourceUnavailable:
    minutes = f"{wait.total_seconds() / 60:g}"
    return SourceUnavailable(
        id=f"{name}: run lain masih mengerjakannya setelah {minutes} menit. Tunggu sampai selesai, atau hentikan run "
        "itu, lalu jalankan lagi.",
        en=f"{name}: another run is still at it after {minutes} minutes. Wait until it has ended, or stop it, then run "
        "again.",
    )
