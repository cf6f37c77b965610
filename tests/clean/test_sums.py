"""A row that holds the sum of the others would count everything twice: it is told of before it is added up."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.clean.sums import total_among_parts, total_among_portals
from pipeline.config.rows import Combine
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

VISITS = TABLES["visits"]


def visits(*days: dict[str, int], **others: Any) -> list[dict[str, Any]]:
    """Each day's visits by portal."""
    return [
        {"visited_on": f"2025-03-{number:02}", "portal_id": portal, "visits_count": count, "days_count": 1, **others}
        for number, day in enumerate(days, start=1)
        for portal, count in day.items()
    ]


def among_portals(rows: list[dict[str, Any]]) -> list[str]:
    remarks = total_among_portals(frame_of(VISITS, rows), table=VISITS, source_name="situs")
    assert {remark.code for remark in remarks} <= {"total_among_parts"}
    return [remark.en.partition(" groups")[0] for remark in remarks]


WHOLE, PLAIN = {"a": 3, "b": 4, "all": 7}, {"a": 3, "b": 4, "all": 6}


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ((WHOLE,), ["situs: in 1 of 1"]),
        ((PLAIN,), []),
        # Of most days, not of half of them.
        ((WHOLE, PLAIN), []),
        ((WHOLE, WHOLE, PLAIN), ["situs: in 2 of 3"]),
        # Days on which nothing was counted and days of two portals decide nothing.
        ((WHOLE, {"a": 0, "b": 0, "all": 0}, {"a": 5, "b": 6}), ["situs: in 1 of 1"]),
        ((WHOLE, {"a": 0, "b": 0, "all": 1}), []),
        # Two that are alike: neither need be the sum.
        (({"a": 5, "b": 5},), []),
    ],
)
def test_a_portal_with_as_many_visits_as_all_others_on_most_days_is_told_of(
    days: tuple[dict[str, int], ...], told: list[str]
) -> None:
    assert among_portals(visits(*days)) == told


def test_rows_left_out_already_are_no_parts() -> None:
    rows = visits({"a": 3, "b": 5, "c": 1})
    assert among_portals([*rows, *visits({"all": 9}, excluded_by="grand_total")]) == []
    assert among_portals([*rows, *visits({"all": 9})]) == ["situs: in 1 of 1"]


@pytest.mark.parametrize(("how", "told"), [("sum", ["visits_count"]), ("any", [])])
def test_rows_are_looked_at_only_where_they_are_to_be_summed(how: str, told: list[str]) -> None:
    rows = [row | {"portal_id": "p"} for row in visits(WHOLE)]
    combine = Combine.model_validate({"by": ["visited_on", "portal_id"], "how": how})
    remarks = total_among_parts(frame_of(VISITS, rows), table=VISITS, combine=combine, source_name="situs")
    assert all(remark.en.startswith("situs: in 1 of 1 groups") for remark in remarks)
    assert [name for name in ("visits_count",) for remark in remarks if f"{name} of one row" in remark.en] == told
