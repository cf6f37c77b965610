"""What a scheduler needs to know of each city; a file that has not changed costs no more than its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import ConfigError
from pipeline.atomic import write_atomically
from pipeline.settings import Settings, city_ids

if TYPE_CHECKING:
    from pipeline.config.notify import Recipient


@dataclass(frozen=True)
class PlannedRecipient:
    """Who is told of which kinds, over which connection; no language means both."""

    connection: str
    language: str | None
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class CityPlan:
    """When one city's DAGs run, in its own zone; one whose settings are at fault runs only by hand, and says why."""

    city_id: str
    zone: str = "UTC"
    first_month: str = ""
    day: int = 1
    hour: int = 0
    restate_months: int = 0
    also: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    daily_sources: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    recipients: tuple[PlannedRecipient, ...] = ()
    is_sound: bool = False


@dataclass(frozen=True)
class _Found:
    """A plan, and the bytes and the day that it was made of and on."""

    plan: CityPlan
    content: str
    edition: str


def city_plans(settings: Settings, *, today: date) -> list[CityPlan]:
    """The plan of every city in the folder of cities.

    What was found out before about the same bytes on the same day is kept in the data folder: checking a city loads
    every connector, which no scheduler can afford each half minute. A city at fault keeps what it was when it was last
    sound.
    """
    path, edition = settings.home / "city-plans.json", f"{version('tolok')} {today}"
    kept = _kept(path)
    found = {
        city_id: _found(settings.cities, city_id, kept.get(city_id), edition) for city_id in city_ids(settings.cities)
    }
    if found != kept:
        with suppress(OSError):  # A data folder that cannot be written to costs time only.
            write_atomically(path, json.dumps({name: asdict(one) for name, one in found.items()}, indent=1))
    return [_with_first_month(one.plan, today) for one in found.values()]


def _kept(path: Path) -> dict[str, _Found]:
    """What was found before; nothing where that cannot be read, be it another version's."""
    try:
        kept = json.loads(path.read_bytes())
        return {name: _Found(_plan_of(one.pop("plan")), **one) for name, one in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _plan_of(raw: dict[str, Any]) -> CityPlan:
    recipients = tuple(PlannedRecipient(**{**one, "kinds": tuple(one["kinds"])}) for one in raw["recipients"])
    names = {name: tuple(raw[name]) for name in ("also", "sources", "daily_sources", "tables")}
    return CityPlan(**{**raw, **names, "recipients": recipients})


def _found(cities: Path, city_id: str, before: _Found | None, edition: str) -> _Found:
    content = _content_sha256(cities / f"{city_id}.yaml")
    if before and (before.content, before.edition) == (content, edition):
        return before
    return _Found(_plan(cities, before.plan if before else CityPlan(city_id)), content, edition)


def _content_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _plan(cities: Path, last: CityPlan) -> CityPlan:
    from pipeline.config.load import load_city

    try:
        city = load_city(cities, last.city_id)
    except Exception:
        # Whatever is wrong with one city, the others run; its own first task meets the fault again and tells it.
        return replace(last, is_sound=False, recipients=_recipients_at_fault(cities, last))
    return CityPlan(
        city.city,
        zone=city.zone,
        first_month=city.schedule.first_month or "",
        day=city.schedule.day,
        hour=city.schedule.hour,
        restate_months=city.schedule.restate_months,
        also=city.schedule.also,
        sources=tuple(city.sources),
        daily_sources=tuple(
            name for name, source in city.sources.items() if source.connection and source.collect == "daily"
        ),
        tables=tuple(sorted({source.table for source in city.sources.values()})),
        recipients=_recipients(city.notify),
        is_sound=True,
    )


def _recipients(notify: Iterable[Recipient]) -> tuple[PlannedRecipient, ...]:
    return tuple(PlannedRecipient(one.connection, one.language, one.kinds) for one in notify)


def _recipients_at_fault(cities: Path, last: CityPlan) -> tuple[PlannedRecipient, ...]:
    """Whom settings at fault elsewhere name; where that cannot be read either, whom they named when last sound."""
    from pydantic import TypeAdapter

    from pipeline.config.notify import Recipient
    from pipeline.settings_yaml import read_settings

    try:
        raw = read_settings(cities / f"{last.city_id}.yaml").get("notify", ())
        return _recipients(TypeAdapter(tuple[Recipient, ...]).validate_python(raw))
    except (ConfigError, ValueError, OSError):
        return last.recipients


def _with_first_month(plan: CityPlan, today: date) -> CityPlan:
    """Without a declared one, January of the year before."""
    return replace(plan, first_month=plan.first_month or f"{today.year - 1}-01")
