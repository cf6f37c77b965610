"""When Zabbix maintenances were in effect: their active time cut with periods once, daily, weekly or monthly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[int, int]

_ONCE, _DAILY, _WEEKLY = 0, 2, 3
_LAST_OF_MONTH = 5
_ANY_TAG, _CONTAINS = "2", "2"


def effective_spans(maintenance: Mapping[str, Any], *, within: Span, zone: ZoneInfo) -> list[Span]:
    """When a maintenance of `maintenance.get` was in effect, as epoch seconds (end excluded) that overlap `within`.

    Periods that recur lie on the server's clock (`zone`). One that would begin before the maintenance is active does
    not take place; one still running when it ends is cut. Zabbix has rounded all of them down to whole minutes.
    """
    active = int(maintenance["active_since"]), int(maintenance["active_till"])
    periods = [_Period(**{name: int(raw.get(name) or 0) for name in _FIELDS}) for raw in maintenance["timeperiods"]]
    spans = (span for period in periods for span in _spans(period, active, within, zone))
    cut = ((max(start, active[0]), min(end, active[1])) for start, end in spans)
    return sorted(span for span in cut if span[0] < span[1] and overlaps(span, within))


def overlaps(one: Span, other: Span) -> bool:
    """Whether two spans share a moment; one without any length is the moment it stands at."""
    return one[0] < max(other[1], other[0] + 1) and other[0] < max(one[1], one[0] + 1)


def bears_on_tags(maintenance: Mapping[str, Any], tags: Sequence[Mapping[str, str]]) -> bool:
    """Whether a maintenance is meant for a problem with these tags; without tags of its own it is for all.

    Of its tags with the same name one must match, and so for every name, or for any (`tags_evaltype`).
    """
    asked: dict[str, list[Mapping[str, str]]] = {}
    for tag in maintenance.get("tags") or ():
        asked.setdefault(tag["tag"], []).append(tag)
    matched = [any(_matches(one, tag) for one in ones for tag in tags) for ones in asked.values()]
    is_any = str(maintenance.get("tags_evaltype")) == _ANY_TAG
    return not asked or (any(matched) if is_any else all(matched))


def _matches(asked: Mapping[str, str], tag: Mapping[str, str]) -> bool:
    if asked["tag"] != tag["tag"]:
        return False
    return asked["value"] in tag["value"] if str(asked["operator"]) == _CONTAINS else asked["value"] == tag["value"]


@dataclass(frozen=True)
class _Period:
    """One `timeperiod`, in Zabbix's own words; `month` and `dayofweek` are bits from January and from Monday on."""

    timeperiod_type: int
    every: int
    month: int
    dayofweek: int
    day: int
    start_time: int
    period: int
    start_date: int

    def takes_place_on(self, day: date, first_on: date) -> bool:
        """Whether it begins on a day; every so many days or weeks count from the day or week of `first_on`."""
        if self.timeperiod_type == _DAILY:
            return (day - first_on).days % self.every == 0
        is_weekday = bool(self.dayofweek >> day.weekday() & 1)
        if self.timeperiod_type == _WEEKLY:
            return is_weekday and (day - _monday(first_on)).days // 7 % self.every == 0
        is_day = day.day == self.day if self.day else is_weekday and self._is_its_week(day)
        return is_day and bool(self.month >> (day.month - 1) & 1)

    def _is_its_week(self, day: date) -> bool:
        if self.every == _LAST_OF_MONTH:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 + 1 == self.every


_FIELDS = tuple(_Period.__dataclass_fields__)


def _spans(period: _Period, active: Span, within: Span, zone: ZoneInfo) -> Iterator[Span]:
    if period.timeperiod_type == _ONCE:
        yield period.start_date, period.start_date + period.period
        return
    first_on = datetime.fromtimestamp(active[0], zone).date()
    day = datetime.fromtimestamp(max(active[0], within[0] - period.period), zone).date()
    while (start := _moment(day, period.start_time, zone)) < min(active[1], max(within[1], within[0] + 1)):
        if start >= active[0] and period.takes_place_on(day, first_on):
            yield start, start + period.period
        day += timedelta(days=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _moment(day: date, seconds: int, zone: ZoneInfo) -> int:
    """So many seconds of the clock after a local midnight."""
    return int((datetime.combine(day, time.min, zone) + timedelta(seconds=seconds)).timestamp())
