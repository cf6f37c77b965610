"""The rows a suite is held against: all of a small table, of a large one a sample and those whose key comes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clean.mapping import with_plain_texts
from pipeline.clean.repeated_keys import RepeatedKeys
from pipeline.indicators.row_hashes import Words, row_hashes

WHOLE_ROWS = 200_000
SAMPLE_ROWS = 50_000
_SEED = 37122

Key = tuple[str, ...]
Parts = Callable[[], Iterator[pd.DataFrame]]


@dataclass(frozen=True)
class Sample:
    """`rows_count` of the whole table; `frame` its rows or a sample; by key, of a sampled table, its `suspects`."""

    rows_count: int
    frame: pd.DataFrame
    suspects: Mapping[Key, pd.DataFrame]

    @property
    def is_whole(self) -> bool:
        """Whether `frame` is the whole table."""
        return len(self.frame) == self.rows_count


def take_sample(parts: Parts, *, keys: Sequence[Key]) -> Sample:
    """Every row up to 200,000; beyond that a seeded sample of 50,000, and all rows that share a key with another.

    Parts are read once, and once more where rows share a key. A key with a column that is not there is passed over.
    """
    held, repeated = _Held(), {key: RepeatedKeys() for key in keys}
    waiting: list[tuple[int, pd.DataFrame]] = []
    for part in parts():
        waiting.append((held.rows_count, part))
        held.add(part)
        # Of a table that is held whole nobody asks which rows share a key.
        if held.rows_count > WHOLE_ROWS:
            for begin, rows in waiting:
                repeated = {key: found for key, found in repeated.items() if set(key) <= set(rows)}
                places = np.arange(begin, begin + len(rows), dtype=np.uint64)
                for key, found in repeated.items():
                    found.add(row_hashes(rows[list(key)]), places=places)
            waiting.clear()
    sample = Sample(held.rows_count, held.rows(), {})
    if sample.is_whole:
        return sample
    suspects = {key: _suspects(parts, key=key, places=_all(found.groups())) for key, found in repeated.items()}
    return replace(sample, suspects=suspects)


class _Held:
    """The rows held so far: all, or those with the smallest of random numbers."""

    def __init__(self) -> None:
        self.rows_count = 0
        self._random = np.random.default_rng(_SEED)
        self._numbers: list[NDArray[np.float64]] = []
        self._frames: list[pd.DataFrame] = []
        self._limit = 1.0

    def add(self, part: pd.DataFrame) -> None:
        """Take the next rows."""
        self.rows_count += len(part)
        numbers = self._random.random(len(part))
        chosen = numbers < self._limit
        self._numbers.append(numbers[chosen])
        self._frames.append(part[chosen])
        if sum(map(len, self._numbers)) > WHOLE_ROWS:
            self._drop()

    def rows(self) -> pd.DataFrame:
        if self.rows_count > WHOLE_ROWS:
            self._drop()
        frames = [with_plain_texts(frame) for frame in self._frames]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def _drop(self) -> None:
        """Keep as many as a sample has."""
        self._limit = float(np.partition(np.concatenate(self._numbers), SAMPLE_ROWS - 1)[SAMPLE_ROWS - 1])
        kept = [numbers <= self._limit for numbers in self._numbers]
        self._numbers = [numbers[keep] for numbers, keep in zip(self._numbers, kept, strict=True)]
        self._frames = [frame[keep] for frame, keep in zip(self._frames, kept, strict=True)]


def _all(groups: Iterator[Words]) -> Words:
    return np.sort(np.concatenate([np.zeros(0, np.uint64), *groups]))


def _suspects(parts: Parts, *, key: Key, places: Words) -> pd.DataFrame:
    """The rows at some places that share their key with another of them: not only its hash."""
    found, begin = [pd.DataFrame(columns=list(key))], 0
    for part in parts() if len(places) else ():
        first, last = np.searchsorted(places, (begin, begin + len(part)))
        found.append(with_plain_texts(part.iloc[places[first:last].astype(np.int64) - begin]))
        begin += len(part)
    rows = pd.concat(found[1:] or found, ignore_index=True)
    return rows[rows.duplicated(list(key), keep=False)]
