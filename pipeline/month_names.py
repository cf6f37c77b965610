"""Names of months in Bahasa Indonesia and English, and the month that a file's name tells."""

from __future__ import annotations

import re

# By the short name that formats read.
MONTHS = {
    "Jan": "januari january jan",
    "Feb": "februari february feb pebruari peb",
    "Mar": "maret march mar mrt",
    "Apr": "april apr",
    "May": "mei may",
    "Jun": "juni june jun",
    "Jul": "juli july jul",
    "Aug": "agustus august agu agt agst agus ags aug",
    "Sep": "september sept sep",
    "Oct": "oktober october okt oct",
    "Nov": "november nopember nov nop",
    "Dec": "desember december des dec",
}
_NUMBERS = {name: number for number, names in enumerate(MONTHS.values(), 1) for name in names.split()}
_DATE = re.compile(r"(?<!\d)20\d\d[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)20\d\d[-_. ]?(0[1-9]|1[0-2])(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[-_. ]20\d\d(?!\d)")
_WORD = re.compile(r"[A-Za-z]+")


def months_in(text: str) -> list[int]:
    """The numbers of the months that a text names, in its order."""
    return [_NUMBERS[word] for word in map(str.casefold, _WORD.findall(text)) if word in _NUMBERS]


def month_in(name: str) -> int | None:
    """The number of the one month of a name such as `gangguan-2025-03.csv` or `Aduan Maret.xlsx`; else null.

    A whole date is rather that of the export.
    """
    if _DATE.search(name):
        return None
    stem = name.rsplit(".", 1)[0]
    found = {int(digits) for pattern in (_YEAR_FIRST, _YEAR_LAST) for digits in pattern.findall(stem)}
    found |= set(months_in(stem))
    return found.pop() if len(found) == 1 else None
