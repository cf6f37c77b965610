"""The frame of signs of results: a row per indicator and per dimension, beside earlier results."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.indicators.base import Population, Result, RowCounts
from pipeline.indicators.definition import definitions
from pipeline.indicators.it_downtime import ZERO_LENGTH
from pipeline.indicators.small_groups import OTHERS, small_members
from pipeline.signs.catalogue import OF_RESULTS
from pipeline.signs.sign import NAMED_MEMBERS, SOME_ROWS, Signs, frame

_COMPARABLE_COVERAGE_PCT = 90
_DIMENSIONS = ("agency", "channel", "category", "sector", "component", "portal")
# The shape of its codes, the fewest and the most inhabitants of a province, a city and a regency.
_PLAUSIBLE = (
    (re.compile(r"(kemendagri|bps):\d{2}"), 100_000, 80_000_000),
    (re.compile(r"(kemendagri:\d{2}\.|bps:\d{2})[7-9]\d"), 20_000, 6_000_000),
    (re.compile(r"(kemendagri:\d{2}\.|bps:\d{2})[0-6]\d"), 10_000, 10_000_000),
)


def of_results(
    results: Sequence[Result],
    *,
    last_year: Mapping[str, Mapping[str, Any]],
    month_before: Mapping[str, Mapping[str, Any]],
    most_things: Mapping[str, int],
    smallest_group: int = 1,
) -> pd.DataFrame:
    """One row per indicator and per dimension; earlier results by indicator, as `Warehouse.current` gives them.

    Of dimensions that are folded where results are published, the members folded for `smallest_group` are not named.
    `most_things` are those of an earlier version of the same period by indicator, as `Warehouse.most_things` has them.
    """
    found = []
    for result in results:
        then = _comparable(result, last_year.get(result.indicator_id))
        before = _comparable(result, month_before.get(result.indicator_id))
        found.append(
            (
                result.indicator_id,
                result.indicator_id,
                _changes(result, then, before) | _lost(result, most_things) | _without_length(result.rows),
                "",
            )
        )
        found += [(result.indicator_id, *row) for row in _member_rows(result, then, smallest_group)]
    return frame(found, OF_RESULTS, key="indicator_id")


def _comparable(result: Result, earlier: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The earlier result, if both are of data that cover nearly all of their periods."""
    coverages = (result.coverage_pct, earlier["coverage_pct"] if earlier else None)
    is_comparable = all(pct is not None and pct >= _COMPARABLE_COVERAGE_PCT for pct in coverages)
    return earlier if is_comparable else None


