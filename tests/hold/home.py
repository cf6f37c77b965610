"""A home of a test's own with a small city, and what a reader would find in it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from connectors.errors import TolokError
from pipeline import steps
from pipeline.cli import main
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city

CITY, MONTH = "kota-uji", "2024-03"
_TIMES = {"run_id", "computed_at", "first_landed_at", "finished_at"}


@contextmanager
def city_at(root: Path, **more: str) -> Iterator[Path]:
    """The environment of a home below `root`, with the city of the worked examples; gives the home."""
    if not (root / "cities").exists():
        write_city(root / "cities")
    names = {"TOLOK_HOME": str(root / "home"), "TOLOK_CITIES": str(root / "cities"), "TOLOK_WAREHOUSE": "", **more}
    with patch.dict(os.environ, names):
        yield root / "home"


def tolok(*words: str) -> tuple[int, str]:
    """What a command ends with, and all that it says."""
    said, code = io.StringIO(), 0
    with patch("sys.argv", ["tolok", *words]), redirect_stdout(said), redirect_stderr(said):
        try:
            main()
        except SystemExit as ended:
            code = int(str(ended.code))
    return code, said.getvalue()


def collect(city_id: str, period: str) -> tuple[int, str]:
    """What the nightly collecting does, step by step."""
    try:
        label = steps.resolve(city_id, partition_key=period, conf=None, is_year=False)
        for source in steps.sources(city_id, label):
            steps.fetch(city_id, source, label)
        steps.collected(city_id)
        steps.status(city_id, now=datetime.now(UTC))
    except (TolokError, OSError) as fault:
        return getattr(fault, "exit_code", 4), str(fault)
    return 0, ""


def history() -> list[Mapping[str, Any]]:
    """Every version of the city's results, without the moments of their making."""
    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    warehouse.migrate()
    rows = warehouse.history(CITY)
    return [{name: value for name, value in row.items() if name not in _TIMES} for row in rows]


def drafts(root: Path) -> list[str]:
    """What was begun and not finished, or made for a while."""
    begun = ("*.draft-*", "rebuilt*", ".copy-*", ".pulled-*")
    return sorted(str(path.relative_to(root)) for pattern in begun for path in root.rglob(pattern))
