"""The text of docs/robustness.md, and the rows it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.hold import ROWS

_ROOT = Path(__file__).resolve().parents[2]
# In a figure: how many tests of a function told this very row.
TESTS_COUNT = "{count}"
_HEAD = """# What was broken on purpose, and what came of it

A row is written by the long form of the test it names, when that has passed: `make test-hold` runs all of `tests/hold/`
and the tests of damage, `make fuzz` and `make test-cluster` their own; `make test` runs short forms.

| Row | What was tried | Figure | Test |
|---|---|---|---|
"""


class Told(NamedTuple):
    """A row: of which kind, what was tried, what came of it, and the test."""

    row: str
    tried: str
    figure: str
    test: str


def page(found: Sequence[Told], *, before: Sequence[Told] = ()) -> str:
    """The page with the rows found, and those of before whose tests are still there and did not tell anew."""
    ran = {name for one in found for name in (one.test, one.test.partition("[")[0])}
    kept = [one for one in before if one.test not in ran and _is_there(one.test)]
    ordered = sorted([*found, *kept], key=lambda one: (ROWS.index(one.row), one.test, one.tried))
    return _HEAD + "".join(f"| {' | '.join(_cell(text) for text in one)} |\n" for one in ordered)


def told_by(text: str) -> list[Told]:
    """The rows of a page."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines()]
    return [Told(*of_line) for of_line in cells if of_line[0] in ROWS]


def counted(told: Sequence[Told]) -> list[Told]:
    """Rows alike are one, of the function with no case named, in which `TESTS_COUNT` is how many they were."""
    named = [one._replace(test=one.test.partition("[")[0]) if TESTS_COUNT in one.figure else one for one in told]
    return [one._replace(figure=one.figure.replace(TESTS_COUNT, str(count))) for one, count in Counter(named).items()]


def _is_there(test: str) -> bool:
    """Whether a file still has the function of a test."""
    name, _, function = test.partition("[")[0].partition("::")
    path = _ROOT / name
    return path.is_file() and f"def {function}(" in path.read_text("utf-8")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
