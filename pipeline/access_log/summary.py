"""What one part of a log file holds, made by a single pass over its lines, so that summaries of parts add exactly.

A summary can be made on any machine and kept as bytes. It holds the hashes of visitors with the moments at which their
runs begin and end, under a key that it does not hold; no address and no agent.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.counted_file import OnRead
from pipeline.access_log import parts
from pipeline.access_log.concentration import Concentration
from pipeline.access_log.files import open_log
from pipeline.access_log.formats.reader import LineReader
from pipeline.access_log.forwarded import Forwarded, samples
from pipeline.access_log.head import lacks_agents
from pipeline.access_log.hits import Hits
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.parts import Block, Stretch, blocks
from pipeline.access_log.rules import OUTCOMES, RULES, Classes, Classifier
from pipeline.access_log.sessions import RunColumns, Runs, gather, local_days, midnights

SELECTIONS = ("people", "bots", "redirects", "all")
UNLISTED = "unlisted"
NAMES = ("products", "sites", "other_sites")
_RUN_COLUMNS = ("visitor", "first", "last")
_SAMPLED_EVERY = 8
_WORD_BYTES = 8
# A row of lines by hour: those of others than bots, then those of bots.
HOURS = 24
HOUR_SLOTS = 2 * HOURS
_HOUR_SECONDS = 3600
_BOT = RULES.index("bot")
_QUARANTINED = [place for place, rule in enumerate(RULES) if OUTCOMES[rule] == "quarantined"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """Where a part of a file begins in the unpacked stream, and the header line that holds there."""

    begin: int = 0
    directive: bytes = b""


@dataclass(frozen=True)
class Summary:
    """A part's maximal runs by selection, its lines by local day and rule, and what remarks are made of.

    `runs` are those of four selections of hits and of people whose agents are no browser's (`unlisted`); `days` are
    those with a readable line since `FIRST_DAY`, `lines` their lines by rule, a row a day, `hours` those by local hour,
    others' than bots first and then bots' (`HOUR_SLOTS`), `first_lines` the number of the first in the part, from 0;
    `faults` are lines without a readable time by rule. `names` count the pages
    by what unlisted agents name themselves (`products`), the pages people asked for by the site (`sites`), and the
    lines of sites that are not the portal's (`other_sites`). `is_cut` says that the part ends in the middle of a line,
    `lacks_agents` that the file's first lines tell none. `following` is where the next part of the file begins, null
    after the last.
    """

    runs: Mapping[str, RunColumns]
    days: Ints
    lines: Ints
    hours: Ints
    first_lines: Ints
    faults: Ints
    names: Mapping[str, Counter[str]]
    concentration: Concentration
    forwarded: Forwarded
    is_cut: bool
    lacks_agents: bool
    following: Place | None

    @property
    def lines_count(self) -> int:
        """All lines."""
        return int(self.lines.sum() + self.faults.sum())

    @property
    def unread_count(self) -> int:
        """The lines that no format fits or whose time is bad."""
        return int(self.faults[_QUARANTINED].sum())

    @property
    def considered_count(self) -> int:
        """The lines but blank and header lines."""
        return int(self.lines.sum()) + self.unread_count

    @cached_property
    def encoded(self) -> bytes:
        """The summary as bytes."""
        about = {
            "names": self.names,
            "forwarded": self.forwarded.texts(),
            "is_cut": self.is_cut,
            "lacks_agents": self.lacks_agents,
            "following": self.following and [self.following.begin, self.following.directive.hex()],
        }
        columns = {name: getattr(self, name) for name in ("days", "lines", "hours", "first_lines", "faults")}
        columns |= {f"pages.{name}": column for name, column in self.concentration.columns().items()}
        for name, runs in self.runs.items():
            columns |= {f"runs.{name}.{column}": getattr(runs, column) for column in _RUN_COLUMNS}
        return _packed(about, columns)

    @classmethod
    def decoded(cls, content: bytes | memoryview) -> Summary:
        """The summary that `encoded` gave."""
        about, columns = _unpacked(content)
        following = about["following"]
        return cls(
            {
                name: RunColumns(*(columns[f"runs.{name}.{column}"] for column in _RUN_COLUMNS))
                for name in (*SELECTIONS, UNLISTED)
            },
            columns["days"],
            columns["lines"],
            columns["hours"],
            columns["first_lines"],
            columns["faults"],
            {name: Counter(counts) for name, counts in about["names"].items()},
            Concentration.of_columns({name: columns[f"pages.{name}"] for name in ("pages", "addresses", "agents")}),
            Forwarded.of_texts(about["forwarded"]),
            about["is_cut"],
            about["lacks_agents"],
            following and Place(following[0], bytes.fromhex(following[1])),
        )


def _packed(about: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> bytes:
    """The length of a head, the head as JSON, and the columns it names, each from a multiple of eight bytes on."""
    told = {name: [column.dtype.str, column.shape] for name, column in columns.items()}
    head = json.dumps({"about": about, "columns": told}, sort_keys=True).encode()
    parts = [len(head).to_bytes(_WORD_BYTES), head, *(columns[name].tobytes() for name in sorted(columns))]
    return b"".join(part + bytes(-len(part) % _WORD_BYTES) for part in parts)


def _unpacked(content: bytes | memoryview) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `_packed` packed; the columns are read-only views of the content."""
    at = _WORD_BYTES + int.from_bytes(content[:_WORD_BYTES])
    head, columns = json.loads(bytes(content[_WORD_BYTES:at])), {}
    for name, (dtype, shape) in sorted(head["columns"].items()):
        at += -at % _WORD_BYTES
        columns[name] = np.frombuffer(content, dtype, math.prod(shape), at).reshape(shape)
        at += columns[name].nbytes
    return head["about"], columns


