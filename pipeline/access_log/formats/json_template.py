"""JSON access log lines that are alike but for their values, as most of one server are, read without being parsed.

One line that is parsed tells where the values are and what they mean; a line of which anything else differs from it, or
in which a value is not plain, is left to be read in another way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from kernels import Bytes, Flags, Ints, Places, Words, words_of
from kernels.access_log import ROOM
from kernels.json_lines import cut_at, join_texts, read_alike, read_statuses
from kernels.texts import gather_texts
from pipeline.access_log.formats.json_line import (
    END_SECOND,
    FIRST_SECOND,
    JsonNames,
    is_whole,
    read_places,
    read_time,
    value_at,
)
from pipeline.access_log.formats.line import NO_AGENT
from pipeline.access_log.hits import Rows
from pipeline.access_log.texts import Texts

# A text, which is a key where a colon follows, or a number.
_TOKEN = re.compile(rb'"([^"]*)"(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)')
_TEXT, _KEY, _NUMBER = 1, 2, 3
_QUESTION, _SPACE = b"? "


@dataclass(frozen=True)
class Form:
    """What lines have in common: the text `between` their values, and in which value each part of a hit stands.

    `between` is as `read_alike` has it; `agent` is that of lines in which no value tells it.
    """

    between: tuple[Words, Words, Ints]
    is_number: Flags
    values: Mapping[str, int]
    agent: bytes

    @classmethod
    def of(cls, line: bytes, *, names: JsonNames) -> Form | None:
        """The form of a line; null when the line lacks a part, or is not plain itself."""
        read = None if b"\\" in line or not line.isascii() else read_places(line, names=names)
        if read is None:
            return None
        record, places = read
        # A status is a whole number; what is broken in this line might be whole in another.
        is_broken = any(isinstance(value_at(record, path), float) for path in names.status)
        if is_broken or not is_whole(places):
            return None
        values = [found for found in _TOKEN.finditer(line) if not found[_KEY]]
        spans = [found.span(_TEXT if found[_NUMBER] is None else _NUMBER) for found in values]
        begins, ends = [begin for begin, _ in spans], [end for _, end in spans]
        pieces = [line[begin:end] for begin, end in zip([0, *ends], [*begins, len(line)], strict=True)]
        numbered = b"".join(b"%b%d" % (piece, nth) for nth, piece in enumerate(pieces[:-1])) + pieces[-1]
        numbers = json.loads(numbered)
        told = {part: _number_at(numbers, place) for part, place in places.items() if part != "headers"}
        return cls(
            _between(pieces),
            np.array([found[_NUMBER] is not None for found in values], bool),
            {part: number for part, number in told.items() if number is not None},
            b"" if {"agent", "headers"} & places.keys() else NO_AGENT,
        )

    def read(self, data: Bytes, *, bounds: tuple[Ints, Ints]) -> Rows:
        """The hits among the lines, given by begins and ends, that are of this form."""
        parts = [*self.values]
        wanted = np.full(len(self.is_number), -1)
        wanted[[self.values[part] for part in parts]] = np.arange(len(parts))
        spans, read = np.empty((2, len(parts), len(bounds[0])), np.int32), np.empty(len(bounds[0]), np.int64)
        count = read_alike(words_of(data), bounds, self.between, self.is_number, wanted, spans, read)
        if not count:
            return Rows.of([], lines=[])
        told = {part: spans[:, nth, :count] for nth, part in enumerate(parts)}
        statuses = np.empty(count, np.int64)
        read_statuses(data, told["status"][0], told["status"][1], statuses)
        agents = _stretches(data, told["agent"]) if "agent" in told else _all_the_same(self.agent, count)
        rows = Rows(
            read[:count],
            self._seconds(data, told["time"]),
            statuses,
            _stretches(data, told["address"]),
            _asked(data, told),
            agents,
        )
        has_address = told["address"][1] > told["address"][0]
        return rows.only((rows.seconds > 0) & (statuses >= 0) & has_address)

    def _seconds(self, data: Bytes, spans: Places) -> Ints:
        """Seconds since 1970, 0 where the time cannot be read; all at once where all are moments of ISO 8601."""
        begins, content = gather_texts(data, spans[0], spans[1])
        texts = pa.LargeStringArray.from_buffers(len(begins) - 1, pa.py_buffer(begins), pa.py_buffer(content))
        if self.is_number[self.values["time"]]:
            return _each_once(texts, is_number=True)
        try:
            moments = pc.cast(texts, pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            return _each_once(texts, is_number=False)
        seconds = moments // 10**9
        is_usual = seconds.min() >= FIRST_SECOND and seconds.max() < END_SECOND
        return np.asarray(seconds) if is_usual else _each_once(texts, is_number=False)


def _each_once(texts: pa.LargeStringArray, *, is_number: bool) -> Ints:
    """What `read_time` says of each text, asked once for those that are equal."""
    coded = texts.dictionary_encode()
    told = (json.loads(text) if is_number else text for text in coded.dictionary.to_pylist())
    seconds: Ints = np.array([read_time(one) or 0 for one in told], np.int64)[coded.indices.to_numpy()]
    return seconds


def _asked(data: Bytes, told: Mapping[str, Places]) -> Texts:
    """The requests up to their queries."""
    if "request" in told:
        asked = _stretches(data, told["request"])
    else:
        method, uri = told["method"], told["uri"]
        size = int((method[1] - method[0] + 1 + uri[1] - uri[0]).sum())
        begins, content = np.empty(uri.shape[1] + 1, np.int64), np.zeros(size + ROOM, np.uint8)
        join_texts(data, method, uri, _SPACE, content, begins)
        asked = Texts(content, begins[:-1], begins[1:].copy())
    cut_at(asked.data, _QUESTION, asked.begins, asked.ends)
    return asked


def _stretches(data: Bytes, spans: Places) -> Texts:
    return Texts(data, *spans.astype(np.int64))


def _all_the_same(text: bytes, count: int) -> Texts:
    (begin,), (end,) = (one := Texts.of([text])).begins, one.ends
    return Texts(one.data, np.full(count, begin), np.full(count, end))


def _number_at(told: object, place: str) -> int | None:
    """Which value stands at a place; of a list the first, which need not be there."""
    value = value_at(told, place)
    value = next(iter(value), None) if isinstance(value, list) else value
    return None if value is None else int(str(value))


def _between(pieces: list[bytes]) -> tuple[Words, Words, NDArray[np.int64]]:
    words = [piece + bytes(-len(piece) % 8) for piece in pieces]
    bits = [b"\xff" * len(piece) + bytes(-len(piece) % 8) for piece in pieces]
    bounds = np.cumsum([0, *(len(word) // 8 for word in words)])
    parts = np.column_stack([bounds[:-1], bounds[1:], [len(piece) for piece in pieces]])
    return np.frombuffer(b"".join(words), np.uint64), np.frombuffer(b"".join(bits), np.uint64), parts
