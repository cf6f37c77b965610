"""How much more than a city explained may be found before the result is provisional again."""

from __future__ import annotations

import pytest

from connectors.remarks import Found, Remark
from pipeline.explanations import outgrown
from pipeline.judgement import EXPLAINED
from pipeline.warehouse.model import REMARK
from pipeline.warehouse.version_rows import by_column, version_rows
from tests.warehouse.test_warehouse import request, result

WORDS = "tiket uji ditarik"


def remark(code: str, found: Found) -> Remark:
    texts = (f"a{EXPLAINED[0]}{WORDS}", f"b{EXPLAINED[1]}{WORDS}")
    return Remark(code, *texts, keeps_provisional=False, found=found)


def held(then: Remark, now: Remark) -> list[Remark]:
    """What keeps a result provisional whose first version had one remark, and whose second has the other."""
    stored = version_rows(result(remarks=(then,)), version=1, change_reason="", request=request("r1"))
    earlier = {"it_downtime": by_column(REMARK, stored[REMARK.name])}
    (found,) = outgrown([result("b", remarks=(now,))], earlier)
    kept = [one for one in found.remarks if one.keeps_provisional]
    assert (found.status == "provisional") is bool(kept)
    return kept


@pytest.mark.parametrize(
    ("code", "then", "now", "is_held"),
    [
        ("rows_lost_pct", 40.0, 44.0, False),
        ("rows_lost_pct", 40.0, 44.1, True),
        ("rows_lost_pct", 40.0, 1.0, False),
        ("fewest_inhabitants", 4_400.0, 4_000.0, False),
        ("fewest_inhabitants", 4_400.0, 3_999.0, True),
        ("fewest_inhabitants", 4_400.0, 4_900.0, False),
        # What keeps nothing provisional without an explanation does not with one; what is withheld is not compared.
        ("largest_member_pct", 91.0, 100.1, False),
        ("gone_members_pct", None, 90.0, False),
        ("gone_members_pct", 20.0, None, False),
    ],
)
def test_an_explanation_covers_a_tenth_more_than_it_was_given_for(
    code: str, then: float | None, now: float | None, is_held: bool
) -> None:
    one, other = (remark(code, Found("loket", value, (), WORDS)) for value in (then, now))
    assert bool(held(one, other)) is is_held


@pytest.mark.parametrize("place", ["loket", "loket (2)"])
def test_what_is_found_elsewhere_is_explained_anew(place: str) -> None:
    one, other = (remark("rows_lost_pct", Found(*found, (), WORDS)) for found in (("loket", 4.0), (place, 40.0)))
    assert bool(held(one, other)) is (place == "loket")


YEAR = tuple(f"2025-{month:02}" for month in range(1, 13))


@pytest.mark.parametrize(
    ("then", "now", "is_held"),
    [
        (("2025-06",), ("2025-06",), False),
        (("2025-06",), ("2025-08",), True),
        (("2025-06", "2025-08"), ("2025-08",), False),
        (("2025-06", "2025-08"), ("2025-08", "2025-09"), True),
        ((), ("2025-08",), False),
        (("2025-06",), (), False),
        # A tenth of the days, as of what is found.
        (YEAR[:10], YEAR[1:11], False),
        (YEAR[:10], YEAR[2:12], True),
    ],
)
def test_an_explanation_covers_the_dates_it_was_given_for(
    then: tuple[str, ...], now: tuple[str, ...], is_held: bool
) -> None:
    one, other = (remark("empty_months_count", Found("inquiries", 2.0, dates, WORDS)) for dates in (then, now))
    assert bool(held(one, other)) is is_held


def test_what_is_held_says_what_the_explanation_was_given_for() -> None:
    days = ("2025-06-01", "2025-06-02", "2025-06-04")
    one, other = (remark("rows_lost_pct", Found("loket", value, days, WORDS)) for value in (4.25, 40.0))
    (kept,) = held(one, other)
    told = "(2025-06-01/2025-06-02, 2025-06-04/2025-06-04)"
    assert kept.id.startswith(f"a. Penjelasan kota 'tiket uji ditarik' diberikan ketika ternyata 4,25 {told}; bila")
    assert kept.en.startswith(f"b. The city's explanation 'tiket uji ditarik' was given when 4.25 was found {told}; if")
    assert kept.found == Found("loket", 40.0, days)