@dataclass(frozen=True)
class Summariser:
    """Makes the summaries of one thread's stretches; `is_over` is set when nobody wants more of them."""

    terms: LogTerms
    key: bytes
    is_over: Event

    @cached_property
    def _classify(self) -> Classifier:
        return Classifier(self.terms.own_networks, key=self.key, hosts=self.terms.hosts)

    def summaries(self, stretch: Stretch, *, place: Place, on_read: OnRead | None = None) -> Iterator[Summary]:
        """The summaries of a stretch's parts from a place on, in their order; fewer once `is_over` is set.

        Raises `DataRejected` for a damaged file.
        """
        begin = max(place.begin, stretch.chunk.begin)
        lacks = not begin and lacks_agents(stretch.chunk.file, terms=self.terms.lines)
        reader = LineReader(self.terms.lines, directive=place.directive)
        part = _Part(self.terms, lacks_agents=lacks)
        with open_log(stretch.chunk, on_read=on_read) as stream:
            if place.begin:
                stream.seek(place.begin)
            for block in blocks(stream, end=stretch.chunk.end):
                if self.is_over.is_set():
                    return
                self._add(block, to=part, reader=reader)
                if not stretch.is_single and block.end - begin >= parts.PART_BYTES:
                    yield part.summary(following=Place(block.end, reader.directive))
                    part, begin = _Part(self.terms, lacks_agents=False), block.end
        yield part.summary(following=None)

    def _add(self, block: Block, *, to: _Part, reader: LineReader) -> None:
        if to.blocks_count % _SAMPLED_EVERY == 0 and not self.terms.picks_client:
            sampler = LineReader(self.terms.lines, directive=reader.directive)
            to.forwarded.add(samples(block.lines), reader=sampler, key=self.key)
        hits = reader.read(block.lines)
        to.is_cut |= block.is_unended and not len(hits.lines)
        to.add(hits, classes=self._classify(hits))


