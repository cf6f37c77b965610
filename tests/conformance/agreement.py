"""How an outcome is held against a case's answer; the tolerance is the one that the pack's page states."""

from __future__ import annotations

import math

from tests.conformance.pack import Case
from tests.conformance.reference import Outcome

RELATIVE_TOLERANCE = 1e-9


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Everything in which the outcome is not the case's answer, in words; empty where they agree."""
    answer = case.answer
    found = [
        f"{case.name} {rule} {name}: {got}, not {right[name]}"
        for rule, right in answer["rules"].items()
        for name, got in zip(
            ("numerator", "denominator", "value"), outcome.rules.get(rule, ("missing",) * 3), strict=True
        )
        if got is not ... and not agree(got, right[name])
    ]
    if outcome.rows != answer["rows"]:
        found.append(f"{case.name} rows: {outcome.rows}, not {answer['rows']}")
    if answer["status"] != "not_computable" and outcome.reasons != answer["because"]:
        found.append(f"{case.name} reasons: {outcome.reasons}, not {answer['because']}")
    for name, right in answer.get("statistics", {}).items():
        if not agree(outcome.statistics.get(name), right):
            found.append(f"{case.name} {name}: {outcome.statistics.get(name)}, not {right}")
    return found


def agree(got: object, right: float | None) -> bool:
    """Whether a number is the right one but for the last digits; nothing is only nothing."""
    if right is None or not isinstance(got, int | float):
        return got is right
    return math.isclose(got, right, rel_tol=RELATIVE_TOLERANCE)
