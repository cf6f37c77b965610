"""Workbooks opened within bounds: damage, locks, bombs and what aborts a parser are told before a cell is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from connectors.errors import DataRejected
from connectors.file_kinds import refuse_document
from connectors.numerals import number
from connectors.records import RawFile
from connectors.sheet_marks import Bounds, SheetMarks, ods_marks
from connectors.workbook_trial import MEMORY, TIME
from connectors.xlsx_marks import xlsx_marks
from connectors.zip_members import ZIP_DAMAGE, is_bomb, open_zip

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MAX_UNZIPPED_BYTES = 2 * 1024**3

# The stream that holds an encrypted workbook.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PANIC = "PanicException"
_SEARCHED_BYTES = 1 << 24


@dataclass(frozen=True)
class Workbook:
    """An open workbook: what its format tells of each sheet, null where it tells nothing, and its sheets one by one.

    `needs_trial` says that a part of it reaches beyond reason, whichever sheet a parser takes it for.
    """

    file: RawFile
    book: CalamineWorkbook
    marks: dict[str, SheetMarks] | None
    needs_trial: bool = False

    def bounds_of(self, name: str) -> Bounds | None:
        """How far a sheet reaches that may not be read; null for one that may."""
        return None if self.marks is None else self.marks.get(name, SheetMarks()).beyond

    def sheet(self, name: str) -> CalamineSheet:
        """A sheet, held in memory; raises `DataRejected` for one that reaches beyond reason."""
        if bounds := self.bounds_of(name):
            raise _too_far(self.file, name, bounds)
        if self.needs_trial:
            _try_apart(self.file, name)
        return self.book.get_sheet_by_name(name)


def open_workbook(file: RawFile) -> Workbook:
    """The workbook; raises `DataRejected` for one that is damaged, locked or unpacks beyond reason."""
    from python_calamine import CalamineWorkbook

    with told(file):
        marks, needs_trial = _marks(file)
        return Workbook(file, CalamineWorkbook.from_path(file.path), marks, needs_trial)


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


def _marks(file: RawFile) -> tuple[dict[str, SheetMarks] | None, bool]:
    """What `Workbook` holds as `marks` and `needs_trial`."""
    if not zipfile.is_zipfile(file.path):
        _try_apart(file)
        return None, False
    with open_zip(file.path) as archive:
        _refuse_bombs(file, archive)
        members = set(archive.namelist())
        if "content.xml" in members:
            _try_apart(file)
            return ods_marks(archive), False
        if any(name.casefold() == "xl/workbook.bin" for name in members):
            _try_apart(file)
            return None, False
        return xlsx_marks(archive)


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


def _try_apart(file: RawFile, *sheets: str) -> None:
    """Read a workbook, or some sheets of it, in a process of its own first, which may run out of memory and time."""
    command = [sys.executable, "-m", "connectors.workbook_trial", os.fspath(file.path), *sheets]
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


def uncomputed(file: RawFile, cell: str) -> DataRejected:
    """A cell that is needed holds a formula never computed."""
    return DataRejected(
        id=f"{file.name}: sel {cell} berisi rumus yang belum dihitung. Buka di Excel/LibreOffice dan simpan, "
        "atau tempel sebagai nilai.",
        en=f"{file.name}: cell {cell} holds a formula never computed. Open it in Excel/LibreOffice and save, "
        "or paste values.",
    )


def _too_far(file: RawFile, sheet: str, bounds: Bounds) -> DataRejected:
    cells = ", ".join(bounds.cells)
    if bounds.rows_count is None:
        return DataRejected(
            id=f"{file.name} [{sheet}]: sel {cells} berisi puluhan juta huruf. Ekspor ulang dari sistem asalnya.",
            en=f"{file.name} [{sheet}]: cell {cells} holds tens of millions of letters. Export it again from the "
            "system it comes from.",
        )
    return DataRejected(
        id=f"{file.name} [{sheet}]: lembar mengaku {number(bounds.rows_count)} baris x {number(bounds.columns_count)} "
        f"kolom; ada sel tersesat jauh di luar tabel: {cells}. Hapus baris dan kolom kosong, lalu simpan ulang.",
        en=f"{file.name} [{sheet}]: the sheet claims {bounds.rows_count:,} rows x {bounds.columns_count:,} columns; a "
        f"stray cell lies far outside the table: {cells}. Delete the empty rows and columns and save again.",
    )


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
