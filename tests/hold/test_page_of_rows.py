"""The page of rows keeps what other tests told, and forgets what no test tells any more."""

from __future__ import annotations

from tests.hold.page import Told, counted, page, told_by

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
