"""All cities side by side, in a year that the reader chooses, with the regions that they make up on top."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.indicators.definition import definitions
from pipeline.language import Language
from pipeline.report.answers import is_met
from pipeline.report.dashboard import Choice, choices, own_hash, rendered, share
from pipeline.warehouse import CityView, ReadinessCheck, ResultView

TEMPLATE = "dashboard_overview.html.j2"


@dataclass(frozen=True)
class Cell:
    """A city's value of an indicator, and how long its bar is in percent of the longest of its column."""

    value: float | None
    status: str
    is_good: bool | None
    width: int | None


@dataclass(frozen=True)
class CityRow:
    """A city or region with a cell for each indicator, null where it has no result; `href` leads to its page."""

    name: str
    is_region: bool
    href: str | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """All cities in one chosen period."""

    choice: Choice
    rows: tuple[CityRow, ...]


@dataclass(frozen=True)
class Overview:
    """What the page of all cities shows, in one language; `pages` are the links to pages of their own, by id."""

    cities: tuple[CityView, ...]
    language: Language
    regions: tuple[CityView, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()

    def html(self) -> str:
        """The page: self-contained, the same bytes for the same input."""
        t = self.language
        heading = t("{count} cities side by side", count=t.number(len(self.cities)))
        return rendered(
            TEMPLATE,
            language=t,
            choices=self.choices,
            inputs=self.inputs,
            title=heading,
            heading=heading,
            subtitle=", ".join(region.city.name for region in self.regions),
            links=[(t(text), href) for text, href in self.links],
            tables=[Table(choice, tuple(self._rows(choice))) for choice in self.choices],
            readiness=self._readiness(),
        )

    @cached_property
    def inputs(self) -> str:
        """A hash of everything the page is made of; two pages of the same hash are the same."""
        shown = {choice.period for choice in self.choices}
        told = [
            (
                view.city,
                view.readiness,
                [(one.key, one.value, one.status, one.target) for one in view.results if one.period in shown],
            )
            for view in (*self.regions, *self.cities)
        ]
        links = sorted(self.pages.items()), self.links
        return hashlib.sha256(repr((told, links, self.language.code, own_hash())).encode()).hexdigest()

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The years that can be chosen, the latest first."""
        return choices([period for view in self.cities for period in view.periods])

    def _readiness(self) -> list[tuple[CityView, dict[int, ReadinessCheck]]]:
        """The cities that were checked, with their checks by year."""
        checked = sorted((view for view in self.cities if view.readiness), key=lambda view: view.city.name)
        return [(view, {check.year: check for check in view.readiness}) for view in checked]

    def _rows(self, choice: Choice) -> Iterator[CityRow]:
        views = (*self.regions, *sorted(self.cities, key=lambda view: view.city.name))
        columns = [[view.result(name, choice.period) for view in views] for name in definitions()]
        cells = list(zip(*(list(_cells(column)) for column in columns), strict=True))
        for view, of_view in zip(views, cells, strict=True):
            yield CityRow(view.city.name, view in self.regions, self.pages.get(view.city.city_id), of_view)


def _cells(column: Sequence[ResultView | None]) -> Iterator[Cell | None]:
    longest = max((one.value or 0 for one in column if one), default=0)
    for one in column:
        yield Cell(one.value, one.status, is_met(one), share(one.value, longest)) if one else None
