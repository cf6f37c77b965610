"""The parts of log files that are summarised one by one: ranges of whole lines, cut by the file alone.

Where a file is cut depends on its bytes and on nothing else, so that every machine cuts it alike, whatever was read
before and however many threads there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import pairwise
from pathlib import Path

import numpy as np

from kernels.access_log import LONGEST_LINE, ROOM
from pipeline.access_log.files import Chunk, LogFile, is_packed

PART_BYTES = 1 << 26
BLOCK_BYTES = 1 << 22
_GZIP_RATIO = 8
_LONGEST_STEP = 1 << 16
_RETURN, _NEWLINE = b"\r\n"


@dataclass(frozen=True)
class Stretch:
    """What one thread reads in one go: a single part of a file, or all of them where each tells how to read the next.

    `first_nth` is the number of its first part, from 0; `size_bytes` are the unpacked bytes, roughly.
    """

    chunk: Chunk
    first_nth: int
    is_single: bool
    size_bytes: int


@dataclass(frozen=True)
class Block:
    """Whole lines and `ROOM` bytes of padding; `end` is its end in the unpacked stream; whether a line end lacks."""

    lines: memoryview
    end: int
    is_unended: bool


def stretches(files: Sequence[LogFile]) -> Iterator[Stretch]:
    """The stretches of all files; those of a plain file can be read in any order."""
    for position, file in enumerate(files, start=1):
        size = file.path.stat().st_size
        if is_packed(file) or _is_self_describing(file.path):
            yield Stretch(Chunk(file, position), 0, False, size * (_GZIP_RATIO if is_packed(file) else 1))
        else:
            count = max(1, -(-size // PART_BYTES))
            cuts = [0, *(_next_line(file.path, at=size * nth // count) for nth in range(1, count)), size]
            for nth, (begin, end) in enumerate(pairwise(cuts)):
                yield Stretch(Chunk(file, position, begin, end), nth, True, end - begin)


def _is_self_describing(path: Path) -> bool:
    """Whether the columns of a file's lines depend on a header line before them."""
    with path.open("rb") as file:
        return file.read(1) == b"#"


def _next_line(path: Path, *, at: int) -> int:
    """Where the first line after the byte `at` begins."""
    with path.open("rb") as file:
        file.seek(at)
        while part := file.readline(_LONGEST_STEP):
            if part.endswith(b"\n"):
                break
        return file.tell()


def blocks(stream: BufferedIOBase, *, end: int | None) -> Iterator[Block]:
    """Blocks of whole lines in one reused buffer, from where the stream stands; those of a place are always the same.

    A return alone ends a line too, and is a newline in the block. An overlong line is cut behind the first byte that is
    too many. A last line that nothing ends is a block of its own, which is said.
    """
    buffer = bytearray(LONGEST_LINE + 2 + BLOCK_BYTES + ROOM)
    view = memoryview(buffer)
    left = None if end is None else end - stream.tell()
    kept = 0
    while count := _fill(stream, view[kept : kept + _wanted(kept, left)]):
        left = None if left is None else left - count
        view[kept + count : kept + count + ROOM] = bytes(ROOM)
        # Only now it is known what follows the last byte of before.
        end_lines(buffer, max(kept - 1, 0), kept + count)
        cut = buffer.rfind(b"\n", kept, kept + count) + 1
        rest = kept + count - cut
        if cut:
            yield Block(view[: cut + ROOM], stream.tell() - rest, False)
        view[:rest] = view[cut : cut + rest]
        kept = min(rest, LONGEST_LINE + 1)
    if kept:
        is_unended = buffer[kept - 1] != _RETURN
        view[kept : kept + 1 + ROOM] = b"\n" + bytes(ROOM)
        yield Block(view[: kept + 1 + ROOM], stream.tell(), is_unended)


def end_lines(text: bytearray, begin: int, end: int) -> None:
    """Make newlines of the returns between two places that another byte than a newline follows; servers write none
    within a line."""
    if text.find(b"\r", begin, end) < 0:
        return
    data = np.frombuffer(text, np.uint8, count=end - begin, offset=begin)
    data[:-1][(data[:-1] == _RETURN) & (data[1:] != _NEWLINE)] = _NEWLINE


def _wanted(kept: int, left: int | None) -> int:
    """A block's bytes from its first line on, whatever was read ahead of it."""
    wanted = BLOCK_BYTES - kept if kept < BLOCK_BYTES else BLOCK_BYTES
    return wanted if left is None else min(left, wanted)


def _fill(stream: BufferedIOBase, room: memoryview) -> int:
    """Read until the room is full or the stream ends, for unpacking gives as much as it likes; gives the bytes read."""
    filled = 0
    while filled < len(room) and (count := stream.readinto(room[filled:])):
        filled += count
    return filled
