"""What a mayor asks of a value is answered in a sentence, from the same numbers as everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.indicators.definition import definitions
from pipeline.language import LANGUAGES, Language
from pipeline.report.answers import QUESTIONS, answers, contribution, member_text, progress, quotient_text
from pipeline.report.words import member_of
from pipeline.warehouse import CityRecord, CityView, Part, Reason, ResultView, TargetRecord

CITY = CityRecord("kota-uji", "Kota Uji", "Asia/Jakarta", "kemendagri:31")
EN, ID = Language("en"), Language("id")


def hours(value: float, **others: Any) -> ResultView:
    """10.3 as so many days over 100 answers, all but 24 hours of them by Dinas A."""
    total = value * 100 * 24
    agencies = (Part("Dinas A", None, total - 24, 90, "days"), Part("Dinas B", 0.1, 24, 10, "days"))
    base = ResultView(
        city_id="kota-uji",
        indicator_id="inquiry_response",
        period="2025",
        version=1,
        value=value,
        numerator=total,
        denominator=100,
        unit="days",
        status="final",
        reason=None,
        coverage_pct=100.0,
        rows_read=101,
        rows_used=100,
        method_version="1.0",
        breakdowns={"agency": agencies},
    )
    return replace(base, **others)


def target(value: float, direction: str) -> TargetRecord:
    return TargetRecord("inquiry_response", 2025, value, direction, "RPJMD")


def view(*results: ResultView) -> CityView:
    return CityView(CITY, results)


def told(now: ResultView, *before: ResultView, language: Language = EN, **others: ResultView) -> list[str]:
    found = answers(view(*before, now), now, language=language, others=others)
    assert [answer.question for answer in found] == [language(question) for question in QUESTIONS]
    return [f"{answer.tone}: {answer.text}" for answer in found]


@pytest.mark.parametrize(
    ("value", "direction", "said"),
    [
        (3, "at_most", "good: Yes: 2.5 days; the target is at most 3 days (RPJMD)."),
        (2.5, "at_most", "good: Yes: 2.5 days; the target is at most 2.5 days (RPJMD)."),
        (2, "at_most", "bad: Not yet: 2.5 days, 0.5 days above the target of 2 days (RPJMD)."),
        (3, "at_least", "bad: Not yet: 2.5 days, 0.5 days below the target of 3 days (RPJMD)."),
        (2, "at_least", "good: Yes: 2.5 days; the target is at least 2 days (RPJMD)."),
        (2.5 + 4e-16, "at_least", "good: Yes: 2.5 days; the target is at least 2.5 days (RPJMD)."),
        (2.5 - 4e-16, "at_most", "good: Yes: 2.5 days; the target is at most 2.5 days (RPJMD)."),
    ],
)
def test_a_value_is_good_on_the_side_of_its_target_that_the_city_declares(
    value: float, direction: str, said: str
) -> None:
    assert told(hours(2.5, target=target(value, direction)))[0] == said


def test_fewer_days_than_last_year_are_better_and_the_agency_that_brought_it_is_named() -> None:
    now, before = hours(2.5), hours(3.0, period="2024")
    good, better, why, compared, trust = told(now, before, language=ID)
    assert good == "neutral: 2,5 hari. Belum ada target untuk periode ini."
    assert better == "good: Lebih baik: 3 hari pada 2024 (−0,5 hari, −16,7 %)."
    assert why == "neutral: Perubahan terbesar berasal dari OPD Dinas A: −0,5 hari."
    assert compared == "neutral: Belum ada kota lain yang nilainya tersimpan di sini untuk periode ini."
    assert trust == "good: Final: cakupan 100 %, 100 dari 101 baris periode ini dipakai, dari 0 berkas."
    of_years = hours(2.5, rows_read=301, excluded={"outside_period": 200, "test": 1})
    assert told(of_years)[4] == "good: Final: 100 % covered, 100 of 101 rows of the period used; files: 0."
    assert told(before, now)[1].startswith("neutral: There is no value for 2023")


def test_values_that_differ_by_rounding_alone_are_the_same() -> None:
    now, before = hours(57 / 100 * 100), hours(57.0, period="2024")
    assert now.value != before.value
    said = told(now, before, **{"Kota A": hours(57.0)})
    assert said[1] == "neutral: The same: 57 days in 2024."
    assert "change" not in said[2]
    assert said[3].startswith("neutral: Place 1 of 2 cities")


def test_another_method_and_a_provisional_year_before_are_said() -> None:
    said = told(hours(3.0), hours(2.0, period="2024", method_version="0.9", status="provisional"))[1]
    assert said.startswith("bad: Worse: 2 days in 2024 (+1 days, +50 %).")
    assert said.endswith("The method changed from 0.9 to 1.0: compare with care. The earlier value is provisional.")


def of_province(*cities: str, **others: Any) -> ResultView:
    days = tuple(Part(name, 2.0 + 2 * place, 48 + 48 * place, 1, "days") for place, name in enumerate(cities))
    total = sum(part.numerator or 0 for part in days)
    value = total / 24 / len(days)
    return replace(hours(value), numerator=total, denominator=len(days), breakdowns={"city": days}, **others)


def test_a_province_is_explained_by_its_cities_and_compared_with_the_same_ones_only() -> None:
    parts = ("kota-a", "kota-b")
    now, same = of_province(*parts), of_province(*parts, period="2024")
    one = of_province("kota-a", period="2024")
    alike, unlike = (
        answers(CityView(CITY, (before, now), parts={name: name.title() for name in parts}), now, language=EN)
        for before in (same, one)
    )
    assert alike[1].text == "The same: 3 days in 2024."
    assert alike[2].text == "The largest part comes from Kota-B: 66.7 % of the value, 4 days by itself."
    assert unlike[1].text == "Not comparable: in 2024 not the same cities had a value."


def test_of_parts_that_are_all_alike_none_is_called_the_reason() -> None:
    alike = tuple(Part(f"Dinas {place}", 1.0, 24 + place, 1, "days") for place in range(5))
    total = sum(part.numerator or 0 for part in alike)
    now = replace(hours(total / 24 / 5), numerator=total, denominator=5, breakdowns={"agency": alike})
    assert told(now)[2] == "neutral: No agency of 5 stands out; the largest, Dinas 4, has 21.5 %."


def test_shares_differ_by_percentage_points() -> None:
    share = {"indicator_id": "online_services", "unit": "%", "breakdowns": {}}
    goal = TargetRecord("online_services", 2025, 60, "at_least", "RPJMD")
    now, before = hours(55, target=goal, **share), hours(40, period="2024", **share)
    good, better, *_ = told(now, before, language=ID)
    assert good == "bad: Belum: 55 %, kurang 5 poin persen dari target 60 % (RPJMD)."
    assert better == "good: Lebih baik: 40 % pada 2024 (+15 poin persen)."


def test_members_add_up_to_the_value_and_their_changes_to_its_change() -> None:
    now, before = hours(2.5), hours(3.0, period="2024")
    found, alone = contribution(view(now, before), now), contribution(view(now), now)
    assert found is not None
    assert alone is not None
    assert (found.member.name, found.is_of_change, found.amount) == ("Dinas A", True, pytest.approx(-0.5))
    assert (alone.is_of_change, alone.amount) == (False, pytest.approx(2.5 - 0.01))
    assert progress(view(now, before), now).change == pytest.approx(found.amount)


def test_a_breakdown_that_leaves_something_out_explains_nothing() -> None:
    part = hours(2.5, breakdowns={"agency": (Part("Dinas A", 1.0, 24, 1, "days"), Part("Dinas B", 1.0, 24, 1, "days"))})
    assert contribution(view(part), part) is None
    assert "no breakdown whose members add up" in told(part)[2]


def test_a_city_is_placed_among_the_others_that_have_a_value() -> None:
    none = replace(hours(1), value=None)
    said = told(hours(2.5), **{"Kota A": hours(2.0), "Kota B": hours(4.0), "Kota C": none})[3]
    assert said == "neutral: Place 2 of 3 cities; the best of the others is Kota A with 2 days."


def test_nothing_about_a_provisional_value_is_said_as_if_it_were_final() -> None:
    held, before = hours(2.5, status="provisional", target=target(3, "at_most")), hours(3.0, period="2024")
    good, better, *_ = told(held, before, language=ID)
    assert good == "neutral: Sementara. Ya: 2,5 hari; targetnya paling banyak 3 hari (RPJMD)."
    assert better == "neutral: Sementara. Lebih baik: 3 hari pada 2024 (−0,5 hari, −16,7 %)."
    assert told(held)[1] == "neutral: There is no value for 2024 to compare with."
    said = told(hours(2.5), **{"Kota A": hours(2.0, status="provisional"), "Kota B": hours(4.0)})[3]
    assert said.endswith("is Kota A with 2 days (provisional). Provisional: 1 of 3 values.")
    days = (
        Part("kota-a", 2.0, 48, 1, "days", status="final"),
        Part("kota-b", 4.0, 96, 1, "days", status="provisional"),
    )
    province = replace(hours(3.0), numerator=144, denominator=2, breakdowns={"city": days})
    parts = {"kota-a": "Kota A", "kota-b": "Kota B"}
    compared = answers(CityView(CITY, (province,), parts=parts), province, language=EN)[3].text
    assert compared.endswith("the last Kota B with 4 days (provisional). Provisional: 1 of 2 values.")


def test_of_nothing_no_part_is_the_largest_and_a_long_name_is_cut() -> None:
    assert told(hours(0, numerator=0))[2] == "neutral: The value is zero, so no part of it is the largest."
    long = (Part("N" * 10_000, 2.5, 5976, 90, "days"), Part("B", 0.1, 24, 10, "days"))
    assert f"agency {'N' * 99}…:" in told(hours(2.5, breakdowns={"agency": long}))[2]


def test_visits_whose_export_does_not_say_what_a_visit_is_are_counted_as_their_source_does() -> None:
    for code, said in (("id", "menurut hitungan sumber 'situs'"), ("en", "as the source 'situs' counts")):
        assert member_text("visit_definition", "situs: as counted by situs", Language(code)) == said
        assert member_text("visit_definition", "ga4: as counted by situs", Language(code)) == "ga4: as counted by situs"
    part = {"dimension": "visit_definition", "member": "situs: as counted by situs"}
    assert member_of(part) == "menurut hitungan sumber 'situs' / as the source 'situs' counts"
    assert member_of(part | {"member": "matomo: visits"}) == "matomo: visits"
    assert member_of(part | {"dimension": "agency"}) == "situs: as counted by situs"


def test_a_provisional_value_says_why_first_and_one_that_is_missing_why_it_is() -> None:
    open_ones = Reason("open", "3 belum dijawab", "3 are open", keeps_provisional=True)
    more = replace(open_ones, code="coverage")
    known = replace(open_ones, keeps_provisional=False)
    held = hours(2.5, status="provisional", reasons=(known, open_ones, more))
    assert told(held)[4] == "bad: Not final yet: 3 are open, and 1 more."
    rules = {"quarantined": {"bad_received_at": 9}, "excluded": {"test": 1}}
    by_id = Reason("x", "tes test: bad_received_at 9, bad_received_at_all 1", "test: bad_received_at 9", True)
    assert told(replace(held, reasons=(by_id,), **rules), language=ID)[4] == (
        "bad: Belum final: tes test: waktu diterima tidak terbaca 9, bad_received_at_all 1."
    )
    of_sign = replace(by_id, text_id="inquiry_response agency: bad_closed_at 1", text_en="inquiry_response: 2")
    assert told(replace(held, reasons=(of_sign,), **rules), language=ID)[4] == "bad: Belum final: OPD: bad_closed_at 1."
    assert told(replace(held, reasons=(of_sign,), **rules))[4] == "bad: Not final yet: 2."
    by_place = replace(of_sign, text_en="inquiry_response category: 2")
    assert told(replace(held, reasons=(by_place,), **rules))[4] == "bad: Not final yet: Category: 2."
    missing = replace(hours(1), value=None, status="not_computable", reason="tidak ada / nothing")
    assert told(missing)[0::2][:2] == ["neutral: No value: nothing.", "neutral: There is no value to explain."]


@pytest.mark.parametrize(
    ("name", "numerator", "denominator", "said"),
    [
        ("inquiry_response", 27_537.4, 260, "27.537,4 : 260 : 24"),
        ("online_services", 33, 60, "33 : 60 × 100"),
        ("portal_visits", 278_326, 4.16532, "278.326 : 4,16532"),
    ],
)
def test_a_value_can_be_divided_again_by_hand(name: str, numerator: float, denominator: float, said: str) -> None:
    one = hours(1, indicator_id=name, numerator=numerator, denominator=denominator)
    assert quotient_text(one, ID) == said


@pytest.mark.parametrize("name", definitions())
@pytest.mark.parametrize("language", map(Language, LANGUAGES))
def test_units_are_called_as_the_definitions_call_them(name: str, language: Language) -> None:
    definition = definitions()[name]
    assert language(definition.unit) == language.either(definition.unit_id, definition.unit)
