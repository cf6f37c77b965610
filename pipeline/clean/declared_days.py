"""Whether the rows of a source tell of the days that its settings say it covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from connectors.numerals import counted_en, number, number_en
from connectors.remarks import Remark
from pipeline.config.source import Source
from pipeline.indicators.counting import is_sound
from pipeline.tables import TABLES

_FEWEST_ROWS = 5


@dataclass
class DeclaredDays:
    """Adds up the sound rows of a source, those outside its `covers`, before it opened and after it closed."""

    rows_count: int = 0
    outside_count: int = 0
    unopened_count: int = 0
    closed_count: int = 0

    def add(self, frame: pd.DataFrame, *, source: Source, zone: ZoneInfo) -> None:
        """Count the rows of a block too, by the moment or day that places them in a month."""
        table = TABLES[source.table]
        if table.is_snapshot or not (source.covers or source.opened_on or source.closed_on):
            return
        days = frame.loc[is_sound(frame), table.month_by].dropna()
        if not len(days):
            return
        is_moment = table.column(table.month_by).kind == "moment"
        placed, is_inside = days.to_numpy("M8[us]"), np.zeros(len(days), bool)
        in_zone = zone if is_moment else None
        for stretch in source.covers:
            first, end = _beginnings([stretch.first_on, stretch.last_on + timedelta(days=1)], in_zone)
            is_inside |= (placed >= first) & (placed < end)
        if source.opened_on:
            self.unopened_count += int((placed < _beginnings([source.opened_on], in_zone)[0]).sum())
        if source.closed_on:
            self.closed_count += int((placed >= _beginnings([source.closed_on + timedelta(days=1)], in_zone)[0]).sum())
        if not source.covers:
            return
        self.rows_count += len(days)
        self.outside_count += len(days) - int(is_inside.sum())

    def remarks(self, name: str) -> list[Remark]:
        """A remark where most rows are of other days: then the dates are misread, or the days misdeclared.

        Others where any row is from before the source opened or after it closed.
        """
        return [*self._strays(name), *self._outside(name)]

    def _strays(self, name: str) -> Iterator[Remark]:
        """Rows from before the source opened, and from after it closed."""
        if count := self.unopened_count:
            yield Remark(
                "before_opening",
                f"{name}: {number(count)} baris bertanggal sebelum 'opened_on'. Periksa urutan hari, bulan dan tahun "
                "di 'format'; bila benar, majukan 'opened_on' ke hari pertamanya.",
                f"{name}: {counted_en(count, 'row is', 'rows are')} dated before 'opened_on'. Check the order of day, "
                "month and year in 'format'; if it is right, move 'opened_on' to their first day.",
            )
        if count := self.closed_count:
            yield Remark(
                "after_closing",
                f"{name}: {number(count)} baris bertanggal sesudah 'closed_on'. Periksa urutan hari, bulan dan tahun "
                "di 'format'; bila benar, mundurkan 'closed_on' ke hari terakhirnya.",
                f"{name}: {counted_en(count, 'row is', 'rows are')} dated after 'closed_on'. Check the order of day, "
                "month and year in 'format'; if it is right, move 'closed_on' to their last day.",
            )

    def _outside(self, name: str) -> list[Remark]:
        if self.rows_count < _FEWEST_ROWS or 2 * self.outside_count <= self.rows_count:
            return []
        return [
            Remark(
                "outside_covers",
                f"{name}: {number(self.outside_count)} dari {number(self.rows_count)} baris jatuh di luar hari yang "
                "disebut 'covers'. Periksa urutan hari, bulan dan tahun di 'format'; bila benar, sebut di 'covers' "
                "semua hari yang dimuat berkas.",
                f"{name}: {number_en(self.outside_count)} of {number_en(self.rows_count)} rows are outside the days of "
                "'covers'. Check the order of day, month and year in 'format'; if it is right, name in 'covers' all "
                "days that the files hold.",
            )
        ]


def _beginnings(days: Sequence[date], zone: ZoneInfo | None) -> list[np.datetime64]:
    """When days begin, in UTC in a zone; without one as they are."""
    midnights = pd.DatetimeIndex(days)
    return list((midnights.tz_localize(zone).tz_convert(None) if zone else midnights).to_numpy("M8[us]"))
