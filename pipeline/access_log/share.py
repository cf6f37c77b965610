"""One thread's share of the access logs: chunks of files, read block by block, counted, and added to other shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedIOBase
from threading import Event
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels.access_log import LONGEST_LINE, ROOM
from pipeline.access_log.checkpoints import Checkpoints, ShareCheckpoint
from pipeline.access_log.concentration import Concentration
from pipeline.access_log.files import Chunk, is_packed, open_log
from pipeline.access_log.formats.json_line import KNOWN_NAMES, JsonNames
from pipeline.access_log.formats.reader import LineReader, LineTerms
from pipeline.access_log.forwarded import Forwarded, samples
from pipeline.access_log.hits import Hits
from pipeline.access_log.rules import OUTCOMES, RULES, Classes, Classifier
from pipeline.access_log.sessions import NewVisitors, Runs, days_touched, gather, local_days, midnights
from pipeline.access_log.texts import Verdict
from pipeline.progress import Meter

if TYPE_CHECKING:
    from pipeline.config.city import City
    from pipeline.config.source import Source

_SELECTIONS = ("people", "bots", "redirects", "all")
_SLACK_DAYS = 1
_SAMPLED_EVERY = 8

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class LogTerms:
    """The settings of a count.

    `own_networks` are the city's own CIDR ranges, `hosts` the portal's names, which may have wildcards, `json_names`
    the paths of a hit's parts in JSON lines. The other settings are those of `LineTerms`; `clock_zone` is the city's
    unless one is declared.
    """

    zone: ZoneInfo
    portal_id: str
    own_networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    idle_seconds: int = 1800
    json_names: JsonNames = KNOWN_NAMES
    log_format: tuple[str, ...] = ()
    picks_client: bool = False
    trusted_proxies: tuple[str, ...] = ()
    clock_zone: ZoneInfo | None = None

    @property
    def lines(self) -> LineTerms:
        """How lines are read."""
        return LineTerms(
            self.json_names,
            self.log_format,
            self.picks_client,
            self.trusted_proxies,
            self.clock_zone or self.zone,
            clock_is_declared=self.clock_zone is not None,
        )

    @classmethod
    def of(cls, city: City, source: Source) -> LogTerms:
        """The settings that a city's YAML declares for a source."""
        fields = source.fields.model_dump(exclude_none=True) if source.fields else {}
        names = KNOWN_NAMES.declared(fields)
        return cls(
            city.zone_info,
            source.portal_id,
            own_networks=source.own_networks,
            hosts=source.hosts,
            json_names=names,
            log_format=source.log_format,
            picks_client=source.client is not None or bool(source.trusted_proxies),
            trusted_proxies=source.trusted_proxies,
            clock_zone=ZoneInfo(source.zone) if source.zone else None,
        )


@dataclass(frozen=True)
class Share:
    """What one thread counts: chunks in the order of time, in blocks of about `block_bytes`.

    With `is_closing` days behind the watermark are closed; with `checkpoints` an interrupted share resumes.
    """

    chunks: tuple[Chunk, ...]
    terms: LogTerms
    key: bytes
    block_bytes: int
    is_closing: bool = True
    checkpoints: Checkpoints | None = None


class LateLine(Exception):
    """A line on a day that is already closed: everything must be counted again without closing days."""


