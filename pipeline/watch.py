"""Looks at a city, and tells those its settings name what is new and what is over, each once."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import ConfigError, TolokError
from connectors.messages import send
from pipeline.city_plans import PlannedRecipient, city_plans
from pipeline.conditions import CityState, Condition, of_city, of_failures, of_settings
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.config.notify import KINDS
from pipeline.failures import NIGHTLY, keep_failure
from pipeline.landing import Manifest, read_manifest_at
from pipeline.notices import Notice, label
from pipeline.periods import period_of_run
from pipeline.settings import Settings, city_ids
from pipeline.steps import status
from pipeline.warehouse import Notifications, Warehouse

_KINDS_OF_A_PERIOD = ("daily", "monthly", "annual")
# What a run tells at once, at its end; the rest waits for the daily look, for a backfill would tell it by the month.
AT_ONCE = ("run_failed", "settings_at_fault")


def conditions(city_id: str, *, now: datetime, kinds: Collection[str] = KINDS) -> tuple[list[Condition], set[str]]:
    """What is so of a city, and the kinds that could be looked into: with settings at fault, the first two only."""
    settings = Settings.from_environment()
    failures = Notifications(settings.warehouse_url).failures(city_id)
    try:
        city = load_city(settings.cities, city_id)
    except ConfigError as fault:
        if city_id not in city_ids(settings.cities):
            raise
        return [of_settings(fault), *of_failures(failures)], set(AT_ONCE) & set(kinds)
    found = of_failures(failures)
    if not set(kinds) <= set(AT_ONCE):
        state = CityState(failures, Warehouse(settings.warehouse_url).current(city_id), _manifests(settings.home, city))
        found += of_city(city, state, now=now)
    return found, set(kinds)


def recipients(city_id: str, *, now: datetime) -> tuple[PlannedRecipient, ...]:
    """Who is told of a city: those that its settings name, or named when they were last sound."""
    plans = {plan.city_id: plan for plan in city_plans(Settings.from_environment(), today=now.date())}
    return plans[city_id].recipients if city_id in plans else ()


def connections(city_id: str, *, now: datetime) -> list[str]:
    """The connections over which people are told of a city."""
    return [recipient.connection for recipient in recipients(city_id, now=now)]


def keep_failure_of_run(
    city_id: str,
    *,
    kind: str,
    partition_key: str | None,
    conf: Mapping[str, object] | None,
    step: str,
    fault: BaseException | None,
    link: str,
) -> None:
    """Keep what failed of a scheduled or triggered run of a `kind`: daily, monthly or annual.

    Not when settings at fault tell of it already, nor for a run that names no period, which a person started and sees.
    Other kinds, such as a backfill, compute several periods and keep the failure of each themselves. The city's page of
    its periods then shows it.
    """
    if kind not in _KINDS_OF_A_PERIOD:
        return
    with suppress(TolokError):
        load_city(Settings.from_environment().cities, city_id)
        period = period_of_run(partition_key=partition_key, conf=conf, is_year=kind == "annual").label
        keep_failure(city_id, NIGHTLY if kind == "daily" else period, step, fault=fault, link=link)
        status(city_id, now=datetime.now(UTC))


def tell(city_id: str, *, now: datetime, kinds: Collection[str] = KINDS) -> list[str]:
    """Tell each recipient of a city what is new to them and what is over; gives the subject of each message sent.

    What was sent is noted after it went through, so a crash costs at most that one message twice. Raises the gravest
    fault when one was not delivered, after all the others were.
    """
    sent, faults = list[str](), list[TolokError]()
    told_of = recipients(city_id, now=now)
    if not told_of:
        return []
    with _alone(Settings.from_environment().home / "runs" / city_id):
        found, looked_into = conditions(city_id, now=now, kinds=kinds)
        for recipient in told_of:
            try:
                sent += _tell(recipient, city_id, found, kinds=looked_into & set(recipient.kinds), now=now)
            except TolokError as fault:
                faults.append(fault)
    if faults:
        raise max(faults, key=lambda fault: fault.exit_code)
    return sent


def _tell(
    recipient: PlannedRecipient, city_id: str, found: list[Condition], *, kinds: set[str], now: datetime
) -> Iterator[str]:
    """One message, if there is anything to tell."""
    kept = Notifications(Settings.from_environment().warehouse_url)
    notice = Notice.of(found, kept.open(city_id, recipient.connection), kinds=kinds)
    if notice:
        subject = notice.subject(city_id, recipient.language)
        send(recipient.connection, subject=subject, text=notice.text(city_id, recipient.language))
        told = {(one.kind, one.subject): label(one) for one in notice.new}
        kept.note(city_id, recipient.connection, told=told, cleared=notice.over, now=now)
        yield f"{recipient.connection}: {subject}"


def _manifests(home: Path, city: City) -> dict[str, list[Manifest]]:
    folder = home / "landing" / city.city
    return {name: [read_manifest_at(path) for path in sorted((folder / name).glob("*.json"))] for name in city.sources}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One teller of a city at a time, so that two do not both find that nobody was told yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "notify.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
