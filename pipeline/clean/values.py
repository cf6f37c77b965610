"""Text to typed values by declared formats only; what does not fit is named, never guessed or nulled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.records import TYPED
from kernels.moments import first_and_last
from pipeline.clean.moments import Shape, has_hour, places_of, shapes_of, wall_clock, with_english_months
from pipeline.clean.text_bytes import stripped
from pipeline.tables import DTYPES, Kind

_FLAGS = {"true": True, "ya": True, "yes": True, "1": True, "false": False, "tidak": False, "no": False, "0": False}
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?P<offset> ?(?:Z|[+-]\d{2}:?\d{2}))?"
)
_ISO_FORMS = ("%Y-%m-%d", *(f"%Y-%m-%d{mark}{clock}" for mark in "T " for clock in ("%H:%M", "%H:%M:%S")))

_DAY = np.timedelta64(1, "D")
_CLOCKS_PER_DAY = 4
_DAY_LETTERS = len("2025-12-31")
_TYPED_MIDNIGHT = f"T00:00:00{TYPED}"

Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]
# The texts as moments, null where they do not fit, and which of them are dates without an hour.
_Read = tuple[Moments, bool | Flags]


@dataclass(frozen=True)
class Parsed:
    """Typed values, null where the text was null or did not fit, and which texts did not fit.

    `is_bad`: no declared form fits; `is_ambiguous`: two readings fit and differ. Of moments, `is_date` says which were
    noted as a date without an hour; it means nothing where there is no value.
    """

    values: pd.Series
    is_bad: Flags
    is_ambiguous: Flags
    is_date: Flags | None = None

    @classmethod
    def of_known(cls, values: pd.Series, is_bad: pd.Series, is_ambiguous: pd.Series, *, index: pd.Index) -> Parsed:
        """What was made of the texts that are not null, among all texts."""
        flags = (pd.Series(rows).reindex(index, fill_value=False).to_numpy(bool) for rows in (is_bad, is_ambiguous))
        return cls(values.reindex(index), *flags)


@dataclass(frozen=True)
class Reading:
    """How texts of one column are to be read."""

    formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    decimal: str = "."
    thousands: str | None = None


def parse(texts: pd.Series, *, kind: Kind, reading: Reading) -> Parsed:
    """Read a text column as one kind of `pipeline.tables`; dtype by `DTYPES`, naive moments are in `reading.zone`."""
    if kind == "text":
        return Parsed(texts, *np.zeros((2, len(texts)), bool))
    if kind in ("moment", "day"):
        return _moments(texts, reading, is_day=kind == "day")
    known = texts.dropna()
    is_ambiguous = pd.Series(False, index=known.index)
    if kind == "flag":
        values = known.str.strip().str.casefold().map(_FLAGS)
    else:
        values, is_ambiguous = _numbers(known, reading, is_whole=kind == "count")
    is_bad = values.isna() & ~is_ambiguous
    return Parsed.of_known(values.astype(DTYPES[kind]), is_bad, is_ambiguous, index=texts.index)


def _numbers(texts: pd.Series, reading: Reading, *, is_whole: bool) -> tuple[pd.Series, pd.Series]:
    """The numbers, and which texts may be meant as another one."""
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
    return numbers, is_ambiguous


def _moments(texts: pd.Series, reading: Reading, *, is_day: bool) -> Parsed:
    """By the digits of each shape of text; what these leave open is read by pandas."""
    texts, is_known = stripped(texts), texts.notna().to_numpy()
    moments, (is_ambiguous, is_date) = np.full(len(texts), np.datetime64("NaT", "us")), np.zeros((2, len(texts)), bool)
    is_open, typed = is_known.copy(), [np.zeros(0, np.int64)]
    for shape in shapes_of(texts):
        readings = _by_digits(shape, reading)
        if readings is not None:
            moments[shape.rows], is_ambiguous[shape.rows], is_date[shape.rows] = _agreed(readings, len(shape.rows))
            is_open[shape.rows] = False
            typed += [shape.rows] if shape.text.endswith(TYPED) else []
    moments[~is_open] = _in_utc(moments[~is_open], reading.zone)
    if is_open.any():
        readings = _by_pandas(texts[is_open], reading)
        moments[is_open], is_ambiguous[is_open], is_date[is_open] = _agreed(readings, int(is_open.sum()))
    is_date |= _typed_dates(texts, np.concatenate(typed), is_open)
    is_bad = is_known & np.isnat(moments) & ~is_ambiguous
    moments[is_ambiguous] = np.datetime64("NaT")
    values = pd.Series(moments, index=texts.index).dt.tz_localize("UTC")
    if is_day:
        values = values.dt.tz_convert(reading.zone or "UTC").dt.tz_localize(None).dt.normalize()
    return Parsed(values.astype(DTYPES["day" if is_day else "moment"]), is_bad, is_ambiguous, is_date)


def _typed_dates(texts: pd.Series, typed: NDArray[np.int64], is_open: Flags) -> Flags:
    """Which texts are a workbook's dates: typed cells at midnight, where no typed cell of the column has an hour."""
    is_typed = is_open.copy()
    if is_open.any():
        is_typed[is_open] = texts[is_open].str.endswith(TYPED)
    is_typed[typed] = True
    if is_typed.any() and texts[is_typed].str.endswith(_TYPED_MIDNIGHT).all():
        return is_typed
    return np.zeros(len(texts), bool)


