"""The entry point of the image: reads the secrets that a role needs from files, waits for its database, becomes it.

    python -m service.container api-server | scheduler | dag-processor | worker | migrate | tolok ... | healthy ROLE

The environment says where things are, never what is secret: `TOLOK_DATABASE_HOST`, `TOLOK_REDIS_HOST`,
`TOLOK_API_ADDRESS`, `TOLOK_EXECUTOR` and the settings of the command line.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from connectors.errors import ConfigError, SourceUnavailable, TolokError
from pipeline.atomic import write_atomically
from pipeline.warehouse import Warehouse
from service.airflow_settings import airflow_environment, celery_environment
from service.database import METADATA, SUPERUSER, WAREHOUSE, make_databases
from service.health import health
from service.metadata import Schema, migrate_metadata, refuse_newer
from service.processes import wait_for
from service.settings import ADMIN, READER

_PLACEHOLDERS = ("change", "ganti", "example", "contoh", "secret", "rahasia", "password", "sandi")
_SHORTEST_SECRET = 16
_SHORTEST_LOGIN = 12
_WAIT_SECONDS = 300.0
_HEARTBEAT_SECONDS = 30
_JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob"}
_COMMANDS = {
    "api-server": ("api-server", "--host", "0.0.0.0", "--port", "8080"),  # noqa: S104 - published on loopback only
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "worker": ("celery", "worker", "--skip-serve-logs", "--without-gossip", "--without-mingle"),
}


def main(arguments: list[str]) -> None:
    """Become the role that the arguments name; `ConfigError` for missing, short or unchanged secrets."""
    role, *rest = arguments or [""]
    os.umask(0o077)
    if role == "healthy":
        _say_health(rest[0])
    elif role == "migrate":
        _migrate()
    elif role == "tolok":
        _become([str(Path(sys.executable).with_name("tolok")), *rest], {**os.environ, **_warehouse()})
    elif role in _COMMANDS:
        metadata_url = _url(METADATA)
        _wait(metadata_url)
        environment = _airflow(metadata_url)
        Warehouse(environment["TOLOK_WAREHOUSE"]).migrate()
        _become([sys.executable, "-m", "airflow", *_COMMANDS[role]], environment)
    else:
        roles = ", ".join([*_COMMANDS, "migrate", "tolok"])
        raise ConfigError(id=f"Peran {role!r} tidak dikenal; yang ada: {roles}.", en=f"No role {role!r}; try: {roles}.")


def secret(name: str) -> str:
    """What the file of this secret holds; `ConfigError` when it is missing, short or still a placeholder."""
    path = _secret_file(name)
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError:
        raise ConfigError(
            id=f"Rahasia {name} tidak dapat dibaca di {path}. Buat dengan scripts/make_secrets.sh.",
            en=f"Secret {name} cannot be read in {path}. Make it with scripts/make_secrets.sh.",
        ) from None
    if len(value) < _SHORTEST_SECRET or any(word in value.lower() for word in _PLACEHOLDERS):
        raise ConfigError(
            id=f"Rahasia {name} kosong, terlalu pendek, atau masih teks contoh. Buat dengan scripts/make_secrets.sh.",
            en=f"Secret {name} is empty, too short, or still a sample text. Make it with scripts/make_secrets.sh.",
        )
    return value


def _secret_file(name: str) -> Path:
    return Path(os.environ.get("TOLOK_SECRETS") or "/run/secrets") / name


def _logins() -> Path:
    """A copy of the logins in memory, for Airflow opens the file for writing; `/dev/null` for a role that has none."""
    if not _secret_file("logins.json").exists():
        return Path(os.devnull)
    words = json.loads(secret("logins.json"))
    unsafe = sorted({ADMIN, READER} - {name for name, word in words.items() if len(word) >= _SHORTEST_LOGIN})
    if unsafe:
        raise ConfigError(
            id=f"Sandi {', '.join(unsafe)} di logins.json tidak ada atau kurang dari {_SHORTEST_LOGIN} huruf.",
            en=f"The password of {', '.join(unsafe)} in logins.json is missing or shorter than {_SHORTEST_LOGIN}.",
        )
    copy = Path("/tmp/logins.json")  # noqa: S108 - a tmpfs of this container alone
    write_atomically(copy, json.dumps(words))
    return copy


def _url(database: str) -> str:
    """The address of a database, whose role has its own name."""
    host = os.environ.get("TOLOK_DATABASE_HOST") or "postgres"
    return f"postgresql://{database}:{quote(secret(f'{database}_password'), safe='')}@{host}/{database}"


def _warehouse() -> dict[str, str]:
    return {"TOLOK_WAREHOUSE": _url(WAREHOUSE)}


def _airflow(metadata_url: str) -> dict[str, str]:
    """Airflow's environment in a container; Celery's addresses are there when it is the executor."""
    address = os.environ.get("TOLOK_API_ADDRESS") or "http://api-server:8080"
    executor = os.environ.get("TOLOK_EXECUTOR") or "LocalExecutor"
    own = {
        "AIRFLOW__CORE__EXECUTOR": executor,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__API__WORKERS": "1",
        **(_celery(metadata_url) if executor == "CeleryExecutor" else {}),
    }
    return airflow_environment(
        {**os.environ, **_warehouse(), **own},
        home=Path(os.environ["AIRFLOW_HOME"]),
        metadata_url=metadata_url,
        logins_file=_logins(),
        secrets={name: secret(name) for name in ("api_secret", "jwt_secret", "fernet_key")},
    )


def _celery(metadata_url: str) -> dict[str, str]:
    return celery_environment(os.environ, broker_url=_broker_url(), metadata_url=metadata_url)


def _broker_url() -> str:
    host = os.environ.get("TOLOK_REDIS_HOST") or "redis"
    return f"redis://:{quote(secret('redis_password'), safe='')}@{host}:6379/0"


def _migrate() -> None:
    """Make both databases and bring them to this version."""
    host = os.environ.get("TOLOK_DATABASE_HOST") or "postgres"
    superuser_url = f"postgresql://{SUPERUSER}:{quote(secret('postgres_password'), safe='')}@{host}/{SUPERUSER}"
    _until_answered(lambda: psycopg.connect(superuser_url, connect_timeout=5).close())
    make_databases(superuser_url, {name: secret(f"{name}_password") for name in (METADATA, WAREHOUSE)})
    metadata_url = _url(METADATA)
    environment = _airflow(metadata_url)
    # For this machine's processor, which need not be that of the machine that built the image; before the metadata is
    # at this version, which the other roles wait for, so that they find the kernels compiled.
    subprocess.run([sys.executable, "-m", "kernels"], env=environment, check=False)
    Warehouse(environment["TOLOK_WAREHOUSE"]).migrate()
    migrate_metadata(metadata_url, environment)


def _wait(metadata_url: str) -> None:
    """Until `migrate` has brought the metadata to this version; `ConfigError` at once when a newer one made it."""

    def is_current() -> bool:
        try:
            return refuse_newer(metadata_url) is Schema.CURRENT
        except SourceUnavailable:
            return False

    if not wait_for(is_current, seconds=_WAIT_SECONDS):
        raise SourceUnavailable(
            id="Basis data tidak siap dalam lima menit. Lihat catatan layanan postgres dan migrate.",
            en="The database was not ready within five minutes. Look at the logs of postgres and migrate.",
        )


def _until_answered(call: Callable[[], None]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return call()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise SourceUnavailable(
                    id="PostgreSQL tidak menjawab atau menolak sandi postgres_password.",
                    en="PostgreSQL does not answer, or refuses the password in postgres_password.",
                ) from None
            time.sleep(1)


def _say_health(role: str) -> None:
    """Exit with 0 when the role works: its heartbeat is fresh, its answer comes; else with 1."""
    is_well = {"api-server": _api_works, "worker": _worker_works}.get(role, lambda: _has_heartbeat(role))
    sys.exit(0 if is_well() else 1)


def _api_works() -> bool:
    found = health("http://127.0.0.1:8080")
    return found["api-server"] == found["metadatabase"] == "healthy"


def _worker_works() -> bool:
    """Whether the worker in this container takes messages from the queue and answers them."""
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    return bool(Celery(broker=_broker_url()).control.ping(destination=[name], timeout=5))


def _has_heartbeat(role: str) -> bool:
    """Whether the process in this container went round its loop in the last half minute."""
    query = (
        "SELECT 1 FROM job WHERE job_type = %s AND hostname = %s AND state = 'running' "
        "AND latest_heartbeat > now() - make_interval(secs => %s)"
    )
    with psycopg.connect(_url(METADATA), connect_timeout=5) as connection:
        found = connection.execute(query, [_JOBS[role], socket.gethostname(), _HEARTBEAT_SECONDS]).fetchone()
    return found is not None


def _become(command: list[str], environment: Mapping[str, str]) -> None:
    os.execve(command[0], command, dict(environment))  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TolokError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
