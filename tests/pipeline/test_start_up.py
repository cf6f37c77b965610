"""The command line starts at once: what only computing needs is not loaded to show what is stored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.warehouse import Warehouse
from tests.warehouse.test_warehouse import request, result

HEAVY = {"alembic", "pandas", "pyarrow", "pydantic", "great_expectations", "yaml"}


def loaded(*arguments: str) -> set[str]:
    """The heavy packages that a command loads."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
        "from pipeline.cli import main; main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "click" in done.stderr.split(), "the modules were not listed"
    return (HEAVY | {"sqlalchemy", "rich"}) & set(done.stderr.split())


def test_help_loads_no_heavy_package() -> None:
    assert loaded("--help") == set()


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_showing_loads_nothing_that_only_computing_needs(
    form: list[str], home: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_WAREHOUSE", warehouse_url)
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    warehouse.store([result()], request=request("r1"))
    assert loaded("show", "kota-uji", "2025", *form) & HEAVY == set()
    assert home.is_dir()
