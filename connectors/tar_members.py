"""The members of a tar archive, packed or not, one by one: damage and bombs are told."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import DataRejected
from connectors.records import RawFile, most_unpacked_bytes

_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, OverflowError, UnicodeDecodeError)


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, packed or not; false for a damaged one."""
    try:
        return tarfile.is_tarfile(path)
    except _DAMAGE:
        return False


@contextmanager
def tar_entries(file: RawFile) -> Iterator[tuple[tarfile.TarFile, Iterator[tarfile.TarInfo]]]:
    """The archive and its entries; `DataRejected` when it is damaged or would unpack to too much for its size."""
    try:
        with tarfile.open(file.path) as archive:
            yield archive, _bounded(file, archive)
    except _DAMAGE:
        raise DataRejected(
            id=f"{file.name}: arsip tar terpotong atau rusak. Salin ulang secara utuh.",
            en=f"{file.name}: the tar archive is cut short or damaged. Copy it again in full.",
        ) from None


def _bounded(file: RawFile, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    left = most_unpacked_bytes(file.path)
    for entry in archive:
        left -= tarfile.BLOCKSIZE + entry.size
        if left < 0:
            raise DataRejected(
                id=f"{file.name}: isi arsip tar ini terlalu besar untuk ukurannya. Ekstrak dan periksa dahulu.",
                en=f"{file.name}: this tar archive unpacks to too much for its size. Unpack and check it first.",
            )
        yield entry
