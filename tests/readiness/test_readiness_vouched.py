"""Stored answers and evidence are what form and folder hold: an altered column is named, and mended by a check."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.readiness.check import check_readiness, stored_otherwise
from pipeline.readiness.command import write_empty_form
from pipeline.warehouse.model import READINESS_ANSWER, READINESS_EVIDENCE
from tests.readiness.readiness_region import add_city, answered, fill

TODAY = date(2026, 2, 1)
# Since when an answer stands is the day of a check; nothing else tells it.
COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in (READINESS_ANSWER, READINESS_EVIDENCE)
    for column in table.columns
    if column is not READINESS_ANSWER.c.answered_on
]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Path]]:
    """A city whose readiness was checked once, and the folder of its year."""
    home = tmp_path_factory.mktemp("region")
    add_city(home / "cities")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(home / "home"))
        patch.setenv("TOLOK_CITIES", str(home / "cities"))
        patch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{home / 'checked.sqlite'}")
        folder = write_empty_form("kab-bogor", year=2025, target=None).parent
        document = folder / "10.1/1/renja.docx"
        document.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(document, "w") as file:
            file.writestr("word/document.xml", "rencana kerja")
        rows = answered({"10.1/1": {"renja.docx": b""}})
        rows["10.1/1"]["Berlaku sampai"] = date(2027, 1, 1)
        fill(folder / "formulir.xlsx", rows)
        city = load_city(home / "cities", "kab-bogor")
        check_readiness(city, 2025, today=TODAY)
        yield city, folder


@pytest.fixture
def city(region: tuple[City, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    """The city with a warehouse of the test's own."""
    shutil.copyfile(region[1].parents[2] / "checked.sqlite", tmp_path / "copy.sqlite")
    monkeypatch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{tmp_path / 'copy.sqlite'}")
    return region[0]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_altered_column_is_named_and_mended(
    table: sa.Table, column: sa.Column[object], city: City, tmp_path: Path
) -> None:
    other = {"date": "'2001-01-01'", "str": f"{column.name} || 'x'", "int": f"{column.name} + 10"}
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as connection:
        alter = f"UPDATE {table.name} SET {column.name} = {other[column.type.python_type.__name__]}"
        alter += f" WHERE rowid = (SELECT min(rowid) FROM {table.name})"
        connection.executescript(f"PRAGMA ignore_check_constraints = ON; {alter}")
    otherwise = stored_otherwise(city, 2025, today=TODAY)
    assert json.dumps([asdict(one) for one in otherwise])
    found = {one.place for one in otherwise}
    assert (table.name if column.primary_key else f"{table.name}.{column.name}") in found
    check_readiness(city, 2025, today=TODAY)
    assert stored_otherwise(city, 2025, today=TODAY) == []


def test_a_document_that_was_altered_is_named(city: City, region: tuple[City, Path]) -> None:
    document = region[1] / "10.1/1/renja.docx"
    content = document.read_bytes()
    document.write_bytes(content + b"x")
    places = {(one.table, one.stored is None) for one in stored_otherwise(city, 2025, today=TODAY)}
    document.write_bytes(content)
    assert places == {("readiness_evidence", True), ("readiness_evidence", False)}


def test_a_year_that_was_never_checked_has_nothing_to_vouch_for(city: City) -> None:
    assert stored_otherwise(city, 2024, today=TODAY) == []