class _Part:
    """The state of a part that is being read."""

    def __init__(self, terms: LogTerms, *, lacks_agents: bool) -> None:
        self._terms = terms
        self._lacks_agents = lacks_agents
        self._runs = {name: Runs(terms.idle_seconds) for name in (*SELECTIONS, UNLISTED)}
        self._names: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        self._lines: dict[int, Ints] = {}
        self._hours: dict[int, Ints] = {}
        self._first_lines: dict[int, int] = {}
        self._faults = np.zeros(len(RULES), np.int64)
        self._lines_count = 0
        self._concentration = Concentration()
        self.forwarded = Forwarded()
        self.blocks_count = 0
        self.is_cut = False

    def add(self, hits: Hits, *, classes: Classes) -> None:
        """Add the part's next block."""
        self.blocks_count += 1
        self._count_lines(hits, classes)
        selections = classes.selections()
        is_page = selections["people"]
        self._concentration.add(classes, is_page=is_page)
        self._add_runs(classes, hits.seconds, {name: selections[name] for name in SELECTIONS})
        is_unlisted = is_page & (classes.product > 0)
        if is_unlisted.any():
            self._add_runs(classes, hits.seconds, {UNLISTED: is_unlisted})
            self._names["products"] += classes.products.count(classes.product[is_unlisted])
        if classes.site.any():
            self._names["sites"] += classes.sites.count(classes.site[is_page])
            self._names["other_sites"] += classes.sites.count(-np.minimum(classes.site, 0))

    def _add_runs(self, classes: Classes, seconds: Ints, selections: Mapping[str, NDArray[np.bool_]]) -> None:
        selected, idle_seconds = np.stack([*selections.values()]), self._terms.idle_seconds
        found = gather(classes.visitor, seconds=seconds, selected=selected, idle_seconds=idle_seconds)
        for name, runs in zip(selections, found, strict=True):
            self._runs[name].add(runs)

    def _count_lines(self, hits: Hits, classes: Classes) -> None:
        days = local_days(hits.seconds, zone=self._terms.zone)
        before = self._lines_count
        self._lines_count += len(days) + hits.faults.total()
        for name, fault_count in hits.faults.items():
            self._faults[RULES.index(name)] += fault_count
        if not len(days):
            return
        low = int(days.min())
        per_day = _by_day(days - low, classes.rule, slots_count=len(RULES))
        per_hour = _by_day(days - low, self._hour_slots(hits.seconds, days, classes), slots_count=HOUR_SLOTS)
        for place in np.flatnonzero(per_day.any(axis=1)).tolist():
            day = place + low
            self._lines[day] = self._lines.get(day, 0) + per_day[place]
            self._hours[day] = self._hours.get(day, 0) + per_hour[place]
            if day not in self._first_lines:
                self._first_lines[day] = before + int(hits.lines[days == day].min())

    def _hour_slots(self, seconds: Ints, days: Ints, classes: Classes) -> Ints:
        """The place of each hit among `HOUR_SLOTS`; where clocks are put back, the last hour has two."""
        hours = np.minimum((seconds - midnights(self._terms.zone)[days]) // _HOUR_SECONDS, HOURS - 1)
        return np.asarray(hours + HOURS * (classes.client_rule == _BOT))

    def summary(self, *, following: Place | None) -> Summary:
        """What the part holds, now that it was read."""
        days = np.array(sorted(self._lines), np.int64)
        lines, hours = ([of_day[day] for day in days.tolist()] for of_day in (self._lines, self._hours))
        return Summary(
            {name: runs.merged() for name, runs in self._runs.items()},
            days,
            np.array(lines, np.int64).reshape(-1, len(RULES)),
            np.array(hours, np.int64).reshape(-1, HOUR_SLOTS),
            np.array([self._first_lines[day] for day in days.tolist()], np.int64),
            self._faults,
            self._names,
            self._concentration,
            self.forwarded,
            self.is_cut,
            self._lacks_agents,
            following,
        )


def _by_day(days: Ints, slots: NDArray[np.integer[Any]], *, slots_count: int) -> Ints:
    """How often each slot occurs on each day from 0 on, a row a day."""
    counts = np.bincount(days * slots_count + slots, minlength=(int(days.max()) + 1) * slots_count)
    return counts.reshape(-1, slots_count)
