"""A real Airflow for tests: PostgreSQL, API server, DAG processor and scheduler on loopback, ended as a group."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from airflow_process import ROOT, airflow_environment

from tests.postgres import free_port, postgres_server

PASSWORD = "sandi-uji"  # noqa: S105 of a server that lives as long as the test
AIRFLOW = (sys.executable, "-m", "airflow")


@dataclass(frozen=True)
class Airflow:
    """A running Airflow: its environment, its log files and its REST API."""

    environment: dict[str, str]
    url: str
    logs: Path

    @property
    def connection(self) -> str:
        """Its address and login, as a connection has them."""
        return self.url.replace("http://", f"http://admin:{PASSWORD}@")

    def get(self, path: str) -> Any:
        """The JSON of an address below `/api/v2`."""
        return self._ask("GET", f"/api/v2/{path}", None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that posting gives."""
        return self._ask("POST", f"/api/v2/{path}", body)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """All runs of a DAG, oldest first."""
        found: list[dict[str, Any]] = self.get(f"dags/{dag_id}/dagRuns?limit=500&order_by=start_date")["dag_runs"]
        return found

    def trigger(self, dag_id: str, **fields: Any) -> str:
        """Start a run; gives its id."""
        return str(self.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, **fields})["dag_run_id"])

    def command(self, *arguments: str) -> None:
        """One of Airflow's own commands; it must end well."""
        subprocess.run([*AIRFLOW, *arguments], env=self.environment, check=True, capture_output=True)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, *, token: str | None = None) -> Any:
        token = token or self._token()
        request = urllib.request.Request(  # noqa: S310 our own loopback address
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    def _token(self) -> str:
        login = {"username": "admin", "password": PASSWORD}
        return str(self._ask("POST", "/auth/token", login, token=" ")["access_token"])  # noqa: S106 none yet


@contextmanager
def airflow_service(folder: Path, *, root: Path = ROOT, more: dict[str, str] | None = None) -> Iterator[Airflow]:
    """Run Airflow on the project in `root` with all it keeps in `folder`; cities lie in `folder/cities`.

    Its DAGs start unpaused. The warehouse is a database of the same server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE airflow")
            connection.execute("CREATE DATABASE warehouse")
        port = free_port()
        environment = _environment(folder, root, server=url.removesuffix("/postgres"), port=port) | (more or {})
        subprocess.run([*AIRFLOW, "db", "migrate"], env=environment, check=True, capture_output=True)
        commands = {
            "api-server": ("api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            "dag-processor": ("dag-processor",),
            "scheduler": ("scheduler", "--skip-serve-logs"),
        }
        started = []
        try:
            for name, command in commands.items():
                log = (folder / f"{name}.log").open("w")
                started.append(
                    subprocess.Popen(
                        [*AIRFLOW, *command], env=environment, stdout=log, stderr=log, start_new_session=True, cwd=root
                    )
                )
            airflow = Airflow(environment, f"http://127.0.0.1:{port}", folder)
            wait_until(lambda: _all_go_on(started, folder) and _is_healthy(airflow), seconds=180)
            yield airflow
        finally:
            for sent in (signal.SIGTERM, signal.SIGKILL):
                for process in started:
                    _end_group(process, sent)


def wait_until(is_so: Callable[[], bool], *, seconds: float, every: float = 1) -> None:
    """Ask until it is so; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(every)


def _environment(folder: Path, root: Path, *, server: str, port: int) -> dict[str, str]:
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({"admin": PASSWORD}), "utf-8")
    address = server.split("://", 1)[1]
    return airflow_environment(root) | {
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'dags'}",
        "AIRFLOW_HOME": str(folder / "airflow"),
        "TOLOK_HOME": str(folder / "data"),
        "TOLOK_CITIES": str(folder / "cities"),
        "TOLOK_WAREHOUSE": f"{server}/warehouse",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg://{address}/airflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async://{address}/airflow",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "500",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "GX_ANALYTICS_ENABLED": "False",
    }


def _all_go_on(started: list[subprocess.Popen[bytes]], folder: Path) -> bool:
    logs = {path.name: path.read_text("utf-8")[-2000:] for path in folder.glob("*.log")}
    assert all(process.poll() is None for process in started), f"a part of Airflow has ended: {logs}"
    return True


def _is_healthy(airflow: Airflow) -> bool:
    try:
        with urllib.request.urlopen(f"{airflow.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
            parts = json.loads(answer.read())
    except (urllib.error.URLError, OSError):
        return False
    return all(parts[name]["status"] == "healthy" for name in ("scheduler", "dag_processor", "metadatabase"))


def _end_group(process: subprocess.Popen[bytes], sent: signal.Signals) -> None:
    try:
        os.killpg(process.pid, sent)
    except ProcessLookupError:
        return
    if sent is signal.SIGTERM:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            return