class Counts:
    """The state of a count: runs of four selections of hits, new visitors, and lines per local day and rule.

    `unlisted` are the runs of people whose agents are no browser's, `products` the pages by what these name themselves,
    `sites` the pages people asked for by the site, `other_sites` the lines of those that are not the portal's.

    `first_seen` locates each day's first line: the file's position, its chunk's first byte, lines before it in the
    chunk. `lines_read` counts the lines of each chunk. Of each file `considered` counts the lines but blank and header
    lines, `unread` those among them that no format fits or whose time is bad; `cut_files` end in the middle of a line.
    Days behind the watermark are closed when enough is pending.
    """

    def __init__(self, terms: LogTerms) -> None:
        self._terms = terms
        self.runs = {name: Runs(terms.idle_seconds, zone=terms.zone) for name in _SELECTIONS}
        self.unlisted = Runs(terms.idle_seconds, zone=terms.zone)
        self.products: Counter[str] = Counter()
        self.sites: Counter[str] = Counter()
        self.other_sites: Counter[str] = Counter()
        self.new_visitors = {unit: NewVisitors(unit) for unit in "MY"}
        self.lines = np.zeros((len(midnights(terms.zone)), len(RULES)), np.int64)
        self.faults = np.zeros(len(RULES), np.int64)
        self.first_seen: dict[int, tuple[int, int, int]] = {}
        self.lines_read: Counter[tuple[int, int]] = Counter()
        self.considered: Counter[int] = Counter()
        self.unread: Counter[int] = Counter()
        self.cut_files: set[int] = set()
        self.concentration = Concentration()
        self.forwarded = Forwarded()
        self._closed: range | None = None

    def add(self, hits: Hits, *, classes: Classes, days: Ints, chunk: Chunk) -> None:
        """Add a chunk's next block; raises `LateLine` when it has a line on a closed day."""
        if self._closed and _any_within(days, self._closed):
            raise LateLine
        self._count_lines(hits, days=days, rules=classes.rule, place=(chunk.position, chunk.begin))
        selections = classes.selections()
        self.concentration.add(classes, is_page=selections["people"])
        runs = gather(
            classes.visitor,
            seconds=hits.seconds,
            selected=np.stack([selections[name] for name in _SELECTIONS]),
            idle_seconds=self._terms.idle_seconds,
        )
        for name, found in zip(_SELECTIONS, runs, strict=True):
            self.runs[name].add(found)
        self._add_sites(classes, is_page=selections["people"])
        self._add_unlisted(hits.seconds, classes=classes, is_page=selections["people"])
        visitor, days_seen = days_touched(runs[_SELECTIONS.index("people")], zone=self._terms.zone)
        for new_visitors in self.new_visitors.values():
            new_visitors.add(visitor, days=days_seen)

    def _add_sites(self, classes: Classes, *, is_page: NDArray[np.bool_]) -> None:
        if classes.site.any():
            self.sites += classes.sites.count(classes.site[is_page])
            self.other_sites += classes.sites.count(-np.minimum(classes.site, 0))

    def _add_unlisted(self, seconds: Ints, *, classes: Classes, is_page: NDArray[np.bool_]) -> None:
        is_unlisted = is_page & (classes.product > 0)
        if is_unlisted.any():
            visitor, whole = classes.visitor[is_unlisted], np.ones((1, int(is_unlisted.sum())), bool)
            idle_seconds = self._terms.idle_seconds
            (found,) = gather(visitor, seconds=seconds[is_unlisted], selected=whole, idle_seconds=idle_seconds)
            self.unlisted.add(found)
            self.products += classes.products.count(classes.product[is_unlisted])

    def advance_watermark(self, day: int) -> None:
        """Let the watermark follow the input, now around `day`; closes the days behind it when enough is pending."""
        if self._closed is None:
            self._closed = range(day + _SLACK_DAYS + 1, day)
        parts: list[Runs | NewVisitors] = [*self.runs.values(), self.unlisted, *self.new_visitors.values()]
        if any(part.is_full for part in parts):
            self._closed = range(self._closed.start, max(self._closed.stop, day - _SLACK_DAYS))
            for part in parts:
                part.close(self._closed)

    def absorb(self, other: Counts) -> None:
        """Add another share's counts; raises `LateLine` when either has lines on a day the other has closed."""
        for one, two in ((self, other), (other, self)):
            if one._closed and _any_within(np.flatnonzero(two.lines.any(axis=1)), one._closed):
                raise LateLine
        for name, runs in other.runs.items():
            self.runs[name].absorb(runs)
        self.unlisted.absorb(other.unlisted)
        self.products.update(other.products)
        self.sites.update(other.sites)
        self.other_sites.update(other.other_sites)
        for unit, new_visitors in other.new_visitors.items():
            self.new_visitors[unit].absorb(new_visitors)
        self.lines += other.lines
        self.faults += other.faults
        self.lines_read.update(other.lines_read)
        self.considered.update(other.considered)
        self.unread.update(other.unread)
        self.cut_files |= other.cut_files
        self.concentration.absorb(other.concentration)
        self.forwarded.absorb(other.forwarded)
        for day, place in other.first_seen.items():
            self.first_seen[day] = min(place, self.first_seen.get(day, place))

    def first_line(self, day: int) -> tuple[int, int]:
        """The position of the file that holds a day's first line, and the line's number in it, from 1."""
        position, begin, before = self.first_seen[day]
        read = sum(count for (file, at), count in self.lines_read.items() if file == position and at < begin)
        return position, read + before + 1

    def _count_lines(self, hits: Hits, *, days: Ints, rules: Verdict, place: tuple[int, int]) -> None:
        before = self.lines_read[place]
        self.lines_read[place] += len(days) + hits.faults.total()
        for name, fault_count in hits.faults.items():
            self.faults[RULES.index(name)] += fault_count
        unread_count = sum(count for name, count in hits.faults.items() if OUTCOMES[name] == "quarantined")
        self.unread[place[0]] += unread_count
        self.considered[place[0]] += len(days) + unread_count
        if not len(days):
            return
        low, high = int(days.min()), int(days.max()) + 1
        counts = np.bincount((days - low) * len(RULES) + rules, minlength=(high - low) * len(RULES))
        per_day = counts.reshape(-1, len(RULES))
        self.lines[low:high] += per_day
        for day in (np.flatnonzero(per_day.any(axis=1)) + low).tolist():
            if self.first_seen.get(day, place) >= place:
                seen = (*place, before + int(hits.lines[days == day].min()))
                self.first_seen[day] = min(seen, self.first_seen.get(day, seen))


