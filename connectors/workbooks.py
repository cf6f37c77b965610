"""Workbooks opened within bounds: damage, locks, bombs and what aborts a parser are told before a cell is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from connectors.errors import DataRejected
from connectors.file_kinds import refuse_document
from connectors.records import RawFile
from connectors.sheet_marks import SheetMarks, ods_marks
from connectors.workbook_trial import MEMORY, TIME
from connectors.xlsx_marks import xlsx_marks
from connectors.zip_members import ZIP_DAMAGE, is_bomb, open_zip

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MAX_UNZIPPED_BYTES = 2 * 1024**3

# The stream that holds an encrypted workbook.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PANIC = "PanicException"
_SEARCHED_BYTES = 1 << 24


def open_workbook(file: RawFile) -> tuple[CalamineWorkbook, dict[str, SheetMarks] | None]:
    """The workbook, and its sheets' marks by name, null for a format that does not tell them.

    Raises `DataRejected` for one that is damaged, locked, unpacks or reaches beyond reason, or holds formulas never
    computed.
    """
    from python_calamine import CalamineWorkbook

    with told(file):
        marks = _marks(file)
        return CalamineWorkbook.from_path(file.path), marks


@contextmanager
def told(file: RawFile) -> Iterator[None]:
    """Whatever a workbook's bytes make its readers raise, as `DataRejected`."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError:
        raise _locked(file) from None
    except (CalamineError, OSError, ElementTree.ParseError, ValueError):
        raise _unreadable(file) from None
    except ZIP_DAMAGE as fault:
        raise (_locked if "encrypted" in str(fault) else _unreadable)(file) from None
    except BaseException as fault:
        # A panic of calamine is no `Exception`.
        if type(fault).__name__ != _PANIC:
            raise
        raise _unreadable(file) from None


def _marks(file: RawFile) -> dict[str, SheetMarks] | None:
    if not zipfile.is_zipfile(file.path):
        _try_apart(file)
        return None
    with open_zip(file.path) as archive:
        _refuse_bombs(file, archive)
        members = set(archive.namelist())
        if "content.xml" in members:
            _try_apart(file)
            return ods_marks(archive)
        if any(name.casefold() == "xl/workbook.bin" for name in members):
            _try_apart(file)
            return None
        return xlsx_marks(file, archive)


def _refuse_bombs(file: RawFile, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = [info.filename.casefold() for info in members]
    if len(set(names)) < len(names):
        raise zipfile.BadZipFile
    if sum(info.file_size for info in members) > MAX_UNZIPPED_BYTES or is_bomb(file.path, members):
        raise DataRejected(
            id=f"{file.name}: isi berkas Excel ini lebih dari 2 GB, atau terlalu besar untuk ukurannya. Pecah menjadi "
            "beberapa berkas atau CSV.",
            en=f"{file.name}: this Excel file unpacks to more than 2 GB, or to too much for its size. Split it, or "
            "save it as CSV.",
        )


def _try_apart(file: RawFile) -> None:
    """Read a workbook in a process of its own first, which may run out of its memory and time."""
    command = [sys.executable, "-m", "connectors.workbook_trial", os.fspath(file.path)]
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    ended = subprocess.run(command, capture_output=True, check=False, env=env)  # noqa: S603 a list of our own
    if ended.returncode in (MEMORY, TIME):
        raise DataRejected(
            id=f"{file.name}: buku kerja ini mengaku jauh lebih besar daripada isinya; mungkin ada sel tersesat jauh "
            "di luar tabel. Hapus baris dan kolom kosong, lalu simpan sebagai .xlsx.",
            en=f"{file.name}: this workbook claims to be far larger than what it holds; a stray cell may lie far "
            "outside the table. Delete the empty rows and columns and save it as .xlsx.",
        )
    if ended.returncode:
        raise _unreadable(file)


def _locked(file: RawFile) -> DataRejected:
    return DataRejected(
        id=f"{file.name}: buku kerja ini dikunci kata sandi. Buka, hapus kata sandinya, lalu simpan lagi.",
        en=f"{file.name}: this workbook is locked by a password. Open it, remove the password and save it again.",
    )


def _unreadable(file: RawFile) -> DataRejected:
    refuse_document(file)
    with file.path.open("rb") as raw:
        if _ENCRYPTED in raw.read(_SEARCHED_BYTES):
            return _locked(file)
    return DataRejected(
        id=f"{file.name}: berkas Excel rusak, terpotong, atau bukan buku kerja. Buka di Excel dan simpan ulang sebagai "
        ".xlsx, atau unduh lagi.",
        en=f"{file.name}: the Excel file is damaged, cut short or no workbook. Open it in Excel and save it again as "
        ".xlsx, or download it again.",
    )
