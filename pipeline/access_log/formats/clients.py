"""Whose request it is behind proxies: the last address that no trusted proxy has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels import Bytes, Flags, Places
from kernels.log_fields import find_last_items, trim_addresses
from pipeline.access_log.texts import Texts

Spans = tuple[Places, Places]
AreTrusted = Callable[[Texts], Flags]

_DASH = ord("-")
_MOST_PROXIES = 16


def find_clients(data: Bytes, *, peers: Spans | None, lists: Spans, are_trusted: AreTrusted | None) -> Spans:
    """The client of each request as a slice, empty where there is none.

    `lists` are addresses apart by commas, the nearest last; `peers` are the addresses that connected, null when they
    are not logged. Without `are_trusted` the client is a list's last address, or the peer where the list is empty or
    `-`. With it the client is the first from the right, beginning with the peer, that is not trusted, or else the
    list's first.
    """
    rest = (lists[0].copy(), lists[1].copy())
    begins, ends = _pop_last(data, rest, np.ones(len(rest[0]), bool))
    if peers is not None:
        is_absent = ends == begins
        begins, ends = (np.where(is_absent, peer, found) for peer, found in zip(peers, (begins, ends), strict=True))
    if are_trusted is None:
        return begins, ends
    if peers is not None:
        rest, (begins, ends) = (lists[0].copy(), lists[1].copy()), peers
    begins, ends = begins.copy(), ends.copy()
    for _ in range(_MOST_PROXIES):
        is_passed = are_trusted(Texts(data, begins.astype(np.int64), ends.astype(np.int64))) & (rest[1] > rest[0])
        if not is_passed.any():
            break
        next_begins, next_ends = _pop_last(data, rest, is_passed)
        is_passed &= next_ends > next_begins
        begins[is_passed], ends[is_passed] = next_begins[is_passed], next_ends[is_passed]
    return begins, ends


def _pop_last(data: Bytes, lists: Spans, chosen: Flags) -> Spans:
    """The last address of each list, trimmed and empty for `-`; the chosen lists end before it from now on."""
    firsts = np.empty(len(lists[0]), np.int32)
    find_last_items(data, lists[0], lists[1], firsts)
    begins, ends = firsts.copy(), lists[1].copy()
    lists[1][chosen] = np.maximum(firsts - 1, lists[0])[chosen]
    trim_addresses(data, begins, ends)
    is_dash = (ends - begins == 1) & (data[begins] == _DASH)
    return begins, np.where(is_dash, begins, ends)
