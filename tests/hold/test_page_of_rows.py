"""The page of rows keeps what other tests told, and forgets what no test tells any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hold import ROWS
from tests.hold.page import Told, counted, page, told_by
from tests.hold.rows_told import is_still_told
from tests.hold.test_told_elsewhere import ELSEWHERE

ROOT = Path(__file__).resolve().parents[2]
PAGE = told_by((ROOT / "docs" / "robustness.md").read_text("utf-8"))
OF_THIS = "tests/hold/test_page_of_rows.py::test_a_test_that_runs_again_replaces_its_own_rows_alone"
CRASH = Told("Crash", "kill -9", "3 of 3 | whole", f"{OF_THIS}[run]")
OTHER = Told("Crash", "kill -9 of another", "2 of 2", f"{OF_THIS}[check]")


def test_a_test_that_runs_again_replaces_its_own_rows_alone() -> None:
    text = page([CRASH, CRASH._replace(tried="old")], before=[OTHER])
    assert len(told_by(text)) == 3
    again = page([CRASH], before=told_by(text))
    assert told_by(again) == [OTHER, CRASH._replace(figure="3 of 3 / whole")]


def test_rows_of_a_test_that_is_gone_are_gone() -> None:
    gone = [OTHER._replace(test=f"{OF_THIS}_gone"), OTHER._replace(test="tests/hold/test_gone.py::test_it")]
    assert told_by(page([CRASH], before=gone)) == [CRASH._replace(figure="3 of 3 / whole")]


def test_rows_that_several_cases_tell_alike_are_one_with_their_count() -> None:
    figure = "{count} named"
    assert counted([CRASH._replace(figure=figure), OTHER, CRASH._replace(figure=figure, test=f"{OF_THIS}[x]")]) == [
        CRASH._replace(figure="2 named", test=OF_THIS),
        OTHER,
    ]


def test_every_row_of_the_page_is_one_that_its_test_still_tells() -> None:
    assert {one.row for one in PAGE} == set(ROWS)
    assert [one for one in PAGE if not is_still_told(one)] == []


@pytest.mark.parametrize(
    "other",
    [
        {"tried": "tolok run, of 3 operations of the disk"},
        {"figure": "all well"},
        {"row": "Operations"},
        {"test": "tests/hold/test_soak.py::test_a_process_does_not_grow"},
    ],
)
def test_a_row_in_other_words_is_noticed(other: dict[str, str]) -> None:
    told = next(one for one in PAGE if one.tried.startswith("tolok run, of "))
    assert is_still_told(told)
    assert not is_still_told(told._replace(**other))


def test_what_is_told_of_tests_elsewhere_is_what_the_page_says_of_them() -> None:
    assert {(one.row, one.tried) for one in PAGE if "test_told_elsewhere.py" in one.test} == set(ELSEWHERE)


def test_each_line_of_the_threat_model_names_tests_that_are_there_and_one_with_a_row() -> None:
    lines = (ROOT / "docs" / "threat-model.md").read_text("utf-8").splitlines()
    tests = [re.findall("`(tests/[^`]*)`", line.split("|")[5]) for line in lines if line.startswith("| ")][1:]
    assert len(tests) > 10
    assert [name for names in tests for name in names if not (ROOT / name).exists()] == []
    rows = "".join(f"{one.test} {one.figure}" for one in PAGE)
    assert [names for names in tests if not any(name in rows for name in names)] == []
