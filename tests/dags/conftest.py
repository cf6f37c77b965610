"""The project's DAGs as Airflow sees them, and a checkout to run them in."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from airflow_process import ROOT, STUB_STEPS, Checkout, airflow_environment, run_process


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    root = tmp_path_factory.mktemp("check") / "a checkout"
    for folder in ("cities", "connectors", "dags", "expectations", "pipeline", "scripts", "sql"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(root / "pipeline" / "steps")
    (root / "pipeline" / "steps.py").write_text(STUB_STEPS, encoding="utf-8")
    return Checkout(root)


CITIES = {
    "kota-barat": "zone: Asia/Jakarta",
    "kota-tengah": "zone: Asia/Makassar\nschedule: {first_month: 2025-03, day: 10, hour: 22, also: [ytd, r12]}",
    "kota-timur": "zone: Asia/Jayapura\nschedule: {first_month: 2024-01, restate_months: 2}\n"
    "notify: [{connection: surel}]",
    "kota-rusak": "zone: Asia/Jaykarta\nnotify: [{connection: surel}]",
    "Kota Tanpa Id": "zone: Asia/Jakarta",
}
_SOURCES = """
name: Kota
region_codes: {kemendagri: "99.71"}
sources:
  dukcapil: {system: template_population, path: penduduk.xlsx}
"""
_DAILY = "  server: {system: prometheus, connection: server, collect: daily, options: {query: up}}\n"


def write_cities(folder: Path) -> None:
    """Cities in three zones, one of them with a daily source, and two whose settings are at fault."""
    folder.mkdir(parents=True)
    for name, own in CITIES.items():
        daily = _DAILY if name == "kota-timur" else ""
        (folder / f"{name}.yaml").write_text(f"city: {name}\n{own}{_SOURCES}{daily}", "utf-8")


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What Airflow makes of the project's DAG folder and those cities; see `describe_dags.py`."""
    folder = tmp_path_factory.mktemp("described")
    write_cities(folder / "cities")
    environment = airflow_environment(ROOT) | {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "TOLOK_CITIES": str(folder / "cities"),
        "TOLOK_HOME": str(folder / "data"),
    }
    script = Path(__file__).with_name("describe_dags.py")
    for _ in range(2):  # The second time nothing is checked anew, as it is for a scheduler.
        done = run_process(sys.executable, str(script), str(ROOT / "dags"), cwd=ROOT, environment=environment)
        assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found
