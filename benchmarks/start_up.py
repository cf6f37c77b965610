"""How long a person or a scheduler waits before anything is computed: a stored answer, the help, the DAG files."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Contender, Target, Work
from pipeline.indicators.base import Quotient, Result, RowCounts
from pipeline.shipped import shipped
from pipeline.warehouse import CityRecord, StoreRequest, Warehouse
from pipeline.warehouse.city_view import ORDER

_DAGS = shipped("dags")
# Beside this Python, whatever the search path says.
PROGRAM = str(Path(sys.executable).with_name("tolok"))
_CITY = "kota-contoh"
_YEARS = 20


def write_warehouse(path: Path, years: int) -> None:
    """The four indicators of one city and `years` years, in SQLite."""
    warehouse = Warehouse(f"sqlite:///{path}")
    warehouse.migrate()
    for year in range(2025 - years + 1, 2026):
        one = Result("", str(year), Quotient(6.0, 3.0, "hours", 2.0), "final", 100.0, RowCounts(3, 3, {}), "1.0", "a")
        request = StoreRequest(
            city=CityRecord(_CITY, "Kota Contoh", "Asia/Jakarta", "kemendagri:31"),
            period=str(year),
            run_id=f"r{year}",
            computed_at=datetime(2026, 1, 12, tzinfo=UTC),
            sources={},
        )
        warehouse.store([replace(one, indicator_id=name) for name in ORDER], request=request)


def _dag_folder(_: Path) -> None:
    sys.path.insert(0, str(_DAGS))


def dag_files(_: None) -> int:
    """The DAGs of the folder of cities as Airflow's processor imports them, Airflow itself being there already."""
    return sum(name.startswith(_CITY) for name in vars(importlib.import_module("city_dags")))


def _tolok(*arguments: str) -> Contender:
    command = ("env", "TOLOK_WAREHOUSE=sqlite:///{path}", PROGRAM, *arguments)
    return Contender(command, needs=(f"program:{PROGRAM}",))


WORK = Work(
    name="start-up",
    unit="years",
    size=_YEARS,
    write=write_warehouse,
    contenders={
        "show": _tolok("show", _CITY, "2025"),
        "help": _tolok("--help"),
        "dag_files": Contender(dag_files, needs=("airflow.sdk",), ready=_dag_folder),
    },
    targets=(Target(0.5, ours="show"), Target(0.3, ours="help"), Target(0.1, ours="dag_files")),
)
