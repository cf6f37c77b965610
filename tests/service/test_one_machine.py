"""`make up` as an operator has it: databases, logins, second starts, kills and what is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from connectors.errors import ConfigError
from pipeline.warehouse import Warehouse
from service.database import METADATA, SUPERUSER, WAREHOUSE, OwnPostgres
from service.health import health
from service.metadata import Schema, refuse_newer, revisions
from service.processes import Part
from service.service import run, running_process
from service.settings import ADMIN, READER, Secrets, ServiceSettings
from tests.service.own_service import own_postgres, service_settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[ServiceSettings]:
    with service_settings(tmp_path / "a home") as made:
        yield made


@pytest.fixture
def database(settings: ServiceSettings) -> Iterator[OwnPostgres]:
    with own_postgres(settings) as own:
        yield own


def test_secrets_are_made_once_and_for_their_owner_alone(settings: ServiceSettings) -> None:
    first = Secrets.of(settings, database_folder=settings.folder)
    assert Secrets.of(settings, database_folder=Path("/elsewhere")) == first
    assert set(settings.logins()) == {ADMIN, READER}
    files = [settings.folder / "secrets.json", settings.logins_file]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    values = [*settings.logins().values(), *json.loads(files[0].read_text()).values()]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("port", ["none", "80", "70000"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigError, match="TOLOK_PORT"):
        ServiceSettings.from_environment({"TOLOK_PORT": port})


@pytest.mark.parametrize(("told", "port"), [({}, 8090), ({"TOLOK_PORT": "8091"}, 8091)])
def test_the_port_of_the_last_start_holds_until_another_is_told(
    tmp_path: Path, told: dict[str, str], port: int
) -> None:
    home = {"TOLOK_HOME": str(tmp_path)}
    assert ServiceSettings.from_environment(home).port == 8080
    started = ServiceSettings.from_environment({**home, "TOLOK_PORT": "8090"})
    started.folder.mkdir()
    started.keep_port()
    assert ServiceSettings.from_environment({**home, **told}).port == port


def test_a_taken_port_is_refused_with_the_setting_that_helps(settings: ServiceSettings) -> None:
    with socket.create_server(("127.0.0.1", settings.port)), pytest.raises(ConfigError, match="TOLOK_PORT="):
        run(settings)
    assert running_process(settings.folder) is None


@pytest.mark.postgres
def test_the_databases_take_passwords_only_and_free_locks_of_the_dead(database: OwnPostgres) -> None:
    for name in (METADATA, WAREHOUSE, SUPERUSER):
        with psycopg.connect(database.url(name)) as connection:
            found = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
            assert found == ("1min",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{name}@127.0.0.1:{database.port}/{name}")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(database.url(METADATA).rsplit("/", 1)[0] + f"/{WAREHOUSE}")
    Warehouse(database.url(WAREHOUSE)).migrate()


@pytest.mark.postgres
def test_a_database_of_a_newer_airflow_is_refused(database: OwnPostgres) -> None:
    url = database.url(METADATA)
    assert refuse_newer(url) is Schema.BEHIND
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES (%s)", [revisions()[-1]])
    assert refuse_newer(url) is Schema.CURRENT
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'feedc0ffee00'")
    with pytest.raises(ConfigError, match=revisions()[-1]) as caught:
        refuse_newer(url)
    assert "lebih baru" in caught.value.id
    assert "newer version" in caught.value.en


def test_what_a_killed_process_left_behind_is_ended_before_it_starts_again(tmp_path: Path) -> None:
    child = "import os, time; os.setsid(); time.sleep(600)"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(600)"
    part = Part("toy", [sys.executable, "-c", parent], dict(os.environ), tmp_path, tmp_path / "log")
    part.keep_running()
    assert part.process is not None
    first = psutil.Process(part.process.pid)
    while not (left := first.children()):
        time.sleep(0.05)
    first.kill()
    part.process.wait()
    part.keep_running()
    try:
        assert not left[0].is_running() or left[0].status() == psutil.STATUS_ZOMBIE
        assert part.process.pid != first.pid
    finally:
        part.stop()


@pytest.mark.service
@pytest.mark.airflow
def test_the_service_survives_kills_and_goes_on_with_its_data(settings: ServiceSettings, tmp_path: Path) -> None:
    (tmp_path / "cities").mkdir()
    environment = os.environ | {
        "TOLOK_HOME": str(settings.tolok.home),
        "TOLOK_PORT": str(settings.port),
        "TOLOK_CITIES": str(tmp_path / "cities"),
    }
    try:
        assert _command("up", environment).returncode == 0
        logins = settings.logins()
        before = _token(settings, ADMIN)
        again = _command("up", environment)
        assert (again.returncode, "runs already" in again.stderr) == (2, True)
        _kill_everything(settings)
        assert running_process(settings.folder) is None
        up = _command("up", environment)
        assert up.returncode == 0, up.stderr
        assert settings.logins() == logins
        assert requests.get(f"{settings.address}/api/v2/dags", headers=before, timeout=30).status_code == 200
        pool = {"name": "tolok", "slots": 1}
        denied = requests.post(
            f"{settings.address}/api/v2/pools", json=pool, headers=_token(settings, READER), timeout=30
        )
        assert denied.status_code == 403
        assert set(health(settings.address).values()) == {"healthy"}
        assert _listening(settings) == {"127.0.0.1"}
    finally:
        assert _command("down", environment).returncode == 0
    assert not _marked(settings)


def _command(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service", name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)


def _token(settings: ServiceSettings, login: str) -> dict[str, str]:
    word = {"username": login, "password": settings.logins()[login]}
    answer = requests.post(f"{settings.address}/auth/token", json=word, timeout=30)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _marked(settings: ServiceSettings) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TOLOK_SERVICE_PART", "").startswith(f"{settings.folder}:"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _kill_everything(settings: ServiceSettings) -> None:
    runner = running_process(settings.folder)
    assert runner is not None
    for process in [psutil.Process(runner), *_marked(settings)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(10)


def _listening(settings: ServiceSettings) -> set[str]:
    connections = [c for process in _marked(settings) for c in process.net_connections("inet")]
    return {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
