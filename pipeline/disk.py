"""What a disk or the memory refuses, as an error that names the path and says what to do."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType

from connectors.errors import ConfigError, SourceUnavailable, TolokError
from pipeline.settings import Settings

Texts = tuple[type[TolokError], str, str]
_FULL: Texts = (
    SourceUnavailable,
    "cakramnya penuh. Beri ruang, lalu jalankan lagi; yang sudah selesai tersimpan.",
    "The disk is full. Make room, then run again; what is finished is kept.",
)
_FAILING: Texts = (
    SourceUnavailable,
    "cakram atau jaringannya gagal. Periksa, lalu jalankan lagi; yang sudah selesai tersimpan.",
    "The disk or the network to it is failing. Look at it, then run again; what is finished is kept.",
)
_EXHAUSTED: Texts = (
    SourceUnavailable,
    "mesin ini kehabisan memori atau berkas terbuka. Hentikan program lain atau naikkan batasnya (ulimit -n), lalu "
    "jalankan lagi.",
    "This machine is out of memory or open files. End other programs or raise the limit (ulimit -n), then run again.",
)
_NO_MEMORY: Texts = (
    SourceUnavailable,
    "Mesin ini kehabisan memori. Hentikan program lain, naikkan batas memorinya (ulimit -v, atau milik kontainernya), "
    "atau jalankan per bulan, lalu jalankan lagi; yang sudah selesai tersimpan.",
    "This machine is out of memory. End other programs, raise its limit of memory (ulimit -v, or that of its "
    "container), or run month by month, then run again; what is finished is kept.",
)
_READ_ONLY: Texts = (
    ConfigError,
    "hanya dapat dibaca. Pasang cakramnya agar boleh ditulis, atau pilih folder lain (TOLOK_HOME, --to).",
    "It is read-only. Mount the disk so that it may be written, or choose another folder (TOLOK_HOME, --to).",
)
_NOT_ALLOWED: Texts = (
    ConfigError,
    "tidak diizinkan untuk akun ini. Perbaiki hak akses berkas dan foldernya, atau pilih folder lain.",
    "This account may not read or write it. Mend the rights of the file and its folder, or choose another folder.",
)
_OTHER_KIND: Texts = (
    ConfigError,
    "sudah ada sebagai berkas, sebagai folder yang berisi, atau namanya terlalu panjang. Pindahkan, atau pilih folder "
    "lain.",
    "It is a file already, a folder that holds something, or its name is too long. Move it, or choose another folder.",
)
_GONE: Texts = (
    SourceUnavailable,
    "tidak ada lagi: dihapus atau dipindahkan selagi dipakai. Jalankan lagi; yang dapat dibuat ulang dibuat ulang.",
    "It is no longer there: removed or moved while in use. Run again; what can be made anew is made anew.",
)
_BY_ERRNO: Mapping[int, Texts] = MappingProxyType(
    {
        **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
        **dict.fromkeys(
            (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT, errno.ENOTCONN), _FAILING
        ),
        **dict.fromkeys((errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOLCK, errno.EAGAIN), _EXHAUSTED),
        errno.EROFS: _READ_ONLY,
        **dict.fromkeys((errno.EACCES, errno.EPERM), _NOT_ALLOWED),
        **dict.fromkeys(
            (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP), _OTHER_KIND
        ),
        errno.ENOENT: _GONE,
    }
)


def told(fault: OSError) -> TolokError | None:
    """The fault with its path, or the data folder where the system names none, and what to do; null for other kinds."""
    number = fault.errno or 0
    if number not in _BY_ERRNO or (number == errno.ENOENT and not fault.filename):
        return None
    kind, in_id, in_en = _BY_ERRNO[number]
    path, code = fault.filename or Settings.from_environment().home, errno.errorcode[number]
    return kind(id=f"'{path}' ({code}): {in_id}", en=f"'{path}' ({code}): {in_en}")


def out_of_memory() -> TolokError:
    """What to raise for a `MemoryError`."""
    kind, in_id, in_en = _NO_MEMORY
    return kind(id=in_id, en=in_en)
