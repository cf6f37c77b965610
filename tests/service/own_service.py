"""The state of a service in a folder of a test's own, and its PostgreSQL; both are gone when the block ends."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.database import OwnPostgres, as_owner, database_folder
from service.processes import Part, kill_all, wait_for
from service.settings import Secrets, ServiceSettings
from tests.postgres import free_port


@contextmanager
def service_settings(home: Path) -> Iterator[ServiceSettings]:
    """A service on a free port that keeps its data in a folder."""
    made = ServiceSettings.from_environment({"TOLOK_HOME": str(home), "TOLOK_PORT": str(free_port())})
    try:
        yield made
    finally:
        kill_all(made.folder)
        if os.geteuid() == 0:
            shutil.rmtree(database_folder(made.folder), ignore_errors=True)


@contextmanager
def own_postgres(settings: ServiceSettings) -> Iterator[OwnPostgres]:
    """The PostgreSQL of a service, with its two databases empty."""
    own = OwnPostgres(free_port(), Secrets.of(settings, database_folder=database_folder(settings.folder)))
    own.prepare()
    log = settings.folder / "postgres.log"
    options = {**as_owner(), "cwd": "/"}
    part = Part("postgres", own.command(), dict(os.environ), settings.folder, log, options, end=signal.SIGINT)
    part.keep_running()
    try:
        assert wait_for(own.is_ready, seconds=60), log.read_text()
        own.make_databases()
        yield own
    finally:
        part.stop()
