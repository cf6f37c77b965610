"""`python -m service up | down | status | run | worker`: what `make up`, `make down` and systemd units call."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from connectors.errors import TolokError
from service import service as control
from service.database import postgres_tools
from service.health import health, is_healthy
from service.processes import wait_for
from service.settings import ADMIN, ServiceSettings

_HEALTHY_SECONDS = 300.0


@click.group()
def main() -> None:
    """Tolok as a service on this machine."""


@main.command()
def up() -> None:
    """Start the service, wait until it is healthy, and print address and logins."""
    service = ServiceSettings.from_environment()
    if control.running_process(service.folder) is not None:
        raise control.runs_already(service.folder)
    service.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    service.logs.mkdir(exist_ok=True, mode=0o700)
    log_path = service.logs / "service.log"
    start = log_path.stat().st_size if log_path.exists() else 0
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "service", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    came = wait_for(lambda: is_healthy(service.address) or child.poll() is not None, seconds=_HEALTHY_SECONDS)
    if child.poll() is not None:
        with log_path.open(encoding="utf-8", errors="replace") as said:
            said.seek(start)
            click.echo(said.read().strip(), err=True)
        sys.exit(child.returncode)
    if not came:
        click.echo(f"Belum sehat / not healthy yet: {health(service.address)}\n{service.logs}", err=True)
        sys.exit(1)
    click.echo(_welcome(service))


@main.command()
def down() -> None:
    """End the service whole."""
    was_running = control.stop(ServiceSettings.from_environment())
    click.echo("Layanan berhenti / stopped." if was_running else "Layanan tidak berjalan / was not running.")


@main.command()
def status() -> None:
    """Print the state of each part; exit code 1 unless all are healthy."""
    service = ServiceSettings.from_environment()
    if control.running_process(service.folder) is None:
        click.echo(f"Layanan di {service.folder} tidak berjalan / the service does not run: make up")
        sys.exit(1)
    found = health(service.address)
    click.echo("\n".join([service.address, *(f"  {name:<14} {state}" for name, state in found.items())]))
    sys.exit(0 if is_healthy(service.address) else 1)


@main.command()
def run() -> None:
    """Keep the service running in the foreground, as systemd wants it."""
    control.run(ServiceSettings.from_environment())


@main.command()
def worker() -> None:
    """Keep a worker for the service of another machine running in the foreground, as systemd wants it."""
    control.run_worker(ServiceSettings.from_environment())


@main.command()
def tools() -> None:
    """Print the folder of PostgreSQL's own tools, such as pg_dump and pg_restore."""
    click.echo(postgres_tools())


def _welcome(service: ServiceSettings) -> str:
    roles = {True: "mengelola / manages", False: "hanya membaca / reads only"}
    logins = (f"  {name:<8} {word}   {roles[name == ADMIN]}" for name, word in service.logins().items())
    environment = service.folder / "environment"
    return "\n".join(
        [
            f"Tolok berjalan / runs: {service.address}",
            *logins,
            f"Berkas sandi / passwords: {service.logins_file}",
            f"Baris perintah dengan data yang sama / command line on the same data: . '{environment}'",
            "Berhenti / stop: make down",
        ]
    )


if __name__ == "__main__":
    try:
        main()
    except TolokError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
