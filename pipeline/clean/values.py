"""Text to typed values by declared formats only; what does not fit is named, never guessed or nulled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.records import TYPED
from pipeline.clean.clocks import Flags, Moments, ReadMoments, clocks_in_utc
from pipeline.clean.date_signs import Form, Signs, SignsByForm
from pipeline.clean.hours import TYPED_MIDNIGHT
from pipeline.clean.moments import (
    Shape,
    form_of,
    forms_in_words,
    has_hour,
    in_plain_words,
    places_of,
    shapes_of,
    wall_clock,
    with_zone_apart,
    without_weekday,
)
from pipeline.clean.moments_by_pandas import ISO, by_pandas
from pipeline.clean.numbers import read_numbers
from pipeline.clean.reading import Reading
from pipeline.clean.text_bytes import stripped
from pipeline.setting_faults import FLAGS
from pipeline.tables import DTYPES, Kind

_EMOJI_MARK = "\ufe0f"
_ISO_FORMS = ("%Y-%m-%d", *(f"%Y-%m-%d{mark}{clock}" for mark in "T " for clock in ("%H:%M", "%H:%M:%S")))
_SWAPPED_ISO_FORMS = tuple(form.replace("%m-%d", "%d-%m") for form in _ISO_FORMS)


@dataclass(frozen=True)
class Parsed:
    """Typed values, null where the text was null or did not fit, and which texts did not fit.

    `is_bad`: no declared form fits; `is_ambiguous`: two readings fit and differ. Of moments, `is_date` says which were
    noted as a date without an hour; it means nothing where there is no value. `signs` tell of the order of its dates,
    `marks` whether yes or no was told by an `x` alone (`x`), by other texts (`other`), or by both.
    """

    values: pd.Series
    is_bad: Flags
    is_ambiguous: Flags
    is_date: Flags | None = None
    signs: SignsByForm = field(default_factory=dict)
    marks: frozenset[str] = frozenset()

    def filled(self, default: Parsed, *, at: Flags) -> Parsed:
        """The same with another's only value at some places."""
        is_date = None
        if self.is_date is not None and default.is_date is not None:
            is_date = np.where(at, default.is_date[0], self.is_date)
        is_bad = self.is_bad | (at & default.is_bad[0])
        return replace(self, values=self.values.mask(at, default.values[0]), is_bad=is_bad, is_date=is_date)

    @classmethod
    def of_known(cls, values: pd.Series, is_bad: pd.Series, is_ambiguous: pd.Series, *, index: pd.Index) -> Parsed:
        """What was made of the texts that are not null, among all texts."""
        flags = (pd.Series(rows).reindex(index, fill_value=False).to_numpy(bool) for rows in (is_bad, is_ambiguous))
        return cls(values.reindex(index), *flags)


def parse(texts: pd.Series, *, kind: Kind, reading: Reading) -> Parsed:
    """Read a text column as one kind of `pipeline.tables`; dtype by `DTYPES`, naive moments are in `reading.zone`."""
    if kind == "text":
        return Parsed(texts, *np.zeros((2, len(texts)), bool))
    if kind in ("moment", "day"):
        return _moments(texts, reading, is_day=kind == "day")
    known = texts.dropna()
    marks = frozenset[str]()
    if kind == "flag":
        values, is_ambiguous, marks = _flags(known)
    else:
        values, is_ambiguous = read_numbers(known, reading, is_whole=kind == "count")
    is_bad = values.isna() & ~is_ambiguous
    parsed = Parsed.of_known(values.astype(DTYPES[kind]), is_bad, is_ambiguous, index=texts.index)
    return replace(parsed, marks=marks)


def _flags(texts: pd.Series) -> tuple[pd.Series, pd.Series, frozenset[str]]:
    """Yes or no, which texts may be meant as either, and the kinds of marks.

    An `x` is a tick where nothing else stands in the column; beside other marks it may as well say no.
    """
    folded = texts.str.strip().str.removesuffix(_EMOJI_MARK).str.casefold()
    flags, is_x = folded.map(FLAGS), folded == "x"
    has_others = bool(flags.notna().any())
    marks = frozenset(["x"] * bool(is_x.any()) + ["other"] * has_others)
    return flags if has_others else flags.mask(is_x, True), is_x & has_others, marks


