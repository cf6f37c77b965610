"""Dashboards inside Airflow: a plugin's routes are open to anyone unless they ask who is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from airflow_process import ROOT, airflow_environment, run_process

from tests.report.ten_years import fill

REACHED = {"nobody": 401, "a stranger": 403}
DASHBOARD, RESULTS = "/tolok/dashboards/kota-uji.en.html", "/tolok/kota-uji/2025.html"
FOUND = ("/tolok/dashboards/_overview.id.html", DASHBOARD, RESULTS)
MISSING = ("/tolok/dashboards/kota-lain.id.html", "/tolok/kota-uji/1999.html")
REFUSED = ("/tolok/dashboards/kota-uji.fr.html", "/tolok/kota-uji/status.html", "/tolok/KOTA/2025.html")


@pytest.mark.airflow
def test_pages_are_for_who_is_signed_in(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path / 'warehouse.sqlite'}", years=(2025,), months=False)
    page = tmp_path / "reports" / "kota-uji" / "2025.html"
    page.parent.mkdir(parents=True)
    page.write_text("hasil", "utf-8")
    (tmp_path / "reports" / "secret.html").write_text("secret", "utf-8")
    environment = airflow_environment(ROOT) | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "PYTHONPATH": f"{ROOT / 'dags'}:{ROOT}",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__API_AUTH__JWT_SECRET": "0" * 64,
        "TOLOK_HOME": str(tmp_path),
    }
    addresses = ("/tolok/", *FOUND, *MISSING, *REFUSED)
    script = Path(__file__).with_name("ask_pages.py")
    for command in (["-m", "airflow", "db", "migrate"], [str(script), *addresses]):
        done = run_process(sys.executable, *command, cwd=ROOT, environment=environment)
        assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for address in addresses:
        status = 307 if address == "/tolok/" else 200 if address in FOUND else 404 if address in MISSING else 422
        assert told["status"][address] == {**REACHED, "viewer": status, "admin": status}, address
    assert told["text"][RESULTS] == "hasil"
    assert "Kota Uji" in told["text"][DASHBOARD]
    assert told["policy"][DASHBOARD] == "frame-ancestors 'self'"
