"""Many JSON lines to hits: by template where they match one, else with msgspec by the paths of the parts in a sample.

Lines with escapes or headers of their own still have the same parts at the same paths, which a typed msgspec decoder
reads. Lines that match no template and no paths are read one by one; all readers give what `read_any_line` gives.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kernels import words_of
from kernels.access_log import LONGEST_LINE
from kernels.json_lines import find_repeated_keys
from pipeline.access_log.formats.json_line import (
    END_SECOND,
    FIRST_SECOND,
    STATUSES,
    JsonNames,
    first_agent,
    is_whole,
    read_any_line,
    read_paths,
    read_time,
)
from pipeline.access_log.formats.json_template import JsonTemplate
from pipeline.access_log.hits import NO_AGENT, Rows
from pipeline.access_log.texts import Texts

_MOST_KINDS = 4
_SAMPLE_LINES = 8
_BATCH_LINES = 32
_OPEN, _CLOSE = b"{}"
_CANNOT_BE_READ = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TYPES: dict[str, Any] = {
    "address": Annotated[str, msgspec.Meta(min_length=1)],
    "time": str | int | float,
    "status": str | int,
    "agent": str | list[str],
    "host": str,
}

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Fields = tuple[Ints, Ints]
Paths = tuple[tuple[str, str], ...]
# For each key of an object its value's type, None when the key must be absent, or a nested object's tree.
Tree = dict[str, Any]


def read_lines(data: Bytes, *, bounds: Fields, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """The hits among lines of any format, numbered from 0, and counts of the other lines' faults."""
    starts, ends = bounds
    rows: list[Rows] = []
    is_left = np.ones(len(starts), bool)
    tried: set[Paths] = set()
    may_be_json = (data[starts] == _OPEN) & (data[ends - 1] == _CLOSE) & (ends - starts <= LONGEST_LINE)
    left = np.flatnonzero(may_be_json)
    while (matching := _match_template(data, bounds=(starts[left], ends[left]), names=names)) is not None:
        rows.append(replace(matching, lines=left[matching.lines]))
        is_left[rows[-1].lines] = False
        left = left[is_left[left]]
        if len(rows) == _MOST_KINDS:
            break
    while len(tried) < _MOST_KINDS:
        sample = (_paths_of(data[starts[n] : ends[n]].tobytes(), names=names) for n in left[:_SAMPLE_LINES])
        paths = next((paths for paths in sample if paths and paths not in tried), None)
        if paths is None:
            break
        tried.add(paths)
        rows.append(_reader(paths, names).read(data, bounds=bounds, numbers=left))
        is_left[rows[-1].lines] = False
        left = left[is_left[left]]
    others = {n: data[starts[n] : ends[n]].tobytes() for n in np.flatnonzero(is_left).tolist()}
    one_by_one, faults = Rows.split_faults(
        {number: read_any_line(line, names=names) for number, line in others.items()}
    )
    return [*rows, one_by_one], faults


def _match_template(data: Bytes, *, bounds: Fields, names: JsonNames) -> Rows | None:
    """The hits among lines that match the template of one of the first; null when there are none."""
    first = zip(*(bound[:_SAMPLE_LINES].tolist() for bound in bounds), strict=True)
    templates = (JsonTemplate.of(data[start:end].tobytes(), names=names) for start, end in first)
    template = next((template for template in templates if template is not None), None)
    rows = None if template is None else template.read(data, bounds=bounds)
    return rows if rows is not None and len(rows.lines) else None


def _paths_of(line: bytes, *, names: JsonNames) -> Paths:
    """The paths of the parts in a line; empty when a needed one is missing."""
    found = read_paths(line, names=names)
    return tuple(found[1].items()) if found and is_whole(found[1]) else ()


@lru_cache(64)
def _reader(paths: Paths, names: JsonNames) -> _PathsReader:
    return _PathsReader(dict(paths), names=names)


