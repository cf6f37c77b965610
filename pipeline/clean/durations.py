"""How long something lasted, as registers write it who note the start and the length but not the end."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from connectors.records import TYPED
from pipeline.clean.reading import Reading
from pipeline.clean.values import Parsed, parse

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
# A hundred years: what lasts longer is a mistake, and beyond what a span of time can hold.
_LONGEST = 100 * 366 * 86_400
_CLOCK = r"(?:(?P<days>\d+) days?, )?(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?"
_NUMBER = r"\d+(?:[.,]\d+)?"
_WORDS = {
    "days": "hari|days?",
    "hours": r"jam|j|hours?|hrs|h(?=\s*\d+\s*m)",
    "minutes": "menit|mnt|minutes?|mins?|m",
    "seconds": "detik|dtk|seconds?|secs?",
}
_SPLIT = r"[\s,]*(?:dan\s+|and\s+)?"
_IN_WORDS = re.compile(
    _SPLIT.join(rf"(?:(?P<{unit}>{_NUMBER})\s*(?:{words})(?![a-z])\.?)?" for unit, words in _WORDS.items()),
    re.IGNORECASE,
)
_APPROXIMATE = re.compile(
    r"(?:±|\+/-|\+-|~|≈|kurang lebih|lebih kurang|sekitar|kira-kira|kira2|about|around|approx(?:imately)?\b\.?)\s*"
    r"(?P<length>.+)",
    re.IGNORECASE,
)


def parse_durations(texts: pd.Series, *, unit: str, reading: Reading, may_be_approximate: bool = False) -> Parsed:
    """Texts as spans of time: numbers of a unit, or with the unit `clock` such as `2:30`, `36:05:10`, `1 day, 2:00:00`.

    Texts that name their own units, such as `2 jam 30 menit` or `2.5 hours`, are read under every unit, and alone with
    `words`; so are a workbook's typed times. One that is only about right (`± 3 jam`) is bad unless it may be. A text
    that is no such thing is null and bad.
    """
    known = texts.dropna().str.strip()
    if may_be_approximate:
        known = known.str.replace(_APPROXIMATE, r"\g<length>", regex=True)
    seconds, is_ambiguous = pd.Series(np.nan, index=known.index), pd.Series(False, index=known.index)
    if unit in _SECONDS:
        numbers = parse(known, kind="number", reading=reading)
        seconds, is_ambiguous[:] = numbers.values.astype("float64") * _SECONDS[unit], numbers.is_ambiguous
    is_clock = known.str.endswith(TYPED) | (unit == "clock")
    rest = known[seconds.isna() & ~is_clock & ~is_ambiguous]
    in_words = pd.Series([_seconds_in_words(text, reading) for text in rest], index=rest.index, dtype="float64")
    for found in (_clock_seconds(known[is_clock].str.removesuffix(TYPED)), in_words):
        seconds = seconds.fillna(found)
    seconds = seconds.where(seconds < _LONGEST)
    return Parsed.of_known(_spans(seconds), seconds.isna() & ~is_ambiguous, is_ambiguous, index=texts.index)


def _clock_seconds(texts: pd.Series) -> pd.Series:
    parts = texts[texts.str.fullmatch(_CLOCK)].str.extract(_CLOCK).fillna("0").astype("float64")
    return sum((parts[part] * _SECONDS[part] for part in parts.columns), start=pd.Series(0.0, index=parts.index))


def _seconds_in_words(text: str, reading: Reading) -> float:
    """The seconds of a text that names its units; not a number when it does not, or when a mark in it is unclear."""
    found = _IN_WORDS.fullmatch(text)
    parts = {unit: number for unit, number in (found.groupdict() if found else {}).items() if number}
    seconds = [_number(number, reading) * _SECONDS[unit] for unit, number in parts.items()]
    return sum(seconds) if seconds else np.nan


def _number(text: str, reading: Reading) -> float:
    """With either decimal mark, but for three digits after one that may as well part thousands."""
    looks_grouped = re.fullmatch(r"\d{1,3}[.,]\d{3}", text) is not None
    if reading.thousands and reading.thousands in text:
        return float(text.replace(reading.thousands, "")) if looks_grouped else np.nan
    if looks_grouped and not ("," in text and reading.decimal == ","):
        return np.nan
    return float(text.replace(",", "."))


def _spans(seconds: pd.Series) -> pd.Series:
    return pd.to_timedelta(seconds.round(), unit="s").astype("timedelta64[us]")
