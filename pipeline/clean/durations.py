"""How long something lasted, as registers write it who note the start and the length but not the end."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.clean.values import Parsed, Reading, parse

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_CLOCK = r"(?:(?P<days>\d+) days?, )?(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?"


def parse_durations(texts: pd.Series, *, unit: str, reading: Reading) -> Parsed:
    """Texts as spans of time: numbers of a unit, or with the unit `clock` such as `2:30`, `36:05:10`, `1 day, 2:00:00`.

    A text that is no such thing is null and bad.
    """
    if unit != "clock":
        parsed = parse(texts, kind="number", reading=reading)
        return replace(parsed, values=_spans(parsed.values.astype("float64") * _SECONDS[unit]))
    known = texts.dropna().str.strip()
    fits = known.str.fullmatch(_CLOCK)
    parts = known[fits].str.extract(_CLOCK).fillna("0").astype("int64")
    seconds = sum((parts[part] * _SECONDS[part] for part in parts.columns), start=pd.Series(0, index=parts.index))
    return Parsed.of_known(_spans(seconds.astype("float64")), ~fits, fits & False, index=texts.index)


def _spans(seconds: pd.Series) -> pd.Series:
    return pd.to_timedelta(seconds.mul(1e6).round(), unit="us").astype("timedelta64[us]")
