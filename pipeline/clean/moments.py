"""Wall-clock times by arithmetic on their digits: a column's texts have few shapes, and a shape fits a format or not.

A shape is a text with every digit a zero: `00/00/0000 00:00`. What it leaves open (names of zones, fractions, digits
not parted from each other) is left to pandas, which reads the same formats a hundred times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from kernels.moments import Digits, read_clocks, split_by_shape
from pipeline.clean.date_signs import ZONE_HOURS, Form, Order, Signs
from pipeline.clean.text_bytes import arrow_of, bounds_and_bytes
from pipeline.month_names import MONTHS
from pipeline.setting_faults import EPOCHS

_MONTH_BY_NAME = {name: month for month, names in MONTHS.items() for name in names.split()}
_NUMBER_BY_MONTH = {month.casefold(): number for number, month in enumerate(MONTHS, start=1)}
_WEEKDAYS = (
    *("senin", "selasa", "rabu", "kamis", "jum['’`]?at", "sabtu", "minggu", "ahad", "sen", "sel", "rab", "kam", "jum"),
    *("sab", "min", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed"),
    *("thu", "fri", "sat", "sun"),
)
_WEEKDAY = re.compile(rf"^(?:{'|'.join(_WEEKDAYS)})\b\.?[\s,/]*", re.IGNORECASE)
_HOUR_WORD = re.compile(r"[\s,]*\b(?:pukul|pkl\b\.?|jam)\s*", re.IGNORECASE)
_ZONE_WORD = re.compile(r"\s*\(?\b(?P<zone>WIB|WITA|WIT|UTC|GMT)\b\)?\.?$", re.IGNORECASE)
# A format ends so whose texts name their zone; UTC as letters is obeyed as letters, for it is often false.
_ZONE_AT_END = re.compile(r"\s*(?:(?-i:%Z)|\(?\b(?P<zone>WIB|WITA|WIT)\b\)?)\s*$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{3,}\.?")

_FIELDS = {"%Y": r"(?P<Y>0{4})", "%b": r"(?P<b>[A-Za-z]{3})"} | {f"%{k}": rf"(?P<{k}>0{{1,2}})" for k in "mHMS"}
_FIELDS["%d"] = "(?P<d>0{1,2}| 0)"
_PARTS = re.compile(r"(%.|\s+)")
NOT_PARTED = re.compile(r"%[YymdjHIMS]%[YymdjHIMS]")
_HOUR = re.compile(r"%-?[HIscXTRrp]")
_LONGEST_TEXT = 40
_MOST_SHAPES = 64
_MONTH_STARTS = np.arange("0000-01", "10000-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
_ZERO = ord("0")
_DEFAULTS = {"C": 19, "Y": 0, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}

Ints = NDArray[np.int64]
Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Shape:
    """The rows of texts that are alike but for their digits, and the column they are of."""

    text: str
    rows: Ints
    column: pa.LargeStringArray


def shapes_of(texts: pd.Series) -> Iterator[Shape]:
    """The texts by shape; overlong ones, those left after many shapes, empty ones and nulls are in none."""
    column = arrow_of(texts)
    bounds, content = bounds_and_bytes(column)
    lengths = np.diff(bounds)
    rest = np.flatnonzero((lengths > 0) & (lengths <= _LONGEST_TEXT))
    if column.null_count:
        rest = rest[column.is_valid().to_numpy(zero_copy_only=False)[rest]]
    for _ in range(_MOST_SHAPES):
        if not len(rest):
            return
        first = content[bounds[rest[0]] : bounds[rest[0] + 1]]
        shape = np.where(first - np.uint8(_ZERO) < 10, np.uint8(_ZERO), first)
        rows = np.empty(len(rest), np.int64)
        count = split_by_shape(bounds, content, shape, rows, rest)
        yield Shape(shape.tobytes().decode("utf-8", "replace"), rows[:count], column)
        rest = rest[: len(rest) - count]


def has_hour(form: str) -> bool:
    """Whether texts of a format tell the hour, so that they are more than a date."""
    return form in EPOCHS or _HOUR.search(form) is not None


def form_of(form: str) -> Form:
    """In which order the texts of a format have day and month, and whether they tell their offset."""
    parts = re.findall("%([YymdbB])", form)
    order: Order = "named"
    if "m" in parts and "d" in parts:
        order = "day_first" if parts.index("d") < parts.index("m") else "month_first"
        order = "year_first" if parts[0] in "Yy" else order
    return Form(order, has_offset=form in EPOCHS or "%z" in form)


def without_weekday(form: str) -> str:
    """The format without the name of the weekday, which adds nothing to a date."""
    return re.sub(r"%[Aa][\s,]*", "", form)


@lru_cache(maxsize=256)
def with_zone_apart(form: str) -> tuple[str, frozenset[int]]:
    """A format without the zone at its end, in plain words then, and the hours before UTC of the zones it stands for.

    There are none where it names no zone: then texts may do so or not.
    """
    found = _ZONE_AT_END.search(form)
    if found is None:
        return form, frozenset()
    hours = ZONE_HOURS.values() if found["zone"] is None else [ZONE_HOURS[found["zone"].upper()]]
    return _HOUR_WORD.sub(" ", form[: found.start()]), frozenset(hours)


def forms_in_words(forms: Iterable[str], hours: int | None) -> list[str]:
    """The formats, without zone, of texts that name the zone of these hours, or none."""
    apart = map(with_zone_apart, forms)
    return [form for form, of in apart if not of or hours in of]


@lru_cache(maxsize=65_536)
def in_plain_words(text: str) -> tuple[str, int | None]:
    """The text without weekday, word for the hour and name of a zone, and the zone's hours before UTC."""
    text = _HOUR_WORD.sub(" ", _WEEKDAY.sub("", text))
    found = _ZONE_WORD.search(text)
    if found is None:
        return text, None
    return text[: found.start()], ZONE_HOURS[found["zone"].upper()]


