"""The hits of an access log as columns, whichever parser and format they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clean.access_log_lines import Hit
from pipeline.clean.text_columns import Coded

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Some well-formed lines as columns; `lines` are their numbers in the block, from 0."""

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: pa.BinaryArray
    asked: pa.BinaryArray
    agents: pa.BinaryArray

    @classmethod
    def of(cls, hits: Sequence[Hit], *, lines: Sequence[int]) -> Rows:
        """Hits that were read one by one."""
        addresses, seconds, asked, statuses, agents = zip(*hits, strict=True) if hits else ((),) * len(Hit._fields)
        numbers = (np.array(column, np.int64) for column in (lines, seconds, statuses))
        return cls(*numbers, *(pa.array(column, pa.binary()) for column in (addresses, asked, agents)))

    def only(self, kept: NDArray[np.bool_]) -> Rows:
        """Some of the lines."""
        if kept.all():
            return self
        mask = pa.array(kept)
        texts = (column.filter(mask) for column in (self.addresses, self.asked, self.agents))
        return Rows(self.lines[kept], self.seconds[kept], self.statuses[kept], *texts)

    @classmethod
    def of_read(cls, read: Mapping[int, Hit | str]) -> tuple[Rows, Counter[str]]:
        """The hits among lines that were read one by one, by number, and the faults of the others."""
        hits = {number: hit for number, hit in read.items() if isinstance(hit, Hit)}
        faults = Counter(fault for fault in read.values() if isinstance(fault, str))
        return cls.of([*hits.values()], lines=[*hits]), faults


@dataclass(frozen=True)
class Hits:
    """A block's well-formed lines as columns, in no order; `lines` are their numbers in the block, from 0.

    `faults` counts the block's other lines: `blank_line`, `malformed_line`, `bad_time`.
    """

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: Coded
    asked: Coded
    agents: Coded
    faults: Counter[str]

    @classmethod
    def of(cls, parts: Sequence[Rows], *, faults: Counter[str]) -> Hits:
        """All parts together."""
        return cls(
            np.concatenate([part.lines for part in parts]),
            np.concatenate([part.seconds for part in parts]),
            np.concatenate([part.statuses for part in parts]),
            Coded.of([part.addresses for part in parts]),
            Coded.of([part.asked for part in parts]),
            Coded.of([part.agents for part in parts]),
            faults,
        )
