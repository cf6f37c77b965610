"""Reports of cities and provinces in the formats asked for, all from one reading of each city."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import ConfigError
from pipeline.atomic import GROUP_READS, write_atomically
from pipeline.config.load import load_city
from pipeline.config.province import load_province
from pipeline.config.reports import FORMATS, Format, Reports
from pipeline.language import Language
from pipeline.nearest import did_you_mean
from pipeline.settings import Settings, city_ids, is_province, province_ids

if TYPE_CHECKING:
    from pipeline.language.language import Code
    from pipeline.report.document import Document
    from pipeline.warehouse import CityView, Warehouse


def formats_of(words: Sequence[str]) -> list[Format]:
    """The formats that words name, several in a word where commas part them; `ConfigError` for one there is not."""
    asked = dict.fromkeys(part.strip().lower() for word in words for part in word.split(",") if part.strip())
    known = [one for one in FORMATS if one in asked]
    for name in asked:
        if name not in FORMATS:
            near_id, near_en = did_you_mean(name, FORMATS)
            raise ConfigError(
                id=f"Format '{name}' tidak ada.{near_id} Yang ada: {', '.join(FORMATS)}.",
                en=f"There is no format '{name}'.{near_en} There are: {', '.join(FORMATS)}.",
            )
    return known


class Reporting:
    """The reports of one machine's cities; each city is read once, whatever is written of it and beside it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._views: dict[str, CityView] = {}

    def write(
        self, name: str, period: str, *, formats: Sequence[str], languages: Sequence[Code] = ("id",)
    ) -> Iterator[Path]:
        """Write the reports of a city or province, all but the page, in each language; gives each path once written.

        Nothing where the period has no results.
        """
        if not set(formats) - {"html"}:
            return
        for code in languages:
            document = self.document(name, period, Language(code))
            for file, content in _files(document, formats) if document.results else ():
                path = self.folder(name) / file
                write_atomically(path, content, mode=GROUP_READS)
                yield path

    def folder(self, name: str) -> Path:
        """Where the reports of a city or province lie."""
        return self._settings.home / "reports" / name

    def view(self, name: str) -> CityView:
        """What readers see of a city or a province."""
        if name not in self._views:
            self._views[name] = self._province(name) if self.is_province(name) else self._warehouse.city_view(name)
        return self._views[name]

    def is_province(self, name: str) -> bool:
        """Whether the name is a province's."""
        return is_province(self._settings.cities, name)

    def document(self, name: str, period: str, language: Language) -> Document:
        """What every report of a city or province and a period is made from."""
        from pipeline.report.document import Document

        view = self.view(name)
        others = tuple(self.view(city) for city in (view.parts or self._cities) if city != name)
        return Document(view, period, language, others=others, signature=self._reports_of(name).signature)

    def _reports_of(self, name: str) -> Reports:
        return load_city(self._settings.cities, name).reports if name in self._cities else Reports()

    def _province(self, name: str) -> CityView:
        from pipeline.province import province_view
        from pipeline.warehouse import CityRecord

        province = load_province(self._settings.cities, name)
        zone = load_city(self._settings.cities, province.parts[0]).zone
        return province_view(CityRecord(name, province.name, zone, ""), [self.view(city) for city in province.parts])

    @cached_property
    def names(self) -> list[str]:
        """All cities, then all provinces."""
        return [*self._cities, *province_ids(self._settings.cities)]

    @cached_property
    def _cities(self) -> list[str]:
        return city_ids(self._settings.cities)

    @cached_property
    def _warehouse(self) -> Warehouse:
        from pipeline.warehouse import Warehouse

        warehouse = Warehouse(self._settings.warehouse_url)
        warehouse.migrate()
        return warehouse


def _files(document: Document, formats: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The files of each format by name; those of the second language say so in their names."""
    ending = document.period if document.language.code == "id" else f"{document.period}.{document.language.code}"
    if "pdf" in formats:
        from pipeline.report.pdf import pdf

        yield f"{ending}.pdf", pdf(document)
    if "xlsx" in formats:
        from pipeline.report.xlsx import xlsx

        yield f"{ending}.xlsx", xlsx(document)
    if "csv" in formats:
        from pipeline.report.csvw import csvw

        yield from ((f"{ending}-csv/{name}", content) for name, content in csvw(document))
    if "json" in formats:
        from pipeline.report.export import export

        yield f"{ending}.json", export(document)
