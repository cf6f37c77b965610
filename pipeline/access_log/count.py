"""Web server access logs to visits per local day (clause 10.1), with every line of every file in exactly one class.

A visitor is a client address and, where the log has it, a user agent; a visit ends after 30 idle minutes and, in the
headline, at local midnight. Lines are tested in the order of `RULES`: whether they can be read, what was requested, who
requested it. No address is kept: a visitor is a keyed hash. Each part of a file is summarised, and summaries add up.
"""

from __future__ import annotations

import ctypes
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from threading import Event

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.errors import ConfigError
from connectors.remarks import Remark
from pipeline.access_log.files import LogFile, with_members
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.parts import Stretch, stretches
from pipeline.access_log.remarks import FileCounts, refuse_hosts, remarks_of
from pipeline.access_log.rules import OUTCOMES, RULES
from pipeline.access_log.sessions import FIRST_DAY, LONGEST_IDLE_SECONDS
from pipeline.access_log.summaries import Summaries
from pipeline.access_log.summary import Place, Summariser, Summary
from pipeline.access_log.totals import Outline, PartKey, Totals, add_up
from pipeline.progress import Meter
from pipeline.setting_faults import network_fault
from pipeline.tables import ACCESS_LOG, DTYPES, SOURCE_COLUMNS, VISITS

__all__ = ["LogCounts", "LogFile", "LogTerms", "count_visits"]


BYTES_WORTH_SHARING = 1 << 28
# So many times the lines of a file that tells of its days are those of all.
_FAIR_SHARE = 10
_DEFINITIONS = {
    "headline": "pages people asked for, {minutes} idle minutes, cut at local midnight",
    "bots_included": "pages people and bots asked for, {minutes} idle minutes, cut at local midnight",
    "no_midnight_break": "pages people asked for, {minutes} idle minutes, by day of start",
    "unique_visitors_month": "people, once a calendar month, on the day of their first page",
    "unique_visitors_year": "people, once a calendar year, on the day of their first page",
    "redirects_counted": "pages people asked for, moved ones too, {minutes} idle minutes, not cut at midnight",
    "all_requests": "every request of anyone, {minutes} idle minutes, not cut at midnight",
}
_WITHOUT_AGENTS = "; agents are not logged, so a visitor is an address and bots cannot be told apart"

Ints = NDArray[np.int64]
# What is to be read of a stretch: from the part of that number on, which begins there.
_Rest = tuple[Stretch, int, Place]


@dataclass(frozen=True)
class LogCounts:
    """`visits`: a row per portal, local day and variant; `tally`: lines per local day, outcome and rule.

    `files` are those read, members of zips one by one; `side_by_side` says by day how many of them tell of it, but for
    those with less than a tenth of the lines of their days; `hours` holds by day the lines of each local hour, others'
    than bots and then bots'; `remarks` say what is odd.
    """

    visits: pd.DataFrame
    tally: pd.DataFrame
    files: tuple[FileCounts, ...] = ()
    side_by_side: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[str, Sequence[int]] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def count_visits(
    files: Sequence[LogFile], *, terms: LogTerms, summaries: Summaries | None = None, meter: Meter | None = None
) -> LogCounts:
    """Visits per local day of `terms.zone` and variant, and every line of every file by outcome and rule.

    `visits` has a row for each variant on each day with a readable line, zeros included; its source columns name the
    first such line. Variants add up over days. Order of files and lines, duplicates and splits change no count.
    Of files whose summary is among `summaries` nothing is read, and an interrupted count goes on behind the last one.
    `tally.happened_on` is null for lines without a readable time. Another bot list may change the counts.
    Raises `DataRejected` for a damaged file, `ConfigError` for an impossible network or idle time, or for hosts that
    no line is of, `SourceChanged` for lines that end with returns alone.
    """
    _check(terms)
    files = [member for file in files for member in with_members(file)]
    outlines = _Summarised(terms, summaries=summaries or Summaries()).outlines(files, meter or Meter())
    _give_back_memory()
    counts = add_up(outlines, terms=terms)
    refuse_hosts(counts, terms=terms)
    visits = _visits(counts, files=files, terms=terms)
    if counts.lacks_agents:
        visits["visit_definition"] += _WITHOUT_AGENTS
    visits_count = int(visits.loc[visits["variant"] == "no_midnight_break", "visits_count"].sum())
    remarks = remarks_of(counts, files=files, terms=terms, visits_count=visits_count)
    return LogCounts(visits, _tally(counts), _files(counts, files), _side_by_side(counts), _hours(counts), remarks)