def _moments(texts: pd.Series, reading: Reading, *, is_day: bool) -> Parsed:
    """By the digits of each shape of text; what these leave open is read by pandas."""
    reading = replace(reading, formats=tuple(map(without_weekday, reading.formats)))
    texts, is_known = stripped(texts), texts.notna().to_numpy()
    moments, (is_ambiguous, is_date) = np.full(len(texts), np.datetime64("NaT", "us")), np.zeros((2, len(texts)), bool)
    is_open, is_local, typed = is_known.copy(), np.ones(len(texts), bool), list[NDArray[np.int64]]()
    signs: list[tuple[Form, Signs]] = []
    for shape in shapes_of(texts):
        readings = _by_digits(shape, reading)
        if readings is None:
            continue
        if any(read.hours is not None for read in readings):
            readings = [read.in_utc(reading.zone) for read in readings]
            is_local[shape.rows] = False
        moments[shape.rows], is_ambiguous[shape.rows], is_date[shape.rows] = _agreed(readings, len(shape.rows))
        is_open[shape.rows] = False
        typed += [shape.rows] if shape.text.endswith(TYPED) else []
        signs += [(read.form, read.signs) for read in readings]
    is_local &= ~is_open
    moments[is_local] = clocks_in_utc(moments[is_local], reading.zone)
    if is_open.any():
        readings = by_pandas(texts[is_open], reading)
        moments[is_open], is_ambiguous[is_open], is_date[is_open] = _agreed(readings, int(is_open.sum()))
        signs += [(read.form, read.signs) for read in readings]
    if typed or is_open.any():
        is_date |= _typed_dates(texts, typed, is_open)
    is_bad = is_known & np.isnat(moments) & ~is_ambiguous
    moments[is_ambiguous] = np.datetime64("NaT")
    values = pd.Series(moments, index=texts.index).dt.tz_localize("UTC")
    if is_day:
        values = values.dt.tz_convert(reading.zone or "UTC").dt.tz_localize(None).dt.normalize()
    values = values.astype(DTYPES["day" if is_day else "moment"])
    return Parsed(values, is_bad, is_ambiguous, is_date, _added(signs))


def _added(signs: Sequence[tuple[Form, Signs]]) -> SignsByForm:
    added: dict[Form, Signs] = {}
    for form, counted in signs:
        added[form] = added.get(form, Signs()) + counted
    return added


def _typed_dates(texts: pd.Series, typed: Sequence[NDArray[np.int64]], is_open: Flags) -> Flags:
    """Which texts are a workbook's dates: typed cells at midnight, where no typed cell of the column has an hour."""
    is_typed = is_open.copy()
    if is_open.any():
        is_typed[is_open] = texts[is_open].str.endswith(TYPED)
    for rows in typed:
        is_typed[rows] = True
    if is_typed.any() and texts[is_typed].str.endswith(TYPED_MIDNIGHT).all():
        return is_typed
    return np.zeros(len(texts), bool)


def _by_digits(shape: Shape, reading: Reading) -> list[ReadMoments] | None:
    """The shape's texts by each format they fit; null when that is left to pandas."""
    is_typed = shape.text.endswith(TYPED)
    if is_typed or not reading.formats:
        shape = replace(shape, text=shape.text.removesuffix(TYPED))
        is_swapped = is_typed and reading.has_swapped_cells
        found = _fitting(shape, _SWAPPED_ISO_FORMS if is_swapped else _ISO_FORMS, is_iso=True)
        if not found or not ISO.fullmatch(shape.text):
            return None
        form = Form("named" if is_swapped else "typed" if is_typed else "year_first")
        return [replace(read, form=form) for read in found]
    found = _fitting(shape, [form for form in reading.formats if not with_zone_apart(form)[1]])
    plain, hours = in_plain_words(shape.text)
    if found is None or plain == shape.text:
        return found
    in_words = _fitting(shape, forms_in_words(reading.formats, hours), text=plain)
    if in_words is None or hours is None:
        return None if in_words is None else [*found, *in_words]
    return [*found, *(replace(r, hours=hours, form=r.form.with_zone(hours, reading.zone)) for r in in_words)]


def _fitting(
    shape: Shape, forms: Sequence[str], *, text: str | None = None, is_iso: bool = False
) -> list[ReadMoments] | None:
    """The shape's texts, or others with the same digits, by each format they fit, as wall clocks show them.

    Pandas knows leap seconds by declared formats, not in ISO 8601.
    """
    found = []
    for form in forms:
        places = places_of(form, shape.text if text is None else text)
        read = wall_clock(shape, places, has_leap_seconds=not is_iso) if places else None
        if places is None or (places and read is None):
            return None
        if read is not None:
            found.append(ReadMoments(read[0], not has_hour(form), form_of(form), read[1]))
    return found


def _agreed(readings: Sequence[ReadMoments], count: int) -> tuple[Moments, bool | Flags, bool | Flags]:
    """The first reading of each text that fits, whether another that fits differs, and whether it is of a date."""
    if len(readings) == 1:
        return readings[0].moments, False, readings[0].is_date
    first, (is_ambiguous, is_date) = np.full(count, np.datetime64("NaT", "us")), np.zeros((2, count), bool)
    for other in readings:
        is_new = np.isnat(first)
        is_ambiguous |= ~is_new & ~np.isnat(other.moments) & (first != other.moments)
        first = np.where(is_new, other.moments, first)
        is_date = np.where(is_new, other.is_date, is_date)
    return first, is_ambiguous, is_date
