"""Tables as offices lay them out in workbooks and CSV: what is no record is left out by name, never read wrongly."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged, TolokError
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.clean.durations import parse_durations
from pipeline.clean.reading import Reading
from pipeline.landing import is_left_behind

HEAD: list[object] = ["No", "Layanan", "OPD"]
Sheets = dict[str, list[list[object]]]


def read(
    folder: Path, sheets: Sheets, columns: tuple[str, ...], *, hidden: str = "", merge: str = "", **layout: Any
) -> tuple[list[tuple[object, ...]], list[Remark]]:
    """Row number, problem and cells of each row, and what was remarked."""
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if merge:
            sheet.merge_cells(merge)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    book.save(folder / "a.xlsx")
    return read_again(folder, columns, **layout)


def read_again(folder: Path, columns: tuple[str, ...], **layout: Any) -> tuple[list[tuple[object, ...]], list[Remark]]:
    """The same of the workbook that is there."""
    remarks: list[Remark] = []
    file = RawFile(folder / "a.xlsx", "a.xlsx", on_remark=remarks.append)
    frames = list(read_rows(file, layout=Layout(format="xlsx", **layout), columns=columns))
    return [tuple(row) for frame in frames for row in frame.astype(object).fillna("").to_numpy().tolist()], remarks


ROW: list[object] = [1, "Izin", "Dinkes"]
LAYOUTS: dict[str, tuple[list[list[object]], dict[str, Any], list[tuple[object, ...]]]] = {
    "errors": ([HEAD, [1, "#REF!", "#N/A"]], {}, [(2, "", "#REF!", "#N/A")]),
    "column numbers": ([HEAD, ["(1)", "(2)", "(3)"], ROW], {}, [(2, "column_numbers", "", ""), (3, "", *ROW[1:])]),
    "a total": ([HEAD, ROW, ["Jumlah", 1, None]], {}, [(2, "", *ROW[1:]), (3, "grand_total", "", "")]),
    "a signature": (
        [HEAD, ROW, [None], [None, None, "Kepala Dinas"]],
        {},
        [(2, "", *ROW[1:]), (3, "blank_row", "", ""), (4, "below_table", "", "")],
    ),
    "a record after a blank row": (
        [HEAD, ROW, [None], ROW],
        {},
        [(2, "", *ROW[1:]), (3, "blank_row", "", ""), (4, "", *ROW[1:])],
    ),
    "a declared end": (
        [HEAD, ROW, ["Catatan", "a", "b"], ROW],
        {"ends_at": "Catatan"},
        [(2, "", *ROW[1:]), (3, "below_table", "", ""), (4, "below_table", "", "")],
    ),
    "a header in another column": (
        [["Rekap"], ["x", *HEAD], ["", *ROW]],
        {"header_starts_with": "No"},
        [(3, "", *ROW[1:])],
    ),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_rows_of_a_table_and_what_stands_around_them(case: str, tmp_path: Path) -> None:
    rows, layout, expected = LAYOUTS[case]
    found, remarks = read(tmp_path, {"Data": rows}, ("Layanan", "OPD"), **layout)
    assert found == expected
    codes = {"a total": "below_table", "a signature": "below_table", "a declared end": "records_below_end"}
    assert [remark.code for remark in remarks] == [code for name, code in codes.items() if name == case]


def test_a_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    rows: list[list[object]] = [["No", "Waktu", None], [None, "Mulai", "Selesai"], [1, "a", "b"]]
    found, _ = read(tmp_path, {"Data": rows}, ("No", "Waktu / Mulai", "Waktu / Selesai"), header_rows=2)
    assert found == [(3, "", "1", "a", "b")]


def test_a_cell_merged_over_rows_is_filled_down_only_when_declared(tmp_path: Path) -> None:
    sheets: Sheets = {"Data": [HEAD, [1, "a", "Dinkes"], [2, "b", None], [3, "c", None]]}
    found, _ = read(tmp_path, sheets, ("Layanan", "OPD"), merge="C2:C3", fill_down=("OPD",))
    assert [row[3] for row in found] == ["Dinkes", "Dinkes", ""]
    with pytest.raises(SourceChanged, match="fill_down"):
        read(tmp_path, sheets, ("Layanan", "OPD"), merge="C2:C3")


MONTHS: Sheets = {"Januari": [["x"], [1]], "Februari": [["x"], [2]], "Arti": [["y"], [9]], "Kosong": []}


@pytest.mark.parametrize("sheet", ["*ari", ["Januari", "Februari"]])
def test_declared_sheets_are_read_one_after_the_other(sheet: object, tmp_path: Path) -> None:
    found, remarks = read(tmp_path, MONTHS, ("x", "@sheet"), sheet=sheet)
    assert found == [(2, "", "1", "Januari"), (10_000_002, "", "2", "Februari")]
    assert "Kosong (empty); Arti (not named in 'sheet')" in remarks[0].en
    assert not remarks[0].keeps_provisional


def test_of_several_sheets_with_data_none_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="Januari, Februari, Arti"):
        read(tmp_path, MONTHS, ("x",))


def test_the_only_visible_sheet_is_read(tmp_path: Path) -> None:
    found, remarks = read(tmp_path, {"Ref": [["y"], [9]], "Data": [["x"], [1]]}, ("x",), hidden="Ref")
    assert found == [(2, "", "1")]
    assert "Ref" in remarks[0].id


@pytest.mark.parametrize(("content", "is_read"), [("sep=;\r\na;b\r\n1;2\r\n", True), ("sep=|\r\na|b\r\n", False)])
def test_the_separator_line_of_excel_is_obeyed_or_named(content: str, is_read: bool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(content, "utf-16")
    layout, file = Layout(format="csv", delimiter=";"), RawFile(tmp_path / "a.csv", "a.csv")
    if is_read:
        frame = next(read_rows(file, layout=layout, columns=("b",)))
        assert frame[["source_row", "b"]].to_numpy().tolist() == [[3, "2"]]
        return
    with pytest.raises(TolokError, match=r'delimiter: "\|"'):
        next(read_rows(file, layout=layout, columns=("b",)))


@pytest.mark.parametrize("name", ["~$a.xlsx", ".~lock.a.xlsx#", ".DS_Store", "Thumbs.db", "desktop.ini"])
def test_what_programs_leave_in_a_folder_is_no_export(name: str) -> None:
    assert is_left_behind(Path(name))
    assert not is_left_behind(Path("gangguan.xlsx"))


@pytest.mark.parametrize("how", ["by hand", "by a filter", "grouped"])
def test_hidden_rows_are_read_and_said_and_keep_the_result_provisional(how: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEAD, ROW, [2, "KTP", "Dukcapil"], ["Jumlah", 2, None]):
        sheet.append(row)
    if how == "by a filter":
        sheet.auto_filter.ref = "A1:C3"
        sheet.auto_filter.add_filter_column(2, ["Dinkes"])
    sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[3].outlineLevel = int(how == "grouped")
    sheet.column_dimensions["B"].hidden = True
    book.save(tmp_path / "a.xlsx")
    found, remarks = read_again(tmp_path, ("Layanan", "OPD"))
    assert [row[2] for row in found] == ["Izin", "KTP", ""]
    assert {remark.code: remark.keeps_provisional for remark in remarks} == {
        **{"hidden_columns": False, "below_table": False, "hidden_rows": True}
    }
    assert [remark.en for remark in remarks if remark.code != "below_table"] == [
        "a.xlsx [Sheet]: hidden columns are read: Layanan.",
        "a.xlsx [Sheet]: 1 hidden row is read (by hand or by a filter), from row 3. Show all rows, delete what "
        "does not count, and save again.",
    ]


def test_what_is_hidden_outside_the_records_is_not_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Rekap"], [], HEAD, ROW):
        book.worksheets[0].append(row)
    book.worksheets[0].row_dimensions[2].hidden = book.worksheets[0].row_dimensions[9].hidden = True
    book.worksheets[0].column_dimensions.group("F", "H", hidden=True)
    book.save(tmp_path / "a.xlsx")
    assert read_again(tmp_path, ("Layanan",), header_starts_with="No")[1] == []


def test_a_header_merged_over_rows_is_told_from_cells_merged_over_records(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Layanan", "Waktu", None], [None, "Mulai", "Selesai"], ["Izin", "a", "b"]]
    with pytest.raises(SourceChanged, match="header_rows: 2"):
        read(tmp_path, {"Data": rows}, ("Layanan", "Waktu"), merge="A1:A2")
    assert read(tmp_path, {"Data": rows}, ("Layanan",), merge="A1:A2", header_rows=2)[0] == [(3, "", "Izin")]


@pytest.mark.parametrize("unit", ["clock", "minutes", "words"])
def test_spans_typed_in_a_workbook_are_read_under_every_unit(unit: str, tmp_path: Path) -> None:
    rows: list[list[object]] = [["Lama"], [timedelta(hours=26, minutes=30)], [timedelta(minutes=90)], [time(2, 30)]]
    found, _ = read(tmp_path, {"Data": rows}, ("Lama",))
    parsed = parse_durations(pd.Series([row[2] for row in found], dtype="str"), unit=unit, reading=Reading())
    assert (parsed.values.dt.total_seconds() / 60).tolist() == [1590, 90, 150]


UNREAD: dict[str, tuple[str, str, dict[str, Any], list[tuple[str, bool]]]] = {
    "hidden": ("Des", "Des", {"sheet": "*"}, [("unread_tables", True)]),
    "misspelt": ("Lai Des", "", {"sheet": "Lain *"}, [("unread_tables", True)]),
    "hidden, none declared": ("Des", "Des", {}, [("unread_tables", True)]),
    "named one by one": ("Des", "", {"sheet": "Lain Jan"}, [("unread_sheets", False)]),
}


@pytest.mark.parametrize("case", UNREAD)
def test_a_sheet_with_the_same_header_that_is_not_read_keeps_provisional(case: str, tmp_path: Path) -> None:
    name, hidden, layout, expected = UNREAD[case]
    sheets: Sheets = {"Lain Jan": [HEAD, ROW], name: [["Rekap"], [*HEAD, "x"], ROW]}
    remarks = read(tmp_path, sheets, ("Layanan", "OPD"), hidden=hidden, **layout)[1]
    assert [(remark.code, remark.keeps_provisional) for remark in remarks] == expected


def test_a_note_beside_a_table_is_told_by_sheet_row_and_cell(tmp_path: Path) -> None:
    rows, remarks = read(tmp_path, {"Data": [HEAD, ROW, [*ROW, None, "cek lagi"], ROW]}, ("No", "OPD"))
    assert [problem for _, problem, *_ in rows] == ["", "wrong_field_count", ""]
    (said,) = [remark for remark in remarks if remark.code == "cells_beside_table"]
    assert "a.xlsx [Data]: 1 row is quarantined" in said.en
    assert "cell E3" in said.en


OTHER: list[object] = ["Kode.", "Nama", "Unit"]
BESIDE: dict[str, tuple[list[list[object]], bool]] = {
    "right": ([[*HEAD, None, *OTHER], *[[*ROW, None, 2, "KTP", "Capil"]] * 4], True),
    "left": ([[*OTHER, None, *HEAD], *[[2, "KTP", "Capil", None, *ROW]] * 4], True),
    "half of the rows": ([[*HEAD, None, *OTHER], *[[*ROW, None, 2, "KTP", "Capil"], ROW] * 2], True),
    "a legend": ([[*HEAD, None, *OTHER], [*ROW, None, 2, "KTP", "Capil"], ROW, ROW], False),
    "two columns": ([[*HEAD, None, *OTHER[:2]], *[[*ROW, None, 2, "KTP"]] * 4], False),
    "two cells of three": ([[*HEAD, None, *OTHER], *[[*ROW, None, 2, "KTP", None]] * 4], False),
    "no empty column": ([[*HEAD, *OTHER], *[[*ROW, 2, "KTP", "Capil"]] * 4], False),
    "a nameless column": ([[*HEAD, None, *OTHER], [*ROW, "x"], *[[*ROW, None, 2, "KTP", "Capil"]] * 4], False),
    "columns apart": ([["Layanan", None, *OTHER, None, "OPD"], *[["Izin", None, 2, "a", "b", None, "D"]] * 4], False),
}


@pytest.mark.parametrize("case", BESIDE)
def test_a_second_table_beside_the_one_that_is_read_keeps_provisional(case: str, tmp_path: Path) -> None:
    rows, is_table = BESIDE[case]
    remarks = read(tmp_path, {"Data": rows}, ("Layanan", "OPD"))[1]
    said = [remark for remark in remarks if remark.code == "table_beside"]
    assert [remark.keeps_provisional for remark in said] == [True] * is_table
    assert all(f"cell {'A2' if case == 'left' else 'E2'} on" in remark.en for remark in said)


def test_a_formula_in_a_column_not_read_is_not_named_where_a_note_beside_the_table_is_the_cause(tmp_path: Path) -> None:
    formulas = [[*ROW, f"=A{n}*2", *(["catatan"] if n == 4 else [])] for n in range(2, 7)]
    rows, remarks = read(tmp_path, {"Data": [[*HEAD, "Lama"], *formulas]}, ("No", "OPD"))
    assert [problem for _, problem, *_ in rows].count("wrong_field_count") == 1
    assert "cell E4" in next(remark.en for remark in remarks if remark.code == "cells_beside_table")
    assert "cell D2" in next(remark.en for remark in remarks if remark.code == "uncomputed_unread")


def test_of_several_sheets_the_one_with_the_mapped_columns_is_proposed(tmp_path: Path) -> None:
    summary: list[list[object]] = [["Rekap 2025"], ["Layanan", "Jumlah"], ["Izin", 4]]
    with pytest.raises(DataRejected, match='One sheet alone has the mapped columns: write sheet: "Data"'):
        read(tmp_path, {"Rekap": summary, "Data": [HEAD, ROW]}, ("No", "OPD"))
    with pytest.raises(DataRejected, match=r'sheet: \["Jan", "Feb"\] for several'):
        read(tmp_path, {"Rekap": summary, "Jan": [HEAD, ROW], "Feb": [HEAD, ROW]}, ("No", "OPD"))


def test_sheets_that_are_not_read_are_told_by_why(tmp_path: Path) -> None:
    sheets: Sheets = {"Data": [HEAD, ROW], "Lama": [["x"]], "Kosong": [], "Bekas": [["y"]]}
    _, remarks = read(tmp_path, sheets, ("No", "OPD"), hidden="Lama", sheet=("Data",))
    (said,) = [remark.en for remark in remarks if remark.code == "unread_sheets"]
    assert said == "a.xlsx: sheets not read: Lama (hidden); Kosong (empty); Bekas (not named in 'sheet')."


def test_a_sheet_that_reaches_too_far_is_not_called_empty(tmp_path: Path) -> None:
    sheets: Sheets = {"Data": [HEAD, ROW], "Sampah": [["y"]]}
    read(tmp_path, sheets, ("No", "OPD"), sheet=("Data",))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["Sampah"]["XFD1048576"] = "z"
    book.save(tmp_path / "a.xlsx")
    _, remarks = read_again(tmp_path, ("No", "OPD"), sheet=("Data",))
    assert [remark.code for remark in remarks] == ["stray_cell_unread"]
