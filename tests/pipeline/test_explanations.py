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
    one, other = (remark(code, Found("loket", value, WORDS)) for value in (then, now))
    assert bool(held(one, other)) is is_held


@pytest.mark.parametrize("place", ["loket", "loket (2)"])
def test_what_is_found_elsewhere_is_explained_anew(place: str) -> None:
    one, other = (remark("rows_lost_pct", Found(*found, WORDS)) for found in (("loket", 4.0), (place, 40.0)))
    assert bool(held(one, other)) is (place == "loket")


def test_what_is_held_says_what_the_explanation_was_given_for() -> None:
    one, other = (remark("rows_lost_pct", Found("loket", value, WORDS)) for value in (4.25, 40.0))
    (kept,) = held(one, other)
    assert kept.id.startswith("a. Penjelasan kota 'tiket uji ditarik' diberikan ketika ternyata 4,25; bila")
    assert kept.en.startswith("b. The city's explanation 'tiket uji ditarik' was given when 4.25 was found; if")
    assert kept.found == Found("loket", 40.0)
