"""Which questions are not in the state in which they were before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.readiness.answers import State
from pipeline.readiness.assessment import Assessment
from pipeline.readiness.questions import Question


@dataclass(frozen=True)
class Change:
    """A question whose state is not what it was; `before` is null where it was not asked before."""

    question: Question
    before: State | None
    after: State


def changes(before: Mapping[Question, State], now: Assessment) -> tuple[Change, ...] | None:
    """The changes in the order of questions; null without anything to compare with."""
    if not before:
        return None
    return tuple(
        Change(outcome.question, before.get(outcome.question), outcome.state)
        for outcome in now.outcomes
        if before.get(outcome.question) != outcome.state
    )
