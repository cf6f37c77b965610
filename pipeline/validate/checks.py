"""What is held against suites: frames at hand, and the sound rows of a period with the account of all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.indicators.counting import is_sound
from pipeline.periods import Period
from pipeline.sample import Parts
from pipeline.signs import Fates, Read
from pipeline.suites import Suite, accounting, headlines
from pipeline.tables import ACCESS_LOG, HELD_WITH_GROUP, TABLES, Table
from pipeline.validate.judging import Check, sampled
from pipeline.validate.suite_files import suite_of

if TYPE_CHECKING:
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result

_NONE: Mapping[str, Any] = {}


def read_tables(
    datasets: Mapping[str, Dataset],
    *,
    period: Period,
    zone: ZoneInfo,
    sources: Mapping[str, Mapping[str, str]] = _NONE,
    names: Mapping[str, str] = _NONE,
) -> tuple[list[Check], dict[str, Read]]:
    """The period's sound rows of each table that was read, and the rows' accounts, to be held against their suites.

    Services and population are snapshots: all their sound rows count. Beside them what was read of each table, for its
    signs; `sources` name, by table, the source of each file id, `names` the file.
    """
    checks, accounts, found = [], {}, {}
    for name, dataset in datasets.items():
        reading, suite = _Reading(dataset, TABLES[name], period=period, zone=zone), suite_of(name)
        sample = sampled(reading, suite)
        if reading.rows.total() or dataset.tally is not None:
            checks.append(Check(name, suite, sample))
            accounts[name] = account = _account(reading.rows, dataset.tally)
            account["held_with_group"] = reading.held_count
            files, of_rows = sources.get(name, {}), account["considered"]
            told = (dataset.shares, dataset.logs, dataset.hours)
            found[name] = Read(sample.frame, reading.fates, files, of_rows, names, *told)
    return [*checks, *([check_of_frame(accounting(accounts), "rows")] if checks else ())], found


def check_of_results(results: Sequence[Result]) -> Check:
    """The headlines of a period, to be held against their suite."""
    return check_of_frame(headlines(results), "results")


def check_of_frame(frame: pd.DataFrame, name: str) -> Check:
    """A frame at hand, to be held against the suite of this name."""
    return check_of_parts(lambda: iter([frame]), name, suite=suite_of(name))


def check_of_parts(parts: Parts, subject: str, *, suite: Suite) -> Check:
    """A table to be held against a suite: every row up to 200,000, beyond that a seeded sample of 50,000.

    Row count and uniqueness always hold for the whole table.
    """
    return Check(subject, suite, sampled(parts, suite))


class _Reading:
    """A table's sound rows of a period, in parts; counts what becomes of all its rows each time they are read.

    `rows` counts by quarantine reason or null, excluding rule or null. Days made of access logs are no rows.
    """

    def __init__(self, dataset: Dataset, table: Table, *, period: Period, zone: ZoneInfo) -> None:
        self._dataset, self._table, self._period, self._zone = dataset, table, period, zone
        self.rows: Counter[tuple[bool, bool]] = Counter()
        self.held_count = 0
        self.fates = Fates(table, period, zone)

    def __call__(self) -> Iterator[pd.DataFrame]:
        self.rows.clear()
        self.fates.clear()
        self.held_count = 0
        for part in self._dataset.parts:
            self._count(part)
            self.held_count += int((part["quarantine_reason"] == HELD_WITH_GROUP).sum())
            chosen = is_sound(part) & self._is_of_period(part)
            self.fates.add(part, is_sound=chosen)
            yield self._with_whole_days(part[chosen])

    def _count(self, part: pd.DataFrame) -> None:
        is_bad, is_left_out = part["quarantine_reason"].notna(), part["excluded_by"].notna()
        codes = (2 * is_bad + is_left_out).to_numpy()
        if "source_tool" in part:
            codes = codes[~(part["source_tool"] == ACCESS_LOG).to_numpy(bool)]
        for code, count in enumerate(np.bincount(codes, minlength=4).tolist()):
            self.rows[code >= 2, code % 2 == 1] += count

    def _with_whole_days(self, part: pd.DataFrame) -> pd.DataFrame:
        """A date that ends something may be any moment of its day: here it is the last, as in the row rules."""
        for order in self._table.orders:
            for flag in self._table.flags_of(order.later):
                is_date = part[flag].fillna(False).astype(bool)
                if is_date.any():
                    end = part[order.later] + pd.Timedelta(days=1, microseconds=-1)
                    part = part.assign(**{order.later: part[order.later].mask(is_date, end)})
        return part

    def _is_of_period(self, part: pd.DataFrame) -> pd.Series | bool:
        if self._table.is_snapshot:
            return True
        placed = part[self._table.month_by]
        if self._table.column(self._table.month_by).kind == "moment":
            first_at, end_at = self._period.bounds(self._zone)
            return (placed >= first_at) & (placed < end_at)
        return placed.between(pd.Timestamp(self._period.first_on), pd.Timestamp(self._period.last_on))


def _account(rows: Counter[tuple[bool, bool]], tally: pd.DataFrame | None) -> dict[str, int]:
    """What was read and what became of it; of access logs the lines are counted, not the days made of them.

    The quarantined are a share of the rows not excluded, but of all lines of a log: most lines that cannot be read
    would have been excluded too.
    """
    lines = {} if tally is None else tally.groupby("outcome")["rows_count"].sum().to_dict()
    excluded_count, read_count = rows[False, True] + rows[True, True], rows.total() + sum(lines.values())
    return {
        "read": read_count,
        "used": rows[False, False] + lines.get("used", 0),
        "excluded": excluded_count + lines.get("excluded", 0),
        "quarantined": rows[True, False] + rows[True, True] + lines.get("quarantined", 0),
        "considered": read_count - excluded_count,
    }
