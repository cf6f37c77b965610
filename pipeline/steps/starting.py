"""What comes before the first step: which period is meant, whether its run may start, what is due besides it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.errors import TolokError
from pipeline.leftovers import sweep_leftovers
from pipeline.mirror import is_in_storage
from pipeline.periods import Period, period_of_run
from pipeline.steps.done import months_done, own_months, versions
from pipeline.steps.environment import city_called, home, warehouse_url

_log = logging.getLogger(__name__)


def resolve(city_id: str, *, partition_key: str | None, conf: Mapping[str, object] | None, is_year: bool) -> str:
    """The period of a run of one city, scheduled or triggered.

    Raises `ConfigError` for a city whose settings are at fault, and what `pipeline.preconditions` raises, and what
    stands in the way of storing its results.
    """
    from pipeline.preconditions import place_of_city

    place_of_city(city_called(city_id))
    begin_run(city_id)
    return period_of_run(partition_key=partition_key, conf=conf, is_year=is_year).label


def begin_run(city_id: str) -> None:
    """Take away what killed runs left and what the city no longer keeps, and find out before all work whether its
    results can be stored."""
    from pipeline.warehouse import Warehouse

    sweep_leftovers(home())
    if is_in_storage(home()):
        from pipeline.erasing.copies import sweep_gone

        sweep_gone(home())
    warehouse = Warehouse(warehouse_url())
    warehouse.migrate()
    warehouse.require_writable()
    if city_called(city_id).retention:
        _expire(city_id)


def _expire(city_id: str) -> None:
    from pipeline.erasing.retention import expire

    try:
        numbers = expire(home(), city=city_called(city_id), url=warehouse_url(), now=datetime.now(UTC))
    except TolokError as fault:  # The run itself may well go on.
        _log.warning("Masa simpan tidak diterapkan / Retention not applied: %s", fault)
        return
    for number in numbers:
        _log.warning("Masa simpan habis: keputusan %d / Retention is over: decision %d", number, number)


def may_start(
    city_id: str,
    period: str,
    *,
    holder: str,
    is_active: Callable[[str], bool],
    due_at: datetime | None,
) -> bool:
    """Whether a run may go on: no other run of the city is under way, and a year's months are there.

    A run by hand (no `due_at`) does not wait for months, and its period, of which it may have several, is not asked
    for; one that was due waits for the city's `year_waits_days`.
    """
    from pipeline.turns import take_turn

    city, now = city_called(city_id), datetime.now(UTC)
    awaited = own_months(city, Period.parse(period)) if due_at else []
    missing = [month for month in awaited if month not in months_done(city_id)]
    wait_until = (due_at or now) + timedelta(days=city.schedule.year_waits_days)
    if missing and now < wait_until:
        months = ", ".join(missing)
        _log.info("Menunggu / Waiting: %s, sampai / until %s", months, f"{wait_until:%Y-%m-%d %H:%MZ}")
        return False
    is_mine, held_by = take_turn(home(), warehouse_url(), city_id, holder=holder, is_active=is_active, now=now)
    if not is_mine:
        _log.info("Menunggu run lain dari kota ini / Waiting for another run of this city: %s", held_by)
    return is_mine


def also_due(city_id: str, month: str) -> list[str]:
    """What the city's schedule asks to be computed besides a month: the year to date, the twelve months to it.

    Not what is a month or a year, which have runs of their own, nor what reaches back before the city's first month.
    """
    schedule, stored = city_called(city_id).schedule, {period for period, _ in versions(city_id)}
    first = schedule.first_month or min((label for label in stored if Period.parse(label).is_month), default=month)
    asked = [Period.parse(f"{month}-{reach}") for reach in schedule.also]
    return [
        period.label for period in asked if not (period.is_month or period.is_year) and period.months[0].label >= first
    ]


def year_to_restate(city_id: str, now: datetime) -> int | None:
    """The year that is run again for late answers at a moment; null outside the city's window."""
    city = city_called(city_id)
    return city.schedule.year_to_restate(now.astimezone(city.zone_info).date())
