"""Whatever column of the warehouse is altered, verifying names it and the next run mends it."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.indicators.base import Result
from pipeline.warehouse import Comparison, StoreRequest, Warehouse
from pipeline.warehouse.deciding import ONLY_SEALED
from pipeline.warehouse.model import METADATA, RESULT, Utc
from tests.acceptance.exports import write_city

CITY, YEAR = "kota-uji", "2024"
TARGETS = """
targets:
  online_services:
    source: RPJMD 2025-2029
    years: {2024: 80}
"""
NAMED = "{count} named, and written again by the next run"
# What nothing tells again, and why; everything else is covered by itself.
CANNOT_BE_VOUCHED_FOR = {
    "closing": "an act of a person; corrections are held against versions (test_closings)",
    "erasure": "a decision of a person; what it took away is told of by its number (test_erasing)",
    "notification": "what people were told, of runs and not of numbers",
    "pending_result": "there is none in an open year (test_closings)",
    "readiness_answer": "held against the form (test_readiness)",
    "readiness_evidence": "held against the documents (test_readiness)",
    "run_failure": "what failed, until it is run well",
    "source_file.landed_at": "another machine lands the same bytes at another time",
    "view_version": "every command lays the views anew where it differs",
}
COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in METADATA.sorted_tables
    for column in table.columns
    if not CANNOT_BE_VOUCHED_FOR.keys() & {table.name, f"{table.name}.{column.name}"}
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Result], StoreRequest]]:
    """A warehouse with one run in it, and what verifying computes anew."""
    folder = tmp_path_factory.mktemp("altered")
    write_city(folder / "cities")
    with (folder / "cities" / f"{CITY}.yaml").open("a", encoding="utf-8") as file:
        file.write(TARGETS)
    with (folder / "cities" / "data" / "gangguan.csv").open("a", encoding="utf-8") as file:
        file.write("4,Server,Terencana,05/06/2024 10:00,05/06/2024 09:00\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder / "cities"))
        patch.setenv("TOLOK_WAREHOUSE", "")
        steps.run(CITY, YEAR)
        with steps.recomputed(CITY, YEAR) as (results, request):
            yield folder / "home" / "warehouse.sqlite", results, request


class Altered:
    """A copy of the warehouse, altered by hand as by somebody who cares for no constraint."""

    def __init__(self, stored: tuple[Path, list[Result], StoreRequest], tmp_path: Path) -> None:
        path, self.results, self.request = stored
        self.path = tmp_path / "warehouse.sqlite"
        shutil.copyfile(path, self.path)
        self.warehouse = Warehouse(f"sqlite:///{self.path}")

    def by(self, *statements: str) -> None:
        """Alter it by SQL."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript("PRAGMA ignore_check_constraints = ON;" + ";".join(statements))

    def compared(self) -> Comparison:
        """As verify compares it."""
        return self.warehouse.compare(self.results, request=self.request)

    def run(self, **others: Any) -> list[str]:
        """As a run stores, which computes the same."""
        request = replace(self.request, run_id=uuid.uuid4().hex, **others)
        return [one.outcome for one in self.warehouse.store(self.results, request=request)]


@pytest.fixture
def altered(stored: tuple[Path, list[Result], StoreRequest], tmp_path: Path) -> Altered:
    return Altered(stored, tmp_path)


def other(column: sa.Column[Any]) -> str:
    """SQL for another value of the same type."""
    if isinstance(column.type, Utc):
        return "'2001-01-01T00:00:00.000000+00:00'"
    if isinstance(column.type, sa.Date):
        return "'2001-01-01'"
    if isinstance(column.type, sa.Boolean):
        return f"NOT {column.name}"
    if isinstance(column.type, sa.Text):
        return f"coalesce({column.name}, 'x') || 'x'"
    return f"coalesce({column.name}, 0) + 7"


def test_what_was_just_stored_is_the_same(altered: Altered) -> None:
    assert altered.compared().is_same
    assert altered.run() == ["unchanged"] * 4


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_altered_column_is_named_and_mended(
    table: sa.Table, column: sa.Column[Any], altered: Altered, row: Callable[[str, str, str], None]
) -> None:
    first = f"(SELECT rowid FROM {table.name} LIMIT 1)"
    altered.by(f"UPDATE {table.name} SET {column.name} = {other(column)} WHERE rowid = {first}")
    found = altered.compared()
    assert not found.is_same
    if (table is RESULT and column.name in ONLY_SEALED) or table.name == "result_seal":
        place = "result_seal.rows_sha256"
    else:
        place = table.name if column.primary_key else f"{table.name}.{column.name}"
    gone = {RESULT.name for of_result in found.alterations.values() for one in of_result if one.is_gone}
    assert place in {one.place for one in found.differences} | gone
    altered.run()
    assert altered.compared().is_same
    row("Tampering", "each column of each table of the warehouse but those told by persons", NAMED)


@pytest.mark.parametrize("table", [t for t in METADATA.sorted_tables if t.name not in CANNOT_BE_VOUCHED_FOR])
def test_rows_that_are_gone_are_named_and_mended(
    table: sa.Table, altered: Altered, row: Callable[[str, str, str], None]
) -> None:
    altered.by(f"DELETE FROM {table.name}")
    assert table.name in {one.table for one in altered.compared().differences}
    altered.run()
    assert altered.compared().is_same
    row("Tampering", "all rows of each table of the warehouse taken away but those told by persons", NAMED)
