"""Months, years and runs of months in a city's own time zone; nothing else in the project knows the calendar."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.errors import ConfigError
from pipeline.nearest import did_you_mean

_YEAR, _MONTH = r"(?:19|20)\d{2}", r"(?:0[1-9]|1[0-2])"
_LABEL = re.compile(
    rf"(?:(?P<since>{_YEAR}-{_MONTH})\.\.)?(?P<year>{_YEAR})(?:-(?P<month>{_MONTH})(?:-(?P<reach>ytd|r12))?)?"
)
_MOST_MONTHS = 12
_FEW_PERIODS = 6
_END_OF_TIME = 9999


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, order=True)
class Period:
    """A calendar year (`2024`), a calendar month (`2024-03`), or a run of two to twelve months (`2024-07..2025-06`).

    A run goes by its last month: `year` and `month` are that month's, `months_count` is its length.
    """

    year: int
    month: int | None = None
    months_count: int = 1

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period; anything else raises `ConfigError`.

        `2024-03-ytd` is the year to the end of a month (`2024-01..2024-03`), `2024-03-r12` the twelve months to it
        (`2023-04..2024-03`).
        """
        match = _LABEL.fullmatch(text.strip())
        if match is None or (match["since"] and (match["month"] is None or match["reach"])):
            raise _unknown(text)
        if match["month"] is None:
            return cls(int(match["year"]))
        year, month = int(match["year"]), int(match["month"])
        if match["since"]:
            first_year, first_month = match["since"].split("-")
            return cls._run(year, month, 1 + 12 * (year - int(first_year)) + month - int(first_month), text)
        return cls._run(year, month, {"ytd": month, "r12": _MOST_MONTHS, None: 1}[match["reach"]], text)

    @classmethod
    def _run(cls, year: int, month: int, months_count: int, text: str) -> Period:
        if not 1 <= months_count <= _MOST_MONTHS:
            raise ConfigError(
                id=f"Periode '{text}' harus memuat satu sampai {_MOST_MONTHS} bulan, yang awal lebih dahulu.",
                en=f"Period '{text}' must have one to {_MOST_MONTHS} months, the earlier one first.",
            )
        return cls(year) if (month, months_count) == (12, 12) else cls(year, month, months_count)

    @property
    def label(self) -> str:
        """The text stored in the warehouse."""
        if self.month is None:
            return f"{self.year}"
        last = f"{self.year}-{self.month:02d}"
        return last if self.is_month else f"{self.months[0].label}..{last}"

    @property
    def is_year(self) -> bool:
        """Whether it is a calendar year."""
        return self.month is None

    @property
    def is_month(self) -> bool:
        """Whether it is one calendar month."""
        return self.month is not None and self.months_count == 1

    @property
    def year_before(self) -> Period:
        """The same year, month or run of months a year before."""
        return Period(self.year - 1, self.month, self.months_count)

    @property
    def month_before(self) -> Period | None:
        """The month before a month; null for any other period."""
        if self.month is None or not self.is_month:
            return None
        return Period(self.year, self.month - 1) if self.month > 1 else Period(self.year - 1, 12)

    @property
    def judged_beside(self) -> tuple[Period, ...]:
        """The periods whose results are judged beside this one's: a year later, and of a month the next one."""
        year_later = Period(self.year + 1, self.month, self.months_count)
        if self.month is None or not self.is_month:
            return (year_later,)
        next_month = Period(self.year, self.month + 1) if self.month < 12 else Period(self.year + 1, 1)
        return (next_month, year_later)

    @property
    def first_on(self) -> date:
        """Its first day."""
        first = self.months[0]
        return date(first.year, first.month or 1, 1)

    @property
    def last_on(self) -> date:
        """Its last day."""
        month = self.month or 12
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def days_count(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1

    @property
    def months(self) -> tuple[Period, ...]:
        """The period's calendar months, in order."""
        last, count = (12, 12) if self.month is None else (self.month, self.months_count)
        places = [12 * self.year + last - 1 - back for back in reversed(range(count))]
        return tuple(Period(place // 12, place % 12 + 1) for place in places)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first moment and the first moment after it, in UTC, cut at midnight of `zone`."""
        return midnight(self.first_on, zone), midnight(self.last_on + timedelta(days=1), zone)


def _unknown(text: str) -> ConfigError:
    near = _nearby(text)
    near_id, near_en = did_you_mean(near[0], near) if near else ("", "")
    return ConfigError(
        id=f"Periode '{text}' tidak dikenal.{near_id} Tulis tahun (2024), bulan (2024-03), awal tahun sampai bulan itu "
        "(2024-03-ytd), dua belas bulan sampai bulan itu (2024-03-r12), atau 2024-01..2024-03.",
        en=f"Period '{text}' is not known.{near_en} Write a year (2024), a month (2024-03), the year to a month "
        "(2024-03-ytd), the twelve months to a month (2024-03-r12), or 2024-01..2024-03.",
    )


def _nearby(text: str) -> list[str]:
    """The year or month that other ways of writing it mean: 2025-3, 03/2025, 202503."""
    year, rest = re.search(r"(?:19|20)\d{2}", text), re.sub(r"(?:19|20)\d{2}", "", text, count=1)
    month = re.search(r"(?<!\d)(?:0?[1-9]|1[0-2])(?!\d)", rest)
    return [f"{year[0]}-{int(month[0]):02d}" if month else year[0]] if year else []


def refuse_other_fields(conf: Mapping[str, object], *known: str) -> None:
    """`ConfigError` for fields of a form that its DAG does not know and would pass over."""
    if others := sorted(set(conf) - set(known)):
        wrong, right = ", ".join(others), ", ".join(known)
        raise ConfigError(
            id=f"DAG ini tidak mengenal {wrong}; yang dikenal: {right}. Setiap kota punya DAG sendiri.",
            en=f"This DAG does not know {wrong}; it knows: {right}. Each city has DAGs of its own.",
        )


def nearest_periods(wanted: str | None, stored: Iterable[str]) -> list[str]:
    """A few labels of some periods in order: the nearest in time to the wanted one, of its kind if there are any.

    The latest where none is wanted.
    """
    aim = Period.parse(wanted) if wanted else Period(_END_OF_TIME)
    known = sorted(map(Period.parse, set(stored)), key=lambda one: (abs(one.last_on - aim.last_on), *_place(one)))
    alike = [one for one in known if (one.is_year, one.is_month) == (aim.is_year, aim.is_month)]
    return [one.label for one in sorted((alike or known)[:_FEW_PERIODS], key=_place)]


def _place(one: Period) -> tuple[date, date]:
    return one.last_on, one.first_on


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment `day` begins in `zone`, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def span(first: str, last: str) -> tuple[Period, ...]:
    """Every period from `first` to `last`, months before the year they make up.

    Two years give all their months and years; two months give the months between them. Raises `ConfigError` for a
    range of both, or one that runs backwards.
    """
    start, end = Period.parse(first), Period.parse(last)
    is_alike = (start.is_year, start.is_month) == (end.is_year, end.is_month) != (False, False)
    if not is_alike or start > end:
        raise ConfigError(
            id=f"Rentang {first} sampai {last} tidak sah. Tulis dua tahun atau dua bulan, yang awal lebih dahulu.",
            en=f"The range {first} to {last} is not valid. Write two years or two months, the earlier one first.",
        )
    if start.is_year:
        years = [Period(year) for year in range(start.year, end.year + 1)]
        return tuple(period for year in years for period in (*year.months, year))
    months = [month for year in range(start.year, end.year + 1) for month in Period(year).months]
    return tuple(month for month in months if start <= month <= end)


def period_of_run(*, partition_key: str | None, conf: Mapping[str, object] | None, is_year: bool) -> Period:
    """The period of a scheduled or triggered run: its partition key, else `conf["period"]`, else an error.

    A key that is a day stands for its month. Data intervals and the clock are never asked: both name the wrong period
    after a backfill. Raises `ConfigError` where neither names a period, both name different ones, a month is asked of a
    year's DAG, or `conf` asks for anything else, such as another city.
    """
    refuse_other_fields(conf or {}, "period")
    asked = str((conf or {}).get("period") or "")
    text = partition_key or asked
    if not text:
        raise ConfigError(
            id='Jalankan DAG dengan periode: isi formulir atau kirim conf {"period": "2024"}.',
            en='Run the DAG with a period: fill in the form or send conf {"period": "2024"}.',
        )
    period = Period.parse(text[:7] if _DAY.fullmatch(text) else text)
    if asked and Period.parse(asked) != period:
        raise ConfigError(
            id=f"Partition key '{text}' dan period '{asked}' berbeda. Isi salah satu saja.",
            en=f"The partition key '{text}' and the period '{asked}' differ. Give one of them only.",
        )
    if not (period.is_year if is_year else period.is_month):
        raise ConfigError(
            id=f"DAG ini menghitung {'tahun' if is_year else 'bulan'}; periode '{text}' bukan itu.",
            en=f"This DAG computes a {'year' if is_year else 'month'}; period '{text}' is not one.",
        )
    return period
