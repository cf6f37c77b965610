"""The heavy work behind 10.4 against twins of ten lines in plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.indicators.windows import connect, unite

MINUTES = st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 15))
KIN = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(-1, 9))


def windows_of(minutes: list[tuple[int, int, int]]) -> pd.DataFrame:
    rows = pd.DataFrame(minutes, columns=["key", "start", "length"], dtype="int64")
    begin, minute = pd.Timestamp("2025-01-01", tz="UTC").as_unit("us"), pd.Timedelta(minutes=1).as_unit("us")
    return rows.assign(
        started_at=begin + rows["start"] * minute, ended_at=begin + (rows["start"] + rows["length"]) * minute
    )


def united_plainly(windows: pd.DataFrame) -> pd.DataFrame:
    """A stretch begins where every window of its key that started earlier has ended."""
    ordered = windows.sort_values(["key", "started_at"], kind="stable")
    latest = ordered.groupby("key")["ended_at"].cummax().groupby(ordered["key"]).shift()
    begins = latest.isna() | (ordered["started_at"] > latest)
    return windows.assign(stretch=begins.cumsum() - 1)


@given(st.lists(MINUTES, min_size=1, max_size=12))
def test_windows_are_united_as_in_plain_pandas(minutes: list[tuple[int, int, int]]) -> None:
    windows = united_plainly(windows_of(minutes))
    numbers, stretches = unite(windows["started_at"], windows["ended_at"], within=windows["key"].to_numpy())
    assert numbers.tolist() == windows["stretch"].tolist()
    by_stretch = windows.groupby("stretch")
    assert stretches["key"].tolist() == by_stretch["key"].first().tolist()
    assert stretches["started_at"].tolist() == by_stretch["started_at"].min().tolist()
    assert stretches["ended_at"].tolist() == by_stretch["ended_at"].max().tolist()


def test_no_window_is_no_stretch() -> None:
    numbers, stretches = unite(*(windows_of([])[name] for name in ("started_at", "ended_at")), within=np.zeros(0, int))
    assert (len(numbers), len(stretches)) == (0, 0)


def test_keys_too_many_for_one_line_of_microseconds_are_united_alike() -> None:
    windows = windows_of([(0, 0, 4), (1, 5, 3), (1, 9, 2**24), (0, 3, 2)])
    for factor in (1, 2**24):
        numbers, _ = unite(windows["started_at"], windows["ended_at"], within=windows["key"].to_numpy() * factor)
        assert numbers.tolist() == [0, 1, 2, 0]


def test_a_key_that_no_longer_fits_in_64_bits_comes_last_all_the_same() -> None:
    starts, ends = (
        pd.Series(pd.DatetimeIndex(np.array(moments).view("M8[us]"), tz="UTC"))
        for moments in ([0, 0, 5, 6], [1, 2**62, 6, 7])
    )
    numbers, stretches = unite(starts, ends, within=np.array([0, 1, 2, 2]))
    assert numbers.tolist() == [0, 1, 2, 2]
    assert stretches["key"].tolist() == [0, 1, 2]


def connected_plainly(windows: pd.DataFrame) -> pd.Series:
    """Each window takes the least outage of its stretch, incident, parent and children, until none changes."""
    windows = windows.assign(outage=windows["stretch"])
    while True:
        before = windows["outage"]
        for column in ("stretch", "incident"):
            windows["outage"] = windows.groupby(column)["outage"].transform("min")
        of_children = windows["incident"].map(windows.groupby("parent")["outage"].min())
        of_parent = windows["parent"].map(windows.groupby("incident")["outage"].min())
        windows["outage"] = pd.concat([windows["outage"], of_children, of_parent], axis=1).min(axis=1).astype(int)
        if windows["outage"].equals(before):
            return windows["outage"].rank(method="dense").astype(int) - 1


@given(st.lists(KIN, min_size=1, max_size=14))
def test_stretches_are_connected_as_in_plain_pandas(kin: list[tuple[int, int, int]]) -> None:
    windows = pd.DataFrame(kin, columns=["stretch", "incident", "parent"])
    windows["stretch"] = windows["stretch"].rank(method="dense").astype(int) - 1
    windows["incident"], names = pd.factorize(windows["incident"])
    # A parent that is no incident of these rows links nothing.
    windows["parent"] = pd.Index(names).get_indexer(windows["parent"])
    columns = {name: windows[name].to_numpy() for name in windows}
    outage = connect(columns["stretch"], incident=columns["incident"], parent=columns["parent"])
    assert outage[columns["stretch"]].tolist() == connected_plainly(windows).tolist()
