"""It holds: each file breaks one thing on purpose and tells what came of it as a row of docs/robustness.md.

To add a row, add a file `test_<what>.py` whose test takes the fixture `row` and ends with

    row("Inputs", "3,000 mutated files of every format", f"{count} accepted, {refused} refused, none untyped")

where the first word is one of `ROWS`; `{count}` in a figure becomes the number of cases that told the same. The form
that `make test` runs takes a few seconds and changes no page; `make test-hold` sets `TOLOK_HOLD=full`, runs the long
form and writes the rows of the tests it ran, if all passed: `make test-hold ARGS=tests/hold/test_<what>.py` leaves the
rows of other tests as they are. Tests elsewhere tell rows the same way.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

# What the page tells in this order.
ROWS = (
    "Crash",
    "Concurrency",
    "Tampering",
    "Inputs",
    "Arithmetic",
    "Connectors",
    "Security",
    "Privacy",
    "Operations",
)
IS_FULL = os.environ.get("TOLOK_HOLD") == "full"


def of_form(short: T, *, full: T) -> T:
    """What the form at hand takes: a few seconds' worth, or all of it."""
    return full if IS_FULL else short
