"""Text to typed values by declared formats only; what does not fit is named, never guessed or nulled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.records import TYPED
from kernels.moments import first_and_last
from pipeline.clean.date_signs import LAST_AMBIGUOUS_DAY, Form, Signs, SignsByForm
from pipeline.clean.moments import (
    ZONE_HOURS,
    Shape,
    form_of,
    has_hour,
    in_plain_words,
    places_of,
    shapes_of,
    wall_clock,
    with_english_months,
    without_weekday,
)
from pipeline.clean.numbers import read_numbers
from pipeline.clean.reading import Reading
from pipeline.clean.text_bytes import stripped
from pipeline.setting_faults import EPOCHS, EXCEL, FLAGS
from pipeline.tables import DTYPES, Kind

_EMOJI_MARK = "\ufe0f"
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?P<offset> ?(?:Z|[+-]\d{2}:?\d{2}))?"
)
_ISO_DAY = re.compile(r"^(\d{4}-)(\d{2})(-\d{2})")
_ISO_OFFSET = re.compile(r"\d{2}:?\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$")
_HOUR_24 = re.compile(r"(?<!\d)24(?=\D{1,3}0{1,2}(?:\D{1,3}0{1,2})?(?!\d))")
_ISO_FORMS = ("%Y-%m-%d", *(f"%Y-%m-%d{mark}{clock}" for mark in "T " for clock in ("%H:%M", "%H:%M:%S")))
_SWAPPED_ISO_FORMS = tuple(form.replace("%m-%d", "%d-%m") for form in _ISO_FORMS)

_DAY = np.timedelta64(1, "D")
# From 1 March 1900 on: before that Excel counts a day that never was.
_SERIAL, _FIRST_SERIAL, _DAY_SECONDS = (
    re.compile(r"(?:6[1-9]|[7-9]\d|\d{3,6})(?:[.,]\d+)?(?:e0)?"),
    "1899-12-30",
    86_400,
)
_CLOCKS_PER_DAY = 4
_TYPED_MIDNIGHT = f"T00:00:00{TYPED}"

_TYPED_HOUR = re.compile(
    rf"(?:1899-12-3[01]T|1900-01-0[01]T)?(?P<h>\d{{2}}):(?P<m>\d{{2}}):(?P<s>\d{{2}})(?:\.\d+)?{TYPED}"
)
_WRITTEN_HOUR = re.compile(
    r"(?:(?:pukul|pkl\b\.?|jam)\s*)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2}))?\s*(?P<zone>WIB|WITA|WIT)?\.?",
    re.IGNORECASE,
)

Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class _Read:
    """Texts by one format: null where they do not fit, and which are dates without an hour.

    Moments are as wall clocks show them, of a place so many `hours` before UTC if that is known.
    """

    moments: Moments
    is_date: bool | Flags
    form: Form
    signs: Signs
    hours: int | None = None

    def in_utc(self, zone: ZoneInfo | None) -> _Read:
        """The same as UTC."""
        hours = self.hours
        shifted = _in_utc(self.moments, zone) if hours is None else self.moments - np.timedelta64(hours, "h")
        return replace(self, moments=shifted)


@dataclass(frozen=True)
class Parsed:
    """Typed values, null where the text was null or did not fit, and which texts did not fit.

    `is_bad`: no declared form fits; `is_ambiguous`: two readings fit and differ. Of moments, `is_date` says which were
    noted as a date without an hour; it means nothing where there is no value. `signs` tell of the order of its dates.
    """

    values: pd.Series
    is_bad: Flags
    is_ambiguous: Flags
    is_date: Flags | None = None
    signs: SignsByForm = field(default_factory=dict)

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
    if kind == "flag":
        values, is_ambiguous = _flags(known)
    else:
        values, is_ambiguous = read_numbers(known, reading, is_whole=kind == "count")
    is_bad = values.isna() & ~is_ambiguous
    return Parsed.of_known(values.astype(DTYPES[kind]), is_bad, is_ambiguous, index=texts.index)


def _flags(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Yes or no, and which texts may be meant as either.

    An `x` is a tick where nothing else stands in the column; beside other marks it may as well say no.
    """
    folded = texts.str.strip().str.removesuffix(_EMOJI_MARK).str.casefold()
    flags, is_x = folded.map(FLAGS), folded == "x"
    has_others = bool(flags.notna().any())
    return flags if has_others else flags.mask(is_x, True), is_x & has_others


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
    moments[is_local] = _in_utc(moments[is_local], reading.zone)
    if is_open.any():
        readings = _by_pandas(texts[is_open], reading)
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
    if is_typed.any() and texts[is_typed].str.endswith(_TYPED_MIDNIGHT).all():
        return is_typed
    return np.zeros(len(texts), bool)


