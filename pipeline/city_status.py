"""How each period of a city stands, what it lacks, and when the next run is due; worked out from what is kept."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pipeline.conditions import due_at, expected_periods, is_closed
from pipeline.config.city import City
from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.warehouse import RunFailure

State = Literal["closed", "final", "partial", "provisional", "not_computable", "altered", "failed", "empty", "missing"]
# The gravest first.
_CAUSES = ("failed", "altered", "not_computable", "provisional", "pending")
_NUMBER = re.compile(r"\d[\d.,:-]*")


@dataclass(frozen=True)
class Lack:
    """Why a period is not final, in both languages; `clause` is that of the result, empty for a run that failed."""

    cause: str
    clause: str
    id: str
    en: str


@dataclass(frozen=True)
class Reason:
    """One lack of several periods, the newest first: its texts are those of the newest."""

    cause: str
    clauses: tuple[str, ...]
    periods: tuple[str, ...]
    id: str
    en: str


@dataclass(frozen=True)
class PeriodStatus:
    """One period: its state, its newest version and when that was computed, each result's status, what it lacks.

    `statuses` are by clause; a result that nobody computed is not among them.
    """

    period: str
    state: State
    version: int | None
    computed_at: datetime | None
    statuses: Mapping[str, str]
    lacks: tuple[Lack, ...]


@dataclass(frozen=True)
class CityStatus:
    """A city's periods, the newest first, and when the next month and year are due, on its own clock.

    `periods` are its months and years, `also` those that are computed besides, such as the year to date.
    """

    city_id: str
    name: str
    looked_at: datetime
    periods: tuple[PeriodStatus, ...]
    also: tuple[PeriodStatus, ...]
    next_runs: tuple[tuple[str, datetime], ...]

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of the indicators, in their order."""
        stored = {clause for one in (*self.periods, *self.also) for clause in one.statuses}
        known = [one.clause for one in definitions().values()]
        return (*known, *sorted(stored - set(known)))

    @property
    def missing(self) -> tuple[str, ...]:
        """The periods that should be there and are not, oldest first."""
        return tuple(one.period for one in reversed(self.periods) if one.state == "missing")

    @property
    def commands(self) -> tuple[str, ...]:
        """What fills the missing periods: months in one range, then each year."""
        months = [label for label in self.missing if Period.parse(label).is_month]
        years = [label for label in self.missing if label not in months]
        backfill = [f"tolok backfill {self.city_id} {months[0]} {months[-1]}"] if months else []
        return (*backfill, *(f"tolok run {self.city_id} {year}" for year in years))

    @property
    def reasons(self) -> list[Reason]:
        """What is lacking, each once with its periods, the gravest first.

        Texts that differ in numbers alone are one, that of the newest period, which is named; what is computed besides
        adds only what no month or year lacks.
        """
        found: dict[tuple[str, str, str], list[tuple[str, Lack]]] = defaultdict(list)
        for one in self.periods:
            for lack in one.lacks:
                found[_key(lack)].append((one.period, lack))
        besides = [(one.period, lack) for one in self.also for lack in one.lacks if _key(lack) not in found]
        for period, lack in besides:
            found[_key(lack)].append((period, lack))
        return sorted(_of_all_clauses(found.values()), key=lambda reason: _CAUSES.index(reason.cause))


def city_status(
    city: City,
    *,
    results: Sequence[Mapping[str, Any]],
    computed: Mapping[str, datetime],
    failures: Sequence[RunFailure],
    now: datetime,
) -> CityStatus:
    """The status at a moment; `results` are as `Warehouse.current` gives them, `computed` says when by period.

    Periods are those with results or failures, those that should be there by now, and months declared empty.
    """
    rows_of: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in results:
        rows_of[row["period"]].append(row)
    # Nightly collecting keeps its failures under a word of its own.
    failed = {failure.period: failure for failure in failures if failure.period[:1].isdigit()}
    empty, local = set(city.schedule.empty_months), now.astimezone(city.zone_info)
    labels = {*rows_of, *failed, *empty, *(period.label for period in expected_periods(city, results, now=now))}
    found = [
        PeriodStatus(
            label,
            _state(rows_of[label], failed.get(label), is_empty=label in empty),
            max((row["version"] for row in rows_of[label]), default=None),
            computed.get(label),
            {_clause(row): row["status"] for row in rows_of[label]},
            (*_failed(failed.get(label)), *(lack for row in rows_of[label] for lack in _lacks(row))),
        )
        for label in sorted(labels, key=_newest_last, reverse=True)
    ]
    main = tuple(one for one in found if not _is_besides(one.period))
    also = tuple(one for one in found if _is_besides(one.period))
    return CityStatus(city.city, city.name, local, main, also, tuple(_next_runs(city, local)))


