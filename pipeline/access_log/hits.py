"""The hits of an access log as columns, whichever parser and format they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.access_log.formats.line import Hit
from pipeline.access_log.texts import Texts

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Some well-formed lines as columns; `lines` are their numbers in the block, from 0."""

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: Texts
    asked: Texts
    agents: Texts

    @classmethod
    def of(cls, hits: Sequence[Hit], *, lines: Sequence[int]) -> Rows:
        """Hits that were read one by one."""
        addresses, seconds, asked, statuses, agents = zip(*hits, strict=True) if hits else ((),) * len(Hit._fields)
        lines_, seconds_, statuses_ = (np.array(column, np.int64) for column in (lines, seconds, statuses))
        return cls(lines_, seconds_, statuses_, *map(Texts.of, (addresses, asked, agents)))

    def only(self, kept: NDArray[np.bool_]) -> Rows:
        """Those whose flag is set."""
        if kept.all():
            return self
        texts = (texts.only(kept) for texts in (self.addresses, self.asked, self.agents))
        return Rows(self.lines[kept], self.seconds[kept], self.statuses[kept], *texts)

    @classmethod
    def of_read(cls, read: Mapping[int, Hit | str]) -> tuple[Rows, Counter[str]]:
        """The hits among lines that were read one by one, by number, and the faults of the others."""
        hits = {number: hit for number, hit in read.items() if isinstance(hit, Hit)}
        faults = Counter(fault for fault in read.values() if isinstance(fault, str))
        return cls.of([*hits.values()], lines=[*hits]), faults


@dataclass(frozen=True)
class Hits:
    """A block's well-formed lines, in no order; a parser's `rows` lie together.

    `faults` counts the block's other lines: `blank_line`, `malformed_line`, `bad_time`.
    """

    rows: tuple[Rows, ...]
    faults: Counter[str]

    @property
    def lines(self) -> Ints:
        return np.concatenate([rows.lines for rows in self.rows])

    @property
    def seconds(self) -> Ints:
        return np.concatenate([rows.seconds for rows in self.rows])
