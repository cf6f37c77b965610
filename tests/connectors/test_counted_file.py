"""Bytes are told as they leave the disk, once each, however the file is read."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import pytest

from connectors.counted_file import open_counted
from connectors.records import RawFile, open_bytes

CONTENT = b"nomor;kanal\n" * 50_000
READINGS: dict[str, Callable[[BufferedReader], object]] = {
    "all at once": lambda file: file.read(),
    "line by line": lambda file: list(file),
    "in small pieces": lambda file: list(iter(lambda: file.read(999), b"")),
    "into a large buffer": lambda file: file.readinto(bytearray(len(CONTENT))),
    "hashed": lambda file: hashlib.file_digest(file, "sha256"),
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_every_byte_is_told_once(tmp_path: Path, reading: Callable[[BufferedReader], object]) -> None:
    told: list[int] = []
    (tmp_path / "file").write_bytes(CONTENT)
    with open_counted(tmp_path / "file", told.append) as file:
        reading(file)
    assert sum(told) == len(CONTENT)


def test_of_a_packed_file_the_bytes_on_disk_are_told(tmp_path: Path) -> None:
    told: list[int] = []
    packed = gzip.compress(CONTENT)
    (tmp_path / "file.gz").write_bytes(packed)
    with open_bytes(RawFile(tmp_path / "file.gz", "file.gz", told.append)) as stream:
        assert stream.read() == CONTENT
    assert sum(told) == len(packed)
