"""The city, period, home and warehouse that the names given to a step stand for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.periods import Period
from pipeline.settings import Settings
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.warehouse import Warehouse


def city_called(city_id: str) -> City:
    """The settings of a city, read again when their file has changed; raises `ConfigError` for those at fault."""
    cities = Settings.from_environment().cities
    path = cities / f"{city_id}.yaml"
    return _load_city(cities, city_id, path.stat().st_mtime_ns if path.is_file() else 0)


def work_of(city_id: str, period: str) -> Work:
    """One period of a city as its files are now."""
    return Work(city_called(city_id), Period.parse(period), home())


def home() -> Path:
    """The data folder."""
    return Settings.from_environment().home


def warehouse_url() -> str:
    """Where the warehouse is."""
    return Settings.from_environment().warehouse_url


def open_warehouse(url: str | None = None) -> Warehouse:
    """The warehouse of a URL or of the settings, brought to this version."""
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(url or warehouse_url())
    warehouse.migrate()
    return warehouse


@lru_cache(maxsize=64)
def _load_city(cities: Path, city_id: str, changed_at: int) -> City:  # noqa: ARG001 a changed file is read again
    return load_city(cities, city_id)
