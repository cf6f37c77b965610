"""Records of event logs in XES (IEEE 1849): one for each event, with the attributes of its trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from connectors.errors import DataRejected
from connectors.numerals import counted_en
from connectors.object_records import REPEATED_KEY, WantedKeys
from connectors.records import RawFile, Record, open_bytes

CASE_PREFIX = "case:"
_BLOCK_BYTES = 1 << 20
# What one event or trace may take: so many blocks, events and levels.
_MOST_BLOCKS, _MOST_EVENTS, _DEEPEST = 16, 200_000, 200
_VALUES = ("string", "date", "int", "float", "boolean", "id")

Event = tuple[bool, dict[str, str]]


def event_records(file: RawFile, *, columns: tuple[str, ...], wanted: WantedKeys | None = None) -> Iterator[Record]:
    """Number, problem and texts of each event; columns are keys of the event, or `case:` and a key of its trace.

    Attributes within attributes, lists and those of the whole log are not read. An event in which, or in whose trace, a
    key stands twice has the problem `repeated_key`. Traces without events are remarked. Raises `DataRejected` for what
    is no whole XES or declares a document type, and `SourceChanged` when no event has a column asked for.
    """
    keys = WantedKeys(columns) if wanted is None else wanted
    log = _Log()
    for number, (has_repeat, attributes) in enumerate(_events(file, log), start=1):
        texts = keys.texts(attributes, columns)
        yield (number, REPEATED_KEY, *(None for _ in columns)) if has_repeat else (number, None, *texts)
    if log.empty_traces_count:
        file.remark(
            "traces_without_events",
            id=f"{log.empty_traces_count} jejak (trace) tanpa kejadian tidak terbaca sebagai baris.",
            en=f"no rows come of {counted_en(log.empty_traces_count, 'trace', 'traces')} without events.",
        )
    if wanted is None:
        keys.refuse_absent(file.name)


def _events(file: RawFile, log: _Log) -> Iterator[Event]:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = log.start, log.end
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.buffer_text = True
    blocks_count = ends_count = 0
    try:
        with open_bytes(file) as stream:
            while block := stream.read(_BLOCK_BYTES):
                parser.Parse(block, False)
                yield from log.taken()
                blocks_count = blocks_count + 1 if log.ends_count == ends_count else 0
                ends_count = log.ends_count
                if blocks_count > _MOST_BLOCKS or log.is_too_large:
                    raise _too_large(file, parser.CurrentLineNumber)
        parser.Parse(b"", True)
    except (expat.ExpatError, _NoEventLog):
        line = parser.CurrentLineNumber
        raise DataRejected(
            id=f"{file.name}: bukan XES yang utuh (baris {line}). Ekspor ulang secara utuh sebagai XES.",
            en=f"{file.name}: no whole XES (line {line}). Export it again in full as XES.",
        ) from None


def _too_large(file: RawFile, line: int) -> DataRejected:
    return DataRejected(
        id=f"{file.name}: di sekitar baris {line} ada satu kejadian, jejak, atau sarang unsur yang terlalu besar; ini "
        "bukan log kejadian. Ekspor ulang dari sistem asalnya.",
        en=f"{file.name}: near line {line} one event, trace or nest of elements is too large; this is no event log. "
        "Export it again from the system it comes from.",
    )


class _NoEventLog(ValueError):
    """The document is another than an event log, or declares what could expand without bound."""


def _refuse_document_type(*_: Any) -> None:  # noqa: ANN401 what expat tells of it
    raise _NoEventLog


class _Log:
    """What a parser has found of a log: the events of whole traces, until they are taken."""

    def __init__(self) -> None:
        self.empty_traces_count = 0
        self.ends_count = 0
        self._found: list[Event] = []
        self._path: list[str] = []
        self._trace: Event = (False, {})
        self._event: Event = (False, {})
        self._events: list[Event] = []

    @property
    def is_too_large(self) -> bool:
        """Whether more is held of one trace, or nested in each other, than any event log has."""
        return len(self._events) > _MOST_EVENTS or len(self._path) > _DEEPEST

    def taken(self) -> list[Event]:
        """The events found since the last call, each with the attributes of its trace."""
        found, self._found = self._found, []
        return found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a trace or an event, or note an attribute that stands directly in one."""
        name, above = tag.rpartition(":")[2], self._path[-1] if self._path else ""
        if not self._path and name != "log":
            raise _NoEventLog
        if name == "trace":
            self._trace, self._events = (False, {}), []
        elif name == "event":
            self._event = (False, {})
        elif name in _VALUES and above == "trace":
            self._trace = _with_attribute(self._trace, CASE_PREFIX, attributes)
        elif name in _VALUES and above == "event":
            self._event = _with_attribute(self._event, "", attributes)
        self._path.append(name)

    def end(self, _: str) -> None:
        """End a trace, whose events are then whole, or an event."""
        name = self._path.pop()
        self.ends_count += name in ("event", "trace")
        if name == "event" and self._path[-1] == "trace":
            self._events.append(self._event)
        elif name == "event":
            self._found.append(self._event)
        elif name == "trace":
            self.empty_traces_count += not self._events
            has_repeat, of_trace = self._trace
            self._found += [(repeats or has_repeat, of_trace | event) for repeats, event in self._events]


def _with_attribute(item: Event, prefix: str, attributes: dict[str, str]) -> Event:
    has_repeat, found = item
    key = prefix + attributes.get("key", "")
    has_repeat |= key in found
    found[key] = attributes.get("value", "")
    return has_repeat, found