def _changes(result: Result, then: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> Signs:
    is_share = result.headline.unit == "%"
    found: Signs = {"times_between_months": _times_between_months(result)}
    found["beyond_plausible_times"] = _beyond_plausible_times(result.population) if result.population else None
    if then and _is_of_many(result, then):
        found["change_on_last_year_pct"] = _change_pct(result.headline.value, then["value"])
        found["times_last_year"] = _times_of(result.headline.value, then["value"])
    if before and _is_of_many(result, before):
        found["change_on_month_before_pct"] = _change_pct(result.headline.value, before["value"])
    if then and is_share and then["denominator"]:
        found["register_shrinks_pct"] = max(0.0, 100 - 100 * (result.headline.denominator or 0) / then["denominator"])
    if then and result.population and then["population"]:
        found["population_change_pct"] = _change_pct(result.population.population_count, then["population"]["count"])
    return found


def _lost(result: Result, most_things: Mapping[str, int]) -> Signs:
    """None are lost of a first version, so that the first run and every later one say the same."""
    before = most_things.get(result.indicator_id)
    return {"rows_lost_pct": max(0.0, 100 - 100 * result.rows.things_count / before) if before else 0.0}


def _without_length(rows: RowCounts) -> Signs:
    """Null for few outages, and for indicators that leave no row out for its length."""
    count = rows.excluded.get(ZERO_LENGTH, 0)
    return {"without_length_pct": 100 * count / (rows.used + count) if rows.used + count >= SOME_ROWS else None}


def _times_between_months(result: Result) -> float | None:
    """How many times the smaller of two neighbouring months the larger one is, at most; a month without is left out."""
    months = sorted((part.member, part.quotient.numerator) for part in result.breakdowns if part.dimension == "month")
    times = [_times_of(now, then) for (_, then), (_, now) in itertools.pairwise(months)]
    return max((one for one in times if one is not None), default=None)


def _beyond_plausible_times(population: Population) -> float | None:
    """How many times too few or too many inhabitants for the kind of region; 1 within, null for an unknown kind."""
    bounds = next(((few, many) for shape, few, many in _PLAUSIBLE if shape.fullmatch(population.region_code)), None)
    if bounds is None or not population.population_count:
        return None
    return max(1.0, bounds[0] / population.population_count, population.population_count / bounds[1])


def _is_of_many(result: Result, earlier: Mapping[str, Any]) -> bool:
    """Whether both means are of enough durations to be compared; other quotients always are."""
    counts = (result.statistics.get("count"), earlier["statistics"]["count"])
    return all(count is None or count >= SOME_ROWS for count in counts)


def _change_pct(now: float | None, then: float | None) -> float | None:
    return None if now is None or not then else abs(100 * now / then - 100)


def _times_of(now: float | None, then: float | None) -> float | None:
    """How many times the smaller one the larger one is."""
    return None if not now or not then else max(now / then, then / now)


def _member_rows(
    result: Result, then: Mapping[str, Any] | None, smallest_group: int
) -> Iterator[tuple[str, Signs, str]]:
    definition = definitions().get(result.indicator_id)
    for dimension in _DIMENSIONS:
        weigh = "numerator" if result.population else "denominator"
        parts = [part for part in result.breakdowns if part.dimension == dimension]
        now = _weights((part.member, getattr(part.quotient, weigh)) for part in parts)
        if not now:
            continue
        least = smallest_group if definition and dimension in definition.folded else 0
        small = _small(((part.member, part.quotient.denominator, part.quotient.numerator) for part in parts), least)
        signs: Signs = {"largest_member_pct": 100 * max(now.values()) / sum(now.values()) if len(now) > 2 else None}
        told = _told([max(now, key=lambda member: now[member])], small)
        earlier = (then["breakdowns"].get(dimension) if then else None) or ()
        former = _weights((part["member"], part[weigh]) for part in earlier)
        if former:
            new, gone = sorted(set(now) - set(former)), sorted(set(former) - set(now))
            signs["new_members_pct"] = 100 * sum(now[member] for member in new) / sum(now.values())
            signs["gone_members_pct"] = 100 * sum(former[member] for member in gone) / sum(former.values())
            was_small = _small(((one["member"], one["denominator"], one["numerator"]) for one in earlier), least)
            named = [*_named("+", _told(new, small)), *_named("-", _told(gone, was_small))]
            is_missing = OTHERS in told and not any(OTHERS in one for one in named)
            told = [*named, *([OTHERS] if is_missing else ())] or told
        yield f"{result.indicator_id} {dimension}", signs, "; ".join(told)


def _weights(parts: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """What each member weighs; nothing when all of them weigh nothing."""
    weights = {member: weight or 0.0 for member, weight in parts}
    return weights if sum(weights.values()) > 0 else {}


def _small(parts: Iterable[tuple[str, float | None, float | None]], smallest: int) -> frozenset[str]:
    """The members that are folded where results are published, by their names, denominators and numerators."""
    return small_members({name: (rows or 0, numerator or 0) for name, rows, numerator in parts}, smallest=smallest)


def _told(members: Sequence[str], small: Collection[str]) -> list[str]:
    """The members, one stand-in for those that are not told of alone; it is named whatever else is."""
    large = [member for member in members if member not in small]
    return large if len(large) == len(members) else [*large[: NAMED_MEMBERS - 1], OTHERS]


def _named(mark: str, members: Sequence[str]) -> list[str]:
    more = f" (+{len(members) - NAMED_MEMBERS})" if len(members) > NAMED_MEMBERS else ""
    return [f"{mark} {', '.join(members[:NAMED_MEMBERS])}{more}"] if members else []
