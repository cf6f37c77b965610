"""Signs, over all dates of a source's column, that day and month were swapped or that clocks differ: never one cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.config.columns import ColumnMap
from pipeline.config.source import Source
from pipeline.tables import TABLES

LAST_AMBIGUOUS_DAY = 12
# Fewer dates than these prove nothing; of real dates 61 % are on a day above 12.
FEWEST_IN_TWO_FORMS = 5
FEWEST_IN_ONE_FORM = 12
FEWEST_DAYS = FEWEST_MONTHS = 3
FEWEST_EXCHANGED = 2
EXCHANGED_PCT = 1
FOLLOW_UPS_AT = "responses.at"
ZONE_HOURS = {"WIB": 7, "WITA": 8, "WIT": 9, "UTC": 0, "GMT": 0}
_ZONE = re.compile(r"\b(?P<word>WIB|WITA|WIT|UTC|GMT)\b(?: ?(?P<more>[+-]\d{1,2})\b)?", re.IGNORECASE)
_ZONE_AT_END = re.compile(r"(?:(?-i:%Z)|\(?\b(?:WIB|WITA|WIT)\b\)?)\s*$", re.IGNORECASE)
_ANY_DAY = datetime(2025, 1, 1, tzinfo=UTC)

Order = Literal["typed", "year_first", "day_first", "month_first", "named"]


@dataclass(frozen=True)
class Form:
    """How dates are written: in which order, whether with an offset from UTC, and by which word of another zone."""

    order: Order
    has_offset: bool = False
    other_zone: str = ""

    def with_zone(self, hours: int, own: tzinfo | None) -> Form:
        """The same for texts with a word for so many hours before UTC, beside the clock the others are read on."""
        word = next(word for word, before in ZONE_HOURS.items() if before == hours)
        is_own = _ANY_DAY.astimezone(own or UTC).utcoffset() == timedelta(hours=hours)
        return replace(self, has_offset=True, other_zone="" if is_own else word)


@dataclass(frozen=True)
class Signs:
    """Counts of dates: in all, on days above 12, and unreadable ones that day and month exchanged would make dates.

    Where none is late, `days` and `months` have a bit for each that was seen.
    """

    dates_count: int = 0
    late_count: int = 0
    exchanged_count: int = 0
    days: int = 0
    months: int = 0

    @classmethod
    def of(cls, clocks: NDArray[np.datetime64], dates_count: int, late_count: int, exchanged_count: int = 0) -> Signs:
        """The counts of some moments on wall clocks."""
        if late_count or not dates_count:
            return cls(dates_count, late_count, exchanged_count)
        dates = np.unique(clocks[~np.isnat(clocks)].astype("M8[D]"))
        months = dates.astype("M8[M]")
        days = (dates - months).astype(np.int64) + 1
        return cls(dates_count, 0, exchanged_count, _bits(days), _bits(months.astype(np.int64) % 12 + 1))

    def __add__(self, other: Signs) -> Signs:
        return Signs(
            self.dates_count + other.dates_count,
            self.late_count + other.late_count,
            self.exchanged_count + other.exchanged_count,
            self.days | other.days,
            self.months | other.months,
        )

    @property
    def is_all_early(self) -> bool:
        """Whether there are dates, and none on a day above 12."""
        return self.dates_count > 0 == self.late_count

    @property
    def is_all_late(self) -> bool:
        """Whether there are dates, and all are on days above 12."""
        return 0 < self.dates_count == self.late_count


def _bits(numbers: NDArray[np.int64]) -> int:
    return sum(1 << number for number in np.unique(numbers).tolist())


SignsByForm = Mapping[Form, Signs]


@dataclass
class DateSigns:
    """Adds up the signs of a source's columns over blocks and files."""

    _by_column: dict[str, dict[Form, Signs]] = field(default_factory=dict)

    def add(self, column: str, signs: SignsByForm) -> None:
        """Count the dates of a block too."""
        known = self._by_column.setdefault(column, {})
        for form, counted in signs.items():
            known[form] = known.get(form, Signs()) + counted

    def remarks(self, source: Source, *, name: str) -> tuple[Remark, ...]:
        """What is odd about the columns of a source, by its name."""
        found = [remark for column in self._by_column for remark in self._swapped(column, source, name)]
        return (*found, *self._offsets(source, name))

    def _swapped(self, column: str, source: Source, name: str) -> Iterator[Remark]:
        """Nothing is said where the settings say whether dates are swapped."""
        column_map = source.columns.get(column)
        declared = source.swapped_by_excel
        if column_map is not None and column_map.swapped_by_excel is not None:
            declared = column_map.swapped_by_excel
        for in_id, in_en in () if declared is not None else _swap_signs(self._by_column[column]):
            raw = _raw_name(column_map)
            yield Remark(
                "day_month_swapped",
                f"{name}: {column} ({raw}): hari dan bulan mungkin tertukar: {in_id}. Bandingkan dengan berkas asli; "
                "perbaiki 'format', atau tulis swapped_by_excel: true bila Excel menukarnya, false bila tidak.",
                f"{name}: {column} ({raw}): day and month may be swapped: {in_en}. Compare with the original; mend "
                "'format', or write swapped_by_excel: true if Excel swapped them, false if not.",
            )

    def _offsets(self, source: Source, name: str) -> Iterator[Remark]:
        """Moments of one source partly with an offset and partly on a clock that no `zone` names."""
        clocks = {
            column: {form.has_offset for form, signs in forms.items() if signs.dates_count}
            for column, forms in self._by_column.items()
        }
        local = [column for column, kinds in clocks.items() if False in kinds and not _has_zone(column, source)]
        offset = [column for column, kinds in clocks.items() if True in kinds]
        if local and offset:
            words = sorted({form.other_zone for forms in self._by_column.values() for form in forms} - {""})
            other_id = f" ({', '.join(words)} bukan zona kota)" if words else ""
            other_en = f" ({', '.join(words)} is not the city's zone)" if words else ""
            yield Remark(
                "offsets_in_part",
                f"{name}: {', '.join(offset)} memuat selisih waktu, Z atau nama zona{other_id}, {', '.join(local)} "
                "(juga) tidak; dibaca sebagai jam kota. Bila benar, tulis 'zone'; bila Z itu palsu, tulis Z sebagai "
                "huruf di 'format'.",
                f"{name}: {', '.join(offset)} has offsets, Z or names of zones{other_en}, {', '.join(local)} (also) "
                "has none and is read on the city's clock. If that is right, write 'zone'; if the Z is false, write Z "
                "as a letter in 'format'.",
            )


