"""The months that a title above a table says it is of, held against the days that its source is declared to cover."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from connectors.numerals import counted_en
from connectors.remarks import Remark
from pipeline.config.source import Source
from pipeline.month_names import months_in

Month = tuple[int, int]

_SAYS_PERIOD = re.compile(r"\b(?:periode|period|bulan|month|triwulan|tw|kuartal|quarter|semester|tahun|year)\b", re.I)
_SPAN = re.compile(r"\b(?:s\.?\s*d\.?|s/d|sampai|hingga|until|to)(?=\W)", re.I)
_DASH = re.compile(r"[-–—]")
_DAY = re.compile(r"\b\d{1,2}\s+(?!(?:tahun|year)\b)[a-z]+\s+20\d\d", re.I)
# A date of printing, or of a rule, is none of the data's.
_OTHER_DATE = re.compile(
    r"cetak|unduh|ekspor|diambil|print|export|download|generated|keadaan|per tanggal|as of|nomor|no\.|perda|perwal",
    re.I,
)
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_PARTS = {
    3: re.compile(r"\b(?:triwulan|tw|kuartal|quarter|q)\s*(?:ke-?\s*)?(IV|I{1,3}|[1-4])\b", re.I),
    6: re.compile(r"\bsemester\s*(?:ke-?\s*)?(I{1,2}|[12])\b", re.I),
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR_MONTHS = 12


def title_of_part(titles: Sequence[str], source: Source, *, files_count: int, name: str) -> list[Remark]:
    """A remark where every file has a title that names its period, and these lack months of `covers`."""
    told = [months for title in titles if (months := list(titled_months(title)))]
    declared = {month for days in source.covers for month in _months(days.first_on, days.last_on)}
    lacking = sorted(declared - {month for months in told for month in months})
    if len(told) < files_count or not lacking:
        return []
    (year, month), count = lacking[0], len(lacking)
    return [
        Remark(
            "title_of_part",
            f"{name}: menurut judul di atas tabel, {count} bulan dari 'covers' tidak termuat, mulai {year}-{month:02}. "
            "Minta ekspor yang lengkap, atau perbaiki 'covers'; bila judulnya keliru, hapus.",
            f"{name}: by the title above the table, it lacks {counted_en(count, 'month', 'months')} of 'covers', from "
            f"{year}-{month:02}. Ask for the whole export, or mend 'covers'; if the title is wrong, delete it.",
        )
    ]


def titled_months(title: str) -> Iterator[Month]:
    """The months of the one year that a title names as its period; none where it names no period, or a day alone."""
    years, named, is_span = {int(year) for year in _YEAR.findall(title)}, months_in(title), _SPAN.search(title)
    if len(years) != 1 or _OTHER_DATE.search(title) or (_DAY.search(title) and not is_span):
        return
    if not (named or _SAYS_PERIOD.search(title)):
        return
    year = years.pop()
    yield from ((year, month) for month in _of_part(title) or _of_names(named, is_span=bool(is_span), title=title))


def _of_part(title: str) -> Sequence[int]:
    """The months of a quarter or half year."""
    for length, pattern in _PARTS.items():
        if found := pattern.search(title):
            last = length * (_ROMAN.get(found[1].casefold()) or int(found[1]))
            return range(last - length + 1, last + 1)
    return ()


def _of_names(named: Sequence[int], *, is_span: bool, title: str) -> Sequence[int]:
    """The months from the first to the last named, from January to the one named, or of the whole year."""
    if not named:
        return range(1, _YEAR_MONTHS + 1)
    if named[1:] and (is_span or _DASH.search(title)):
        return range(named[0], named[-1] + 1)
    return range(1, named[0] + 1) if is_span else named


def _months(first_on: date, last_on: date) -> Iterator[Month]:
    for place in range(_YEAR_MONTHS * first_on.year + first_on.month - 1, _YEAR_MONTHS * last_on.year + last_on.month):
        yield place // _YEAR_MONTHS, place % _YEAR_MONTHS + 1
