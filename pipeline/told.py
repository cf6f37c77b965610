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


def remark(covers: Covers, *, source_name: str, first_on: date, last_on: date) -> tuple[str, str] | None:
    """What to say, in Indonesian and English, of days asked for that are not told of; null when all are."""
    if covers == ((first_on.isoformat(), last_on.isoformat()),):
        return None
    if not covers:
        return (
            f"{source_name}: isinya tidak memuat satu hari pun secara utuh dari {first_on} s.d. {last_on}",
            f"{source_name}: it tells of no whole day from {first_on} to {last_on}",
        )
    named = covers[:_NAMED_STRETCHES]
    more = f" (+{len(covers) - len(named)})" if len(covers) > len(named) else ""
    in_id = ", ".join(f"{first} s.d. {last}" for first, last in named) + more
    in_en = ", ".join(f"{first} to {last}" for first, last in named) + more
    return (
        f"{source_name}: dari {first_on} s.d. {last_on} hanya memuat {in_id}",
        f"{source_name}: of {first_on} to {last_on} it tells only of {in_en}",
    )


def _whole_days(start_at: datetime, end_at: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day wholly inside; the last comes before the first when there is none."""
    start, end = start_at.astimezone(zone), end_at.astimezone(zone)
    first = start.date() + (_DAY if start > datetime.combine(start.date(), time(), zone) else timedelta())
    return first, end.date() - _DAY
