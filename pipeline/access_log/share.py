"""One thread's share of the access logs: stretches of files read and counted, ready to be added to the others'."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import numpy as np
from isal.igzip import IGzipFile
from isal.isal_zlib import IsalError
from numpy.typing import NDArray

from connectors.counted_file import OnRead, open_counted
from connectors.errors import DataRejected
from kernels.access_log import LONGEST_LINE, ROOM
from pipeline.access_log.checkpoints import Checkpoints, Notes
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.json_line import KNOWN_NAMES, JsonNames
from pipeline.access_log.hits import Hits
from pipeline.access_log.rules import RULES, Classes, Classifier
from pipeline.access_log.sessions import NewVisitors, Runs, days_touched, gather, local_days, midnights
from pipeline.access_log.texts import Verdict
from pipeline.progress import Meter

if TYPE_CHECKING:
    from pipeline.config import City, Source

_GZIP_MAGIC = b"\x1f\x8b"

_CHOICES = ("people", "bots", "redirects", "all")
_SLACK_DAYS = 1

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class LogFile:
    """One log file, plain or gzip (told apart by its first bytes)."""

    file_id: str
    path: Path


@dataclass(frozen=True)
class LogTerms:
    """What counting depends on besides the lines.

    `own_networks` are the city's own CIDR ranges, `json_names` say where the parts of a hit stand in JSON lines.
    """

    zone: ZoneInfo
    portal_id: str
    own_networks: tuple[str, ...] = ()
    idle_seconds: int = 1800
    json_names: JsonNames = KNOWN_NAMES

    @classmethod
    def of(cls, city: City, source: Source) -> LogTerms:
        """What a city's YAML sets for a source."""
        fields = source.fields.model_dump(exclude_none=True) if source.fields else {}
        names = KNOWN_NAMES.declared(fields)
        return cls(city.zone_info, source.portal_id, own_networks=source.own_networks, json_names=names)


@dataclass(frozen=True)
class Stretch:
    """Whole lines of a file, by byte; `position` is the file's place in the caller's order, from 1."""

    file: LogFile
    position: int
    begin: int = 0
    end: int | None = None


@dataclass(frozen=True)
class Share:
    """What one thread is to count; `is_settling` asks it to forget the days that its lines have left behind.

    `checkpoints` is where it notes how far it is, to go on from there when it is asked again.
    """

    stretches: tuple[Stretch, ...]
    terms: LogTerms
    key: bytes
    block_bytes: int
    is_settling: bool = True
    checkpoints: Checkpoints | None = None


class LateLine(Exception):
    """A line of a day already settled: everything has to be counted again without settling."""


