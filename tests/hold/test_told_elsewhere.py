"""Tests that lie beside the code they break: run in the long form, so that their figures stand on the page too."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hold import of_form

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    (
        "Inputs",
        "bombs and deceptive containers in every spelling: far cells, endless lines, deep JSON and YAML, locked zips",
    ): ("tests/connectors/test_hostile_files.py", "tests/connectors/test_hostile_workbooks.py"),
    ("Security", "internal and metadata addresses in every spelling, by name, redirect and rebinding"): (
        "tests/connectors/test_addresses.py",
        "tests/connectors/test_http.py",
    ),
    (
        "Security",
        "endless, dripping and oversized answers, hostile headers and redirects, secrets in what is told of them",
    ): ("tests/connectors/test_wire.py",),
    ("Security", "queries of a SQL source that write, hang or never end, and databases inside the house"): (
        "tests/connectors/test_sql.py",
    ),
    ("Security", "database accounts with least rights, each forbidden statement tried on PostgreSQL"): (
        "tests/warehouse/test_reading_tools.py",
        "tests/warehouse/test_writer_role.py",
    ),
    (
        "Security",
        "pickle, unsafe YAML, eval, shell, SQL of strings and their like fail the check; packages, lock and SBOM agree",
    ): ("tests/packaging/test_supply.py",),
    ("Security", "links and stray names in export folders"): ("tests/pipeline/test_stray_files.py",),
    ("Security", "pages in Airflow without a login, by a stranger, of paths that climb"): (
        "tests/dags/test_pages_in_airflow.py",
    ),
    ("Privacy", "the register of processing is what the declarations say, of every text in words"): (
        "tests/scripts/test_register.py",
    ),
}


@pytest.mark.parametrize(("of", "tried"), ELSEWHERE, ids=[Path(files[0]).stem for files in ELSEWHERE.values()])
def test_all_of_them_pass(of: str, tried: str, tmp_path: Path, row: Callable[[str, str, str], None]) -> None:
    files = ELSEWHERE[of, tried]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    if not of_form(False, full=True):
        return
    found = tmp_path / "found.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={found}", *files]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    suite = ET.parse(found).getroot()[0]  # noqa: S314 written by the test itself
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    passed = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert passed > 0
    row(
        of,
        tried,
        f"{passed} tests of {', '.join(f'`{name}`' for name in files)} passed, {counts['skipped']} skipped",
    )
