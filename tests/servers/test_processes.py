"""What the other tests of this folder stand on: a server that is there when asked and gone afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.processes import free_port, listens, needs, running

SERVE = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server', sys.argv[1], '-b', '127.0.0.1'])"


def test_a_server_ends_with_the_processes_it_started(tmp_path: Path) -> None:
    port = free_port()
    with running(sys.executable, "-c", SERVE, port, folder=tmp_path, until=listens(port)):
        assert listens(port)()
    with pytest.raises(ConnectionRefusedError):
        listens(port)()


def test_a_server_that_gives_up_shows_its_log(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no such schema')")
    with pytest.raises(pytest.fail.Exception, match="no such schema"), running(*command, folder=tmp_path, until=bool):
        pass


def test_a_missing_program_is_a_skip_that_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOLOK_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install tak-ada"):
        needs("tak-ada-program", package="tak-ada")


def test_a_missing_program_fails_where_the_servers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLOK_SERVERS", "required")
    with pytest.raises(pytest.fail.Exception, match="install tak-ada"):
        needs("tak-ada-program", package="tak-ada")


def test_debians_postgresql_has_the_extensions_the_embedded_one_lacks(debian_postgres_url: str) -> None:
    with psycopg.connect(debian_postgres_url) as connection:
        connection.execute("CREATE EXTENSION citext")
        assert connection.execute("SELECT 'Portal'::citext = 'portal'").fetchone() == (True,)
