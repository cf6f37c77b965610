"""A verdict on rows: from facts of all rules at once, or by the rows themselves where facts prove nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Self

import pandas as pd

from pipeline.rule_facts import Facts, facts_of, name_of
from pipeline.sample import Key, Parts, Sample, take_sample
from pipeline.suites import ROW_COUNT, Rule, Suite
from pipeline.validate.expectations import results_of
from pipeline.validate.verdicts import NOT_CHECKED, Outcome, Verdict

EVERY_ROW = "every row"
SAMPLE = "sample of 50,000; row count and key: every row"

_COMPOUND_UNIQUE = "expect_compound_columns_to_be_unique"
_COLUMN_UNIQUE = "expect_column_values_to_be_unique"


@dataclass(frozen=True)
class _Part:
    """Rules, the rows they are checked on, and how many more rows are known to meet them unchecked.

    In the form `COMPLETE` the rows that break a rule are named, which costs Great Expectations most.
    """

    rules: list[Rule]
    frame: pd.DataFrame
    known_good: int = 0
    form: Literal["BASIC", "COMPLETE"] = "BASIC"


@dataclass(frozen=True)
class Check:
    """Rows to be held against a suite.

    Of signs, whose index names each row, those that break a rule are named; a rule of a sign that no row has is met.
    """

    subject: str
    suite: Suite
    sample: Sample
    are_signs: bool = False

    @classmethod
    def of_signs(cls, frame: pd.DataFrame, suite: Suite) -> Self:
        """A frame of signs, all of it."""
        return cls(suite.table, suite, Sample(len(frame), frame, {}), are_signs=True)

    @property
    def vain_rules(self) -> list[Rule]:
        """The rules of signs that no row has."""
        if not self.are_signs:
            return []
        frame, rules = self.sample.frame, self.suite.expectations
        return [rule for rule in rules if "column" in rule.kwargs and frame[rule.kwargs["column"]].isna().all()]


def validate(checks: Sequence[Check]) -> list[Verdict]:
    """A verdict on each check; all are judged in one go, for Great Expectations takes as long for one as for all.

    A rule that raised, or that gave no result, is unmet and critical.
    """
    parts = [(check, part) for check in checks for part in _parts(check)]
    found = {check.subject: {rule.meta.rule_id: _met_by_none(rule) for rule in check.vain_rules} for check in checks}
    for (check, _), outcomes in zip(parts, _outcomes([part for _, part in parts]), strict=True):
        found[check.subject] |= {outcome.rule_id: outcome for outcome in outcomes}
    return [
        Verdict(
            check.subject,
            EVERY_ROW if check.sample.is_whole else SAMPLE,
            tuple(found[check.subject][rule.meta.rule_id] for rule in check.suite.expectations),
        )
        for check in checks
    ]


def sampled(parts: Parts, suite: Suite) -> Sample:
    """The rows of a table that its suite is held against, and those whose keys occur again."""
    return take_sample(parts, keys=[*{key for rule in suite.expectations if (key := _unique_columns(rule))}])


def _parts(check: Check) -> Iterator[_Part]:
    """The rows, or of a large table: its length, the rows whose key occurs again, and a sample for everything else."""
    sample, vain = check.sample, check.vain_rules
    rules = [rule for rule in check.suite.expectations if rule not in vain]
    if sample.is_whole:
        yield _Part(rules, sample.frame, form="COMPLETE" if check.are_signs else "BASIC")
        return
    rest = []
    for rule in rules:
        suspects = sample.suspects.get(_unique_columns(rule))
        if rule.type == ROW_COUNT:
            yield _Part([rule], pd.DataFrame(index=range(sample.rows_count)))
        elif suspects is not None:
            yield _Part([rule], suspects, known_good=sample.rows_count - len(suspects))
        else:
            rest.append(rule)
    yield _Part(rest, sample.frame)


def _unique_columns(rule: Rule) -> Key:
    if rule.type == _COLUMN_UNIQUE:
        return (rule.kwargs["column"],)
    return tuple(rule.kwargs["column_list"]) if rule.type == _COMPOUND_UNIQUE else ()


def _outcomes(parts: Sequence[_Part]) -> Iterator[list[Outcome]]:
    """The outcomes of each part, in the order of its rules."""
    facts = facts_of([(part.rules, part.frame) for part in parts])
    proved = _proved(facts)
    for nth, part in enumerate(parts):
        names = [name_of(nth, place) for place in range(len(part.rules))]
        rest = [rule for rule, name in zip(part.rules, names, strict=True) if name not in proved]
        by_rows = iter(_by_rows(replace(part, rules=rest)) if rest else ())
        yield [
            _met(rule, part, checked_rows=facts.counts[name]) if name in proved else next(by_rows)
            for rule, name in zip(part.rules, names, strict=True)
        ]


def _proved(facts: Facts) -> Set[str]:
    """The rules whose facts are sound, so that every row meets them."""
    if not facts.counts:
        return frozenset()
    (judged,) = _by_rows(_Part([facts.rule], facts.frame))
    if judged.is_met:
        return facts.counts.keys()
    (judged,) = _by_rows(_Part([facts.rule], facts.frame, form="COMPLETE"))
    broken = set(judged.places)
    return facts.counts.keys() - broken if broken and broken <= facts.counts.keys() else frozenset()


def _met_by_none(rule: Rule) -> Outcome:
    return Outcome(rule.meta.rule_id, rule.severity, True, None, 0, 0, rule.meta.id, rule.meta.en)


def _met(rule: Rule, part: _Part, *, checked_rows: int) -> Outcome:
    observed = str(checked_rows) if rule.type == ROW_COUNT else None
    checked_rows += part.known_good
    return Outcome(rule.meta.rule_id, rule.severity, True, observed, checked_rows, 0, rule.meta.id, rule.meta.en)


def _by_rows(part: _Part) -> Iterator[Outcome]:
    """One outcome per rule."""
    results = results_of(part.rules, part.frame, form=part.form)
    for rule in part.rules:
        yield _outcome(rule, results.get(rule.meta.rule_id), part)


def _outcome(rule: Rule, counts: dict[str, Any] | None, part: _Part) -> Outcome:
    named = partial(Outcome, rule.meta.rule_id, text_id=rule.meta.id, text_en=rule.meta.en)
    if counts is None:
        return named(severity="critical", is_met=False, observed=NOT_CHECKED, checked_rows=0, unexpected_count=0)
    return named(
        severity=rule.severity,
        is_met=counts["success"],
        observed=str(counts["observed_value"]) if rule.type == ROW_COUNT else None,
        checked_rows=int(counts.get("element_count", len(part.frame))) + part.known_good,
        unexpected_count=int(counts.get("unexpected_count") or 0),
        places=tuple(map(str, counts.get("unexpected_index_list") or ())),
    )
