"""Where a service keeps its state, which port it answers on, and the passwords and secrets that it makes once."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from connectors.errors import ConfigError
from pipeline.atomic import write_atomically
from pipeline.settings import Settings

ADMIN, READER = "admin", "pembaca"
_DEFAULT_PORT = 8080
_PORT_FILE = "port"


@dataclass(frozen=True)
class ServiceSettings:
    """What one service is made of; two with the same folder are the same service."""

    folder: Path
    port: int
    tolok: Settings
    metadata_url: str | None = field(repr=False)
    warehouse_url: str | None = field(repr=False)
    broker_url: str | None = field(default=None, repr=False)
    api_url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ServiceSettings:
        """Read `TOLOK_SERVICE`, `TOLOK_PORT`, `TOLOK_METADATA`, `TOLOK_BROKER`, `TOLOK_API`, and the command line's.

        Without `TOLOK_PORT` the port is the one of the service's last start.
        Raises `ConfigError` for a port that is none, and for a broker without databases that all machines reach.
        """
        env = os.environ if environment is None else environment
        tolok = Settings.from_environment(env)
        folder = Path(env.get("TOLOK_SERVICE") or tolok.home / "service").absolute()
        _refuse_lonely_broker(env)
        return cls(
            folder=folder,
            port=_port(env.get("TOLOK_PORT") or _last_port(folder)),
            tolok=tolok,
            metadata_url=env.get("TOLOK_METADATA") or None,
            warehouse_url=env.get("TOLOK_WAREHOUSE") or None,
            broker_url=env.get("TOLOK_BROKER") or None,
            api_url=env.get("TOLOK_API") or None,
        )

    @property
    def address(self) -> str:
        """Where people open it, on this machine only."""
        return f"http://127.0.0.1:{self.port}"

    def keep_port(self) -> None:
        """Note the port for the commands that come later, which are not told it."""
        write_atomically(self.folder / _PORT_FILE, str(self.port))

    @property
    def logins_file(self) -> Path:
        """The names and passwords that people log in with, as Airflow reads them."""
        return self.folder / "logins.json"

    @property
    def logs(self) -> Path:
        """The folder with a log for each process."""
        return self.folder / "logs"

    def logins(self) -> dict[str, str]:
        """Name and password of each login."""
        found: dict[str, str] = json.loads(self.logins_file.read_text(encoding="utf-8"))
        return found


@dataclass(frozen=True, repr=False)
class Secrets:
    """What no one types in: the passwords between processes, the keys Airflow signs and encrypts with."""

    superuser_password: str
    metadata_password: str
    warehouse_password: str
    api_secret: str
    jwt_secret: str
    fernet_key: str
    database_folder: str

    @classmethod
    def of(cls, service: ServiceSettings, *, database_folder: Path) -> Secrets:
        """Those of a service, made and written for its owner alone when there are none yet."""
        service.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = service.folder / "secrets.json"
        if not path.exists():
            made = cls(
                superuser_password=secrets.token_hex(24),
                metadata_password=secrets.token_hex(24),
                warehouse_password=secrets.token_hex(24),
                api_secret=secrets.token_hex(32),
                jwt_secret=secrets.token_hex(32),
                fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                database_folder=str(database_folder),
            )
            write_atomically(path, json.dumps(asdict(made), indent=1))
        if not service.logins_file.exists():
            logins = {name: secrets.token_urlsafe(12) for name in (ADMIN, READER)}
            write_atomically(service.logins_file, json.dumps(logins, indent=1))
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def _last_port(folder: Path) -> str:
    kept = folder / _PORT_FILE
    return kept.read_text(encoding="utf-8").strip() if kept.exists() else str(_DEFAULT_PORT)


def _refuse_lonely_broker(env: Mapping[str, str]) -> None:
    missing = [name for name in ("TOLOK_METADATA", "TOLOK_WAREHOUSE") if not env.get(name)]
    if env.get("TOLOK_BROKER") and missing:
        names = ", ".join(missing)
        raise ConfigError(
            id=f"TOLOK_BROKER membagi kerja ke beberapa mesin, jadi isi juga {names}: basis data PostgreSQL yang "
            "dicapai semua mesin (docs/cluster.md).",
            en=f"TOLOK_BROKER spreads the work over machines, so set {names} too: PostgreSQL databases that all "
            "machines reach (docs/cluster.md).",
        )


def _port(text: str) -> int:
    if text.isdecimal() and 1024 <= int(text) <= 65535:
        return int(text)
    raise ConfigError(
        id=f"TOLOK_PORT={text} bukan porta. Tulis angka 1024 sampai 65535, misalnya 8080.",
        en=f"TOLOK_PORT={text} is no port. Write a number from 1024 to 65535, such as 8080.",
    )
