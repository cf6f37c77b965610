"""The text of docs/robustness.md, and the rows it tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.hold import ROWS

_ROOT = Path(__file__).resolve().parents[2]
_HEAD = """# What was broken on purpose, and what came of it

Written by `make test-hold`, which runs the long form of every test in `tests/hold/`; `make test` runs a short one.

| Row | What was tried | Figure | Test |
|---|---|---|---|
"""


class Told(NamedTuple):
    """A row: of which kind, what was tried, what came of it, and the file of the test."""

    row: str
    tried: str
    figure: str
    test: str


def page(found: Sequence[Told], *, before: Sequence[Told] = ()) -> str:
    """The page with the rows found, and those of before whose tests are still there and did not run."""
    ran = {one.test for one in found}
    kept = [one for one in before if one.test not in ran and (_ROOT / one.test).is_file()]
    ordered = sorted([*found, *kept], key=lambda one: (ROWS.index(one.row), one.test, one.tried))
    return _HEAD + "".join(f"| {' | '.join(_cell(text) for text in one)} |\n" for one in ordered)


def told_by(text: str) -> list[Told]:
    """The rows of a page."""
    cells = [line.strip("| ").split(" | ") for line in text.removeprefix(_HEAD).splitlines()]
    return [Told(*of_line) for of_line in cells if of_line[0] in ROWS]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
