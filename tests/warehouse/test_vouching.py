"""What is stored is what was computed, value by value on both databases; older versions are as they were written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.remarks import Remark
from pipeline.indicators.base import Breakdown, Quotient, Result, RowCounts
from pipeline.warehouse import Closing, Comparison, Correction, Stored, StoreRequest, Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.seals import read_versions, seal_of
from tests.warehouse.test_warehouse import NOW, request, result

OPEN = Remark("open_inquiries", "masih terbuka", "still open", keeps_provisional=False)
V2 = result("b", read=5, remarks=(OPEN,))
MENDED = "the stored values differed from those computed from the same files"


@pytest.fixture
def warehouse(migrated_url: str) -> Warehouse:
    return with_two_versions(migrated_url)


def with_two_versions(url: str) -> Warehouse:
    """A warehouse with two versions of a result, of which the second is final."""
    made = Warehouse(url)
    made.migrate()
    made.store([result()], request=request("r1"))
    made.store([V2], request=later("r2"))
    return made


def later(run_id: str, **others: Any) -> StoreRequest:
    return replace(request(run_id, computed_at=NOW + timedelta(days=1)), **others)


def alter(url: str, *statements: str) -> None:
    with writing(make_engine(url)) as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def delete(version: int) -> list[str]:
    """Take away a version whole."""
    tables = ("rows", "variant", "breakdown", "remark", "population", "source", "seal")
    return [f"DELETE FROM {table} WHERE version = {version}" for table in (*(f"result_{t}" for t in tables), "result")]


def compared(warehouse: Warehouse) -> Comparison:
    return warehouse.compare([V2], request=later("r9"))


def store(warehouse: Warehouse, run_id: str, **others: Any) -> Stored:
    (stored,) = warehouse.store([V2], request=later(run_id, **others))
    return stored


@pytest.mark.parametrize(
    "value", [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 94696.96969696969, -0.0, 3.0, 2.0**53 - 1, None]
)
def test_a_number_is_read_back_as_it_was_written(value: float | None, migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    part = Quotient(value, value, "hours per incident", value, None if value is not None else "tiada / none")
    one = result(breakdowns=(Breakdown("component", "A", part),), variants={"v": part}, statistics={"median": value})
    warehouse.store([one], request=request("r1"))
    assert warehouse.compare([one], request=request("r2")).is_same
    assert [s.outcome for s in warehouse.store([one], request=request("r3"))] == ["unchanged"]


@pytest.mark.parametrize(
    ("computed", "sha256", "outcome"),
    [
        (replace(V2, rows=RowCounts(6, 5, {"outside_period": 1})), "e" * 64, "unchanged"),
        (replace(V2, rows=RowCounts(6, 5, {"outside_period": 1})), "f" * 64, "changed"),
        (replace(V2, remarks=(replace(OPEN, en="said otherwise"),)), "f" * 64, "unchanged"),
        (replace(V2, remarks=(replace(OPEN, code="other"),)), "f" * 64, "changed"),
        (replace(V2, coverage_pct=99.0), "e" * 64, "changed"),
    ],
)
def test_a_version_stands_for_the_same_inputs_in_other_files_or_words_alone(
    computed: Result, sha256: str, outcome: str, warehouse: Warehouse
) -> None:
    again = later("r3", sources=request("r3", sha256=sha256).sources)
    assert warehouse.compare([computed], request=again).is_same is (outcome == "unchanged")
    assert [one.outcome for one in warehouse.store([computed], request=again)] == [outcome]
    assert warehouse.compare([computed], request=again).is_same


@pytest.mark.parametrize(
    ("statements", "places"),
    [
        (["UPDATE result_variant SET value = 9 WHERE version = 2"], {"result_variant.value"}),
        (["DELETE FROM result_breakdown WHERE version = 2"], {"result_breakdown"}),
        (
            ["INSERT INTO result_rows VALUES ('kota-uji', 'it_downtime', '2025', 2, 'excluded', 'prank', 4)"],
            {"result_rows"},
        ),
        (["UPDATE result SET change_reason = 'lain' WHERE version = 2"], {"result_seal.rows_sha256"}),
        (
            ["UPDATE result SET rows_read = 9, rows_used = 9 WHERE version = 2"],
            {"result.rows_read", "result.rows_used"},
        ),
        (["DELETE FROM result_source WHERE version = 2"], {"result_source"}),
    ],
)
def test_what_was_altered_is_written_again_as_a_version_that_says_so(
    statements: list[str], places: set[str], warehouse: Warehouse, migrated_url: str
) -> None:
    alter(migrated_url, *statements)
    assert {one.place for one in compared(warehouse).differences} == places
    mended = store(warehouse, "r3")
    assert (mended.version, mended.change_reason.split(" / ")[1]) == (3, MENDED)
    assert set(mended.change.split(", ")) == places
    assert compared(warehouse).is_same
    assert [one.version for one in compared(warehouse).alterations["it_downtime"]] == [2]
    assert store(warehouse, "r4").outcome == "unchanged"


def test_two_who_mend_at_once_write_one_version(warehouse: Warehouse, migrated_url: str) -> None:
    alter(migrated_url, "UPDATE result SET median = 9 WHERE version = 2")
    with ThreadPoolExecutor(3) as pool:
        outcomes = [one.outcome for one in pool.map(lambda name: store(warehouse, name), ("r3", "r4", "r5"))]
    assert sorted(outcomes) == ["changed", "unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("statements", "altered"),
    [
        (["UPDATE result SET value = 9 WHERE version = 1"], [(1, False)]),
        (["UPDATE result_variant SET unit = 'x' WHERE version = 1"], [(1, False)]),
        (["DELETE FROM result_breakdown WHERE version = 1"], [(1, False)]),
        (["UPDATE result_seal SET rows_sha256 = 'x' WHERE version = 1"], [(1, False)]),
        (delete(1), [(1, True)]),
    ],
)
def test_an_older_version_that_was_altered_is_named_until_a_newer_one_is_written(
    statements: list[str], altered: list[tuple[int, bool]], warehouse: Warehouse, migrated_url: str
) -> None:
    alter(migrated_url, *statements)
    found = compared(warehouse)
    assert [(one.version, one.is_gone) for one in found.alterations["it_downtime"]] == altered
    assert (found.is_same, found.differences) == (False, ())
    assert store(warehouse, "r3").outcome == "unchanged"
    assert not compared(warehouse).is_same
    newest = result("c", read=6)
    warehouse.store([newest], request=later("r4"))
    known = warehouse.compare([newest], request=later("r5"))
    assert known.is_same
    assert [one.is_known for one in known.alterations["it_downtime"]] == [True]


def test_an_older_version_altered_with_its_seal_is_seen_by_the_one_after(
    warehouse: Warehouse, migrated_url: str
) -> None:
    alter(migrated_url, "UPDATE result SET value = 9 WHERE version = 1")
    with writing(make_engine(migrated_url)) as connection:
        first = read_versions(connection, "kota-uji", "2025")["it_downtime"][0]
        seal = seal_of(first.rows, first.former or "")
        connection.execute(sa.text("UPDATE result_seal SET rows_sha256 = :seal WHERE version = 1"), {"seal": seal})
    assert [one.version for one in compared(warehouse).alterations["it_downtime"]] == [1]


def test_a_newest_version_that_is_gone_is_written_again(warehouse: Warehouse, migrated_url: str) -> None:
    alter(migrated_url, *delete(2))
    assert "result.inputs_sha256" in {one.place for one in compared(warehouse).differences}
    assert store(warehouse, "r3").version == 2
    assert compared(warehouse).is_same


def test_a_closed_year_is_mended_by_a_correction_alone(warehouse: Warehouse, migrated_url: str) -> None:
    warehouse.close(Closing("kota-uji", "2025", by="Siti", at=NOW))
    alter(migrated_url, "UPDATE result SET median = 9 WHERE version = 2")
    held = str(store(warehouse, "r3"))
    assert all(told in held for told in ("its year is closed", "result.median", "tolok correct kota-uji 2025"))
    assert len(warehouse.history("kota-uji")) == 2
    alter(migrated_url, "UPDATE pending_result SET numerator = 9")
    assert {one.place for one in compared(warehouse).differences} == {"result.median", "pending_result.numerator"}
    store(warehouse, "r4")
    assert {one.place for one in compared(warehouse).differences} == {"result.median"}
    assert store(warehouse, "r5", correction=Correction("Budi", "diubah tangan")).version == 3
    assert compared(warehouse).is_same


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE closing SET done_by = 'Ani' WHERE place = 2", "closing.done_by, reason"),
        ("UPDATE closing SET reason = 'lain' WHERE place = 2", "closing.done_by, reason"),
        ("UPDATE closing SET place = 3 WHERE place = 2", "closing.place"),
        ("DELETE FROM closing WHERE place = 2", "closing"),
        ("UPDATE closing SET action = 'closed' WHERE place = 2", "closing"),
    ],
)
def test_a_correction_is_noted_as_its_versions_say(
    statement: str, place: str, warehouse: Warehouse, migrated_url: str
) -> None:
    warehouse.close(Closing("kota-uji", "2025", by="Siti", at=NOW))
    newest = result("c", read=6)
    warehouse.store([newest], request=later("r3", correction=Correction("Budi", "susulan")))
    assert warehouse.compare([newest], request=later("r4")).is_same
    alter(migrated_url, statement)
    assert [one.place for one in warehouse.compare([newest], request=later("r4")).differences] == [place]


def test_versions_of_a_warehouse_without_seals_are_sealed_as_they_are(warehouse: Warehouse, migrated_url: str) -> None:
    from alembic import command

    from pipeline.warehouse.migrations import alembic_config

    with writing(make_engine(migrated_url)) as connection:
        command.downgrade(alembic_config(connection), "0010")
    warehouse.migrate()
    assert compared(warehouse).is_same
    assert compared(warehouse).alterations == {"it_downtime": ()}


@pytest.mark.parametrize("run_id", ["r1", "r2"])
def test_when_the_run_of_any_version_ended_is_held_against_that_version(
    run_id: str, warehouse: Warehouse, migrated_url: str
) -> None:
    alter(migrated_url, f"UPDATE run SET finished_at = '2020-01-01 00:00:00+00:00' WHERE run_id = '{run_id}'")
    assert {one.place for one in compared(warehouse).differences} == {"run.finished_at"}
    assert store(warehouse, "r3").outcome == "unchanged"
    assert compared(warehouse).is_same
