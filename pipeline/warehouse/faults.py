"""Faults of a database that a person can mend, as typed errors without a word of the database's own message."""

from __future__ import annotations

import errno
import os
import sqlite3

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from connectors.errors import ConfigError, DataDamaged, SourceUnavailable, TolokError

_MALFORMED = (
    ConfigError,
    "TOLOK_WAREHOUSE bukan alamat gudang data yang sah. Tulis sqlite:////folder/berkas.sqlite atau "
    "postgresql://pengguna:sandi@host/nama, dengan tanda khusus dalam sandi ditulis seperti %40.",
    "TOLOK_WAREHOUSE is not a valid warehouse address. Write sqlite:////folder/file.sqlite or "
    "postgresql://user:password@host/name, with special characters in the password written like %40.",
)
_IN_MEMORY = (
    ConfigError,
    "TOLOK_WAREHOUSE menunjuk basis data di memori: setiap sambungan melihat basis data lain dan hasil hilang. "
    "Tulis nama berkas: sqlite:////folder/berkas.sqlite.",
    "TOLOK_WAREHOUSE names a database in memory: each connection would see another one and results would be lost. "
    "Name a file: sqlite:////folder/file.sqlite.",
)
_OPTIONS = (
    ConfigError,
    "TOLOK_WAREHOUSE: pilihan sesudah '?' tidak dikenal atau nilainya salah. SQLite mengenal timeout (detik), "
    "PostgreSQL pilihan libpq seperti sslmode=require atau connect_timeout=10.",
    "TOLOK_WAREHOUSE: an option after '?' is unknown or has a wrong value. SQLite knows timeout (seconds), "
    "PostgreSQL those of libpq such as sslmode=require or connect_timeout=10.",
)
_REFUSED = (
    ConfigError,
    "Gudang data {where}: server menolak masuk. Periksa pengguna, sandi, nama basis data, dan pilihan di "
    "TOLOK_WAREHOUSE, serta pg_hba.conf di server.",
    "Warehouse {where}: the server refuses the login. Check user, password, database name and options in "
    "TOLOK_WAREHOUSE, and pg_hba.conf on the server.",
)
_UNREACHABLE = (
    SourceUnavailable,
    "Gudang data {where} tidak dapat dihubungi atau sedang sibuk. Periksa TOLOK_WAREHOUSE, jaringan, dan apakah "
    "servernya berjalan, lalu coba lagi.",
    "Warehouse {where} cannot be reached or is busy. Check TOLOK_WAREHOUSE, the network, and whether its server "
    "runs, then try again.",
)
_NOT_ALLOWED = (
    ConfigError,
    "Gudang data {where} tidak boleh ditulis atau dibaca. Beri hak atas berkas, pendampingnya (-wal, -shm), dan "
    "foldernya, di tempat yang boleh ditulis; atau GRANT kepada penggunanya di PostgreSQL.",
    "Warehouse {where} may not be written or read. Grant rights on the file, those beside it (-wal, -shm) and its "
    "folder, where that may be written at all; or GRANT them to its user in PostgreSQL.",
)
_READ_ONLY = (
    ConfigError,
    "Gudang data {where} ada di cakram yang hanya dapat dibaca. Pasang cakramnya agar boleh ditulis, atau pilih tempat "
    "lain dengan TOLOK_HOME atau TOLOK_WAREHOUSE. Yang tersimpan tetap dapat ditunjukkan dan diperiksa.",
    "Warehouse {where} lies on a disk that is mounted for reading alone. Mount it so that it may be written, or choose "
    "another place by TOLOK_HOME or TOLOK_WAREHOUSE. What is stored can be shown and verified all the same.",
)
_LOCKED = (
    SourceUnavailable,
    "Gudang data {where} dikunci program lain. Tunggu atau tutup program itu, lalu coba lagi.",
    "Warehouse {where} is locked by another program. Wait for it or close it, then try again.",
)
_TOO_SLOW = (
    SourceUnavailable,
    "Gudang data {where}: satu perintah lebih lama dari batasnya (bawaan 10 menit). Periksa beban servernya, lalu coba "
    "lagi; batas lain: ?options=-c%20statement_timeout%3D20min di TOLOK_WAREHOUSE.",
    "Warehouse {where}: one statement took longer than its limit (10 minutes unless set). Look at the server's load, "
    "then try again; another limit: ?options=-c%20statement_timeout%3D20min in TOLOK_WAREHOUSE.",
)
_NOT_OURS = (
    ConfigError,
    "Gudang data {where} bukan berkas SQLite atau sudah rusak. Periksa TOLOK_WAREHOUSE, atau pulihkan cadangannya.",
    "Warehouse {where} is not an SQLite file or is damaged. Check TOLOK_WAREHOUSE, or restore its backup.",
)
_INCOMPLETE = (
    DataDamaged,
    "Gudang data {where} rusak: ada tabel, kolom, atau teks di dalamnya yang hilang atau tidak terbaca lagi. Pulihkan "
    "cadangannya (docs/service.md). Tanpa cadangan: pindahkan berkasnya, lalu jalankan lagi periodenya; riwayat versi "
    "lama hilang.",
    "Warehouse {where} is damaged: a table, column or text in it is gone or cannot be read any more. Restore its "
    "backup (docs/service.md). Without one: move its file away, then run its periods again; the history of older "
    "versions is lost.",
)
_CANNOT_OPEN = (
    ConfigError,
    "Gudang data {where} tidak dapat dibuka atau dibuat. Tulis di TOLOK_WAREHOUSE sebuah berkas, bukan folder, yang "
    "foldernya boleh ditulis.",
    "Warehouse {where} cannot be opened or made. Name in TOLOK_WAREHOUSE a file, not a folder, whose folder may be "
    "written.",
)
_DISK = (
    SourceUnavailable,
    "Gudang data {where}: cakram penuh atau gagal. Beri ruang atau perbaiki, lalu coba lagi.",
    "Warehouse {where}: the disk is full or failing. Make room or mend it, then try again.",
)
_UNREADABLE = (
    DataDamaged,
    "Gudang data {where} memuat teks yang bukan waktu di kolom waktu atau tanggal. tolok verify menyebut tempatnya; "
    "tolok run menulisnya lagi bila berasal dari periode itu, jika tidak pulihkan cadangannya.",
    "Warehouse {where} holds a text that is no moment in a column of moments or days. tolok verify names the place; "
    "tolok run writes it again where it is of that period, else restore its backup.",
)
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_NOTADB: _NOT_OURS,
    sqlite3.SQLITE_CORRUPT: _NOT_OURS,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_READONLY: _NOT_ALLOWED,
    sqlite3.SQLITE_PERM: _NOT_ALLOWED,
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_IOERR: _DISK,
}
_BY_SQLSTATE = {
    "42501": _NOT_ALLOWED,
    "25006": _NOT_ALLOWED,
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "40001": _LOCKED,
    "57014": _TOO_SLOW,
    "42P01": _INCOMPLETE,
    "42703": _INCOMPLETE,
    "42P07": _INCOMPLETE,
    "53100": _DISK,
    "58030": _DISK,
}
_BY_ERRNO = {
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.ENOSPC: _DISK,
    errno.EDQUOT: _DISK,
    errno.EIO: _DISK,
}
# PostgreSQL gives no code for a login that fails, only words.
_REFUSALS = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf", "permission denied")
# Nor does SQLite for what is missing in a file.
_MISSING = ("no such ", "has no column", "already exists", "malformed", "Could not decode")
_WRONG_VALUES = ("invalid ", "unrecognized configuration parameter")


