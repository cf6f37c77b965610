"""A closed year takes no new version but by a correction, whatever happens at once, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import DataRejected
from connectors.remarks import Remark
from pipeline.indicators.base import Quotient, Result
from pipeline.warehouse import Closing, Correction, Stored, Warehouse
from tests.warehouse.test_warehouse import NOW, request, result

OPEN = Remark("open_inquiries", "masih terbuka", "still open")


@pytest.fixture
def closed(migrated_url: str) -> Warehouse:
    """A warehouse with one result of a year that is closed."""
    made = Warehouse(migrated_url)
    made.migrate()
    made.store([result()], request=request("r1"))
    assert made.close(closing())
    return made


def closing() -> Closing:
    return Closing("kota-uji", "2025", by="Siti", at=NOW + timedelta(days=1))


def late(inputs: str = "b") -> Result:
    return replace(result(inputs, read=4), headline=Quotient(8.0, 4.0, "hours per incident", 2.0))


def store(warehouse: Warehouse, one: Result, run_id: str, *, reason: str | None = None) -> Stored:
    asked = replace(request(run_id), correction=Correction("Budi", reason) if reason else None, period=one.period)
    (stored,) = warehouse.store([one], request=asked)
    return stored


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_a_later_run_writes_nothing_and_keeps_what_would_change(closed: Warehouse) -> None:
    stored = [store(closed, late(), run_id) for run_id in ("r2", "r3")]
    assert [(one.outcome, one.version) for one in stored] == [("held", 1), ("held", 1)]
    assert "its year is closed" in str(stored[0])
    (row,) = closed.current("kota-uji")
    assert (row["version"], row["pending"]["numerator"], row["pending"]["found_at"]) == (1, 8.0, NOW)
    assert [one["done_by"] for one in row["closings"]] == ["Siti"]
    assert store(closed, result(), "r4").outcome == "unchanged"
    assert closed.pending("kota-uji") == []


def test_a_correction_writes_the_version_with_who_and_why(closed: Warehouse) -> None:
    store(closed, late(), "r2")
    stored = [store(closed, late(), run_id, reason="jawaban susulan") for run_id in ("r3", "r4")]
    assert [(one.outcome, one.version) for one in stored] == [("changed", 2), ("unchanged", 2)]
    (row,) = closed.current("kota-uji")
    assert (row["version"], row["pending"]) == (2, None)
    assert [(one["action"], one["done_by"], one["reason"]) for one in row["closings"]] == [
        ("corrected", "Budi", "jawaban susulan"),
        ("closed", "Siti", None),
    ]
    assert "correction by Budi: jawaban susulan" in closed.history("kota-uji")[-1]["change_reason"]
    assert store(closed, late("c"), "r5").outcome == "held"


@pytest.mark.parametrize(
    ("period", "outcome"),
    [("2025-03", "held"), ("2024", "new"), ("2026-01", "new")],
)
def test_a_year_closes_with_its_months_and_no_others(period: str, outcome: str, closed: Warehouse) -> None:
    assert store(closed, replace(result(), period=period), "r2").outcome == outcome
    assert len(closed.current("kota-uji", period)) == (outcome == "new")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "provisional", "remarks": (OPEN,)}, "still open"),
        (
            {"status": "not_computable", "headline": Quotient(None, None, "hours per incident", None, "tiada / none")},
            "no value yet",
        ),
    ],
)
def test_a_year_that_is_not_final_stays_open(changes: dict[str, Any], told: str, migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    warehouse.store([replace(result(), **changes)], request=request("r1"))
    with pytest.raises(DataRejected, match=told):
        warehouse.close(closing())
    assert warehouse.closings("kota-uji") == []


def test_a_correction_that_leaves_the_year_provisional_is_refused_whole(closed: Warehouse) -> None:
    store(closed, late(), "r2")
    before = closed.pending("kota-uji")
    with pytest.raises(DataRejected, match="still open"):
        store(closed, replace(late("c"), status="provisional", remarks=(OPEN,)), "r3", reason="alasan")
    assert (closed.pending("kota-uji"), len(closed.history("kota-uji"))) == (before, 1)


def test_two_at_once_close_once_and_correct_once(migrated_url: str) -> None:
    warehouse = Warehouse(migrated_url)
    warehouse.migrate()
    warehouse.store([result()], request=request("r1"))
    assert sorted(at_once(*[lambda: warehouse.close(closing())] * 3)) == [False, False, True]
    corrections = [lambda name=name: store(warehouse, late(), name, reason="alasan") for name in ("r2", "r3", "r4")]
    outcomes = [one.outcome for one in at_once(*corrections)]
    assert sorted(outcomes) == ["changed", "unchanged", "unchanged"]
    assert [one["action"] for one in warehouse.closings("kota-uji")].count("corrected") == 1


def test_what_was_closed_later_is_not_told_as_of_an_earlier_day(closed: Warehouse) -> None:
    store(closed, late(), "r2", reason="alasan")
    (row,) = closed.current("kota-uji", as_of=NOW)
    assert [one["action"] for one in row["closings"]] == ["corrected"]