def stretches(periods: Iterable[str]) -> str:
    """Periods in order, months that follow one another as the first and the last of them."""
    found: list[list[str]] = []
    for label in sorted(dict.fromkeys(periods), key=_newest_last):
        before = Period.parse(label).month_before
        if found and before and found[-1][-1] == before.label:
            found[-1].append(label)
        else:
            found.append([label])
    return ", ".join(" – ".join(dict.fromkeys((one[0], one[-1]))) for one in found)


def _newest_last(label: str) -> tuple[str, bool, str]:
    """By their last day; a year comes after its months."""
    period = Period.parse(label)
    return str(period.last_on), period.is_year, label


def _is_besides(label: str) -> bool:
    period = Period.parse(label)
    return not (period.is_month or period.is_year)


def _key(lack: Lack) -> tuple[str, str, str]:
    return lack.cause, lack.clause, _NUMBER.sub("#", lack.en)


def _of_all_clauses(found: Iterable[Sequence[tuple[str, Lack]]]) -> Iterator[Reason]:
    """One reason for the clauses that lack the same in the same periods."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[Lack]] = defaultdict(list)
    for same in found:
        last, newest = same[0]
        periods = tuple(dict.fromkeys(period for period, _ in same))
        if len({lack.en for _, lack in same}) > 1:
            newest = replace(newest, id=f"{newest.id} ({last})", en=f"{newest.en} ({last})")
        alike[newest.cause, newest.en, periods].append(newest)
    for (cause, _, periods), lacks in alike.items():
        clauses = tuple(sorted({lack.clause for lack in lacks if lack.clause}))
        yield Reason(cause, clauses, periods, lacks[0].id, lacks[0].en)


def _failed(failure: RunFailure | None) -> Iterator[Lack]:
    if failure:
        yield Lack("failed", "", failure.text_id, failure.text_en)


def _state(rows: Sequence[Mapping[str, Any]], failure: RunFailure | None, *, is_empty: bool) -> State:
    statuses = {row["status"] for row in rows}
    if failure:
        return "failed"
    if not rows:
        return "empty" if is_empty else "missing"
    if "altered" in statuses:
        return "altered"
    if any(is_closed(row) for row in rows):
        return "closed"
    if statuses == {"not_computable"}:
        return "empty" if is_empty else "not_computable"
    if "provisional" in statuses:
        return "provisional"
    return "partial" if "not_computable" in statuses or len(rows) < len(definitions()) else "final"


def _clause(row: Mapping[str, Any]) -> str:
    name = str(row["indicator"])
    return definitions()[name].clause if name in definitions() else name


def _lacks(row: Mapping[str, Any]) -> Iterator[Lack]:
    """What keeps a result from being final, or from having a value, or waits for a correction."""
    clause = _clause(row)
    if row["pending"]:
        yield Lack("pending", clause, "menunggu koreksi", "waits for a correction")
    if row["status"] in ("not_computable", "altered"):
        reason_id, _, reason_en = str(row["reason"]).partition(" / ")
        yield Lack(row["status"], clause, reason_id, reason_en or reason_id)
    elif row["status"] == "provisional":
        for remark in row["reasons"]:
            if remark["keeps_provisional"]:
                yield Lack("provisional", clause, remark["id"], remark["en"])


def _next_runs(city: City, now: datetime) -> Iterator[tuple[str, datetime]]:
    """The next month and the next year that are run by themselves; a year's run then waits for its months."""
    first_of_month = now.date().replace(day=1)
    for day in (first_of_month - timedelta(days=1), first_of_month):
        if due_at(city, _month_of(day)) > now:
            yield _month_of(day).label, due_at(city, _month_of(day))
            break
    year = now.year if due_at(city, Period(now.year - 1, 12)) <= now else now.year - 1
    yield str(year), due_at(city, Period(year, 12))


def _month_of(day: date) -> Period:
    return Period(day.year, day.month)
