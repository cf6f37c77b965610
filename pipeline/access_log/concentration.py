"""How much of a count hangs on one address, one agent, one visitor or private addresses, in little memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kernels.log_fields import tally_pages
from pipeline.access_log.rules import Classes

# Hashes are counted by their first bits and, apart from that, by the next ones: two that share one slot do not share
# the other, so that what is most depends on no key.
_SLOT_BITS = 16

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


class Concentration:
    """Pages people asked for: all, those from private and from masked addresses, and those by address and by agent."""

    def __init__(self) -> None:
        self.pages_count = 0
        self.private_count = 0
        self.masked_count = 0
        self._addresses, self._agents = empty_slots(), empty_slots()

    def add(self, classes: Classes, *, is_page: Flags) -> None:
        """Count a block's pages."""
        slots = (self._addresses, self._agents)
        pages, private = tally_pages(classes.address, classes.visitor, (is_page, classes.is_private), slots)
        self.pages_count += pages
        self.private_count += private
        self.masked_count += int(np.count_nonzero(is_page & classes.is_masked))

    def columns(self) -> Mapping[str, Ints]:
        """The counts by name, those by slot as the slots counted and their counts."""
        addresses, agents = (np.flatnonzero(slots) for slots in (self._addresses, self._agents))
        return {
            "pages": np.array([self.pages_count, self.private_count, self.masked_count]),
            "addresses": np.stack([addresses, self._addresses[addresses]]),
            "agents": np.stack([agents, self._agents[agents]]),
        }

    @classmethod
    def of_columns(cls, columns: Mapping[str, Ints]) -> Concentration:
        """The counts that `columns` gave."""
        made = cls()
        made.pages_count, made.private_count, made.masked_count = columns["pages"].tolist()
        for slots, name in ((made._addresses, "addresses"), (made._agents, "agents")):
            slots[columns[name][0]] = columns[name][1]
        return made

    def absorb(self, other: Concentration) -> None:
        """Add another's counts, made with the same key."""
        self.pages_count += other.pages_count
        self.private_count += other.private_count
        self.masked_count += other.masked_count
        self._addresses += other._addresses
        self._agents += other._agents

    @property
    def most_of_one_address(self) -> int:
        """The pages of the address that asked for most."""
        return most_of_one(self._addresses)

    @property
    def most_of_one_agent(self) -> int:
        """The pages of the agent that asked for most."""
        return most_of_one(self._agents)


def empty_slots() -> Ints:
    """Counts by the first bits of a hash, then by the next ones, all zero."""
    return np.zeros(2 << _SLOT_BITS, np.int64)


def count_by_slot(hashes: Keys) -> Ints:
    """How often each slot occurs among some hashes."""
    first, second = (
        hashes >> np.uint64(64 - _SLOT_BITS),
        (hashes << np.uint64(_SLOT_BITS)) >> np.uint64(64 - _SLOT_BITS),
    )
    places = np.concatenate([first, second + np.uint64(1 << _SLOT_BITS)]).astype(np.int64)
    return np.bincount(places.astype(np.int64), minlength=2 << _SLOT_BITS)


def most_of_one(slots: Ints) -> int:
    """The count of the hash that occurs most often."""
    return int(slots.reshape(2, -1).max(axis=1).min())
