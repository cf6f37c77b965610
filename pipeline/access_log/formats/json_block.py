"""JSON access log lines to columns, many at once: the same rows as `read_any_line` gives.

Most lines of one server are alike but for their values, and are read so. Others, with escapes or headers of their own,
still hold the same parts at the same places: those are found in one line, and msgspec reads all lines that hold just
these; other lines may share other places, and the few that are left are read one by one.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kernels.access_log import LONGEST_LINE
from pipeline.access_log.formats.json_line import (
    END_SECOND,
    FIRST_SECOND,
    STATUSES,
    JsonNames,
    first_agent,
    is_whole,
    read_any_line,
    read_places,
    read_time,
)
from pipeline.access_log.formats.json_template import Form
from pipeline.access_log.formats.line import NO_AGENT
from pipeline.access_log.hits import Rows
from pipeline.access_log.texts import Texts

_MOST_KINDS = 4
_LINES_LOOKED_AT = 8
_LINES_AT_ONCE = 32
_OPEN, _CLOSE = b"{}"
_CANNOT_BE_READ = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TYPES: dict[str, Any] = {
    "address": Annotated[str, msgspec.Meta(min_length=1)],
    "time": str | int | float,
    "status": str | int,
    "agent": str | list[str],
}

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Fields = tuple[Ints, Ints]
Places = tuple[tuple[str, str], ...]
# Of each key of an object what stands there: a type, None for nothing, or an object's keys.
Tree = dict[str, Any]


def read_lines(data: Bytes, *, bounds: Fields, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """The hits among lines of any format, numbered from 0, and what is wrong with the others."""
    starts, ends = bounds
    rows: list[Rows] = []
    is_left = np.ones(len(starts), bool)
    tried: set[Places] = set()
    may_be_json = (data[starts] == _OPEN) & (data[ends - 1] == _CLOSE) & (ends - starts <= LONGEST_LINE)
    left = np.flatnonzero(may_be_json)
    while (alike := _read_alike(data, bounds=(starts[left], ends[left]), names=names)) is not None:
        rows.append(replace(alike, lines=left[alike.lines]))
        is_left[rows[-1].lines] = False
        left = left[is_left[left]]
        if len(rows) == _MOST_KINDS:
            break
    while len(tried) < _MOST_KINDS:
        sample = (_places_of(data[starts[n] : ends[n]].tobytes(), names=names) for n in left[:_LINES_LOOKED_AT])
        places = next((places for places in sample if places and places not in tried), None)
        if places is None:
            break
        tried.add(places)
        rows.append(_reader(places, names).read(data, bounds=bounds, numbers=left))
        is_left[rows[-1].lines] = False
        left = left[is_left[left]]
    others = {n: data[starts[n] : ends[n]].tobytes() for n in np.flatnonzero(is_left).tolist()}
    one_by_one, faults = Rows.of_read({number: read_any_line(line, names=names) for number, line in others.items()})
    return [*rows, one_by_one], faults


def _read_alike(data: Bytes, *, bounds: Fields, names: JsonNames) -> Rows | None:
    """The hits among lines that are of the form of one of the first; null when there are none."""
    first = zip(*(bound[:_LINES_LOOKED_AT].tolist() for bound in bounds), strict=True)
    forms = (Form.of(data[start:end].tobytes(), names=names) for start, end in first)
    form = next((form for form in forms if form is not None), None)
    rows = None if form is None else form.read(data, bounds=bounds)
    return rows if rows is not None and len(rows.lines) else None


def _places_of(line: bytes, *, names: JsonNames) -> Places:
    """Where the parts stand in a line; empty when one that is needed is missing."""
    found = read_places(line, names=names)
    return tuple(found[1].items()) if found and is_whole(found[1]) else ()


@lru_cache(64)
def _reader(places: Places, names: JsonNames) -> _Reader:
    return _Reader(dict(places), names=names)


class _Reader:
    """Reads lines in which each part stands at its place, and none at a place that comes before it."""

    def __init__(self, places: dict[str, str], *, names: JsonNames) -> None:
        tree = _tree(places, names=names)
        self._other_agent = NO_AGENT.decode() if "headers" not in places else ""
        self._decoder = msgspec.json.Decoder(_struct(tree))
        told = (part for part in places if part != "headers")
        self._columns = {part: attrgetter(_attribute(tree, places[part])) for part in told}

    def read(self, data: Bytes, *, bounds: Fields, numbers: Ints) -> Rows:
        """The hits among the lines of these numbers that can be read so, each from a brace to a brace."""
        view, is_read = data.data, np.ones(len(numbers), bool)
        records: list[msgspec.Struct] = []
        starts, ends = (bound[numbers] for bound in bounds)
        for first, end in _chunks(starts, ends=ends):
            read = self._read_chunk(view[starts[first] : ends[end - 1]], count=end - first)
            if read is None:
                one_by_one = [self._read_one(view[starts[n] : ends[n]]) for n in range(first, end)]
                is_read[first:end] = [record is not None for record in one_by_one]
                read = [record for record in one_by_one if record is not None]
            records += read
        if not records:
            return Rows.of([], lines=[])
        return self._rows(numbers[is_read], {part: [*map(get, records)] for part, get in self._columns.items()})

    def _read_chunk(self, lines: memoryview, *, count: int) -> list[msgspec.Struct] | None:
        """All lines at once, unless one of them cannot be read so.

        No value goes on from a line that ends in a brace to one that begins with one, so each line holds whole values:
        just one, if there are as many as lines.
        """
        try:
            read: list[msgspec.Struct] = self._decoder.decode_lines(lines)
        except _CANNOT_BE_READ:
            return None
        return read if len(read) == count else None

    def _read_one(self, line: memoryview) -> msgspec.Struct | None:
        try:
            record: msgspec.Struct = self._decoder.decode(line)
        except _CANNOT_BE_READ:
            return None
        return record

    def _rows(self, numbers: Ints, told: dict[str, list[Any]]) -> Rows:
        seconds, statuses = _read_times(told["time"]), _read_statuses(told["status"])
        agents = told.get("agent", [self._other_agent] * len(numbers))
        agents = agents if {*map(type, agents)} == {str} else [*map(first_agent, agents)]
        rows = Rows(numbers, seconds, statuses, _column(told["address"]), _asked(told), _column(agents))
        return rows.only((seconds > 0) & (statuses >= 0))


def _chunks(starts: Ints, *, ends: Ints) -> Iterator[tuple[int, int]]:
    """Lines that follow one another, so few that one in which something is wrong does not cost many the short way."""
    is_apart = starts[1:] != ends[:-1] + 1
    is_full = np.arange(1, len(starts)) % _LINES_AT_ONCE == 0
    bounds = [0, *(np.flatnonzero(is_apart | is_full) + 1).tolist(), len(starts)]
    return itertools.pairwise(bounds) if len(starts) else iter(())


def _column(texts: Sequence[str]) -> Texts:
    return Texts.of([text.encode() for text in texts])


def _read_statuses(told: Sequence[str | int]) -> Ints:
    """The statuses, -1 for what is none."""
    return np.array([STATUSES.get(status, -1) for status in told], np.int64)


def _asked(told: dict[str, list[Any]]) -> Texts:
    """The requests up to their queries."""
    requests = told.get("request") or map(" ".join, zip(told["method"], told["uri"], strict=True))
    return _column([request.partition("?")[0] for request in requests])


def _read_times(told: list[Any]) -> Ints:
    """Seconds since 1970, 0 where they cannot be read; all at once where all are written in one of the usual ways."""
    seconds = _read_epochs(told) if isinstance(told[0], (int, float)) else _read_moments(told)
    if seconds is not None and seconds.min() >= FIRST_SECOND and seconds.max() < END_SECOND:
        return seconds.astype(np.int64)
    return np.array([read_time(one) or 0 for one in told], np.int64)


def _read_epochs(told: list[Any]) -> NDArray[np.float64] | None:
    return np.array(told, np.float64) if {*map(type, told)} <= {int, float} else None


def _read_moments(told: list[Any]) -> Ints | None:
    import pyarrow as pa
    from pyarrow import compute as pc

    try:
        moments = pc.cast(pa.array(told, pa.string()), pa.timestamp("ns", "UTC"))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return np.asarray(moments.cast(pa.int64())) // 10**9


def _tree(places: dict[str, str], *, names: JsonNames) -> Tree:
    """The keys that must be there, and those that must not."""
    tree: Tree = {}
    for part, place in places.items():
        _plant(tree, place, {} if part == "headers" else _TYPES.get(part, str))
    for part, paths in ((part, getattr(names, part)) for part in JsonNames.__dataclass_fields__):
        is_needless = part in ("method", "uri") and "request" in places
        for path in () if is_needless else paths[: paths.index(places[part]) if part in places else None]:
            _plant(tree, path, None)
    return tree


def _plant(tree: Tree, path: str, what: object) -> None:
    """Put something at a place; nothing goes where something is, and makes no objects to be absent from."""
    key, _, rest = path.partition(".")
    if rest and what is None and key not in tree:
        tree[key] = None
    elif rest and isinstance(tree.setdefault(key, {}), dict):
        _plant(tree[key], rest, what)
    elif not rest:
        tree.setdefault(key, what)


def _struct(tree: Tree) -> type[msgspec.Struct]:
    fields = [
        (f"f{nth}", None, None) if what is None else (f"f{nth}", _struct(what) if isinstance(what, dict) else what)
        for nth, what in enumerate(tree.values())
    ]
    keys = {f"f{nth}": key for nth, key in enumerate(tree)}
    return msgspec.defstruct("Line", fields, rename=keys, kw_only=True, gc=False)


def _attribute(tree: Tree, path: str) -> str:
    key, _, rest = path.partition(".")
    name = f"f{[*tree].index(key)}"
    return f"{name}.{_attribute(tree[key], rest)}" if rest else name
