"""How each period of a city stands, what it lacks, and when the next run is due; worked out from what is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pipeline.conditions import due_at, expected_periods, is_closed
from pipeline.config.city import City
from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.warehouse import RunFailure

State = Literal["closed", "final", "provisional", "not_computable", "failed", "empty", "missing"]


@dataclass(frozen=True)
class PeriodStatus:
    """One period: its state, its newest version and when that was computed, and what it lacks, in both languages."""

    period: str
    state: State
    version: int | None
    computed_at: datetime | None
    lacks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CityStatus:
    """A city's periods, the newest first, and when the next month and year are due, on its own clock."""

    city_id: str
    name: str
    looked_at: datetime
    periods: tuple[PeriodStatus, ...]
    next_runs: tuple[tuple[str, datetime], ...]


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
    periods = (
        PeriodStatus(
            label,
            _state(rows_of[label], failed.get(label), is_empty=label in empty),
            max((row["version"] for row in rows_of[label]), default=None),
            computed.get(label),
            (*_failed(failed.get(label)), *(pair for row in rows_of[label] for pair in _lacks(row))),
        )
        for label in sorted(labels, reverse=True)
    )
    return CityStatus(city.city, city.name, local, tuple(periods), tuple(_next_runs(city, local)))


def _failed(failure: RunFailure | None) -> Iterator[tuple[str, str]]:
    if failure:
        yield failure.text_id, failure.text_en


def _state(rows: Sequence[Mapping[str, Any]], failure: RunFailure | None, *, is_empty: bool) -> State:
    statuses = {row["status"] for row in rows}
    if failure:
        return "failed"
    if not rows:
        return "empty" if is_empty else "missing"
    if any(is_closed(row) for row in rows):
        return "closed"
    if statuses == {"not_computable"}:
        return "empty" if is_empty else "not_computable"
    return "provisional" if "provisional" in statuses else "final"


def _lacks(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What keeps a result from being final, or from having a value, or waits for a correction."""
    clause = definitions()[row["indicator"]].clause if row["indicator"] in definitions() else row["indicator"]
    if row["pending"]:
        yield f"{clause}: menunggu koreksi", f"{clause}: waits for a correction"
    if row["status"] == "not_computable":
        reason_id, _, reason_en = str(row["reason"]).partition(" / ")
        yield f"{clause}: {reason_id}", f"{clause}: {reason_en or reason_id}"
    elif row["status"] == "provisional":
        for remark in row["reasons"]:
            if remark["keeps_provisional"]:
                yield f"{clause}: {remark['id']}", f"{clause}: {remark['en']}"


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
