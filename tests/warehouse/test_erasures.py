"""Decisions to erase are numbered over all cities, kept as they were first noted, and finished once."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from pipeline.warehouse import CityRecord, Warehouse
from pipeline.warehouse.records import Erasure

NOW = datetime(2026, 1, 12, 1, 30, tzinfo=UTC)
FIRST = Erasure(1, "kota-a", "request", "inquiries", NOW, "Budi", "surat 12/2026", 2, 3, 1)
OTHER = replace(FIRST, decision=2, city_id="kota-b", kind="retention")
LAST = replace(FIRST, decision=3, rows_count=9)


def test_decisions_are_given_in_order_of_a_city_or_of_all_as_they_were_first_noted(warehouse_url: str) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    assert (warehouse.next_erasure(), list(warehouse.erasures())) == (1, [])
    for city_id in ("kota-a", "kota-b"):
        record = CityRecord(city_id, city_id.title(), "Asia/Jakarta", "kemendagri:31")
        for one in (LAST, FIRST, OTHER):
            if one.city_id == city_id:
                warehouse.note_erasure(one, city=record)
    warehouse.note_erasure(replace(FIRST, decided_by="Siti"))
    assert warehouse.next_erasure() == 4
    assert list(warehouse.erasures()) == [asdict(one) for one in (FIRST, OTHER, LAST)]
    assert list(warehouse.erasures("kota-a")) == [asdict(FIRST), asdict(LAST)]
    assert list(warehouse.erasures("kota-c")) == []


def test_a_decision_is_finished_at_the_first_moment_that_is_told(warehouse_url: str) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    for one in (FIRST, LAST):
        warehouse.note_erasure(one, city=CityRecord("kota-a", "Kota A", "Asia/Jakarta", "kemendagri:31"))
    warehouse.finish_erasure(3, at=NOW)
    warehouse.finish_erasure(3, at=NOW + timedelta(days=1))
    assert [row["finished_at"] for row in warehouse.erasures()] == [None, NOW]
