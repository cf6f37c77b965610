"""Counts of visits that no visitors made: what each sign is at its limits and beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from pipeline.signs.visits import days, zero_days, zero_months
from pipeline.tables import VISITS
from tests.indicators.frames import frame_of


def counted(counts: Sequence[int], *, first: str = "2025-01-01", every: str = "D", **others: Any) -> pd.DataFrame:
    row = {"portal_id": "utama", "days_count": 1, "variant": "headline"} | others
    on = pd.date_range(first, periods=len(counts), freq=every)
    return frame_of(VISITS, [row | {"visited_on": day, "visits_count": n} for day, n in zip(on, counts, strict=True)])


@pytest.mark.parametrize(
    ("counts", "signs"),
    [
        ([20] * 28 + [0, 50], {"zero_days_count": 1, "busiest_day_times": 2.5}),
        ([20] * 27 + [0, 50], {}),
        ([19] * 28 + [0, 50], {}),
        ([0] * 10 + [20] * 20, {"zero_days_count": 10, "busiest_day_times": 1}),
    ],
)
def test_days_are_looked_at_where_there_are_thirty_of_some_visits(counts: list[int], signs: dict[str, float]) -> None:
    zero, dates = zero_days(counted(counts))
    found = days(counted(counts)) | zero
    assert {name: found[name] for name in found if name != "climbing_pct"} == signs
    assert list(dates) == [f"2025-01-{n:02}" for n, count in enumerate(counts, 1) if count == 0 and zero]
    assert (set(days(counted(counts, variant="raw"))), zero_days(counted(counts, variant="raw"))) == (
        {"climbing_pct"},
        ({}, ""),
    )


@pytest.mark.parametrize(
    ("counts", "signs"),
    [
        ([20, 0, 0, 20, 300], {"zero_months_count": 2}),
        ([20, 0, 0, 19, 300], {}),
        ([20, 20], {"zero_months_count": 0}),
    ],
)
def test_months_are_looked_at_where_they_have_some_visits(counts: list[int], signs: dict[str, float]) -> None:
    rows = counted(counts, every="MS", days_count=30)
    zero, dates = zero_months(rows)
    found = days(rows) | zero_days(rows)[0] | zero
    assert {name: found[name] for name in found if name != "climbing_pct"} == signs
    assert list(dates) == (["2025-02", "2025-03"] if signs.get("zero_months_count") else [])


@pytest.mark.parametrize(
    ("counts", "pct"),
    [
        ([10, 12, 14, 16, 18, 30], 100),
        ([10, 12, 14, 16, 18, 29], None),
        ([10, 12, 14, 16, 30], None),
        ([10, 11, 11, 12, 12, 13, 13, 14, 14, 14, 14, 15], 100 * 5 / 11),
        ([10, 11, 11, 12, 12, 13, 13, 14, 14, 14, 14, 14], None),
        ([10] * 28 + [12, 10], 100 * 1 / 29),
        ([10] * 28 + [12, 9], None),
        ([10] * 28 + [10], None),
    ],
)
def test_a_counter_that_climbs_is_told_by_its_steps(counts: list[int], pct: float | None) -> None:
    assert days(counted(counts))["climbing_pct"] == pytest.approx(pct)


@pytest.mark.parametrize(
    ("every", "parts", "pct"),
    [
        # Days that add up anew in each month; in a month of nineteen days they are not looked at.
        ("D", [range(1, 32), range(1, 21)], 100),
        ("D", [range(1, 32), range(1, 20)], 100 * 48 / 49),
        # Six tenths of what a sum comes to.
        ("D", [[10, *range(20, 49), 186], range(1, 29)], 100),
        ("D", [[10, *range(20, 49), 185], range(1, 29)], 100 * 57 / 58),
        # Months that add up anew in each quarter and in each half year.
        ("MS", [[10, 20, 30], [10, 20, 30], [10, 20, 30], [10, 20, 30]], 100),
        ("MS", [[10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60]], 100),
    ],
)
def test_a_counter_may_begin_anew_in_each_part_of_a_year(every: str, parts: list[Sequence[int]], pct: float) -> None:
    counts = [count for part in parts for count in part]
    assert days(counted(counts, every=every, days_count=1 if every == "D" else 30))["climbing_pct"] == pytest.approx(
        pct
    )


def test_portals_climb_each_by_itself_and_in_the_order_of_their_days() -> None:
    climbing, level = counted([10, 12, 14, 16, 18, 30]), counted([30, 1, 30, 1, 30, 1], portal_id="lain")
    assert days(pd.concat([level, climbing.iloc[::-1]]))["climbing_pct"] == 100
