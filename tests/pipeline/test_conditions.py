"""Which conditions a city's results, failures and fetched days amount to, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.conditions import CityState, Condition, of_city
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.coverage import Coverage
from pipeline.landing import Manifest
from pipeline.notices import KINDS, Notice
from pipeline.warehouse import RunFailure

COLUMNS = {"inquiry_id": "Nomor", "received_at": {"column": "Masuk", "format": "%Y-%m-%d"}}
FILES = {"table": "inquiries", "path": "a.csv", "format": "csv", "columns": COLUMNS}
SERVER = {"system": "prometheus", "connection": "server", "options": {"query": "up"}, "collect": "monthly"}
NIGHTLY = SERVER | {"collect": "daily"}


def city(sources: dict[str, Any] | None = None, **more: Any) -> City:
    names = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    return City.model_validate({**names, "sources": with_presets(sources or {"meja": FILES}), **more})


def at(day: str) -> datetime:
    """Seven in the morning of the city's day."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def result(
    period: str, *reasons: tuple[str, bool], status: str = "provisional", done: tuple[str, ...] = ()
) -> dict[str, Any]:
    told = [
        {"code": code, "id": f"{code} id", "en": f"{code} en", "keeps_provisional": keeps} for code, keeps in reasons
    ]
    closings = [{"action": action} for action in done]
    said = {"status": status, "reason": "sebab / reason", "reasons": told, "closings": closings}
    return {"indicator": "it_downtime", "period": period, **said}


def fetched(first: str, last: str, *, keeps_days: int | None = None) -> Manifest:
    days = Coverage.of([(date.fromisoformat(first), date.fromisoformat(last))])
    return Manifest("kota", "server", first[:7], "", "", (), covers=days, keeps_days=keeps_days)


def failed(period: str) -> RunFailure:
    return RunFailure("kota", period, "clean", "id", "en", None, datetime(2025, 1, 1, tzinfo=UTC))


def found(kind: str, one: City, state: CityState, day: str) -> list[Condition]:
    return [condition for condition in of_city(one, state, now=at(day)) if condition.kind == kind]


NOTHING = CityState((), (), {})
DONE = [result(f"2025-{month:02d}", status="final") for month in range(1, 13)]


@pytest.mark.parametrize(
    ("schedule", "stored", "failures", "day", "missing"),
    [
        # Due on 5 February at three, told two days later.
        ({"first_month": "2025-01"}, [], [], "2025-02-06", []),
        ({"first_month": "2025-01"}, [], [], "2025-02-07", ["2025-01"]),
        ({"first_month": "2025-01"}, [], [], "2025-04-20", ["2025-01", "2025-02", "2025-03"]),
        ({"first_month": "2025-01", "day": 20}, [], [], "2025-02-20", []),
        ({"first_month": "2025-01", "empty_months": ["2025-01"]}, [], [], "2025-02-20", []),
        ({"first_month": "2025-01"}, DONE[:1], [], "2025-02-20", []),
        ({"first_month": "2025-01"}, [result("2025-01", status="not_computable")], [], "2025-02-20", ["2025-01"]),
        # Of a failure another message tells.
        ({"first_month": "2025-01"}, [], [failed("2025-01")], "2025-02-20", []),
        # Not declared: since the first that is there; months only where there are months.
        ({}, [result("2025-03", status="final")], [], "2025-05-20", ["2025-04"]),
        ({}, [result("2023", status="final")], [], "2025-06-20", ["2024"]),
        ({}, [], [], "2025-02-20", [*(f"2024-{month:02d}" for month in range(1, 13)), "2025-01"]),
        # A year that was asked for by mistake, or filled from before the first month, starts nothing.
        (
            {},
            [result("1990", status="not_computable"), result("2025-03", status="final")],
            [],
            "2025-05-20",
            ["2025-04"],
        ),
        ({"first_month": "2025-01"}, [*DONE[:1], result("1990", status="final")], [], "2025-02-20", []),
        # A year may wait for its months for sixty days.
        ({"first_month": "2025-01"}, DONE, [], "2026-02-02", []),
        ({"first_month": "2025-01"}, [*DONE, result("2026-01"), result("2026-02")], [], "2026-03-09", ["2025"]),
        ({"first_month": "2025-01", "year_waits_days": 0}, DONE, [], "2026-01-07", ["2025"]),
    ],
)
def test_a_period_is_missing_when_it_was_due_and_nothing_else_tells_why(
    schedule: dict[str, Any], stored: list[Any], failures: list[RunFailure], day: str, missing: list[str]
) -> None:
    one = city(schedule=schedule)
    assert [c.subject for c in found("period_missing", one, CityState(failures, stored, {}), day)] == missing


def declared(until: str) -> dict[str, Any]:
    return FILES | {"covers": [{"first_on": "2025-01-01", "last_on": until}]}


