"""The image and the very docker-compose.yml, brought up by podman: who may do what, what shows, what comes out.

Needs root, podman, buildah, debootstrap, netavark, aardvark-dns, iptables, catatonit and runc. Images of others that
podman does not have are stood for by Debian's packages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from service.processes import wait_for
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-5f1d0e7c9b"
IMAGE = "localhost/tolok:test"
ROLES = ("postgres", "redis", "api-server", "scheduler", "dag-processor", "worker")
NEEDED = ("podman", "buildah", "debootstrap", "runc", "catatonit", "iptables")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
CONTAINERS_CONF = """
[containers]
default_ulimits=["nofile=1024:1024","nproc=1024:1024"]
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
[network]
network_backend="netavark"
"""

pytestmark = [
    pytest.mark.compose,
    pytest.mark.skipif(bool(MISSING) or os.geteuid() != 0, reason=f"needs root and {', '.join(MISSING or NEEDED)}"),
]


@dataclass(frozen=True)
class Stack:
    """A running composition."""

    folder: Path
    port: int
    environment: dict[str, str]

    def run(self, *command: object, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command; what it printed is in the assertion when it fails."""
        line = [str(part) for part in command]
        done = subprocess.run(
            line, env=self.environment, cwd=self.folder / "checkout", capture_output=True, text=True, check=False
        )
        assert not is_checked or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """podman-compose on the project's own file."""
        uvx = Path(sys.executable).with_name("uvx")
        settings = ("-p", "tolok-test", "--env-file", self.folder / "env")
        return self.run(uvx, "--quiet", "podman-compose==1.6.0", *settings, *arguments)

    def containers(self) -> list[str]:
        """The names of all containers of this composition."""
        return self.run("podman", "ps", "-a", "--format", "{{.Names}}", "--filter", "name=tolok-test_").stdout.split()

    def api(self, method: str, path: str, login: str, body: object = None) -> requests.Response:
        """Ask Airflow's API as a login."""
        address = f"http://127.0.0.1:{self.port}"
        word = {"username": login, "password": self.logins()[login]}
        token = requests.post(f"{address}/auth/token", json=word, timeout=60).json()["access_token"]
        header = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{address}/api/v2/{path}", json=body, headers=header, timeout=60)

    def logins(self) -> dict[str, str]:
        """Name and password of each login."""
        found: dict[str, str] = json.loads((self.folder / "secrets" / "logins.json").read_text())
        return found

    def secrets(self) -> list[str]:
        """Every secret as text."""
        files = [file for file in (self.folder / "secrets").iterdir() if file.suffix != ".json"]
        return [*(file.read_text().strip() for file in files), *self.logins().values()]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("compose")
    (folder / "containers.conf").write_text(CONTAINERS_CONF)
    (folder / "uv.toml").write_text("native-tls = true\n")
    port = free_port()
    made = Stack(folder, port, os.environ | {"CONTAINERS_CONF": str(folder / "containers.conf")})
    _checkout(folder / "checkout")
    settings = {
        "TOLOK_IMAGE": IMAGE,
        "TOLOK_PORT": port,
        "TOLOK_SECRETS": folder / "secrets",
        "COMPOSE_PROFILES": "celery",
        "TOLOK_EXECUTOR": "CeleryExecutor",
    }
    (folder / "env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    _images(made)
    made.run("scripts/make_secrets.sh", folder / "secrets")
    try:
        made.compose("up", "-d")
        yield made
    finally:
        made.compose("down", "--volumes")


def _checkout(folder: Path) -> None:
    """The project as committed, with a data folder and secrets of the kind that must not get into an image."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    for place in ("secrets/api_secret", ".env", ".tolok/landing/export.csv", "cities/kota-rahasia.txt"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(CANARY)


def _images(stack: Stack) -> None:
    base = "docker.io/library/debian:12.12-slim"
    if not _has_image(stack, base):
        root = stack.folder / "debian"
        packages = "ca-certificates,python3,python3-venv,python3-pip,make"
        stack.run("debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", root)
        stack.run("sh", "-c", f"tar -C '{root}' -c . | podman import - {base}")
        shutil.rmtree(root)
    for name, tag in (("postgres", "17.5-bookworm"), ("redis", "7.2.5-bookworm")):
        image = f"docker.io/library/{name}:{tag}"
        if not _has_image(stack, image):
            stack.run("podman", "build", "--network", "host", "--tag", image, ROOT / "tests/service/standins" / name)
    lent = [part for name in _lent(stack.folder) for part in ("--volume", name)]
    stack.run("podman", "build", "--network", "host", *lent, "--tag", IMAGE, ".")


def _lent(folder: Path) -> Iterator[str]:
    """This machine's way to the package registries, for the time of the build only."""
    for file in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf"):
        if Path(file).exists():
            yield f"{file}:{file}:ro"
    yield f"{folder / 'uv.toml'}:/etc/uv/uv.toml:ro"


def _has_image(stack: Stack, name: str) -> bool:
    return stack.run("podman", "image", "exists", name, is_checked=False).returncode == 0


def test_every_role_becomes_healthy(stack: Stack) -> None:
    unwell: list[str] = []

    def are_healthy() -> bool:
        check = ("podman", "healthcheck", "run")
        unwell[:] = [r for r in ROLES if stack.run(*check, f"tolok-test_{r}_1", is_checked=False).returncode]
        return not unwell

    assert wait_for(are_healthy, seconds=600), unwell
    assert "127.0.0.1" in stack.run("podman", "port", "tolok-test_api-server_1").stdout


def test_an_admin_starts_a_run_that_a_reader_may_only_see(stack: Stack) -> None:
    body: dict[str, Any] = {"logical_date": None, "conf": {"period": "2025-03"}}
    runs = "dags/kota-contoh_monthly/dagRuns"
    denied = stack.api("POST", runs, "pembaca", body)
    assert denied.status_code == 403, denied.text
    started = stack.api("POST", runs, "admin", body)
    assert started.status_code == 200, started.text
    run = f"{runs}/{started.json()['dag_run_id']}"

    def state() -> str:
        return str(stack.api("GET", run, "pembaca").json()["state"])

    assert wait_for(lambda: state() in ("success", "failed"), seconds=1200)
    assert state() == "success"
    shown = stack.compose("--profile", "cli", "run", "--rm", "tolok", "show", "kota-contoh", "2025-03", "--json").stdout
    found = json.loads(shown[shown.index("[") :])
    assert {result["indicator"] for result in found} >= {"portal_visits", "inquiry_response"}
    page = stack.run("podman", "exec", "tolok-test_worker_1", "cat", "data/reports/kota-contoh/2025-03.html").stdout
    assert "2025-03" in page


@pytest.mark.parametrize(
    "where",
    [
        lambda stack: stack.run("podman", "inspect", *stack.containers()).stdout,
        lambda stack: "".join(
            done.stdout + done.stderr for done in (stack.run("podman", "logs", name) for name in stack.containers())
        ),
        lambda stack: stack.run("podman", "history", "--no-trunc", IMAGE).stdout,
    ],
    ids=["inspect", "logs", "history"],
)
def test_no_secret_shows(stack: Stack, where: Callable[[Stack], str]) -> None:
    text = where(stack)
    assert len(text) > 100
    assert [secret[:4] for secret in stack.secrets() if secret in text] == []


def test_nothing_of_the_checkout_but_code_is_in_the_image(stack: Stack) -> None:
    mounted = Path(stack.run("podman", "image", "mount", IMAGE).stdout.strip())
    try:
        assert (mounted / "opt/tolok/.venv/bin/tolok").exists()
        assert not (mounted / "opt/tolok/.venv/bin/uv").exists()
        assert stack.run("grep", "-rlF", CANARY, mounted / "opt", mounted / "var/lib", is_checked=False).stdout == ""
    finally:
        stack.run("podman", "image", "unmount", IMAGE)


@pytest.mark.parametrize("text", [None, "", "short", "change-me-change-me-change-me"])
def test_a_role_with_a_missing_or_unchanged_secret_does_not_start(stack: Stack, text: str | None) -> None:
    secrets = stack.folder / "bad"
    shutil.rmtree(secrets, ignore_errors=True)
    shutil.copytree(stack.folder / "secrets", secrets)
    secrets.chmod(0o755)
    (secrets / "airflow_password").unlink()
    if text is not None:
        (secrets / "airflow_password").write_text(text)
    done = stack.run("podman", "run", "--rm", "-v", f"{secrets}:/run/secrets:ro", IMAGE, "scheduler", is_checked=False)
    assert done.returncode == 2
    assert "Secret airflow_password" in done.stderr
