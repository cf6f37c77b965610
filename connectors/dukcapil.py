"""Dukcapil's population map service (ArcGIS): one layer per semester, whose name alone says the day it was counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from connectors.api import Api
from connectors.base import Connector, Options, Window, Wire
from connectors.errors import ConfigError
from connectors.layout import Layout
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

_LEVELS = ("no_prop", "no_kab", "no_kec")
_WIDTHS = (2, 2, 2)
_SEMESTER = re.compile(r"_(?P<year>\d{4}|\{year\})0(?P<semester>[12])$")
_ENDS = {"1": (6, 30), "2": (12, 31)}


class DukcapilOptions(Options):
    """Which layer; `{year}` in the service is the period's. `reference_on` is for services without a semester."""

    service: str = "AGR_VISUAL_KAB_{year}02"
    layer: int = Field(default=0, ge=0)
    levels: int = Field(default=2, ge=1, le=3)
    page_size: int = Field(default=1_000, ge=1)
    reference_on: date | None = None

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.reference_on is None and not _SEMESTER.search(self.service):
            raise ValueError(
                "nama layanan tidak berakhiran semester (_202401, _{year}02): isi 'reference_on' / the service's name "
                "does not end in a semester: give 'reference_on'"
            )
        return self


class _Layer(Api):
    """A layer's API, whose address names the year, so that each window is a question of its own."""

    @property
    def _takes_window(self) -> bool:
        return True


class Dukcapil(Connector):
    """Registered population by region. Grain of `rows`: one region of the layer.

    Columns besides the layer's own: `kode_wilayah`, the Kemendagri code with points (`32.73`), and `tanggal_acuan`,
    30 June or 31 December (`YYYY-MM-DD`) as the service's name says, or `reference_on`.
    """

    OPTIONS = DukcapilOptions

    def __init__(self, options: Mapping[str, Any], *, layout: Layout, zone: ZoneInfo) -> None:
        super().__init__(options, layout=layout, zone=zone)
        self._pages = Layout(format="json", rows_at="features")

    def pull(self, wire: Wire, window: Window) -> None:
        """Every region of the layer; `ConfigError` when there is no such service or layer."""
        self._api(f"{window.start_at:%Y}").pull(wire, window)

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The regions of kept answers."""
        parts = [f"attributes.{name}" for name in _LEVELS[: self.options.levels]]
        own = [name for name in columns if name not in ("kode_wilayah", "tanggal_acuan")]
        raw = [*parts, *(f"attributes.{name}" for name in own)]
        for file in files:
            for _, chunk in self._api("0000").rows([file], columns=raw):
                found = {name: chunk[f"attributes.{name}"] for name in own}
                found["kode_wilayah"] = _codes([chunk[name] for name in parts])
                found["tanggal_acuan"] = self._counted_on(file).isoformat()
                named = chunk[["source_row", "reader_problem"]].assign(**found)
                yield (
                    file,
                    named[["source_row", "reader_problem", *dict.fromkeys(columns)]].astype(
                        dict.fromkeys(columns, "str")
                    ),
                )

    def _api(self, year: str) -> Api:
        options: DukcapilOptions = self.options
        declared = {
            "url": f"arcgis/rest/services/{options.service.replace('{year}', year)}/MapServer/{options.layer}/query",
            "params": {
                "where": "1=1",
                "outFields": "*",
                "orderByFields": ",".join(_LEVELS[: options.levels]),
                "returnGeometry": "false",
                "f": "json",
                "resultOffset": "{offset}",
                "resultRecordCount": "{size}",
            },
            "paging": {"style": "offset", "size": options.page_size, "more_at": "exceededTransferLimit"},
            "error_at": "error",
        }
        return _Layer(declared, layout=self._pages, zone=self.zone)

    def _counted_on(self, file: RawFile) -> date:
        options: DukcapilOptions = self.options
        found = _SEMESTER.search(options.service)
        if options.reference_on is not None or found is None:
            return options.reference_on or date.min
        year = file.name[:4] if found["year"] == "{year}" else found["year"]
        if not year.isdigit():
            raise ConfigError(
                id=f"{file.name}: tahun layanan tidak diketahui dari nama berkas; tulis 'service' dengan tahunnya.",
                en=f"{file.name}: the file's name does not tell the service's year; write 'service' with its year.",
            )
        return date(int(year), *_ENDS[found["semester"]])


def _codes(parts: Sequence[pd.Series]) -> pd.Series:
    """Numbers as a code with points; null where one of them is not there."""
    padded = [part.str.removesuffix(".0").str.zfill(width) for part, width in zip(parts, _WIDTHS, strict=False)]
    code = padded[0]
    for part in padded[1:]:
        code = code + "." + part
    return code
