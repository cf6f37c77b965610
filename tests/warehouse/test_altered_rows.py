"""A version whose rows are not those that were written is shown nowhere with a value, on both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.errors import DataDamaged, DataRejected
from pipeline.warehouse import Closing, Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.model import KEY, SEAL, UNKNOWN, Utc
from pipeline.warehouse.seals import altered_reason
from pipeline.warehouse.version_rows import PARTS
from tests.warehouse.test_vouching import V2, alter, later, with_two_versions
from tests.warehouse.test_warehouse import NOW

ALTERED = altered_reason(is_gone=False, is_newest=True)
OF_PARTS = [(table, column) for table in (*PARTS, SEAL) for column in table.columns if column.name not in KEY]


@pytest.fixture
def warehouse(migrated_url: str) -> Warehouse:
    return with_two_versions(migrated_url)


def alter_column(url: str, table: sa.Table, column: sa.Column[object]) -> bool:
    """Put another value in a column of version 2; false where there is no row of it or the database refuses."""
    other = {sa.Text: "lain", sa.Date: NOW.date(), Utc: NOW - timedelta(days=9), sa.Boolean: True}
    value = next((value for kind, value in other.items() if isinstance(column.type, kind)), 8)
    try:
        with writing(make_engine(url)) as connection:
            changed = connection.execute(sa.update(table).where(table.c.version == 2).values({column.name: value}))
            return bool(changed.rowcount)
    except sa.exc.IntegrityError:
        return False


@pytest.mark.parametrize(("table", "column"), OF_PARTS, ids=[f"{t.name}.{c.name}" for t, c in OF_PARTS])
def test_an_altered_version_has_no_value(
    table: sa.Table, column: sa.Column[object], warehouse: Warehouse, migrated_url: str
) -> None:
    (before,) = warehouse.results("kota-uji")
    if not alter_column(migrated_url, table, column):
        pytest.skip("not a row of this version, or not allowed")
    view = warehouse.city_view("kota-uji")
    (one,), (shown,) = view.results, warehouse.current("kota-uji", is_whole=True)
    assert before.value is not None
    assert (one.value, one.status, one.reason, one.version) == (None, "altered", ALTERED, 2)
    assert (shown["value"], shown["variants"], shown["breakdowns"]) == (None, {}, {})
    assert [version.value is None for version in one.versions] == [False, True]
    assert [row["value"] is None for row in warehouse.history("kota-uji")] == [False, True]
    (stored,) = warehouse.results("kota-uji", is_whole=True)
    assert (stored.breakdowns, stored.variants) == ({}, ())
    with pytest.raises(DataRejected, match="no longer those that Tolok wrote"):
        warehouse.close(Closing("kota-uji", "2025", by="Siti", at=NOW))
    warehouse.store([V2], request=later("r3"))
    assert [row.value for row in warehouse.results("kota-uji")] == [before.value]


def test_a_version_written_in_place_of_an_altered_one_is_logged_with_its_city(
    warehouse: Warehouse, migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    alter(migrated_url, "UPDATE result SET value = 9 WHERE version = 2")
    with caplog.at_level("INFO", logger="pipeline.warehouse"):
        (stored,) = warehouse.store([V2], request=later("r3"))
        warehouse.store([V2], request=later("r4"))
    assert caplog.messages == [f"kota-uji: {stored}"]


def test_an_altered_older_version_has_no_value_and_the_newest_has(warehouse: Warehouse, migrated_url: str) -> None:
    alter(migrated_url, "UPDATE result SET value = 9 WHERE version = 1")
    (one,) = warehouse.city_view("kota-uji").results
    assert one.value is not None
    assert [version.reason for version in one.versions] == [altered_reason(is_gone=False, is_newest=False), None]
    older, newest = warehouse.history("kota-uji")
    assert ("tolok run" in older["reason"], "backup" in older["reason"], newest["status"]) == (False, True, "final")


@pytest.mark.parametrize("column", ["result.value", "result.computed_at", "result.rows_read"])
def test_a_text_where_a_number_or_moment_should_be_is_no_fault_of_the_code(
    column: str, sqlite_warehouse: tuple[Warehouse, str]
) -> None:
    warehouse, url = sqlite_warehouse
    table, _, name = column.partition(".")
    alter(url, "PRAGMA ignore_check_constraints = 1", f"UPDATE {table} SET {name} = 'kacau' WHERE version = 2")
    assert [one.reason for one in warehouse.city_view("kota-uji").results] == [ALTERED]
    assert [row["reason"] == ALTERED for row in warehouse.history("kota-uji")] == [False, True]
    assert warehouse.headlines() == () or column.endswith("rows_read")
    assert not warehouse.compare([V2], request=later("r9")).is_same
    warehouse.store([V2], request=later("r3"))
    assert warehouse.compare([V2], request=later("r9")).is_same


def test_a_text_where_a_files_moment_should_be_is_named_and_mended(sqlite_warehouse: tuple[Warehouse, str]) -> None:
    warehouse, url = sqlite_warehouse
    alter(url, "UPDATE source_file SET landed_at = 'kacau'")
    assert {file.landed_at for one in warehouse.results("kota-uji") for file in one.files} == {UNKNOWN}
    found = warehouse.compare([V2], request=later("r9")).differences
    assert {one.place for one in found} == {"source_file.landed_at"}
    warehouse.store([V2], request=later("r3"))
    (one,) = warehouse.results("kota-uji")
    assert (one.version, {file.landed_at for file in one.files} & {UNKNOWN}) == (2, set())


def test_a_text_where_a_day_of_readiness_should_be_is_a_message(sqlite_warehouse: tuple[Warehouse, str]) -> None:
    warehouse, url = sqlite_warehouse
    answer = "'kota-uji', 2025, 'it_downtime', 1"
    columns = "city_id, year, indicator_id, theme, answered_on, state, responsible_unit"
    alter(url, f"INSERT INTO readiness_answer ({columns}) VALUES ({answer}, 'kacau', 'no', 'x')")
    with pytest.raises(DataDamaged, match="tolok verify names the place"):
        warehouse.city_view("kota-uji")


@pytest.mark.parametrize("kept", ["result_seal", "result_variant", "result_source"])
def test_a_version_of_which_only_parts_are_left_is_shown_as_altered(
    kept: str, warehouse: Warehouse, migrated_url: str
) -> None:
    gone = {"result_rows", "result_variant", "result_breakdown", "result_remark", "result_population", "result_source"}
    tables = [*(gone | {"result_seal"}) - {kept}, "result"]
    without_checks(migrated_url, *(f"DELETE FROM {table} WHERE version = 2" for table in tables))
    for as_of in (None, NOW + timedelta(days=1)):
        (shown,) = warehouse.current("kota-uji", as_of=as_of)
        assert (shown["version"], shown["value"], shown["status"]) == (2, None, "altered")
        assert "the result of this version is gone from the warehouse; tolok verify" in shown["reason"]
        assert [row["status"] for row in warehouse.history("kota-uji", as_of=as_of)] == ["final", "altered"]
    (before,) = warehouse.current("kota-uji", as_of=NOW)
    assert (before["version"], before["status"]) == (1, "final")
    found = warehouse.compare([V2], request=later("r9"))
    assert (found.differences[-1].place, found.differences[-1].key["version"]) == ("result", 2)
    assert found.alterations == {"it_downtime": ()}
    (stored,) = warehouse.store([V2], request=later("r3"))
    assert (stored.version, stored.change_reason.split(" / ")[1]) == (
        3,
        "versions up to v2 were stored and are gone from the warehouse",
    )
    older = warehouse.history("kota-uji")[1]
    assert (older["version"], "only a backup of the warehouse" in older["reason"]) == (2, True)


@pytest.mark.parametrize("kept", ["result_seal", "result_variant"])
def test_an_only_version_of_which_parts_are_left_is_written_again_as_one_that_was_gone(
    kept: str, migrated_url: str
) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    warehouse.store([V2], request=later("r1"))
    parts = {"result_seal", "result_rows", "result_variant", "result_breakdown", "result_remark", "result_source"}
    without_checks(
        migrated_url, *(f"DELETE FROM {table}" for table in (*(parts - {kept}), "result_population", "result"))
    )
    assert "gone from the warehouse" in warehouse.current("kota-uji")[0]["reason"]
    assert not warehouse.compare([V2], request=later("r9")).is_same
    (stored,) = warehouse.store([V2], request=later("r3"))
    assert (stored.version, "versions up to v1 were stored" in stored.change_reason) == (2, True)


def without_checks(url: str, *statements: str) -> None:
    """As by a tool that does not look at what rows refer to."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(sa.make_url(url).database))) as connection, connection:
            for statement in statements:
                connection.execute(statement)
    else:
        alter(url, "SET LOCAL session_replication_role = replica", *statements)


@pytest.fixture
def sqlite_warehouse(warehouse: Warehouse, migrated_url: str) -> tuple[Warehouse, str]:
    """The warehouse in SQLite, which keeps a text in any column."""
    if not migrated_url.startswith("sqlite"):
        pytest.skip("PostgreSQL refuses a text in a column of another type")
    return warehouse, migrated_url
