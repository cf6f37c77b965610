"""Dashboards as files: one a city or province and language, written anew only where what they show has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import ConfigError
from pipeline.atomic import GROUP_READS, write_atomically
from pipeline.config.province import load_province
from pipeline.language import LANGUAGES, Language
from pipeline.language.language import Code
from pipeline.nearest import did_you_mean
from pipeline.province import province_view
from pipeline.report.dashboard import Dashboard, inputs_of, sealed_page
from pipeline.report.dashboard_overview import Overview
from pipeline.settings import Settings, city_ids, is_province, province_ids
from pipeline.warehouse import CityRecord, CityView, Warehouse

if TYPE_CHECKING:
    from connectors.errors import TolokError

FOLDER = "dashboards"
# No city's id begins like this.
OVERVIEW = "_overview"
# Each language is called by its own name, in any page.
_CALLED: Mapping[Code, str] = {"id": "Bahasa Indonesia", "en": "English"}


@dataclass(frozen=True)
class Dashboards:
    """The dashboards of a warehouse, in one folder; pages beside it, of the same machine, are linked to.

    `coming` are those about to be written. Whoever opens a link to one that is missing has it made if `are_served`.
    """

    settings: Settings
    folder: Path
    coming: frozenset[Path] = frozenset()
    are_served: bool = False

    @classmethod
    def of_machine(cls, settings: Settings, *, are_served: bool = False) -> Dashboards:
        """Those in the home of this machine."""
        return cls(settings, settings.home / "reports" / FOLDER, are_served=are_served)

    def path(self, name: str, code: Code) -> Path:
        """Where the page of a city or province lies."""
        return self.folder / f"{name}.{code}.html"

    def write(self, name: str, code: Code) -> Path:
        """The page of a city, of a province or of all (`OVERVIEW`), made unless that of the same inputs is there.

        The same inputs are the same bytes, so that a page that is there need not be made to be compared. Raises
        `ConfigError` without results.
        """
        page = self._overview(code) if name == OVERVIEW else self._page(name, code)
        path = self.path(name, code)
        if inputs_of(path) != page.inputs:
            write_atomically(path, sealed_page(page.html()), mode=GROUP_READS)
        return path

    def _page(self, name: str, code: Code) -> Dashboard:
        view = self._view(name)
        beside = () if view.parts else tuple(one for one in self.headlines if one.city.city_id != name)
        links = self._links(name, code)
        overview = self.path(OVERVIEW, code)
        if self._is_own and len(self.headlines) > 1 and self._is_there(overview):
            links = (("All cities", overview.name), *links)
        return Dashboard(
            view,
            Language(code),
            others=beside,
            audit=self._audited(view),
            audit_folder=f"../{name}/",
            links=links,
        )

    def _overview(self, code: Code) -> Overview:
        regions = tuple(self._view(one) for one in self.names() if self.is_province(one))
        if not self.headlines:
            raise _nothing("", [])
        names = [view.city.city_id for view in (*self.headlines, *regions)]
        return Overview(
            self.headlines,
            Language(code),
            regions=regions,
            pages={name: self.path(name, code).name for name in names if self._is_there(self.path(name, code))},
            links=self._links(OVERVIEW, code),
        )

    def _links(self, name: str, code: Code) -> tuple[tuple[str, str], ...]:
        """To the page in the other language; a page in another folder is mailed alone."""
        other: Code = "en" if code == "id" else "id"
        path = self.path(name, other)
        return ((_CALLED[other], path.name),) if self._is_own and self._is_there(path) else ()

    def _is_there(self, path: Path) -> bool:
        return self.are_served or path in self.coming or path.is_file()

    @property
    def _is_own(self) -> bool:
        return self.folder == Dashboards.of_machine(self.settings).folder

    @cached_property
    def headlines(self) -> tuple[CityView, ...]:
        """Every city that has results, with its values."""
        return self._warehouse.headlines()

    def is_province(self, name: str) -> bool:
        """Whether it is the name of a province here."""
        return is_province(self.settings.cities, name)

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
        province = load_province(self.settings.cities, name)
        views = [self._warehouse.city_view(part) for part in province.parts]
        return province_view(CityRecord(name, province.name, views[0].city.zone, ""), views)

    def _audited(self, view: CityView) -> frozenset[str]:
        """The periods with a page of results, when the dashboards lie where this machine's pages do."""
        if not self._is_own:
            return frozenset()
        pages = self.folder.parent / view.city.city_id
        return frozenset(period for period in view.periods if (pages / f"{period}.html").is_file())


def write_dashboards(dashboards: Dashboards, names: Sequence[str], codes: Sequence[Code] = LANGUAGES) -> Iterator[Path]:
    """The page of each city or province named, or of all, in each language, and that of all where there are several."""
    asked = list(names or dashboards.names())
    if len(asked) != 1:
        asked.append(OVERVIEW)
    pages = [(name, code) for name in asked for code in codes]
    writing = replace(dashboards, coming=frozenset(dashboards.path(*page) for page in pages))
    return (writing.write(*page) for page in pages)


def _nothing(name: str, known: Sequence[str]) -> TolokError:
    near_id, near_en = did_you_mean(name, known) if name not in known else ("", "")
    of_id, of_en = (f" untuk {name}", f" for {name}") if name else ("", "")
    return ConfigError(
        id=f"Belum ada hasil{of_id}.{near_id} Jalankan: tolok run {name if name in known else 'KOTA'} 2025",
        en=f"There are no results yet{of_en}.{near_en} Run: tolok run {name if name in known else 'CITY'} 2025",
    )
