"""Workbook, CSV and JSON: the same numbers as everywhere, typed, described, and never a formula."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from csvw import CSVW

from pipeline.language import Language
from pipeline.report.csvw import METADATA, csvw, neutral
from pipeline.report.document import Document
from pipeline.report.export import export
from pipeline.report.sheets import COLUMNS, SHEETS, sheets
from pipeline.report.unseen import visible
from pipeline.report.xlsx import DICTIONARY, README, SHEET_NAMES, xlsx
from tests.report.views import FILE, HOSTILE, city_view

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = Document(city_view(), "2025", Language("en"))


def joined(document: Document) -> bytes:
    return b"".join(content for _, content in csvw(document))


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx(DOCUMENT)))


def rows_of(book: openpyxl.Workbook, name: str) -> list[dict[str, object]]:
    headings, *rows = book[SHEET_NAMES[name]].iter_rows(values_only=True)
    assert list(headings) == [COLUMNS[column][1] for column in SHEETS[name].columns]
    return [dict(zip(SHEETS[name].columns, row, strict=True)) for row in rows]


def test_the_workbook_has_a_sheet_for_each_table_a_readme_and_a_dictionary(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [README, *(SHEET_NAMES[name] for name in SHEETS), DICTIONARY]
    for name in SHEETS:
        sheet = book[SHEET_NAMES[name]]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
    described = [row[2] for row in book[DICTIONARY].iter_rows(min_row=2, values_only=True)]
    assert described == [column for one in SHEETS.values() for column in one.columns]


def test_cells_have_their_types_and_no_text_is_a_formula(book: openpyxl.Workbook) -> None:
    first, *_, last = rows_of(book, "results")
    assert (first["value"], first["population_count"]) == (1234.5, 413_000)
    assert first["population_on"] == datetime(2025, 12, 31)
    # On the clock of Jayapura, nine hours ahead.
    assert first["computed_at"] == datetime(2026, 1, 12, 12, 4, 5)
    assert {row["computed_at"] for row in rows_of(book, "years")} == {first["computed_at"]}
    assert (last["value"], last["status"], last["reasons"]) == (None, "not_computable", "no data; 0 % is covered")
    assert {row["member"] for row in rows_of(book, "breakdowns")} == {visible(name) for name in HOSTILE}
    assert rows_of(book, "sources")[0]["file"] == FILE.name
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b"}
    assert [cell for cell in cells if cell.hyperlink] == []


def test_pandas_reads_the_same_numbers() -> None:
    frame = pd.read_excel(io.BytesIO(xlsx(DOCUMENT)), sheet_name=SHEET_NAMES["results"])
    assert frame["Value"].dtype == "float64"
    assert frame["Value"].tolist()[:3] == [1234.5, 56.6, 2.5]
    assert str(frame["Computed at"].dtype).startswith("datetime64")


def test_every_table_of_values_tells_their_status() -> None:
    of_values = [sheet for sheet in sheets(DOCUMENT) if "value" in sheet.columns]
    assert len(of_values) == 6
    for sheet in (one for one in of_values if one.name != "versions"):
        places = [sheet.columns.index(name) for name in ("indicator_id", "period", "status")]
        told = {tuple(row[place] for place in places) for row in sheet.rows}
        of_2025 = {(name, status) for name, period, status in told if period == "2025"}
        expected = {(one.indicator_id, one.status) for one in DOCUMENT.results}
        assert of_2025 <= expected, sheet.name
    before = next(sheet for sheet in sheets(DOCUMENT) if sheet.name == "results")
    assert {row[before.columns.index("status_year_before")] for row in before.rows} == {"final"}


def test_a_provisional_value_carries_its_reasons_in_every_table_that_shows_it() -> None:
    for sheet in sheets(DOCUMENT):
        if {"value", "status", "reasons"} <= set(sheet.columns):
            place = {name: sheet.columns.index(name) for name in ("status", "reasons")}
            bare = [row for row in sheet.rows if row[place["status"]] != "final" and not row[place["reasons"]]]
            assert bare == []


def test_csv_is_read_back_whole_by_its_description(tmp_path: Path) -> None:
    for name, content in csvw(DOCUMENT):
        (tmp_path / name).write_bytes(content)
    read = CSVW(str(tmp_path / METADATA), validate=True)
    assert read.is_valid, read.warnings
    for table, sheet in zip(read.t.tables, sheets(DOCUMENT), strict=True):
        assert table.check_primary_key() in (None, True)
        rows = [dict(row) for row in table]
        assert [list(row.values()) for row in rows] == [
            [_plain(cell, sheet.columns[place]) for place, cell in enumerate(row)] for row in sheet.rows
        ]


def _plain(cell: object, column: str) -> object:
    """A cell as the description says that it is read."""
    if isinstance(cell, str):
        return neutral(visible(cell)) or None
    if type(cell) is date:
        return datetime(cell.year, cell.month, cell.day)
    return float(cell) if isinstance(cell, int) and COLUMNS[column][0] == "number" else cell


@pytest.mark.parametrize("text", ["=1+1", "+62", "-1", "@SUM", "\t=1", "\r=1", "＝1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_neutral_in_csv(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert neutral(f"a{text}") == f"a{text}"


def test_json_tells_all_that_show_tells_and_more() -> None:
    told = json.loads(export(DOCUMENT))
    held = told["results"][2]
    assert (held["value"], held["status"], held["reasons"][0]["en"]) == (2.5, "provisional", "3 inquiries are open")
    assert held["target"]["target_value"] == 3.0
    assert held["files"][0]["sha256"] == FILE.sha256
    assert held["breakdowns"]["agency"][0]["member"] == HOSTILE[0]
    assert len(held["answers"]) == 5


@pytest.mark.parametrize("writer", [xlsx, joined, export])
def test_another_process_writes_the_same_bytes(writer: Callable[[Document], bytes]) -> None:
    script = (
        "import hashlib; from tests.report import test_report_tables as t; "
        f"print(hashlib.sha256(t.{writer.__name__}(t.DOCUMENT)).hexdigest())"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == hashlib.sha256(writer(DOCUMENT)).hexdigest()


def test_every_column_is_used_and_dates_are_days() -> None:
    assert set(COLUMNS) == {column for one in SHEETS.values() for column in one.columns}
    assert any(type(cell) is date for sheet in sheets(DOCUMENT) for row in sheet.rows for cell in row)