@pytest.mark.parametrize(
    ("sources", "manifests", "day", "stale"),
    [
        ({"meja": declared("2025-02-28")}, {}, "2025-03-20", []),
        ({"meja": declared("2025-02-27")}, {}, "2025-03-20", ["meja"]),
        ({"meja": declared("2025-02-28")}, {}, "2025-04-20", ["meja"]),
        # Another system goes on where an old one ended.
        ({"lama": declared("2025-02-28"), "baru": declared("2025-03-31")}, {}, "2025-04-20", []),
        ({"meja": FILES}, {}, "2025-04-20", []),
        ({"server": SERVER}, {"server": [fetched("2025-01-01", "2025-03-31")]}, "2025-04-20", []),
        ({"server": SERVER}, {"server": [fetched("2025-01-01", "2025-03-30")]}, "2025-04-20", ["server"]),
        ({"server": NIGHTLY}, {"server": [fetched("2025-01-01", "2025-04-17")]}, "2025-04-20", []),
        ({"server": NIGHTLY}, {"server": [fetched("2025-01-01", "2025-04-16")]}, "2025-04-20", ["server"]),
        ({"server": NIGHTLY}, {}, "2025-04-20", []),
    ],
)
def test_a_source_is_stale_when_its_days_end_before_what_was_due(
    sources: dict[str, Any], manifests: dict[str, list[Manifest]], day: str, stale: list[str]
) -> None:
    one = city(sources, schedule={"first_month": "2025-01"})
    assert [c.subject for c in found("source_stale", one, CityState((), (), manifests), day)] == stale


@pytest.mark.parametrize(
    ("source", "keeps_days", "until", "day", "says"),
    [
        # Fetched on 5 April; the system forgets 1 March after so many days.
        (SERVER, 36, "2025-02-28", "2025-03-06", ""),
        (
            SERVER,
            35,
            "2025-02-28",
            "2025-03-06",
            "from 2025-03-01 on are not fetched yet and are purged from 2025-04-05",
        ),
        (SERVER, 15, "2025-02-28", "2025-03-06", "purged from 2025-03-16 on"),
        (SERVER, 60, "2025-02-28", "2025-04-06", ""),
        (SERVER, 60, "2025-02-28", "2025-04-07", "purged from 2025-04-30 on"),
        (NIGHTLY, 15, "2025-03-05", "2025-03-06", ""),
        (NIGHTLY, 15, "2025-03-04", "2025-03-06", ""),
        (NIGHTLY, 15, "2025-03-03", "2025-03-07", "the source keeps 15 days; data from 2025-03-04 on"),
        (NIGHTLY, 1, "2025-03-05", "2025-03-06", "purged from 2025-03-07 on"),
        (NIGHTLY, None, "2025-01-05", "2025-03-06", ""),
    ],
)
def test_a_source_that_purges_is_told_of_before_it_does(
    source: dict[str, Any], keeps_days: int | None, until: str, day: str, says: str
) -> None:
    state = CityState((), (), {"server": [fetched("2025-01-01", until, keeps_days=keeps_days)]})
    told = found("source_purges", city({"server": source}), state, day)
    assert bool(told) == bool(says)
    assert all(says in one.en for one in told)


@pytest.mark.parametrize(
    ("row", "explained", "told"),
    [
        (result("2025-03", ("times_last_year", True)), {}, ["result_moved"]),
        (result("2025-03", ("change_on_last_year_pct", False), status="final"), {}, ["result_moved"]),
        (result("2025-03", ("times_last_year", False)), {"2025-03": {"times_last_year": "portal baru"}}, []),
        (result("2025-03", ("quarantine", True)), {}, ["result_provisional"]),
        (result("2025-03", ("quarantine", False)), {}, []),
        (result("2025-03", ("quarantine", True), done=("closed", "corrected")), {}, []),
        (result("2025-03", ("times_last_year", True), done=("closed",)), {}, []),
        (result("2025-01..2025-03", ("quarantine", True)), {}, ["period_missing"]),
        (result("2025-03", ("quarantine", True), ("period_not_over", True)), {}, []),
        (result("2025-03", ("still_open", True)), {}, []),
        (result("2025-03", ("quarantine", True), ("still_open", True)), {}, ["result_provisional"]),
        (result("2025-03", ("largest_member_pct", False)), {}, []),
        (result("2025-03", status="final"), {}, []),
        (result("2025-03", status="altered"), {}, ["result_altered"]),
        (result("2025-03", status="altered", done=("closed",)), {}, ["result_altered"]),
    ],
)
def test_a_result_is_told_of_when_it_moved_or_a_person_can_mend_it(
    row: dict[str, Any], explained: dict[str, Any], told: list[str]
) -> None:
    one = city(judgement={"explained": explained}, schedule={"first_month": "2025-03"})
    kinds = [c.kind for c in of_city(one, CityState((), (row,), {}), now=at("2025-04-20"))]
    assert kinds == told


def test_a_reason_of_many_months_is_one_entry_of_a_message_and_many_reasons_are_cut() -> None:
    rows = [result(f"{year}-{month:02d}", ("quarantine", True)) for year in range(2019, 2026) for month in range(1, 13)]
    conditions = of_city(city(schedule={"first_month": "2019-01"}), CityState((), rows, {}), now=at("2019-02-01"))
    notice = Notice.of(conditions, {}, kinds=KINDS)
    assert len(notice.new) == 84
    assert "- it_downtime (quarantine) · 2019-01, 2019-02" in notice.text("kota", "en")
    assert "(+72): quarantine en" in notice.text("kota", "en")
    many = [Condition("run_failed", f"fetch.{n}", f"fetch.{n}", (), "x" * 5000, "x" * 5000) for n in range(40)]
    text = Notice.of(many, {}, kinds=KINDS).text("kota", "en")
    assert "(+28: tolok watch kota)" in text
    assert len(text) < 12_000


def test_every_kind_that_a_city_may_ask_for_has_its_words() -> None:
    from pipeline.config.notify import KINDS as ASKED

    assert tuple(KINDS) == ASKED
