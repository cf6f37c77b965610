"""The file of a warehouse is opened for reading alone where nothing can be written beside it, and never otherwise."""

from __future__ import annotations

import resource
import sqlite3
from pathlib import Path

import pytest

from connectors.errors import SourceUnavailable
from pipeline.warehouse import Warehouse


def test_a_warehouse_is_read_where_nothing_can_be_written_beside_it(tmp_path: Path) -> None:
    warehouse = Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}")
    warehouse.migrate()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        names = warehouse.city_names()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names == {}


def test_a_file_that_another_program_has_for_itself_alone_is_told_as_locked(tmp_path: Path) -> None:
    warehouse = Warehouse(f"sqlite:///{tmp_path / 'w.sqlite'}?timeout=0.05")
    warehouse.migrate()
    other = sqlite3.connect(tmp_path / "w.sqlite", isolation_level=None)
    for statement in ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "COMMIT"):
        other.execute(statement)
    with pytest.raises(SourceUnavailable, match="locked by another program"):
        warehouse.city_names()
    other.close()
    assert warehouse.city_names() == {}
