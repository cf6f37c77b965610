"""Files with the cells that offices have: what each means, and what a whole column tells that no cell does."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

from connectors.records import RawFile
from pipeline.clean.date_signs import DateSigns
from pipeline.clean.mapping import map_rows, raw_columns
from pipeline.config.source import Source
from pipeline.tables import TABLES

JAKARTA = ZoneInfo("Asia/Jakarta")
DAYS = [date(2025, month, day) for month in range(1, 13) for day in (3, 11, 17, 28)]


def outages(columns: dict[str, object], rows: list[list[object]], folder: Path, **settings: object) -> Source:
    """A workbook of outages, and the source that reads it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "g.xlsx")
    columns = {"incident_id": rows[0][0], "component": rows[0][0], **columns}
    return Source.model_validate(
        {"table": "outages", "path": "g.xlsx", "format": "xlsx", "columns": columns, **settings}
    )


def read(source: Source, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Its clean rows, and the codes of what is odd about it."""
    signs, frames = DateSigns(), []
    for _, raw in source.connector_in(JAKARTA).rows([RawFile(path, path.name)], columns=raw_columns(source)):
        table = TABLES[source.table]
        frames.append(map_rows(raw, source=source, table=table, zone=JAKARTA, date_signs=signs))
    return pd.concat(frames), [remark.code for remark in signs.remarks(source, name="g")]


def swapped(day: date) -> date | str:
    """What an Excel of the other order makes of a day written as text."""
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else f"{day:%d/%m/%Y}"


@pytest.mark.parametrize(
    ("cells", "settings", "codes", "is_right"),
    [
        ([swapped(day) for day in DAYS], {}, ["day_month_swapped"], False),
        ([swapped(day) for day in DAYS], {"swapped_by_excel": "true"}, [], True),
        (DAYS, {}, [], True),
        ([f"{day:%d/%m/%Y}" for day in DAYS], {}, [], True),
        ([day if day.month < 6 else f"{day:%d/%m/%Y}" for day in DAYS], {}, [], True),
    ],
)
def test_dates_that_excel_swapped_are_told_by_the_column_and_undone_by_a_setting(
    cells: list[object], settings: dict[str, object], codes: list[str], is_right: bool, tmp_path: Path
) -> None:
    rows = [["No", "Mulai"], *([f"G-{nth}", cell] for nth, cell in enumerate(cells))]
    source = outages({"started_at": {"column": "Mulai", "format": "%d/%m/%Y"}}, rows, tmp_path, **settings)
    frame, found = read(source, tmp_path / "g.xlsx")
    assert found == codes
    assert (list(frame["started_at"].dt.tz_convert(JAKARTA).dt.date) == DAYS) == is_right
    assert frame["started_is_date"].all()


@pytest.mark.parametrize(
    ("form", "written", "codes"),
    [
        ("%d/%m/%Y", "%d/%m/%Y", []),
        ("%d/%m/%Y", "%m/%d/%Y", ["day_month_swapped"]),
        ("%m/%d/%Y", "%d/%m/%Y", ["day_month_swapped"]),
        ("%d/%m/%Y %I:%M %p", "%m/%d/%Y 08:00 AM", ["day_month_swapped"]),
        ("%Y-%m-%d", "%Y-%m-%d", []),
    ],
)
def test_a_csv_in_the_other_order_is_told_by_the_dates_that_fit_no_other(
    form: str, written: str, codes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "g.csv").write_text("No,Mulai\n" + "".join(f"{n},{d:{written}}\n" for n, d in enumerate(DAYS)))
    columns = {"incident_id": "No", "component": "No", "started_at": {"column": "Mulai", "format": form}}
    source = Source.model_validate({"table": "outages", "path": "g.csv", "format": "csv", "columns": columns})
    assert read(source, tmp_path / "g.csv")[1] == codes


def test_a_date_cell_and_an_hour_make_one_moment_however_the_hour_is_written(tmp_path: Path) -> None:
    hours = [time(8, 30), "08.30", "08:30 WITA", "pukul 8:30", None, "pagi"]
    rows = [["No", "Tanggal", "Jam"], *([f"G-{n}", date(2025, 3, 3), hour] for n, hour in enumerate(hours))]
    rows.append(["G-9", "03/03/2025", time(8, 30)])
    column = {"column": ["Tanggal", "Jam"], "format": "%d/%m/%Y %H:%M"}
    frame, _ = read(outages({"started_at": column}, rows, tmp_path), tmp_path / "g.xlsx")
    half_past = pd.Timestamp("2025-03-03T08:30+07:00")
    expected = [half_past, half_past, half_past - pd.Timedelta(hours=1), half_past]
    assert list(frame["started_at"][:4]) == expected
    assert (frame["started_at"][4], frame["started_is_date"][4]) == (pd.Timestamp("2025-03-03T00:00+07:00"), True)
    assert frame["quarantine_reason"][5] == "bad_started_at"
    assert frame["started_at"][6] == half_past


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        (["2025-03-01T08:00:00Z", "2025-03-01 20:00"], ["offsets_in_part"]),
        (["2025-03-01T08:00:00Z", "2025-03-01T20:00:00+07:00"], []),
        (["2025-03-01 08:00", "2025-03-01 20:00"], []),
    ],
)
def test_offsets_in_one_column_and_none_in_the_other_are_remarked(
    texts: list[str], codes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "g.csv").write_text("No,Mulai,Selesai\n1," + ",".join(texts) + "\n")
    columns = {"incident_id": "No", "component": "No", "started_at": "Mulai", "ended_at": "Selesai"}
    settings = {"table": "outages", "path": "g.csv", "format": "csv", "columns": columns}
    assert read(Source.model_validate(settings), tmp_path / "g.csv")[1] == codes
    assert read(Source.model_validate({**settings, "zone": "Asia/Jakarta"}), tmp_path / "g.csv")[1] == []


def test_serial_numbers_are_read_by_the_format_that_names_them(tmp_path: Path) -> None:
    columns = {"started_at": {"column": "Mulai", "format": "excel"}}
    source = outages(columns, [["No", "Mulai"], ["A", "45719.25"]], tmp_path)
    frame, _ = read(source, tmp_path / "g.xlsx")
    assert frame["started_at"].tolist() == [pd.Timestamp("2025-03-03 06:00", tz=JAKARTA)]
