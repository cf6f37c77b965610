"""Where this machine keeps things, from the environment: apart from the cities, so that showing starts at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import ConfigError

# Also the stem of the city's YAML, so nothing that leads out of the folder.
CITY_ID = r"[a-z0-9]+(-[a-z0-9]+)*"


@dataclass(frozen=True)
class Settings:
    """Where this machine keeps data, results and cities."""

    home: Path
    warehouse_url: str
    cities: Path
    storage_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `TOLOK_HOME`, `TOLOK_WAREHOUSE` and `TOLOK_CITIES`; unset ones mean `.tolok` and `cities` here.

        Where `TOLOK_HOME` is the address of a storage, the home is the folder `TOLOK_MIRROR`, which mirrors it. Raises
        `ConfigError` for such an address without a warehouse that all machines share.
        """
        env = os.environ if environment is None else environment
        named = env.get("TOLOK_HOME", "").removeprefix("file://")
        storage_url = named if "://" in named else ""
        if storage_url and not env.get("TOLOK_WAREHOUSE"):
            raise ConfigError(
                id="TOLOK_HOME adalah penyimpanan objek, jadi isi juga TOLOK_WAREHOUSE: basis data PostgreSQL yang "
                "dicapai semua mesin.",
                en="TOLOK_HOME is object storage, so set TOLOK_WAREHOUSE too: a PostgreSQL database that all machines "
                "reach.",
            )
        folder = env.get("TOLOK_MIRROR") if storage_url else named
        home = Path(folder or ".tolok").absolute()
        return cls(
            home=home,
            warehouse_url=env.get("TOLOK_WAREHOUSE") or f"sqlite:///{home / 'warehouse.sqlite'}",
            cities=Path(env.get("TOLOK_CITIES") or "cities").absolute(),
            storage_url=storage_url,
        )


def city_ids(cities: Path) -> list[str]:
    """The cities configured in a folder."""
    return sorted(path.stem for path in cities.glob("*.yaml"))


def province_ids(cities: Path) -> list[str]:
    """The provinces configured in a folder of cities."""
    return sorted(path.stem for path in province_path(cities, "*").parent.glob("*.yaml"))


def province_path(cities: Path, province_id: str) -> Path:
    """Where the YAML of a province lies: in a folder of its own, so that no scheduler takes it for a city."""
    return cities / "provinces" / f"{province_id}.yaml"


def is_province(cities: Path, name: str) -> bool:
    """Whether a province of that name is configured in a folder of cities; never for what would lead out of it."""
    return bool(re.fullmatch(CITY_ID, name)) and province_path(cities, name).is_file()
