"""Looks at a city, and tells those its settings name what is new and what is over, each once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.errors import ConfigError, TolokError
from connectors.messages import send
from pipeline.atomic import write_atomically
from pipeline.city_plans import PlannedRecipient, city_plans
from pipeline.conditions import CityState, Condition, of_city, of_failures, of_settings
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.config.notify import KINDS
from pipeline.failures import NIGHTLY, keep_failure
from pipeline.landing import Manifest, whole_manifests
from pipeline.mirror import pull
from pipeline.notices import Key, Notice, label
from pipeline.periods import period_of_run
from pipeline.settings import Settings, city_ids
from pipeline.steps import status
from pipeline.warehouse import Notifications, Warehouse
from pipeline.warehouse.locks import alone

_KINDS_OF_A_PERIOD = ("daily", "monthly", "annual")
# What a run tells at once, at its end; the rest waits for the daily look, for a backfill would tell it by the month.
AT_ONCE = ("run_failed", "settings_at_fault")
# What the next runs may mend: after a first start, or on a machine that was off, they are just catching up.
_MENDED_BY_RUNS = ("period_missing", "source_stale")
# A little less than from one morning to the next.
_LASTING = timedelta(hours=20)


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

    What was sent is noted after it went through, so a crash costs at most that one message twice. What the next runs
    may mend is told when a look some twenty hours later still finds it, and nothing of the city was run meanwhile.
    Raises the gravest fault when one was not delivered, after all the others were.
    """
    sent, faults = list[str](), list[TolokError]()
    told_of = recipients(city_id, now=now)
    if not told_of:
        return []
    settings = Settings.from_environment()
    folder = settings.home / "runs" / city_id
    # One teller at a time, so that two do not both find that nobody was told yet.
    with alone(settings.warehouse_url, f"{city_id} watch"):
        found, looked_into = conditions(city_id, now=now, kinds=kinds)
        held = _held(folder / "seen.json", city_id, found, now=now) if looked_into & set(_MENDED_BY_RUNS) else set()
        for recipient in told_of:
            wanted = looked_into & set(recipient.kinds)
            try:
                sent += _tell(recipient, city_id, found, held=held, kinds=wanted, now=now)
            except TolokError as fault:
                faults.append(fault)
    if faults:
        raise max(faults, key=lambda fault: fault.exit_code)
    return sent


def _held(path: Path, city_id: str, found: Iterable[Condition], *, now: datetime) -> set[Key]:
    """What is not told yet, for runs may be mending it; since when each of these was seen is kept in a file."""
    pull(path)
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError):
        kept = {}
    keys = [(one.kind, one.subject) for one in found if one.kind in _MENDED_BY_RUNS]
    seen = {" ".join(key): kept.get(" ".join(key), now.isoformat()) for key in keys}
    if seen != kept:
        write_atomically(path, json.dumps(seen))
    runs_go_on = _is_recent(_last_run_at(city_id), now)
    return {key for key in keys if runs_go_on or _is_recent(datetime.fromisoformat(seen[" ".join(key)]), now)}


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and abs(now - moment) < _LASTING


def _last_run_at(city_id: str) -> datetime | None:
    """When a run of a period of the city last stored something or failed."""
    url = Settings.from_environment().warehouse_url
    failed = [one.failed_at for one in Notifications(url).failures(city_id) if one.period != NIGHTLY]
    stored = [one.computed_at for one in Warehouse(url).results(city_id) if one.computed_at]
    return max([*failed, *stored], default=None)


def _tell(
    recipient: PlannedRecipient,
    city_id: str,
    found: list[Condition],
    *,
    held: Collection[Key],
    kinds: set[str],
    now: datetime,
) -> Iterator[str]:
    """One message, if there is anything to tell."""
    kept = Notifications(Settings.from_environment().warehouse_url)
    notice = Notice.of(found, kept.open(city_id, recipient.connection), kinds=kinds, held=held)
    if notice:
        subject = notice.subject(city_id, recipient.language)
        send(recipient.connection, subject=subject, text=notice.text(city_id, recipient.language))
        told = {(one.kind, one.subject): label(one) for one in notice.new}
        kept.note(city_id, recipient.connection, told=told, cleared=notice.over, now=now)
        yield f"{recipient.connection}: {subject}"


def _manifests(home: Path, city: City) -> dict[str, list[Manifest]]:
    folder = home / "landing" / city.city
    return {name: list(whole_manifests(folder / name)) for name in city.sources}
