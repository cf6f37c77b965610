"""Requests to visits: runs of requests without a long silence, and what they add to each local day.

A run is a visitor's maximal stretch of requests no two neighbours of which lie more than the idle time apart.
Merging runs is associative and commutative, so neither order, nor duplicates, nor the way lines are split over
files or blocks can change them. The state grows with visits, not with lines (16 bytes a run).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.access_log_lines import FIRST_YEAR, LAST_YEAR
from pipeline.periods import midnight

FIRST_DAY = np.datetime64(f"{FIRST_YEAR - 1}-01-01", "D")
LONGEST_IDLE_SECONDS = 12 * 3600

_LAST_DAY = np.datetime64(f"{LAST_YEAR + 1}-12-31", "D")
_PIECES_AT_ONCE = 1 << 18

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DayCounts:
    """Per local day since `FIRST_DAY`: four ways to count the same visits, each of which adds up over days."""

    cut_at_midnight: Ints
    by_start: Ints
    visitors_new_in_month: Ints
    visitors_new_in_year: Ints


@dataclass(frozen=True)
class _Run:
    """Runs as columns, ordered by visitor and time."""

    visitor: NDArray[np.uint64]
    first: NDArray[np.uint32]
    last: NDArray[np.uint32]


class Runs:
    """The runs of all requests added so far."""

    def __init__(self, idle_seconds: int) -> None:
        self._idle_seconds = idle_seconds
        self._merged = _Run(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint32))
        self._pieces: list[_Run] = []
        self._pending = 0

    def add(self, visitor: NDArray[np.uint64], *, seconds: Ints) -> None:
        """Take requests, ordered by visitor and time among themselves."""
        moments = seconds.astype(np.uint32)
        piece = _join(_Run(visitor, moments, moments), idle_seconds=self._idle_seconds)
        self._pieces.append(piece)
        self._pending += len(piece.visitor)
        if self._pending > max(_PIECES_AT_ONCE, len(self._merged.visitor)):
            self._merge()

    def count_days(self, zone: ZoneInfo) -> DayCounts:
        """What the runs add to each local day of `zone`.

        Neighbours in a run lie closer than a day is long, so a run has requests on every day from its first to its
        last: cut at midnight it is one visit on each.
        """
        self._merge()
        runs, days_count = self._merged, len(midnights(zone))
        first, last = local_days(runs.first, zone=zone), local_days(runs.last, zone=zone)
        by_start = np.bincount(first, minlength=days_count)
        entered = np.bincount(first + 1, minlength=days_count + 1) - np.bincount(last + 1, minlength=days_count + 1)
        crossed = np.cumsum(entered)[:days_count]
        return DayCounts(
            by_start + crossed,
            by_start,
            *(_count_new(runs.visitor, days=(first, last), crossed=crossed, unit=unit) for unit in ("M", "Y")),
        )

    def _merge(self) -> None:
        pieces, self._pieces, self._pending = [self._merged, *self._pieces], [], 0
        visitor, first, last = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("visitor", "first", "last")
        )
        order = np.lexsort((first, visitor))
        self._merged = _join(_Run(visitor[order], first[order], last[order]), idle_seconds=self._idle_seconds)


def _join(runs: _Run, *, idle_seconds: int) -> _Run:
    """Ordered runs, those of one visitor with no silence between them made one."""
    if not len(runs.visitor):
        return runs
    is_new_visitor = np.append(True, runs.visitor[1:] != runs.visitor[:-1])
    rank = np.cumsum(is_new_visitor) << 32
    reached = np.maximum.accumulate(rank + runs.last)
    begins = np.flatnonzero(np.append(True, (rank + runs.first)[1:] - reached[:-1] > idle_seconds))
    ends = np.append(begins[1:], len(rank)) - 1
    return _Run(runs.visitor[begins], runs.first[begins], (reached - rank)[ends].astype(np.uint32))


def _count_new(visitor: NDArray[np.uint64], *, days: tuple[Ints, Ints], crossed: Ints, unit: str) -> Ints:
    """Visitors on the day of their first request in each month (unit M) or year (unit Y).

    A run that crosses into a new one brings its visitor there on the first day.
    """
    first, last = days
    calendar = FIRST_DAY + np.arange(len(crossed))
    span = calendar.astype(f"datetime64[{unit}]")
    is_first_day = span.astype("datetime64[D]") == calendar
    is_new = np.append(True, (visitor[1:] != visitor[:-1]) | (span[last[:-1]] != span[first[1:]]))[: len(first)]
    return np.bincount(first[is_new], minlength=len(crossed)) + np.where(is_first_day, crossed, 0)


def local_days(seconds: NDArray[np.uint32] | Ints, *, zone: ZoneInfo) -> Ints:
    """The local day of each moment, counted from `FIRST_DAY`."""
    bounds = midnights(zone)
    if not len(seconds):
        return np.zeros(0, np.int64)
    low, high = np.searchsorted(bounds, [seconds.min(), seconds.max()], side="right")
    return np.asarray(np.searchsorted(bounds[low:high], seconds.astype(np.int64), side="right") + (low - 1))


@lru_cache(8)
def midnights(zone: ZoneInfo) -> Ints:
    """The first second of each local day since `FIRST_DAY`; days need not be 24 hours long."""
    days = np.arange(FIRST_DAY, _LAST_DAY).tolist()
    return np.array([int(midnight(day, zone).timestamp()) for day in days], np.int64)
