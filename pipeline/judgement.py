"""Signs held against their suites: what breaks a rule becomes a remark on the results it bears on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from connectors.numerals import number, number_en
from connectors.remarks import Found, Remark
from pipeline.config.city import City
from pipeline.indicators.small_groups import OTHERS
from pipeline.periods import Period
from pipeline.signs import Read, of_results, of_tables
from pipeline.suites import Rule, Suite
from pipeline.validate import Check, Outcome, Verdict, suite_of

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

Remarks = dict[str, list[Remark]]
# What comes before the city's words for what a sign found.
EXPLAINED = (". Penjelasan kota: ", ". The city explains: ")
_NOTHING: Mapping[str, Sequence[Remark]] = {}
# The sign that a remark of the cleaning makes superfluous.
_SAID_BY = {"day_month_swapped": "days_up_to_12_pct"}


@dataclass(frozen=True)
class Judged:
    """Signs, a frame whose index names each row, with a suite that holds the city's limits.

    `by` is the column that says which table or indicator a sign bears on; `explained` are the city's words for limits.
    """

    frame: pd.DataFrame
    suite: Suite
    by: str
    explained: Mapping[str, str]

    @classmethod
    def of_tables(cls, tables: Mapping[str, Read], *, city: City, period: Period) -> Self:
        """The signs of clean tables."""
        worked = {name: source.open_days(period) for name, source in city.sources.items()}
        frame = of_tables(tables, longest_plausible_hours=city.longest_plausible_hours, worked=worked)
        return cls(frame, _suite("signs", city), "table", city.judgement.explained.get(period.label, {}))

    @classmethod
    def of_results(
        cls,
        results: Sequence[Result],
        *,
        city: City,
        period: Period,
        last_year: Sequence[Mapping[str, Any]],
        month_before: Sequence[Mapping[str, Any]],
        most_things: Mapping[str, int],
    ) -> Self:
        """The signs of results beside earlier ones of the warehouse."""
        then, before = ({row["indicator"]: row for row in rows} for rows in (last_year, month_before))
        frame = of_results(
            results,
            last_year=then,
            month_before=before,
            most_things=most_things,
            smallest_group=city.smallest_group,
        )
        return cls(frame, _suite("changes", city), "indicator_id", city.judgement.explained.get(period.label, {}))

    @property
    def check(self) -> Check:
        """The signs to be held against their suite."""
        return Check.of_signs(self.frame, self.suite)

    def remarks(self, verdict: Verdict, *, said: Mapping[str, Sequence[Remark]] = _NOTHING) -> Remarks:
        """The remarks of a verdict, by what they bear on, but for what is `said` of it already."""
        found = Remarks()
        for rule, outcome in zip(self.suite.expectations, verdict.outcomes, strict=True):
            for place, remark in _remarks(rule, outcome, self.frame, because=self.explained.get(limit_name(rule))):
                found.setdefault(str(self.frame.loc[place, self.by]), []).append(remark)
        return {name: _new(remarks, said.get(name, ())) for name, remarks in found.items()}


def _new(remarks: Sequence[Remark], said: Sequence[Remark]) -> list[Remark]:
    """Without those of which the cleaning names the cause, of the same source."""
    names = {(_SAID_BY[remark.code], _source_of(remark)) for remark in said if remark.code in _SAID_BY}
    return [remark for remark in remarks if (remark.code, _source_of(remark)) not in names]


def _source_of(remark: Remark) -> str:
    return remark.id.split(":", 1)[0]


def _suite(name: str, city: City) -> Suite:
    """The suite with the city's own limits, and each limit written into its rule's texts."""
    suite, limits = suite_of(name), city.judgement.limits
    return suite.model_copy(update={"expectations": tuple(_with_limit(rule, limits) for rule in suite.expectations)})


def _with_limit(rule: Rule, limits: Mapping[str, float]) -> Rule:
    bounds = [key for key in ("max_value", "min_value") if key in rule.kwargs]
    if len(bounds) != 1:
        return rule
    limit = limits.get(limit_name(rule), rule.kwargs[bounds[0]])
    written = {"id": number(limit), "en": number_en(limit)}
    texts = {name: getattr(rule.meta, name).replace("{limit}", text) for name, text in written.items()}
    return rule.model_copy(
        update={"kwargs": {**rule.kwargs, bounds[0]: limit}, "meta": rule.meta.model_copy(update=texts)}
    )


def limit_name(rule: Rule) -> str:
    """The limit that a rule holds a sign against, as a city's YAML names it."""
    return rule.meta.rule_id.split(".", 1)[-1]


def _remarks(rule: Rule, outcome: Outcome, frame: pd.DataFrame, *, because: str | None) -> Iterator[tuple[str, Remark]]:
    """A remark for each row that breaks a rule; one that the city explains keeps nothing provisional.

    A critical rule stops a run; where what it stops is stored already, that is no longer final.
    """
    is_critical = rule.severity == "critical"
    keeps_provisional = is_critical or (rule.meta.keeps_provisional and because is None)
    for place in outcome.places:
        value, details = frame.loc[place, rule.kwargs["column"]], frame.loc[place, "details"]
        named, dates = f" ({details})" if details else "", tuple(frame.loc[place, "dates"].split())
        # A share that counts folded members would tell how large they are.
        is_told = OTHERS not in details
        found_id, found_en = (number(value), number_en(value)) if is_told else ("lebih", "more")
        yield (
            place,
            Remark(
                limit_name(rule),
                f"{place}: {rule.meta.id}; ternyata {found_id}{named}"
                + (f"{EXPLAINED[0]}{because}" if because else ""),
                f"{place}: {rule.meta.en}; found {found_en}{named}" + (f"{EXPLAINED[1]}{because}" if because else ""),
                keeps_provisional,
                Found(place, float(value) if is_told else None, dates, because),
            ),
        )
