"""A block of lines to hits: a kernel reads all plain lines at once, every other line is left to slower readers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kernels import Flags, words_of
from kernels.access_log import HIT_COLUMNS, MARKS, ROOM, SHORTEST_HIT, find_hits
from kernels.marks import find_marks
from kernels.texts import gather_texts
from pipeline.access_log.formats.json_block import read_lines
from pipeline.access_log.formats.json_line import JsonNames
from pipeline.access_log.hits import Hits, Rows
from pipeline.access_log.texts import Texts

_NEWLINE, _BRACE = b"\n{"
_SHORTEST_OTHER = 2
_MARKS = np.frombuffer(MARKS, np.uint8)

Bytes = NDArray[np.uint8]


def read_block(block: bytes | memoryview, *, names: JsonNames) -> Hits:
    """The hits and faults of a block of whole lines, the same as `read_any_line` gives line by line.

    `bytes` are copied; a writable view must end in `ROOM` bytes of padding, is not copied, and the hits refer to it.
    """
    if isinstance(block, bytes):
        block = memoryview(bytearray(block) + bytes(ROOM))
    data = np.frombuffer(block, np.uint8)
    rows, faults = (_read_json if data[0] == _BRACE else _read_text)(data, size=len(data) - ROOM, names=names)
    return Hits(tuple(part for part in rows if len(part.lines)) or (rows[0],), faults)


def _read_json(data: Bytes, *, size: int, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    """The rows and faults of a block whose first line is JSON, and so most are; other lines are read together."""
    ends = np.flatnonzero(data[:size] == _NEWLINE)
    begins = np.append(0, ends[:-1] + 1)
    is_json = data[begins] == _BRACE
    rows, faults = _renumbered(read_lines(data, bounds=(begins[is_json], ends[is_json]), names=names), is_json)
    if is_json.all():
        return rows, faults
    lines = (begins[~is_json].astype(np.int32), (ends[~is_json] + 1).astype(np.int32))
    bounds, content = gather_texts(data, *lines)
    text = np.zeros(bounds[-1] + ROOM, np.uint8)
    text[: bounds[-1]] = content[: bounds[-1]]
    others, more_faults = _renumbered(_read_text(text, size=int(bounds[-1]), names=names), ~is_json)
    return [*rows, *others], faults + more_faults


def _renumbered(read: tuple[list[Rows], Counter[str]], is_among: Flags) -> tuple[list[Rows], Counter[str]]:
    """What was read of some lines of a block, by their numbers in the block."""
    numbers, (rows, faults) = np.flatnonzero(is_among), read
    return [replace(part, lines=numbers[part.lines]) for part in rows], faults


def _read_text(data: Bytes, *, size: int, names: JsonNames) -> tuple[list[Rows], Counter[str]]:
    hits = np.empty((len(HIT_COLUMNS), size // SHORTEST_HIT + 1), np.int64)
    others = np.empty((3, size // _SHORTEST_OTHER + 1), np.int64)
    marks = np.empty(size + 2, np.int32)
    find_marks(data[:size], _MARKS, marks)
    found = find_hits(data, words_of(data), size, marks, hits, others)
    hits_count, others_count, empty_count, malformed_count = found
    lines, seconds, statuses, *texts = hits[:, :hits_count]
    plain = Rows(lines, seconds, statuses, *(Texts(data, *texts[nth : nth + 2]) for nth in (0, 2, 4)))
    numbers, *bounds = others[:, :others_count]
    rows, faults = read_lines(data, bounds=(bounds[0], bounds[1]), names=names)
    faults.update(blank_line=empty_count, malformed_line=malformed_count)
    return [plain, *(replace(part, lines=numbers[part.lines]) for part in rows)], faults
