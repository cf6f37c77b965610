"""A file's blocks to hits by what is declared, or by what the file says itself of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from connectors.log_format import FIELDS_DIRECTIVE, STANDARD, WRAPPERS, LineFormat, formats_of, w3c_formats
from kernels import Bytes, Ints, words_of
from kernels.access_log import ROOM
from kernels.log_fields import find_lines
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.clients import AreTrusted, find_clients
from pipeline.access_log.formats.declared_block import DeclaredFormat
from pipeline.access_log.formats.json_line import KNOWN_NAMES, JsonNames
from pipeline.access_log.formats.wrapped import unwrap
from pipeline.access_log.hits import Hits, Rows
from pipeline.access_log.networks import Networks
from pipeline.access_log.texts import Texts

_HASH, _BRACE = b"#{"
_BLANKS = b" \t\r"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class LineTerms:
    """How lines are read.

    `log_format` are format strings or known names, none for what lines tell themselves. `picks_client` says that the
    client is the last address of a list which is none of `trusted_proxies`. `clock_zone` is that of times without an
    offset; those of the W3C format are in UTC unless `clock_is_declared`.
    """

    names: JsonNames = KNOWN_NAMES
    log_format: tuple[str, ...] = ()
    picks_client: bool = False
    trusted_proxies: tuple[str, ...] = ()
    clock_zone: ZoneInfo = _UTC
    clock_is_declared: bool = False

    @property
    def formats(self) -> tuple[str, ...]:
        """The declared formats without wrappers; where only the client is, the common one with a forwarded address."""
        own = tuple(text for text in self.log_format if text not in WRAPPERS)
        return own or (("main",) if self.picks_client else ())

    @property
    def wrappers(self) -> tuple[str, ...]:
        """What lines are wrapped in, the outer one first."""
        return tuple(text for text in self.log_format if text in WRAPPERS)


class LineReader:
    """Reads the blocks of one file in their order, on one thread; `directive` is the `#Fields:` line that holds."""

    def __init__(self, terms: LineTerms, *, directive: bytes = b"") -> None:
        self.directive = directive
        self._terms = terms
        self._are_trusted = Networks(terms.trusted_proxies).are_inside if terms.trusted_proxies else None
        self._declared = tuple(
            reader for text in terms.formats for reader in self._readers(formats_of(text), zone=self._zone_of(text))
        )
        self._self_described: dict[bytes, tuple[DeclaredFormat, ...]] = {b"": ()}
        self._faults: Counter[str] = Counter()

    def read(self, block: bytes | memoryview) -> Hits:
        """The hits and faults of a block of whole lines, with padding when it is a view (as `read_block`)."""
        terms = self._terms
        if not terms.log_format and not terms.picks_client and not self.directive and block[0] != _HASH:
            return read_block(block, names=terms.names)
        for wrapper in terms.wrappers:
            block = unwrap(block if isinstance(block, bytes) else bytes(block[:-ROOM]), wrapper=wrapper)
        if isinstance(block, bytes):
            block = memoryview(bytearray(block) + bytes(ROOM))
        data = np.frombuffer(block, np.uint8)
        size = len(data) - ROOM
        bounds = np.empty((2, size + 1), np.int64)
        bounds = bounds[:, : find_lines(data, words_of(data), size, bounds)]
        self._faults = Counter()
        rows = [
            part for numbers, lines in self._segments(data, bounds) for part in self._read(data, bounds, numbers, lines)
        ]
        return Hits(tuple(part for part in rows if len(part.lines)) or (Rows.of([], lines=[]),), self._faults)

    def _segments(self, data: Bytes, bounds: Ints) -> list[tuple[Ints, tuple[DeclaredFormat, ...]]]:
        """The numbers of lines between header lines, with the formats they may have."""
        numbers = np.arange(bounds.shape[1])
        is_self_describing = bool(self.directive) or data[0] == _HASH
        if not is_self_describing:
            return [(numbers, self._declared)]
        heads = np.flatnonzero(data[bounds[0]] == _HASH)
        self._faults["header_line"] += len(heads)
        segments = []
        for begin, end in zip([-1, *heads.tolist()], [*heads.tolist(), len(numbers)], strict=True):
            if begin >= 0:
                line = data[bounds[0, begin] : bounds[1, begin]].tobytes()
                self.directive = line if line.startswith(FIELDS_DIRECTIVE.encode()) else self.directive
            segments.append((numbers[begin + 1 : end], self._formats_told() or self._declared))
        return segments

    def _formats_told(self) -> tuple[DeclaredFormat, ...]:
        """The formats that the header line tells; none without one, or when it lacks a needed column."""
        if self.directive not in self._self_described:
            told = w3c_formats(self.directive.decode("utf-8", "replace"))
            whole = [line for line in told if not line.lacks]
            self._self_described[self.directive] = self._readers(whole, zone=self._zone_of(FIELDS_DIRECTIVE))
        return self._self_described[self.directive]

    def _zone_of(self, text: str) -> ZoneInfo:
        is_utc = text.startswith(FIELDS_DIRECTIVE) and not self._terms.clock_is_declared
        return _UTC if is_utc else self._terms.clock_zone

    def _readers(self, lines: Iterable[LineFormat], *, zone: ZoneInfo) -> tuple[DeclaredFormat, ...]:
        picks_client, are_trusted = self._terms.picks_client, self._are_trusted
        return tuple(
            DeclaredFormat(line, zone=zone, picks_client=picks_client, are_trusted=are_trusted) for line in lines
        )

    def _read(self, data: Bytes, bounds: Ints, numbers: Ints, formats: tuple[DeclaredFormat, ...]) -> list[Rows]:
        rows = []
        for line in formats:
            found, bad, others = line.read(data, bounds=(bounds[0, numbers], bounds[1, numbers]))
            self._faults["bad_time"] += len(bad)
            rows.append(replace(found, lines=numbers[found.lines]))
            numbers = numbers[others]
        return [*rows, *self._read_others(data, bounds, numbers, is_standard=not formats)]

    def _read_others(self, data: Bytes, bounds: Ints, numbers: Ints, *, is_standard: bool) -> list[Rows]:
        """Lines of no declared format: JSON, common and combined where they are allowed, blank ones, faults."""
        is_standard |= any(text in STANDARD for text in self._terms.formats)
        begins, ends = bounds[:, numbers]
        is_json = data[begins] == _BRACE
        is_read = is_json | is_standard
        if not is_read.all():
            blank_count = sum(
                not data[b:e].tobytes().strip(_BLANKS) for b, e in zip(begins[~is_read], ends[~is_read], strict=True)
            )
            self._faults += Counter(blank_line=blank_count, malformed_line=int((~is_read).sum()) - blank_count)
        lines = numbers[is_read]
        if not len(lines):
            return []
        hits = _read_apart(data, bounds[:, lines], names=self._terms.names)
        self._faults += hits.faults
        rows = [replace(part, lines=lines[part.lines]) for part in hits.rows]
        return [_with_clients(part, self._are_trusted) for part in rows] if self._terms.picks_client else rows


def _read_apart(data: Bytes, bounds: Ints, *, names: JsonNames) -> Hits:
    """The hits of some lines, numbered from 0."""
    begins, ends = bounds
    return read_block(b"".join(data[b:e].tobytes() + b"\n" for b, e in zip(begins, ends, strict=True)), names=names)


def _with_clients(rows: Rows, are_trusted: AreTrusted | None) -> Rows:
    """Rows whose addresses are lists of them, each with its client."""
    spans = (rows.addresses.begins.astype(np.int32), rows.addresses.ends.astype(np.int32))
    begins, ends = find_clients(rows.addresses.data, peers=None, lists=spans, are_trusted=are_trusted)
    addresses = Texts(rows.addresses.data, begins.astype(np.int64), ends.astype(np.int64))
    return replace(rows, addresses=addresses)
