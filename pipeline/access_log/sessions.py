"""Requests to visits: runs of requests without a long silence, and the visits and new visitors of each local day.

A run is a maximal sequence of one visitor's requests with no gap longer than the idle time. Merging runs is associative
and commutative, so order, duplicates and the division of lines into files, blocks or threads change nothing. Days
behind the watermark are closed: their runs are counted and dropped, so input in the order of time needs memory for a
few days only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels.access_log import FIRST_YEAR, LAST_YEAR, find_days, gather_runs
from pipeline.access_log.concentration import count_by_slot, empty_slots

FIRST_DAY = np.datetime64(f"{FIRST_YEAR - 1}-01-01", "D")
LONGEST_IDLE_SECONDS = 12 * 3600

_LAST_DAY = np.datetime64(f"{LAST_YEAR + 1}-12-31", "D")
PENDING_RUNS = 1 << 17

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class DayCounts:
    """Visits per local day since `FIRST_DAY`: one on each day a visit touches, or one on the day it starts."""

    cut_at_midnight: Ints
    by_start: Ints


@dataclass(frozen=True)
class RunColumns:
    """Runs as columns: the visitor's hash, and the first and last second since 1970 in UTC."""

    visitor: Keys
    first: NDArray[np.uint32]
    last: NDArray[np.uint32]

    def only(self, kept: NDArray[np.bool_]) -> RunColumns:
        """The runs whose flag is set."""
        return RunColumns(self.visitor[kept], self.first[kept], self.last[kept])


def gather(visitor: Keys, *, seconds: Ints, selected: NDArray[np.bool_], idle_seconds: int) -> list[RunColumns]:
    """The runs of each selection of some requests; `selected` has a row of flags for each selection."""
    counts = np.zeros(len(selected), np.int64)
    first, last = np.empty((2, *selected.shape), np.int64)
    columns = (np.empty(selected.shape, np.uint64), first, last)
    gather_runs(visitor, seconds, selected, idle_seconds, columns, counts)
    return [
        RunColumns(visitor[:count].copy(), first[:count].astype(np.uint32), last[:count].astype(np.uint32))
        for visitor, first, last, count in zip(*columns, counts, strict=True)
    ]


class Runs:
    """All runs added so far, merged when many are pending, and the day counts of those already closed."""

    def __init__(self, idle_seconds: int, *, zone: ZoneInfo) -> None:
        self._idle_seconds = idle_seconds
        self._zone = zone
        self._merged = RunColumns(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint32))
        self._pending: list[RunColumns] = []
        self._pending_count = 0
        self._closed = _count_runs(self._merged, zone=zone)
        self._closed_of_visitors = empty_slots()

    @property
    def is_full(self) -> bool:
        """Whether merging is due."""
        return self._pending_count > max(PENDING_RUNS, len(self._merged.visitor))

    def add(self, runs: RunColumns) -> None:
        """Add runs in any order; those less than the idle time apart become one."""
        self._pending.append(runs)
        self._pending_count += len(runs.visitor)

    def absorb(self, other: Runs) -> None:
        """Add another's runs and counts; neither may hold requests on days the other has closed."""
        for runs in (other._merged, *other._pending):
            self.add(runs)
        self._closed = _add(self._closed, other._closed)
        self._closed_of_visitors += other._closed_of_visitors

    def close(self, days: range) -> None:
        """Count and drop the runs that no request outside `days` can lengthen."""
        self._merge()
        bounds, runs = midnights(self._zone), self._merged
        is_inside = runs.first >= bounds[days.start] + self._idle_seconds
        is_inside &= runs.last + np.int64(self._idle_seconds) < bounds[days.stop]
        self._closed = _add(self._closed, _count_runs(runs.only(is_inside), zone=self._zone))
        self._closed_of_visitors += count_by_slot(runs.visitor[is_inside])
        self._merged = runs.only(~is_inside)

    def count_days(self) -> DayCounts:
        """Visits per local day, closed days included."""
        self._merge()
        return _add(self._closed, _count_runs(self._merged, zone=self._zone))

    @property
    def most_of_one_visitor(self) -> int:
        """The runs of the visitor that has most, closed days included."""
        self._merge()
        return int((self._closed_of_visitors + count_by_slot(self._merged.visitor)).max())

    def _merge(self) -> None:
        parts, self._pending, self._pending_count = [self._merged, *self._pending], [], 0
        visitor, first, last = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("visitor", "first", "last")
        )
        order = _by_visitor(visitor, then=first)
        self._merged = _join(RunColumns(visitor[order], first[order], last[order]), idle_seconds=self._idle_seconds)


