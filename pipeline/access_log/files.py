"""Log files as streams of lines, packed or not: gzip, bzip2, xz and zstd by their first bytes, and members of a zip."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa
from isal.igzip import IGzipFile
from isal.isal_zlib import IsalError

from connectors.counted_file import OnRead, open_counted
from connectors.errors import DataRejected
from connectors.numerals import number
from connectors.zip_members import ZIP_DAMAGE, open_zip

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP, _BZIP2, _XZ, _ZSTD, _ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_WORKBOOK_PART = "[Content_Types].xml"
_DAMAGE = (
    *(EOFError, gzip.BadGzipFile, IsalError, lzma.LZMAError, zipfile.BadZipFile, zlib.error, NotImplementedError),
    pa.ArrowException,
)


@dataclass(frozen=True)
class LogFile:
    """One log file, plain or packed, which its first bytes decide; `member` is its name in a zip.

    People know it by `name`; `sha256` is the hash of its bytes, empty where it is not known.
    """

    file_id: str
    path: Path
    member: str = ""
    name: str = ""
    sha256: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return " > ".join(part for part in (self.name or self.file_id, self.member) if part)


@dataclass(frozen=True)
class Chunk:
    """A byte range of whole lines in a file; `position` is the file's place in the caller's order, from 1."""

    file: LogFile
    position: int
    begin: int = 0
    end: int | None = None


def with_members(file: LogFile) -> list[LogFile]:
    """A zip's files in natural order of their names, or the file itself when it is no zip.

    Folders, hidden files and what macOS adds are passed over. Raises `DataRejected` for a damaged or locked zip, for
    one without files, and for a workbook.
    """
    if not is_zip(file.path):
        return [file]
    try:
        with open_zip(file.path) as archive:
            found = archive.infolist()
    except ZIP_DAMAGE:
        raise _damaged(file, 0) from None
    names = [info.filename for info in found if not info.is_dir() and not _is_hidden(info.filename)]
    if _WORKBOOK_PART in names or not names:
        raise DataRejected(
            id=f"{file.title}: zip ini bukan berisi berkas log ({'buku kerja Excel' if names else 'kosong'}).",
            en=f"{file.title}: this zip does not hold log files ({'an Excel workbook' if names else 'it is empty'}).",
        )
    if any(info.flag_bits & 1 for info in found):
        raise DataRejected(
            id=f"{file.title}: zip ini dikunci kata sandi. Ekstrak dahulu, lalu letakkan berkas log-nya.",
            en=f"{file.title}: this zip is locked by a password. Unpack it first and put its log files there.",
        )
    return [replace(file, member=name) for name in sorted(names, key=_natural_order)]


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, which a workbook does too."""
    return _head(path) == _ZIP


def is_packed(file: LogFile) -> bool:
    """Whether a file must be unpacked to be read; raises `OSError` when it cannot be opened."""
    return bool(file.member) or _head(file.path).startswith((_GZIP, _BZIP2, _XZ[:4], _ZSTD))


@contextmanager
def open_log(chunk: Chunk, *, on_read: OnRead | None = None) -> Iterator[BufferedIOBase]:
    """The unpacked stream from the chunk's first byte on; raises `DataRejected` for a damaged file."""
    with open_counted(chunk.file.path, on_read) as raw:
        raw.seek(chunk.begin)
        try:
            if chunk.file.member:
                with open_zip(raw) as archive, archive.open(chunk.file.member) as member:
                    yield _unpacked(cast(io.BufferedReader, member))
            else:
                yield _unpacked(raw)
        except _DAMAGE as fault:  # type: ignore[misc]
            raise _damaged(chunk.file, raw.tell(), position=chunk.position) from fault
        except OSError as fault:
            # bzip2 has no fault of its own.
            if fault.errno is not None:
                raise
            raise _damaged(chunk.file, raw.tell(), position=chunk.position) from fault


def _unpacked(stream: io.BufferedReader) -> BufferedIOBase:
    head = stream.peek(len(_XZ))
    if head.startswith(_GZIP):
        return cast(BufferedIOBase, IGzipFile(fileobj=stream))
    if head.startswith(_BZIP2):
        return bz2.BZ2File(stream)
    if head.startswith(_XZ):
        return lzma.LZMAFile(stream)
    if head.startswith(_ZSTD):
        return cast(BufferedIOBase, _Zstd(stream))
    return stream


class _Zstd(io.RawIOBase):
    """An unpacked stream that can be read on only."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._unpacked: Any = pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        content = self._unpacked.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(content)] = content
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:  # noqa: ARG002 from the start only
        while self._at < offset and self.read(min(offset - self._at, 1 << 20)):
            pass
        return self._at


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_ZIP))


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _natural_order(name: str) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def _damaged(file: LogFile, at: int, *, position: int = 1) -> DataRejected:
    where = f"{position} ({file.title})"
    return DataRejected(
        id=f"Log akses: berkas ke-{where} rusak atau terpotong; kemasannya (gzip, zip, ...) tidak utuh sekitar bita "
        f"{number(at)}. Salin ulang berkas itu dari server.",
        en=f"Access log: file number {where} is damaged or cut off; its packed stream (gzip, zip, ...) breaks near "
        f"byte {at:,}. Copy the file from the server again.",
    )
