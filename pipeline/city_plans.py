"""What a scheduler needs to know of each city; a file that has not changed costs no more than its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.atomic import write_atomically
from pipeline.settings import Settings, city_ids


@dataclass(frozen=True)
class CityPlan:
    """When one city's DAGs run, in its own zone; one whose settings are at fault runs only by hand, and says why."""

    city_id: str
    zone: str = "UTC"
    first_month: str = ""
    day: int = 1
    hour: int = 0
    is_collected_daily: bool = False
    is_sound: bool = False


def city_plans(settings: Settings, *, today: date) -> list[CityPlan]:
    """The plan of every city in the folder of cities.

    What was found out before about the same bytes on the same day is kept in the data folder: checking a city loads
    every connector, which no scheduler can afford each half minute. A city at fault keeps the zone and days that it
    had when it was last sound.
    """
    kept_path, edition = settings.home / "city-plans.json", f"{version('tolok')} {today}"
    kept = _kept(kept_path)
    found = dict(_entries(settings.cities, kept, edition=edition))
    if found != kept:
        with suppress(OSError):  # A data folder that cannot be written to costs time only.
            write_atomically(kept_path, json.dumps(found, indent=1))
    return [_with_first_month(CityPlan(**entry["plan"]), today) for entry in found.values()]


def _kept(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return kept


def _entries(cities: Path, kept: dict[str, Any], *, edition: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for city_id in city_ids(cities):
        before, content = kept.get(city_id), _content_sha256(cities / f"{city_id}.yaml")
        if before and (before["content"], before["edition"]) == (content, edition):
            yield city_id, before
            continue
        last = CityPlan(**before["plan"]) if before else CityPlan(city_id)
        yield city_id, {"content": content, "edition": edition, "plan": asdict(_plan(cities, last))}


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
        return replace(last, is_sound=False)
    return CityPlan(
        city.city,
        zone=city.zone,
        first_month=city.schedule.first_month or "",
        day=city.schedule.day,
        hour=city.schedule.hour,
        is_collected_daily=any(source.connection and source.collect == "daily" for source in city.sources.values()),
        is_sound=True,
    )


def _with_first_month(plan: CityPlan, today: date) -> CityPlan:
    """Without a declared one, January of the year before."""
    return replace(plan, first_month=plan.first_month or f"{today.year - 1}-01")
