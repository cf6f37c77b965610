"""Where this machine keeps things, from the environment: apart from the cities, so that showing starts at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import ConfigError

# Also the stem of the city's YAML, so nothing that leads out of the folder.
CITY_ID = r"[a-z0-9]+(-[a-z0-9]+)*"

# Of two letters at least, for one is a drive of Windows.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# Tests alone keep a home there.
_OF_ONE_PROCESS = "memory:"


@dataclass(frozen=True)
class Settings:
    """Where this machine keeps data, results and cities."""

    home: Path
    warehouse_url: str = field(repr=False)
    cities: Path
    storage_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `TOLOK_HOME`, `TOLOK_WAREHOUSE` and `TOLOK_CITIES`; unset ones mean `.tolok` and `cities` here.

        Where `TOLOK_HOME` is the address of a storage, the home is the folder `TOLOK_MIRROR`, which mirrors it. Raises
        `ConfigError` for such an address without a warehouse that all machines share, and for half an address.
        """
        env = os.environ if environment is None else environment
        named = env.get("TOLOK_HOME", "").removeprefix("file://")
        storage_url = named if "://" in named else ""
        folder = env.get("TOLOK_MIRROR") if storage_url else named
        _refuse_address("TOLOK_MIRROR" if storage_url else "TOLOK_HOME", folder or "")
        if storage_url:
            _refuse_lonely_warehouse(storage_url, env.get("TOLOK_WAREHOUSE") or "")
        home = Path(folder or ".tolok").absolute()
        return cls(
            home=home,
            warehouse_url=env.get("TOLOK_WAREHOUSE") or f"sqlite:///{home / 'warehouse.sqlite'}",
            cities=Path(env.get("TOLOK_CITIES") or "cities").absolute(),
            storage_url=storage_url,
        )


def _refuse_address(setting: str, folder: str) -> None:
    """An address, or half of one, would become a folder of that name here, and nobody would see why."""
    if not _ADDRESS.match(folder):
        return
    wanted_id, wanted_en = (
        "alamat seperti s3://wadah/folder, atau folder",
        "an address such as s3://bucket/folder, or a folder",
    )
    if setting == "TOLOK_MIRROR":
        wanted_id, wanted_en = (
            "folder di mesin ini; alamat penyimpanan ada di TOLOK_HOME",
            "a folder of this machine; the storage's address is in TOLOK_HOME",
        )
    raise ConfigError(
        id=f"{setting}='{_shown(folder)}' bukan folder dan bukan alamat yang utuh. Tulis {wanted_id}.",
        en=f"{setting}='{_shown(folder)}' is neither a folder nor a whole address. Write {wanted_en}.",
    )


def _shown(folder: str) -> str:
    """Half an address without the key or password that may stand before its @."""
    return re.sub(r":.*@", ":***@", folder)


def _refuse_lonely_warehouse(storage_url: str, warehouse_url: str) -> None:
    """One file beside a shared storage: a second machine would number versions anew and write over the first one's."""
    if warehouse_url and (not warehouse_url.startswith("sqlite") or storage_url.startswith(_OF_ONE_PROCESS)):
        return
    raise ConfigError(
        id="TOLOK_HOME adalah penyimpanan objek, jadi isi TOLOK_WAREHOUSE dengan basis data PostgreSQL yang dicapai "
        "semua mesin, bukan SQLite. Untuk satu mesin saja: pakai folder di TOLOK_HOME, dan salin folder itu ke "
        "penyimpanan sebagai cadangan.",
        en="TOLOK_HOME is object storage, so set TOLOK_WAREHOUSE to a PostgreSQL database that all machines reach, not "
        "to SQLite. For one machine alone: name a folder in TOLOK_HOME, and copy that folder to the storage as a "
        "backup.",
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
