"""A file that counts its bytes as they leave the disk, compressed or not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER_BYTES = 1 << 16

OnRead = Callable[[int], object]


def open_counted(path: Path, on_read: OnRead | None) -> io.BufferedReader:
    """The file open for reading; `on_read` is called with the bytes of each read, 64 KiB or more as a rule."""
    return io.BufferedReader(_CountedFile(path, on_read) if on_read else io.FileIO(path), _BUFFER_BYTES)


class _CountedFile(io.FileIO):
    def __init__(self, path: Path, on_read: OnRead) -> None:
        super().__init__(path)
        self._on_read = on_read

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        count = super().readinto(buffer)
        self._on_read(count or 0)
        return count

    def readall(self) -> bytes:
        content = super().readall()
        self._on_read(len(content))
        return content
