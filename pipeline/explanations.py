"""A city's explanations held against what was found when each was given: none covers much more, or other dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.judgement import EXPLAINED, limit_name
from pipeline.signs.sign import in_words
from pipeline.validate import suite_of

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

# A share moves a little with every late row; an explanation is not asked for anew within a tenth.
_SLACK = 1.1
_Row = Mapping[str, Any]


def outgrown(results: Iterable[Result], earlier: Mapping[str, Sequence[_Row]]) -> list[Result]:
    """Results that are provisional where an explanation was given for less than is found now, or for other dates.

    `earlier` are by indicator the explained remarks of the period's versions, as `Warehouse.explained` has them: what
    the first with these words tells is what the city explained. Other words are a new explanation.
    """
    return [_judged(result, earlier.get(result.indicator_id, ())) for result in results]


def _judged(result: Result, earlier: Sequence[_Row]) -> Result:
    held = {remark: said for remark in result.remarks if (said := _too_much(remark, earlier))}
    if not held:
        return result
    rest = tuple(remark for remark in result.remarks if remark not in held)
    return replace(result, remarks=rest).with_remarks(list(held.values()))


def _too_much(remark: Remark, earlier: Sequence[_Row]) -> Remark | None:
    now = remark.found
    if now is None or now.explanation is None or remark.keeps_provisional or remark.code not in _holding():
        return None
    told = (remark.code, now.place, now.explanation)
    then = next((one for one in earlier if (one["code"], one["found_in"], one["explanation"]) == told), None)
    if then is None:
        return None
    dates = tuple((then["found_dates"] or "").split())
    is_worse = _is_worse(now.value, then["found_value"], is_least=_holding()[remark.code])
    if not is_worse and not _is_elsewhere(now.dates, dates):
        return None
    named = f" ({in_words(dates)})" if dates else ""
    said_id, said_en = (
        text.removesuffix(f"{mark}{now.explanation}")
        for text, mark in zip((remark.id, remark.en), EXPLAINED, strict=True)
    )
    return Remark(
        remark.code,
        f"{said_id}. Penjelasan kota '{now.explanation}' diberikan ketika ternyata "
        f"{number(then['found_value'])}{named}; bila ia menjelaskan semua ini juga, tulis lagi dengan kata-kata "
        "baru di judgement.explained",
        f"{said_en}. The city's explanation '{now.explanation}' was given when {number_en(then['found_value'])} was "
        f"found{named}; if it explains all of this too, write it anew in other words in judgement.explained",
        found=replace(now, explanation=None),
    )


def _is_worse(now: float | None, then: float | None, *, is_least: bool) -> bool:
    if now is None or then is None:
        return False
    return now * _SLACK < then if is_least else now > then * _SLACK


def _is_elsewhere(now: Sequence[str], then: Sequence[str]) -> bool:
    """Whether months or days came that were not there then; nothing where none were named."""
    return bool(then) and len(set(now) - set(then)) > (_SLACK - 1) * len(then)


@cache
def _holding() -> dict[str, bool]:
    """The limits of signs that keep a result provisional, and whether each is a least."""
    rules = (rule for name in ("signs", "changes") for rule in suite_of(name).expectations)
    return {limit_name(rule): "min_value" in rule.kwargs for rule in rules if rule.meta.keeps_provisional}
