"""Whether the rows of a source tell of the days that its settings say it covers."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.config.source import Source
from pipeline.indicators.counting import is_sound
from pipeline.tables import TABLES

_FEWEST_ROWS = 5
_DAY = np.timedelta64(1, "D")


@dataclass
class DeclaredDays:
    """Adds up the sound rows of a source, and those of days outside its `covers`."""

    rows_count: int = 0
    outside_count: int = 0

    def add(self, frame: pd.DataFrame, *, source: Source, zone: ZoneInfo) -> None:
        """Count the rows of a block too, by the moment or day that places them in a month."""
        table = TABLES[source.table]
        if table.is_snapshot or not source.covers:
            return
        days = frame.loc[is_sound(frame), table.month_by].dropna()
        if not len(days):
            return
        is_moment = table.column(table.month_by).kind == "moment"
        placed, is_inside = days.to_numpy("M8[us]"), np.zeros(len(days), bool)
        for stretch in source.covers:
            bounds = pd.DatetimeIndex([stretch.first_on, np.datetime64(stretch.last_on) + _DAY])
            first, end = (bounds.tz_localize(zone).tz_convert(None) if is_moment else bounds).to_numpy("M8[us]")
            is_inside |= (placed >= first) & (placed < end)
        self.rows_count += len(days)
        self.outside_count += len(days) - int(is_inside.sum())

    def remarks(self, name: str) -> list[Remark]:
        """A remark where most rows are of other days: then the dates are misread, or the days misdeclared."""
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