class _PathsReader:
    """Reads lines in which each part is at its path, and no part at a path that would take precedence."""

    def __init__(self, paths: dict[str, str], *, names: JsonNames) -> None:
        tree = _tree(paths, names=names)
        self._other_agent = NO_AGENT.decode() if "headers" not in paths else ""
        self._decoder = msgspec.json.Decoder(_struct(tree))
        parts = (part for part in paths if part != "headers")
        self._columns = {part: attrgetter(_attribute(tree, paths[part])) for part in parts}
        self._keys = _packed(names.keys)

    def read(self, data: Bytes, *, bounds: Fields, numbers: Ints) -> Rows:
        """The hits among the lines of these numbers, which begin and end with a brace; others are left out."""
        is_repeated = np.zeros(len(numbers), bool)
        find_repeated_keys(data, words_of(data), (bounds[0][numbers], bounds[1][numbers]), self._keys, is_repeated)
        numbers = numbers[~is_repeated]
        view, is_read = data.data, np.ones(len(numbers), bool)
        records: list[msgspec.Struct] = []
        starts, ends = (bound[numbers] for bound in bounds)
        for first, end in _batches(starts, ends=ends):
            read = self._read_batch(view[starts[first] : ends[end - 1]], count=end - first)
            if read is None:
                one_by_one = [self._read_one(view[starts[n] : ends[n]]) for n in range(first, end)]
                is_read[first:end] = [record is not None for record in one_by_one]
                read = [record for record in one_by_one if record is not None]
            records += read
        if not records:
            return Rows.of([], lines=[])
        return self._rows(numbers[is_read], {part: [*map(get, records)] for part, get in self._columns.items()})

    def _read_batch(self, lines: memoryview, *, count: int) -> list[msgspec.Struct] | None:
        """The records of consecutive lines in one call; null when one of them cannot be decoded.

        No value spans a line that ends in a brace and one that begins with one, so each line holds whole values:
        exactly one when there are as many values as lines.
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

    def _rows(self, numbers: Ints, values: dict[str, list[Any]]) -> Rows:
        seconds, statuses = _read_times(values["time"]), _read_statuses(values["status"])
        agents = values.get("agent", [self._other_agent] * len(numbers))
        agents = agents if {*map(type, agents)} == {str} else [*map(first_agent, agents)]
        hosts = _column(values["host"]) if "host" in values else None
        rows = Rows(numbers, seconds, statuses, _column(values["address"]), _requests(values), _column(agents), hosts)
        return rows.only((seconds > 0) & (statuses >= 0))


def _packed(keys: Iterable[str]) -> tuple[Words, Words, Ints]:
    """Keys in the layout that the kernel takes."""
    names = [key.encode() for key in sorted(keys)]
    ends, masks = (
        [part[-8:].ljust(8, b"\0") for part in parts] for parts in (names, [b"\xff" * len(n) for n in names])
    )
    lengths = np.array([*map(len, names)], np.int64)
    return np.frombuffer(b"".join(ends), np.uint64), np.frombuffer(b"".join(masks), np.uint64), lengths


def _batches(starts: Ints, *, ends: Ints) -> Iterator[tuple[int, int]]:
    """Batches of consecutive lines, small because one line that cannot be decoded makes its batch slow."""
    is_apart = starts[1:] != ends[:-1] + 1
    is_full = np.arange(1, len(starts)) % _BATCH_LINES == 0
    bounds = [0, *(np.flatnonzero(is_apart | is_full) + 1).tolist(), len(starts)]
    return itertools.pairwise(bounds) if len(starts) else iter(())


def _column(texts: Sequence[str]) -> Texts:
    return Texts.of([text.encode() for text in texts])


def _read_statuses(values: Sequence[str | int]) -> Ints:
    """The statuses, -1 for values that are none."""
    return np.array([STATUSES.get(status, -1) for status in values], np.int64)


def _requests(values: dict[str, list[Any]]) -> Texts:
    """The requests without their queries."""
    requests = values.get("request") or map(" ".join, zip(values["method"], values["uri"], strict=True))
    return _column([request.partition("?")[0] for request in requests])


def _read_times(values: list[Any]) -> Ints:
    """Seconds since 1970, 0 where they cannot be read; vectorised where all are epochs or ISO 8601."""
    seconds = _read_epochs(values) if isinstance(values[0], (int, float)) else _read_moments(values)
    if seconds is not None and seconds.min() >= FIRST_SECOND and seconds.max() < END_SECOND:
        return seconds.astype(np.int64)
    return np.array([read_time(value) or 0 for value in values], np.int64)


def _read_epochs(values: list[Any]) -> NDArray[np.float64] | None:
    return np.array(values, np.float64) if {*map(type, values)} <= {int, float} else None


def _read_moments(values: list[Any]) -> Ints | None:
    import pyarrow as pa
    from pyarrow import compute as pc

    try:
        moments = pc.cast(pa.array(values, pa.string()), pa.timestamp("ns", "UTC"))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return np.asarray(moments.cast(pa.int64())) // 10**9


def _tree(paths: dict[str, str], *, names: JsonNames) -> Tree:
    """The keys that must be present with their types, and those that must be absent."""
    tree: Tree = {}
    for part, path in paths.items():
        _insert(tree, path, {} if part == "headers" else _TYPES.get(part, str))
    for part, known in ((part, getattr(names, part)) for part in JsonNames.__dataclass_fields__):
        is_needless = part in ("method", "uri") and "request" in paths
        for path in () if is_needless else known[: known.index(paths[part]) if part in paths else None]:
            _insert(tree, path, None)
    return tree


def _insert(tree: Tree, path: str, kind: object) -> None:
    """Add a type, or absence, at a path; what is there already stays, and absence creates no nested object."""
    key, _, rest = path.partition(".")
    if rest and kind is None and key not in tree:
        tree[key] = None
    elif rest and isinstance(tree.setdefault(key, {}), dict):
        _insert(tree[key], rest, kind)
    elif not rest:
        tree.setdefault(key, kind)


def _struct(tree: Tree) -> type[msgspec.Struct]:
    fields = [
        (f"f{nth}", None, None) if kind is None else (f"f{nth}", _struct(kind) if isinstance(kind, dict) else kind)
        for nth, kind in enumerate(tree.values())
    ]
    keys = {f"f{nth}": key for nth, key in enumerate(tree)}
    return msgspec.defstruct("Line", fields, rename=keys, kw_only=True, gc=False)


def _attribute(tree: Tree, path: str) -> str:
    key, _, rest = path.partition(".")
    name = f"f{[*tree].index(key)}"
    return f"{name}.{_attribute(tree[key], rest)}" if rest else name
