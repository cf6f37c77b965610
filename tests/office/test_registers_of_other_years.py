"""Registers of services asked for years that they cannot know, and marks that may mean yes or no."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.office.offices import computed_from

YES = {"is_accessible_online": "D", "is_requestable_online": "D"}
WHOLE = [f"L{n},v,200{n}-01-01,{'2020-01-01' if n == 9 else ''},201{n}-06-01" for n in range(10)]
BLANK = [line if n % 2 else f"L{n},v,,,2010-06-01" for n, line in enumerate(WHOLE)]
UNTOLD = [line if n % 2 else line.removesuffix(f"201{n}-06-01") for n, line in enumerate(WHOLE)]
FROM, TO, ONLINE = {"valid_from_on": "A"}, {"valid_to_on": "Z"}, {"online_from_on": "O"}


@pytest.mark.parametrize(
    ("lines", "dates", "year", "status"),
    [
        (WHOLE, {**FROM, **TO, **ONLINE}, "2015", "final"),
        (WHOLE, {**FROM, **TO}, "2015", "provisional"),
        (UNTOLD, {**FROM, **TO, **ONLINE}, "2015", "provisional"),
        (WHOLE, {**FROM, **TO, "online_from_on": {"constant": "2010-06-01"}}, "2015", "provisional"),
        (UNTOLD, {**FROM, **TO, "online_from_on": {"column": "O", "default": "2010-06-01"}}, "2015", "provisional"),
        (WHOLE, {**FROM, **ONLINE}, "2015", "provisional"),
        (WHOLE, FROM, "2025", "final"),
        (WHOLE, {**TO, **ONLINE}, "2015", "provisional"),
        (BLANK, {**FROM, **TO, **ONLINE}, "2015", "provisional"),
        (BLANK, {**FROM, **TO}, "2025", "final"),
        (BLANK, {"valid_from_on": {"column": "A", "default": "2000-01-01"}, **TO, **ONLINE}, "2015", "provisional"),
        (WHOLE, {"valid_from_on": {"constant": "2000-01-01"}, **TO, **ONLINE}, "2010", "provisional"),
        (WHOLE, {**FROM, "valid_to_on": {"column": "Z", "default": "2099-12-31"}, **ONLINE}, "2015", "provisional"),
        (WHOLE, {}, "2015", "provisional"),
    ],
)
def test_a_register_is_final_only_for_years_it_can_know(
    tmp_path: Path, lines: list[str], dates: dict[str, Any], year: str, status: str
) -> None:
    columns = {"service_id": "Kode", **YES, **dates}
    source = {"table": "services", "columns": columns, "covers": []}
    result = computed_from(tmp_path, ["Kode,D,A,Z,O", *lines], source, year=year)["online_services"]
    codes = {remark.code for remark in result.remarks if remark.keeps_provisional}
    assert (result.status, "register_without_dates" in codes) == (status, status == "provisional")


@pytest.mark.parametrize(("days", "numerator"), [(("2026-02-01",) * 2, 0), (("2026-02-01", "2026-03-01"), 1)])
def test_rows_of_one_service_keep_the_day_that_all_of_them_tell(
    tmp_path: Path, days: tuple[str, str], numerator: int
) -> None:
    columns = {"service_id": "Kode", **YES, **ONLINE}
    source = {"table": "services", "columns": columns, "covers": [], "combine": {"by": "service_id", "how": "any"}}
    lines = ["Kode,D,O", *(f"L1,v,{day}" for day in days)]
    result = computed_from(tmp_path, lines, source)["online_services"]
    assert (result.headline.numerator, result.headline.denominator) == (numerator, 1)


@pytest.mark.parametrize(
    ("marks", "values", "status"),
    [
        ("vx", {}, "provisional"),
        ("xv", {}, "provisional"),
        ("xx", {}, "final"),
        ("vv", {}, "final"),
        ("vx", {"x": "true"}, "final"),
    ],
)
def test_an_x_beside_ticks_of_another_column_is_not_final(
    tmp_path: Path, marks: str, values: dict[str, str], status: str
) -> None:
    columns = {
        "service_id": "Kode",
        "is_accessible_online": {"column": "A", "default": "false"},
        "is_requestable_online": {"column": "B", "default": "false", "values": values},
    }
    lines = [f"L{n},{marks[0]},{marks[1] if n % 2 else ''}" for n in range(8)]
    source = {"table": "services", "columns": columns, "covers": []}
    result = computed_from(tmp_path, ["Kode,A,B", *lines], source)["online_services"]
    assert (result.status, result.headline.value) == (status, 50)