def _by_digits(shape: Shape, reading: Reading) -> list[_Read] | None:
    """The shape's texts by each format they fit; null when that is left to pandas."""
    is_typed = shape.text.endswith(TYPED)
    if is_typed or not reading.formats:
        shape = replace(shape, text=shape.text.removesuffix(TYPED))
        is_swapped = is_typed and reading.has_swapped_cells
        found = _fitting(shape, _SWAPPED_ISO_FORMS if is_swapped else _ISO_FORMS, is_iso=True)
        if not found or not _ISO.fullmatch(shape.text):
            return None
        form = Form("named" if is_swapped else "typed" if is_typed else "year_first")
        return [replace(read, form=form) for read in found]
    found = _fitting(shape, reading.formats)
    plain, hours = in_plain_words(shape.text)
    if found is None or plain == shape.text:
        return found
    in_words = _fitting(shape, reading.formats, text=plain)
    return None if in_words is None else [*found, *(replace(read, hours=hours) for read in in_words)]


def _fitting(
    shape: Shape, forms: Sequence[str], *, text: str | None = None, is_iso: bool = False
) -> list[_Read] | None:
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
            found.append(_Read(read[0], not has_hour(form), form_of(form), read[1]))
    return found


def _agreed(readings: Sequence[_Read], count: int) -> tuple[Moments, bool | Flags, bool | Flags]:
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


def _by_pandas(texts: pd.Series, reading: Reading) -> list[_Read]:
    """Each text as ISO 8601, if it is typed or nothing else is declared, and by every format otherwise; in UTC."""
    is_typed = texts.str.endswith(TYPED).to_numpy(bool)
    readings = []
    if is_typed.any() or not reading.formats:
        iso = texts.where(is_typed | (not reading.formats)).str.removesuffix(TYPED)
        if reading.has_swapped_cells:
            iso = iso.where(~is_typed, iso.str.replace(_ISO_DAY, r"\1\3\2", regex=True))
        readings = [*_iso_read(iso, reading.zone)]
    written = texts.where(~is_typed)
    for form in reading.formats:
        readings.append(_read_by(written, form, reading.zone))
    in_words = written.dropna().map(in_plain_words)
    in_words = in_words[in_words.map(lambda one: one[0]) != written[in_words.index]]
    for hours in {hours for _, hours in in_words}:
        zone = reading.zone if hours is None else timezone(timedelta(hours=hours))
        chosen = pd.Series({index: text for index, (text, of) in in_words.items() if of == hours}, dtype="str")
        for form in reading.formats:
            readings.append(_read_by(chosen.reindex(texts.index), form, zone))
    return readings


def _read_by(texts: pd.Series, form: str, zone: tzinfo | None) -> _Read:
    moments, read_form = _by_format(texts, form, zone), form_of(form)
    signs = _signs_of(moments, zone)
    if read_form.order in ("day_first", "month_first"):
        others = _by_format(texts.where(moments.isna()), _exchanged(form), zone)
        signs += Signs(exchanged_count=int(others.notna().sum()))
    return _Read(_as_naive(moments), _are_dates(texts, form), read_form, signs)


def _are_dates(texts: pd.Series, form: str) -> bool:
    """Whether texts of a format have no hour; serial numbers have none where all are whole."""
    return texts.dropna().str.fullmatch(r"\d+").all() if form == EXCEL else not has_hour(form)


def _exchanged(form: str) -> str:
    return re.sub("%[dm]", lambda part: "%d" if part[0] == "%m" else "%m", form)


