"""Sheets come out cell by cell as they were typed, wherever they start, and what would cost too much is refused."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import files, xlsx_marks
from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from tests.connectors.test_files import rows_of, workbook

SHEET = "xl/worksheets/sheet1.xml"
WORDS = st.text("ab 1.,-:/é\xa0", max_size=8)
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
# openpyxl writes sixteen digits of a number.
NUMBERS = st.integers(-(10**12), 10**12) | st.integers(-(10**12), 10**12).map(lambda number: number / 1000)
CELLS = st.none() | WORDS | st.booleans() | NUMBERS | MOMENTS | MOMENTS.map(datetime.date)


def expected(cell: object) -> str:
    """A cell as text by the rules, one by one."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        number = float(cell)
        return str(int(number)) if number.is_integer() else f"{number!r}e0"
    if isinstance(cell, datetime):
        return f"{cell.isoformat()}\x01"
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00\x01"
    return str(cell).replace("\xa0", " ").strip()


def altered(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with the text of its first sheet changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before, parts[SHEET] = parts[SHEET], change(parts[SHEET])
    assert parts[SHEET] != before
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def prefixed(xml: bytes) -> bytes:
    """As the writers of .NET put it: every element with the prefix `x`."""
    return re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")


def place_last(xml: bytes) -> bytes:
    """As some writers put it: the style of a cell before its place."""
    return re.sub(rb'<c (r="[A-Z]+\d+")([^>/]*)', rb'<c s="0"\2 \1', xml)


def stray(xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>')


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    left=st.integers(0, 3),
    above=st.integers(0, 3),
    chunk_rows=st.integers(1, 5),
)
def test_every_cell_comes_out_by_its_type_wherever_the_table_starts(
    rows: list[tuple[object, ...]], left: int, above: int, chunk_rows: int
) -> None:
    book = openpyxl.Workbook()
    table = [("p", "q", "r"), *rows]
    for down, row in enumerate(table, above + 1):
        for right, cell in enumerate(row, left + 1):
            book.active.cell(down, right, cell)  # type: ignore[union-attr]
    layout = Layout(format="xlsx", skip_rows=above, names=(*(f"left{n}" for n in range(left)), "p", "q", "r"))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK_ROWS", chunk_rows)
        book.save(Path(folder) / "a.xlsx")
        chunks = list(read_rows(RawFile(Path(folder) / "a.xlsx", "a"), layout=layout, columns=("r", "p")))
    frame = pd.concat(chunks, ignore_index=True)
    assert [len(chunk) for chunk in chunks[:-1]] == [chunk_rows] * (len(chunks) - 1)
    told = [[expected(cell) for cell in row] for row in table]
    while not any(told[-1]) and len(told) > len(frame):
        told.pop()  # nothing was ever typed there
    assert frame["source_row"].tolist() == list(range(above + 1, above + 1 + len(told)))
    problems = ["blank_row" if not any(row) else "undeclared_group_row" * is_alone(row) for row in told]
    assert frame["reader_problem"].fillna("").tolist() == problems
    sound = [["", ""] if problem else [row[2], row[0]] for row, problem in zip(told, problems, strict=True)]
    assert frame[["r", "p"]].fillna("").to_numpy().tolist() == sound


def is_alone(row: list[str]) -> bool:
    """Whether a row of three cells has one filled, and that with no number."""
    filled = [text for text in row if text]
    return len(filled) == 1 and not filled[0][0].isdigit()


def test_times_of_day_and_spans_come_out_as_python_writes_them(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["x"], [time(7, 5)], [timedelta(days=1, hours=6)]])
    assert rows_of(path, ("x",), format="xlsx")["x"].tolist() == ["07:05:00\x01", "1 day, 6:00:00\x01"]


def test_a_space_that_does_not_break_is_a_space(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["x"], ["\xa0Jl.\xa0Merdeka "]])
    assert rows_of(path, ("x",), format="xlsx")["x"].tolist() == ["Jl. Merdeka"]


def test_a_row_is_not_blank_when_only_a_column_not_asked_for_is_filled(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id", "x"], [None, "a"], [None, " "], [1, None]])
    frame = rows_of(path, ("id",), format="xlsx")
    assert frame["reader_problem"].fillna("").tolist() == ["", "blank_row", ""]
    assert frame["id"].fillna("-").tolist() == ["", "-", "1"]


def test_a_cell_beyond_the_header_makes_its_row_ragged_even_when_it_is_zero(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id"], [1], [2, 0], [3, False], [4, " "]])
    frame = rows_of(path, ("id",), format="xlsx")
    assert frame["reader_problem"].fillna("").tolist() == ["", "wrong_field_count", "wrong_field_count", ""]


def test_a_sheet_narrower_than_the_names_declared_is_ragged_in_every_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[1, 2], [3, 4]])
    frame = rows_of(path, ("a",), format="xlsx", names=("a", "b", "c"))
    assert frame["reader_problem"].tolist() == ["wrong_field_count"] * 2


def test_an_opendocument_sheet_is_read_from_its_first_column(tmp_path: Path) -> None:
    space = "urn:oasis:names:tc:opendocument:xmlns"
    cells = '<table:table-cell/><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(f"<table:table-row>{cells.format(text)}</table:table-row>" for text in ("id", "7"))
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
        f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Data">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>')
        archive.writestr("content.xml", content)
    frame = rows_of(tmp_path / "a.ods", ("id",), format="xlsx")
    assert frame[["source_row", "id"]].to_numpy().tolist() == [[2, "7"]]


@pytest.mark.parametrize("write", [lambda xml: xml, prefixed, place_last])
def test_a_stray_cell_is_refused_however_the_sheet_is_written(write: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = altered(workbook(tmp_path / "a.xlsx", [["id"], [1]]), lambda xml: write(stray(xml)))
    with pytest.raises(DataRejected, match="1,048,576 rows x 16,384 columns"):
        rows_of(path, ("id",), format="xlsx")


@pytest.mark.parametrize("write", [lambda xml: xml + b" ", prefixed, place_last])
def test_a_formula_never_computed_is_refused_however_the_sheet_is_written(
    write: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = altered(workbook(tmp_path / "a.xlsx", [["id", "x"], [1, '="a"&A1']]), write)
    with pytest.raises(DataRejected, match="B2"):
        rows_of(path, ("id", "x"), format="xlsx")


@pytest.mark.parametrize("part_bytes", [60, 61, 67, 97, 1 << 20])
def test_what_is_refused_is_found_wherever_the_sheet_is_cut(
    part_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_marks, "BLOCK_BYTES", part_bytes)
    formula = workbook(tmp_path / "a.xlsx", [["id", "x"], [1, "=1+1"], [2, 3]])
    with pytest.raises(DataRejected, match="B2"):
        rows_of(formula, ("id", "x"), format="xlsx")
    far = altered(workbook(tmp_path / "b.xlsx", [["id"], [1], [2]]), stray)
    with pytest.raises(DataRejected, match="1,048,576"):
        rows_of(far, ("id",), format="xlsx")


def test_a_wide_sheet_and_a_text_that_looks_like_a_place_are_read(tmp_path: Path) -> None:
    names = [f"k{n}" for n in range(300)]
    path = workbook(tmp_path / "a.xlsx", [names, [f'<a r="XFD1048576" x="{n}">' for n in range(300)]])
    assert rows_of(path, ("k299",), format="xlsx")["k299"].tolist() == ['<a r="XFD1048576" x="299">']
