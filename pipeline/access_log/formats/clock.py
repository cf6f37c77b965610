"""A time's pattern to seconds since 1970, for columns of slices, with or without the offset to UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels import Bytes, Places
from kernels.log_fields import CLOCK_PARTS, LITERAL_PART, NO_TIME, add_times
from pipeline.access_log.formats.json_line import END_SECOND, FIRST_SECOND

_QUARTER = 900

Ints = NDArray[np.int64]


def read_times(
    data: Bytes, fields: Sequence[tuple[str, tuple[Places, Places]]], *, count: int, zone: ZoneInfo | None
) -> Ints:
    """Seconds since 1970 in UTC, 0 where the fields tell no time from 1990 to 2099.

    `fields` are patterns with the slices they read, which together tell a moment; `zone` is that of the clock when no
    pattern tells the offset. An hour that comes twice is taken as the first, one that does not come is moved on.
    """
    seconds = np.zeros(count, np.int64)
    for pattern, spans in fields:
        add_times(data, spans, _parts(pattern), seconds)
    is_read = seconds != NO_TIME
    if zone is not None and zone.key != "UTC":
        seconds[is_read] = _in_utc(seconds[is_read], zone)
    is_read &= (seconds >= FIRST_SECOND) & (seconds < END_SECOND)
    return np.where(is_read, seconds, 0)


@lru_cache(64)
def _parts(pattern: str) -> Ints:
    """The pattern as the kernel takes it."""
    pieces = re.findall(r"%(.)|(.)", pattern)
    codes = [
        CLOCK_PARTS.index(name) if name in CLOCK_PARTS else LITERAL_PART + ord(name or byte) for name, byte in pieces
    ]
    return np.array(codes, np.int64)


def _in_utc(seconds: Ints, zone: ZoneInfo) -> Ints:
    """Local clock times in UTC; every zone changes its offset at a full quarter of an hour."""
    quarters, nths = np.unique(seconds // _QUARTER, return_inverse=True)
    return seconds - np.array([_offset(quarter, zone) for quarter in quarters.tolist()], np.int64)[nths]


@lru_cache(1 << 16)
def _offset(quarter: int, zone: ZoneInfo) -> int:
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=quarter * _QUARTER)
    offset = local.replace(tzinfo=zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())
