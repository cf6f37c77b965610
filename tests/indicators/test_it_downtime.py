"""Downtime: overlaps counted once, hours clipped, incidents owned by the period they start in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.coverage import Coverage
from pipeline.indicators.base import measure
from pipeline.indicators.it_downtime import join
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import OUTAGES
from tests.indicators.frames import frame_of, terms_of

ZONE = ZoneInfo("Asia/Jakarta")


def outage(number: int, start: str, end: str | None, component: str = "A", **others: Any) -> dict[str, Any]:
    moments = {
        name: pd.Timestamp(text, tz=ZONE).tz_convert("UTC") if text else None
        for name, text in (("started_at", start), ("ended_at", end))
    }
    return {"incident_id": str(number), "component": component, "is_planned": False, **moments, **others}


def measured(rows: list[dict[str, Any]], label: str = "2025", **terms: Any) -> Any:
    return measure(INDICATORS["it_downtime"], [frame_of(OUTAGES, rows)], terms=terms_of(label, **terms))


def parts(result: Any) -> tuple[float, float]:
    return result.headline.numerator, result.headline.denominator


def test_windows_of_one_component_that_overlap_or_touch_are_one_outage() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00"), outage(2, "2025-02-01 10:00", "2025-02-01 11:00")]
    rows.append(outage(3, "2025-02-01 09:00", "2025-02-01 09:30"))
    assert parts(measured(rows)) == (3, 1)
    assert parts(measured([rows[0], rows[1] | {"component": "B"}])) == (3, 2)


def test_a_parent_absorbs_its_children_on_other_components() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    rows.append(outage(2, "2025-02-01 08:30", "2025-02-01 10:30", "B", parent_id="1"))
    rows.append(outage(3, "2025-02-01 08:45", "2025-02-01 09:00", "C", parent_id="2"))
    assert parts(measured(rows)) == (2.5, 1)


def test_hours_are_clipped_and_the_incident_belongs_to_the_period_it_starts_in() -> None:
    rows = [outage(1, "2024-12-31 22:00", "2025-01-01 03:00")]
    assert parts(measured(rows, "2024")) == (2, 1)
    later = measured(rows, "2025")
    assert (parts(later), later.headline.value, later.status) == ((3, 0), None, "not_computable")


def test_an_open_outage_counts_to_the_end_of_the_period_and_is_provisional() -> None:
    result = measured([outage(1, "2025-12-31 20:00", None)])
    assert (parts(result), result.status) == ((4, 1), "provisional")


def test_zero_length_is_left_out_and_the_year_2100_never_averaged_in() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00"), outage(2, "2025-03-01 08:00", "2025-03-01 08:00")]
    rows.append(outage(3, "2025-04-01 08:00", "2100-01-01 00:00", quarantine_reason="after_extraction_ended_at"))
    result = measured(rows)
    assert (parts(result), result.rows.excluded) == ((2, 1), {"zero_length": 1})
    assert result.rows.quarantined == {"after_extraction_ended_at": 1}
    assert result.variants["as_recorded"].denominator == 3


def test_a_covered_year_without_incidents_is_null_with_its_reason_and_not_zero() -> None:
    result = measured([])
    assert (result.headline.value, result.headline.numerator) == (None, 0)
    assert "no incident" in result.headline.reason
    assert {quotient.value for quotient in result.variants.values()} == {None}
    assert all(quotient.reason for quotient in result.variants.values())


def test_incidents_that_all_lasted_no_time_are_the_reason_why_there_is_no_value() -> None:
    result = measured([outage(number, f"2025-03-0{number} 08:00", f"2025-03-0{number} 08:00") for number in (1, 2, 3)])
    assert result.headline.value is None
    assert "all of zero length" in result.headline.reason
    assert "3 insiden" in result.headline.reason


@pytest.mark.parametrize(
    ("ended", "hours", "codes"),
    [
        ("2025-12-31 22:00", 2, {"still_open"}),
        ("2025-12-31 01:00", 2, {"still_open", "open_dominates"}),
    ],
)
def test_open_outages_are_counted_by_themselves_and_remarked_when_they_are_most(
    ended: str, hours: float, codes: set[str]
) -> None:
    rows = [outage(1, "2025-12-31 00:00", ended), outage(2, "2025-12-31 22:00", None, "B")]
    result = measured(rows)
    assert (result.variants["open_outages"].value, result.variants["open_hours"].value) == (1, hours)
    assert {remark.code for remark in result.remarks} == codes


def test_open_windows_of_one_outage_give_each_hour_once_though_only_a_closed_one_links_them() -> None:
    rows = [outage(1, "2025-12-30 08:00", "2025-12-30 10:00"), outage(4, "2025-12-01 00:00", "2025-12-03 00:00", "D")]
    rows += [
        outage(2, "2025-12-30 20:00", None, "B", parent_id="1"),
        outage(3, "2025-12-31 02:00", None, "C", parent_id="1"),
    ]
    result = measured(rows)
    assert parts(result) == (2 + 28 + 48, 2)
    assert (result.variants["open_outages"].value, result.variants["open_hours"].value) == (2, 28)
    assert {remark.code for remark in result.remarks} == {"still_open"}


@pytest.mark.parametrize(
    ("started", "ended", "is_kept"),
    [
        ("2020-03-01 08:00", "2025-12-20 08:00", True),  # a year mistyped
        ("2024-11-20 00:00", "2025-01-01 00:40", False),  # a quarter of all hours
        ("2024-12-20 00:00", "2025-01-15 00:00", False),
        ("2025-01-01 00:00", "2025-12-20 00:00", False),  # a sign of the table says so
    ],
)
def test_an_implausibly_long_outage_from_before_the_period_is_remarked(started: str, ended: str, is_kept: bool) -> None:
    result = measured([outage(1, started, ended), outage(2, "2025-12-31 08:00", "2025-12-31 10:00", "B")])
    assert ("long_carried_in" in {remark.code for remark in result.remarks}) is is_kept


def test_planned_work_counts_and_the_unplanned_variant_leaves_it_out() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00", is_planned=True)]
    rows.append(outage(2, "2025-05-01 08:00", "2025-05-01 14:00"))
    result = measured(rows)
    assert (parts(result), result.variants["unplanned_only"].value) == ((8, 2), 6)


UNPLANNED = ("unplanned_only", "unplanned_as_recorded", "unplanned_as_recorded_plausible")


@pytest.mark.parametrize(
    ("is_planned", "elsewhere", "values"),
    [
        ((None, None), None, [None, None, None]),
        ((None, False), None, [5, 5, 5]),
        ((None, True), None, [2, 2, 2]),
        # What an outage of another period says tells nothing of this one's.
        ((None, None), False, [None, None, None]),
    ],
)
def test_without_a_row_that_says_what_was_planned_there_is_no_unplanned_figure(
    is_planned: tuple[bool | None, ...], elsewhere: bool | None, values: list[float | None]
) -> None:
    rows = [outage(n, "2025-02-01 08:00", f"2025-02-01 {10 + 6 * n}:00", f"L{n}") for n in range(2)]
    rows = [row | {"is_planned": flag} for row, flag in zip(rows, is_planned, strict=True)]
    result = measured([*rows, outage(7, "2024-02-01 08:00", "2024-02-01 10:00", is_planned=elsewhere)])
    assert ([result.variants[name].value for name in UNPLANNED], result.headline.value) == (values, 5)
    reasons = {str(result.variants[name].reason) for name in UNPLANNED if result.variants[name].value is None}
    assert all("map or fill is_planned" in reason for reason in reasons)
    assert ("planned" in {one.dimension for one in result.breakdowns}) is (None not in values)


def test_an_unplanned_figure_without_an_incident_is_not_for_want_of_the_column() -> None:
    rows = [outage(1, "2024-12-31 22:00", "2025-01-01 03:00", is_planned=None)]
    variant = measured(rows).variants["unplanned_only"]
    assert (variant.value, "no incident starts" in str(variant.reason)) == (None, True)


WINDOWS = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 3),
        st.integers(1, 900),
        st.sampled_from("AB"),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=7,
)


def rows_of(windows: list[tuple[int, int, str, int | None]]) -> list[dict[str, Any]]:
    begin = datetime(2025, 1, 30, tzinfo=ZONE)
    return [
        {
            "incident_id": str(number),
            "parent_id": None if parent is None else str(parent),
            "component": component,
            "is_planned": False,
            "started_at": pd.Timestamp(begin + timedelta(minutes=start)).tz_convert("UTC"),
            "ended_at": pd.Timestamp(begin + timedelta(minutes=start + length)).tz_convert("UTC"),
        }
        for number, (start, length, component, parent) in enumerate(windows)
    ]


def brute_force(windows: list[tuple[int, int, str, int | None]], first: int, last: int) -> tuple[float, int]:
    """Minutes in sets and friends of friends: hours from minute `first` to `last` and outages starting there."""
    groups = [{place} for place in range(len(windows))]
    is_changed = True
    while is_changed:
        is_changed = False
        for a, (start_a, length_a, component_a, parent_a) in enumerate(windows):
            for b, (start_b, length_b, component_b, _) in enumerate(windows):
                touch = start_a <= start_b + length_b and start_b <= start_a + length_a
                if groups[a] is not groups[b] and ((component_a == component_b and touch) or parent_a == b):
                    merged = groups[a] | groups[b]
                    for place in merged:
                        groups[place] = merged
                    is_changed = True
    minutes, count = 0, 0
    for group in {id(group): group for group in groups}.values():
        spans = [range(windows[p][0], windows[p][0] + windows[p][1]) for p in group]
        minutes += sum(first <= minute < last for minute in set().union(*spans))
        count += first <= min(span.start for span in spans) < last
    return minutes / 60, count


@settings(max_examples=40)
@given(WINDOWS)
def test_hours_and_incidents_equal_a_count_by_the_minute_and_months_add_up(
    windows: list[tuple[int, int, str, int | None]],
) -> None:
    rows = rows_of(windows)
    january, february = measured(rows, "2025-01"), measured(rows, "2025-02")
    days = 2 * 24 * 60
    assert parts(january) == pytest.approx(brute_force(windows, 0, days))
    year = measured(rows, "2025")
    assert parts(year) == pytest.approx(tuple(map(sum, zip(parts(january), parts(february), strict=True))))


@settings(max_examples=15)
@given(WINDOWS, st.randoms(use_true_random=False))
def test_row_order_changes_nothing_of_a_result(windows: Any, random: Any) -> None:
    rows = [row | {"incident_id": str(n // 2), "cause": f"cause {n}"} for n, row in enumerate(rows_of(windows))]
    assert measured(rows) == measured(random.sample(rows, len(rows)))


def test_outages_are_numbered_by_component_and_time_in_whatever_order_windows_come() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00", "B"),
        outage(2, "2025-03-01 08:00", "2025-03-01 10:00", "A"),
        outage(3, "2025-02-01 08:00", "2025-02-01 09:00", "A"),
        outage(4, "2025-02-01 09:00", "2025-02-01 11:00", "A"),
    ]
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        found, pieces = join(frame_of(OUTAGES, [rows[place] for place in order]))
        assert [found[order.index(place)] for place in range(4)] == [2, 1, 0, 0]
        assert pieces["key"].tolist() == [0, 1, 2]


def test_of_rows_that_start_at_once_under_one_number_the_first_cause_by_name_stands() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00", cause=cause) for cause in ("b", "a")]
    for ordered in (rows, rows[::-1]):
        assert [b.member for b in measured(ordered).breakdowns if b.dimension == "cause"] == ["a"]


def test_an_incident_at_new_years_midnight_belongs_to_the_new_year() -> None:
    rows = [outage(1, "2025-01-01 00:00", "2025-01-01 01:00")]
    assert parts(measured(rows, "2025")) == (1, 1)
    before = measured(rows, "2024")
    assert parts(before) == (0, 0)
    assert before.rows.excluded == {"outside_period": 1}
    assert before.variants["as_recorded"].denominator == 0
    ends_then = [outage(1, "2024-12-31 23:00", "2025-01-01 00:00")]
    assert parts(measured(ends_then, "2024")) == (1, 1)
    assert measured(ends_then, "2025").rows.excluded == {"outside_period": 1}


def test_rows_of_other_years_are_counted_outside_and_change_neither_value_nor_fingerprint() -> None:
    row = outage(1, "2025-02-01 08:00", "2025-02-01 10:00")
    others = [outage(2, "2023-02-01 08:00", "2023-02-01 10:00"), outage(3, "2026-02-01 08:00", "2026-02-01 10:00")]
    alone, beside = measured([row]), measured([others[0], row, others[1]])
    assert (alone.headline, alone.inputs_sha256) == (beside.headline, beside.inputs_sha256)
    assert (beside.rows.used, beside.rows.excluded) == (1, {"outside_period": 2})


def test_a_row_without_a_start_is_counted_in_every_period() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    rows.append(outage(2, "2025-02-01 08:00", None) | {"started_at": None, "quarantine_reason": "missing_started_at"})
    for label in ("2024", "2025", "2025-07"):
        assert measured(rows, label).rows.quarantined == {"missing_started_at": 1}


def test_a_row_that_starts_before_the_period_bears_on_it_while_its_outage_lasts() -> None:
    rows = [outage(1, "2024-12-31 22:00", "2024-12-31 23:00"), outage(2, "2024-12-31 22:30", "2025-01-01 02:00")]
    result = measured(rows)
    assert (parts(result), result.rows.used, result.rows.excluded) == ((2, 0), 2, {})
    changed = measured([rows[0] | {"cause": "listrik"}, rows[1]])
    assert changed.inputs_sha256 != result.inputs_sha256


def test_a_day_without_coverage_makes_the_year_provisional_and_another_fingerprint() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    whole = measured(rows)
    but_one = measured(rows, covers=Coverage.of([(date(2025, 1, 1), date(2025, 12, 30))]))
    assert (whole.status, but_one.status) == ("final", "provisional")
    assert 99 < but_one.coverage_pct < 100
    assert whole.inputs_sha256 != but_one.inputs_sha256


def test_undeclared_coverage_reaches_from_the_month_of_the_first_incident_to_the_extraction() -> None:
    rows = [outage(1, "2025-03-10 08:00", "2025-03-10 10:00")]
    extracted = datetime(2025, 6, 15, 12, tzinfo=ZONE)
    result = measured(rows, covers=None, as_of=extracted)
    assert result.coverage_pct == pytest.approx(100 * (31 + 30 + 31 + 15) / 365)
    assert measured([], covers=None).headline.reason == "tidak ada data insiden / no incident data"
    assert measured(rows, "2025-02", covers=None, as_of=extracted).headline.numerator is None


def test_a_log_that_nobody_declares_whole_is_not_final_though_each_month_has_rows() -> None:
    rows = [outage(n, f"2025-{n:02}-10 08:00", f"2025-{n:02}-10 10:00") for n in range(1, 13)]
    undeclared = measured(rows, covers=None)
    assert (measured(rows).status, undeclared.status, undeclared.coverage_pct) == ("final", "provisional", 100)
    assert "covers_undeclared" in {remark.code for remark in undeclared.remarks}


def test_plausible_is_more_than_nothing_and_at_most_the_longest() -> None:
    ends = ["2025-02-01 08:00", "2025-02-02 08:00", "2025-02-02 08:00:01"]
    rows = [outage(n, "2025-02-01 08:00", end, is_planned=n == 1) for n, end in enumerate(ends)]
    rows.append(outage(7, "2025-02-01 08:00", "2025-02-01 10:00", is_planned=None))
    variants = measured(rows, longest_plausible_hours=24).variants
    found = {name: (part.numerator, part.denominator) for name, part in variants.items() if "recorded" in name}
    second = 1 / 3600
    assert found == {
        "as_recorded": (pytest.approx(50 + second), 4),
        "as_recorded_plausible": (26, 2),
        "unplanned_as_recorded": (pytest.approx(26 + second), 3),
        "unplanned_as_recorded_plausible": (2, 1),
    }


def test_what_stands_in_for_an_end_is_none_as_recorded_either() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    rows.append(outage(2, "2025-02-01 08:00", "1900-01-01 00:00", quarantine_reason="sentinel_ended_at"))
    recorded = measured(rows).variants["as_recorded"]
    assert (recorded.numerator, recorded.denominator) == (2, 1)


@pytest.mark.parametrize("rule", ["blank_row", "grand_total", "combined", "no_outage"])
def test_what_is_no_record_is_not_as_recorded_either(rule: str) -> None:
    variants = measured([outage(1, "2025-02-01 08:00", "2025-02-01 10:00", excluded_by=rule)]).variants
    assert variants["as_recorded"].denominator == 0


def test_an_open_outage_that_starts_after_the_extraction_has_no_hours_yet() -> None:
    result = measured([outage(1, "2025-02-01 08:00", None)], as_of=datetime(2025, 1, 20, tzinfo=ZONE))
    assert (parts(result), result.status) == ((0, 1), "provisional")


def test_what_is_open_after_the_period_leaves_it_final() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00"), outage(2, "2026-02-01 08:00", None)]
    assert measured(rows).status == "final"


def test_undeclared_coverage_begins_with_the_first_sound_row_of_any_length() -> None:
    rows = [
        outage(1, "2025-02-10 08:00", "2025-02-10 09:00", quarantine_reason="bad"),
        outage(2, "2025-03-10 08:00", "2025-03-10 08:00"),
        outage(3, "2025-04-10 08:00", "2025-04-10 09:00"),
    ]
    # 20:00 UTC on 14 June is 15 June in Jakarta.
    result = measured(rows, covers=None, as_of=datetime(2025, 6, 14, 20, tzinfo=UTC))
    assert result.coverage_pct == pytest.approx(100 * (31 + 30 + 31 + 15) / 365)


def test_coverage_of_no_day_of_the_period_is_no_data_whatever_the_rows() -> None:
    result = measured([outage(1, "2025-02-01 08:00", "2025-02-01 10:00")], covers=Coverage())
    assert (result.headline.numerator, result.headline.reason) == (None, "tidak ada data insiden / no incident data")


def test_an_outage_is_planned_only_when_all_of_it_was() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00", is_planned=True),
        outage(2, "2025-02-01 09:00", "2025-02-01 11:00", is_planned=False),
        outage(3, "2025-03-01 09:00", "2025-03-01 11:00", is_planned=None),
        outage(4, "2025-04-01 09:00", "2025-04-01 10:00", is_planned=True),
    ]
    result = measured(rows)
    members = {b.member: b.quotient.numerator for b in result.breakdowns if b.dimension == "planned"}
    assert members == {"planned": 1, "unplanned": 3 + 2}
    unplanned = result.variants["unplanned_only"]
    assert (unplanned.numerator, unplanned.denominator) == (4, 2)


def test_the_whole_city_is_down_once_when_two_components_are() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00", "A"),
        outage(2, "2025-02-01 09:00", "2025-02-01 11:00", "B"),
        outage(3, "2025-02-01 12:00", "2025-02-01 13:00", "B"),
    ]
    city_wide = measured(rows).variants["city_wide_union"]
    assert (city_wide.numerator, city_wide.denominator) == (3 + 1, 2)


def test_whole_durations_and_their_spread_are_of_outages_that_start_in_the_period() -> None:
    rows = [
        outage(1, "2024-12-31 22:00", "2025-01-01 05:00", "A"),
        outage(2, "2025-03-01 08:00", "2025-03-01 10:00", "B"),
        outage(3, "2025-12-31 23:00", "2026-01-01 02:00", "C"),
    ]
    result = measured(rows)
    whole = result.variants["whole_duration_in_starting_period"]
    assert (parts(result), whole.numerator, whole.denominator) == ((5 + 2 + 1, 2), 2 + 3, 2)
    assert result.statistics == {"median": 1.5, "p90": pytest.approx(1.9), "count": 2}


def test_the_earliest_known_cause_stands_and_an_unknown_one_is_blank() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00"),
        outage(2, "2025-02-01 09:00", "2025-02-01 11:00", cause="z"),
        outage(3, "2025-02-01 09:30", "2025-02-01 11:00", cause="a"),
        outage(4, "2025-03-01 08:00", "2025-03-01 09:00"),
    ]
    causes = {b.member: b.quotient.numerator for b in measured(rows).breakdowns if b.dimension == "cause"}
    assert causes == {"z": 3, "(kosong / blank)": 1}


def test_of_rows_that_start_at_once_the_cause_of_the_first_number_stands() -> None:
    rows = [
        outage(2, "2025-02-01 08:00", "2025-02-01 10:00", cause="a"),
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00", cause="b"),
    ]
    assert [b.member for b in measured(rows).breakdowns if b.dimension == "cause"] == ["b"]


def test_overlapping_components_of_one_outage_count_an_hour_once() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00", "A"),
        outage(1, "2025-02-01 09:00", "2025-02-01 11:00", "B"),
    ]
    assert parts(measured(rows)) == (3, 1)


def test_an_outage_that_ended_as_the_period_began_does_not_bear_on_it() -> None:
    result = measured([outage(1, "2024-12-31 22:00", "2025-01-01 00:00"), outage(2, "2024-12-30 22:00", None, "B")])
    assert (result.rows.used, result.rows.excluded) == (1, {"outside_period": 1})


@pytest.mark.parametrize(("ended", "used"), [("2025-01-01 00:00:00", 0), ("2025-01-01 00:00:01", 1)])
def test_an_outage_bears_on_the_period_from_its_first_second_in_it(ended: str, used: int) -> None:
    result = measured([outage(1, "2024-12-31 22:00", ended)])
    assert (result.rows.used, result.headline.numerator) == (used, used / 3600)


def test_the_shortest_plausible_length_is_a_second() -> None:
    rows = [outage(n, "2025-02-01 08:00", f"2025-02-01 08:00:0{n}", quarantine_reason="bad") for n in (0, 1, 2)]
    variants = measured(rows).variants
    assert {name: part.denominator for name, part in variants.items() if "recorded" in name} == {
        "as_recorded": 3,
        "as_recorded_plausible": 2,
        "unplanned_as_recorded": 3,
        "unplanned_as_recorded_plausible": 2,
    }


@pytest.mark.parametrize(("hours", "is_told"), [(720, False), (721, True)])
def test_an_outage_is_carried_in_where_it_lasts_longer_than_the_longest(hours: int, is_told: bool) -> None:
    end = pd.Timestamp("2025-01-21", tz=ZONE)
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    rows.append(outage(2, str((end - timedelta(hours=hours)).tz_localize(None)), "2025-01-21 00:00", "B"))
    said = [remark.en for remark in measured(rows).remarks]
    assert [text.partition(";")[0] for text in said] == [
        "outages from before the period that last longer than 720 hours give 480 of 482 hours"
    ] * is_told


def test_a_quarantined_outage_is_told_with_the_hours_it_would_give() -> None:
    rows = [
        outage(1, "2025-02-01 08:00", "2025-02-01 10:00"),
        # Cut at the end of the year, as the headline would.
        outage(2, "2025-12-31 18:00", "2026-01-05 18:00", quarantine_reason="bad"),
        outage(3, "2025-03-01 08:00", "2025-03-01 08:00", quarantine_reason="bad"),
        outage(4, "2025-03-01 08:00", "2025-03-01 07:00", quarantine_reason="bad"),
        outage(5, "2024-03-01 08:00", "2024-03-01 18:00", quarantine_reason="bad"),
    ]
    (effect,) = [remark.en for remark in measured(rows).remarks if remark.code == "quarantine_effect"]
    assert effect == ("3 rows are quarantined; were the 1 whose numbers are known sound: 2–4 hours per incident")


@pytest.mark.parametrize(
    ("ended", "is_told"), [("2025-12-31 18:00", False), ("2025-12-31 18:01", False), ("2025-12-31 17:59", True)]
)
def test_open_outages_dominate_with_more_than_half_of_the_hours(ended: str, is_told: bool) -> None:
    rows = [outage(1, "2025-12-31 12:00", ended), outage(2, "2025-12-31 18:00", None, "B")]
    dominating = [remark.en for remark in measured(rows).remarks if remark.code == "open_dominates"]
    assert dominating == ["outages that have not ended give 6 of 12 hours; are they really still down?"] * is_told


def test_of_a_log_without_a_sound_row_no_day_is_known_to_be_covered() -> None:
    for rows in ([], [outage(1, "2025-02-01 08:00", "2025-02-01 10:00", quarantine_reason="bad")]):
        result = measured(rows, covers=None)
        assert (result.coverage_pct, result.status) == (0, "not_computable")


def test_an_outage_that_starts_as_the_period_ends_is_none_of_it_by_any_rule() -> None:
    rows = [outage(1, "2026-01-01 00:00", "2026-01-01 02:00"), outage(2, "2025-12-31 23:00", "2026-01-01 00:00", "B")]
    result = measured(rows)
    assert result.rows.excluded == {"outside_period": 1}
    assert {name: part.denominator for name, part in result.variants.items() if not name.startswith("open_")} == {
        **dict.fromkeys(("unplanned_only", "whole_duration_in_starting_period", "city_wide_union", "day_end"), 1),
        **dict.fromkeys(("as_recorded", "as_recorded_plausible"), 1),
        **dict.fromkeys(("unplanned_as_recorded", "unplanned_as_recorded_plausible"), 1),
    }


def test_a_single_covered_day_has_a_value() -> None:
    rows = [outage(1, "2025-02-01 08:00", "2025-02-01 10:00")]
    day = date(2025, 2, 1)
    assert parts(measured(rows, covers=Coverage.of([(day, day)]))) == (2, 1)


def test_a_breakdown_is_the_same_to_the_last_bit_in_any_order_of_rows() -> None:
    # As hours, whose sum depends on the order in which they are added.
    seconds = [1_127_129, 4_774_829, 7_108_790, 6_729_888, 6_407_006, 529_379]
    start = pd.Timestamp("2025-02-01")
    rows = [
        outage(n, str(start), str(start + timedelta(seconds=length)), component, cause="listrik")
        for n, (component, length) in enumerate(zip("ABCDEF", seconds, strict=True))
    ]
    assert len({repr(measured(order).breakdowns) for order in (rows, rows[::-1], rows[3:] + rows[:3])}) == 1
