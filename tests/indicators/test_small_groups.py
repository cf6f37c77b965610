"""Members of few rows are told of as one, and never so that the total gives them away."""

from __future__ import annotations

import pytest

from pipeline.indicators.small_groups import small_members


@pytest.mark.parametrize(
    ("rows", "together"),
    [
        ({}, ""),
        ({"a": 5, "b": 5}, ""),
        # One alone is what the others leave of the total: the next larger joins it.
        ({"a": 4, "b": 5, "c": 6}, "ab"),
        ({"a": 0, "b": 9}, "ab"),
        ({"a": 4}, "a"),
        # Two that are enough together.
        ({"a": 1, "b": 4, "c": 5}, "ab"),
        # Two that are not.
        ({"a": 1, "b": 3, "c": 5, "d": 5}, "abc"),
        # Every small one, however many are enough.
        ({"a": 2, "b": 3, "c": 4, "d": 5}, "abc"),
        ({"d": 1, "c": 1, "b": 1, "a": 50}, "dcba"),
    ],
)
def test_fewer_than_five_rows_are_told_together_with_the_next_larger(rows: dict[str, int], together: str) -> None:
    sizes = {name: (float(count), 0.0) for name, count in rows.items()}
    assert small_members(sizes, smallest=5) == set(together)


def test_of_two_with_as_many_rows_that_of_less_joins_and_else_the_first_by_name() -> None:
    assert small_members({"a": (6, 7), "b": (6, 5), "x": (1, 9)}, smallest=5) == {"x", "b"}
    assert small_members({"b": (6, 5), "a": (6, 5), "x": (1, 9)}, smallest=5) == {"x", "a"}
