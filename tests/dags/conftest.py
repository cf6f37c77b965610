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
    for folder in ("connectors", "dags", "pipeline", "scripts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "pipeline" / "steps.py").write_text(STUB_STEPS, encoding="utf-8")
    return Checkout(root)


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What Airflow makes of the project's DAG folder; see `describe_dags.py`."""
    environment = airflow_environment(ROOT) | {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    script = Path(__file__).with_name("describe_dags.py")
    done = run_process(sys.executable, str(script), str(ROOT / "dags"), cwd=ROOT, environment=environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found
