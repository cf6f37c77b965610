"""The draft of a file for a city: as text, or added to the city's YAML."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from connectors.errors import ConfigError, SourceUnavailable
from connectors.records import RawFile
from pipeline.config.answers import unanswered
from pipeline.draft.draft import Draft, Place, draft_source
from pipeline.draft.preview import preview
from pipeline.draft.source_text import append_source, source_text
from pipeline.landing import refuse_unwritable_name
from pipeline.settings_yaml import read_settings


@dataclass(frozen=True)
class Drafted:
    """A source's name, its YAML with the evidence, and how many questions it leaves."""

    name: str
    text: str
    questions_count: int


def draft_file(cities: Path, city_id: str, file: Path, *, table: str | None, name: str | None) -> Drafted:
    """Draft the source of a file; raises `ConfigError` for a missing file or an undecided table, nothing is written."""
    if not file.is_file():
        raise SourceUnavailable(id=f"{file} tidak ada.", en=f"There is no file {file}.")
    refuse_unwritable_name(file)
    place = place_of(cities, city_id)
    raw = RawFile(file, file.name)
    draft = draft_source(raw, place=place, way_in={"path": path_from(place.folder, file)}, table=table)
    return drafted(draft, raw, name=name or name_from(file.name), place=place)


def drafted(draft: Draft, file: RawFile, *, name: str, place: Place) -> Drafted:
    """The draft as text, with what a run would make of the file's first rows."""
    count = len(list(unanswered(draft.plain)))
    return Drafted(name, source_text(name, draft, after=preview(draft, file, name=name, place=place)), count)


def add_to_city(cities: Path, city_id: str, drafted: Drafted) -> Path:
    """Add a draft to the city's YAML; raises `ConfigError` where there is none or the rest would not stay as it is."""
    path = cities / f"{city_id}.yaml"
    if not path.is_file():
        raise ConfigError(
            id=f"{path} belum ada. Buat dahulu: tolok init {city_id}",
            en=f"{path} is not there. First: tolok init {city_id}",
        )
    append_source(path, drafted.name, drafted.text)
    return path


def place_of(cities: Path, city_id: str) -> Place:
    """What the city's YAML, finished or not, tells of its name and clock."""
    path = cities / f"{city_id}.yaml"
    settings = read_settings(path) if path.is_file() else {}
    zone = settings.get("zone")
    known = zone if isinstance(zone, str) and zone in available_timezones() and ZoneInfo(zone) else None
    return Place(cities, str(settings.get("name") or ""), known)


def name_from(file_name: str) -> str:
    """A source's name from its file's: `Gangguan TI 2025.xlsx` is `gangguan_ti`."""
    stem = file_name.split(".")[0]
    words = [word for word in re.findall(r"[^\W_]+", stem.casefold()) if not word.isdigit()]
    return "_".join(words) or "sumber"


def path_from(folder: Path, file: Path) -> str:
    """A file's path as the city's YAML names it, from its own folder."""
    return Path(os.path.relpath(file.absolute(), folder.absolute())).as_posix()
