"""The commands of docs/service.md bring a city's closed year back on an empty machine, to the same page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.warehouse import Warehouse
from service.database import WAREHOUSE
from service.service import tolok_environment
from tests.acceptance.years_of_exports import write_city
from tests.service.own_service import own_postgres, service_settings

ROOT = Path(__file__).resolve().parents[2]
CITY, YEAR = "kota-uji", "2025"

pytestmark = [pytest.mark.postgres, pytest.mark.service]


def block(number: int) -> str:
    """The commands of the page's section, as a person copies them."""
    section = (ROOT / "docs" / "service.md").read_text("utf-8").split("## Backup and restore")[1].split("\n## ")[0]
    return section.split("```")[2 * number + 1]


@contextmanager
def machine(folder: Path) -> Iterator[Path]:
    """A checkout's folder with a service of its own whose warehouse is at this version and empty."""
    with service_settings(folder / ".tolok") as settings, own_postgres(settings) as own:
        (folder / "cities").mkdir()
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "service").symlink_to(ROOT / "service")
        Warehouse(own.url(WAREHOUSE)).migrate()
        names = tolok_environment(settings, own.url(WAREHOUSE)) | {"TOLOK_CITIES": str(folder / "cities")}
        lines = "".join(f"export {name}='{value}'\n" for name, value in names.items())
        (settings.folder / "environment").write_text(lines, "utf-8")
        yield folder


def shell(folder: Path, text: str) -> str:
    done = subprocess.run(
        ["sh", "-euc", text],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tolok(folder: Path, arguments: str) -> str:
    return shell(folder, f". .tolok/service/environment; .venv/bin/tolok {arguments}")


def page_sha256(folder: Path) -> str:
    return sha256((folder / ".tolok" / "reports" / CITY / f"{YEAR}.html").read_bytes()).hexdigest()


def test_a_closed_year_comes_back_on_an_empty_machine(tmp_path: Path) -> None:
    old, new = (tmp_path / name for name in ("old", "new"))
    with machine(old), machine(new):
        write_city(old / "cities", CITY, zone="Asia/Jayapura", first_month=f"{YEAR}-12")
        tolok(old, f"backfill {CITY} {YEAR}-12 {YEAR}-12")
        tolok(old, f"run {CITY} {YEAR}")
        tolok(old, f"close {CITY} {YEAR} --by walikota")
        kept = tolok(old, f"history {CITY} --json")
        (old / "a-safe-place").mkdir()
        shell(old, block(0))
        for name in ("landing.tar.gz", "warehouse.dump"):
            shutil.copy(old / name, new / name)
        shell(new, block(1))
        shutil.copytree(old / "cities", new / "cities", dirs_exist_ok=True)
        assert tolok(new, f"history {CITY} --json") == kept
        assert tolok(new, f"verify {CITY} {YEAR}").count("sama / same") == 4
        assert tolok(new, f"run {CITY} {YEAR}").count("unchanged") == 4
        assert page_sha256(new) == page_sha256(old)
        assert tolok(new, f"history {CITY} --json") == kept
