"""What is most is that of one address, whatever key made the hashes that addresses are counted by."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.log_fields import tally_pages
from pipeline.access_log.concentration import Concentration, count_by_slot, empty_slots, most_of_one

BY_FIRST_BITS = np.array([0x1234_0001 << 32, 0x1234_0002 << 32], np.uint64)
BY_NEXT_BITS = np.array([0x1234_0001 << 32, 0x5678_0001 << 32], np.uint64)


@pytest.mark.parametrize("alike", [BY_FIRST_BITS, BY_NEXT_BITS], ids=["first bits", "next bits"])
def test_two_whose_hashes_are_alike_in_part_are_not_taken_for_one(alike: np.ndarray) -> None:
    hashes = alike.repeat([5, 4])
    assert most_of_one(count_by_slot(hashes)) == 5
    everything, addresses, agents = np.ones(len(hashes), bool), empty_slots(), empty_slots()
    tally_pages(hashes, hashes + hashes[::-1], (everything, everything), (addresses, agents))
    np.testing.assert_array_equal(addresses, count_by_slot(hashes))
    np.testing.assert_array_equal(agents, count_by_slot(hashes[::-1]))


def test_kept_counts_give_what_was_counted() -> None:
    pages, slots = Concentration(), count_by_slot(BY_FIRST_BITS.repeat([5, 4]))
    pages.absorb(Concentration.of_columns({"pages": np.array([9, 2, 3]), **_sparse(addresses=slots, agents=slots)}))
    pages.absorb(Concentration.of_columns(pages.columns()))
    assert (pages.pages_count, pages.private_count, pages.masked_count) == (18, 4, 6)
    assert (pages.most_of_one_address, pages.most_of_one_agent) == (10, 10)


def _sparse(**slots: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.stack([np.flatnonzero(counts), counts[counts > 0]]) for name, counts in slots.items()}
