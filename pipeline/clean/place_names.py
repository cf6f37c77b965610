"""Whether the place named beside the city's code in a population table is the city."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from connectors.csv_blocks import csv_header
from connectors.errors import TolokError
from connectors.files import read_rows
from connectors.records import RawFile
from connectors.remarks import Remark
from connectors.sheets import sheet_header
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.preconditions import place_of_city

_HEADER = re.compile(r"\b(nama|wilayah|daerah|kab\w*|kota|region|name|place)\b", re.IGNORECASE)
_KINDS = {"kota": "kota", "kotamadya": "kota", "kodya": "kota", "kabupaten": "kabupaten", "kab": "kabupaten"}
_SILENT = {"pemerintah", "pemkot", "pemkab", "administrasi", "adm"}

Name = tuple[str, str]


def names_of_city(city: City) -> list[str]:
    """What the city is called: by the crosswalk, else by its own settings."""
    place = place_of_city(city)
    return [city.name] if place is None else sorted(place.names.values())


def other_places(files: Sequence[RawFile], *, source: Source, source_name: str, city: City) -> list[Remark]:
    """A remark for each file in which the city's code stands beside the name of another city or regency alone.

    The columns of names need not be mapped. A table of several names to one code, such as of districts, is passed over.
    """
    column = source.columns["region_code"].column
    if len(column) != 1 or not source.authority or source.format not in ("csv", "xlsx") or source.years_in_header:
        return []
    own_code, known = city.region_codes[source.authority], [_name(name) for name in names_of_city(city)]
    remarks = []
    for file in files:
        found = {text for text in _names_beside(file, source, code_column=column[0], code=own_code) if _name(text)[0]}
        if len(found) == 1 and not any(_fit(_name(text), own) for text in found for own in known):
            remarks.append(_remark(file.name, found.pop(), own_code, names_of_city(city)[0], source_name))
    return remarks


def _names_beside(file: RawFile, source: Source, *, code_column: str, code: str) -> Iterator[str]:
    """The texts beside a code in columns that are called as names of places are; none of a file that is no table."""
    quiet = replace(file, on_read=None, on_remark=None)
    with suppress(TolokError):
        header = (csv_header if source.format == "csv" else sheet_header)(quiet, source)
        names = [
            name for name in dict.fromkeys(header) if _HEADER.search(name.replace("_", " ")) and name != code_column
        ]
        for frame in read_rows(quiet, layout=source, columns=(code_column, *names)) if names else ():
            beside = frame[frame[code_column].str.strip().str.removesuffix("e0") == code]
            for name in names:
                yield from beside[name].dropna().str.strip().unique()


def _name(text: str) -> Name:
    """The kind of a place, if it is a city or regency by its name, and the rest of the name."""
    words = [word for word in re.findall(r"[^\W\d_]+", text.casefold()) if word not in _SILENT]
    if len(words) > 1 and words[0] in _KINDS:
        return _KINDS[words[0]], "".join(words[1:])
    return "", "".join(words)


def _fit(found: Name, own: Name) -> bool:
    return found == own or (not own[0] and found[1] == own[1])


def _remark(file: str, found: str, code: str, own: str, source_name: str) -> Remark:
    return Remark(
        "other_place_named",
        f"{source_name}: {file}: di samping kode {code} tertulis '{found}', padahal kota ini '{own}'. Kode atau "
        "namanya salah: tanyakan kepada pemilik data, lalu perbaiki berkas, region_codes, atau name kota",
        f"{source_name}: {file}: beside the code {code} stands '{found}', but this city is '{own}'. Either the code or "
        "the name is wrong: ask the owner of the data, then mend the file, region_codes or the city's name",
    )