def _give_back_memory() -> None:
    """Let the system have what reading took, before adding up takes more; where the C library cannot, nothing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _files(counts: Totals, files: Sequence[LogFile]) -> tuple[FileCounts, ...]:
    return tuple(
        FileCounts(file, counts.considered[nth], counts.unread[nth]) for nth, file in enumerate(files, start=1)
    )


def _side_by_side(counts: Totals) -> dict[str, int]:
    """By local day, as ISO dates, the number of files that tell a fair share of their days."""
    of_all, found = counts.lines.sum(axis=1), Counter[int]()
    for lines in counts.days_of_files.values():
        if _FAIR_SHARE * sum(lines.values()) >= of_all[list(lines)].sum():
            found.update(lines.keys())
    return {str(FIRST_DAY + day): count for day, count in sorted(found.items())}


def _hours(counts: Totals) -> dict[str, list[int]]:
    """By local day, as ISO dates, the lines of its hours."""
    return {str(FIRST_DAY + day): counts.hours[day].tolist() for day in counts.days}


class _Summarised:
    """The outlines of all parts, those without a kept summary read first, on one thread or two."""

    def __init__(self, terms: LogTerms, *, summaries: Summaries) -> None:
        self._terms = terms
        self._summaries = summaries
        self._key = summaries.key
        self._outlines: dict[PartKey, Outline] = {}
        self._is_over = Event()

    def outlines(self, files: Sequence[LogFile], meter: Meter) -> Mapping[PartKey, Outline]:
        """The outline of each part."""
        waiting = deque(self._without_kept(stretches(files), meter))
        is_large = sum(stretch.size_bytes for stretch, _, _ in waiting) >= BYTES_WORTH_SHARING
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(self._read, waiting, meter.part()) if is_large and len(waiting) > 1 else None
            if other:
                other.add_done_callback(lambda done: self._is_over.set() if done.exception() else None)
            try:
                self._read(waiting, meter)
                if other:
                    other.result()
            finally:
                self._is_over.set()
        return self._outlines

    def _without_kept(self, found: Iterable[Stretch], meter: Meter) -> Iterator[_Rest]:
        """What is to be read of each stretch."""
        for stretch in found:
            nth = stretch.first_nth
            place: Place | None = Place()
            while place and (kept := self._summaries.load(stretch.chunk.file, nth=nth, terms=self._terms)):
                self._note(kept, stretch, nth)
                meter.make(kept.lines_count)
                nth, place = nth + 1, None if stretch.is_single else kept.following
            if place:
                yield stretch, nth, place
            elif not stretch.chunk.file.member:
                meter.read(_disk_bytes(stretch))

    def _read(self, waiting: deque[_Rest], meter: Meter) -> None:
        summariser = Summariser(self._terms, self._key, self._is_over)
        with suppress(IndexError):
            while not self._is_over.is_set():
                stretch, first_nth, place = waiting.popleft()
                made = summariser.summaries(stretch, place=place, on_read=meter.read)
                for nth, summary in enumerate(made, start=first_nth):
                    self._summaries.save(summary, stretch.chunk.file, nth=nth, terms=self._terms)
                    self._note(summary, stretch, nth)
                    meter.make(summary.lines_count)

    def _note(self, summary: Summary, stretch: Stretch, nth: int) -> None:
        # A view would hold the whole summary.
        days = summary.days.copy()
        self._outlines[stretch.chunk.position, nth] = Outline(days, partial(self._summary, stretch, nth))

    def _summary(self, stretch: Stretch, nth: int) -> Summary:
        """The summary kept a moment ago, made again should somebody have removed it since."""
        kept = self._summaries.load(stretch.chunk.file, nth=nth, terms=self._terms)
        made = Summariser(self._terms, self._key, Event()).summaries(stretch, place=Place())
        return kept or next(islice(made, nth - stretch.first_nth, None))


def _disk_bytes(stretch: Stretch) -> int:
    return (stretch.chunk.end or stretch.chunk.file.path.stat().st_size) - stretch.chunk.begin


def _visits(counts: Totals, *, files: Sequence[LogFile], terms: LogTerms) -> pd.DataFrame:
    """The columns of the clean table `visits`, without its outcome columns."""
    days = np.array(counts.days, np.int64)
    seen = [counts.first_line(day) for day in days.tolist()]
    frames = [
        pd.DataFrame(
            {
                "visited_on": FIRST_DAY + days,
                "days_count": 1,
                "portal_id": terms.portal_id,
                "visits_count": visits[days],
                "visit_definition": _DEFINITIONS[variant].format(minutes=f"{terms.idle_seconds / 60:g}"),
                "source_tool": ACCESS_LOG,
                "variant": variant,
                "source_file_id": [files[position - 1].file_id for position, _ in seen],
                "source_row": [row for _, row in seen],
            }
        )
        for variant, visits in _variants(counts).items()
    ]
    columns = (*VISITS.columns, *SOURCE_COLUMNS)
    visits = pd.concat(frames, ignore_index=True).astype({column.name: DTYPES[column.kind] for column in columns})
    return visits.sort_values("visited_on", kind="stable", ignore_index=True)


def _tally(counts: Totals) -> pd.DataFrame:
    """Lines per local day, outcome and rule; those without a time first."""
    days, rules = np.nonzero(counts.lines)
    faults = np.flatnonzero(counts.faults)
    names = [RULES[rule] for rule in (*faults, *rules)]
    return pd.DataFrame(
        {
            "happened_on": np.append(np.full(len(faults), np.datetime64("NaT", "D")), FIRST_DAY + days),
            "outcome": [OUTCOMES[name] for name in names],
            "rule": names,
            "rows_count": np.append(counts.faults[faults], counts.lines[days, rules]),
        }
    ).astype({"happened_on": DTYPES["day"], "outcome": "str", "rule": "str", "rows_count": "Int64"})


def _variants(counts: Totals) -> dict[str, Ints]:
    days = {name: visits.count_days() for name, visits in counts.visits.items()}
    return {
        "headline": days["people"].cut_at_midnight,
        "bots_included": days["bots"].cut_at_midnight,
        "no_midnight_break": days["people"].by_start,
        "unique_visitors_month": counts.new_visitors["M"].count_days(),
        "unique_visitors_year": counts.new_visitors["Y"].count_days(),
        "redirects_counted": days["redirects"].by_start,
        "all_requests": days["all"].by_start,
    }


def _check(terms: LogTerms) -> None:
    if not 0 < terms.idle_seconds <= LONGEST_IDLE_SECONDS:
        raise ConfigError(
            id=f"Kunjungan berakhir setelah {terms.idle_seconds} detik diam? Tulis 1 sampai {LONGEST_IDLE_SECONDS}.",
            en=f"A visit ends after {terms.idle_seconds} idle seconds? Write 1 to {LONGEST_IDLE_SECONDS}.",
        )
    wrong = [network for network in (*terms.own_networks, *terms.trusted_proxies) if network_fault(network)]
    if wrong:
        raise ConfigError(
            id=f"Jaringan ini bukan rentang CIDR: {', '.join(wrong)}. Tulis seperti 103.10.20.0/24.",
            en=f"These networks are no CIDR ranges: {', '.join(wrong)}. Write them like 103.10.20.0/24.",
        )
