"""Windows of time joined where they overlap, and stretches joined by links: the heavy work behind 10.4, in numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]


def unite(start: pd.Series, end: pd.Series, *, within: Ints) -> tuple[Ints, pd.DataFrame]:
    """Join windows of one key (`within`, codes from 0) that overlap or touch to stretches, numbered by key and time.

    Gives the stretch of each window, and a frame with a row for each stretch: `key`, `started_at`, `ended_at`.
    Moments are in UTC, none is null, and no window ends before it starts.
    """
    starts, ends = start.array.asi8, end.array.asi8
    first, last = _keys_one_after_another(starts, ends, keys=within)
    order = np.argsort(first)
    # The nth window to start begins a stretch when n - 1 have ended before: those can only be the ones started earlier.
    begins = np.append(True, first[order][1:] > np.sort(last)[:-1])[: len(order)]
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(begins) - 1
    places = np.flatnonzero(begins)
    latest = np.maximum.reduceat(ends[order], places)
    stretches = {
        "key": within[order[places]],
        "started_at": pd.DatetimeIndex(starts[order[places]].view("M8[us]"), tz="UTC"),
        "ended_at": pd.DatetimeIndex(latest.view("M8[us]"), tz="UTC"),
    }
    return numbers, pd.DataFrame(stretches)


def connect(stretch: Ints, *, incident: Ints, parent: Ints) -> Ints:
    """The outage of each stretch: those that share an incident, or a parent and its child, however indirectly.

    Grain of the arguments: window. `incident` and `parent` are codes from 0 of the same names, -1 for no parent.
    Outages are numbered from 0 in the order of their first stretches.
    """
    count = int(stretch.max(initial=-1)) + 1
    child = np.flatnonzero(parent >= 0)
    # Most incidents have one window and no kin: only the others are nodes of the graph.
    is_linked = np.bincount(incident) > 1
    is_linked[incident[child]] = is_linked[parent[child]] = True
    linked = np.flatnonzero(is_linked[incident])
    one = np.concatenate([stretch[linked], count + incident[child]])
    other = np.concatenate([count + incident[linked], count + parent[child]])
    nodes, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    edges = (np.ones(len(one), bool), (places[: len(one)], places[len(one) :]))
    labels = connected_components(coo_array(edges, shape=(len(nodes), len(nodes))), directed=False)[1]
    # Stretches come before incidents among the nodes, so the first node of a component is its first stretch.
    firsts = nodes[np.unique(labels, return_index=True)[1]]
    roots = np.arange(count)
    is_stretch = nodes < count
    roots[nodes[is_stretch]] = firsts[labels[is_stretch]]
    numbers = np.cumsum(roots == np.arange(count)) - 1
    return np.asarray(numbers[roots])


def _keys_one_after_another(start: Ints, end: Ints, *, keys: Ints) -> tuple[Ints, Ints]:
    """Moments shifted so that each key's come after all of the key before, because one column of numbers sorts fastest.

    Where the shifted moments would not fit in 64 bits, their ranks take their place.
    """
    first = int(start.min(initial=np.iinfo(np.int64).max))
    start, end = start - first, end - first
    length = int(end.max(initial=0)) + 1
    if length * (int(keys.max(initial=0)) + 1) > np.iinfo(np.int64).max:
        moments, ranks = np.unique(np.concatenate([start, end]), return_inverse=True)
        start, end, length = ranks[: len(start)], ranks[len(start) :], len(moments)
    return start + keys * length, end + keys * length
