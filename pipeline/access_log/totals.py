"""The sum of summaries, the same in whatever order and on whatever machines they were made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.access_log import sessions
from pipeline.access_log.concentration import Concentration
from pipeline.access_log.forwarded import Forwarded
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.rules import RULES
from pipeline.access_log.sessions import NewVisitors, Visits, days_touched, midnights
from pipeline.access_log.summary import NAMES, SELECTIONS, UNLISTED, Summary

Ints = NDArray[np.int64]
# The position of a file among all, from 1, and the number of the part in it, from 0.
PartKey = tuple[int, int]


@dataclass(frozen=True)
class Outline:
    """The days of a part, and how to get its summary."""

    days: Ints
    summary: Callable[[], Summary]

    @property
    def first_day(self) -> int:
        """The first day with a line; before all others where there is none."""
        return int(self.days[0]) if len(self.days) else -1


def add_up(outlines: Mapping[PartKey, Outline], *, terms: LogTerms) -> Totals:
    """The sum of all parts, of which few are in memory at a time.

    Each part is added once, however often its summary was made. Parts that do not overlap in time need memory for their
    edges and for the visitors of a year; those that do, for the visits of the days they share too.
    """
    touched = np.zeros(len(midnights(terms.zone)), np.int64)
    for outline in outlines.values():
        touched[outline.days] += 1
    totals = Totals(terms)
    for key in sorted(outlines, key=lambda key: (outlines[key].first_day, key)):
        outline = outlines[key]
        totals.close(outline.first_day)
        others = touched.copy()
        others[outline.days] -= 1
        totals.add(outline.summary(), key=key, others_before=np.append(0, np.cumsum(others > 0)))
    return totals


@dataclass
class Totals:
    """The sum of summaries: visits and new visitors by day, lines by local day and rule or hour, what remarks tell.

    `names` are those of `Summary`. Of each file `considered` counts the lines but blank and header lines, `unread`
    those among them that no format fits or whose time is bad, `days_of_files` its lines by day; `cut_files` end in the
    middle of a line. `hours` are the lines of each day by hour.
    """

    terms: LogTerms
    considered: Counter[int] = field(default_factory=Counter)
    unread: Counter[int] = field(default_factory=Counter)
    days_of_files: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    hours: dict[int, Ints] = field(default_factory=dict)
    cut_files: set[int] = field(default_factory=set)
    concentration: Concentration = field(default_factory=Concentration)
    forwarded: Forwarded = field(default_factory=Forwarded)
    lacks_agents: bool = False

    def __post_init__(self) -> None:
        idle_seconds, zone = self.terms.idle_seconds, self.terms.zone
        self.visits = {name: Visits(idle_seconds, zone=zone) for name in (*SELECTIONS, UNLISTED)}
        self.names: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        self.new_visitors = {unit: NewVisitors(unit) for unit in "MY"}
        self.lines = np.zeros((len(midnights(zone)), len(RULES)), np.int64)
        self.faults = np.zeros(len(RULES), np.int64)
        self._first_seen: dict[int, tuple[int, int, int]] = {}
        self._lines_counts: dict[PartKey, int] = {}

    def add(self, summary: Summary, *, key: PartKey, others_before: Ints) -> None:
        """Add the summary of a part that was not added yet; `others_before` is that of `Visits.add`."""
        for name, runs in summary.runs.items():
            self.visits[name].add(runs, others_before=others_before)
        visitor, days = days_touched(summary.runs["people"], zone=self.terms.zone)
        for new_visitors in self.new_visitors.values():
            new_visitors.add(visitor, days=days)
        self._add_lines(summary, key)
        for name, counts in summary.names.items():
            self.names[name].update(counts)
        self.concentration.absorb(summary.concentration)
        self.forwarded.absorb(summary.forwarded)
        self.lacks_agents |= summary.lacks_agents

    def _add_lines(self, summary: Summary, key: PartKey) -> None:
        position, nth = key
        self.lines[summary.days] += summary.lines
        self.faults += summary.faults
        lines = summary.lines.sum(axis=1).tolist()
        self.days_of_files[position].update(dict(zip(summary.days.tolist(), lines, strict=True)))
        self.considered[position] += summary.considered_count
        self.unread[position] += summary.unread_count
        self._lines_counts[key] = summary.lines_count
        self.cut_files |= {position} if summary.is_cut else set()
        for day, of_hours, line in zip(summary.days.tolist(), summary.hours, summary.first_lines.tolist(), strict=True):
            self.hours[day] = self.hours.get(day, 0) + of_hours
            place = (position, nth, line)
            self._first_seen[day] = min(place, self._first_seen.get(day, place))

    def close(self, day: int) -> None:
        """Count what no line of that day or a later one can change, when much is kept."""
        kept = [*(visits.open_count for visits in self.visits.values()), self.new_visitors["M"].known_count]
        if max(kept) > sessions.PENDING_RUNS and day >= 0:
            parts: list[Visits | NewVisitors] = [*self.visits.values(), *self.new_visitors.values()]
            for part in parts:
                part.close(day)

    @property
    def days(self) -> list[int]:
        """The days with a readable line, in order."""
        return sorted(self._first_seen)

    def first_line(self, day: int) -> tuple[int, int]:
        """The position of the file that holds a day's first line, and the line's number in it, from 1."""
        position, nth, line = self._first_seen[day]
        before = sum(count for (file, part), count in self._lines_counts.items() if file == position and part < nth)
        return position, before + line + 1


def most_common(counts: Counter[str], count: int) -> list[tuple[str, int]]:
    """The names that occur most, and among equals those first in the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:count]
