"""What `tolok publish` does: make the data set of a period, then write it where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import ConfigError, DataRejected
from pipeline.atomic import GROUP_READS, write_atomically
from pipeline.config.load import load_city
from pipeline.config.province import load_province
from pipeline.language import Language

if TYPE_CHECKING:
    from connectors.ckan import Ckan
    from pipeline.config.publication import Publication
    from pipeline.publish.data_set import Package
    from pipeline.reporting import Reporting
    from pipeline.settings import Settings

TARGETS = ("files", "ms-ind", "ckan")
_EXAMPLE = "publish: {publisher: Diskominfo Kota Saya, licence: CC-BY-4.0, portal: https://data.kota.go.id}"


class Publishing:
    """Publication of one machine's results; `settings` says where they are."""

    def __init__(self, settings: Settings, reporting: Reporting) -> None:
        self._settings = settings
        self._reporting = reporting

    def package(self, name: str, period: str) -> Package:
        """The data set of a period, with a PDF of the same results where one was written before.

        `ConfigError` without `publish`.
        """
        from pipeline.publish.package import package
        from pipeline.report.pdf import pdf

        document = self._reporting.document(name, period, Language("id"))
        # What was written before may hold a former version's values, so it is typeset anew.
        is_wanted = (self._reporting.folder(name) / f"{period}.pdf").is_file()
        return package(document, self.terms(name), pdf=pdf(document) if is_wanted else None)

    def files(self, name: str, period: str) -> Iterator[Path]:
        """Write all files of the data set into a folder of the period's own, and delete others there."""
        folder = self.folder(name, period)
        package = self.package(name, period)
        wanted = {one.file for one in package.resources}
        for resource in package.resources:
            write_atomically(folder / resource.file, resource.content, mode=GROUP_READS)
            yield folder / resource.file
        for path in folder.iterdir():
            if path.is_file() and path.name not in wanted:
                path.unlink()

    def ms_ind(self, name: str, period: str) -> Iterator[Path]:
        """Write the metadata of the indicators alone; needs no settings."""
        from pipeline.publish.ms_ind import as_json, workbook

        document = self._reporting.document(name, period, Language("id"))
        for file, content in (("ms-ind.xlsx", workbook(document)), ("ms-ind.json", as_json(document))):
            path = self.folder(name, period) / file
            write_atomically(path, content, mode=GROUP_READS)
            yield path

    def ckan(
        self,
        name: str,
        period: str,
        *,
        connection: str | None = None,
        is_public: bool = False,
        takes_provisional: bool = False,
        is_withdrawn: bool = False,
        is_dry: bool = False,
    ) -> Iterator[str]:
        """Bring a data set to the portal, or take it out; tells each change once it is made, or would be if `is_dry`.

        Raises `DataRejected` where a value that is not final would become public without `takes_provisional`.
        """
        from pipeline.publish import to_ckan
        from pipeline.publish.package import dataset_name

        terms = self.terms(name)
        with _opened(terms, connection) as ckan:
            if is_withdrawn:
                found = to_ckan.withdrawal(ckan, dataset_name(name, period))
            else:
                package = self.package(name, period)
                if is_public and package.status == "provisional" and not takes_provisional:
                    raise _not_final(package)
                found = to_ckan.steps(ckan, package, is_public=is_public)
            for step in found:
                if not is_dry:
                    step.make()
                yield str(step)

    def folder(self, name: str, period: str) -> Path:
        """Where the files of a period's data set lie."""
        return self._settings.home / "published" / name / period

    def terms(self, name: str) -> Publication:
        """Under which terms a city or province is published; `ConfigError` where its YAML does not say."""
        cities = self._settings.cities
        is_province = self._reporting.is_province(name)
        terms = load_province(cities, name).publish if is_province else load_city(cities, name).publish
        if terms is None:
            raise ConfigError(
                id=f"{name}: YAML-nya belum memuat 'publish'. Tulis penerbit, lisensi, dan portal: {_EXAMPLE}",
                en=f"{name}: its YAML has no 'publish'. Write publisher, licence and portal: {_EXAMPLE}",
            )
        return terms


def _opened(terms: Publication, connection: str | None) -> Ckan:
    from connectors.ckan import Ckan
    from connectors.connection import connection_from

    name = connection or terms.connection
    missing = [key for key, value in (("connection", name), ("organization", terms.organization)) if not value]
    if missing or name is None:
        raise ConfigError(
            id=f"publish: belum ada {', '.join(missing)}. Draf CKAN harus milik satu organisasi; tulis misalnya "
            "connection: portal_data, organization: diskominfo.",
            en=f"publish: {', '.join(missing)} is missing. A draft in CKAN belongs to an organization; write for "
            "example connection: portal_data, organization: diskominfo.",
        )
    return Ckan(connection_from(name), allow=terms.allow)


def _not_final(package: Package) -> DataRejected:
    return DataRejected(
        id=f"{package.name} memuat nilai sementara, jadi tidak dibuka untuk umum. Terbitkan sebagai draf (tanpa "
        "--public), atau dengan --provisional bila memang boleh; tandanya ikut di judul, catatan, dan kolom status.",
        en=f"{package.name} holds a provisional value, so it is not made public. Publish it as a draft (without "
        "--public), or with --provisional if that is meant; its mark stands in title, notes and the column status.",
    )
