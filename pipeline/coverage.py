"""Which whole local days data cover: the one place that works it out, from moments, declared days or the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipeline.periods import Period

# A monitor without anything to say still writes about once an hour.
QUIET = timedelta(hours=1)
_DAY = timedelta(days=1)
_NAMED_STRETCHES = 6

Stretch = tuple[date, date]


@dataclass(frozen=True)
class Coverage:
    """Whole local days as stretches: first and last day both included, in order, a day or more between any two."""

    stretches: tuple[Stretch, ...] = ()

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> Self:
        """The days of any stretches, in any order; one that ends before it begins has none."""
        joined: list[Stretch] = []
        for first, last in sorted(stretch for stretch in stretches if stretch[0] <= stretch[1]):
            if joined and first - joined[-1][1] <= _DAY:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def of_spans(cls, spans: Iterable[tuple[datetime, datetime]], *, zone: ZoneInfo, quiet: timedelta = QUIET) -> Self:
        """The local days that lie whole in spans of moments; silences of up to `quiet` are no gaps."""
        joined: list[tuple[datetime, datetime]] = []
        for start_at, end_at in sorted(spans):
            if joined and start_at - joined[-1][1] <= quiet:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end_at))
            else:
                joined.append((start_at, end_at))
        return cls.of(_whole_days(start_at - quiet, end_at + quiet, zone) for start_at, end_at in joined)

    @classmethod
    def of_period(cls, period: Period) -> Self:
        """Every day of a period."""
        return cls(((period.first_on, period.last_on),))

    @classmethod
    def from_texts(cls, texts: Iterable[tuple[str, str]]) -> Self:
        """What `texts` gave."""
        return cls.of((date.fromisoformat(first), date.fromisoformat(last)) for first, last in texts)

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """The stretches as ISO dates, for files and people."""
        return tuple((first.isoformat(), last.isoformat()) for first, last in self.stretches)

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def __or__(self, other: Coverage) -> Coverage:
        return Coverage.of((*self.stretches, *other.stretches))

    def __sub__(self, other: Coverage) -> Coverage:
        rest = self
        for first, last in other.stretches:
            sides = ((date.min, first - _DAY), (last + _DAY, date.max))
            rest = Coverage.of((max(a, b), min(c, d)) for a, c in rest.stretches for b, d in sides)
        return rest

    def __and__(self, other: Coverage) -> Coverage:
        return Coverage.of((max(a[0], b[0]), min(a[1], b[1])) for a in self.stretches for b in other.stretches)

    @property
    def days_count(self) -> int:
        """How many days there are."""
        return sum((last - first).days + 1 for first, last in self.stretches)

    def within(self, period: Period) -> Coverage:
        """The covered days of a period."""
        return self & Coverage.of_period(period)

    def pct_of(self, period: Period) -> float:
        """The share of a period's days that is covered, in percent."""
        return 100 * self.within(period).days_count / period.days_count


def told_by_all(worked_and_told: Iterable[tuple[Coverage, Coverage]]) -> Coverage:
    """The days on which at least one worked, and all that did tell; given are the days each worked and told of."""
    worked = missed = Coverage()
    for days, told in worked_and_told:
        worked |= days
        missed |= days - told
    return worked - missed


def remark(coverage: Coverage, *, source_name: str, wanted: Coverage) -> tuple[str, str]:
    """That of the days wanted only these are covered, in Indonesian and English."""
    first, last = wanted.texts[0][0], wanted.texts[-1][1]
    if not coverage:
        return (
            f"{source_name}: isinya tidak memuat satu hari pun secara utuh dari {first} s.d. {last}",
            f"{source_name}: it tells of no whole day from {first} to {last}",
        )
    return (
        f"{source_name}: dari {first} s.d. {last} hanya memuat {_named(coverage, 's.d.')}",
        f"{source_name}: of {first} to {last} it tells only of {_named(coverage, 'to')}",
    )


def _named(coverage: Coverage, to: str) -> str:
    """The first few stretches in words, and how many more there are."""
    names = [f"{first} {to} {last}" for first, last in coverage.texts]
    more = f" (+{len(names) - _NAMED_STRETCHES})" if len(names) > _NAMED_STRETCHES else ""
    return ", ".join(names[:_NAMED_STRETCHES]) + more


def _whole_days(start_at: datetime, end_at: datetime, zone: ZoneInfo) -> Stretch:
    """The first and the last local day wholly inside; the last comes before the first when there is none."""
    start, end = start_at.astimezone(zone), end_at.astimezone(zone)
    first = start.date() + (_DAY if start > datetime.combine(start.date(), time(), zone) else timedelta())
    return first, end.date() - _DAY
