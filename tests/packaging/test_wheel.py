"""The wheel, installed where no checkout is: it holds all that the product reads, and gives the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.exports import write_city
from tests.conftest import ROOT

VALUES = {"portal_visits": 94_696.97, "online_services": 66.67, "inquiry_response": 0.5, "it_downtime": 2.0}
PACKAGES = ("benchmarks", "connectors", "kernels", "pipeline", "service", "testing")
SHIPPED = ("dags", "expectations", "sql")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path) -> Path:
    """The `bin` folder of an environment with the wheel, and this one's packages but not its checkout."""
    environment = wheel.parent / "environment"
    venv.create(environment)
    site = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    # A `.pth` file that lies in a folder named here, such as the checkout's own, is not read.
    Path(site, "locked.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    uv = Path(sys.executable).with_name("uv")
    python = environment / "bin" / "python"
    _run(uv, "pip", "install", "--offline", "--no-cache", "--no-deps", "--python", python, wheel, cwd=wheel.parent)
    return environment / "bin"


@pytest.mark.parametrize("folder", PACKAGES + SHIPPED)
def test_the_wheel_holds_every_file_of_the_folder(wheel: Path, folder: str) -> None:
    files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert files
    above = Path("pipeline", "shipped_folders") if folder in SHIPPED else Path()
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    assert [file for file in files if (above / file.relative_to(ROOT)).as_posix() not in held] == []


def test_the_worked_examples_come_out_in_another_folder(programs: Path, tmp_path: Path) -> None:
    write_city(tmp_path / "cities")
    _run(programs / "tolok", "run", "kota-uji", "2024", cwd=tmp_path)
    rows: list[dict[str, Any]] = json.loads(
        _run(programs / "tolok", "show", "kota-uji", "2024", "--json", cwd=tmp_path)
    )
    values = {row["indicator"]: row["value"] for row in rows}
    assert {name: round(values[name], 2) for name in VALUES} == VALUES
    assert (tmp_path / ".tolok" / "reports" / "kota-uji" / "2024.html").is_file()


def test_a_city_is_begun_from_the_templates_that_ship(programs: Path, tmp_path: Path) -> None:
    _run(programs / "tolok", "init", "kota-saya", cwd=tmp_path)
    _run(programs / "tolok", "template", "inquiries", cwd=tmp_path)
    assert (tmp_path / "cities" / "kota-saya.yaml").is_file()
    assert list(tmp_path.glob("*.xlsx"))


@pytest.mark.airflow
def test_airflow_takes_the_dags_from_the_folder_that_is_printed(programs: Path, tmp_path: Path) -> None:
    dags = Path(_run(programs / "python", "-m", "pipeline.shipped", "dags", cwd=tmp_path).strip())
    assert dags.is_relative_to(programs.parent)
    _run(programs / "tolok", "init", "kota-saya", cwd=tmp_path)
    describe = ROOT / "tests" / "dags" / "describe_dags.py"
    described = json.loads(_run(programs / "python", describe, dags, cwd=tmp_path).splitlines()[-1])
    assert described["import_errors"] == {}
    assert set(described["dags"]) == {"kota-saya_annual", "kota-saya_backfill", "kota-saya_monthly"}


def _run(*command: object, cwd: Path) -> str:
    """What the command prints, in an environment that knows nothing of the checkout."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON", "TOLOK"))
    }
    environment = inherited | {"AIRFLOW_HOME": str(cwd / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
