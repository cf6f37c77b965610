"""JSON lines that differ in their values only, as most lines of one server do, to hits without parsing them.

One parsed line makes the template: the literal text between the values, and which value is which part. A line that
differs in anything else, or whose values are not plain ASCII without escapes, is left to `json_block`.
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
from kernels.json_lines import match_template, read_statuses
from kernels.texts import gather_texts
from pipeline.access_log.formats.json_line import (
    END_SECOND,
    FIRST_SECOND,
    JsonNames,
    is_whole,
    read_paths,
    read_time,
    value_at,
)
from pipeline.access_log.formats.requests import requests_at, texts_at
from pipeline.access_log.hits import NO_AGENT, Rows
from pipeline.access_log.texts import Texts

# A string, which is a key when a colon follows, or a number.
_TOKEN = re.compile(rb'"([^"]*)"(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)')
_TEXT, _KEY, _NUMBER = 1, 2, 3


@dataclass(frozen=True)
class JsonTemplate:
    """The literals between the values of a line, and the number of the value that holds each part of a hit.

    `literals` are in the layout that the kernel `match_template` takes; `agent` is used when no value holds one.
    """

    literals: tuple[Words, Words, Ints]
    is_number: Flags
    values: Mapping[str, int]
    agent: bytes

    @classmethod
    def of(cls, line: bytes, *, names: JsonNames) -> JsonTemplate | None:
        """The template of a line; null when the line lacks a part or is not plain."""
        read = None if b"\\" in line or not line.isascii() else read_paths(line, names=names)
        if read is None:
            return None
        record, paths = read
        # A status is an integer; a fraction in this line may be an integer in another.
        is_fraction = any(isinstance(value_at(record, path), float) for path in names.status)
        if is_fraction or not is_whole(paths):
            return None
        tokens = [found for found in _TOKEN.finditer(line) if not found[_KEY]]
        spans = [found.span(_TEXT if found[_NUMBER] is None else _NUMBER) for found in tokens]
        begins, ends = [begin for begin, _ in spans], [end for _, end in spans]
        pieces = [line[begin:end] for begin, end in zip([0, *ends], [*begins, len(line)], strict=True)]
        numbered = b"".join(b"%b%d" % (piece, nth) for nth, piece in enumerate(pieces[:-1])) + pieces[-1]
        numbers = json.loads(numbered)
        values_by_part = {part: _number_at(numbers, path) for part, path in paths.items() if part != "headers"}
        return cls(
            _literals(pieces),
            np.array([found[_NUMBER] is not None for found in tokens], bool),
            {part: number for part, number in values_by_part.items() if number is not None},
            b"" if {"agent", "headers"} & paths.keys() else NO_AGENT,
        )

    def read(self, data: Bytes, *, bounds: tuple[Ints, Ints]) -> Rows:
        """The hits among the lines that match; `bounds` are the lines' begins and ends."""
        parts = [*self.values]
        wanted = np.full(len(self.is_number), -1)
        wanted[[self.values[part] for part in parts]] = np.arange(len(parts))
        spans, read = np.empty((2, len(parts), len(bounds[0])), np.int32), np.empty(len(bounds[0]), np.int64)
        count = match_template(words_of(data), bounds, self.literals, self.is_number, wanted, spans, read)
        if not count:
            return Rows.of([], lines=[])
        slices = {part: spans[:, nth, :count] for nth, part in enumerate(parts)}
        statuses = np.empty(count, np.int64)
        read_statuses(data, slices["status"][0], slices["status"][1], statuses)
        agents = texts_at(data, slices["agent"]) if "agent" in slices else _repeated(self.agent, count)
        rows = Rows(
            read[:count],
            self._seconds(data, slices["time"]),
            statuses,
            texts_at(data, slices["address"]),
            requests_at(data, slices),
            agents,
            texts_at(data, slices["host"]) if "host" in slices else None,
        )
        has_address = slices["address"][1] > slices["address"][0]
        return rows.only((rows.seconds > 0) & (statuses >= 0) & has_address)

    def _seconds(self, data: Bytes, spans: Places) -> Ints:
        """Seconds since 1970, 0 where the time cannot be read; vectorised where all are ISO 8601."""
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
    """The `read_time` of each text, called once per distinct text."""
    coded = texts.dictionary_encode()
    values = (json.loads(text) if is_number else text for text in coded.dictionary.to_pylist())
    seconds: Ints = np.array([read_time(value) or 0 for value in values], np.int64)[coded.indices.to_numpy()]
    return seconds


def _repeated(text: bytes, count: int) -> Texts:
    (begin,), (end,) = (one := Texts.of([text])).begins, one.ends
    return Texts(one.data, np.full(count, begin), np.full(count, end))


def _number_at(numbers: object, path: str) -> int | None:
    """The number of the value at a path; of a list the first item's, null when it is empty."""
    value = value_at(numbers, path)
    value = next(iter(value), None) if isinstance(value, list) else value
    return None if value is None else int(str(value))


def _literals(pieces: list[bytes]) -> tuple[Words, Words, NDArray[np.int64]]:
    words = [piece + bytes(-len(piece) % 8) for piece in pieces]
    bits = [b"\xff" * len(piece) + bytes(-len(piece) % 8) for piece in pieces]
    bounds = np.cumsum([0, *(len(word) // 8 for word in words)])
    parts = np.column_stack([bounds[:-1], bounds[1:], [len(piece) for piece in pieces]])
    return np.frombuffer(b"".join(words), np.uint64), np.frombuffer(b"".join(bits), np.uint64), parts
