"""The days that files tell of by their own word, and what to remark where these are not all days asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connectors.base import Span

Covers = tuple[tuple[str, str], ...]

# A monitor without anything to say still writes about once an hour.
QUIET = timedelta(hours=1)
_DAY = timedelta(days=1)
_NAMED_STRETCHES = 6


def days_told(spans: Sequence[Span], *, first_on: date, last_on: date, zone: ZoneInfo) -> Covers:
    """The first and last of each stretch of days, from `first_on` to `last_on`, that spans tell of whole.

    An hour without a word is no gap, neither between two spans nor at the start or end of a day.
    """
    joined: list[list[datetime]] = []
    for start_at, end_at in sorted(spans):
        if joined and start_at - joined[-1][1] <= QUIET:
            joined[-1][1] = max(joined[-1][1], end_at)
        else:
            joined.append([start_at, end_at])
    whole = [_whole_days(start_at - QUIET, end_at + QUIET, zone) for start_at, end_at in joined]
    clipped = [(max(first, first_on), min(last, last_on)) for first, last in whole]
    return tuple((first.isoformat(), last.isoformat()) for first, last in clipped if first <= last)


def remark(covers: Covers, *, source_name: str, first: str, last: str) -> tuple[str, str]:
    """That of the days from `first` to `last` only these are told of, in Indonesian and English."""
    if not covers:
        return (
            f"{source_name}: isinya tidak memuat satu hari pun secara utuh dari {first} s.d. {last}",
            f"{source_name}: it tells of no whole day from {first} to {last}",
        )
    named = covers[:_NAMED_STRETCHES]
    more = f" (+{len(covers) - len(named)})" if len(covers) > len(named) else ""
    in_id = ", ".join(f"{begin} s.d. {end}" for begin, end in named) + more
    in_en = ", ".join(f"{begin} to {end}" for begin, end in named) + more
    return (
        f"{source_name}: dari {first} s.d. {last} hanya memuat {in_id}",
        f"{source_name}: of {first} to {last} it tells only of {in_en}",
    )


def _whole_days(start_at: datetime, end_at: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day wholly inside; the last comes before the first when there is none."""
    start, end = start_at.astimezone(zone), end_at.astimezone(zone)
    first = start.date() + (_DAY if start > datetime.combine(start.date(), time(), zone) else timedelta())
    return first, end.date() - _DAY
