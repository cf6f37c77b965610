"""Signs held against their suites: what breaks a rule becomes a remark on the results it bears on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.config.city import City
from pipeline.config.judgement import Judgement
from pipeline.periods import Period
from pipeline.signs import Read, of_results, of_tables
from pipeline.suites import Rule, Suite
from pipeline.validate import Outcome, Verdict, suite_of, validate_signs

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

Remarks = dict[str, list[Remark]]
# The sign that a remark of the cleaning makes superfluous.
_SAID_BY = {"day_month_swapped": "days_up_to_12_pct"}


def judge_tables(
    tables: Mapping[str, Read], *, city: City, period: Period, said: Mapping[str, Sequence[Remark]]
) -> tuple[Verdict, Remarks]:
    """The verdict on the signs of clean tables, and the remarks by table but for what is `said` of it already."""
    frame = of_tables(tables, longest_plausible_hours=city.longest_plausible_hours)
    verdict, remarks = _judged(frame, "signs", by="table", judgement=city.judgement, period=period)
    return verdict, {table: _new(found, said.get(table, ())) for table, found in remarks.items()}


def _new(remarks: Sequence[Remark], said: Sequence[Remark]) -> list[Remark]:
    """Without those of which the cleaning names the cause, of the same source."""
    names = {(_SAID_BY[remark.code], _source_of(remark)) for remark in said if remark.code in _SAID_BY}
    return [remark for remark in remarks if (remark.code, _source_of(remark)) not in names]


def _source_of(remark: Remark) -> str:
    return remark.id.split(":", 1)[0]


def judge_results(
    results: Sequence[Result],
    *,
    city: City,
    period: Period,
    last_year: Sequence[Mapping[str, Any]],
    month_before: Sequence[Mapping[str, Any]],
    most_things: Mapping[str, int],
) -> tuple[Verdict, list[Result]]:
    """The verdict on the signs of results beside earlier ones of the warehouse, and the results with its remarks."""
    then, before = ({row["indicator"]: row for row in rows} for rows in (last_year, month_before))
    frame = of_results(results, last_year=then, month_before=before, most_things=most_things)
    verdict, remarks = _judged(frame, "changes", by="indicator_id", judgement=city.judgement, period=period)
    return verdict, [result.with_remarks(remarks.get(result.indicator_id, ())) for result in results]


def _judged(
    frame: pd.DataFrame, name: str, *, by: str, judgement: Judgement, period: Period
) -> tuple[Verdict, Remarks]:
    suite = _with_limits(suite_of(name), judgement.limits)
    verdict, remarks = validate_signs(frame, suite=suite), Remarks()
    explained = judgement.explained.get(period.label, {})
    for rule, outcome in zip(suite.expectations, verdict.outcomes, strict=True):
        for place, remark in _remarks(rule, outcome, frame, because=explained.get(_limit_name(rule))):
            remarks.setdefault(str(frame.loc[place, by]), []).append(remark)
    return verdict, remarks


def _with_limits(suite: Suite, limits: Mapping[str, float]) -> Suite:
    """The suite with the city's own limits, and each limit written into its rule's texts."""
    return suite.model_copy(update={"expectations": tuple(_with_limit(rule, limits) for rule in suite.expectations)})


def _with_limit(rule: Rule, limits: Mapping[str, float]) -> Rule:
    bounds = [key for key in ("max_value", "min_value") if key in rule.kwargs]
    if len(bounds) != 1:
        return rule
    limit = limits.get(_limit_name(rule), rule.kwargs[bounds[0]])
    written = {"id": number(limit), "en": number_en(limit)}
    texts = {name: getattr(rule.meta, name).replace("{limit}", text) for name, text in written.items()}
    return rule.model_copy(
        update={"kwargs": {**rule.kwargs, bounds[0]: limit}, "meta": rule.meta.model_copy(update=texts)}
    )


def _limit_name(rule: Rule) -> str:
    return rule.meta.rule_id.split(".", 1)[-1]


def _remarks(rule: Rule, outcome: Outcome, frame: pd.DataFrame, *, because: str | None) -> Iterator[tuple[str, Remark]]:
    """A remark for each row that breaks a rule; one that the city explains keeps nothing provisional.

    A critical rule stops a run; where what it stops is stored already, that is no longer final.
    """
    is_critical = rule.severity == "critical"
    keeps_provisional = is_critical or (rule.meta.keeps_provisional and because is None)
    for place in outcome.places:
        value, details = frame.loc[place, rule.kwargs["column"]], frame.loc[place, "details"]
        named = f" ({details})" if details else ""
        yield (
            place,
            Remark(
                _limit_name(rule),
                f"{place}: {rule.meta.id}; ternyata {number(value)}{named}"
                + (f". Penjelasan kota: {because}" if because else ""),
                f"{place}: {rule.meta.en}; found {number_en(value)}{named}"
                + (f". The city explains: {because}" if because else ""),
                keeps_provisional,
            ),
        )
