"""The page of rows keeps what other files told, and forgets what no test tells any more."""

from __future__ import annotations

from tests.hold.page import Told, page, told_by

CRASH = Told("Crash", "kill -9", "3 of 3 | whole", "tests/hold/test_page_of_rows.py")
INPUTS = Told("Inputs", "bombs", "none", "tests/hold/__init__.py")


def test_a_file_that_runs_again_replaces_its_own_rows_alone() -> None:
    text = page([CRASH, Told("Crash", "old", "0", CRASH.test)], before=[INPUTS])
    again = page([CRASH], before=told_by(text))
    assert told_by(again) == [CRASH._replace(figure="3 of 3 / whole"), INPUTS]


def test_rows_of_a_test_that_is_gone_are_gone() -> None:
    assert told_by(page([CRASH], before=[INPUTS._replace(test="tests/hold/test_gone.py")])) == [
        CRASH._replace(figure="3 of 3 / whole")
    ]
