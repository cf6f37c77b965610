"""Workbooks made to exhaust or end whoever reads them: each is refused with a message, in whatever spelling."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.workbooks import open_workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Nomor</t></is></c></row>'
BODY = HEAD + "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 30))
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def sheet(body: str, *, before: str = "", after: str = "") -> str:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{after}</worksheet>'


def workbook(
    path: Path, xml: str, *, member: str = "xl/worksheets/a.xml", target: str = "worksheets/a.xml", texts: str = ""
) -> Path:
    """An XLSX of one sheet, written without any library."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{LINKS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="Data" sheetId="1" r:id="a"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{LINKS}/worksheet" Target="{target}"/>'
            f'<Relationship Id="b" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        )
        archive.writestr(member, xml)
        if texts:
            archive.writestr("xl/sharedStrings.xml", texts)
    return path


def open_document(path: Path, rows: str) -> Path:
    names = " ".join(f'xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "table", "text"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<a/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Data">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def rows_of(path: Path) -> list[object]:
    frames = read_rows(RawFile(path, path.name), layout=Layout(format="xlsx"), columns=("Nomor",))
    return [value for frame in frames for value in frame["Nomor"].tolist()]


def marked_as_locked(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), content):
            content[found.start() + place] |= 1
    path.write_bytes(content)
    return path


FAR_CELLS: dict[str, Callable[[Path], Path]] = {
    "as written by Excel": lambda path: workbook(path, sheet(BODY + FAR)),
    "single quotes": lambda path: workbook(path, sheet(BODY + FAR.replace('"', "'"))),
    "spaces": lambda path: workbook(path, sheet(BODY + FAR.replace('="', ' = "'))),
    "lines": lambda path: workbook(path, sheet(BODY + FAR.replace(" r=", "\n\tr="))),
    "small letters": lambda path: workbook(path, sheet(BODY + FAR.replace("XFD", "xfd"))),
    "a mark of text before the place": lambda path: workbook(path, sheet(BODY + FAR.replace("<c ", "<c x='>\"' "))),
    "after a comment with a quote": lambda path: workbook(path, sheet(BODY + "<!-- \" > ' -->" + FAR)),
    "after character data with a tag": lambda path: workbook(path, sheet(BODY + "<![CDATA[<row \"']]>" + FAR)),
    "a prefix": lambda path: workbook(
        path, sheet(BODY + FAR.replace("<", "<x:").replace("<x:/", "</x:"), before="<?a b?>")
    ),
    "another folder": lambda path: workbook(path, sheet(BODY + FAR), member="b/c.bin", target="/b/c.bin"),
    "capitals": lambda path: workbook(path, sheet(BODY + FAR), member="XL/Worksheets/A.XML"),
    "backslashes": lambda path: workbook(path, sheet(BODY + FAR), member="xl\\worksheets\\a.xml"),
    "among the pictures": lambda path: workbook(path, sheet(BODY + FAR), member="xl/media/a.png", target="media/a.png"),
    "the last row there is": lambda path: workbook(path, sheet(BODY + '<row r="4294967295"><c><v>1</v></c></row>')),
    "a column beyond all": lambda path: workbook(path, sheet(BODY + '<row><c r="ZZZZZZZ40"><v>1</v></c></row>')),
    "no places but by counting": lambda path: workbook(
        path, sheet(f"<row>{'<c/>' * 20_000}<c><v>1</v></c></row><row r='400000'/><row><c><v>1</v></c></row>")
    ),
    "one column": lambda path: workbook(path, sheet(BODY + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
}


@pytest.mark.parametrize("how", FAR_CELLS)
def test_a_cell_far_outside_is_refused_however_it_is_written(how: str, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="stray cell"):
        rows_of(FAR_CELLS[how](tmp_path / "a.xlsx"))


def test_rows_and_columns_that_are_only_formatted_are_no_cells(tmp_path: Path) -> None:
    styled = '<row r="1048576" s="1"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"></c></row>'
    assert rows_of(workbook(tmp_path / "a.xlsx", sheet(BODY + styled))) == [str(n) for n in range(2, 30)]


@pytest.mark.parametrize("value", ["<v></v>", "<v/>"])
def test_a_formula_whose_text_is_empty_was_computed(value: str, tmp_path: Path) -> None:
    formula = '<row r="30"><c r="A30"{kind}><f>IF(C30="","","x")</f>{value}</c></row><row r="31"><c><v>31</v></c></row>'
    computed = workbook(tmp_path / "a.xlsx", sheet(BODY + formula.format(kind=' t="str"', value=value)))
    assert rows_of(computed)[-1] == "31"
    with pytest.raises(DataRejected, match="A30 holds a formula never computed"):
        rows_of(workbook(tmp_path / "b.xlsx", sheet(BODY + formula.format(kind="", value=value))))


DAMAGED: dict[str, Callable[[Path], Path]] = {
    "more texts claimed than there are": lambda path: workbook(
        path, sheet(BODY), texts=f"<sst xmlns=\"{MAIN}\" uniqueCount = '4294967295'><si><t>a</t></si></sst>"
    ),
    "a text that is not there": lambda path: workbook(
        path, sheet(BODY + '<row r="40"><c t="s"><v>9</v></c></row>'), texts=f'<sst xmlns="{MAIN}"/>'
    ),
    "a document type": lambda path: workbook(path, sheet(BODY, before='<!DOCTYPE a [<!ENTITY b "c">]>')),
    "a sheet that is not there": lambda path: workbook(path, sheet(BODY), target="../../../etc/passwd"),
    "half a sheet": lambda path: workbook(path, sheet(BODY)[:-600]),
    "an open document without end": lambda path: open_document(
        path, '<table:table-row table:number-rows-repeated="-1"><table:table-cell office:value-type="error"/></table:ta'
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_workbook_is_told_as_such(what: str, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="damaged, cut short"):
        rows_of(DAMAGED[what](tmp_path / "a.xlsx"))


def test_a_zip_marked_as_encrypted_is_told_as_locked(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="locked by a password"):
        rows_of(marked_as_locked(workbook(tmp_path / "a.xlsx", sheet(BODY))))


def test_a_workbook_that_unpacks_to_far_more_than_its_size_is_refused_unread(tmp_path: Path) -> None:
    texts = f'<sst xmlns="{MAIN}"><si><t>{"a" * 120_000_000}</t></si></sst>'
    with pytest.raises(DataRejected, match="too much for its size"):
        rows_of(workbook(tmp_path / "a.xlsx", sheet(BODY), texts=texts))


def test_an_open_document_that_claims_more_than_memory_is_refused_by_a_process_of_its_own(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-cell></table:table-row>'
    with pytest.raises(DataRejected, match=r"far larger than what it holds|damaged"):
        rows_of(open_document(tmp_path / "a.ods", row))


def test_errors_and_what_is_hidden_are_found_in_any_spelling(tmp_path: Path) -> None:
    cells = "<x:c t = 'e'\n r='b3'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c>"
    body = BODY.replace('<row r="5">', "<row hidden = 'true' r='5'>") + f"<x:row r='3'>{cells}</x:row>"
    columns = "<cols><col max='3' min = '2' hidden='1'/><col min='9' max='9'/></cols>"
    path = workbook(tmp_path / "a.xlsx", sheet(body).replace("<sheetData>", f"{columns}<sheetData>"))
    marks = open_workbook(RawFile(path, path.name)).marks
    assert marks is not None
    found = marks["Data"]
    assert (found.errors, found.hidden_rows, found.hidden_columns) == ({3: {1: "#DIV/0!"}}, {5}, {2, 3})