def other_clocks(source: Source, *, name: str, zone: ZoneInfo) -> list[Remark]:
    """A remark for each moment of which the header or a format names another zone than the one it is read in."""
    moments = {column.name for column in TABLES[source.table].columns if column.kind == "moment"}
    maps = {column: source.columns[column] for column in source.columns if column in moments}
    maps |= {FOLLOW_UPS_AT: source.responses.at} if source.responses else {}
    return [
        remark
        for column, column_map in maps.items()
        for remark in _other_clock(column, column_map, source, name=name, zone=zone)
    ]


def _other_clock(column: str, column_map: ColumnMap, source: Source, *, name: str, zone: ZoneInfo) -> Iterator[Remark]:
    declared = column_map.zone or source.zone
    own = zone if declared is None else ZoneInfo(declared)
    # A zone at the end of a format is read from the texts.
    if any(_ZONE_AT_END.search(form) for form in column_map.format):
        return
    found = [each for text in (*column_map.column, *column_map.format) for each in _ZONE.finditer(text)]
    hours = {each[0]: ZONE_HOURS[each["word"].upper()] + int(each["more"] or 0) for each in found}
    own_offset = _ANY_DAY.astimezone(own).utcoffset()
    others = ", ".join(text for text, before in hours.items() if timedelta(hours=before) != own_offset)
    if others:
        there = f"{name}: {column} ({_raw_name(column_map)})"
        yield Remark(
            "other_clock",
            f"{there}: judul atau format menyebut {others}, tetapi dibaca menurut jam {own.key}. Tulis 'zone' yang "
            f"benar di columns.{column}.",
            f"{there}: the header or format says {others}, but it is read on the clock of {own.key}. Write the right "
            f"'zone' in columns.{column}.",
            keeps_provisional=declared is None,
        )


def _swap_signs(forms: SignsByForm) -> Iterator[tuple[str, str]]:
    by_order: dict[Order, Signs] = {}
    for form, signs in forms.items():
        by_order[form.order] = by_order.get(form.order, Signs()) + signs
    none = Signs()
    cells = by_order.get("typed", none) + by_order.get("year_first", none)
    texts = by_order.get("day_first", none) + by_order.get("month_first", none)
    both_count = cells.dates_count + texts.dates_count
    if cells.is_all_early and texts.is_all_late and both_count >= FEWEST_IN_TWO_FORMS:
        yield (
            f"{number(cells.dates_count)} tanggal bertipe (atau tahun di depan) semuanya berhari 1-12, "
            f"{number(texts.dates_count)} tanggal teks semuanya berhari di atas 12",
            f"{number_en(cells.dates_count)} typed (or year-first) dates all have days 1-12, "
            f"{number_en(texts.dates_count)} dates in text all have days above 12",
        )
        return
    for signs in by_order.values():
        yield from _signs_of_one_order(signs)


def _signs_of_one_order(signs: Signs) -> Iterator[tuple[str, str]]:
    told_count = signs.late_count + signs.exchanged_count
    if signs.exchanged_count >= FEWEST_EXCHANGED and 100 * signs.exchanged_count >= EXCHANGED_PCT * told_count:
        yield (
            f"{number(signs.exchanged_count)} tanggal hanya terbaca bila hari dan bulan ditukar, "
            f"{number(signs.late_count)} hanya terbaca seperti tertulis",
            f"{number_en(signs.exchanged_count)} dates can be read only with day and month exchanged, "
            f"{number_en(signs.late_count)} only as declared",
        )
    elif (
        signs.is_all_early
        and signs.dates_count >= FEWEST_IN_ONE_FORM
        and signs.days.bit_count() >= FEWEST_DAYS
        and signs.months.bit_count() >= FEWEST_MONTHS
    ):
        yield (
            f"semua {number(signs.dates_count)} tanggal berhari 1-12",
            f"all {number_en(signs.dates_count)} dates have days 1-12",
        )


def _has_zone(column: str, source: Source) -> bool:
    column_map = source.columns.get(column)
    if column == FOLLOW_UPS_AT and source.responses is not None:
        column_map = source.responses.at
    return bool(source.zone or (column_map and column_map.zone))


def _raw_name(column_map: ColumnMap | None) -> str:
    return ", ".join(column_map.column) if column_map and column_map.column else "-"
