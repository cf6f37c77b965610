"""The tables in a zip, unpacked one at a time: all of one kind, bounded in size, none by a name that leads out."""

from __future__ import annotations

import errno
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from connectors.counted_file import open_counted
from connectors.errors import DataRejected
from connectors.layout import Layout
from connectors.records import RawFile, most_unpacked_bytes
from connectors.scratch import scratch_folder

ZIP = b"PK\x03\x04"
MEMBER_ROWS_APART = 1_000_000_000
MAX_UNPACKED_BYTES = 16 * 1024**3

_SHOWN_NAMES = 10
_WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
# Members by which a zip is a document of an office suite, and no folder of files.
_DOCUMENT_PARTS = {"[Content_Types].xml", "content.xml", "mimetype"}
# What zipfile raises for damage; `RuntimeError` for members locked or packed in a way it does not know.
ZIP_DAMAGE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError),
    *(UnicodeDecodeError, OverflowError, struct.error),
)


@contextmanager
def open_zip(source: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """The archive; raises one of `ZIP_DAMAGE` for damage, also where it points before its beginning."""
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except OSError as fault:
        if fault.errno != errno.EINVAL:
            raise
        raise zipfile.BadZipFile from None


def is_zip_of_files(path: Path) -> bool:
    """Whether a file is a zip, and no workbook or other document that is one too; false for a damaged one."""
    with path.open("rb") as raw:
        if raw.read(len(ZIP)) != ZIP:
            return False
    try:
        with open_zip(path) as archive:
            return not _DOCUMENT_PARTS & set(archive.namelist())
    except ZIP_DAMAGE:
        return False


def zip_members(file: RawFile, layout: Layout) -> Iterator[RawFile]:
    """Each table of a zip as a file that lasts until the next is asked for, in the zip's order.

    Lock files, hidden ones and what macOS adds are passed over and remarked, and so is what `members` leaves out.
    Raises `DataRejected` for members of several kinds, encrypted ones, none, too many bytes, and paths that lead out.
    """
    with _opened(file) as archive:
        members = _wanted(file, layout, [info for info in archive.infolist() if not info.is_dir()])
        _refuse_unreadable(file, members)
        _refuse_bombs(file, members)
        for member in members:
            with archive.open(member) as packed, _unpacked(packed) as path:
                yield replace(file, path=path, name=f"{file.name}/{member.filename}", on_read=None)


@contextmanager
def _opened(file: RawFile) -> Iterator[zipfile.ZipFile]:
    try:
        with open_counted(file.path, file.on_read) as raw, open_zip(raw) as archive:
            yield archive
    except ZIP_DAMAGE:
        raise DataRejected(
            id=f"{file.name}: zip ini rusak, terpotong, atau dikemas dengan cara yang tidak dikenal. Unduh lagi, atau "
            "ekstrak dan letakkan isinya.",
            en=f"{file.name}: this zip is damaged, cut short or packed in an unknown way. Download it again, or unpack "
            "it and put its files there.",
        ) from None


@contextmanager
def _unpacked(packed: IO[bytes]) -> Iterator[Path]:
    with scratch_folder() as folder:
        path = folder / "member"
        with path.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
        yield path


def _wanted(file: RawFile, layout: Layout, members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The members to read; the others are remarked."""
    files = [member for member in members if not _is_left_behind(member.filename)]
    chosen = [member for member in files if _is_asked_for(member.filename, layout)]
    unread = _listed([member for member in members if member not in chosen])
    if unread:
        file.remark(
            "unread_members",
            id=f"isi zip yang tidak dibaca (berkas kunci, tersembunyi, atau di luar 'members'): {unread}.",
            en=f"in the zip, not read (lock files, hidden ones, or outside 'members'): {unread}.",
            keeps_provisional=False,
        )
    if not chosen:
        raise DataRejected(
            id=f'{file.name}: tidak ada berkas di zip ini yang cocok dengan members: "{layout.members}". Isinya: '
            f"{_listed(members) or 'kosong'}.",
            en=f'{file.name}: no file in this zip fits members: "{layout.members}". It holds: '
            f"{_listed(members) or 'nothing'}.",
        )
    return chosen


def _is_left_behind(name: str) -> bool:
    parts = PurePosixPath(name).parts
    is_hidden = any(part.startswith((".", "~$")) and part != ".." for part in parts)
    return is_hidden or "__MACOSX" in parts or "".join(parts[-1:]).casefold() in ("thumbs.db", "desktop.ini")


def _is_asked_for(name: str, layout: Layout) -> bool:
    is_left_out = layout.members_except is not None and fnmatchcase(name, layout.members_except)
    return fnmatchcase(name, layout.members) and not is_left_out


def _refuse_unreadable(file: RawFile, members: Sequence[zipfile.ZipInfo]) -> None:
    outside = [member for member in members if _leads_out(member.filename)]
    locked = [member for member in members if member.flag_bits & 1]
    kinds = sorted({_kind(member.filename) for member in members})
    if outside:
        raise DataRejected(
            id=f"{file.name}: zip ini memuat jalur ke luar foldernya: {_listed(outside)}. Minta zip yang benar.",
            en=f"{file.name}: this zip holds paths that lead out of it: {_listed(outside)}. Ask for a proper one.",
        )
    if locked:
        raise DataRejected(
            id=f"{file.name}: zip ini dikunci kata sandi: {_listed(locked)}. Ekstrak dahulu, lalu letakkan berkasnya.",
            en=f"{file.name}: this zip is locked by a password: {_listed(locked)}. Unpack it and put its files there.",
        )
    if len(kinds) > 1 or ".zip" in kinds:
        raise DataRejected(
            id=f"{file.name}: zip ini memuat lebih dari satu jenis berkas, atau zip lain: {_listed(members)}. Tulis "
            f'yang dibaca, misalnya members: "*{kinds[0]}", atau ekstrak dan letakkan berkasnya.',
            en=f"{file.name}: this zip holds more than one kind of file, or another zip: {_listed(members)}. Write "
            f'which to read, such as members: "*{kinds[0]}", or unpack it and put its files there.',
        )


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1])


def _kind(name: str) -> str:
    """The end of a name that tells what it is; workbooks are of one kind."""
    suffix = PurePosixPath(name.casefold().removesuffix(".gz")).suffix
    return ".xlsx" if suffix in _WORKBOOKS else suffix


def _refuse_bombs(file: RawFile, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would unpack beyond reason; no more than the declared size is ever unpacked."""
    unpacked_bytes = sum(member.file_size for member in members)
    if unpacked_bytes > MAX_UNPACKED_BYTES or is_bomb(file.path, members):
        raise DataRejected(
            id=f"{file.name}: isi zip ini {unpacked_bytes / 1e9:.1f} GB, terlalu besar untuk ukurannya. Ekstrak dan "
            "periksa dahulu, lalu letakkan berkasnya.",
            en=f"{file.name}: this zip unpacks to {unpacked_bytes / 1e9:.1f} GB, too much for its size. Unpack and "
            "check it first, then put its files there.",
        )


def is_bomb(path: Path, members: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether members unpack to far more than a zip's size explains."""
    return sum(member.file_size for member in members) > most_unpacked_bytes(path)


def _listed(members: Sequence[zipfile.ZipInfo]) -> str:
    names = [member.filename for member in members[:_SHOWN_NAMES]]
    return ", ".join(names + ["..."] * (len(members) > _SHOWN_NAMES))
