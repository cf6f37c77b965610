"""A file is what its bytes say, not what its name or the settings say: it is read as that, or refused by its name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark

COLUMNS = ("Nomor", "Mulai")
# What precedes the streams of an encrypted workbook, and the name of the one that holds it.
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def read(folder: Path, content: bytes, **layout: Any) -> tuple[list[list[object]], list[Remark]]:
    (folder / "a.xls").write_bytes(content)
    remarks: list[Remark] = []
    file = RawFile(folder / "a.xls", "a.xls", on_remark=remarks.append)
    frames = read_rows(file, layout=Layout(**{"format": "xlsx", **layout}), columns=COLUMNS)
    return [row for frame in frames for row in frame[list(COLUMNS)].to_numpy().tolist()], remarks


TEXTS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "tabs": (b"Nomor\tMulai\tKet\n007\t1.500\ta;b\n", {}),
    "the Unicode text of Excel": ("Nomor\tMulai\tKet\r\n007\t1.500\ta\r\n".encode("utf-16"), {}),
    "quotes and semicolons": (b'"Nomor";"Mulai"\n"007";"1.500"\n', {}),
    "commas below a letterhead": (b"DINAS KOMINFO\nNomor,Mulai\n007,1.500\n", {"header_starts_with": "Nomor"}),
    "a Windows encoding": ("Nomor|Mulai|Caf\u00e9\n007|1.500|\u00e9\n".encode("cp1252"), {"encoding": "cp1252"}),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_called_a_workbook_is_read_as_text_and_said(case: str, tmp_path: Path) -> None:
    content, layout = TEXTS[case]
    found, remarks = read(tmp_path, content, **layout)
    assert found == [["007", "1.500"]]
    assert [(remark.code, remark.keeps_provisional) for remark in remarks] == [("text_called_workbook", False)]


def packed(*names: str, **contents: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in (*names, *contents):
            archive.writestr(name, contents.get(name, "x"))
    return content.getvalue()


TABLE = b"<table border=1><tr><td>Nomor</td><td>Mulai</td></tr><tr><td>1</td><td>2</td></tr></table>"
XML = b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook></Workbook>'
BARE_XML = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
FOREIGN = {
    "a page": (b"<!DOCTYPE html>\n<html><body>" + TABLE, "(HTML) with a table"),
    "a bare table": (b"\xef\xbb\xbf\r\n  " + TABLE, "(HTML) with a table"),
    "a page of Excel": (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'>", "(HTML) with a table"),
    "a comment before the page": (b"<!-- ekspor -->\n<meta charset=utf-8>" + TABLE, "(HTML) with a table"),
    "XHTML": (b'<?xml version="1.0"?>\n<html>' + TABLE, "(HTML) with a table"),
    "a page in UTF-16": (("<html>" + TABLE.decode()).encode("utf-16"), "(HTML) with a table"),
    "a login page": (b"<html><body><form action=/login>", "login page"),
    "MHTML": (b'From: "Disimpan"\r\nSubject: a\r\n =b\r\nMIME-Version: 1.0\r\nContent-Type: x\r\n\r\n', "MHTML"),
    "XML of 2003": (XML, "XML Spreadsheet 2003"),
    "XML of 2003 by its names alone": (BARE_XML, "XML Spreadsheet 2003"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "RTF": (b"{\\rtf1\\ansi", "RTF"),
    "RAR": (b"Rar!\x1a\x07\x00", "RAR"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "picture"),
    "an encrypted workbook": (ENCRYPTED, "locked by a password"),
    "half a workbook": (ENCRYPTED[:600], "damaged"),
    "a document of Word": (packed("[Content_Types].xml", "word/document.xml"), "Word"),
    "a document of LibreOffice": (packed("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "text"),
    "an old document of Word": (ENCRYPTED[:600] + "WordDocument".encode("utf-16-le"), "Word"),
}


@pytest.mark.parametrize("format", ["xlsx", "csv"])
@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_table_is_refused_by_what_it_is(case: str, format: str, tmp_path: Path) -> None:
    content, words = FOREIGN[case]
    words = "Excel/ZIP" if format == "csv" and content.startswith(ENCRYPTED[:8]) else words
    with pytest.raises(DataRejected) as caught:
        read(tmp_path, content, format=format)
    assert words in caught.value.en


@pytest.mark.parametrize("content", [b"Nomor Mulai\n1 2\n", b"Nomor,Selesai\n1,2\n"])
def test_text_whose_columns_no_delimiter_gives_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="this is text"):
        read(tmp_path, content)


ROWS = b"1;a;b\n" * 2000


@pytest.mark.parametrize("end", [bytes(4096), b"2;" + bytes(300) + b"\n3;a;b\n"])
def test_zero_bytes_that_break_a_record_are_damage(end: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="row 2002 holds zero bytes"):
        read(tmp_path, b"Nomor;Mulai;x\n" + ROWS + end, format="csv", delimiter=";")


def test_a_zero_byte_within_a_cell_is_the_cells_alone(tmp_path: Path) -> None:
    found, _ = read(tmp_path, b"Nomor;Mulai;x\n" + ROWS + b"\n2;a\0;b\n", format="csv", delimiter=";")
    assert found[-1] == ["2", "a\0"]
