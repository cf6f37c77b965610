"""Rows that a quote never closed draws into one cell are said; letters of several lines are no such rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import csv_blocks
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark

ROWS = [f"{number};a;b;c" for number in range(4, 9)]
CASES = {
    "a quote never closed": (['1;"a;b;c', *ROWS, '9;a;b;5"'], (5, 2)),
    "in a column not asked for": (["1;a;b;c", '2;a;b;"c', *ROWS, '9;a;b;5"'], (5, 3)),
    "a cell of a spreadsheet's lines": (['1;"a;b;c\r', "2;a;b;c\r", '3;a;b;5"'], (1, 2)),
    "twice": (['1;"a;b;c', *ROWS, '9;a;b;5"', '1;"a;b;c', *ROWS, '9;a;b;5"'], (10, 2)),
    "a letter of several lines": (['1;"Yth;\nLampu; padam, sejak\nkemarin;\n";b;c'], None),
    "a doubled quote": (['1;"a""; ""b;c;d"";\n"";""";b;c'], None),
    "the first and last lines of a cell": (['1;"a;b;c;d\ne;f;g;h";b;c'], None),
}


@pytest.mark.parametrize("block_bytes", [90, 8 << 20])
@pytest.mark.parametrize("case", CASES)
def test_rows_swallowed_by_a_quote_are_said(
    case: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", block_bytes)
    lines, expected = CASES[case]
    (tmp_path / "a.csv").write_bytes(("\n".join(["id;x;y;z", *lines]) + "\n").encode())
    remarks: list[Remark] = []
    file = RawFile(tmp_path / "a.csv", "a.csv", on_remark=remarks.append)
    list(read_rows(file, layout=Layout(format="csv", delimiter=";"), columns=("id",)))
    assert [remark.keeps_provisional for remark in remarks] == [True] * (expected is not None)
    if expected is not None:
        count, first = expected
        said = "line within quoted cells looks like a row" if count == 1 else "lines within quoted cells look like rows"
        assert f"{count} {said} of the table, from row {first} " in remarks[0].en
