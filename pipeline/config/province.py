"""A province or another region by the cities that it is made of."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from connectors.errors import ConfigError
from pipeline.config.problems import explain
from pipeline.config.publication import Publication
from pipeline.config.strict import Strict, sound
from pipeline.setting_faults import suggestion
from pipeline.settings import CITY_ID, city_ids, province_path
from pipeline.settings_yaml import read_settings


class Province(Strict):
    """A region whose results are made of those of its `parts`, which are ids of cities, each once."""

    province: str = Field(pattern=f"^{CITY_ID}$")
    name: str
    parts: tuple[str, ...] = Field(min_length=1)
    publish: Publication | None = None

    @field_validator("parts")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({part for part in value if value.count(part) > 1})
        return sound(value, [f"kota dua kali / a city twice: {', '.join(twice)}"] if twice else [])


def load_province(cities: Path, province_id: str) -> Province:
    """Read and check a province's YAML; `ConfigError` for its mistakes, and for parts that are no cities here."""
    path = province_path(cities, province_id)
    try:
        province = Province.model_validate(read_settings(path))
    except ValidationError as error:
        raise explain(path, error) from None
    there = city_ids(cities)
    unknown = [f"'{part}'{suggestion(part, there)}" for part in province.parts if part not in there]
    if province.province != province_id or province_id in there or unknown:
        wrong = ", ".join(unknown) or f"'{province.province}'"
        raise ConfigError(
            id=f"{path.name}: 'province' harus sama dengan nama berkas dan bukan nama kota, 'parts' kota yang ada di "
            f"{cities}; yang salah: {wrong}.",
            en=f"{path.name}: 'province' must equal the file's name and be no city's, 'parts' must be cities in "
            f"{cities}; wrong: {wrong}.",
        )
    return province
