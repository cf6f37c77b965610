"""Text to typed values by declared formats only; what does not fit is named, never guessed or nulled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.tables import DTYPES, Kind

_MONTHS = {
    "Jan": "januari january jan",
    "Feb": "februari february feb pebruari peb",
    "Mar": "maret march mar mrt",
    "Apr": "april apr",
    "May": "mei may",
    "Jun": "juni june jun",
    "Jul": "juli july jul",
    "Aug": "agustus august agu agt ags aug",
    "Sep": "september sept sep",
    "Oct": "oktober october okt oct",
    "Nov": "november nopember nov nop",
    "Dec": "desember december des dec",
}
_MONTH_BY_NAME = {name: month for month, names in _MONTHS.items() for name in names.split()}
_WORD = re.compile(r"[A-Za-z]{3,}\.?")

_FLAGS = {"true": True, "ya": True, "yes": True, "1": True, "false": False, "tidak": False, "no": False, "0": False}
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?P<offset> ?(?:Z|[+-]\d{2}:?\d{2}))?"
)


@dataclass(frozen=True)
class Parsed:
    """Typed values, null where the text was null or did not fit, and the faults of texts that did not fit.

    `faults` holds `bad` (no declared form fits) or `ambiguous` (two readings fit and differ), else null.
    """

    values: pd.Series
    faults: pd.Series


@dataclass(frozen=True)
class Reading:
    """How texts of one column are to be read."""

    formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    decimal: str = "."
    thousands: str | None = None


def parse(texts: pd.Series, *, kind: Kind, reading: Reading) -> Parsed:
    """Read a text column as one kind of `pipeline.tables`; dtype by `DTYPES`, naive moments are in `reading.zone`."""
    distinct = texts.dropna().drop_duplicates()
    if kind == "text":
        values, faults = distinct, pd.Series(None, index=distinct.index, dtype="str")
    elif kind == "flag":
        values = distinct.str.strip().str.casefold().map(_FLAGS)
        faults = _faults(values.isna())
    elif kind in ("count", "number"):
        values, faults = _numbers(distinct, reading, is_whole=kind == "count")
    else:
        values, faults = _moments(distinct, reading, is_day=kind == "day")
    codes = pd.Index(distinct).get_indexer(pd.Index(texts))
    return Parsed(_spread(values, codes, texts.index, DTYPES[kind]), _spread(faults, codes, texts.index, "str"))


def _spread(values: pd.Series, codes: np.ndarray, index: pd.Index, dtype: str) -> pd.Series:
    taken = values.astype(dtype).reset_index(drop=True).reindex(codes)
    taken.index = index
    return taken


def _faults(is_bad: pd.Series, is_ambiguous: pd.Series | None = None) -> pd.Series:
    faults = pd.Series(None, index=is_bad.index, dtype="str").mask(is_bad, "bad")
    return faults if is_ambiguous is None else faults.mask(is_ambiguous, "ambiguous")


def _numbers(texts: pd.Series, reading: Reading, *, is_whole: bool) -> tuple[pd.Series, pd.Series]:
    marks = texts.str.strip()
    decimal, thousands = re.escape(reading.decimal), re.escape(reading.thousands or "")
    is_typed = marks.str.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?e0")
    plain = marks.str.fullmatch(rf"-?\d+({decimal}\d+)?")
    if reading.thousands and reading.thousands != reading.decimal:
        plain |= marks.str.fullmatch(rf"-?\d{{1,3}}({thousands}\d{{3}})+({decimal}\d+)?")
        marks = marks.where(is_typed, marks.str.replace(reading.thousands, "", regex=False))
    numerals = marks.where(is_typed, marks.str.replace(reading.decimal, ".", regex=False)).str.removesuffix("e0")
    numbers = pd.to_numeric(numerals.where(plain | is_typed), errors="coerce").astype("Float64")
    is_ambiguous = pd.Series(False, index=texts.index)
    if is_whole:
        looks_grouped = texts.str.strip().str.fullmatch(r"-?\d{1,3}([.,' ]\d{3})+") & ~is_typed
        is_ambiguous = looks_grouped & (numbers.isna() | (numbers % 1 != 0).fillna(False) | (not reading.thousands))
        numbers = numbers.mask((numbers % 1 != 0) | is_ambiguous)
    return numbers, _faults(numbers.isna() & ~is_ambiguous, is_ambiguous)


def _moments(texts: pd.Series, reading: Reading, *, is_day: bool) -> tuple[pd.Series, pd.Series]:
    texts = texts.str.strip()
    has_iso = texts.map(lambda text: _is_typed_iso(text) or not reading.formats)
    readings = [_iso(texts.where(has_iso), reading.zone)]
    readings += [_by_format(texts.where(~has_iso), form, reading.zone) for form in reading.formats]
    first = readings[0]
    is_ambiguous = pd.Series(False, index=texts.index)
    for other in readings[1:]:
        is_ambiguous |= first.notna() & other.notna() & (first != other)
        first = first.fillna(other)
    moments = first.mask(is_ambiguous)
    if is_day:
        moments = moments.dt.tz_convert(reading.zone or "UTC").dt.tz_localize(None).dt.normalize()
    return moments, _faults(moments.isna() & ~is_ambiguous, is_ambiguous)


def _is_typed_iso(text: str) -> bool:
    """Whether a text is a spreadsheet's or a machine's own moment: ISO 8601 with a `T`."""
    return "T" in text and _ISO.fullmatch(text) is not None


def _iso(texts: pd.Series, zone: ZoneInfo | None) -> pd.Series:
    shapes = texts.dropna().map(_ISO.fullmatch)
    fitting = texts[shapes.index[shapes.notna()]]
    has_offset = pd.Series([bool(shapes[i]["offset"]) for i in fitting.index], index=fitting.index, dtype=bool)
    aware = pd.to_datetime(fitting[has_offset], format="ISO8601", errors="coerce", utc=True)
    naive = pd.to_datetime(fitting[~has_offset], format="ISO8601", errors="coerce")
    return _joined([aware, _in_zone(naive, zone)], texts.index)


def _by_format(texts: pd.Series, form: str, zone: ZoneInfo | None) -> pd.Series:
    fitting = texts.dropna()
    if form in ("epoch", "epoch_ms"):
        numbers = pd.to_numeric(fitting.where(fitting.str.fullmatch(r"-?\d{1,14}")), errors="coerce").astype("Int64")
        stamps = pd.to_datetime(numbers.dropna(), unit="s" if form == "epoch" else "ms", utc=True)
        return _joined([stamps], texts.index)
    if "%b" in form or "%B" in form:
        fitting = fitting.map(_with_english_months)
        form = form.replace("%B", "%b")
    if "%z" in form:
        return _joined([pd.to_datetime(fitting, format=form, errors="coerce", utc=True)], texts.index)
    return _joined([_in_zone(pd.to_datetime(fitting, format=form, errors="coerce"), zone)], texts.index)


def _in_zone(naive: pd.Series, zone: ZoneInfo | None) -> pd.Series:
    """Wall-clock times of a zone as UTC: an hour that came twice is the first, one that never came moves forward."""
    naive = naive.astype("datetime64[us]")
    is_first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(zone or "UTC", ambiguous=is_first, nonexistent="shift_forward").dt.tz_convert("UTC")


def _joined(parts: Sequence[pd.Series], index: pd.Index) -> pd.Series:
    filled = [part.astype(DTYPES["moment"]) for part in parts if len(part)]
    if not filled:
        return pd.Series(pd.NaT, index=index, dtype=DTYPES["moment"])
    return pd.concat(filled).reindex(index)


@lru_cache(maxsize=65_536)
def _with_english_months(text: str) -> str:
    return _WORD.sub(lambda word: _MONTH_BY_NAME.get(word[0].rstrip(".").casefold(), word[0]), text)
