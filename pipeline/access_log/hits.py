"""Hits, one by one and as columns: what every reader of every format produces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.access_log.texts import Texts

# No agent is a newline, and in a block a line of the common format has one where the agent would be.
NO_AGENT = b"\n"

Ints = NDArray[np.int64]


class Hit(NamedTuple):
    """One well-formed line: `seconds` since 1970 in UTC, `request` without the query, `host` empty when not told."""

    address: bytes
    seconds: int
    request: bytes
    status: int
    agent: bytes
    host: bytes = b""


@dataclass(frozen=True)
class Rows:
    """Hits as columns: line numbers in the block from 0, seconds since 1970 in UTC, requests without queries.

    `hosts` are the sites asked for, null where the format does not tell them.
    """

    lines: Ints
    seconds: Ints
    statuses: Ints
    addresses: Texts
    requests: Texts
    agents: Texts
    hosts: Texts | None = None

    @classmethod
    def of(cls, hits: Sequence[Hit], *, lines: Sequence[int]) -> Rows:
        """Columns of hits that were read one by one, with their line numbers."""
        columns = zip(*hits, strict=True) if hits else ((),) * len(Hit._fields)
        addresses, seconds, requests, statuses, agents, hosts = columns
        lines_, seconds_, statuses_ = (np.array(column, np.int64) for column in (lines, seconds, statuses))
        sites = Texts.of(hosts) if any(hosts) else None
        return cls(lines_, seconds_, statuses_, Texts.of(addresses), Texts.of(requests), Texts.of(agents), sites)

    def only(self, kept: NDArray[np.bool_]) -> Rows:
        """The rows whose flag is set."""
        if kept.all():
            return self
        addresses, requests, agents = (texts.only(kept) for texts in (self.addresses, self.requests, self.agents))
        hosts = self.hosts.only(kept) if self.hosts is not None else None
        return Rows(self.lines[kept], self.seconds[kept], self.statuses[kept], addresses, requests, agents, hosts)

    @classmethod
    def split_faults(cls, read: Mapping[int, Hit | str]) -> tuple[Rows, Counter[str]]:
        """Columns of the hits among lines by number, and counts of the other lines' faults."""
        hits = {number: hit for number, hit in read.items() if isinstance(hit, Hit)}
        faults = Counter(fault for fault in read.values() if isinstance(fault, str))
        return cls.of([*hits.values()], lines=[*hits]), faults


@dataclass(frozen=True)
class Hits:
    """A block's hits in no particular order, one item of `rows` for each reader that found some.

    `faults` counts the block's other lines: `blank_line`, `malformed_line`, `bad_time`.
    """

    rows: tuple[Rows, ...]
    faults: Counter[str]

    @property
    def lines(self) -> Ints:
        """The line numbers of all hits, in the order of `rows`."""
        return np.concatenate([rows.lines for rows in self.rows])

    @property
    def seconds(self) -> Ints:
        """The moments of all hits, seconds since 1970 in UTC, in the order of `rows`."""
        return np.concatenate([rows.seconds for rows in self.rows])
