"""What became of the rows of a table, counted while it is read, and a sample of the sound ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.periods import Period
from pipeline.tables import Table


@dataclass
class Fates:
    """How many rows a table has in each place, and how many of them are quarantined for which reason.

    Places are the local month of a year (of sound and quarantined rows alone), the agency where the table has one, and
    the file. `copies` counts the rows of each file that are exact copies of others.
    """

    table: Table
    period: Period
    zone: ZoneInfo
    rows: dict[str, pd.Series] = field(default_factory=dict)
    copies: Counter[str] = field(default_factory=Counter)
    quarantined: dict[str, pd.Series] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin again."""
        self.rows.clear()
        self.copies.clear()
        self.quarantined.clear()

    def add(self, part: pd.DataFrame, *, is_sound: pd.Series) -> None:
        """Count the rows of the next part; `is_sound` are those of the period that are used."""
        reasons, month_by = part["quarantine_reason"], self.table.month_by
        is_bad, is_copy = reasons.notna(), part["excluded_by"] == "duplicate_row"
        if is_copy.any():
            self.copies.update(part["source_file_id"][is_copy].astype("str"))
        for place in {"agency", "source_file_id"} & set(part):
            _add(self.rows, place, part[place].astype("category").value_counts())
            self._add_quarantined(place, reasons[is_bad], part[place][is_bad])
        if self.table.column(month_by).kind == "moment" and not self.period.is_month:
            months = self.months_of(part[month_by])
            _add(self.rows, "month", months[is_sound | is_bad].value_counts())
            self._add_quarantined("month", reasons[is_bad], months[is_bad])

    def _add_quarantined(self, place: str, reasons: pd.Series, members: pd.Series) -> None:
        if reasons.empty:
            return
        pairs = (
            pd.DataFrame({"reason": reasons, "member": members})
            .dropna()
            .groupby(["reason", "member"], observed=True)
            .size()
        )
        if len(pairs):
            pairs.index = pairs.index.set_levels([level.astype("str") for level in pairs.index.levels])
            _add(self.quarantined, place, pairs)

    def months_of(self, moments: pd.Series) -> pd.Series:
        """The month of the period in which each moment lies; null for none."""
        bounds = [*(month.bounds(self.zone)[0] for month in self.period.months), self.period.bounds(self.zone)[1]]
        edges = pd.to_datetime(bounds, utc=True).as_unit("us").asi8
        places = np.searchsorted(edges, moments.dt.as_unit("us").astype("int64"), side="right") - 1
        codes = np.where(places < len(self.period.months), places, -1)
        return pd.Series(pd.Categorical.from_codes(codes, [month.label for month in self.period.months]), moments.index)


def _add(counts: dict[str, pd.Series], place: str, found: pd.Series) -> None:
    counts[place] = found.copy() if place not in counts else counts[place].add(found, fill_value=0)


@dataclass(frozen=True)
class Read:
    """One table as it was read: a sample of its sound rows in the period, the fates of all.

    `sources` and `names` are those of each file, by its id.
    `shares` are signs found while the table was cleaned, with their details, by sign and place; `logs` says by source
    and day how many log files tell of it side by side, `hours` how many lines they have of each hour, others' than bots
    and then bots'.
    """

    rows: pd.DataFrame
    fates: Fates
    sources: Mapping[str, str]
    considered_count: int
    names: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, tuple[float, str]]] = field(default_factory=dict)
    logs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
