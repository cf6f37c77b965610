"""Days as people type them into a form: 31/12/2025, 2025-12-31 or 31 Desember 2025."""

from __future__ import annotations

import re
from datetime import date, datetime

from pipeline.month_names import months_in

_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ]((?:19|20)\d\d)")
_ISO = re.compile(r"((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_WORDS = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]+)\.?[-/. ]((?:19|20)\d\d)")


def day_of(value: object) -> date | None:
    """The day of a cell; null for what is none, day before month where both are numbers."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMBERS.fullmatch(text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if (match := _WORDS.fullmatch(text)) and (months := months_in(match[2])):
        return _day(int(match[3]), months[0], int(match[1]))
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
