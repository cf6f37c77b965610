"""Members of few rows folded into one where results are published, so that no group of citizens is told of alone.

The view `indicator_breakdown_current` does the same in SQL; a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.indicators.small_groups import OTHERS, small_members
from pipeline.periods import Period
from pipeline.warehouse.city_view import CityView, Part, Reason, ResultView

# Signs that name members of a breakdown.
_OF_MEMBERS = ("largest_member_pct", "new_members_pct", "gone_members_pct")
# A reason of a breakdown as it is stored: the rule, what was found, the members, and the city's own words.
_SHARE_AND_NAMES = re.compile(
    r"; (?P<found>ternyata|found) (?:(?P<share>[\d.,]+)|\w+)(?: \((?P<names>.*)\))?"
    r"(?=\. (?:Penjelasan kota|The city explains): |$)"
)
_BETWEEN_NAMES = re.compile(r"(?: \(\+\d+\))?(?:; (?:[+-] )?|, |$)|^[+-] ")
_NOT_TOLD = {"ternyata": "; ternyata lebih (kelompok kecil)", "found": "; found more (small groups)"}


def published(view: CityView, *, year_before: CityView | None = None) -> CityView:
    """The view with the small members of each dimension that tells of persons' records folded; totals stay.

    Reasons, also those that were stored when other members were small, name only members that are published of the
    result or of the year before, which stands in the view itself unless it is given.
    """
    smallest = view.city.smallest_group
    if smallest <= 1:
        return view
    held, before = (
        replace(one, results=tuple(_published(result, smallest=smallest) for result in one.results))
        for one in (view, year_before or view)
    )
    return replace(held, results=tuple(_told(one, _of_year_before(before, one)) for one in held.results))


def _of_year_before(view: CityView, result: ResultView) -> ResultView | None:
    return view.result(result.indicator_id, Period.parse(result.period).year_before.label)


def _published(result: ResultView, *, smallest: int) -> ResultView:
    dimensions = result.definition.folded if result.definition else ()
    if not set(dimensions) & set(result.breakdowns):
        return result
    breakdowns = {
        dimension: folded(members, smallest=smallest) if dimension in dimensions else members
        for dimension, members in result.breakdowns.items()
    }
    return replace(result, breakdowns=breakdowns)


def folded(members: Sequence[Part], *, smallest: int) -> tuple[Part, ...]:
    """The members whose denominators, counts of rows, are `smallest` or more, and one of all others at the end."""
    names = small_members({one.name: (one.denominator or 0, one.numerator or 0) for one in members}, smallest=smallest)
    if not names:
        return tuple(members)
    small = [one for one in members if one.name in names]
    numerator, denominator = (sum(getattr(one, name) or 0 for one in small) for name in ("numerator", "denominator"))
    weighed = sum((one.value or 0) * (one.denominator or 0) for one in small)
    value = weighed / denominator if denominator else None
    others = Part(OTHERS, value, numerator, denominator, small[0].unit)
    return (*(one for one in members if one.name not in names), others)


def _told(result: ResultView, year_before: ResultView | None) -> ResultView:
    """The result with reasons that name no member but those published of it or of the year before."""
    told = [_reason(one, result, year_before) for one in result.reasons]
    reason = result.reason
    for old, new in zip(result.reasons, told, strict=True):
        reason = reason and reason.replace(old.text_id, new.text_id).replace(old.text_en, new.text_en)
    return replace(result, reasons=tuple(told), reason=reason)


def _reason(reason: Reason, result: ResultView, year_before: ResultView | None) -> Reason:
    dimension = reason.text_id.partition(":")[0].partition(" ")[2]
    if result.definition is None or dimension not in result.definition.folded or reason.code not in _OF_MEMBERS:
        return reason
    views = (result, year_before) if year_before else (result,)
    published_names = {OTHERS, *(one.name for view in views for one in view.breakdowns.get(dimension, ()))}
    text_id, text_en = _cut(reason.text_id, published_names), _cut(reason.text_en, published_names)
    return replace(reason, text_id=text_id, text_en=text_en)


def _cut(text: str, published_names: Collection[str]) -> str:
    """The text without its share and its names, where it names others, or tells how large those folded are."""
    found = _SHARE_AND_NAMES.search(text)
    if found is None:
        return text
    names = [name for name in _BETWEEN_NAMES.split(found["names"] or "") if name]
    is_size_told = OTHERS in names and found["share"] is not None
    is_fit = bool(names) and set(names) <= set(published_names) and not is_size_told
    return text if is_fit else text.replace(found[0], _NOT_TOLD[found["found"]])
