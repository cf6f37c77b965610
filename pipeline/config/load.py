"""A city's file to its settings, or all its mistakes in one message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.errors import ConfigError
from pipeline.config.answers import refuse_unanswered
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.config.problems import explain
from pipeline.setting_faults import population_faults, suggestion
from pipeline.settings import city_ids, is_province
from pipeline.settings_yaml import read_settings

_LONGEST_ID = 64
_BEGINS_AS_PERIOD = re.compile(r"(19|20)\d\d(-\d|$)")


def load_city(cities: Path, city_id: str) -> City:
    """Read and check one city's YAML; every mistake in it is in the one `ConfigError` raised."""
    path = cities / f"{city_id}.yaml"
    if len(city_id) > _LONGEST_ID or not path.is_file():
        raise _no_such_city(cities, city_id)
    raw = read_settings(path)
    if "folder" in raw:
        raise ConfigError(id=f"{path.name}: folder: kunci tidak dikenal", en=f"{path.name}: folder: unknown key")
    refuse_unanswered(path, raw)
    try:
        city = City.model_validate({**raw, "sources": with_presets(raw.get("sources")), "folder": path.parent})
    except ValidationError as error:
        raise explain(path, error, more=_unseen_faults(raw, error)) from None
    if city.city != city_id:
        raise ConfigError(
            id=f"{path.name}: 'city: {city.city}' harus sama dengan nama berkas ('{city_id}').",
            en=f"{path.name}: 'city: {city.city}' must equal the file's name ('{city_id}').",
        )
    return city


def _unseen_faults(raw: Mapping[str, Any], error: ValidationError) -> list[str]:
    """What holds between settings and was not asked yet, because one of them alone is at fault."""
    chosen, sources = raw.get("population"), raw.get("sources")
    chosen = chosen.get("source") if isinstance(chosen, dict) else None
    if not all(problem["loc"] for problem in error.errors()) or not isinstance(sources, dict):
        return []
    tables = {name: str(one.get("table", "population")) for name, one in sources.items() if isinstance(one, dict)}
    return list(population_faults(chosen, tables)) if isinstance(chosen, str) else []


def _no_such_city(cities: Path, city_id: str) -> ConfigError:
    if is_province(cities, city_id):
        return _is_province(cities, city_id)
    if begins_as_period(city_id):
        return city_forgotten(city_id)
    there, shown = city_ids(cities), city_id[:_LONGEST_ID]
    known, near = ", ".join(there) or "-", suggestion(shown, there)
    return ConfigError(
        id=f"Kota '{shown}' tidak ada di {cities}{near}. Yang ada: {known}. Buat dengan: tolok init {shown}",
        en=f"City '{shown}' is not in {cities}{near}. There are: {known}. Make it with: tolok init {shown}",
    )


def begins_as_period(word: str) -> bool:
    """Whether a word where a city should stand is a period."""
    return _BEGINS_AS_PERIOD.match(word) is not None


def city_forgotten(period: str) -> ConfigError:
    """The error for a period where a city should stand."""
    return ConfigError(
        id=f"'{period}' adalah periode; kotanya belum ditulis. Tulis kota lebih dahulu: tolok ... KOTA {period}",
        en=f"'{period}' is a period; the city is not written. Write the city first: tolok ... CITY {period}",
    )


def _is_province(cities: Path, name: str) -> ConfigError:
    from pipeline.config.province import load_province

    parts = ", ".join(load_province(cities, name).parts)
    return ConfigError(
        id=f"'{name}' adalah provinsi, dan perintah ini untuk satu kota. Tulis salah satu kotanya: {parts}.",
        en=f"'{name}' is a province, and this command is for one city. Write one of its cities: {parts}.",
    )
