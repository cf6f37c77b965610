"""Who asks to erase whom: the ids of a request, on what ground, and the city and machine that it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse

Place = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """Who asks to erase which ids of a city's table, and on what ground; ids may name their source: `SOURCE:ID`."""

    city_id: str
    table: str
    ids: tuple[str, ...]
    by: str
    ground: str
    settings: Settings = field(default_factory=Settings.from_environment)

    @property
    def home(self) -> Path:
        """Where raw files lie."""
        return self.settings.home

    @cached_property
    def city(self) -> City:
        """The city of the request."""
        return self.city_called(self.city_id)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, at this version."""
        warehouse = Warehouse(self.settings.warehouse_url)
        warehouse.migrate()
        return warehouse

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The city's sources of the table."""
        return tuple(name for name, source in self.city.sources.items() if source.table == self.table)

    @property
    def places(self) -> set[Place]:
        """The city with each of them."""
        return {(self.city_id, name) for name in self.sources}

    def city_called(self, city_id: str) -> City:
        """This city or another one of the machine."""
        return load_city(self.settings.cities, city_id)

    def wanted_of(self, source_name: str) -> tuple[str, ...]:
        """The ids asked for that a source may hold, without its name."""
        return tuple(one for name, one in map(self.parted, self.ids) if name in ("", source_name))

    def parted(self, text: str) -> tuple[str, str]:
        """The source that an id names, and the id."""
        name, colon, rest = text.partition(":")
        return (name, rest.strip()) if colon and name in self.sources else ("", text)
