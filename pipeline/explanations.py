"""A city's explanations held against what was found when each was first given: none covers much more than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.judgement import EXPLAINED, limit_name
from pipeline.validate import suite_of

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

# A share moves a little with every late row; an explanation is not asked for anew within a tenth.
_SLACK = 1.1


@dataclass(frozen=True)
class Explained:
    """A remark that a city explains: of which sign, where, how much was found, and the city's words."""

    code: str
    place: str
    found: float
    because: str

    @classmethod
    def of(cls, code: str, text_en: str) -> Self | None:
        """What the English half of a remark says; null where nothing is explained, or no number told."""
        said, _, because = text_en.partition(EXPLAINED[1])
        told = said.rpartition("; found ")[2].split(" ", 1)[0].replace(",", "")
        if because:
            with suppress(ValueError):
                return cls(code, said.partition(": ")[0], float(told), because)
        return None


def outgrown(results: Iterable[Result], earlier: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Result]:
    """Results that are provisional where an explanation was given for less than is found now.

    `earlier` are by indicator the remarks of the period's versions, `code` and `text_en`, the oldest first: what the
    first with these words tells is what the city explained. Other words are a new explanation.
    """
    return [_judged(result, list(_explained(earlier.get(result.indicator_id, ())))) for result in results]


def _explained(rows: Iterable[Mapping[str, Any]]) -> Iterator[Explained]:
    yield from filter(None, (Explained.of(row["code"], row["text_en"]) for row in rows))


def _judged(result: Result, earlier: Sequence[Explained]) -> Result:
    held = {remark: said for remark in result.remarks if (said := _too_much(remark, earlier))}
    if not held:
        return result
    rest = tuple(remark for remark in result.remarks if remark not in held)
    return replace(result, remarks=rest).with_remarks(list(held.values()))


def _too_much(remark: Remark, earlier: Sequence[Explained]) -> Remark | None:
    now = Explained.of(remark.code, remark.en)
    if now is None or remark.keeps_provisional or now.code not in _holding():
        return None
    alike = (one for one in earlier if (one.code, one.place, one.because) == (now.code, now.place, now.because))
    first = next(alike, None)
    if first is None or not _is_worse(now.found, first.found, is_least=_holding()[now.code]):
        return None
    said_id, said_en = (text.partition(mark)[0] for text, mark in zip((remark.id, remark.en), EXPLAINED, strict=True))
    return Remark(
        remark.code,
        f"{said_id}. Penjelasan kota '{now.because}' diberikan ketika ternyata {number(first.found)}; bila ia "
        "menjelaskan semua ini juga, tulis lagi dengan kata-kata baru di judgement.explained",
        f"{said_en}. The city's explanation '{now.because}' was given when {number_en(first.found)} was found; if it "
        "explains all of this too, write it anew in other words in judgement.explained",
    )


def _is_worse(now: float, then: float, *, is_least: bool) -> bool:
    return now * _SLACK < then if is_least else now > then * _SLACK


@cache
def _holding() -> dict[str, bool]:
    """The limits of signs that keep a result provisional, and whether each is a least."""
    rules = (rule for name in ("signs", "changes") for rule in suite_of(name).expectations)
    return {limit_name(rule): "min_value" in rule.kwargs for rule in rules if rule.meta.keeps_provisional}
