"""The file of a warehouse in SQLite: made for its owner and group, and opened for reading where none may write."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy.engine import URL

from pipeline.atomic import GROUP_READS, make_folder
from pipeline.warehouse import faults

_JOURNALS = ("-wal", "-shm")
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def prepare(url: URL) -> None:
    """Make the file, unless it is there, and its folder; raises `ConfigError` where that cannot be."""
    path = _path(url)
    try:
        make_folder(path.parent)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, GROUP_READS))
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        _let_journals_be_written(path)
    except OSError as fault:
        raise faults.cannot_open(url, fault) from None


def connect(url: URL, _: object, __: object, names: list[Any], options: dict[str, Any]) -> sqlite3.Connection:
    """A connection that keeps a log written ahead, or one for reading to a file that nobody can change.

    One for reading too where the disk has no room for what is made beside the file.
    """
    path = _path(url)
    if _is_frozen(path):
        return _for_reading(path, options)
    connection: sqlite3.Connection = sqlite3.connect(*names, **options)
    try:
        _set_up(connection)
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as fault:
        connection.close()
        if fault.sqlite_errorcode & 0xFF not in _NO_ROOM or not _is_all_in(path):
            raise
        return _for_reading(path, options)
    return connection


def _for_reading(path: Path, options: dict[str, Any]) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True, **options)
    return connection


def _path(url: URL) -> Path:
    return Path(str(url.database)).absolute()


def _let_journals_be_written(path: Path) -> None:
    """SQLite gives its journals the mode of the file: of one that was read-only then, they stay so."""
    if os.access(path, os.W_OK):
        for journal in [Path(f"{path}{suffix}") for suffix in _JOURNALS]:
            # The last to close a connection takes them away, at any moment.
            if not os.access(journal, os.W_OK):
                with suppress(FileNotFoundError):
                    journal.chmod(GROUP_READS)


def _is_frozen(path: Path) -> bool:
    """Whether nobody can write to the file, and all that was written is in it: then nothing need be made beside it."""
    if not path.is_file() or os.access(path, os.W_OK):
        return False
    is_for_reading = os.statvfs(path).f_flag & os.ST_RDONLY or not path.stat().st_mode & 0o222
    return bool(is_for_reading) and _is_all_in(path)


def _is_all_in(path: Path) -> bool:
    """Whether nothing was written ahead that is not in the file yet."""
    try:
        return not Path(f"{path}-wal").stat().st_size
    except FileNotFoundError:
        return True


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (patience_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    deadline = time.monotonic() + patience_ms / 1000
    while not _has_write_ahead_log(connection, is_last_try=time.monotonic() > deadline):
        time.sleep(0.01)


def _has_write_ahead_log(connection: sqlite3.Connection, *, is_last_try: bool) -> bool:
    """Whether the switch worked: SQLite does not wait when another connection reads, as when two are the first."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if is_last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
