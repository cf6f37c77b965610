"""One service from start to end: its databases first, then Airflow's processes, and the same in reverse."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from connectors.errors import ConfigError, SourceUnavailable
from connectors.objects import load_client
from pipeline.atomic import write_atomically
from pipeline.warehouse import Warehouse
from service.airflow_settings import airflow_environment, celery_environment
from service.database import METADATA, WAREHOUSE, OwnPostgres, as_owner, database_folder
from service.metadata import migrate_metadata
from service.processes import Part, kill_all, rotate, wait_for, write
from service.settings import ADMIN, Secrets, ServiceSettings

_AIRFLOW = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    # Its log server would listen on every interface; the API server reads the files instead.
    "scheduler": ("scheduler", "--skip-serve-logs"),
}
_WORKER = ("celery", "worker", "--skip-serve-logs", "--without-gossip", "--without-mingle")
_READY_SECONDS = 60.0


def run(service: ServiceSettings) -> None:
    """Keep a service running until SIGTERM or SIGINT, then end all of it.

    Raises `ConfigError` when it runs already or its port is taken, `SourceUnavailable` when a database does not start.
    """

    def start(parts: list[Part], secrets: Secrets) -> None:
        _refuse_taken_port(service)
        urls = _databases(service, secrets, parts)
        _airflow(service, secrets, urls, parts)
        write(f"running: {service.address}")

    _keep_running(service, start)


def run_worker(service: ServiceSettings) -> None:
    """Keep a worker of a service on another machine running until SIGTERM or SIGINT, then end all of it.

    Raises `ConfigError` without a broker, or when a service runs in the same folder.
    """
    if not (service.broker_url and service.metadata_url and service.warehouse_url):
        raise ConfigError(
            id="Isi TOLOK_BROKER: antrean (redis://...) tempat worker mengambil tugas (docs/cluster.md).",
            en="Set TOLOK_BROKER: the queue (redis://...) that a worker takes its tasks from (docs/cluster.md).",
        )
    urls = {METADATA: service.metadata_url, WAREHOUSE: service.warehouse_url}

    def start(parts: list[Part], secrets: Secrets) -> None:
        environment = _environment(service, secrets, urls)
        name = f"tolok-{sha256(str(service.folder).encode()).hexdigest()[:8]}@%h"
        parts.append(_part("worker", (*_WORKER, "--celery-hostname", name), environment, service))
        write(f"running: worker {name}")

    _keep_running(service, start)


def _keep_running(service: ServiceSettings, start: Callable[[list[Part], Secrets], None]) -> None:
    """Start the parts of a service, start again what dies, and end them all when a signal says so.

    Raises `ConfigError` where the client of its storage is not installed, which every task would fail of.
    """
    os.umask(0o077)
    if service.tolok.storage_url:
        load_client(service.tolok.storage_url)
    secrets = Secrets.of(service, database_folder=database_folder(service.folder))
    service.logs.mkdir(exist_ok=True)
    with _only_one(service.folder), _stop_signal() as stop:
        kill_all(service.folder)
        parts: list[Part] = []
        try:
            start(parts, secrets)
            while not stop.wait(1):
                for part in parts:
                    part.keep_running()
                rotate(service.logs / "service.log")
        finally:
            for part in parts[1:]:
                part.ask_to_stop()
            for part in reversed(parts):
                part.stop()
            kill_all(service.folder)
            write("stopped")


def stop(service: ServiceSettings) -> bool:
    """End a service and whatever it left behind; whether there was one."""
    holder = running_process(service.folder)
    if holder is not None:
        os.kill(holder, signal.SIGTERM)
        if not wait_for(lambda: running_process(service.folder) is None, seconds=90):
            os.kill(holder, signal.SIGKILL)
    kill_all(service.folder)
    return holder is not None


def running_process(folder: Path) -> int | None:
    """The process that runs the service in this folder; None when there is none."""
    lock = folder / "lock"
    if not lock.exists():
        return None
    with lock.open(encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0) or None
    return None


def runs_already(folder: Path) -> ConfigError:
    """The error for a second start."""
    return ConfigError(
        id=f"Layanan di {folder} sudah berjalan. Hentikan dulu dengan `make down`, atau pakai folder lain dengan "
        "TOLOK_SERVICE.",
        en=f"The service in {folder} runs already. End it first with `make down`, or use another folder with "
        "TOLOK_SERVICE.",
    )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the service's lock, which ends with this process however it ends."""
    with (folder / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise runs_already(folder) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    event = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    former = {number: signal.signal(number, lambda *_: event.set()) for number in numbers}
    try:
        yield event
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _refuse_taken_port(service: ServiceSettings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", service.port))
        except OSError:
            raise ConfigError(
                id=f"Porta {service.port} dipakai program lain. Pilih yang lain: TOLOK_PORT={service.port + 1} make up",
                en=f"Port {service.port} is used by another program. Take another: "
                f"TOLOK_PORT={service.port + 1} make up",
            ) from None


def _databases(service: ServiceSettings, secrets: Secrets, parts: list[Part]) -> dict[str, str]:
    """The addresses of metadata and warehouse; those that nobody names are in a PostgreSQL of the service's own."""
    given = {METADATA: service.metadata_url, WAREHOUSE: service.warehouse_url}
    if all(given.values()):
        return {name: url for name, url in given.items() if url}
    own = OwnPostgres(port=_free_port(), secrets=secrets)
    own.prepare()
    part = Part("postgres", own.command(), dict(os.environ), service.folder, service.logs / "postgres.log")
    part.options, part.end = {**as_owner(), "cwd": "/"}, signal.SIGINT
    parts.append(part)

    def is_ready() -> bool:
        part.keep_running()
        return own.is_ready()

    if not wait_for(is_ready, seconds=_READY_SECONDS):
        raise SourceUnavailable(
            id=f"PostgreSQL tidak mau berjalan; sebabnya di {part.log}.",
            en=f"PostgreSQL does not start; {part.log} says why.",
        )
    own.make_databases()
    return {name: url or own.url(name) for name, url in given.items()}


def _airflow(service: ServiceSettings, secrets: Secrets, urls: Mapping[str, str], parts: list[Part]) -> None:
    """Bring both databases to this version and start Airflow's processes."""
    service.keep_port()
    own = tolok_environment(service, urls[WAREHOUSE])
    write_atomically(service.folder / "environment", "".join(f"export {k}={shlex.quote(v)}\n" for k, v in own.items()))
    environment = _environment(service, secrets, urls)
    Warehouse(urls[WAREHOUSE]).migrate()
    migrate_metadata(urls[METADATA], environment)
    parts += [_part(name, arguments, environment, service) for name, arguments in _AIRFLOW.items()]


def _part(name: str, arguments: tuple[str, ...], environment: Mapping[str, str], service: ServiceSettings) -> Part:
    """One of Airflow's processes, started."""
    command = [sys.executable, "-m", "airflow", *arguments]
    part = Part(name, command, environment, service.folder, service.logs / f"{name}.log")
    part.keep_running()
    return part


def _environment(service: ServiceSettings, secrets: Secrets, urls: Mapping[str, str]) -> dict[str, str]:
    """The environment of Airflow's processes on this machine."""
    home = service.folder / "airflow"
    home.mkdir(exist_ok=True)
    queue = (
        celery_environment(os.environ, broker_url=service.broker_url, metadata_url=urls[METADATA])
        if service.broker_url
        else {"AIRFLOW__CORE__EXECUTOR": "LocalExecutor"}
    )
    return airflow_environment(
        {**os.environ, **tolok_environment(service, urls[WAREHOUSE]), **_addresses(service), **queue},
        home=home,
        metadata_url=urls[METADATA],
        logins_file=service.logins_file,
        secrets=asdict(secrets),
    )


def tolok_environment(service: ServiceSettings, warehouse_url: str) -> dict[str, str]:
    """What the command line needs to see the same data as the service, and to start its runs."""
    word = quote(service.logins()[ADMIN], safe="")
    return {
        "AIRFLOW_CONN_TOLOK_AIRFLOW": f"http://{ADMIN}:{word}@127.0.0.1:{service.port}",
        "TOLOK_HOME": service.tolok.storage_url or str(service.tolok.home),
        **({"TOLOK_MIRROR": str(service.tolok.home)} if service.tolok.storage_url else {}),
        "TOLOK_CITIES": str(service.tolok.cities),
        "TOLOK_WAREHOUSE": warehouse_url,
    }


def _addresses(service: ServiceSettings) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{service.api_url or service.address}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(service.port),
        "AIRFLOW__API__BASE_URL": service.address,
        "AIRFLOW__API__WORKERS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