def count_share(share: Share, meter: Meter, *, is_over: Event) -> Counts:
    """The counts of a share's lines; incomplete when `is_over` is set meanwhile.

    Raises `LateLine` for a line on a day already closed, `DataRejected` for damaged gzip.
    """
    classify = Classifier(share.terms.own_networks, key=share.key, hosts=share.terms.hosts)
    checkpoint = ShareCheckpoint(share.checkpoints, share=replace(share, checkpoints=None))
    counts, begun, read_to, directive = _resumed(checkpoint) or (Counts(share.terms), 0, None, b"")
    meter.read(sum(map(_disk_bytes, share.chunks[:begun])))
    for nth, chunk in enumerate(share.chunks[begun:], start=begun):
        is_resumed = nth == begun and read_to is not None
        reader = LineReader(share.terms.lines, directive=directive if is_resumed else b"")
        with open_log(chunk, on_read=meter.read) as stream:
            if is_resumed and read_to is not None:
                stream.seek(read_to)
                meter.read(0 if is_packed(chunk.file) else read_to - chunk.begin)
            blocks = _blocks(stream, block_bytes=share.block_bytes, end=chunk.end)
            for number, (block, block_end, is_unended) in enumerate(blocks):
                if number % _SAMPLED_EVERY == 0 and not share.terms.picks_client:
                    sampler = LineReader(share.terms.lines, directive=reader.directive)
                    counts.forwarded.add(samples(block), reader=sampler, key=share.key)
                hits = reader.read(block)
                if is_unended and not len(hits.lines):
                    counts.cut_files.add(chunk.position)
                days = local_days(hits.seconds, zone=share.terms.zone)
                counts.add(hits, classes=classify(hits), days=days, chunk=chunk)
                meter.make(len(days) + hits.faults.total())
                if share.is_closing and len(days):
                    counts.advance_watermark(int(np.median(days)))
                checkpoint.save((counts, nth, block_end, reader.directive))
                if is_over.is_set():
                    return counts
    return counts


def _disk_bytes(chunk: Chunk) -> int:
    return (chunk.end or chunk.file.path.stat().st_size) - chunk.begin


def _resumed(checkpoint: ShareCheckpoint) -> tuple[Counts, int, int, bytes] | None:
    """The counts saved, the chunk they reach into, the next byte of its unpacked stream and the header line there."""
    state = checkpoint.load()
    return cast(tuple[Counts, int, int, bytes], state) if state else None


def _blocks(stream: BufferedIOBase, *, block_bytes: int, end: int | None) -> Iterator[tuple[memoryview, int, bool]]:
    """Blocks of whole lines with `ROOM` bytes of padding, in one reused buffer, each with its end in the stream.

    An overlong line is cut behind the first byte that is too many. A last line that nothing ends is a block of its
    own, which is said.
    """
    buffer = bytearray(LONGEST_LINE + 2 + block_bytes + ROOM)
    view = memoryview(buffer)
    left = None if end is None else end - stream.tell()
    kept = 0
    while count := stream.readinto(view[kept : kept + (block_bytes if left is None else min(left, block_bytes))]):
        left = None if left is None else left - count
        view[kept + count : kept + count + ROOM] = bytes(ROOM)
        cut = buffer.rfind(b"\n", kept, kept + count) + 1
        rest = kept + count - cut
        if cut:
            yield view[: cut + ROOM], stream.tell() - rest, False
        view[:rest] = view[cut : cut + rest]
        kept = min(rest, LONGEST_LINE + 1)
    if kept:
        view[kept : kept + 1 + ROOM] = b"\n" + bytes(ROOM)
        yield view[: kept + 1 + ROOM], stream.tell(), True


def _any_within(days: Ints, span: range) -> bool:
    return bool(np.any((days >= span.start) & (days < span.stop)))
