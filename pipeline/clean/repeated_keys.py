"""Rows that may share their key with another, by hashes kept on disk, so that memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.indicators.row_hashes import Words

READ_AT_ONCE = 1 << 16
_WORD_BYTES = 8
SORTED_AT_ONCE = 1 << 20
GROUP_ROWS = 1 << 18
_HALF = np.uint64(32)


class RepeatedKeys:
    """Takes keys with the places of their rows, sixteen bytes each, and finds the rows that may share one.

    What it keeps on disk is gone once it is closed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._hashes: IO[bytes] = TemporaryFile(dir=folder)  # noqa: SIM115 closed by `close`
        self._places: IO[bytes] = TemporaryFile(dir=folder)  # noqa: SIM115
        self._count = 0

    def close(self) -> None:
        """Let go of the files, also of what a full disk did not take."""
        for file in (self._hashes, self._places):
            with suppress(OSError):
                file.close()

    def add(self, keys: Words, *, places: Words) -> None:
        """Remember rows by the hashes of their keys."""
        self._hashes.write(keys.tobytes())
        self._places.write(places.tobytes())
        self._count += len(keys)

    def groups(self, *, doubted_by: RepeatedKeys | None = None) -> Iterator[Words]:
        """Places, rising, of rows whose hash comes again; all rows of one key are in one group.

        Rows that doubt some of them, and those they doubt, are there too. Different keys may share a hash, so the rows
        of a group have still to be compared. A group has at most a quarter of a million rows, and those of one key
        more; there are no more groups than that takes, for each is looked up in all files.
        """
        waiting: list[Words] = []
        for places in self._small_groups(doubted_by):
            if waiting and sum(map(len, waiting)) + len(places) > GROUP_ROWS:
                yield np.sort(np.concatenate(waiting))
                waiting = []
            waiting.append(places)
        if waiting:
            yield np.sort(np.concatenate(waiting))

    def common_count(self, others: RepeatedKeys, *, among: Callable[[Words], NDArray[np.bool_]]) -> int:
        """How many hashes both have of rows whose places are among some."""
        count, parts = 0, 1 << (self._count // SORTED_AT_ONCE).bit_length()
        for part in range(parts):
            found = [one.of_part(part, np.uint64(parts - 1)) for one in (self, others)]
            ours, theirs = (hashes[among(places)] for hashes, places in found)
            count += len(np.intersect1d(ours, theirs))
        return count

    def _small_groups(self, doubted_by: RepeatedKeys | None) -> Iterator[Words]:
        parts = 1 << (self._count // SORTED_AT_ONCE).bit_length()
        for part in range(parts):
            hashes, places = self.of_part(part, np.uint64(parts - 1))
            again = _coming_again(hashes)
            if doubted_by is not None:
                others, their_places = doubted_by.of_part(part, np.uint64(parts - 1))
                again = np.concatenate([again, hashes[_is_among(hashes, others)]])
                hashes, places = np.concatenate([hashes, others]), np.concatenate([places, their_places])
            found = np.flatnonzero(_is_among(hashes, again))
            found = found[np.argsort(hashes[found], kind="stable")]
            first = np.searchsorted(hashes[found], hashes[found])
            for begin in range(0, len(found), GROUP_ROWS):
                chosen = (first >= begin) & (first < begin + GROUP_ROWS)
                if chosen.any():
                    yield places[found[chosen]]

    def of_part(self, part: int, mask: np.uint64) -> tuple[Words, Words]:
        """The hashes that end in some bits, and the places of their rows."""
        found = [(np.empty(0, np.uint64), np.empty(0, np.uint64))]
        for hashes, places in zip(_words_in(self._hashes), _words_in(self._places), strict=True):
            chosen = hashes & mask == part
            found.append((hashes[chosen], places[chosen]))
        hashes, places = map(np.concatenate, zip(*found, strict=True))
        return hashes, places


def _words_in(file: IO[bytes]) -> Iterator[Words]:
    file.seek(0)
    while block := file.read(READ_AT_ONCE * _WORD_BYTES):
        yield np.frombuffer(block, np.uint64)


def _coming_again(hashes: Words) -> Words:
    ordered = np.sort(hashes)
    again: Words = ordered[1:][ordered[1:] == ordered[:-1]]
    return again


def _is_among(hashes: Words, chosen: Words) -> NDArray[np.bool_]:
    # A table of short ends tells nearly all others apart at once.
    bits = np.uint64((1 << 20) - 1)
    may_be_chosen = np.zeros(int(bits) + 1, bool)
    may_be_chosen[(chosen >> _HALF) & bits] = True
    found: NDArray[np.bool_] = may_be_chosen[(hashes >> _HALF) & bits]
    found[found] = np.isin(hashes[found], chosen)
    return found
