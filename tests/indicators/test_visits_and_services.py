"""Visits per 100,000 and the share of online services: headline, variants, coverage and refusals."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from connectors.errors import DataRejected
from connectors.remarks import Remark
from pipeline.coverage import Coverage
from pipeline.indicators.base import Population, RowCounts, measure
from pipeline.indicators.registry import INDICATORS
from pipeline.periods import Period
from pipeline.tables import SERVICES, VISITS
from tests.indicators.frames import frame_of, terms_of


def month_of_visits(month: int, count: int, **others: Any) -> dict[str, Any]:
    day = pd.Timestamp(2025, month, 1)
    row = {"visited_on": day, "days_count": day.days_in_month, "visits_count": count, "portal_id": "p"}
    return row | {"source_tool": "matomo", "visit_definition": "v", "variant": "headline"} | others


OLD = {"visited_on": pd.Timestamp(2024, 12, 1)}


def visits(rows: list[dict[str, Any]], label: str = "2025", **terms: Any) -> Any:
    return measure(INDICATORS["portal_visits"], [frame_of(VISITS, rows)], terms=terms_of(label, **terms))


def service(number: int, access: bool, request: bool, **others: Any) -> dict[str, Any]:
    flags = {"is_accessible_online": access, "is_requestable_online": request, "is_online_applicable": True}
    return {"service_id": str(number), "agency": "A", **flags, **others}


def services(rows: list[dict[str, Any]], label: str = "2025", **terms: Any) -> Any:
    return measure(INDICATORS["online_services"], [frame_of(SERVICES, rows)], terms=terms_of(label, **terms))


def test_ten_million_visits_of_jakarta() -> None:
    result = visits([month_of_visits(month, 1_000_000) for month in range(1, 11)])
    assert (round(result.headline.value, 2), result.headline.denominator) == (94_696.97, 105.6)
    assert (result.status, round(result.coverage_pct, 1)) == ("provisional", 83.3)


def test_a_month_is_not_annualised() -> None:
    rows = [month_of_visits(month, 105_600) for month in range(1, 13)]
    assert visits(rows, "2025-02").headline.value == pytest.approx(1_000)
    assert visits(rows).headline.value == pytest.approx(12_000)


def test_without_a_population_the_visits_stand_and_the_value_is_null() -> None:
    result = visits([month_of_visits(1, 7)], population=None)
    assert (result.headline.numerator, result.headline.value, result.status) == (7, None, "not_computable")


def test_without_a_population_the_reason_names_the_rows_that_cannot_be_read() -> None:
    unread = Remark("population_row_unread", "pop: baris 3 tidak terbaca", "pop: row 3 cannot be read")
    other = Remark("coverage", "lain", "something else")
    result = visits([month_of_visits(1, 7)], population=None, remarks=(other, unread))
    assert result.headline.reason == (
        "jumlah penduduk tahun ini belum ada; pop: baris 3 tidak terbaca / "
        "no population figure for this year; pop: row 3 cannot be read"
    )


def test_another_population_is_a_variant() -> None:
    other = Population("bps:3100", 1_000_000, date(2025, 6, 30), "BPS Proyeksi")
    result = visits([month_of_visits(1, 20)], other_populations=(other,))
    assert result.variants["other_population_bps_proyeksi"].value == 2


def test_a_declared_figure_of_another_years_day_is_said() -> None:
    def told(reference_on: date) -> list[tuple[str, bool]]:
        figure = Population("bps:3100", 1_000_000, reference_on, "BPS")
        remarks = visits([month_of_visits(1, 20)], population=figure).remarks
        return [(one.en, one.keeps_provisional) for one in remarks if one.code == "population_of_another_year"]

    assert told(date(2023, 12, 31)) == [("the population declared for 2025 is a figure of 2023-12-31", False)]
    assert told(date(2025, 1, 1)) == []


def test_two_tools_in_one_month_are_refused_and_in_two_months_are_not() -> None:
    with pytest.raises(DataRejected, match="ga4, matomo"):
        visits([month_of_visits(1, 7), month_of_visits(1, 9, source_tool="ga4")])
    assert visits([month_of_visits(1, 7), month_of_visits(2, 9, source_tool="ga4")]).headline.numerator == 16


WHOLE, MAY = Coverage.of_period(Period(2025)), date(2025, 5, 1)
OF_TWO = [month_of_visits(month, 10) for month in range(1, 13)]
OF_TWO += [month_of_visits(month, 5, portal_id="geo") for month in range(5, 13)]


@pytest.mark.parametrize(
    ("rows", "portals", "days_count", "missed"),
    [
        # A portal of which half a year is missing is not made whole by the other.
        (OF_TWO, {}, 245, {"geo"}),
        (OF_TWO, {"p": WHOLE, "geo": WHOLE}, 245, {"geo"}),
        (OF_TWO, {"p": WHOLE, "geo": Coverage.of([(MAY, date(2025, 12, 31))])}, 365, set()),
        # One of which nothing came, and one that closed.
        (OF_TWO[:12], {"p": WHOLE, "geo": WHOLE}, 0, {"geo"}),
        (OF_TWO[:12], {"p": WHOLE, "geo": Coverage.of([(date(2025, 1, 1), date(2025, 3, 31))])}, 275, {"geo"}),
        (OF_TWO[:6] + OF_TWO[12:], {"p": Coverage.of([(date(2025, 1, 1), date(2025, 6, 30))])}, 245, {"geo"}),
        # Days before any portal was there are not covered; of one portal alone the coverage says all.
        (OF_TWO[4:12], {"p": Coverage.of([(MAY, date(2025, 12, 31))])}, 245, set()),
        (OF_TWO[4:12], {"p": WHOLE}, 245, set()),
        ([], {}, 0, set()),
    ],
)
def test_a_day_is_covered_when_every_portal_tells_that_worked_then(
    rows: list[dict[str, Any]], portals: dict[str, Coverage], days_count: int, missed: set[str]
) -> None:
    result = visits(rows, portals=portals)
    assert result.coverage_pct == pytest.approx(100 * days_count / 365)
    told = [remark.en for remark in result.remarks if remark.code == "portal_days_missing"]
    assert {text.partition(":")[0] for text in told} == missed
    assert (result.status == "final") == (days_count == 365)


def test_the_first_of_many_portals_that_miss_days_are_named() -> None:
    rows = [month_of_visits(1, 9, portal_id=f"p{n}") for n in range(1, 8)]
    (told,) = [remark for remark in visits(rows).remarks if remark.code == "portal_days_missing"]
    assert told.en.startswith("p1: of 2025-01-01 to 2025-12-31 it tells only of 2025-01-01 to 2025-01-31; p2: of ")
    assert "; p3: of 2025-01-01 to 2025-12-31 it tells only of 2025-01-01 to 2025-01-31 (+4). Ask for" in told.en
    assert " (+4). Mintalah hari lainnya" in told.id


def test_a_year_of_two_tools_tells_what_each_of_them_calls_a_visit() -> None:
    own = {"source_tool": "awstats", "visit_definition": "one address, 60 idle minutes"}
    result = visits([month_of_visits(1, 5), month_of_visits(2, 3), month_of_visits(3, 4, **own)])
    counted = {b.member: b.quotient.numerator for b in result.breakdowns if b.dimension == "visit_definition"}
    assert counted == {"matomo: v": 8, "awstats: one address, 60 idle minutes": 4}


def test_a_variant_one_of_the_sources_cannot_tell_is_null() -> None:
    rows = [month_of_visits(1, 7), month_of_visits(2, 9, source_tool="access_log")]
    rows.append(month_of_visits(2, 12, source_tool="access_log", variant="bots_included"))
    result = visits(rows)
    assert (result.variants["bots_included"].value, result.variants["bots_included"].numerator) == (None, 12)
    assert visits(rows, "2025-02").variants["bots_included"].value == pytest.approx(12 / 105.6)


def test_log_lines_are_counted_in_place_of_the_days_made_from_them() -> None:
    rows = [month_of_visits(2, 9, source_tool="access_log"), month_of_visits(1, 7), month_of_visits(1, 7) | OLD]
    lines = RowCounts(41, 30, {"bot": 5, "outside_period": 4}, {"malformed_line": 2})
    counts = visits(rows, log_lines=lines).rows
    assert (counts.read, counts.used) == (43, 31)
    assert (counts.excluded, counts.quarantined) == ({"bot": 5, "outside_period": 5}, {"malformed_line": 2})
    assert visits(rows).rows.read == 3


def test_each_held_line_of_a_log_may_be_a_visit_or_join_two() -> None:
    rows = [month_of_visits(2, 200, source_tool="access_log")]
    lines = RowCounts(1000, 990, {}, {"malformed_line": 10})
    (effect,) = [one for one in visits(rows, log_lines=lines).remarks if one.code == "quarantine_effect"]
    assert "1.8–1.99 visits per 100,000" in effect.en, "190 to 210 visits of 10,560,000 people"
    assert effect.keeps_provisional is False


HUNDRED_THOUSAND = Population("kemendagri:1", 100_000, date(2025, 6, 30), "dukcapil")


def effect_of_quarantine(rows: list[dict[str, Any]], **terms: Any) -> tuple[str, str]:
    (effect,) = [one for one in visits(rows, **terms).remarks if one.code == "quarantine_effect"]
    return effect.id, effect.en


def test_held_lines_may_have_made_every_visit() -> None:
    rows = [month_of_visits(2, 4, source_tool="access_log")]
    lines = RowCounts(14, 4, {}, {"malformed_line": 10})
    _, in_en = effect_of_quarantine(rows, log_lines=lines, population=HUNDRED_THOUSAND)
    assert in_en.endswith("were the 10 whose numbers are known sound: 0–14 visits per 100,000")


def test_held_counts_of_the_headline_would_add_their_visits() -> None:
    held = {"quarantine_reason": "bad_days_count"}
    rows = [
        month_of_visits(1, 100),
        month_of_visits(2, 50, **held),
        month_of_visits(3, None, **held),
        month_of_visits(4, 7, **held, excluded_by="test"),
        month_of_visits(5, 9, **held, variant="bots_included"),
        month_of_visits(6, 11, **held) | OLD,
    ]
    in_id, in_en = effect_of_quarantine(rows, population=HUNDRED_THOUSAND)
    assert "; bila 1 yang angkanya diketahui sah: 100–150 kunjungan per 100.000 penduduk" in in_id
    assert "; were the 1 whose numbers are known sound: 100–150 visits per 100,000" in in_en


def test_an_undated_count_is_counted_in_every_period() -> None:
    rows = [month_of_visits(1, 5), month_of_visits(2, 5, quarantine_reason="bad_visited_on") | {"visited_on": None}]
    for label in ("2024", "2025", "2025-07"):
        assert visits(rows, label).rows.quarantined == {"bad_visited_on": 1}


def test_each_month_of_a_year_is_told_apart() -> None:
    result = visits([month_of_visits(1, 5), month_of_visits(11, 3)], population=HUNDRED_THOUSAND)
    months = {b.member: b.quotient.value for b in result.breakdowns if b.dimension == "month"}
    assert months == {"2025-01": 5, "2025-11": 3}


def test_no_rows_are_another_reason_than_no_visit() -> None:
    assert visits([]).headline.reason == "tidak ada data kunjungan / no visits data"


@pytest.mark.parametrize("place", ["population", "other_populations"])
def test_another_number_of_inhabitants_is_another_fingerprint(place: str) -> None:
    one, other = (Population("bps:1", count, date(2025, 6, 30), "BPS") for count in (100_000, 100_001))
    found = [
        visits([month_of_visits(1, 5)], **{place: (people,) if place == "other_populations" else people})
        for people in (one, other)
    ]
    assert found[0].inputs_sha256 != found[1].inputs_sha256


def test_a_log_of_one_line_is_counted_in_place_of_its_day() -> None:
    rows = [month_of_visits(2, 1, source_tool="access_log")]
    assert visits(rows, log_lines=RowCounts(1, 1)).rows.read == 1


def test_twenty_of_thirty_services_are_online() -> None:
    result = services([service(n, n < 25, n < 20) for n in range(30)])
    assert (round(result.headline.value, 1), result.headline.numerator, result.headline.denominator) == (66.7, 20, 30)
    assert result.variants["accessible_only"].value == pytest.approx(100 * 25 / 30)


def test_not_applicable_stays_in_the_denominator_of_the_headline_only() -> None:
    result = services([service(1, True, True), service(2, True, False, is_online_applicable=False)])
    assert (result.headline.value, result.variants["not_applicable_removed"].value) == (50, 100)


def test_the_register_is_read_as_it_stood_on_the_last_day() -> None:
    rows = [
        service(1, True, True),
        service(2, True, True, valid_to_on=pd.Timestamp("2025-12-30")),
        service(3, True, True, valid_from_on=pd.Timestamp("2026-01-01")),
        service(4, False, False, valid_to_on=pd.Timestamp("2025-12-31")),
    ]
    result = services(rows)
    assert (result.headline.denominator, result.rows.excluded) == (2, {"outside_period": 2})
    assert services(rows, "2025-11").headline.denominator == 3


def test_a_service_with_two_rows_valid_that_day_counts_once_by_the_newer() -> None:
    rows = [
        service(1, False, False, valid_from_on=pd.Timestamp("2020-01-01")),
        service(1, True, True, valid_from_on=pd.Timestamp("2025-01-01")),
    ]
    result = services(rows)
    assert (result.headline.value, result.rows.excluded) == (100, {"superseded": 1})


def test_a_row_without_a_beginning_is_older_than_one_with_any() -> None:
    rows = [service(1, True, True, valid_from_on=pd.Timestamp("2000-01-01")), service(1, False, False)]
    for ordered in (rows, rows[::-1]):
        assert (services(ordered).headline.value, services(ordered).rows.excluded) == (100, {"superseded": 1})


def test_end_to_end_needs_every_applicable_step_and_at_least_one() -> None:
    steps = [(6, 6, 6), (6, 2, 2), (6, 2, 1), (6, 0, 0)]
    rows = [
        service(n, True, True, steps_count=count, steps_applicable_count=applicable, steps_online_count=online)
        for n, (count, applicable, online) in enumerate(steps)
    ]
    shares = {name: part.value for name, part in services(rows).variants.items()}
    assert (shares["end_to_end"], shares["every_step_online"], shares["any_step_online"]) == (50, 25, 75)


def test_agencies_that_do_not_report_lower_the_coverage() -> None:
    result = services([service(1, True, True)], agencies_expected=("A", "B"))
    assert (result.coverage_pct, result.status) == (50, "provisional")


@pytest.mark.parametrize(("sound_count", "status"), [(98, "final"), (97, "provisional")])
def test_two_rows_of_a_hundred_may_be_held_and_no_more(sound_count: int, status: str) -> None:
    rows = [service(n, True, True) for n in range(sound_count)]
    rows += [service(200 + n, True, True, quarantine_reason="unknown_audience") for n in range(2)]
    assert services(rows).status == status


def test_of_the_reasons_of_held_rows_the_three_commonest_are_named_and_of_as_many_the_first_by_name() -> None:
    reasons = [*["d"] * 2, *["b"] * 1_001, *["c"] * 2, "a", "e"]
    rows = [service(n, True, True, quarantine_reason=reason) for n, reason in enumerate(reasons)]
    (remark,) = [one for one in services(rows).remarks if one.code == "quarantine"]
    assert "(terbanyak: b 1.001, c 2, d 2); " in remark.id
    assert "(most: b 1,001, c 2, d 2); " in remark.en


def test_no_services_give_null_and_not_zero() -> None:
    headline = services([]).headline
    assert (headline.value, headline.reason) == (None, "tidak ada data layanan / no services data")
    ended = services([service(1, True, True, valid_to_on=pd.Timestamp("2024-12-31"))]).headline
    assert (ended.value, ended.reason) == (None, "tidak ada layanan aktif / no active service")


def test_no_visits_at_all_are_nothing_recorded_and_not_zero() -> None:
    result = visits([month_of_visits(month, 0) for month in range(1, 13)])
    assert (result.headline.value, result.status) == (None, "not_computable")
    assert "no visit was recorded" in result.headline.reason


@pytest.mark.parametrize(
    ("label", "extracted", "status"),
    [
        ("2010", "2026-01-15", "provisional"),
        ("2025", "2026-01-15", "final"),
        ("2024", "2026-01-15", "provisional"),
        ("2025", "2025-12-30", "provisional"),
        ("2031", "2026-01-15", "provisional"),
    ],
)
def test_a_register_without_dates_answers_only_for_the_time_it_was_made(
    label: str, extracted: str, status: str
) -> None:
    known_until = datetime.fromisoformat(f"{extracted}T00:00:00+07:00")
    begun = pd.Timestamp(2001, 1, 1)
    dated = service(2, True, True, valid_from_on=begun, online_from_on=begun)
    undated = services([service(1, True, True)], label, known_until=known_until)
    assert (undated.status, undated.headline.value) == (status, 100)
    ended = service(3, True, True, valid_from_on=begun, valid_to_on=pd.Timestamp(2005, 1, 1))
    assert services([service(1, True, True), dated], "2010", known_until=known_until).status == "provisional"
    assert services([dated, ended], "2010", known_until=known_until).status == "final"


@pytest.mark.parametrize(
    ("online_from_on", "numerators"),
    [
        ("2025-12-31", {"headline": 1, "accessible_only": 1, "any_step_online": 1, "end_to_end": 1, "citizens": 1}),
        ("2026-01-01", {"headline": 0, "accessible_only": 0, "any_step_online": 0, "end_to_end": 0, "citizens": 0}),
        (None, {"headline": 1, "accessible_only": 1, "any_step_online": 1, "end_to_end": 1, "citizens": 1}),
    ],
)
def test_a_service_is_online_from_the_day_it_went_online(
    online_from_on: str | None, numerators: dict[str, float]
) -> None:
    steps = {"steps_count": 2, "steps_applicable_count": 2, "steps_online_count": 2}
    since = online_from_on and pd.Timestamp(online_from_on)
    result = services([service(1, True, True, online_from_on=since, audience="both", **steps), service(2, False, True)])
    told = {"headline": result.headline, **result.variants}
    assert {name: told[name].numerator for name in numerators} == numerators
    assert (result.headline.denominator, told["any_step_online"].denominator, result.status) == (2, 1, "final")


@pytest.mark.parametrize(
    ("unlike", "why"),
    [
        ({}, None),
        ({"online_from_on": pd.Timestamp(2024, 1, 1)}, None),
        ({"online_from_on": None}, "1 of 2 online services without the day since when; known is only what was"),
        ({"online_from_on": None, "is_requestable_online": False}, None),
        ({"online_from_on": None, "valid_to_on": pd.Timestamp(2022, 12, 31)}, None),
    ],
)
def test_a_later_register_answers_for_a_year_only_if_it_tells_since_when_services_are_online(
    unlike: dict[str, Any], why: str | None
) -> None:
    begun = {"valid_from_on": pd.Timestamp(2001, 1, 1), "online_from_on": pd.Timestamp(2020, 1, 1)}
    ended = service(3, False, False, **begun, valid_to_on=pd.Timestamp(2005, 1, 1))
    rows = [service(1, True, True, **begun), service(2, True, True, **begun) | unlike, ended]
    result = services(rows, "2023", known_until=datetime.fromisoformat("2026-01-15T00:00:00+07:00"))
    assert result.status == ("provisional" if why else "final")
    assert [why in remark.en for remark in result.remarks if why] == [True] * bool(why)


def test_a_service_counts_from_the_day_it_begins() -> None:
    assert services([service(1, True, True, valid_from_on=pd.Timestamp("2025-12-31"))]).headline.denominator == 1


def test_a_flag_that_is_not_known_is_no() -> None:
    rows = [service(1, True, None), service(2, None, True), service(3, True, True, is_online_applicable=None)]
    result = services(rows)
    assert (result.headline.numerator, result.headline.denominator) == (1, 3)
    assert result.variants["accessible_only"].numerator == 2
    assert result.variants["not_applicable_removed"].denominator == 2


def test_shares_are_told_by_agency_sector_and_audience() -> None:
    rows = [service(n, True, n == 1, agency="A" if n < 3 else "B", audience="citizens", sector="S") for n in (1, 2, 3)]
    told = {(b.dimension, b.member): b.quotient for b in services(rows).breakdowns}
    assert {key: (part.numerator, part.denominator) for key, part in told.items()} == {
        ("agency", "A"): (1, 2),
        ("agency", "B"): (0, 1),
        ("sector", "S"): (1, 3),
        ("audience", "citizens"): (1, 3),
    }
    assert (told["agency", "A"].value, told["agency", "A"].unit) == (50, "%")


def test_services_of_both_kinds_of_people_count_for_each() -> None:
    rows = [
        service(n, True, n != 2, audience=audience) for n, audience in enumerate(("citizens", "both", "businesses"))
    ]
    shares = services(rows).variants
    assert (shares["citizens"].value, shares["citizens"].denominator) == (100, 2)
    assert (shares["businesses"].value, shares["businesses"].denominator) == (50, 2)


def test_a_share_of_no_service_says_which_services_there_are_none_of() -> None:
    def why(name: str, **others: Any) -> str:
        return str(services([service(1, True, True, **others)]).variants[name].reason)

    assert "audience is not recorded" in why("businesses")
    assert "no active service is for them" in why("businesses", audience="citizens")
    assert "no active service can be online" in why("not_applicable_removed", is_online_applicable=False)
    steps = {"steps_count": 2, "steps_applicable_count": 0, "steps_online_count": 0}
    assert "no step can be online" in why("end_to_end_of_applicable", **steps)


def test_each_service_counts_as_often_as_it_is_asked_for() -> None:
    rows = [service(1, True, True, volume=30), service(2, False, False, volume=10), service(3, True, True)]
    weighted = services(rows).variants["weighted_by_volume"]
    assert (weighted.value, weighted.numerator, weighted.denominator) == (75, 30, 40)
    assert "volume is not recorded" in services(rows[2:]).variants["weighted_by_volume"].reason


def test_one_step_that_is_online_is_a_service_from_end_to_end() -> None:
    rows = [
        service(n, True, True, steps_count=1, steps_applicable_count=k, steps_online_count=k)
        for n, k in ((1, 1), (2, 0))
    ]
    variants = services(rows).variants
    assert {name: variants[name].value for name in ("end_to_end", "every_step_online", "any_step_online")} == {
        "end_to_end": 50,
        "every_step_online": 50,
        "any_step_online": 50,
    }
    assert (variants["end_to_end_of_applicable"].value, variants["end_to_end_of_applicable"].denominator) == (100, 1)
    without = services([service(1, True, True)]).variants
    steps = [name for name in without if "step" in name or name.startswith("end_to_end")]
    assert all("online steps are not recorded" in without[name].reason for name in steps)


def test_the_share_of_expected_agencies_that_report_is_the_coverage() -> None:
    rows = [service(1, True, True, agency="A"), service(2, True, True, agency="B")]
    assert services(rows, agencies_expected=("A", "B", "C")).coverage_pct == pytest.approx(200 / 3)
    assert services([], agencies_expected=()).coverage_pct == 0
    assert services(rows, agencies_expected=()).coverage_pct == 100


def test_held_services_may_all_be_online_or_none() -> None:
    rows = [service(n, n < 50, True) for n in range(98)]
    rows += [service(200 + n, False, False, quarantine_reason="unknown_audience") for n in range(2)]
    (effect,) = [one for one in services(rows).remarks if one.code == "quarantine_effect"]
    assert effect.id.endswith("; bila 2 yang angkanya diketahui sah: 50–52 %")
    assert effect.en.endswith("; were the 2 whose numbers are known sound: 50–52 %")


@pytest.mark.parametrize(
    ("rows", "terms", "why"),
    [
        ([service(1, True, True)], {}, "1 of 1 service without a start"),
        ([service(1, True, True, valid_from_on=pd.Timestamp(2001, 1, 1))], {}, "none of its rows tells an end"),
        ([service(1, True, True)], {"dates_are_assumed": True}, "its dates come from 'constant' or 'default'"),
        (
            [service(1, True, True, valid_from_on=pd.Timestamp(2001, 1, 1), valid_to_on=pd.Timestamp(2030, 1, 1))],
            {},
            "1 of 1 online service without the day since when; known",
        ),
    ],
)
def test_a_late_register_says_on_which_day_it_was_made_and_what_it_lacks(
    rows: list[dict[str, Any]], terms: dict[str, Any], why: str
) -> None:
    # On that day it is already the second of the month in the city, and not yet in UTC.
    known_until = datetime.fromisoformat("2027-06-02T05:00:00+07:00")
    (remark,) = [one for one in services(rows, known_until=known_until, **terms).remarks if one.keeps_provisional]
    assert remark.code == "register_without_dates"
    assert remark.en.startswith(f"a register of services extracted on 2027-06-02 cannot answer for 2025: {why}")


def test_a_register_made_366_days_after_the_year_still_answers_for_it() -> None:
    latest = datetime.fromisoformat("2027-01-02T00:00:00+07:00")
    assert services([service(1, True, True)], known_until=latest).status == "final"
    assert services([service(1, True, True)], known_until=latest + timedelta(seconds=1)).status == "provisional"


def test_held_services_may_be_the_first_that_are_online() -> None:
    rows = [service(1, False, False), service(2, True, True, quarantine_reason="unknown_audience")]
    (effect,) = [one.en for one in services(rows).remarks if one.code == "quarantine_effect"]
    assert effect.endswith("; were the 1 whose numbers are known sound: 0–50 %")


@pytest.mark.parametrize("order", [1, -1])
def test_one_part_is_enough_to_show_that_a_register_tells_ends(order: int) -> None:
    begun = dict.fromkeys(("valid_from_on", "online_from_on"), pd.Timestamp(2001, 1, 1))
    rows = [service(1, True, True, **begun), service(2, True, True, **begun, valid_to_on=pd.Timestamp(2030, 1, 1))]
    terms = terms_of("2025", known_until=datetime.fromisoformat("2027-06-02T05:00:00+07:00"))

    def status(*told: dict[str, Any]) -> str:
        parts = [frame_of(SERVICES, [row]) for row in told][::order]
        return measure(INDICATORS["online_services"], parts, terms=terms).status

    assert status(*rows) == "final"
    assert status(rows[0], rows[0]) == "provisional"


@pytest.mark.parametrize(
    ("label", "is_told"), [("2025-01", {"month"}), ("2025-01..2025-03", set()), ("2025", {"year"})]
)
def test_unique_visitors_are_told_where_they_were_counted_over_the_very_period(label: str, is_told: set[str]) -> None:
    for length in ("month", "year"):
        rows = [month_of_visits(month, 10) for month in range(1, 13)]
        rows += [row | {"variant": f"unique_visitors_{length}"} for row in rows]
        assert ("unique_visitors" in visits(rows, label).variants) is (length in is_told)


def test_a_service_without_a_step_has_none_and_not_every_step_online() -> None:
    steps = {"steps_count": 0, "steps_applicable_count": 0, "steps_online_count": 0}
    variants = services([service(1, True, True, **steps)]).variants
    names = ("end_to_end", "any_step_online", "every_step_online")
    assert {name: (variants[name].value, variants[name].denominator) for name in names} == dict.fromkeys(names, (0, 1))
