"""Texts to moments by pandas, one format at a time: what their digits alone leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import pandas as pd

from connectors.records import TYPED
from pipeline.clean.clocks import ReadMoments, as_naive, in_zone
from pipeline.clean.date_signs import LAST_AMBIGUOUS_DAY, Form, Signs
from pipeline.clean.moments import (
    NOT_PARTED,
    form_of,
    forms_in_words,
    has_hour,
    in_plain_words,
    with_english_months,
    with_zone_apart,
)
from pipeline.clean.reading import Reading
from pipeline.setting_faults import EPOCHS, EXCEL
from pipeline.tables import DTYPES

ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?P<offset> ?(?:Z|[+-]\d{2}:?\d{2}))?"
)
_ISO_DAY = re.compile(r"^(\d{4})(-\d{2})(-\d{2})")
_ISO_OFFSET = re.compile(r"\d{2}:?\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$")
_HOUR_24 = re.compile(r"(?<!\d)24(?=\D{1,3}0{1,2}(?:\D{1,3}0{1,2})?(?!\d))")
_WIDTHS = {"%Y": 4, "%j": 3} | dict.fromkeys(("%y", "%m", "%d", "%H", "%I", "%M", "%S"), 2)
# From 1 March 1900 on: before that Excel counts a day that never was.
_SERIAL, _FIRST_SERIAL, _DAY_SECONDS = (
    re.compile(r"(?:6[1-9]|[7-9]\d|\d{3,6})(?:[.,]\d+)?(?:e0)?"),
    "1899-12-30",
    86_400,
)


def by_pandas(texts: pd.Series, reading: Reading) -> list[ReadMoments]:
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
        if not with_zone_apart(form)[1]:
            readings.append(_read_by(written, form, reading.zone))
    in_words = written.dropna().map(in_plain_words)
    in_words = in_words[in_words.map(lambda one: one[0]) != written[in_words.index]]
    for hours in {hours for _, hours in in_words}:
        zone = reading.zone if hours is None else timezone(timedelta(hours=hours))
        chosen = pd.Series({index: text for index, (text, of) in in_words.items() if of == hours}, dtype="str")
        for form in forms_in_words(reading.formats, hours):
            read = _read_by(chosen.reindex(texts.index), form, zone)
            own = read.form if hours is None else read.form.with_zone(hours, reading.zone)
            readings.append(replace(read, form=own))
    return readings


def _read_by(texts: pd.Series, form: str, zone: tzinfo | None) -> ReadMoments:
    moments, read_form = _by_format(texts, form, zone), form_of(form)
    signs = _signs_of(moments, zone)
    if read_form.order in ("day_first", "month_first"):
        others = _by_format(texts.where(moments.isna()), _exchanged(form), zone)
        signs += Signs(exchanged_count=int(others.notna().sum()))
    return ReadMoments(as_naive(moments), _are_dates(texts, form), read_form, signs)


def _are_dates(texts: pd.Series, form: str) -> bool:
    """Whether texts of a format have no hour; serial numbers have none where all are whole."""
    return texts.dropna().str.fullmatch(r"\d+").all() if form == EXCEL else not has_hour(form)


def _exchanged(form: str) -> str:
    return re.sub("%[dm]", lambda part: "%d" if part[0] == "%m" else "%m", form)


def _iso_read(texts: pd.Series, zone: ZoneInfo | None) -> Iterator[ReadMoments]:
    """ISO 8601, those with an offset apart."""
    has_offset = texts.str.contains(_ISO_OFFSET).fillna(False).to_numpy(bool)
    for is_chosen in (has_offset, ~has_offset):
        chosen = texts.where(is_chosen)
        is_date = ~chosen.str.contains(":", regex=False).fillna(True).to_numpy(bool)
        moments, form = _iso(chosen, zone), Form("year_first", has_offset=is_chosen is has_offset)
        yield ReadMoments(as_naive(moments), is_date, form, _signs_of(moments, zone))


def _signs_of(moments: pd.Series, zone: tzinfo | None) -> Signs:
    local = moments.dropna().dt.tz_convert(zone or "UTC").dt.tz_localize(None)
    return Signs.of(local.to_numpy(), len(local), int((local.dt.day > LAST_AMBIGUOUS_DAY).sum()))


def _iso(texts: pd.Series, zone: ZoneInfo | None) -> pd.Series:
    shapes = texts.dropna().map(ISO.fullmatch)
    fitting = texts[shapes.index[shapes.notna()]]
    has_offset = pd.Series([bool(shapes[i]["offset"]) for i in fitting.index], index=fitting.index, dtype=bool)
    aware = _with_hour_24(fitting[has_offset], "ISO8601", has_offset=True)
    naive = _with_hour_24(fitting[~has_offset], "ISO8601")
    return _joined([aware, in_zone(naive, zone)], texts.index)


def _by_format(texts: pd.Series, form: str, zone: tzinfo | None) -> pd.Series:
    fitting = texts.dropna()
    if form in EPOCHS:
        numbers = pd.to_numeric(fitting.where(fitting.str.fullmatch(r"-?\d{1,14}")), errors="coerce").astype("Int64")
        stamps = pd.to_datetime(numbers.dropna(), unit="s" if form == "epoch" else "ms", utc=True)
        return _joined([stamps], texts.index)
    if form == EXCEL:
        serials = fitting.where(fitting.str.fullmatch(_SERIAL)).str.replace(",", ".", regex=False)
        seconds = (pd.to_numeric(serials.dropna()).astype("float64") * _DAY_SECONDS).round()
        days = pd.to_datetime(seconds, unit="s", origin=_FIRST_SERIAL)
        return _joined([in_zone(days, zone)], texts.index)
    if "%b" in form or "%B" in form:
        fitting = fitting.map(with_english_months)
        form = form.replace("%B", "%b")
    if NOT_PARTED.search(form):
        fitting = fitting.where(fitting.str.fullmatch(_at_full_width(form)))
    found = _with_hour_24(fitting, form, has_offset="%z" in form)
    return _joined([found if "%z" in form else in_zone(found, zone)], texts.index)


@lru_cache(maxsize=256)
def _at_full_width(form: str) -> str:
    """A pattern of the texts of a format in which digits that no mark parts have their full width.

    A zero that was lost, as Excel does, would make `105` ten past five or five past one.
    """
    parts = [part for part in re.split(r"(%.|\s+)", form) if part]
    is_digits = [part in _WIDTHS for part in parts]
    patterns = []
    for nth, part in enumerate(parts):
        if is_digits[nth] and (is_digits[nth - 1 : nth] == [True] or is_digits[nth + 1 : nth + 2] == [True]):
            patterns.append(rf"\d{{{_WIDTHS[part]}}}")
        else:
            patterns.append(".+?" if part[0] == "%" else r"\s+" if part.isspace() else re.escape(part))
    return "(?i:" + "".join(patterns) + ")"


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


def _joined(parts: Sequence[pd.Series], index: pd.Index) -> pd.Series:
    filled = [part.astype(DTYPES["moment"]) for part in parts if len(part)]
    if not filled:
        return pd.Series(pd.NaT, index=index, dtype=DTYPES["moment"])
    return pd.concat(filled).reindex(index)