class Counts:
    """What is remembered of lines: runs of four choices, first days of visitors, lines per day and rule.

    `first_seen` has a day's first line: the file's position, its stretch's first byte, lines before it in the stretch.
    `lines_read` has the lines of each stretch.
    """

    def __init__(self, terms: LogTerms) -> None:
        self._terms = terms
        self.runs = {name: Runs(terms.idle_seconds, zone=terms.zone) for name in _CHOICES}
        self.new_visitors = {unit: NewVisitors(unit) for unit in "MY"}
        self.lines = np.zeros((len(midnights(terms.zone)), len(RULES)), np.int64)
        self.faults = np.zeros(len(RULES), np.int64)
        self.first_seen: dict[int, tuple[int, int, int]] = {}
        self.lines_read: Counter[tuple[int, int]] = Counter()
        self._settled: range | None = None

    def add(self, hits: Hits, *, classes: Classes, days: Ints, stretch: Stretch) -> None:
        """Take the next lines of a stretch."""
        if self._settled and _any_within(days, self._settled):
            raise LateLine
        self._count_lines(hits, days=days, rules=classes.rule, place=(stretch.position, stretch.begin))
        choices = classes.choices()
        runs = gather(
            classes.visitor,
            seconds=hits.seconds,
            chosen=np.stack([choices[name] for name in _CHOICES]),
            idle_seconds=self._terms.idle_seconds,
        )
        for name, found in zip(_CHOICES, runs, strict=True):
            self.runs[name].add(found)
        visitor, days_seen = days_touched(runs[_CHOICES.index("people")], zone=self._terms.zone)
        for new_visitors in self.new_visitors.values():
            new_visitors.add(visitor, days=days_seen)

    def settle(self, day: int) -> None:
        """Forget what lines can no longer change that come now, around `day`, or came before the first ones."""
        if self._settled is None:
            self._settled = range(day + _SLACK_DAYS + 1, day)
        parts: list[Runs | NewVisitors] = [*self.runs.values(), *self.new_visitors.values()]
        if any(part.is_full for part in parts):
            self._settled = range(self._settled.start, max(self._settled.stop, day - _SLACK_DAYS))
            for part in parts:
                part.settle(self._settled)

    def absorb(self, other: Counts) -> None:
        """Take what another share has counted; `LateLine` when one has lines of a day the other has settled."""
        for one, two in ((self, other), (other, self)):
            if one._settled and _any_within(np.flatnonzero(two.lines.any(axis=1)), one._settled):
                raise LateLine
        for name, runs in other.runs.items():
            self.runs[name].absorb(runs)
        for unit, new_visitors in other.new_visitors.items():
            self.new_visitors[unit].absorb(new_visitors)
        self.lines += other.lines
        self.faults += other.faults
        self.lines_read.update(other.lines_read)
        for day, place in other.first_seen.items():
            self.first_seen[day] = min(place, self.first_seen.get(day, place))

    def first_line(self, day: int) -> tuple[int, int]:
        """The position of the file with the first line of a day, and the line's number in it."""
        position, begin, before = self.first_seen[day]
        read = sum(count for (file, at), count in self.lines_read.items() if file == position and at < begin)
        return position, read + before + 1

    def _count_lines(self, hits: Hits, *, days: Ints, rules: Verdict, place: tuple[int, int]) -> None:
        before = self.lines_read[place]
        self.lines_read[place] += len(days) + hits.faults.total()
        for name, fault_count in hits.faults.items():
            self.faults[RULES.index(name)] += fault_count
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
    """Count the lines of a share, or those up to the moment when nobody wants to know any more.

    May raise `LateLine` when it is settling, and `DataRejected` for damaged gzip.
    """
    classify = Classifier(share.terms.own_networks, key=share.key)
    notes = Notes(share.checkpoints, share=replace(share, checkpoints=None))
    counts, begun, read_to = _resumed(notes) or (Counts(share.terms), 0, None)
    meter.read(sum(map(_disk_bytes, share.stretches[:begun])))
    for nth, stretch in enumerate(share.stretches[begun:], start=begun):
        with open_log(stretch, on_read=meter.read) as stream:
            if nth == begun and read_to is not None:
                stream.seek(read_to)
                meter.read(0 if is_gzip(stretch.file.path) else read_to - stretch.begin)
            for block, block_end in _blocks(stream, block_bytes=share.block_bytes, end=stretch.end):
                hits = read_block(block, names=share.terms.json_names)
                days = local_days(hits.seconds, zone=share.terms.zone)
                counts.add(hits, classes=classify(hits), days=days, stretch=stretch)
                meter.make(len(days) + hits.faults.total())
                if share.is_settling and len(days):
                    counts.settle(int(np.median(days)))
                notes.note((counts, nth, block_end))
                if is_over.is_set():
                    return counts
    return counts


def _disk_bytes(stretch: Stretch) -> int:
    return (stretch.end or stretch.file.path.stat().st_size) - stretch.begin


def _resumed(notes: Notes) -> tuple[Counts, int, int] | None:
    """Counts as far as they were noted, with the stretch and the byte in it (unpacked) from where to go on."""
    noted = notes.last()
    return cast(tuple[Counts, int, int], noted) if noted else None


def is_gzip(path: Path) -> bool:
    """Whether a file is gzip, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


@contextmanager
def open_log(stretch: Stretch, *, on_read: OnRead | None = None) -> Iterator[BufferedIOBase]:
    """The file from the stretch's first byte on, unpacked."""
    with open_counted(stretch.file.path, on_read) as raw:
        raw.seek(stretch.begin)
        try:
            yield IGzipFile(fileobj=raw) if is_gzip(stretch.file.path) else raw
        except (EOFError, gzip.BadGzipFile, IsalError) as fault:  # type: ignore[misc]
            where = f"{stretch.position} ({stretch.file.file_id})"
            raise DataRejected(
                id=f"Log akses: berkas ke-{where} rusak atau terpotong; gzip-nya tidak utuh sekitar bita "
                f"{raw.tell():,}. Salin ulang berkas itu dari server.",
                en=f"Access log: file number {where} is damaged or cut off; its gzip stream breaks near byte "
                f"{raw.tell():,}. Copy the file from the server again.",
            ) from fault


def _blocks(stream: BufferedIOBase, *, block_bytes: int, end: int | None) -> Iterator[tuple[memoryview, int]]:
    """Whole lines and `ROOM` bytes more, a few MiB at once, in one buffer, and the byte of the stream after them.

    Of an overlong line there is only as much as shows that it is one.
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
            yield view[: cut + ROOM], stream.tell() - rest
        view[:rest] = view[cut : cut + rest]
        kept = min(rest, LONGEST_LINE + 1)
    if kept:
        view[kept : kept + 1 + ROOM] = b"\n" + bytes(ROOM)
        yield view[: kept + 1 + ROOM], stream.tell()


def _any_within(days: Ints, span: range) -> bool:
    return bool(np.any((days >= span.start) & (days < span.stop)))
