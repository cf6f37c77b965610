"""A result beside its own months, last year's and a region of its kind: what each sign is at its limits and beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.indicators.base import Breakdown, Population, Quotient, Result, RowCounts
from pipeline.signs.results import of_results

INHABITANTS = Population("kemendagri:31.71", 1_000_000, date(2025, 6, 30), "dukcapil")


def result(value: float | None = 100, **others: Any) -> Result:
    headline = Quotient(value, 10, "hours per incident", value)
    given = {"coverage_pct": 100.0, "rows": RowCounts(), "method_version": "1", "inputs_sha256": ""} | others
    return Result("it_downtime", "2025", headline, "final", **given)


def stored(value: float | None = 100, **others: Any) -> dict[str, Any]:
    given = {
        "coverage_pct": 100.0,
        "denominator": 10,
        "statistics": {"count": None},
        "population": None,
        "breakdowns": {},
    }
    return {"value": value} | given | others


def signs(one: Result, **earlier: Any) -> dict[str, float]:
    """Those of the indicator itself that are not null."""
    given = {"last_year": {}, "month_before": {}, "most_things": {}} | {
        name: {"it_downtime": row} for name, row in earlier.items()
    }
    row = of_results([one], **given).loc["it_downtime"].drop(["indicator_id", "details", "dates"]).dropna()
    return {str(name): float(value) for name, value in row.items() if name != "rows_lost_pct"}


@pytest.mark.parametrize(
    ("now", "then", "change", "times"),
    [
        (result(150), stored(100), 50, 1.5),
        (result(50), stored(100), 50, 2),
        (result(100, coverage_pct=90.0), stored(100, coverage_pct=90.0), 0, 1),
        (result(100, coverage_pct=89.9), stored(100), None, None),
        (result(100), stored(100, coverage_pct=89.9), None, None),
        (result(100, coverage_pct=None), stored(100), None, None),
        (result(100, statistics={"count": 10}), stored(100, statistics={"count": 10}), 0, 1),
        (result(100, statistics={"count": 9}), stored(100, statistics={"count": 10}), None, None),
        (result(100, statistics={"count": 10}), stored(100, statistics={"count": 9}), None, None),
        (result(None), stored(100), None, None),
        (result(100), stored(None), None, None),
        (result(0), stored(100), 100, None),
        (result(100), stored(0), None, None),
    ],
)
def test_a_value_is_held_against_last_year_s_where_both_are_whole_and_of_many(
    now: Result, then: dict[str, Any], change: float | None, times: float | None
) -> None:
    found = signs(now, last_year=then)
    assert (found.get("change_on_last_year_pct"), found.get("times_last_year")) == (change, times)
    assert signs(now, month_before=then).get("change_on_month_before_pct") == change


@pytest.mark.parametrize(("now", "pct"), [(8, 20), (10, 0), (12, 0)])
def test_a_register_shrinks_by_what_it_has_lost(now: float, pct: float) -> None:
    share = replace(result(), headline=Quotient(4, now, "%", 40))
    assert signs(share, last_year=stored(40))["register_shrinks_pct"] == pct
    assert "register_shrinks_pct" not in signs(share, last_year=stored(40, denominator=0))
    assert "register_shrinks_pct" not in signs(result(), last_year=stored(40))


@pytest.mark.parametrize(
    ("code", "inhabitants", "times"),
    [
        ("kemendagri:31", 100_000, 1),
        ("kemendagri:31", 50_000, 2),
        ("bps:31", 160_000_000, 2),
        ("kemendagri:31.71", 20_000, 1),
        ("kemendagri:31.71", 10_000, 2),
        ("bps:3171", 6_000_000, 1),
        ("bps:3171", 12_000_000, 2),
        ("kemendagri:31.01", 10_000, 1),
        ("bps:3169", 5_000, 2),
        ("kemendagri:31.01", 20_000_000, 2),
        ("lain:1", 1, None),
        ("kemendagri:31", 0, None),
    ],
)
def test_inhabitants_are_as_many_as_a_region_of_the_kind_has(code: str, inhabitants: int, times: float | None) -> None:
    population = replace(INHABITANTS, region_code=code, population_count=inhabitants)
    assert signs(result(population=population)).get("beyond_plausible_times") == times


def test_inhabitants_are_held_against_last_year_s() -> None:
    one = result(population=INHABITANTS)
    assert signs(one, last_year=stored(population={"count": 800_000}))["population_change_pct"] == 25
    assert "population_change_pct" not in signs(one, last_year=stored())


@pytest.mark.parametrize(
    ("by_month", "times"),
    [
        ({"2025-01": 10, "2025-02": 40, "2025-03": 20}, 4),
        ({"2025-03": 20, "2025-01": 10, "2025-02": 40}, 4),
        ({"2025-01": 10, "2025-02": 0, "2025-03": 40}, None),
        ({"2025-01": 10}, None),
    ],
)
def test_neighbouring_months_are_held_against_each_other(by_month: dict[str, int], times: float | None) -> None:
    months = [Breakdown("month", name, Quotient(count, 1, "", count)) for name, count in by_month.items()]
    others = [Breakdown("portal", name, Quotient(count, 1, "", count)) for name, count in [("a", 1), ("b", 900)]]
    assert signs(result(breakdowns=(*months, *others))).get("times_between_months") == times


@pytest.mark.parametrize(
    ("rows", "before", "pct"),
    [
        (RowCounts(80, 80), 100, 20),
        (RowCounts(120, 120), 100, 0),
        (RowCounts(110, 80, {"duplicate_row": 30}), 100, 20),
        (RowCounts(80, 80), None, 0),
    ],
)
def test_things_that_an_earlier_version_told_of_are_lost(rows: RowCounts, before: int | None, pct: float) -> None:
    most = {} if before is None else {"it_downtime": before}
    frame = of_results([result(rows=rows)], last_year={}, month_before={}, most_things=most)
    assert frame.loc["it_downtime", "rows_lost_pct"] == pct


@pytest.mark.parametrize(("used", "pct"), [(6, 40), (5, None)])
def test_outages_without_length_are_a_share_of_ten_at_least(used: int, pct: float | None) -> None:
    rows = RowCounts(used + 4, used, {"zero_length": 4})
    assert signs(result(rows=rows)).get("without_length_pct") == pct


@pytest.mark.parametrize(
    ("counts", "largest"),
    [({"A": 6, "B": 3, "C": 1}, 60), ({"A": 6, "B": 3}, None), ({"A": 0, "B": 0, "C": 0}, None)],
)
def test_members_come_and_go_by_what_they_weigh(counts: dict[str, int], largest: float | None) -> None:
    parts = tuple(Breakdown("component", name, Quotient(1, count, "", 1)) for name, count in counts.items())
    then = [{"member": name, "denominator": count, "numerator": 1} for name, count in [("A", 6), ("D", 2)]]
    frame = of_results(
        [result(breakdowns=parts)],
        last_year={"it_downtime": stored(breakdowns={"component": then})},
        month_before={},
        most_things={},
    )
    if not sum(counts.values()):
        assert "it_downtime component" not in frame.index
        return
    row = frame.loc["it_downtime component"]
    whole = sum(counts.values())
    assert row["new_members_pct"] == pytest.approx(100 * (whole - 6) / whole)
    assert row["gone_members_pct"] == 25
    assert (None if row.isna()["largest_member_pct"] else row["largest_member_pct"]) == largest
    assert row["details"] == f"+ {', '.join(sorted(set(counts) - {'A'}))}; - D"
