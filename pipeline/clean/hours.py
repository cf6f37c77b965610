"""A date in one column and its hour in another, as the text of one moment."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from connectors.records import TYPED
from pipeline.clean.date_signs import ZONE_HOURS

TYPED_MIDNIGHT = f"T00:00:00{TYPED}"
_TYPED_HOUR = re.compile(
    rf"(?:1899-12-3[01]T|1900-01-0[01]T)?(?P<h>\d{{2}}):(?P<m>\d{{2}}):(?P<s>\d{{2}})(?:\.\d+)?{TYPED}"
)
_WRITTEN_HOUR = re.compile(
    r"(?:(?:pukul|pkl\b\.?|jam)\s*)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2}))?\s*(?P<zone>WIB|WITA|WIT)?\.?",
    re.IGNORECASE,
)


def joined_with_hours(texts: pd.Series, others: pd.Series, *, formats: Sequence[str]) -> pd.Series:
    """Two columns of text joined by a space; a workbook's typed date and its hour, however written, are one moment."""
    joined = (texts + " " + others.fillna("")).str.strip()
    is_typed = joined.str.contains(TYPED, regex=False).fillna(False).astype(bool)
    if not is_typed.any():
        return joined
    pairs = zip(texts[is_typed], others[is_typed].fillna(""), strict=True)
    typed = pd.Series([_moment_text(*pair, formats) for pair in pairs], joined.index[is_typed], dtype="str")
    return typed.reindex(joined.index).fillna(joined)


def _moment_text(date: str, hour: str, formats: Sequence[str]) -> str:
    """One text of a date's and an hour's, of which at least one is a typed cell."""
    if _TYPED_HOUR.fullmatch(date):
        date, hour = hour, date
    if date.endswith(TYPED_MIDNIGHT):
        day = date.removesuffix(TYPED_MIDNIGHT)
        found = _TYPED_HOUR.fullmatch(hour) or _WRITTEN_HOUR.fullmatch(hour)
        if not hour:
            return f"{day}{TYPED}"
        if found:
            offset = f"+{ZONE_HOURS[found['zone'].upper()]:02}:00" if found.groupdict().get("zone") else ""
            return f"{day}T{int(found['h']):02}:{found['m']}:{found['s'] or '00'}{offset}{TYPED}"
    elif found := _TYPED_HOUR.fullmatch(hour):
        parts = {"%H": found["h"], "%M": found["m"], "%S": found["s"] or "00"}
        form = next((form[form.index("%H") :] for form in formats if "%H" in form), "%H:%M:%S")
        return f"{date} {re.sub('%[HMS]', lambda part: parts[part[0]], form)}"
    return f"{date} {hour}".strip()
