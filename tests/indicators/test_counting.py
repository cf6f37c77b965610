"""Every row has one fate, also where it is not known whether the row bears on the period."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.indicators.base import RowCounts, things_count
from pipeline.indicators.counting import BLANK_MEMBER, break_down, count_rows

YES, NO, UNKNOWN = True, False, pd.NA


@pytest.mark.parametrize(
    ("is_inside", "is_left_out", "quarantined_for", "excluded_by", "fate"),
    [
        (YES, NO, None, None, RowCounts(1, 1)),
        (NO, NO, None, None, RowCounts(1, 0, {"outside_period": 1})),
        (UNKNOWN, NO, None, None, RowCounts(1, 0, {"outside_period": 1})),
        (YES, YES, None, None, RowCounts(1, 0, {"rule": 1})),
        (YES, UNKNOWN, None, None, RowCounts(1, 1)),
        (NO, YES, "bad", "other", RowCounts(1, 0, {"outside_period": 1})),
        (YES, YES, "bad", "other", RowCounts(1, 0, {}, {"bad": 1})),
        (YES, YES, None, "other", RowCounts(1, 0, {"other": 1})),
        (YES, YES, None, "rule", RowCounts(1, 0, {"rule": 1})),
    ],
)
def test_a_row_has_the_first_fate_that_fits(
    is_inside: object, is_left_out: object, quarantined_for: str | None, excluded_by: str | None, fate: RowCounts
) -> None:
    outcome = {"quarantine_reason": [quarantined_for], "excluded_by": [excluded_by]}
    frame, flags = (
        pd.DataFrame(outcome, dtype="str"),
        [pd.Series([one], dtype="boolean") for one in (is_inside, is_left_out)],
    )
    assert count_rows(frame, is_inside=flags[0], left_out={"rule": flags[1]}) == fate


def test_a_rule_adds_to_the_rows_that_are_excluded_by_its_name_already() -> None:
    frame = pd.DataFrame({"quarantine_reason": [None] * 3, "excluded_by": ["rule", None, None]}, dtype="str")
    is_inside = pd.Series([True] * 3)
    counts = count_rows(frame, is_inside=is_inside, left_out={"rule": pd.Series([True, True, False])})
    assert counts == RowCounts(3, 1, {"rule": 2})


def test_things_are_rows_but_for_those_that_tell_of_none_or_of_another_s() -> None:
    excluded = {"duplicate_row": 1, "superseded": 2, "outside_period": 4, "zero_length": 8}
    assert things_count(100, excluded) == RowCounts(100, 85, excluded).things_count == 93


def test_a_breakdown_gives_each_member_its_own_quotient() -> None:
    rows = pd.DataFrame({"numerator": [3, 4, 5, 6], "denominator": [2, 2, 2, 0], "who": ["B", "A", None, "C"]})
    parts = break_down(pd.concat([rows, rows.head(1)]), dimensions={"agency": "who"}, unit="hours")
    found = {part.member: (part.dimension, part.quotient.value, part.quotient.denominator) for part in parts}
    assert found == {
        BLANK_MEMBER: ("agency", 2.5, 2),
        "A": ("agency", 2, 2),
        "B": ("agency", 1.5, 4),
        "C": ("agency", None, 0),
    }
    scaled = break_down(rows.head(1), dimensions={"agency": "who"}, unit="%", scale=100)
    assert [part.quotient.value for part in scaled] == [150]