@lru_cache(maxsize=1024)
def places_of(form: str, text: str) -> Mapping[str, tuple[int, ...]] | None:
    """Which of a shape's digits make which field of a format, and under `b` the month that a name says.

    Empty when no text of the shape fits the format; null when that depends on the text.
    """
    parts = _PARTS.split(form.replace("%B", "%b"))
    directives = [part for part in parts if "%" in part]
    if not directives or not set(directives) <= set(_FIELDS) or NOT_PARTED.search(form) or not text.isascii():
        return None
    if "%b" in parts:
        text = with_english_months(text)
    pattern = "".join(_FIELDS.get(part) or (r"\s+" if part.isspace() else re.escape(part)) for part in parts)
    try:
        found = re.fullmatch(pattern, text, re.IGNORECASE)
    except re.error:
        return None
    if found is None:
        return {}
    spans = {name: text.count("0", 0, found.start(name)) for name in found.groupdict()}
    places = {name: tuple(range(at, at + found[name].count("0"))) for name, at in spans.items()}
    if "b" in places:
        month = _NUMBER_BY_MONTH.get(found["b"].casefold())
        return places | {"b": (month,)} if month else {}
    return places


def wall_clock(
    shape: Shape, places: Mapping[str, tuple[int, ...]], *, has_leap_seconds: bool = True
) -> tuple[Moments, Signs] | None:
    """The shape's texts by the places of their fields, `NaT` for no such time; null when only pandas can tell.

    Leap seconds, 60 and 61, are the first ones of the next minute, 24:00 is the next day's midnight.
    """
    at = [place for place, letter in enumerate(shape.text) if letter == "0"]
    digits = {name: [at[nth] for nth in nths] for name, nths in places.items() if name != "b"}
    digits |= {"C": digits.get("Y", [])[:2], "Y": digits.get("Y", [])[2:]}
    defaults = _DEFAULTS | ({"m": places["b"][0]} if "b" in places else {})
    fields = tuple(_digits(digits.get(name, []), default) for name, default in defaults.items())
    clocks = np.empty(len(shape.rows), np.int64)
    text, seconds_end = bounds_and_bytes(shape.column), 62 if has_leap_seconds else 60
    signs = np.zeros(3, np.int64)
    is_told = read_clocks(*text, shape.rows, fields, seconds_end, _MONTH_STARTS, clocks, signs)
    moments = clocks.view("M8[us]")
    return (moments, Signs.of(moments, *signs.tolist())) if is_told else None


def _digits(places: list[int], default: int) -> Digits:
    tens, ones = [-1, -1, *places][-2:]
    return tens, ones, default


@lru_cache(maxsize=65_536)
def with_english_months(text: str) -> str:
    """The text with every Indonesian or English name of a month as its English abbreviation."""
    return _WORD.sub(lambda word: _MONTH_BY_NAME.get(word[0].rstrip(".").casefold(), word[0]), text)
