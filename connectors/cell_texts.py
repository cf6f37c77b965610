"""The cells of a workbook as the text that settings and rules speak of, by the type calamine gives each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from connectors.records import TYPED


def cell_texts(cells: list[Any]) -> list[str]:
    """The cells of a row as stripped text; a blank one is empty."""
    return [_TEXT_OF[type(cell)](cell) for cell in cells]


def _number_text(number: float) -> str:
    """Whole numbers without a point, others ending in `e0`: that keeps a typed 1.5 apart from a typed-in "1.500",
    whose marks the source's settings explain."""
    return str(int(number)) if number.is_integer() else f"{number!r}e0"


# A spreadsheet's cell as text, by the type calamine gives it.
_TEXT_OF: dict[type, Callable[[Any], str]] = {
    str: lambda text: text.replace("\xa0", " ").strip(),
    float: _number_text,
    int: str,
    bool: lambda truth: "true" if truth else "false",
    datetime: lambda moment: f"{moment.isoformat()}{TYPED}",
    date: lambda day: f"{day.isoformat()}T00:00:00{TYPED}",
    time: lambda clock: f"{clock.isoformat()}{TYPED}",
    timedelta: lambda span: f"{span}{TYPED}",
}