class NewVisitors:
    """The first day of each visitor in every calendar month (unit M) or year (unit Y)."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._known: dict[int, tuple[Keys, Ints]] = {}
        self._pending: list[tuple[Keys, Ints]] = []
        self._pending_count = 0
        self._closed = np.zeros(len(_spans(unit)), np.int64)

    @property
    def is_full(self) -> bool:
        """Whether merging is due."""
        return self._pending_count > PENDING_RUNS

    def add(self, visitor: Keys, *, days: Ints) -> None:
        """Add days on which visitors came, in any order."""
        if len(visitor):
            self._pending.append((visitor, days))
            self._pending_count += len(visitor)

    def absorb(self, other: NewVisitors) -> None:
        """Add another's visitors and counts; neither may hold requests on days the other has closed."""
        self._pending += other._pending
        self._pending_count += other._pending_count
        for span, known in other._known.items():
            self._put(known, span=span)
        self._closed = self._closed + other._closed

    def close(self, days: range) -> None:
        """Count and drop the months or years that lie within `days`."""
        self._merge()
        spans = _spans(self._unit)
        for span in [*self._known]:
            begin, end = np.searchsorted(spans, [span, span + 1])
            if begin >= days.start and end <= days.stop:
                self._closed += np.bincount(self._known.pop(span)[1], minlength=len(spans))

    def _merge(self) -> None:
        if not self._pending:
            return
        visitor, days = (np.concatenate(columns) for columns in zip(*self._pending, strict=True))
        self._pending, self._pending_count = [], 0
        spans = _spans(self._unit)[days]
        for span in np.unique(spans).tolist():
            is_inside = spans == span
            self._put(_first_of_each(visitor[is_inside], days=days[is_inside]), span=span)

    def _put(self, new: tuple[Keys, Ints], *, span: int) -> None:
        """Add visitors, sorted and each once, to those of a month or year."""
        self._known[span] = _insert(new, into=self._known[span]) if span in self._known else new

    def count_days(self) -> Ints:
        """Visitors per local day, each on the first day in its month or year, closed ones included."""
        self._merge()
        known = [np.bincount(days, minlength=len(self._closed)) for _, days in self._known.values()]
        return np.asarray(sum(known, start=self._closed))


def _by_visitor(visitor: Keys, *, then: NDArray[np.uint32] | Ints) -> Ints:
    """The order by visitor, then moment or day; two unstable sorts are faster than `np.lexsort`."""
    order = np.argsort(visitor)
    rank = np.cumsum(np.append(0, np.diff(visitor[order]) != 0))
    return np.asarray(order[np.argsort(rank << 32 | then[order])])


def _first_of_each(visitor: Keys, *, days: Ints) -> tuple[Keys, Ints]:
    order = _by_visitor(visitor, then=days)
    visitor, days = visitor[order], days[order]
    is_first = np.append(True, visitor[1:] != visitor[:-1])
    return visitor[is_first], days[is_first].astype(np.int32)


def _insert(new: tuple[Keys, Ints], *, into: tuple[Keys, Ints]) -> tuple[Keys, Ints]:
    (visitor, days), (known, known_days) = new, into
    at = np.searchsorted(known, visitor)
    is_known = known[np.minimum(at, len(known) - 1)] == visitor
    places = at[is_known]
    known_days[places] = np.minimum(known_days[places], days[is_known])
    at, is_new = at[~is_known], ~is_known
    return np.insert(known, at, visitor[is_new]), np.insert(known_days, at, days[is_new])


def _count_runs(runs: RunColumns, *, zone: ZoneInfo) -> DayCounts:
    """Visits per day; gaps in a run are shorter than a day, so cut at midnight it is one visit on each day it spans."""
    days_count = len(midnights(zone))
    first, last = local_days(runs.first, zone=zone), local_days(runs.last, zone=zone)
    by_start = np.bincount(first, minlength=days_count)
    entered = np.bincount(first + 1, minlength=days_count + 1) - np.bincount(last + 1, minlength=days_count + 1)
    return DayCounts(by_start + np.cumsum(entered)[:days_count], by_start)


def _add(one: DayCounts, other: DayCounts) -> DayCounts:
    return DayCounts(one.cut_at_midnight + other.cut_at_midnight, one.by_start + other.by_start)


def _join(runs: RunColumns, *, idle_seconds: int) -> RunColumns:
    """Sorted runs, with those of one visitor that overlap or are at most the idle time apart merged."""
    if not len(runs.visitor):
        return runs
    is_new_visitor = np.append(True, runs.visitor[1:] != runs.visitor[:-1])
    rank = np.cumsum(is_new_visitor) << 32
    reached = np.maximum.accumulate(rank + runs.last)
    begins = np.flatnonzero(np.append(True, (rank + runs.first)[1:] - reached[:-1] > idle_seconds))
    ends = np.append(begins[1:], len(rank)) - 1
    return RunColumns(runs.visitor[begins], runs.first[begins], (reached - rank)[ends].astype(np.uint32))


def days_touched(runs: RunColumns, *, zone: ZoneInfo) -> tuple[Keys, Ints]:
    """Each run's visitor and local days, a row per day; no gap in a run is long enough to skip a day."""
    first, last = local_days(runs.first, zone=zone), local_days(runs.last, zone=zone)
    if np.array_equal(first, last):
        return runs.visitor, first
    counts = last - first + 1
    nths = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(runs.visitor, counts), np.repeat(first, counts) + nths


def local_days(seconds: NDArray[np.uint32] | Ints, *, zone: ZoneInfo) -> Ints:
    """The local day of each moment, as days since `FIRST_DAY`."""
    days = np.empty(len(seconds), np.int64)
    find_days(midnights(zone), seconds.astype(np.int64), days)
    return days


@lru_cache(8)
def midnights(zone: ZoneInfo) -> Ints:
    """The first second of each local day since `FIRST_DAY`, in UTC; where clocks change a day is not 24 hours long."""
    days = np.arange(FIRST_DAY, _LAST_DAY)
    # As `pipeline.periods.midnight`, all at once.
    offsets = [datetime.combine(day, time(), zone).utcoffset() or timedelta() for day in days.tolist()]
    return days.astype("M8[s]").astype(np.int64) - np.array(offsets, "m8[s]").astype(np.int64)


@lru_cache(2)
def _spans(unit: str) -> Ints:
    """The month or year of each local day, as months or years since 1970."""
    return np.arange(FIRST_DAY, _LAST_DAY).astype(f"datetime64[{unit}]").astype(np.int64)