def _iso_read(texts: pd.Series, zone: ZoneInfo | None) -> Iterator[_Read]:
    """ISO 8601, those with an offset apart."""
    has_offset = texts.str.contains(_ISO_OFFSET).fillna(False).to_numpy(bool)
    for is_chosen in (has_offset, ~has_offset):
        chosen = texts.where(is_chosen)
        is_date = ~chosen.str.contains(":", regex=False).fillna(True).to_numpy(bool)
        moments, form = _iso(chosen, zone), Form("year_first", has_offset=is_chosen is has_offset)
        yield _Read(_as_naive(moments), is_date, form, _signs_of(moments, zone))


def _signs_of(moments: pd.Series, zone: tzinfo | None) -> Signs:
    local = moments.dropna().dt.tz_convert(zone or "UTC").dt.tz_localize(None)
    return Signs.of(local.to_numpy(), len(local), int((local.dt.day > LAST_AMBIGUOUS_DAY).sum()))


def _iso(texts: pd.Series, zone: ZoneInfo | None) -> pd.Series:
    shapes = texts.dropna().map(_ISO.fullmatch)
    fitting = texts[shapes.index[shapes.notna()]]
    has_offset = pd.Series([bool(shapes[i]["offset"]) for i in fitting.index], index=fitting.index, dtype=bool)
    aware = _with_hour_24(fitting[has_offset], "ISO8601", has_offset=True)
    naive = _with_hour_24(fitting[~has_offset], "ISO8601")
    return _joined([aware, _in_zone(naive, zone)], texts.index)


def _by_format(texts: pd.Series, form: str, zone: tzinfo | None) -> pd.Series:
    fitting = texts.dropna()
    if form in EPOCHS:
        numbers = pd.to_numeric(fitting.where(fitting.str.fullmatch(r"-?\d{1,14}")), errors="coerce").astype("Int64")
        stamps = pd.to_datetime(numbers.dropna(), unit="s" if form == "epoch" else "ms", utc=True)
        return _joined([stamps], texts.index)
    if form == EXCEL:
        serials = (
            fitting.where(fitting.str.fullmatch(_SERIAL)).str.removesuffix("e0").str.replace(",", ".", regex=False)
        )
        seconds = (pd.to_numeric(serials.dropna()).astype("float64") * _DAY_SECONDS).round()
        days = pd.to_datetime(seconds, unit="s", origin=_FIRST_SERIAL)
        return _joined([_in_zone(days, zone)], texts.index)
    if "%b" in form or "%B" in form:
        fitting = fitting.map(with_english_months)
        form = form.replace("%B", "%b")
    found = _with_hour_24(fitting, form, has_offset="%z" in form)
    return _joined([found if "%z" in form else _in_zone(found, zone)], texts.index)


def _with_hour_24(texts: pd.Series, form: str, *, has_offset: bool = False) -> pd.Series:
    """The moments of texts by one format; one that fits only with 0 for the hour 24 is of the day after."""
    found = pd.to_datetime(texts, format=form, errors="coerce", utc=has_offset)
    if "%H" not in form and form != "ISO8601":
        return found
    late = texts[found.isna() & texts.str.contains(_HOUR_24).fillna(False)].str.replace(_HOUR_24, "00", regex=True)
    if late.empty:
        return found
    next_days = pd.to_datetime(late, format=form, errors="coerce", utc=has_offset) + pd.Timedelta(days=1)
    return found.fillna(next_days.reindex(found.index))


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


def _in_zone(naive: pd.Series, zone: tzinfo | None) -> pd.Series:
    """Wall-clock times of a zone as UTC: an hour that came twice is the first, one that never came moves forward."""
    naive = naive.astype("datetime64[us]")
    is_first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(zone or "UTC", ambiguous=is_first, nonexistent="shift_forward").dt.tz_convert("UTC")


def _joined(parts: Sequence[pd.Series], index: pd.Index) -> pd.Series:
    filled = [part.astype(DTYPES["moment"]) for part in parts if len(part)]
    if not filled:
        return pd.Series(pd.NaT, index=index, dtype=DTYPES["moment"])
    return pd.concat(filled).reindex(index)


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
    if date.endswith(_TYPED_MIDNIGHT):
        day = date.removesuffix(_TYPED_MIDNIGHT)
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
