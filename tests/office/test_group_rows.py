"""Rows that name a group fill a column of the rows below them; none is taken for a record."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from connectors.errors import SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark
from tests.office.offices import computed_from

HEAD = ["No", "Layanan", "Status"]
IZIN, PAJAK = ["1", "Izin", "ya"], ["2", "Pajak", "tidak"]
Read = tuple[list[tuple[object, ...]], list[Remark]]


def read(folder: Path, rows: list[list[str]], kind: str, **layout: str | None) -> Read:
    """Row number, problem, group and service of each row, and what was remarked."""
    path, remarks = folder / f"a.{kind}", list[Remark]()
    if kind == "csv":
        path.write_text("\n".join(map(",".join, [HEAD, *rows])), "utf-8")
    else:
        book = openpyxl.Workbook()
        for number, row in enumerate([HEAD, *rows], start=1):
            book.worksheets[0].append([cell or None for cell in row])
            if row[1:] == ["", ""] and row[0]:
                book.worksheets[0].merge_cells(start_row=number, end_row=number, start_column=1, end_column=3)
        book.save(path)
    wanted = Layout.model_validate({"format": kind, "group_rows": "Dinas", **layout})
    frames = read_rows(
        RawFile(path, path.name, on_remark=remarks.append),
        layout=wanted,
        columns=("Layanan", wanted.group_rows, "Status") if wanted.group_rows else ("Layanan", "Status"),
    )
    columns = ["source_row", "reader_problem", "Dinas", "Layanan"]
    return [
        tuple(row) for f in frames for row in f.reindex(columns=columns).astype(object).fillna("").to_numpy().tolist()
    ], remarks


CASES: dict[str, tuple[list[list[str]], list[tuple[object, ...]], list[str]]] = {
    "groups": (
        [["Dinkes", "", ""], IZIN, ["", "", ""], ["", "Bapenda", ""], PAJAK],
        [(2, "group_row"), (3, "Dinkes", "Izin"), (4, "blank_row"), (5, "group_row"), (6, "Bapenda", "Pajak")],
        [],
    ),
    "records above the first": (
        [IZIN, ["D", "", ""], PAJAK],
        [(2, "", "Izin"), (3, "group_row"), (4, "D", "Pajak")],
        ["rows_without_group"],
    ),
    "a total and a note below": (
        [["D", "", ""], IZIN, ["Jumlah", "", ""], ["Sumber: x", "", ""]],
        [(2, "group_row"), (3, "D", "Izin"), (4, "grand_total"), (5, "below_table")],
        ["below_table"],
    ),
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("case", CASES)
def test_a_group_row_fills_the_rows_below_it(case: str, kind: str, tmp_path: Path) -> None:
    rows, expected, codes = CASES[case]
    found, remarks = read(tmp_path, rows, kind)
    whole = [(one[0], "", *one[1:]) if len(one) == 3 else (*one, "", "") for one in expected]
    assert found == whole
    assert [remark.code for remark in remarks] == codes


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_without_groups_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="no group row"):
        read(tmp_path, [IZIN, PAJAK], kind)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_group_rows_named_as_a_column_that_is_there_are_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="Give it another name"):
        read(tmp_path, [["D", "", ""], IZIN], kind, group_rows="No")


def test_services_below_their_agency_are_broken_down_by_it(tmp_path: Path) -> None:
    lines = ["No,Layanan,Daring", "Dinkes,,", "1,Izin,ya", "2,Rujukan,tidak", "Bapenda,,", "3,Pajak,ya"]
    answers = {"ya": "true", "tidak": "false"}
    columns = {
        **{"service_id": "No", "name": "Layanan", "agency": "Dinas"},
        **{name: {"column": "Daring", "values": answers} for name in ("is_accessible_online", "is_requestable_online")},
    }
    result = computed_from(tmp_path, lines, {"table": "services", "group_rows": "Dinas", "columns": columns})
    found = result["online_services"]
    assert (found.headline.numerator, found.headline.denominator) == (2, 3)
    assert found.rows.excluded == {"group_row": 2}
    assert {"Dinkes", "Bapenda"} <= {part.member for part in found.breakdowns if part.dimension == "agency"}


ALONE = {
    "a text": ("Dinkes", "undeclared_group_row", True),
    "a number": ("3", "", False),
    "a total": ("Total", "", False),
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("ends_at", [None, "Catatan"])
@pytest.mark.parametrize("case", ALONE)
def test_undeclared_group_rows_are_quarantined_and_said(
    case: str, ends_at: str | None, kind: str, tmp_path: Path
) -> None:
    text, problem, is_said = ALONE[case]
    found, remarks = read(tmp_path, [IZIN, ["", text, ""], PAJAK], kind, group_rows=None, ends_at=ends_at)
    assert [row[1] for row in found] == ["", problem, ""]
    assert [remark.keeps_provisional for remark in remarks if "write group_rows" in remark.en] == [True] * is_said
