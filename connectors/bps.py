"""BPS's WebAPI: one figure of one dynamic table by the key its parts spell, the total of a region in a year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.base import Connector, Options, Window, Wire, frame_of
from connectors.errors import ConfigError, DataRejected, SourceChanged
from connectors.http import Answer, Request
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "9999"

_FIRST_YEAR = 1900
_UNITS = {"": 1, "jiwa": 1, "orang": 1, "ribu": 1_000, "ribu jiwa": 1_000, "ribu orang": 1_000, "juta jiwa": 1_000_000}
_NUMBER = r"^\d{1,12}$"


class BpsOptions(Options):
    """Which table (`domain` and `var`) and which of its rows and columns; the numbers differ from domain to domain."""

    domain: str = Field(pattern=r"^\d{4}$")
    var: str = Field(pattern=_NUMBER)
    vervar: str = Field(default=TOTAL, pattern=_NUMBER)
    turvar: str = Field(default="0", pattern=_NUMBER)
    turth: str = Field(default="0", pattern=_NUMBER)
    region_code: str = Field(pattern=r"^\d{2}(\d{2})?$")
    reference: str = Field(default="06-30", pattern=r"^\d{2}-\d{2}$")
    user_agent: str = ""


class Bps(Connector):
    """One population figure. Grain of `rows`: the figure of one year; a year BPS does not have yet gives no row.

    Columns: `kode_wilayah` (as declared, a BPS code), `jumlah_penduduk` (persons, whatever the table's unit),
    `tanggal_acuan` (`YYYY-MM-DD`, mid-year). The connection's password is the API key, which stands in the path.
    """

    OPTIONS = BpsOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The window's year; what BPS does not have yet is noted, what it has in another shape is `SourceChanged`."""
        year = window.start_at.year
        document = wire.ask(f"{self.options.domain}-{year}.json", self._request(wire, year), read=self._checked)
        if not any(year == found for found, _ in self._figures(document)):
            place = f"domain {self.options.domain}, var {self.options.var}"
            wire.recorder.note(
                id=f"BPS belum memuat penduduk {year} ({place}); tidak ada angka, bukan nol",
                en=f"BPS does not have the population of {year} yet ({place}); no figure, which is not zero",
            )

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The figures of kept answers."""
        for file in files:
            answer = Answer(file.path.read_bytes(), 200, {}, file.name)
            yield file, frame_of(self._records(self._checked(answer)), columns=columns)

    def _request(self, wire: Wire, year: int) -> Request:
        if not wire.connection.password:
            raise ConfigError(
                id=f"Koneksi '{wire.connection.name}' belum berisi kunci WebAPI BPS; taruh sebagai sandi (password). "
                "Kunci gratis dari webapi.bps.go.id.",
                en=f"The connection '{wire.connection.name}' has no BPS WebAPI key; put it there as the password. "
                "Keys are free at webapi.bps.go.id.",
            )
        options: BpsOptions = self.options
        asked = f"domain/{options.domain}/var/{options.var}/th/{year - _FIRST_YEAR}"
        return Request(
            url=f"v1/api/list/model/data/lang/ind/{asked}/key/{{key}}/",
            secret_path={"key": wire.connection.password},
            headers={"User-Agent": options.user_agent} if options.user_agent else {},
        )

    def _checked(self, answer: Answer) -> Mapping[str, Any]:
        document = answer.document()
        if not isinstance(document, dict) or str(document.get("status", "")).casefold() != "ok":
            raise ConfigError(
                id=f"{answer.where}: BPS menolak permintaan. Periksa kunci di koneksi, 'domain', dan 'var'.",
                en=f"{answer.where}: BPS refused the request. Check the connection's key, 'domain' and 'var'.",
            )
        if document.get("data-availability") == "available":
            self._refuse_other_parts(answer.where, document)
        return document

    def _refuse_other_parts(self, where: str, document: Mapping[str, Any]) -> None:
        """Keys have no separators, so their parts are looked up in the lists the answer gives with them."""
        options: BpsOptions = self.options
        parts = (("var", options.var), ("vervar", options.vervar), ("turvar", options.turvar))
        for name, wanted in (*parts, ("turtahun", options.turth)):
            there = [str(item.get("val")) for item in document.get(name) or []]
            if wanted not in there:
                shown = ", ".join(there[:20]) or "-"
                raise SourceChanged(
                    id=f"{where}: tabel BPS ini tidak punya {name} {wanted}; yang ada: {shown}. Perbaiki 'options'.",
                    en=f"{where}: this BPS table has no {name} {wanted}; there are: {shown}. Mend 'options'.",
                )

    def _records(self, document: Mapping[str, Any]) -> Iterator[dict[str, str | None]]:
        for year, value in self._figures(document):
            yield {
                "kode_wilayah": self.options.region_code,
                "jumlah_penduduk": _persons(value, document),
                "tanggal_acuan": f"{year}-{self.options.reference}",
            }

    def _figures(self, document: Mapping[str, Any]) -> Iterator[tuple[int, object]]:
        options: BpsOptions = self.options
        for year in _years(document):
            key = f"{options.vervar}{options.var}{options.turvar}{year - _FIRST_YEAR}{options.turth}"
            value = document["datacontent"].get(key)
            if value is not None:
                yield year, value


def _years(document: Mapping[str, Any]) -> list[int]:
    """The years an answer has figures for; it gives an empty list instead of an object when it has none."""
    if document.get("data-availability") != "available" or not isinstance(document.get("datacontent"), dict):
        return []
    return [int(item["val"]) + _FIRST_YEAR for item in document.get("tahun") or []]


def _persons(value: object, document: Mapping[str, Any]) -> str:
    """A figure in persons; `SourceChanged` for a unit nobody has thought of, or none told."""
    described = document["var"][0]
    if "unit" not in described:
        raise SourceChanged(
            id="Jawaban BPS tidak lagi menyebut satuan tabelnya ('unit'); jiwa dan ribu jiwa tidak dapat dibedakan. "
            "Periksa 'var', atau tanyakan BPS.",
            en="BPS's answer no longer tells its table's unit ('unit'); persons and thousands of them look alike. "
            "Check 'var', or ask BPS.",
        )
    unit = " ".join(str(described["unit"] or "").split()).casefold()
    if unit not in _UNITS:
        raise SourceChanged(
            id=f"Satuan tabel BPS '{unit[:40]}' bukan jumlah orang; yang dikenal: {', '.join(filter(None, _UNITS))}. "
            "Periksa 'var'.",
            en=f"The BPS table's unit '{unit[:40]}' is no number of people; known: {', '.join(filter(None, _UNITS))}. "
            "Check 'var'.",
        )
    try:
        persons = Decimal(str(value)) * _UNITS[unit]
    except InvalidOperation:
        raise DataRejected(
            id="Angka penduduk dari BPS bukan bilangan.", en="BPS's population figure is not a number."
        ) from None
    return f"{persons.normalize():f}"
