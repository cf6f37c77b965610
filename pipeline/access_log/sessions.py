"""Requests to visits: runs of requests without a long silence, and what they add to each local day.

A run is a visitor's maximal stretch of requests no two neighbours of which lie more than the idle time apart.
Merging runs is associative and commutative, so neither order, nor duplicates, nor the way lines are split over
files, blocks or processes can change them. Runs and first days inside a window of days that no later request can
touch are settled: counted and forgotten, so that input in the order of time needs memory for a few days only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels.access_log import FIRST_YEAR, LAST_YEAR, find_days, gather_runs

FIRST_DAY = np.datetime64(f"{FIRST_YEAR - 1}-01-01", "D")
LONGEST_IDLE_SECONDS = 12 * 3600

_LAST_DAY = np.datetime64(f"{LAST_YEAR + 1}-12-31", "D")
_PIECES_AT_ONCE = 1 << 17

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class DayCounts:
    """Per local day since `FIRST_DAY`: two ways to count the same visits, each of which adds up over days."""

    cut_at_midnight: Ints
    by_start: Ints


@dataclass(frozen=True)
class Run:
    """Runs as columns: of whom, and the second each began and ended in."""

    visitor: Keys
    first: NDArray[np.uint32]
    last: NDArray[np.uint32]

    def only(self, kept: NDArray[np.bool_]) -> Run:
        """Those whose flag is set."""
        return Run(self.visitor[kept], self.first[kept], self.last[kept])


def gather(visitor: Keys, *, seconds: Ints, chosen: NDArray[np.bool_], idle_seconds: int) -> list[Run]:
    """The runs of some requests, by choice: `chosen` has a row of flags for each."""
    counts = np.zeros(len(chosen), np.int64)
    columns = (np.empty(chosen.shape, np.uint64), np.empty(chosen.shape, np.int64), np.empty(chosen.shape, np.int64))
    gather_runs(visitor, seconds, chosen, idle_seconds, columns, counts)
    return [
        Run(visitor[:count].copy(), first[:count].astype(np.uint32), last[:count].astype(np.uint32))
        for visitor, first, last, count in zip(*columns, counts, strict=True)
    ]


class Runs:
    """The runs of all requests added so far."""

    def __init__(self, idle_seconds: int, *, zone: ZoneInfo) -> None:
        self._idle_seconds = idle_seconds
        self._zone = zone
        self._merged = Run(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint32))
        self._pieces: list[Run] = []
        self._pending = 0
        self._settled = _count_runs(self._merged, zone=zone)

    @property
    def is_full(self) -> bool:
        """Whether merging is due."""
        return self._pending > max(_PIECES_AT_ONCE, len(self._merged.visitor))

    def add(self, runs: Run) -> None:
        """Take runs in any order, which may lie close to one another."""
        self._pieces.append(runs)
        self._pending += len(runs.visitor)

    def absorb(self, other: Runs) -> None:
        """Take what another has seen; neither may hold requests on days the other has settled."""
        for piece in (other._merged, *other._pieces):
            self.add(piece)
        self._settled = _add(self._settled, other._settled)

    def settle(self, days: range) -> None:
        """Count and forget the runs that no request of any other day can lengthen."""
        self._merge()
        bounds, runs = midnights(self._zone), self._merged
        is_inside = runs.first >= bounds[days.start] + self._idle_seconds
        is_inside &= runs.last + np.int64(self._idle_seconds) < bounds[days.stop]
        self._settled = _add(self._settled, _count_runs(runs.only(is_inside), zone=self._zone))
        self._merged = runs.only(~is_inside)

    def count_days(self) -> DayCounts:
        """What the runs add to each local day."""
        self._merge()
        return _add(self._settled, _count_runs(self._merged, zone=self._zone))

    def _merge(self) -> None:
        pieces, self._pieces, self._pending = [self._merged, *self._pieces], [], 0
        visitor, first, last = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("visitor", "first", "last")
        )
        order = _by_visitor(visitor, then=first)
        self._merged = _join(Run(visitor[order], first[order], last[order]), idle_seconds=self._idle_seconds)


class NewVisitors:
    """Visitors and the first day of each in every calendar month (unit M) or year (unit Y)."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._known: dict[int, tuple[Keys, Ints]] = {}
        self._pieces: list[tuple[Keys, Ints]] = []
        self._pending = 0
        self._settled = np.zeros(len(_spans(unit)), np.int64)

    @property
    def is_full(self) -> bool:
        """Whether merging is due."""
        return self._pending > _PIECES_AT_ONCE

    def add(self, visitor: Keys, *, days: Ints) -> None:
        """Take days on which visitors came, in any order."""
        if len(visitor):
            self._pieces.append((visitor, days))
            self._pending += len(visitor)

    def absorb(self, other: NewVisitors) -> None:
        """Take what another has seen; neither may hold requests on days the other has settled."""
        self._pieces += other._pieces
        self._pending += other._pending
        for span, known in other._known.items():
            self._put(known, span=span)
        self._settled = self._settled + other._settled

    def settle(self, days: range) -> None:
        """Count and forget the months or years that lie within `days`."""
        self.merge()
        spans = _spans(self._unit)
        for span in [*self._known]:
            begin, end = np.searchsorted(spans, [span, span + 1])
            if begin >= days.start and end <= days.stop:
                self._settled += np.bincount(self._known.pop(span)[1], minlength=len(spans))

    def merge(self) -> None:
        """Put what is pending in its place."""
        if not self._pieces:
            return
        visitor, days = (np.concatenate(columns) for columns in zip(*self._pieces, strict=True))
        self._pieces, self._pending = [], 0
        spans = _spans(self._unit)[days]
        for span in np.unique(spans).tolist():
            chosen = spans == span
            self._put(_first_of_each(visitor[chosen], days=days[chosen]), span=span)

    def _put(self, new: tuple[Keys, Ints], *, span: int) -> None:
        """Add visitors, in order and each once, to those of a month or year."""
        self._known[span] = _insert(new, into=self._known[span]) if span in self._known else new

    def count_days(self) -> Ints:
        """Visitors on the first day of each in its month or year."""
        self.merge()
        known = [np.bincount(days, minlength=len(self._settled)) for _, days in self._known.values()]
        return np.asarray(sum(known, start=self._settled))