def malformed() -> TolokError:
    """The error for an address that is not one."""
    return _made(_MALFORMED)


def in_memory() -> TolokError:
    """The error for a database in memory."""
    return _made(_IN_MEMORY)


def wrong_options() -> TolokError:
    """The error for an unknown or malformed option of the address."""
    return _made(_OPTIONS)


def cannot_open(url: URL, fault: OSError) -> TolokError:
    """The error for a file that cannot be made, or something beside it."""
    return _made(_BY_ERRNO.get(fault.errno or 0, _CANNOT_OPEN), where(url))


def unreadable(url: URL) -> TolokError:
    """The error for a text where a moment or a day should be."""
    return _made(_UNREADABLE, where(url))


def damaged(url: URL) -> TolokError:
    """The error for a database that holds what cannot be read."""
    return _made(_INCOMPLETE, where(url))


def typed(error: DBAPIError, *, url: URL) -> TolokError | None:
    """The error a person can act on; None for a fault of the code, such as a broken constraint."""
    texts = _sqlite_fault(error, url) if isinstance(error.orig, sqlite3.Error) else _postgresql_fault(error)
    return texts and _made(texts, where(url))


def where(url: URL) -> str:
    """The address as far as it may be printed: without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    port = f":{url.port}" if url.port else ""
    # An unescaped @ in a password makes its rest look like part of the host.
    return "postgresql://" + f"{url.host or 'localhost'}{port}/{url.database or ''}".rsplit("@", 1)[-1]


def _sqlite_fault(error: DBAPIError, url: URL) -> tuple[type[TolokError], str, str] | None:
    # The upper bits of SQLite's code only say which kind of a fault it is.
    code, said = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF, str(error.orig)
    if code == sqlite3.SQLITE_READONLY and os.access(str(url.database), os.F_OK):
        return _why_for_reading(str(url.database))
    if code == sqlite3.SQLITE_ERROR and any(words in said for words in _MISSING):
        return _INCOMPLETE
    return _BY_SQLITE_CODE.get(code)


def _why_for_reading(path: str) -> tuple[type[TolokError], str, str]:
    """Why a file was opened for reading alone: where it may be written, its disk had no room."""
    disk = os.statvfs(path)
    if disk.f_flag & os.ST_RDONLY:
        return _READ_ONLY
    return _NOT_ALLOWED if disk.f_bavail else _DISK


def _postgresql_fault(error: DBAPIError) -> tuple[type[TolokError], str, str] | None:
    code, said = getattr(error.orig, "sqlstate", None), str(error.orig)
    if code in _BY_SQLSTATE:
        return _BY_SQLSTATE[code]
    if isinstance(error, ProgrammingError) and code is None:
        return _OPTIONS
    if not isinstance(error, OperationalError):
        return None
    if code is None and any(words in said for words in _REFUSALS):
        return _REFUSED
    return _OPTIONS if code is None and any(words in said for words in _WRONG_VALUES) else _UNREACHABLE


def _made(texts: tuple[type[TolokError], str, str], place: str = "") -> TolokError:
    kind, in_id, in_en = texts
    return kind(id=in_id.replace("{where}", place), en=in_en.replace("{where}", place))
