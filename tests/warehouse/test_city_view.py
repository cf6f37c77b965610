"""What readers see of a city is one model: everything that stands beside a value, from one state of the warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.warehouse import TargetRecord, Warehouse
from tests.warehouse.test_warehouse import NOW, request, result

TARGETS = (
    TargetRecord("it_downtime", 2025, 3.5, "at_most", "RPJMD"),
    TargetRecord("portal_visits", 2025, 90_000, "at_least", "RPJMD"),
)


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    made = Warehouse(warehouse_url)
    made.migrate()
    made.store([result()], request=replace(request("r1"), targets=TARGETS))
    late = replace(request("r2", sha256="e" * 64, computed_at=NOW + timedelta(days=3)), targets=TARGETS)
    made.store([result("b", read=5, excluded={"prank": 1})], request=late)
    return made


def test_a_result_comes_with_versions_parts_files_and_its_target(warehouse: Warehouse) -> None:
    view = warehouse.city_view("kota-uji")
    assert (view.city.name, view.periods, view.years) == ("Kota Uji", ("2025",), ("2025",))
    (one,) = view.results
    assert view.result("it_downtime", "2025") is one
    assert view.result("it_downtime", "2024") is None
    assert [version.version for version in one.versions] == [1, 2]
    assert (one.version, one.versions[-1].change_reason) == (2, "2 baris susulan / 2 late rows")
    assert (one.rows_read, one.rows_used, one.excluded) == (5, 4, {"prank": 1})
    assert one.breakdowns["component"][0].numerator == 6.0
    assert [part.name for part in one.variants] == ["unplanned_only"]
    assert [file.sha256 for file in one.files] == ["e" * 64]
    assert one.target == TARGETS[0]


def test_as_of_an_earlier_day_only_what_was_known_then_is_seen(warehouse: Warehouse) -> None:
    (one,) = warehouse.city_view("kota-uji", as_of=NOW).results
    assert ([version.version for version in one.versions], one.rows_read) == ([1], 3)


def test_a_months_sum_has_no_target_of_its_year_and_a_mean_has(warehouse: Warehouse) -> None:
    month = replace(request("r3"), period="2025-03", targets=TARGETS)
    hours = replace(result("c"), period="2025-03")
    both = [hours, replace(hours, indicator_id="portal_visits")]
    warehouse.store(both, request=month)
    view = warehouse.city_view("kota-uji", period="2025-03")
    assert [(one.indicator_id, bool(one.target)) for one in view.results] == [
        ("portal_visits", False),
        ("it_downtime", True),
    ]


def test_targets_are_taken_in_place_of_those_before_and_a_city_without_results_has_none(warehouse: Warehouse) -> None:
    warehouse.store([result("b", read=5, excluded={"prank": 1})], request=replace(request("r3"), targets=TARGETS[:1]))
    assert warehouse.city_view("kota-uji").targets == TARGETS[:1]
    assert warehouse.city_view("kota-baru").targets == ()
    assert warehouse.city_view("kota-baru").results == ()
