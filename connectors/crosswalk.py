"""BPS's bridging of region codes: which code of Kemendagri and which of BPS mean the same place.

Source: `https://sig.bps.go.id/rest-bridging/getwilayah?level=kabupaten&parent=32&periode_merge=2025_1.2025`, whose
answer is saved as it comes (JSON), or a CSV with the columns kode_bps, nama_bps, kode_dagri and nama_dagri.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import ConfigError, DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile

_COLUMNS = {"bps": ("kode_bps", "nama_bps"), "kemendagri": ("kode_dagri", "nama_dagri")}


@dataclass(frozen=True)
class Place:
    """One region: its code and its name by each authority."""

    codes: Mapping[str, str]
    names: Mapping[str, str]

    def __str__(self) -> str:
        return " = ".join(f"{authority}:{self.codes[authority]} {self.names[authority]}" for authority in _COLUMNS)


def read_crosswalk(path: Path) -> list[Place]:
    """The regions of a saved bridging; `DataRejected` when the file is no such thing, `ConfigError` without a file."""
    if not path.is_file():
        raise ConfigError(
            id=f"crosswalk: berkas {path.name} tidak ada. Simpan jawaban bridging BPS di sana.",
            en=f"crosswalk: there is no file {path.name}. Save the answer of BPS's bridging there.",
        )
    layout = Layout(format="csv" if path.suffix == ".csv" else "json")
    columns = [name for pair in _COLUMNS.values() for name in pair]
    chunks = read_rows(RawFile(path, path.name), layout=layout, columns=columns)
    rows = [row for chunk in chunks for row in chunk.fillna("").to_dict("records")]
    places = [_place(row) for row in rows if row["kode_bps"] and row["kode_dagri"]]
    if not places:
        raise DataRejected(
            id=f"{path.name}: tidak ada baris yang memuat kode_bps dan kode_dagri.",
            en=f"{path.name}: no row has both kode_bps and kode_dagri.",
        )
    return places


def place_of(places: list[Place], codes: Mapping[str, str]) -> Place:
    """The one place that all given codes mean; `ConfigError` naming both places when they mean two, or none."""
    known = {authority: code for authority, code in codes.items() if authority in _COLUMNS}
    meant = {authority: _find(places, authority, code) for authority, code in known.items()}
    unknown = [f"{authority}:{known[authority]}" for authority, place in meant.items() if place is None]
    if unknown or not meant:
        raise ConfigError(
            id=f"region_codes: {', '.join(unknown) or 'bps/kemendagri'} tidak ada di crosswalk.",
            en=f"region_codes: {', '.join(unknown) or 'bps/kemendagri'} is not in the crosswalk.",
        )
    found = [place for place in meant.values() if place is not None]
    if any(place != found[0] for place in found):
        places_named = "; ".join(str(place) for place in found)
        raise ConfigError(
            id=f"region_codes menunjuk dua tempat: {places_named}. Pilih satu baris.",
            en=f"region_codes mean two places: {places_named}. Take one line.",
        )
    return found[0]


def _find(places: list[Place], authority: str, code: str) -> Place | None:
    return next((place for place in places if place.codes[authority] == code), None)


def _place(row: Mapping[str, str]) -> Place:
    return Place(
        {authority: row[code].strip() for authority, (code, _) in _COLUMNS.items()},
        {authority: row[name].strip() for authority, (_, name) in _COLUMNS.items()},
    )
