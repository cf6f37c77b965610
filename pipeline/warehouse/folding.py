"""Members of few rows folded into one where results are published, so that no group of citizens is told of alone.

The view `indicator_breakdown_current` does the same in SQL; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipeline.indicators.definition import definitions
from pipeline.warehouse.city_view import CityView, Part, ResultView

OTHERS = "(lainnya / other)"


def published(view: CityView) -> CityView:
    """The view with the small members of each dimension that tells of persons' records folded; totals stay."""
    smallest = view.city.smallest_group
    return replace(view, results=tuple(_published(result, smallest=smallest) for result in view.results))


def _published(result: ResultView, *, smallest: int) -> ResultView:
    dimensions = result.definition.folded if result.definition else ()
    if not set(dimensions) & set(result.breakdowns):
        return result
    breakdowns = {
        dimension: folded(members, smallest=smallest) if dimension in dimensions else members
        for dimension, members in result.breakdowns.items()
    }
    return replace(result, breakdowns=breakdowns)


def published_rows(indicator_id: str, rows: Sequence[Mapping[str, Any]], *, smallest: int) -> Iterator[dict[str, Any]]:
    """The same of rows of an indicator's breakdowns, in the order of their dimensions."""
    definition = definitions().get(indicator_id)
    for dimension, of_dimension in groupby(rows, key=itemgetter("dimension")):
        members = list(of_dimension)
        if definition is None or dimension not in definition.folded:
            yield from map(dict, members)
            continue
        parts = [Part(*itemgetter("member", "value", "numerator", "denominator", "unit")(row)) for row in members]
        for part in folded(parts, smallest=smallest):
            told = {"member": part.name, "value": part.value, "numerator": part.numerator}
            yield {**members[0], **told, "denominator": part.denominator}


def folded(members: Sequence[Part], *, smallest: int) -> tuple[Part, ...]:
    """The members whose denominators, counts of rows, are `smallest` or more, and one of all others at the end.

    Were fewer rows than that, or one member alone, folded, it could be subtracted from the total: the next larger
    members are folded too.
    """
    if all(_count(one) >= smallest for one in members):
        return tuple(members)
    small = [one for one in members if _is_folded(one, members, smallest)]
    numerator, denominator = (sum(getattr(one, name) or 0 for one in small) for name in ("numerator", "denominator"))
    weighed = sum((one.value or 0) * _count(one) for one in small)
    value = weighed / denominator if denominator else None
    others = Part(OTHERS, value, numerator, denominator, small[0].unit)
    return (*(one for one in members if one not in small), others)


def _is_folded(one: Part, members: Sequence[Part], smallest: int) -> bool:
    before = [_count(other) for other in members if _size(other) < _size(one)]
    return _count(one) < smallest or sum(before) < smallest or len(before) < 2


def _size(one: Part) -> tuple[float, float, str]:
    return _count(one), one.numerator or 0, one.name


def _count(one: Part) -> float:
    return one.denominator or 0
