"""Wall-clock times by arithmetic on their digits: a column's texts have few shapes, and a shape fits a format or not.

A shape is a text with every digit a zero: `00/00/0000 00:00`. What it leaves open (names of zones, fractions, digits
not parted from each other) is left to pandas, which reads the same formats a hundred times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clean.text_bytes import arrow_of, bounds_and_bytes

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
_NUMBER_BY_MONTH = {month.casefold(): number for number, month in enumerate(_MONTHS, start=1)}
_WORD = re.compile(r"[A-Za-z]{3,}\.?")

_FIELDS = {"%Y": r"(?P<Y>0{4})", "%b": r"(?P<b>[A-Za-z]{3})"} | {f"%{k}": rf"(?P<{k}>0{{1,2}})" for k in "mHMS"}
_FIELDS["%d"] = "(?P<d>0{1,2}| 0)"
_PARTS = re.compile(r"(%.|\s+)")
_NOT_PARTED = re.compile(r"%[YmdHMS]%[YmdHMS]")
_LONGEST_TEXT = 40
_MOST_SHAPES = 64
_MONTH_STARTS = np.arange("0000-01", "10000-02", dtype="M8[M]").astype("M8[D]").astype(np.int32)
_NOT_A_TIME = np.datetime64("NaT").astype(np.int64)
_DAY_SECONDS = 86_400
_DEFAULTS = {"Y": 1900, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}

Ints = NDArray[np.int64]
Letters = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Shape:
    """The rows of texts that are alike but for their digits, and the digits: a line for each place, a column a row."""

    text: str
    rows: Ints
    digits: Letters


def shapes_of(texts: pd.Series) -> Iterator[Shape]:
    """The texts by shape; overlong ones, those left after many shapes, empty ones and nulls are in none."""
    column = arrow_of(texts)
    lengths = np.where(column.is_valid().to_numpy(zero_copy_only=False), np.diff(bounds_and_bytes(column)[0]), 0)
    for length in np.flatnonzero(np.bincount(np.minimum(lengths, _LONGEST_TEXT + 1))):
        if 0 < length <= _LONGEST_TEXT:
            rows = np.flatnonzero(lengths == length)
            yield from _split(_letters(column, rows, length=int(length)), rows)


def _letters(column: pa.LargeStringArray, rows: Ints, *, length: int) -> Letters:
    """The texts at some rows, all of one length: a line for each place, a column for each text."""
    bounds, text = bounds_and_bytes(column)
    if bounds[-1] - bounds[0] != length * len(rows):
        bounds, text = bounds_and_bytes(column.take(pa.array(rows)))
    return np.ascontiguousarray(text[bounds[0] : bounds[-1]].reshape(len(rows), length).T)


def _split(letters: Letters, rows: Ints) -> Iterator[Shape]:
    """Texts of one length by shape."""
    for _ in range(_MOST_SHAPES):
        if not len(rows):
            return
        digits = letters - np.uint8(ord("0"))
        first, is_digit = letters[:, 0], digits[:, 0] < 10
        text = np.where(is_digit, ord("0"), first).astype(np.uint8).tobytes().decode("utf-8", "replace")
        is_like = _are_like(letters, digits, first=first, is_digit=is_digit)
        if is_like is None:
            yield Shape(text, rows, digits[is_digit])
            return
        yield Shape(text, rows[is_like], digits[is_digit][:, is_like])
        letters, rows = letters[:, ~is_like], rows[~is_like]


def _are_like(letters: Letters, digits: Letters, *, first: Letters, is_digit: NDArray[np.bool_]) -> Flags | None:
    """Which texts have digits where the first has, and elsewhere the same letters; null when all do."""
    marks = letters[~is_digit] != first[~is_digit, None]
    if not marks.any() and digits[is_digit].max(initial=0) < 10:
        return None
    return np.asarray(~marks.any(axis=0) & (digits[is_digit] < 10).all(axis=0))


@lru_cache(maxsize=1024)
def places_of(form: str, text: str) -> Mapping[str, tuple[int, ...]] | None:
    """Which of a shape's digits make which field of a format, and under `b` the month that a name says.

    Empty when no text of the shape fits the format; null when that depends on the text.
    """
    parts = _PARTS.split(form.replace("%B", "%b"))
    directives = [part for part in parts if "%" in part]
    if not directives or not set(directives) <= set(_FIELDS) or _NOT_PARTED.search(form) or not text.isascii():
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


def wall_clock(shape: Shape, places: Mapping[str, tuple[int, ...]], *, has_leap_seconds: bool = True) -> Moments | None:
    """The shape's texts by the places of their fields, `NaT` for no such time; null when only pandas can tell.

    Leap seconds, 60 and 61, are the first ones of the next minute.
    """
    year, month, day, hour, minute, second = (
        _number(shape.digits, places.get(name, ()), default) for name, default in _DEFAULTS.items()
    )
    if "b" in places:
        month = np.full(len(shape.rows), places["b"][0], np.uint8)
    is_fitting = (month - np.uint8(1) < 12) & (hour < 24) & (minute < 60) & (second < (62 if has_leap_seconds else 60))
    nth = np.where(is_fitting, year * np.int32(12) + month - 1, 0)
    first = _MONTH_STARTS[nth]
    is_fitting &= (day >= 1) & (day <= _MONTH_STARTS[nth + 1] - first)
    if np.any(is_fitting & (year == 0)):
        return None
    clock = hour * np.int32(3600) + minute * np.int32(60) + second
    seconds = (first + day - 1) * np.int64(_DAY_SECONDS) + clock
    return np.where(is_fitting, seconds * 1_000_000, _NOT_A_TIME).view("M8[us]")


def _number(digits: Letters, places: tuple[int, ...], default: int) -> NDArray[np.integer]:
    """In one byte, where two digits are all."""
    kind = np.uint8 if len(places) in (1, 2) else np.int32
    if not places:
        return np.full(digits.shape[1], default, kind)
    number = digits[places[0]].astype(kind)
    for place in places[1:]:
        number = number * kind(10) + digits[place]
    return np.asarray(number)


@lru_cache(maxsize=65_536)
def with_english_months(text: str) -> str:
    """The text with every Indonesian or English name of a month as its English abbreviation."""
    return _WORD.sub(lambda word: _MONTH_BY_NAME.get(word[0].rstrip(".").casefold(), word[0]), text)
