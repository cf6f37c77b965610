"""A header that is not where the settings say is looked for, and the message says what to write to have it found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.errors import SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile

COLUMNS = ("Nomor", "Mulai")


def refusal(path: Path, columns: tuple[str, ...] = COLUMNS, **layout: Any) -> str:
    with pytest.raises(SourceChanged) as caught:
        list(read_rows(RawFile(path, path.name), layout=Layout(**layout), columns=columns))
    assert ("tulis " in caught.value.id) == ("write " in caught.value.en)
    return caught.value.en


TEXTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "below a letterhead": ("DINAS\n\nNomor,Mulai\n1,2\n", {}, 'Row 3 has 2 of the 2 columns'),
    "one column renamed": ("DINAS\nNo,Nomor,Mulai,x\n", {"header_starts_with": "ID"}, 'header_starts_with: "No".'),
    "another delimiter": ("Nomor;Mulai\n1;2\n", {}, 'starts_with: "Nomor", delimiter: ";"'),
    "tabs": ("DINAS\nNomor\tMulai\n", {"delimiter": ";"}, 'header_starts_with: "Nomor", delimiter: "tab"'),
    "a phone number before it": ("a\n081234567890,Nomor,Mulai\n", {}, 'header_starts_with: "***"'),
    "in the header alone": ("Nomor,Selesai\nNomor,Selesai\n", {}, "looks wrong."),
    "twice in the header": ("Nomor,Mulai,Mulai\nNomor,Mulai,x\n", {}, "written twice"),
    "nowhere": ("DINAS\nNomor,Selesai\n1,2\n", {}, "looks wrong."),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_the_row_and_delimiter_of_the_header_are_told(case: str, tmp_path: Path) -> None:
    text, layout, words = TEXTS[case]
    (tmp_path / "a.csv").write_text(text, "utf-8")
    said = refusal(tmp_path / "a.csv", format="csv", **layout)
    assert words in said
    assert ("columns looked for" in said) == (words not in ("looks wrong.", "written twice"))


@pytest.mark.parametrize(("sheet", "words"), [
    ("Rekap", "That header is on the sheet 'Data', 'Arsip': write sheet: \"Data\"."),
    ("Data", 'header_starts_with: "No". That header is on the sheet \'Arsip\''),
])  # fmt: skip
def test_other_sheets_with_the_header_are_named(sheet: str, words: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Rekap"
    book["Rekap"].append(["Jumlah", 3])
    for name in ("Data", "Arsip"):
        for row in (["DINAS"], ["No", "Nomor", "Mulai\nwaktu"], [1, 2, 3]):
            book.create_sheet(name) if name not in book.sheetnames else None
            book[name].append(row)
    book["Arsip"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    columns = ("Nomor", "Mulai waktu")
    assert words in refusal(tmp_path / "a.xlsx", columns, format="xlsx", sheet=sheet)
