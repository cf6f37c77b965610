"""A table with a column for each year or month gives one row for each row and period; no cell is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest

from connectors.errors import SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from pipeline import steps
from tests.office.offices import computed_from

WIDE = {"pattern": r"(?:Tahun )?(\d{4})", "period": "Tahun", "value": "Jiwa"}


def read(folder: Path, rows: list[list[Any]], kind: str, **wide: str) -> list[tuple[object, ...]]:
    """Row number, problem, code, period and value of each row."""
    path = folder / f"a.{kind}"
    if kind == "csv":
        path.write_text("\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows), "utf-8")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(path)
    layout = Layout.model_validate({"format": kind, "years_in_header": WIDE | wide})
    frames = read_rows(RawFile(path, path.name), layout=layout, columns=("Jiwa", "Kode", "Tahun"))
    columns = ["source_row", "reader_problem", "Kode", "Tahun", "Jiwa"]
    return [tuple(row) for frame in frames for row in frame[columns].astype(object).fillna("").to_numpy().tolist()]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_cell_of_a_wide_table_is_one_row(kind: str, tmp_path: Path) -> None:
    rows = [["Kode", "Tahun 2023", 2024, "Ket"], ["99.71", 5, None, "x"], [None] * 4, ["99.72", 7, 8, ""]]
    assert read(tmp_path, rows, kind) == [
        (2, "", "99.71", "2023", "5"),
        (2, "blank_cell", "99.71", "2024", ""),
        *((3, "blank_row", "", year, "") for year in ("2023", "2024")),
        (4, "", "99.72", "2023", "7"),
        (4, "", "99.72", "2024", "8"),
    ]


FAULTS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "no column fits": (["Kode", "Jumlah"], {}, "no column's header fits .* Kode, Jumlah"),
    "a period twice": (["Kode", "2024", "Tahun 2024"], {}, "the same period .* 2024, Tahun 2024"),
    "a header twice": (["Kode", "2024", "2024"], {}, "the same period"),
    "a new name is there already": (["Kode", "Jiwa", "2024"], {}, "names of columns that are there .* Jiwa"),
    "a mapped column fits too": (["Kode", "2024"], {"pattern": "Kode|2024"}, "mapped themselves: Kode"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_table_that_the_pattern_does_not_fit_is_refused(case: str, tmp_path: Path) -> None:
    header, wide, words = FAULTS[case]
    with pytest.raises(SourceChanged, match=words):
        read(tmp_path, [header, ["1"] * len(header)], "csv", **wide)


def test_text_called_a_workbook_is_turned_too(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text("Kode;2024\n99.71;8\n", "utf-8")
    layout = Layout.model_validate({"format": "xlsx", "years_in_header": WIDE})
    (frame,) = read_rows(RawFile(tmp_path / "a.xls", "a.xls"), layout=layout, columns=("Kode", "Tahun", "Jiwa"))
    assert frame[["Kode", "Tahun", "Jiwa"]].to_numpy().tolist() == [["99.71", "2024", "8"]]


MONTHS = [f"2025-{month:02}" for month in range(1, 13)]


@pytest.mark.parametrize(("last", "value", "blank"), [("1200", 975.0, 0), ("", 675.0, 1)])
def test_visits_by_month_in_columns_give_the_year(last: str, value: float, blank: int, tmp_path: Path) -> None:
    lines = [",".join(["Portal", *MONTHS]), ",".join(["data", *map(str, [*[300] * 3, *[225] * 8]), last])]
    source = {
        **{"table": "visits", "grain": "month"},
        "years_in_header": {"pattern": r"\d{4}-\d\d", "period": "Bulan", "value": "Kunjungan"},
        "columns": {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": "Kunjungan"},
    }
    result = computed_from(tmp_path, lines, source)["portal_visits"]
    assert result.headline.value == pytest.approx(value)
    assert result.rows.excluded.get("blank_cell", 0) == blank
    assert result.rows.read == 12
    assert result.status == ("provisional" if blank else "final")


LISTS: dict[str, tuple[str, float | None, str]] = {
    "a figure": ("99.71,Kota,390000,410000", 12 * 41 / 4.1, ""),
    "a blank cell": ("99.71,Kota,390000,", None, "no population figure"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_population_list_with_a_column_for_each_year_gives_the_denominator(case: str, tmp_path: Path) -> None:
    line, expected, reason = LISTS[case]
    (tmp_path / "penduduk.csv").write_text(f"Kode,Nama,2024,2025\n{line}\n99.72,Lain,1,2\n", "utf-8")
    (tmp_path / "kunjungan.csv").write_text("Bulan,N\n" + "".join(f"{month},41\n" for month in MONTHS), "utf-8")
    people = {
        **{"table": "population", "path": "penduduk.csv", "format": "csv", "authority": "kemendagri"},
        "years_in_header": {"pattern": r"\d{4}", "period": "Tahun", "value": "Jiwa"},
        "columns": {
            **{"region_code": "Kode", "population_count": "Jiwa"},
            "reference_on": {"column": "Tahun", "suffix": "-12-31", "format": "%Y-%m-%d"},
        },
    }
    visits = {
        **{"table": "visits", "path": "kunjungan.csv", "format": "csv", "grain": "month"},
        "columns": {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": "N"},
    }
    names = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    city = {**names, "population": {"source": "penduduk"}, "sources": {"penduduk": people, "portal": visits}}
    (tmp_path / "kota.yaml").write_text(json.dumps(city), "utf-8")
    with patch.dict(os.environ, {"TOLOK_HOME": str(tmp_path / "home"), "TOLOK_CITIES": str(tmp_path)}):
        for source in ("penduduk", "portal"):
            steps.fetch("kota", source, "2025")
        result = {one.indicator_id: one for one in steps.compute("kota", "2025")}["portal_visits"]
    assert result.headline.value == (expected and pytest.approx(expected))
    assert reason in str(result.reason)
