"""Dashboards as files: one a city or province and language, written anew only where what they show has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import ConfigError
from pipeline.atomic import write_atomically
from pipeline.config.province import load_province
from pipeline.language import LANGUAGES, Language
from pipeline.language.language import Code
from pipeline.nearest import did_you_mean
from pipeline.province import province_view
from pipeline.report.dashboard import Dashboard, inputs_of
from pipeline.settings import Settings, city_ids, province_ids
from pipeline.warehouse import CityRecord, CityView, Warehouse

if TYPE_CHECKING:
    from connectors.errors import TolokError

FOLDER = "dashboards"
GROUP_READS = 0o640


@dataclass(frozen=True)
class Dashboards:
    """The dashboards of a warehouse, in one folder; pages beside it, of the same machine, are linked to."""

    settings: Settings
    folder: Path

    @classmethod
    def of_machine(cls, settings: Settings) -> Dashboards:
        """Those in the home of this machine."""
        return cls(settings, settings.home / "reports" / FOLDER)

    def path(self, name: str, code: Code) -> Path:
        """Where the page of a city or province lies."""
        return self.folder / f"{name}.{code}.html"

    def write(self, name: str, code: Code) -> Path:
        """The page of a city or province, made unless that of the same inputs is there; `ConfigError` without results.

        The same inputs are the same bytes, so that a page that is there need not be made to be compared.
        """
        view = self._view(name)
        page = Dashboard(
            view,
            Language(code),
            others=() if self.is_province(name) else tuple(c for c in self.headlines if c.city.city_id != name),
            audit=self._audited(view),
            audit_folder=f"../{name}/",
        )
        path = self.path(name, code)
        if inputs_of(path) != page.inputs:
            write_atomically(path, page.html(), mode=GROUP_READS)
        return path

    @cached_property
    def headlines(self) -> tuple[CityView, ...]:
        """Every city that has results, with its values."""
        return self._warehouse.headlines()

    def is_province(self, name: str) -> bool:
        """Whether it is the name of a province here."""
        return name in province_ids(self.settings.cities)

    def names(self) -> tuple[str, ...]:
        """Cities with results, then provinces of such."""
        cities = tuple(view.city.city_id for view in self.headlines)
        provinces = province_ids(self.settings.cities)
        return (*cities, *(one for one in provinces if set(load_province(self.settings.cities, one).parts) & {*cities}))

    @cached_property
    def _warehouse(self) -> Warehouse:
        warehouse = Warehouse(self.settings.warehouse_url)
        warehouse.migrate()
        return warehouse

    def _view(self, name: str) -> CityView:
        view = self._province(name) if self.is_province(name) else self._warehouse.city_view(name)
        if not view.results:
            raise _nothing(name, [*city_ids(self.settings.cities), *province_ids(self.settings.cities)])
        return view

    def _province(self, name: str) -> CityView:
        """A province, whose members go by the cities' names."""
        province = load_province(self.settings.cities, name)
        views = [self._warehouse.city_view(part) for part in province.parts]
        called = {view.city.city_id: view.city.name for view in views}
        made = province_view(CityRecord(name, province.name, views[0].city.zone, ""), views)
        results = [
            replace(
                result,
                breakdowns={
                    dimension: tuple(replace(part, name=called.get(part.name, part.name)) for part in parts)
                    for dimension, parts in result.breakdowns.items()
                },
            )
            for result in made.results
        ]
        return replace(made, results=tuple(results))

    def _audited(self, view: CityView) -> frozenset[str]:
        """The periods with a page of results, when the dashboards lie where this machine's pages do."""
        if self.folder != Dashboards.of_machine(self.settings).folder:
            return frozenset()
        pages = self.folder.parent / view.city.city_id
        return frozenset(period for period in view.periods if (pages / f"{period}.html").is_file())


def write_dashboards(dashboards: Dashboards, names: Sequence[str], codes: Sequence[Code] = LANGUAGES) -> Iterator[Path]:
    """The page of each city or province in each language, one after another."""
    for name in names or dashboards.names():
        for code in codes:
            yield dashboards.write(name, code)


def _nothing(name: str, known: Sequence[str]) -> TolokError:
    near_id, near_en = did_you_mean(name, known) if name not in known else ("", "")
    return ConfigError(
        id=f"Belum ada hasil untuk {name}.{near_id} Jalankan: tolok run {name if name in known else 'KOTA'} 2025",
        en=f"There are no results yet for {name}.{near_en} Run: tolok run {name if name in known else 'CITY'} 2025",
    )
