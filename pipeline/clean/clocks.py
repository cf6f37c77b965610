"""What wall clocks show, and the same in UTC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.moments import first_and_last
from pipeline.clean.date_signs import Form, Signs

_DAY = np.timedelta64(1, "D")
_CLOCKS_PER_DAY = 4
Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class ReadMoments:
    """Texts by one format: null where they do not fit, and which are dates without an hour.

    Moments are as wall clocks show them, of a place so many `hours` before UTC if that is known.
    """

    moments: Moments
    is_date: bool | Flags
    form: Form
    signs: Signs
    hours: int | None = None

    def in_utc(self, zone: ZoneInfo | None) -> ReadMoments:
        """The same as UTC."""
        hours = self.hours
        shifted = clocks_in_utc(self.moments, zone) if hours is None else self.moments - np.timedelta64(hours, "h")
        return replace(self, moments=shifted)


def clocks_in_utc(clocks: Moments, zone: ZoneInfo | None) -> Moments:
    """As `in_zone`, without a zone on either side; at once where the clocks were not changed in all that time."""
    first, last = np.array(first_and_last(clocks.view(np.int64))).view("M8[us]")
    days = clocks[:0] if np.isnat(first) else np.arange(first - _DAY, last + 2 * _DAY, dtype="M8[D]")
    if not 0 < _CLOCKS_PER_DAY * len(days) <= len(clocks):
        return as_naive(in_zone(pd.Series(clocks), zone))
    midnights = days.astype("M8[us]")
    offsets = midnights - as_naive(in_zone(pd.Series(midnights), zone))
    if (offsets == offsets[0]).all():
        return np.asarray(clocks - offsets[0])
    return as_naive(in_zone(pd.Series(clocks), zone))


def as_naive(moments: pd.Series) -> Moments:
    """The clocks of a column in its zone, without the zone."""
    return np.asarray(moments.dt.tz_localize(None))


def in_zone(naive: pd.Series, zone: tzinfo | None) -> pd.Series:
    """Wall-clock times of a zone as UTC: an hour that came twice is the first, one that never came moves forward."""
    naive = naive.astype("datetime64[us]")
    is_first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(zone or "UTC", ambiguous=is_first, nonexistent="shift_forward").dt.tz_convert("UTC")
