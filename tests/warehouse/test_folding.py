"""Small members of citizens' inquiries are one wherever results are published, in pages and in SQL alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.remarks import Remark
from pipeline.indicators.base import Breakdown, Quotient
from pipeline.indicators.definition import definitions
from pipeline.indicators.small_groups import OTHERS
from pipeline.warehouse import CityRecord, CityView, Part, Reason, ResultView, Warehouse
from pipeline.warehouse.folding import folded, published
from tests.warehouse.test_warehouse import query, request, result


def parts(*counts: float) -> list[Part]:
    return [Part(f"m{n}", 2.0, 48.0 * count + n, count, "days") for n, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "stays"),
    [
        ((9, 5, 30), ["m0", "m1", "m2"]),
        ((3, 4, 30), ["m2"]),
        ((4, 6, 30), ["m2"]),  # one alone could be subtracted
        ((1, 1, 9, 30), ["m3"]),  # two rows are fewer than five
        ((3, 20, 20), ["m2"]),
        ((3,), []),
        ((2, 2), []),
        ((5,), ["m0"]),
    ],
)
def test_members_are_folded_until_none_can_be_subtracted_and_the_total_stays(
    counts: tuple[float, ...], stays: list[str]
) -> None:
    members = folded(parts(*counts), smallest=5)
    assert [one.name for one in members if one.name != OTHERS] == stays
    for name in ("numerator", "denominator"):
        assert sum(getattr(one, name) for one in members) == sum(getattr(one, name) for one in parts(*counts))


def test_with_one_nothing_is_folded() -> None:
    assert folded(parts(1, 2), smallest=1) == tuple(parts(1, 2))


def told(names: str) -> Reason:
    found = f"channel: 10 %; ternyata 12,5 ({names})", f"channel: 10 %; found 12.5 ({names})"
    return Reason("new_members_pct", f"inquiry_response {found[0]}", f"inquiry_response {found[1]}", True)


def seen(period: str, reasons: tuple[Reason, ...], **sizes: float) -> ResultView:
    whole = "".join(f"[{one.text_id}][{one.text_en}]" for one in reasons)
    members = tuple(Part(name, 1.0, n, n, "days") for name, n in sizes.items())
    return ResultView(
        *("kota-uji", "inquiry_response", period, 1, 2.0, 6.0, 3.0, "days", "provisional", whole, 100.0, 3, 3, "1.0"),
        reasons=reasons,
        breakdowns={"channel": members, "month": (Part("2025-01", 1.0, 1.0, 1.0, "days"),)},
    )


def test_a_reason_as_it_is_read_names_only_members_that_are_published_of_it_or_of_the_year_before() -> None:
    city = CityRecord("kota-uji", "Kota Uji", "Asia/Jakarta", "kemendagri:31", smallest_group=5)
    kept, cut = told("+ Loket, Radio"), told("+ Loket, Tini")
    before = seen("2024", (), Radio=9.0, Tini=3.0, Rini=3.0)
    view = CityView(city, (before, seen("2025", (kept, cut), Loket=30.0, Tini=3.0, Rini=2.0)))
    found = published(view).result("inquiry_response", "2025")
    assert found is not None
    hidden = replace(
        cut,
        text_id="inquiry_response channel: 10 %; ternyata lebih (kelompok kecil)",
        text_en="inquiry_response channel: 10 %; found more (small groups)",
    )
    assert found.reasons == (kept, hidden)
    assert found.reason == "".join(f"[{one.text_id}][{one.text_en}]" for one in (kept, hidden))
    assert [one.name for one in found.breakdowns["channel"]] == ["Loket", OTHERS]
    assert [one.name for one in found.breakdowns["month"]] == ["2025-01"]
    alone = published(replace(view, results=view.results[1:])).results[0]
    assert "Radio" not in str(alone.reasons)
    assert published(replace(view, results=view.results[1:]), year_before=view).results[0] == found
    open_city = replace(view, city=replace(city, smallest_group=1))
    assert published(open_city) == open_city


@pytest.mark.parametrize("counts", [(9, 5, 30), (3, 4, 30), (4, 6, 30), (1, 1, 9, 30), (3, 20, 20), (3,), (2, 2)])
def test_the_view_for_tools_folds_as_the_pages_do_and_the_data_team_sees_all(
    migrated_url: str, counts: tuple[float, ...]
) -> None:
    found = tuple(
        Breakdown("channel", one.name, Quotient(one.numerator, one.denominator, one.unit, one.value))
        for one in parts(*counts)
    )
    months = (Breakdown("month", "2025-01", Quotient(24.0, 1.0, "days", 1.0)),)
    answered = replace(result(breakdowns=found + months), indicator_id="inquiry_response")
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    warehouse.store([answered], request=request("r1"))
    view = warehouse.city_view("kota-uji", period="2025").results[0].breakdowns
    seen = query(
        migrated_url,
        "SELECT member, value, numerator, denominator FROM indicator_breakdown_current WHERE dimension = 'channel'",
    )
    told = {one.name: (one.value, one.numerator, one.denominator) for one in view["channel"]}
    assert {name: tuple(numbers) for name, *numbers in seen} == {
        name: pytest.approx(numbers) for name, numbers in told.items()
    }
    assert [one.name for one in view["month"]] == ["2025-01"]
    (whole,) = warehouse.results("kota-uji", period="2025", is_whole=True)
    assert sum(map(len, whole.breakdowns.values())) == len(counts) + 1


def test_the_view_names_every_dimension_that_is_declared_as_folded(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    declared = [(one.id, dimension) for one in definitions().values() for dimension in one.folded]
    assert declared
    for indicator_id, dimension in declared:
        small = Breakdown(dimension, "Sdr. X", Quotient(1.0, 1.0, "days", 1.0))
        told = replace(result(breakdowns=(small,), inputs=dimension), indicator_id=indicator_id)
        warehouse.store([told], request=request(dimension))
        assert query(migrated_url, "SELECT member FROM indicator_breakdown_current") == [(OTHERS,)]


def test_a_component_of_one_incident_is_no_person_and_stays(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    warehouse.store([result()], request=request("r1"))
    assert query(migrated_url, "SELECT member FROM indicator_breakdown_current") == [("Jaringan",)]


def test_a_reason_stored_when_smaller_groups_were_told_of_names_none_that_is_small_now(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    sizes = {"Loket": 30.0, "Radio": 40.0, "Loket Rini": 3.0, "Sapa": 4.0}
    members = tuple(Breakdown("channel", name, Quotient(n, n, "days", 1.0)) for name, n in sizes.items())
    limit_id, limit_en = "inquiry_response channel: Paling banyak 10 %", "inquiry_response channel: At most 10 %"
    old = [
        ("new_members_pct", "; ternyata 42,9 (+ Loket, Loket Rini)", "; found 42.9 (+ Loket, Loket Rini)"),
        ("gone_members_pct", "; ternyata 12 (- Bu Tini)", "; found 12 (- Bu Tini)"),
        ("gone_members_pct", "; ternyata 12 (+ Loket, (lainnya / other))", "; found 12 (+ Loket, (lainnya / other))"),
        ("largest_member_pct", "; ternyata 51,9 (Radio)", "; found 51.9 (Radio). The city explains: a campaign"),
        (
            "new_members_pct",
            "; ternyata 4 (Bu Tini). Penjelasan kota: ya",
            "; found 4 (Bu Tini). The city explains: yes",
        ),
    ]
    remarks = tuple(Remark(code, limit_id + told, limit_en + en, True) for code, told, en in old)
    stored = replace(result(breakdowns=members), indicator_id="inquiry_response", status="provisional", remarks=remarks)
    one = request("r1")
    warehouse.store([stored], request=replace(one, city=replace(one.city, smallest_group=1)))
    told = warehouse.current("kota-uji", "2025")[0]
    assert "Bu Tini" in str(told["reasons"])
    warehouse.store([stored], request=one)
    shown = warehouse.published("kota-uji", "2025")[0]
    assert [reason["id"].removeprefix(limit_id) for reason in shown["reasons"]] == [
        "; ternyata lebih (kelompok kecil)",
        "; ternyata lebih (kelompok kecil)",
        "; ternyata lebih (kelompok kecil)",
        "; ternyata 51,9 (Radio)",
        "; ternyata lebih (kelompok kecil). Penjelasan kota: ya",
    ]
    assert shown["reasons"][3]["en"].endswith("; found 51.9 (Radio). The city explains: a campaign")
    assert "Rini" not in str(shown)
    assert "Tini" not in str(shown)
    assert "42.9" not in str(shown)
    remarks_of_tools = str(query(migrated_url, "SELECT code, text_id, text_en FROM indicator_remark_current"))
    assert "gone_members_pct" in remarks_of_tools
    assert "Tini" not in remarks_of_tools
    for view in ("indicator_current", "indicator_history"):
        reasons = query(migrated_url, f"SELECT reason FROM {view}")
        assert set(reasons) == {(None,)}


def test_views_for_tools_show_a_reason_that_names_no_member_as_it_is(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    remark = Remark("still_open", "2 belum dijawab", "2 are not answered yet")
    found = replace(result(), indicator_id="inquiry_response", status="provisional", remarks=(remark,))
    warehouse.store([found], request=request("r1"))
    for view in ("indicator_current", "indicator_history"):
        assert query(migrated_url, f"SELECT reason FROM {view}") == [(str(remark),)]
