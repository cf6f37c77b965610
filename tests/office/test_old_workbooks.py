"""Error cells and hidden rows of workbooks that are no XLSX: told where the format can, else said with counts."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark

_NAMES = "".join(
    f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in {"office": "office", "table": "table", "text": "text", "c": "calcext"}.items()
)
MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
EMPTY = '<table:table-cell table:number-columns-repeated="2"/>'
HEAD = ["No", "Mulai", "Selesai"]


def cell(text: str, attributes: str = 'office:value-type="string"', *, repeated: int = 1) -> str:
    return (
        f'<table:table-cell {attributes} table:number-columns-repeated="{repeated}"><text:p>{text}</text:p>'
        "</table:table-cell>"
    )


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{EMPTY}{''.join(cells)}</table:table-row>"


def open_document(path: Path, rows: list[str]) -> None:
    table = f'<table:table table:name="Data">{"".join(rows)}</table:table>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr(
            "content.xml",
            f"<office:document-content{_NAMES}><office:body><office:spreadsheet>{table}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )


def read(path: Path) -> tuple[list[list[object]], list[Remark]]:
    remarks: list[Remark] = []
    file = RawFile(path, path.name, on_remark=remarks.append)
    frames = read_rows(file, layout=Layout(format="xlsx", header_starts_with="No"), columns=("No", "Mulai", "Selesai"))
    rows = [row for frame in frames for row in frame.astype(object).fillna("").to_numpy().tolist()]
    return [[number, *cells] for number, _, *cells in rows], remarks


OF_LIBREOFFICE = 'table:formula="of:=NA()" office:value-type="string" office:string-value="" c:value-type="error"'
BODIES: dict[str, tuple[list[str], list[list[object]], list[str]]] = {
    "sound": ([row(cell("1"), cell("a"), cell("b"))], [[4, "1", "a", "b"]], []),
    "a blank is no error": ([row(cell("1"), cell("a"))], [[4, "1", "a", ""]], []),
    "errors of LibreOffice": (
        [row(cell("1"), cell("#N/A", OF_LIBREOFFICE, repeated=2))],
        [[4, "1", "#N/A", "#N/A"]],
        [],
    ),
    "an error shown in words": ([row(cell("1"), cell("Galat:1", OF_LIBREOFFICE))], [[4, "1", "#ERROR!", ""]], []),
    "an error kept as zero": (
        [row(cell("1"), cell("#REF!", 'office:value-type="float" office:value="0"'), cell("b"))],
        [[4, "1", "#REF!", "b"]],
        [],
    ),
    "repeated rows": (
        [row(cell("1"), cell("Err:502", OF_LIBREOFFICE), attributes='table:number-rows-repeated="2"'), row(cell("2"))],
        [[4, "1", "Err:502", ""], [5, "1", "Err:502", ""], [6, "2", "", ""]],
        [],
    ),
    "a filtered row": (
        [row(cell("1"), cell("a"), cell("b")), row(cell("2"), attributes='table:visibility="filter"')],
        [[4, "1", "a", "b"], [5, "2", "", ""]],
        ["hidden_rows"],
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_errors_and_hidden_rows_of_open_documents_are_told(case: str, tmp_path: Path) -> None:
    body, expected, codes = BODIES[case]
    above = [row(attributes='table:number-rows-repeated="2"'), row(*map(cell, HEAD))]
    open_document(tmp_path / "a.ods", [*above, *body])
    found, remarks = read(tmp_path / "a.ods")
    assert found == expected
    assert [remark.code for remark in remarks] == codes


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def biff(cells: dict[tuple[int, int], str]) -> bytes:
    """The stream of an .xls with one sheet of texts; a text that begins with # is an error cell (#N/A)."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    head, name = record(0x0809, begin), b"\x04\x00Data"
    body = record(0x0809, begin[:2] + b"\x10\x00" + begin[4:])
    for (number, place), text in cells.items():
        at, label = struct.pack("<HHH", number - 1, place, 0), struct.pack("<HB", len(text), 0) + text.encode()
        body += record(0x0205, at + b"\x2a\x01") if text.startswith("#") else record(0x0204, at + label)
    end = record(0x000A, b"")
    sheet = record(0x0085, struct.pack("<IH", len(head) + 10 + len(name) + len(end), 0) + name)
    return head + sheet + end + body + end


def old_excel(path: Path, cells: dict[tuple[int, int], str]) -> None:
    """A compound file of one stream `Workbook`: its sectors, then one of the folder and one of the table."""
    stream, end, free = biff(cells), 0xFFFFFFFE, 0xFFFFFFFF
    count = max(8, -(-len(stream) // 512))
    chain = [*range(1, count), end, end, 0xFFFFFFFD]

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le")
        return raw.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(raw), kind, 1, free, free, child, first, size)

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 0, count * 512) + bytes(256)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, count, 0, 4096, end, 0, end, 0) + struct.pack("<109I", count + 1, *[free] * 108)
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    path.write_bytes(head + stream.ljust(count * 512, b"\0") + folder + table)


def placed(*rows: list[str]) -> dict[tuple[int, int], str]:
    return {(number, place): text for number, row in enumerate(rows, 1) for place, text in enumerate(row) if text}


WHOLE = ["1", "a", "b"]
OLD = {
    "sound": ([WHOLE, WHOLE], ""),
    "an error": ([WHOLE, ["2", "a", "#N/A"]], "Selesai: 1; blank rows: 0"),
    "a blank": ([["2", "", "b"], WHOLE, ["2", "", ""]], "Mulai: 2, Selesai: 1; blank rows: 0"),
    "a row of errors": ([WHOLE, ["#N/A"] * 3, WHOLE], "-; blank rows: 1"),
    "a total below": ([WHOLE, ["Jumlah", "", "1"]], ""),
}


@pytest.mark.parametrize("case", OLD)
def test_blanks_of_an_old_workbook_that_may_be_errors_are_counted(case: str, tmp_path: Path) -> None:
    rows, counts = OLD[case]
    old_excel(tmp_path / "a.xls", placed(HEAD, *rows))
    found, remarks = read(tmp_path / "a.xls")
    assert len(found) == len(rows)
    said = [remark.en for remark in remarks if remark.code == "old_workbook" and remark.keeps_provisional]
    assert [counts in text for text in said] == [True] * bool(counts)
