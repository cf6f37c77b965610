"""Requests to visits: runs of requests without a long silence, and the visits and new visitors of each local day.

A run is a maximal sequence of one visitor's requests with no gap longer than the idle time. Merging runs is associative
and commutative, so order, duplicates and the division of lines into files, blocks or threads change nothing. A run far
from all other lines is counted and dropped at once, so input in the order of time needs memory for a few days only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels.access_log import FIRST_YEAR, LAST_YEAR, find_days, gather_runs
from pipeline.access_log.concentration import count_by_slot, empty_slots, most_of_one

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


def no_runs() -> RunColumns:
    """Runs as columns, without any."""
    return RunColumns(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint32))


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
    """All runs added so far, merged when many are pending."""

    def __init__(self, idle_seconds: int) -> None:
        self._idle_seconds = idle_seconds
        self._merged = no_runs()
        self._pending: list[RunColumns] = []
        self._pending_count = 0

    def add(self, runs: RunColumns) -> None:
        """Add runs in any order; those at most the idle time apart become one."""
        if len(runs.visitor):
            self._pending.append(runs)
            self._pending_count += len(runs.visitor)
        if self._pending_count > max(PENDING_RUNS, len(self._merged.visitor)):
            self.merged()

    @property
    def count(self) -> int:
        """The runs kept, before those that are one are joined."""
        return len(self._merged.visitor) + self._pending_count

    def merged(self) -> RunColumns:
        """The maximal runs of what was added, by visitor and then moment."""
        if self._pending:
            parts, self._pending, self._pending_count = [self._merged, *self._pending], [], 0
            visitor, first, last = (
                np.concatenate([getattr(part, name) for part in parts]) for name in ("visitor", "first", "last")
            )
            order = _by_visitor(visitor, then=first)
            runs = RunColumns(visitor[order], first[order], last[order])
            self._merged = _join(runs, idle_seconds=self._idle_seconds)
        return self._merged


class Visits:
    """The visits that runs are: those whose runs nothing can lengthen are counted, the others kept until then."""

    def __init__(self, idle_seconds: int, *, zone: ZoneInfo) -> None:
        self._idle_seconds = idle_seconds
        self._zone = zone
        self._open = Runs(idle_seconds)
        self._closed = _count_runs(no_runs(), zone=zone)
        self._closed_of_visitors = empty_slots()

    @property
    def open_count(self) -> int:
        """The runs kept, those of a visitor that may be one counted one by one."""
        return self._open.count

    def add(self, runs: RunColumns, *, others_before: Ints) -> None:
        """Add the maximal runs of some lines; `others_before` counts the earlier days on which other lines are.

        The item after the last day counts them all. Only runs near a day with other lines can become longer.
        """
        first, last = runs.first.astype(np.int64), runs.last.astype(np.int64)
        begin = local_days(first - self._idle_seconds, zone=self._zone)
        end = local_days(last + self._idle_seconds, zone=self._zone) + 1
        is_alone = others_before[begin] == others_before[end]
        self._count(runs.only(is_alone))
        self._open.add(runs.only(~is_alone))

    def close(self, day: int) -> None:
        """Count the runs that no line of that day or a later one can lengthen."""
        runs, bound = self._open.merged(), midnights(self._zone)[day]
        is_over = runs.last.astype(np.int64) + self._idle_seconds < bound
        self._count(runs.only(is_over))
        self._open = Runs(self._idle_seconds)
        self._open.add(runs.only(~is_over))

    def _count(self, runs: RunColumns) -> None:
        if not len(runs.visitor):
            return
        self._closed = _add(self._closed, _count_runs(runs, zone=self._zone))
        self._closed_of_visitors += count_by_slot(runs.visitor)

    def count_days(self) -> DayCounts:
        """Visits per local day."""
        return _add(self._closed, _count_runs(self._open.merged(), zone=self._zone))

    @property
    def most_of_one_visitor(self) -> int:
        """The runs of the visitor that has most."""
        return most_of_one(self._closed_of_visitors + count_by_slot(self._open.merged().visitor))


class NewVisitors:
    """The first day of each visitor in every calendar month (unit M) or year (unit Y)."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._known: dict[int, tuple[Keys, Ints]] = {}
        self._pending: list[tuple[Keys, Ints]] = []
        self._pending_count = 0
        self._closed = np.zeros(len(_spans(unit)), np.int64)

    @property
    def known_count(self) -> int:
        """The visitors kept, those of each month or year, and of each addition since they were last merged."""
        return self._pending_count + sum(len(visitor) for visitor, _ in self._known.values())

    def add(self, visitor: Keys, *, days: Ints) -> None:
        """Add days on which visitors came, by visitor and then day."""
        if not len(visitor):
            return
        spans = _spans(self._unit)[days]
        is_first = np.append(True, (visitor[1:] != visitor[:-1]) | (spans[1:] != spans[:-1]))
        self._pending.append((visitor[is_first], days[is_first]))
        self._pending_count += int(is_first.sum())
        if self._pending_count > PENDING_RUNS:
            self._merge()

    def close(self, day: int) -> None:
        """Count and drop the months or years that are over before a day."""
        self._merge()
        spans = _spans(self._unit)
        for span in [span for span in self._known if span < spans[day]]:
            self._closed += np.bincount(self._known.pop(span)[1], minlength=len(spans))

    def _merge(self) -> None:
        if not self._pending:
            return
        is_sorted = len(self._pending) == 1
        visitor, days = (np.concatenate(columns) for columns in zip(*self._pending, strict=True))
        self._pending, self._pending_count = [], 0
        spans = _spans(self._unit)[days]
        for span in np.unique(spans).tolist():
            is_inside = spans == span
            new = visitor[is_inside], days[is_inside]
            self._put(new if is_sorted else _first_of_each(*new), span=span)

    def _put(self, new: tuple[Keys, Ints], *, span: int) -> None:
        """Add visitors, sorted and each once, to those of a month or year."""
        new = new[0], new[1].astype(np.int32)
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


def _first_of_each(visitor: Keys, days: Ints) -> tuple[Keys, Ints]:
    order = _by_visitor(visitor, then=days)
    visitor, days = visitor[order], days[order]
    is_first = np.append(True, visitor[1:] != visitor[:-1])
    return visitor[is_first], days[is_first]


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