def _by_visitor(visitor: Keys, *, then: NDArray[np.uint32] | Ints) -> Ints:
    """An order by visitor, then moment or day; two sorts that need not be stable are faster than `np.lexsort`."""
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


def _count_runs(runs: Run, *, zone: ZoneInfo) -> DayCounts:
    """Visits a day; neighbours in a run lie closer than a day is long, so cut at midnight it is one on each day."""
    days_count = len(midnights(zone))
    first, last = local_days(runs.first, zone=zone), local_days(runs.last, zone=zone)
    by_start = np.bincount(first, minlength=days_count)
    entered = np.bincount(first + 1, minlength=days_count + 1) - np.bincount(last + 1, minlength=days_count + 1)
    return DayCounts(by_start + np.cumsum(entered)[:days_count], by_start)


def _add(one: DayCounts, other: DayCounts) -> DayCounts:
    return DayCounts(one.cut_at_midnight + other.cut_at_midnight, one.by_start + other.by_start)


def _join(runs: Run, *, idle_seconds: int) -> Run:
    """Ordered runs, those of one visitor with no silence between them made one."""
    if not len(runs.visitor):
        return runs
    is_new_visitor = np.append(True, runs.visitor[1:] != runs.visitor[:-1])
    rank = np.cumsum(is_new_visitor) << 32
    reached = np.maximum.accumulate(rank + runs.last)
    begins = np.flatnonzero(np.append(True, (rank + runs.first)[1:] - reached[:-1] > idle_seconds))
    ends = np.append(begins[1:], len(rank)) - 1
    return Run(runs.visitor[begins], runs.first[begins], (reached - rank)[ends].astype(np.uint32))


def days_touched(runs: Run, *, zone: ZoneInfo) -> tuple[Keys, Ints]:
    """Visitors and the local days on which they came, for no day lies in a silence shorter than the longest."""
    first, last = local_days(runs.first, zone=zone), local_days(runs.last, zone=zone)
    if np.array_equal(first, last):
        return runs.visitor, first
    counts = last - first + 1
    nths = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(runs.visitor, counts), np.repeat(first, counts) + nths


def local_days(seconds: NDArray[np.uint32] | Ints, *, zone: ZoneInfo) -> Ints:
    """The local day of each moment, counted from `FIRST_DAY`."""
    days = np.empty(len(seconds), np.int64)
    find_days(midnights(zone), seconds.astype(np.int64), days)
    return days


@lru_cache(8)
def midnights(zone: ZoneInfo) -> Ints:
    """The first second of each local day since `FIRST_DAY`; days need not be 24 hours long."""
    days = np.arange(FIRST_DAY, _LAST_DAY)
    # As `pipeline.periods.midnight`, all at once.
    offsets = [datetime.combine(day, time(), zone).utcoffset() or timedelta() for day in days.tolist()]
    return days.astype("M8[s]").astype(np.int64) - np.array(offsets, "m8[s]").astype(np.int64)


@lru_cache(2)
def _spans(unit: str) -> Ints:
    """The month or year of each local day, counted from 1970."""
    return np.arange(FIRST_DAY, _LAST_DAY).astype(f"datetime64[{unit}]").astype(np.int64)