def _by_digits(shape: Shape, reading: Reading) -> list[_Read] | None:
    """The shape's texts by each format they fit, as wall clocks show it; null when that is left to pandas.

    Pandas knows leap seconds by declared formats, not in ISO 8601.
    """
    is_iso = _is_iso(shape.text, reading)
    shape = replace(shape, text=shape.text.removesuffix(TYPED))
    forms = _ISO_FORMS if is_iso else reading.formats
    plans = [places_of(form, shape.text) for form in forms]
    found = [
        (wall_clock(shape, plan, has_leap_seconds=not is_iso), not has_hour(form))
        for form, plan in zip(forms, plans, strict=True)
        if plan
    ]
    has_doubt = None in plans or any(moments is None for moments, _ in found)
    if has_doubt or (is_iso and not (found and _ISO.fullmatch(shape.text))):
        return None
    return [(moments, is_date) for moments, is_date in found if moments is not None]


def _agreed(readings: Sequence[_Read], count: int) -> tuple[Moments, Flags, Flags]:
    """The first reading of each text that fits, whether another that fits differs, and whether it is of a date."""
    first, (is_ambiguous, is_date) = np.full(count, np.datetime64("NaT", "us")), np.zeros((2, count), bool)
    for other, is_other_date in readings:
        is_new = np.isnat(first)
        is_ambiguous |= ~is_new & ~np.isnat(other) & (first != other)
        first = np.where(is_new, other, first)
        is_date = np.where(is_new, is_other_date, is_date)
    return first, is_ambiguous, is_date


def _by_pandas(texts: pd.Series, reading: Reading) -> list[_Read]:
    """Each text as ISO 8601, if it is typed or nothing else is declared, and by every format otherwise; in UTC."""
    is_iso = texts.map(lambda text: _is_iso(text, reading)).astype(bool)
    iso = texts.where(is_iso).str.removesuffix(TYPED)
    is_date = ~iso.str.contains(":", regex=False).fillna(True).to_numpy(bool)
    readings: list[tuple[pd.Series, bool | Flags]] = [(_iso(iso, reading.zone), is_date)]
    readings += [(_by_format(texts.where(~is_iso), form, reading.zone), not has_hour(form)) for form in reading.formats]
    return [(found.dt.tz_localize(None).to_numpy(), is_date) for found, is_date in readings]


def _is_iso(text: str, reading: Reading) -> bool:
    """Whether a text is to be ISO 8601: a workbook's typed cell in any case, another where no format is declared."""
    return text.endswith(TYPED) or not reading.formats


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
        fitting = fitting.map(with_english_months)
        form = form.replace("%B", "%b")
    if "%z" in form:
        return _joined([pd.to_datetime(fitting, format=form, errors="coerce", utc=True)], texts.index)
    return _joined([_in_zone(pd.to_datetime(fitting, format=form, errors="coerce"), zone)], texts.index)


def _in_utc(clocks: Moments, zone: ZoneInfo | None) -> Moments:
    """As `_in_zone`, without a zone on either side; at once where the clocks were not changed in all that time."""
    first, last = np.array(first_and_last(clocks.view(np.int64))).view("M8[us]")
    days = clocks[:0] if np.isnat(first) else np.arange(first - _DAY, last + 2 * _DAY, dtype="M8[D]")
    if not 0 < _CLOCKS_PER_DAY * len(days) <= len(clocks):
        return _as_naive(_in_zone(pd.Series(clocks), zone))
    midnights = days.astype("M8[us]")
    offsets = midnights - _as_naive(_in_zone(pd.Series(midnights), zone))
    if (offsets == offsets[0]).all():
        return np.asarray(clocks - offsets[0])
    return _as_naive(_in_zone(pd.Series(clocks), zone))


def _as_naive(moments: pd.Series) -> Moments:
    return np.asarray(moments.dt.tz_localize(None))


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
