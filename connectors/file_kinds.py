"""What a file is by its first bytes, whatever its name says, and what to do when it is not what the settings say."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import DataRejected
from connectors.layout import Format
from connectors.records import RawFile
from connectors.zip_members import ZIP, ZIP_DAMAGE, is_zip_of_files, open_zip

OLD_OFFICE = b"\xd0\xcf\x11\xe0"

_HEAD_BYTES = 1 << 16
_SEARCHED_BYTES = 1 << 24
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Kind:
    """A kind of file that is no table for us: how it begins, what it holds, what it is and what to do with it."""

    begins: re.Pattern[bytes]
    holds: re.Pattern[bytes]
    id: str
    en: str


def _kind(begins: bytes, *, id: str, en: str, holds: bytes = b"") -> _Kind:
    return _Kind(re.compile(begins, re.IGNORECASE | re.DOTALL), re.compile(holds, re.IGNORECASE), id, en)


_SAVE_ID = "Buka di Excel atau LibreOffice, lalu simpan sebagai .xlsx."
_SAVE_EN = "Open it in Excel or LibreOffice and save it as .xlsx."
_PAGE = rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|meta|body|style|title|script|div|table|font)\b"

_KINDS = (
    _kind(
        rb"<\?xml\b",
        holds=rb"<\?mso-application[^>]*Excel\.Sheet|urn:schemas-microsoft-com:office:spreadsheet",
        id=f"ini lembar XML (XML Spreadsheet 2003), bukan .xls atau .xlsx. {_SAVE_ID}",
        en=f"this is an XML Spreadsheet 2003, neither .xls nor .xlsx. {_SAVE_EN}",
    ),
    _kind(
        rb"(?:[a-z][a-z-]*:[ \t][^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?MIME-Version:",
        id=f"ini halaman web tersimpan (MHTML), bukan buku kerja. {_SAVE_ID}",
        en=f"this is a saved web page (MHTML), no workbook. {_SAVE_EN}",
    ),
    _kind(
        _PAGE,
        holds=rb"<t(?:able|r|d)\b|office:excel",
        id=f"ini halaman web (HTML) berisi tabel, mungkin disimpan sebagai .xls. {_SAVE_ID} Bila ini "
        "halaman masuk, masuk dahulu, lalu unduh ulang.",
        en=f"this is a web page (HTML) with a table, perhaps saved as .xls. {_SAVE_EN} If it is a "
        "login page, sign in, then download again.",
    ),
    _kind(
        _PAGE,
        id="ini halaman web (mungkin halaman masuk), bukan data. Masuk dahulu, lalu unduh ulang.",
        en="this is a web page (perhaps a login page), not data. Sign in, then download again.",
    ),
    _kind(
        rb"%PDF-",
        id="ini PDF, bukan tabel. Minta ekspor CSV atau .xlsx dari sistem asalnya.",
        en="this is a PDF, no table. Ask for an export as CSV or .xlsx from the system it comes from.",
    ),
    _kind(
        rb"\{\\rtf",
        id="ini dokumen RTF, bukan tabel. Salin tabelnya ke Excel, lalu simpan sebagai .xlsx.",
        en="this is an RTF document, no table. Copy its table to Excel and save it as .xlsx.",
    ),
    _kind(
        rb"Rar!\x1a|7z\xbc\xaf\x27\x1c",
        id="ini arsip RAR atau 7z. Ekstrak, lalu letakkan isinya, atau kemas sebagai zip.",
        en="this is a RAR or 7z archive. Unpack it and put its files there, or pack them as a zip.",
    ),
    _kind(
        rb"\x89PNG|\xff\xd8\xff|GIF8",
        id="ini gambar, bukan tabel. Minta ekspor CSV atau .xlsx dari sistem asalnya.",
        en="this is a picture, no table. Ask for an export as CSV or .xlsx from the system it comes from.",
    ),
)


_WORD, _SLIDES = ("dokumen Word", "a Word document"), ("salindia PowerPoint", "slides of PowerPoint")
_DOCUMENTS = {
    b"word/document.xml": _WORD,
    b"ppt/presentation.xml": _SLIDES,
    b"application/vnd.oasis.opendocument.text": ("dokumen teks LibreOffice", "a text document of LibreOffice"),
    b"application/vnd.oasis.opendocument.presentation": ("salindia LibreOffice", "slides of LibreOffice"),
    "WordDocument".encode("utf-16-le"): _WORD,
    "PowerPoint Document".encode("utf-16-le"): _SLIDES,
}


def refuse_foreign(file: RawFile, format: Format) -> None:
    """Raise `DataRejected` when the first bytes show another kind of file than declared."""
    head = _head(file.path)
    _refuse_no_table(file, head)
    if head.startswith(ZIP):
        refuse_document(file)
    if head.startswith(ZIP) and is_zip_of_files(file.path):
        raise DataRejected(
            id=f"{file.name}: ini zip berisi berkas lain. Ekstrak, lalu letakkan isinya.",
            en=f"{file.name}: this is a zip of other files. Unpack it and put its files there.",
        )
    is_excel = head.startswith((ZIP, OLD_OFFICE))
    if is_excel and format != "xlsx":
        raise DataRejected(
            id=f"{file.name}: ini berkas Excel/ZIP, tetapi YAML menyebut format: {format}. Tulis format: xlsx.",
            en=f"{file.name}: this is an Excel/ZIP file, but the YAML says format: {format}. Write format: xlsx.",
        )
    if format == "xlsx" and not is_excel:
        raise DataRejected(
            id=f"{file.name}: bukan berkas Excel. Simpan sebagai .xlsx, atau tulis format yang benar di YAML.",
            en=f"{file.name}: not an Excel file. Save it as .xlsx, or write the right format in the YAML.",
        )


def refuse_document(file: RawFile) -> None:
    """Raise `DataRejected` for a text document or slides of an office suite, new or old, whatever they are called."""
    content = b""
    if zipfile.is_zipfile(file.path):
        with suppress(*ZIP_DAMAGE), open_zip(file.path) as archive:
            names = archive.namelist()
            content = "\n".join(names).encode() + (archive.read("mimetype") if "mimetype" in names else b"")
    else:
        with file.path.open("rb") as raw:
            content = raw.read(_SEARCHED_BYTES)
    kind = next((kind for mark, kind in _DOCUMENTS.items() if mark in content), None)
    if kind is not None:
        raise DataRejected(
            id=f"{file.name}: ini {kind[0]}, bukan tabel. Minta ekspor CSV atau .xlsx dari sistem asalnya, atau salin "
            "tabelnya ke Excel, lalu simpan sebagai .xlsx.",
            en=f"{file.name}: this is {kind[1]}, no table. Ask for an export as CSV or .xlsx from the system it comes "
            "from, or copy its table to Excel and save it as .xlsx.",
        )


def is_text(file: RawFile) -> bool:
    """Whether a file is text of no kind that we refuse; raises `DataRejected` for one that we do."""
    head = _head(file.path)
    _refuse_no_table(file, head)
    return not head.startswith((ZIP, OLD_OFFICE)) and b"\x00" not in head


def _head(path: Path) -> bytes:
    """The first bytes, without a mark of their order and as ASCII where they are UTF-16."""
    with path.open("rb") as raw:
        head = raw.read(_HEAD_BYTES)
    if head[:2] in _UTF_16:
        return head[2:].decode(_UTF_16[head[:2]], "ignore").encode()
    return head.removeprefix(_UTF_8_MARK)


def _refuse_no_table(file: RawFile, head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise DataRejected(
            id=f"{file.name}: berkas kosong. Ekspor ulang dari sumbernya.",
            en=f"{file.name}: the file is empty. Export it again from its source.",
        )
    kind = next((kind for kind in _KINDS if kind.begins.match(start) and kind.holds.search(start)), None)
    if kind is not None:
        raise DataRejected(id=f"{file.name}: {kind.id}", en=f"{file.name}: {kind.en}")
