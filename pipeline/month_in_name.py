"""The month that a file's name tells."""

from __future__ import annotations

import re

from pipeline.clean.moments import MONTH_NUMBERS

_DATE = re.compile(r"(?<!\d)20\d\d[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)20\d\d[-_. ]?(0[1-9]|1[0-2])(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[-_. ]20\d\d(?!\d)")
_WORD = re.compile(r"[A-Za-z]+")


def month_in(name: str) -> int | None:
    """The number of the one month of a name such as `gangguan-2025-03.csv` or `Aduan Maret.xlsx`; else null.

    A whole date is rather that of the export.
    """
    if _DATE.search(name):
        return None
    stem = name.rsplit(".", 1)[0]
    found = {int(digits) for pattern in (_YEAR_FIRST, _YEAR_LAST) for digits in pattern.findall(stem)}
    found |= {MONTH_NUMBERS[word] for word in map(str.casefold, _WORD.findall(stem)) if word in MONTH_NUMBERS}
    return found.pop() if len(found) == 1 else None
