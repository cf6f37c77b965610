"""What readers see of a city is one model: everything that stands beside a value, from one state of the warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from connectors.remarks import Remark
from pipeline.indicators.base import Breakdown, Population, Quotient, RowCounts
from pipeline.warehouse import AnswerRecord, CityRecord, Closing, ReadinessRecords, TargetRecord, Warehouse
from pipeline.warehouse.city_view import Part
from pipeline.warehouse.records import PopulationRecord, RuleOutcome
from tests.warehouse.test_warehouse import NOW, request, result

TARGETS = (
    TargetRecord("it_downtime", 2025, 3.5, "at_most", "RPJMD"),
    TargetRecord("portal_visits", 2025, 90_000, "at_least", "RPJMD"),
)


@pytest.fixture
def warehouse(migrated_url: str) -> Warehouse:
    made = Warehouse(migrated_url)
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
    (plain,) = warehouse.results("kota-uji")
    assert plain == replace(one, breakdowns={}, versions=(), target=None)


def test_all_that_was_stored_of_a_result_is_shown_in_order(warehouse: Warehouse) -> None:
    remarks = tuple(Remark(code, f"{code} id", f"{code} en", keeps_provisional=code == "b") for code in "ba")
    population = Population("kemendagri:31", 412_000, date(2025, 12, 31), "dukcapil")
    none = Quotient(0.0, 0.0, "hours per incident", None, "tidak ada / none")
    parts = {"unplanned_only": Quotient(4.0, 2.0, "hours per incident", 4.0), "planned": none}
    hours = Quotient(6.0, 4.0, "hours per incident", 3.0)
    members = tuple(Breakdown(of, name, hours) for of, name in (("component", "b"), ("cause", "c"), ("component", "a")))
    rows = RowCounts(9, 4, {"prank": 1, "duplicate": 2}, {"bad_b": 1, "bad_a": 1})
    others = {"remarks": remarks, "population": population, "variants": parts, "breakdowns": members}
    made = replace(result("c", **others), rows=rows)
    (file,) = request("r3").sources["it_downtime"]
    files = [replace(file, source=name, name=f"{name}.csv", sha256=letter * 64) for name, letter in ("bd", "ac")]
    files.append(replace(files[1], sha256="a" * 64, size_bytes=7, owner="Dinas", licence="PDDL"))
    asked = replace(request("r3", computed_at=NOW + timedelta(days=9)), sources={"it_downtime": tuple(files)})
    warehouse.store([replace(made, status="provisional")], request=asked)
    (one,) = warehouse.city_view("kota-uji").results
    assert one.files == (files[2], files[1], files[0])
    assert [(reason.code, reason.text_id, reason.text_en, reason.keeps_provisional) for reason in one.reasons] == [
        ("b", "b id", "b en", True),
        ("a", "a id", "a en", False),
    ]
    assert one.population == PopulationRecord("kemendagri:31", date(2025, 12, 31), "dukcapil", 412_000)
    assert one.variants == (
        Part("planned", None, 0.0, 0.0, "hours per incident", "tidak ada / none"),
        Part("unplanned_only", 4.0, 4.0, 2.0, "hours per incident"),
    )
    assert (list(one.excluded.items()), list(one.quarantined.items())) == (
        [("duplicate", 2), ("prank", 1)],
        [("bad_a", 1), ("bad_b", 1)],
    )
    told = {name: [part.name for part in of] for name, of in one.breakdowns.items()}
    assert (list(told), told["component"]) == (["cause", "component"], ["a", "b"])
    assert one.breakdowns["cause"] == (Part("c", 3.0, 6.0, 4.0, "hours per incident"),)


def test_as_of_an_earlier_day_only_what_was_known_then_is_seen(warehouse: Warehouse) -> None:
    (one,) = warehouse.city_view("kota-uji", as_of=NOW).results
    assert ([version.version for version in one.versions], one.rows_read) == ([1], 3)


def test_as_of_an_earlier_day_nothing_is_pending_or_answered_that_came_later(
    warehouse: Warehouse, migrated_url: str
) -> None:
    first, second = NOW + timedelta(days=5), NOW + timedelta(days=9)
    warehouse.close(Closing("kota-uji", "2025", by="Siti", at=NOW + timedelta(days=4)))
    warehouse.store([result("z", read=9)], request=request("r3", computed_at=second))
    records, answer = ReadinessRecords(migrated_url), AnswerRecord("it_downtime", 3, "proven", "Diskominfo")
    for year, day in ((2024, first), (2025, second)):
        records.store(request("r1").city, year, [answer], today=day.date())
    then, now = warehouse.city_view("kota-uji", as_of=first), warehouse.city_view("kota-uji")
    assert [bool(view.results[0].pending) for view in (then, now)] == [False, True]
    assert [[check.year for check in view.readiness] for view in (then, now)] == [[2024], [2024, 2025]]


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


def test_rules_that_the_rows_of_a_run_broke_stand_beside_its_results_alone(warehouse: Warehouse) -> None:
    broken = RuleOutcome("outages", "ended_after_started", "critical", False, "every row", 6, 2)
    others = (replace(broken, subject="inquiries", way="sample"), replace(broken, rule_id="is_known", is_met=True))
    later = replace(request("r3", computed_at=NOW + timedelta(days=4)), outcomes=(broken, *others))
    warehouse.store([result("c", read=6)], request=later)
    (one,) = warehouse.city_view("kota-uji").results
    assert one.outcomes == (others[0], broken)
    assert [one.outcomes for one in warehouse.city_view("kota-uji", as_of=NOW).results] == [()]


def test_targets_come_in_the_order_of_clauses_and_years(warehouse: Warehouse) -> None:
    next_year = tuple(replace(one, year=2026) for one in TARGETS)
    warehouse.store([result("c")], request=replace(request("r3"), targets=(*next_year, *TARGETS)))
    found = [(one.indicator_id, one.year) for one in warehouse.city_view("kota-uji").targets]
    assert found == [("portal_visits", 2025), ("portal_visits", 2026), ("it_downtime", 2025), ("it_downtime", 2026)]


def test_of_every_city_the_newest_values_come_with_targets_and_readiness(
    warehouse: Warehouse, migrated_url: str
) -> None:
    second = CityRecord("kota-b", "Kota B", "Asia/Makassar", "kemendagri:73", smallest_group=9)
    both = [
        replace(result(), indicator_id=name, period=year)
        for year in ("2026", "2025")
        for name in ("x", "portal_visits")
    ]
    for year in ("2026", "2025"):
        of_year = [one for one in both if one.period == year]
        warehouse.store(of_year, request=replace(request(f"b{year}"), city=second, period=year))
    yes = AnswerRecord("it_downtime", 3, "proven", "Diskominfo")
    ReadinessRecords(migrated_url).store(second, 2025, [yes, replace(yes, theme=4, state="no")], today=date(2026, 1, 5))
    other, one = warehouse.headlines()
    assert (other.city, other.targets) == (second, ())
    assert [(r.period, r.indicator_id) for r in other.results] == [
        ("2025", "portal_visits"),
        ("2025", "x"),
        ("2026", "portal_visits"),
        ("2026", "x"),
    ]
    assert [(check.year, check.proven_count, len(check.states)) for check in other.readiness] == [(2025, 1, 2)]
    assert (one.city, one.readiness) == (request("r1").city, ())
    assert set(one.targets) == set(TARGETS)
    (newest,) = one.results
    assert (newest.version, newest.value, newest.target, newest.breakdowns) == (2, 2.0, TARGETS[0], {})
    assert newest.computed_at == NOW + timedelta(days=3)
