"""A file for each month: one that is missing, misnamed or copied under another month's name is said and held."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.month_names import month_in
from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office
from tests.office.test_signs_of_whole_files import INQUIRIES, OUTAGES

HEADER = "Nomor,Masuk,Jawab"
TABLES = {"inquiries": (INQUIRIES, "inquiry_response"), "outages": (OUTAGES, "it_downtime")}


def month_text(month: int, *, rows: int = 3, year: int = 2025) -> str:
    days = [f"{year}-{month:02}-{day:02}" for day in range(2, 2 + 3 * rows, 3)]
    return "\n".join([HEADER, *(f"{day},{day} 08:00:{month:02},{day} 09:{day[-2:]}" for day in days)]) + "\n"


def held(folder: Path, files: dict[str, str], path: str, *, table: str = "inquiries", **city: object) -> dict[str, str]:
    """What keeps the result of 2025 provisional, by the public command: text by code."""
    columns, indicator = TABLES[table]
    write_office(folder, [HEADER], {"table": table, "columns": columns, "path": path}, **city)
    (folder / "data.csv").unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder))
        code, out, err = tolok(patch, "run", "kota", "2025")
        assert code == 0, out + err
        shown = json.loads(tolok(patch, "show", "kota", "2025", "--json")[1])
    result = next(row for row in shown if row["indicator"] == indicator)
    return {one["code"]: one["en"] for one in result["reasons"] if one["keeps_provisional"]}


def year_of(name: str, *, without: tuple[int, ...] = ()) -> dict[str, str]:
    return {name.format(month): month_text(month) for month in range(1, 13) if month not in without}


EMPTY = {"schedule": {"empty_months": ["2025-12"]}}
CASES: dict[str, tuple[dict[str, str], str, dict[str, object], dict[str, str]]] = {
    "all twelve": (year_of("g-2025-{:02}.csv"), "g-{year}-{month}.csv", {}, {}),
    "a month of the path is missing": (
        year_of("g-2025-{:02}.csv", without=(12,)), "g-{year}-{month}.csv", {},
        {"file_missing": "g-2025-12.csv", "missing_month_files_count": "2025-12"},
    ),
    "the folder of a month is missing": (
        year_of("{:02}/g.csv", without=(4,)), "{month}/g.csv", {},
        {"file_missing": "04/g.csv", "missing_month_files_count": "2025-04"},
    ),
    "a month without rows has its file": (
        year_of("g-2025-{:02}.csv", without=(12,)) | {"g-2025-12.csv": HEADER + "\n"}, "g-{year}-{month}.csv", {}, {},
    ),
    "two months without rows": (
        year_of("g-{:02}.csv", without=(11, 12)) | dict.fromkeys(["g-11.csv", "g-12.csv"], HEADER + "\n"),
        "g-{month}.csv", {"judgement": {"missing_month_files_count": 2}}, {},
    ),
    "the month of a wildcard's numbers is missing": (
        year_of("p{:02}.csv", without=(7,)), "p*.csv", {}, {"missing_month_files_count": "2025-07"},
    ),
    "a file of another month under the name": (
        year_of("g-2025-{:02}.csv", without=(5,)) | {"g-2025-05.csv": month_text(6, rows=4)}, "g-*.csv", {},
        {"other_month_files_count": "g-2025-05.csv", "missing_month_files_count": "2025-05"},
    ),
    "one content under two names": (
        year_of("{:02}.csv", without=(5,)) | {"05.csv": month_text(6)}, "*.csv", {},
        {"same_content": "05.csv, 06.csv", "missing_month_files_count": "2025-05"},
    ),
    "a copy beside its original": (year_of("g{:02}.csv") | {"g05 (1).csv": month_text(5)}, "*.csv", {}, {}),
    "another year's month under the name": (
        year_of("{:02}.csv", without=(5,)) | {"05.csv": month_text(5, year=2024)}, "*.csv", {},
        {"missing_month_files_count": "2025-05"},
    ),
    "files by agency": ({name: month_text(n) for n, name in enumerate(["a.csv", "b.csv"], 1)}, "?.csv", {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_months_whose_file_is_not_there_or_is_not_theirs_are_named(case: str, tmp_path: Path) -> None:
    files, path, city, expected = CASES[case]
    found = held(tmp_path, files, path, **city)
    named = {code: found.get(code, "") for code in found if code in expected or "file" in code or "same" in code}
    assert named.keys() == expected.keys()
    assert all(text in named[code] for code, text in expected.items())


def test_a_month_that_is_declared_empty_needs_no_file(tmp_path: Path) -> None:
    found = held(tmp_path, year_of("g-{:02}.csv", without=(12,)), "g-{month}.csv", table="outages", **EMPTY)
    assert "file_missing" not in found


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("gangguan-2025-03.csv", 3),
        ("aduan_032025.xlsx", None),
        ("aduan 3-2025.xlsx", 3),
        ("202503.csv", 3),
        ("Aduan Maret.xlsx", 3),
        ("Aduan Agt 2025.xlsx", 8),
        ("Aduan Jan-Mar 2025.xlsx", None),
        ("ekspor 2025-03-31.csv", None),
        ("ekspor 20250331.csv", None),
        ("Desain.xlsx", None),
    ],
)
def test_a_name_tells_one_month_or_none(name: str, month: int | None) -> None:
    assert month_in(name) == month
