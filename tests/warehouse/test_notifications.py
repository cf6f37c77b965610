"""What people were told stays open by city, recipient and condition until they are told that it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.warehouse import Notifications, RunFailure
from pipeline.warehouse.engine import make_engine

NOW = datetime(2026, 1, 12, 1, 30, tzinfo=UTC)
LATE, FAILED, OTHER = ("month_late", "2025-12"), ("run_failed", "2025-12"), ("run_failed", "2025-11")


def test_only_what_is_over_is_cleared_and_it_is_open_again_when_it_is_told_again(warehouse_url: str) -> None:
    notes = Notifications(warehouse_url)
    told = {LATE: "Desember terlambat", FAILED: "Desember gagal", OTHER: "November gagal"}
    for city_id, recipient in (("kota-a", "surel"), ("kota-a", "chat"), ("kota-b", "surel")):
        notes.note(city_id, recipient, told=told, cleared=[], now=NOW)
    notes.note("kota-a", "surel", told={}, cleared=[FAILED], now=NOW + timedelta(days=1))
    assert notes.open("kota-a", "surel") == {LATE: "Desember terlambat", OTHER: "November gagal"}
    assert notes.open("kota-a", "chat") == notes.open("kota-b", "surel") == told
    assert notes.open("kota-b", "chat") == {}
    query = "SELECT about, told_at, cleared_at FROM notification WHERE cleared_at IS NOT NULL"
    with make_engine(warehouse_url).connect() as connection:
        ((about, *moments),) = connection.execute(sa.text(query))
    assert (about, [str(one)[:10] for one in moments]) == ("Desember gagal", ["2026-01-12", "2026-01-13"])
    notes.note("kota-a", "surel", told={FAILED: "gagal lagi"}, cleared=[], now=NOW + timedelta(days=2))
    assert notes.open("kota-a", "surel")[FAILED] == "gagal lagi"


def test_a_failure_takes_the_place_of_the_same_steps_and_goes_when_its_period_was_run_well(warehouse_url: str) -> None:
    notes = Notifications(warehouse_url)
    first = RunFailure("kota-a", "2025-12", "fetch.portal", "mati", "down", None, NOW)
    again = replace(first, text_en="still down", link="https://tolok.example/log", failed_at=NOW + timedelta(hours=1))
    others = [replace(first, step="clean.visits"), replace(first, period="2025-11"), replace(first, city_id="kota-b")]
    for one in (first, *others, again):
        notes.add_failure(one)
    assert notes.failures("kota-a") == [others[1], others[0], again]
    notes.remove_failures("kota-a", "2025-12")
    notes.remove_failures("kota-b", "2025-11")
    assert (notes.failures("kota-a"), notes.failures("kota-b")) == ([others[1]], [others[2]])
