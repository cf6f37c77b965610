"""What a region answers: its form, and the state of each question once evidence was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipeline.readiness.problems import Problem
from pipeline.readiness.questions import Question

State = Literal["proven", "unproven", "no", "missing"]
STATES: tuple[State, ...] = ("proven", "unproven", "no", "missing")


@dataclass(frozen=True)
class Cited:
    """A file that a form names as evidence; days are null where the form does not state them."""

    name: str
    dated_on: date | None = None
    valid_until_on: date | None = None


@dataclass(frozen=True)
class Answer:
    """What the form says to one question; `is_yes` is null without an answer that is known."""

    is_yes: bool | None = None
    note: str = ""
    cited: tuple[Cited, ...] = ()
    unit: str = ""
    takes_suggestion: bool = False


@dataclass(frozen=True)
class Form:
    """The answers of one region and year, and what could not be read of them."""

    answers: Mapping[Question, Answer]
    problems: tuple[Problem, ...] = field(default=())
