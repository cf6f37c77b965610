"""Of a workbook what is read is judged; a stray or uncomputed cell elsewhere is remarked by its sheet and name."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.draft.layouts import find_layout

HEAD = ("Nomor", "Kanal", "Lama")
ROWS = [(n, "Web", n) for n in range(1, 6)]
FAR = (1_048_576, 16_384)


def book(path: Path, **cells: dict[str, object]) -> Path:
    """A workbook with the table on the sheet `Data`, and a few cells changed or added on it and on other sheets."""
    made = openpyxl.Workbook()
    made.active.title = "Data"  # type: ignore[union-attr]
    for row in (HEAD, *ROWS):
        made["Data"].append(row)
    for name, changed in cells.items():
        sheet = made[name] if name in made.sheetnames else made.create_sheet(name)
        for cell, value in changed.items():
            sheet[cell] = value
    made.save(path)
    return path


def read(path: Path, columns: tuple[str, ...] = ("Nomor",), **settings: object) -> tuple[list[object], list[Remark]]:
    said: list[Remark] = []
    file = RawFile(path, path.name, on_remark=said.append)
    frames = read_rows(file, layout=Layout(format="xlsx", **settings), columns=columns)
    return [value for frame in frames for value in frame[columns[-1]].tolist()], said


def of_code(said: list[Remark], code: str) -> Remark:
    (found,) = [one for one in said if one.code == code]
    return found


NUMBERS = [str(n) for n, *_ in ROWS]


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "XFD9999"])
def test_a_stray_cell_on_a_sheet_not_read_is_remarked_by_name(cell: str, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Rekap={"A1": "Total", cell: 1})
    numbers, said = read(path, sheet="Data")
    assert numbers == NUMBERS
    remark = of_code(said, "stray_cell_unread")
    assert "'Rekap'" in remark.en
    assert cell in remark.en
    assert not remark.keeps_provisional


def test_a_hidden_sheet_with_a_stray_cell_may_hold_the_table_unless_the_sheets_are_named(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Rekap={"A1": "Nomor", "XFD1048576": 1})
    made = openpyxl.load_workbook(path)
    made["Rekap"].sheet_state = "hidden"
    made.save(path)
    numbers, said = read(path)
    assert numbers == NUMBERS
    assert of_code(said, "stray_cell_unread").keeps_provisional


def test_a_stray_cell_on_the_sheet_read_is_refused_by_sheet_and_cell(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Data={"A1048576": 1, "XFD3": 1})
    with pytest.raises(DataRejected, match=r"\[Data\].*1,048,576 rows x 16,384 columns.*: A1048576, XFD3\."):
        read(path)


def test_two_sheets_with_data_are_asked_about_though_one_reaches_too_far(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Rekap={"XFD1048576": 1})
    with pytest.raises(DataRejected, match="more than one sheet holds data: Data, Rekap"):
        read(path)


def test_a_sheet_is_not_offered_for_a_missing_column_when_it_reaches_too_far(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Rekap={"A1": "Lain", "XFD1048576": 1})
    with pytest.raises(DataRejected, match="missing columns: Lain"):
        read(path, ("Lain",), sheet="Data")


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"Rekap": {"B2": "=1+1"}}, "[Rekap]: cell B2"),
        ({"Data": {"C4": "=A4*2"}}, "[Data]: cell C4"),
        ({"Data": {"C2": "=1", "C3": "=1", "C4": "=1", "C5": "=1", "C6": "=1"}}, "[Data]: cell C2"),
        ({"Data": {"A8": "Jumlah", "C8": "=SUM(C2:C6)"}}, "[Data]: cell C8"),
        ({"Data": {"E1": "=TODAY()"}}, "[Data]: cell E1"),
    ],
)
def test_a_formula_never_computed_that_is_not_read_is_remarked(
    cells: dict[str, dict[str, object]], where: str, tmp_path: Path
) -> None:
    numbers, said = read(book(tmp_path / "a.xlsx", **cells), sheet="Data")
    assert [one for one in numbers if isinstance(one, str)] == NUMBERS
    remark = of_code(said, "uncomputed_unread")
    assert where in remark.en
    assert not remark.keeps_provisional


@pytest.mark.parametrize(
    ("cells", "cell"),
    [
        ({"A3": "=1+1"}, "A3"),
        ({"A7": "=A6+1"}, "A7"),
        ({"A5": None, "B5": "=1", "C5": "x"}, "B5"),  # the row may name a group, or be a record
    ],
)
def test_a_formula_never_computed_that_is_read_is_refused_by_sheet_and_cell(
    cells: dict[str, object], cell: str, tmp_path: Path
) -> None:
    path = book(tmp_path / "a.xlsx", Data=cells)
    with pytest.raises(DataRejected, match=rf"\[Data\]: cell {cell} holds a formula never computed"):
        read(path)


def test_a_formula_in_a_total_is_not_read_in_its_own_column(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Data={"A8": "Jumlah", "C8": "=SUM(C2:C6)"})
    values, said = read(path, ("Nomor", "Lama"))
    assert [one for one in values if isinstance(one, str)] == NUMBERS
    assert "C8" in of_code(said, "uncomputed_unread").en


def test_a_draft_leaves_out_a_sheet_that_reaches_too_far_and_tells_of_a_formula(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Data={"C4": "=A4*2"}, Rekap={"XFD1048576": 1})
    found = find_layout(RawFile(path, path.name))
    assert found.header == HEAD
    assert any("C4" in text for text in found.evidence)
