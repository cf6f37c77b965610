"""What keeps a result from being final, at each limit and beside it, and that its fingerprint says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.remarks import Remark
from pipeline.indicators.base import Fingerprint, Quotient, Result, RowCounts, quarantine_effect
from pipeline.indicators.dates import date_remarks
from pipeline.indicators.definition import definitions
from tests.indicators.frames import terms_of

NO_ROWS = RowCounts()
YEAR_END = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Jakarta"))
ONE, NONE = Quotient(1, 1, "", 1), Quotient(0, 0, "", None, "tidak ada / none")
HOLDING, TOLD = (Remark("tanda", "ada", "there", keeps_provisional=keeps) for keeps in (True, False))


def result(
    rows: RowCounts = NO_ROWS,
    *,
    headline: Quotient = ONE,
    name: str = "it_downtime",
    pct: float = 100,
    **given: Any,
) -> Result:
    remarks = given.pop("remarks", ())
    return Result.of(
        definitions()[name],
        headline,
        terms=terms_of("2025", **given),
        coverage_pct=pct,
        inputs=Fingerprint(),
        depends_on={},
        rows=rows,
        remarks=remarks,
    )


def codes(found: Result) -> set[str]:
    return {remark.code for remark in found.remarks}


@pytest.mark.parametrize(
    ("given", "held_for"),
    [
        ({}, set()),
        ({"pct": 99.9}, {"coverage"}),
        ({"known_until": YEAR_END}, set()),
        ({"known_until": YEAR_END - timedelta(microseconds=1)}, {"period_not_over"}),
        ({"known_until": datetime(2025, 12, 31, 17, tzinfo=UTC)}, set()),
        ({"rows": RowCounts(100, 98, {}, {"bad": 2})}, set()),
        ({"rows": RowCounts(100, 97, {}, {"bad": 2, "worse": 1})}, {"quarantine"}),
        # Excluded rows are not among those of which a share may be in quarantine.
        ({"rows": RowCounts(149, 97, {"duplicate_row": 49}, {"bad": 3})}, {"quarantine"}),
        ({"rows": RowCounts(149, 98, {"duplicate_row": 49}, {"bad": 2})}, set()),
        ({"rows": RowCounts(100, 98, {}, {"bad": 2}), "final_quarantine_pct": 1.9}, {"quarantine"}),
        ({"remarks": [HOLDING]}, {"tanda"}),
    ],
)
def test_a_result_is_provisional_just_beyond_a_limit(given: dict[str, Any], held_for: set[str]) -> None:
    found = result(**given)
    assert (codes(found), found.status) == (held_for, "provisional" if held_for else "final")
    assert result(**given, headline=NONE).status == "not_computable"


def test_what_holds_a_result_is_in_its_fingerprint_and_what_only_tells_is_not() -> None:
    held, told, plain = (result(remarks=remarks) for remarks in ([HOLDING], [TOLD], []))
    assert held.inputs_sha256 != plain.inputs_sha256 == told.inputs_sha256
    assert result(pct=99).inputs_sha256 != held.inputs_sha256
    version = definitions()["it_downtime"].method_version
    assert plain.inputs_sha256 == Fingerprint().sha256(terms={"period": "2025"}, method_version=version)


@pytest.mark.parametrize(
    ("headline", "remarks", "status"),
    [
        (ONE, [], "final"),
        (ONE, [TOLD], "final"),
        (ONE, [TOLD, HOLDING], "provisional"),
        (NONE, [HOLDING], "not_computable"),
        (NONE, [TOLD], "not_computable"),
    ],
)
def test_what_is_found_by_looking_at_a_result_holds_one_that_has_a_value(
    headline: Quotient, remarks: list[Remark], status: str
) -> None:
    before = result(headline=headline, remarks=[TOLD])
    after = before.with_remarks(remarks)
    assert after.status == status
    assert after.remarks == tuple(dict.fromkeys((TOLD, *remarks)))
    assert (after.inputs_sha256 == before.inputs_sha256) is (not remarks)
    assert len({before.with_remarks([one]).inputs_sha256 for one in (TOLD, HOLDING)}) == 2


@pytest.mark.parametrize(("name", "is_told"), [("portal_visits", True), ("it_downtime", False)])
def test_a_result_tells_the_population_only_where_it_was_divided_by_it(name: str, is_told: bool) -> None:
    assert result(name=name).population == (terms_of("2025").population if is_told else None)


@pytest.mark.parametrize(("used", "is_told"), [(2, True), (3, False)])
def test_without_a_value_the_reason_tells_of_a_quarantine_that_holds_most_of_the_rows(used: int, is_told: bool) -> None:
    rows = RowCounts(used + 10, used, {"duplicate_row": 7}, {"bad": 2, "worse": 1})
    said = result(rows, headline=NONE).headline.reason
    more = "; 3 dari 5 baris dikarantina: bad 2, worse 1", "; 3 of 5 rows are quarantined: bad 2, worse 1"
    assert said == ("tidak ada{} / none{}".format(*more) if is_told else "tidak ada / none")
    assert result(rows).headline == ONE


def test_a_desk_that_notes_dates_by_its_own_rule_is_not_told_to_say_so() -> None:
    for suffices in (True, False):
        (remark,) = date_remarks(3, 10, to_day_end=1.5, suffices=suffices)
        assert remark.keeps_provisional is not suffices
        assert ("dates_suffice: true" in remark.id) is ("dates_suffice: true" in remark.en) is not suffices
    assert date_remarks(0, 10, to_day_end=1.5, suffices=False) == []


def test_of_quarantined_rows_without_a_known_number_the_effect_is_not_known() -> None:
    rows = RowCounts(5, 4, {}, {"bad": 1})
    (remark,) = quarantine_effect(rows, headline=ONE, unit_id="", if_sound=[], known_count=0)
    assert (remark.id, remark.en) == (
        "1 baris dikarantina; pengaruhnya tidak dapat dihitung",
        "1 row is quarantined; their effect cannot be computed",
    )
    assert quarantine_effect(rows, headline=NONE, unit_id="", if_sound=[], known_count=0) == []
