"""The warehouse on both databases: one UTC type, migrations that repeat, views, and all or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.remarks import Found, Remark
from pipeline.indicators.base import Breakdown, Population, Quotient, Result, RowCounts
from pipeline.report.text import results_table
from pipeline.warehouse import CityRecord, Closing, SourceFile, StoreRequest, Warehouse, city_view
from pipeline.warehouse.engine import make_engine
from pipeline.warehouse.migrations import revisions
from pipeline.warehouse.records import PopulationRecord

NOW = datetime(2026, 1, 12, 1, 30, tzinfo=UTC)


def result(inputs: str = "a", *, read: int = 3, excluded: Mapping[str, int] | None = None, **others: Any) -> Result:
    fate = dict(excluded or {})
    rows = RowCounts(read, read - sum(fate.values()), fate)
    hours = Quotient(6.0, 3.0, "hours per incident", 2.0)
    given: dict[str, Any] = {
        "variants": {"unplanned_only": Quotient(4.0, 2.0, "hours per incident", 2.0)},
        "breakdowns": (Breakdown("component", "Jaringan", hours),),
        "statistics": {"median": 1.0, "p90": 3.0, "count": 3},
        "method_version": "1.0",
    }
    return Result("it_downtime", "2025", hours, "final", 100.0, rows, inputs_sha256=inputs, **(given | others))


def request(run_id: str, *, computed_at: datetime = NOW, sha256: str = "f" * 64) -> StoreRequest:
    file = SourceFile("gangguan", sha256, "gangguan.csv", 99, NOW, "Diskominfo", "CC0")
    return StoreRequest(
        city=CityRecord("kota-uji", "Kota Uji", "Asia/Jakarta", "kemendagri:31"),
        period="2025",
        run_id=run_id,
        computed_at=computed_at,
        sources={"it_downtime": (file,)},
        populations=(PopulationRecord("kemendagri:31", date(2025, 12, 31), "dukcapil", 412_000),),
        quarantined={"outages": {"end_before_start": 1}},
    )


@pytest.fixture
def warehouse(migrated_url: str) -> Warehouse:
    made = Warehouse(migrated_url)
    made.migrate()
    return made


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    with make_engine(url).connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def test_migrating_again_changes_nothing(warehouse: Warehouse, migrated_url: str) -> None:
    warehouse.store([result()], request=request("r1"))
    warehouse.migrate()
    assert len(warehouse.current("kota-uji")) == 1
    assert query(migrated_url, "SELECT version_num FROM alembic_version") == [(revisions()[-1],)]


def test_two_who_migrate_a_fresh_database_at_once_both_succeed(warehouse_url: str) -> None:
    faults: list[BaseException] = []

    def migrate() -> None:
        try:
            Warehouse(warehouse_url).migrate()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert query(warehouse_url, "SELECT count(*) FROM result") == [(0,)]


def test_a_moment_comes_back_in_utc_whatever_zone_it_was_written_in(warehouse: Warehouse) -> None:
    local = NOW.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    warehouse.store([result()], request=request("r1", computed_at=local))
    (row,) = warehouse.history("kota-uji", "it_downtime")
    assert (row["computed_at"], row["computed_at"].utcoffset()) == (NOW, timedelta(0))


def test_a_moment_without_a_zone_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(sa.exc.StatementError):
        warehouse.store([result()], request=request("r1", computed_at=datetime(2026, 1, 1)))


@pytest.mark.parametrize(
    ("second", "sha256", "reason"),
    [
        (result("b", read=5), "f" * 64, "2 late rows"),
        (result("b", read=2), "f" * 64, "1 row withdrawn"),
        (result("b", read=9, excluded={"outside_period": 6}), "e" * 64, "corrected file"),
        (result("b"), "f" * 64, "settings changed"),
        (result("a", method_version="1.1"), "f" * 64, "method change 1.0 -> 1.1"),
    ],
)
def test_a_new_version_says_why(second: Result, sha256: str, reason: str, warehouse: Warehouse) -> None:
    warehouse.store([result()], request=request("r1"))
    (stored,) = warehouse.store([second], request=request("r2", sha256=sha256))
    assert (stored.version, stored.change_reason.split(" / ")[1]) == (2, reason)


def test_the_same_inputs_and_method_write_nothing(warehouse: Warehouse, migrated_url: str) -> None:
    warehouse.store([result()], request=request("r1"))
    (stored,) = warehouse.store([result()], request=request("r2"))
    assert (stored.version, stored.outcome) == (1, "unchanged")
    assert query(migrated_url, "SELECT run_id FROM run") == [("r1",)]


def test_a_fault_in_the_middle_leaves_the_old_state(warehouse: Warehouse) -> None:
    warehouse.store([result()], request=request("r1"))
    before = warehouse.current("kota-uji")
    hours = result().headline
    twice = replace(result("b"), breakdowns=(Breakdown("component", "A", hours), Breakdown("component", "A", hours)))
    with pytest.raises(sa.exc.IntegrityError):
        warehouse.store([twice], request=request("r2"))
    assert warehouse.current("kota-uji") == before


def test_views_show_the_current_version_its_breakdowns_and_its_lineage(warehouse: Warehouse, migrated_url: str) -> None:
    warehouse.store([result()], request=request("r1"))
    warehouse.store([result("b", read=4)], request=request("r2", sha256="e" * 64))
    assert query(migrated_url, "SELECT version, value FROM indicator_current") == [(2, 2.0)]
    assert query(migrated_url, "SELECT count(*) FROM indicator_history") == [(2,)]
    assert query(migrated_url, "SELECT year, it_downtime FROM indicator_by_year") == [(2025, 2.0)]
    assert query(migrated_url, "SELECT version, member FROM indicator_breakdown_current") == [(2, "Jaringan")]
    lineage = query(migrated_url, "SELECT version, file, sha256 FROM result_lineage ORDER BY version")
    assert lineage == [(1, "gangguan.csv", "f" * 64), (2, "gangguan.csv", "e" * 64)]
    assert query(migrated_url, "SELECT population_count FROM population") == [(412_000,)]


def test_two_answers_with_the_same_bytes_are_one_file_of_the_lineage(warehouse: Warehouse, migrated_url: str) -> None:
    january = request("r1")
    (file,) = january.sources["it_downtime"]
    files = (file, replace(file, name="februari.json"), replace(file, source="lain"))
    warehouse.store([result()], request=replace(january, sources={"it_downtime": files}))
    lineage = query(migrated_url, "SELECT source, file FROM result_lineage ORDER BY source")
    assert lineage == [("gangguan", "februari.json"), ("lain", "gangguan.csv")]


def test_a_result_without_parts_is_stored(warehouse: Warehouse) -> None:
    warehouse.store([result(breakdowns=(), variants={}, statistics={})], request=request("r1"))
    (stored,) = warehouse.results("kota-uji", is_whole=True)
    assert (stored.breakdowns, stored.variants) == ({}, ())


def test_parts_of_variants_and_breakdowns_are_those_of_the_current_version(warehouse: Warehouse) -> None:
    warehouse.store([result()], request=request("r1"))
    (stored,) = warehouse.results("kota-uji", is_whole=True)
    (variant,), (part,) = stored.variants, stored.breakdowns["component"]
    assert (variant.name, variant.numerator, variant.denominator) == ("unplanned_only", 4, 2)
    assert (part.name, part.value) == ("Jaringan", 2)


@pytest.mark.parametrize("count", [49, 50, 51, 223])
def test_breakdowns_are_stored_whole_however_many(warehouse: Warehouse, count: int) -> None:
    parts = [Quotient(float(n), 3.0, "hours per incident", n / 3) for n in range(count)]
    breakdowns = tuple(Breakdown("component", f"{n:03}", part) for n, part in enumerate(parts))
    warehouse.store([result(breakdowns=breakdowns)], request=request("r1"))
    (stored,) = warehouse.results("kota-uji", is_whole=True)
    assert [(part.name, part.numerator, part.value) for part in stored.breakdowns["component"]] == [
        (f"{n:03}", n, n / 3) for n in range(count)
    ]


def test_what_is_shown_as_of_a_day_is_all_of_the_version_that_stood_then(warehouse: Warehouse) -> None:
    fewer = Quotient(1.0, 1.0, "hours per incident", 1.0)
    warehouse.store([result(excluded={"outside_period": 1})], request=request("r1"))
    later = request("r2", computed_at=NOW + timedelta(days=9), sha256="e" * 64)
    warehouse.store([result("b", read=9, excluded={"test": 2}, variants={"other": fewer})], request=later)
    (then,), (now,) = (warehouse.current("kota-uji", as_of=NOW + timedelta(days=days)) for days in (1, 10))
    assert (then["version"], then["rows"]["excluded"], then["variants"]) == (
        1,
        {"outside_period": 1},
        {"unplanned_only": 2.0},
    )
    assert (now["version"], now["rows"]["excluded"], now["variants"]) == (2, {"test": 2}, {"other": 1.0})
    assert [file["sha256"][0] for shown in (then, now) for file in shown["sources"]] == ["f", "e"]


def test_only_the_period_and_the_indicator_asked_for_are_given(warehouse: Warehouse) -> None:
    for number, period in enumerate(("2024", "2025")):
        results = [
            replace(
                result(), indicator_id=name, period=period, breakdowns=(Breakdown(name, period, result().headline),)
            )
            for name in ("it_downtime", "online_services")
        ]
        warehouse.store(results, request=replace(request(f"r{number}"), period=period))
    assert [(row["period"], row["indicator"]) for row in warehouse.current("kota-uji", "2024")] == [
        ("2024", "online_services"),
        ("2024", "it_downtime"),
    ]
    stored = {one.indicator_id: one for one in warehouse.results("kota-uji", period="2024", is_whole=True)}
    (part,) = stored["it_downtime"].breakdowns["it_downtime"]
    assert part.name == "2024"
    assert len(stored["online_services"].variants) == 1
    assert warehouse.current("kota-lain") == []


def test_a_version_written_while_results_are_read_is_not_shown_in_part(
    warehouse: Warehouse, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.store([result()], request=request("r1"))
    before, read_parts = warehouse.current("kota-uji"), city_view.rows_by_key

    def write_then_read(*arguments: Any) -> Any:
        Warehouse(migrated_url).store([result("b", variants={})], request=request("r2"))
        return read_parts(*arguments)

    monkeypatch.setattr(city_view, "rows_by_key", write_then_read)
    assert warehouse.current("kota-uji") == before
    monkeypatch.undo()
    assert [row["version"] for row in warehouse.current("kota-uji")] == [2]


@pytest.mark.parametrize(
    ("question", "table"),
    [
        ("SELECT * FROM indicator_breakdown_current WHERE city_id = 'a' AND period = '2025'", "result_breakdown"),
        ("SELECT * FROM indicator_breakdown_current WHERE city_id = 'a' AND indicator_id = 'b'", "result_breakdown"),
        ("SELECT * FROM result_lineage WHERE city_id = 'a' AND period = '2025'", "source_file"),
        ("SELECT * FROM indicator_current WHERE city_id = 'a' AND period = '2025'", "result"),
        ("SELECT * FROM indicator_history WHERE city_id = 'a' AND indicator_id = 'b'", "result"),
        ("SELECT * FROM indicator_by_year WHERE city_id = 'a'", "result"),
    ],
)
def test_a_question_about_one_city_reads_no_table_from_end_to_end(question: str, table: str, tmp_path: Path) -> None:
    """In SQLite, whose planner does not consider how full the tables are."""
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    Warehouse(url).migrate()
    plan = [str(step[-1]) for step in query(url, f"EXPLAIN QUERY PLAN {question}")]
    assert any(f"sqlite_autoindex_{table}_1 (city_id=?" in step for step in plan), plan
    # The calendar is small: a row for each period of any city.
    scanned = {step.removeprefix("SCAN ") for step in plan if step.startswith("SCAN") and "subquery" not in step}
    # What windows go through are the rows found of that city, and so is the view itself.
    assert scanned <= {"p", "w", "indicator_breakdown_current"}, plan
    if table == "result_breakdown":
        assert any("result_breakdown_1 (city_id=? AND indicator_id=? AND period=? AND version=?)" in s for s in plan)


@pytest.mark.parametrize("inputs", ["a", "b"])
def test_a_corrected_population_figure_replaces_the_former_one_whether_or_not_a_result_changes(
    inputs: str, warehouse: Warehouse, migrated_url: str
) -> None:
    warehouse.store([result("a")], request=request("r1"))
    corrected = PopulationRecord("kemendagri:31", date(2025, 12, 31), "dukcapil", 420_000)
    warehouse.store([result(inputs)], request=replace(request("r2"), populations=(corrected,)))
    assert query(migrated_url, "SELECT population_count FROM population") == [(420_000,)]


def test_of_two_figures_for_one_day_and_source_the_headlines_is_kept(warehouse: Warehouse, migrated_url: str) -> None:
    headline = PopulationRecord("kemendagri:31", date(2025, 12, 31), "dukcapil", 420_000)
    other = replace(headline, population_count=400_000)
    warehouse.store([result()], request=replace(request("r1"), populations=(headline, other)))
    assert query(migrated_url, "SELECT population_count FROM population") == [(420_000,)]


def test_a_population_figure_is_not_kept_when_its_results_are_not(warehouse: Warehouse, migrated_url: str) -> None:
    hours = result().headline
    twice = replace(result(), breakdowns=(Breakdown("component", "A", hours), Breakdown("component", "A", hours)))
    with pytest.raises(sa.exc.IntegrityError):
        warehouse.store([twice], request=request("r1"))
    assert query(migrated_url, "SELECT population_count FROM population") == []


def test_nothing_stays_open_after_many_warehouses_were_read_and_written(
    warehouse: Warehouse, migrated_url: str
) -> None:
    kept = [warehouse, *(Warehouse(migrated_url) for _ in range(5))]
    for number, one in enumerate(kept):
        one.store([result(str(number))], request=request(f"r{number}"))
        one.current("kota-uji")
    if migrated_url.startswith("sqlite"):
        # The last connection to close removes the write-ahead log.
        database = Path(migrated_url.removeprefix("sqlite:///"))
        assert sorted(database.parent.glob("warehouse.sqlite*")) == [database]
    else:
        assert eventually_none(migrated_url, "FROM pg_stat_activity WHERE datname = current_database()")


def eventually_none(url: str, others: str) -> bool:
    """Whether PostgreSQL, which ends a backend some moments after its client left, soon counts no other."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if query(url, f"SELECT count(*) {others} AND pid <> pg_backend_pid()") == [(0,)]:
            return True
        time.sleep(0.05)
    return False


def test_an_indicator_the_code_does_not_know_comes_last_by_name(warehouse: Warehouse) -> None:
    ids = ("zebra_crossings", "it_downtime", "air_quality", "portal_visits")
    warehouse.store([replace(result(), indicator_id=name) for name in ids], request=request("r1"))
    shown = [row["indicator"] for row in warehouse.current("kota-uji", "2025")]
    assert shown == ["portal_visits", "it_downtime", "air_quality", "zebra_crossings"]


def test_the_table_names_an_indicator_the_code_does_not_know_by_its_id(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse.store([replace(result(), indicator_id="air_quality")], request=request("r1"))
    results_table(warehouse.current("kota-uji"))
    assert "air_quality" in capsys.readouterr().out


POPULATION = Population("kemendagri:31", 412_000, date(2025, 12, 31), "dukcapil")
REMARKS = (
    Remark("coverage", "data tidak mencakup seluruh periode", "the data do not cover the whole period"),
    Remark("only_first_sheet", "hanya lembar pertama", "only the first sheet"),
    Remark("only_first_sheet", "berkas lain juga", "another file too", keeps_provisional=False),
)


def test_a_provisional_value_is_read_back_with_all_its_reasons_and_its_population(
    warehouse: Warehouse, migrated_url: str
) -> None:
    given = replace(result(remarks=REMARKS, population=POPULATION), status="provisional")
    warehouse.store([given], request=request("r1"))
    (shown,) = warehouse.current("kota-uji")
    names = ("code", "id", "en", "keeps_provisional")
    assert shown["reasons"] == [{name: getattr(remark, name) for name in names} for remark in REMARKS]
    assert shown["reason"] == f"{REMARKS[0]}; {REMARKS[1]}"
    assert shown["population"] == {
        "count": 412_000,
        "source": "dukcapil",
        "reference_on": "2025-12-31",
        "region_code": "kemendagri:31",
    }
    assert query(migrated_url, "SELECT reason FROM indicator_current") == [(shown["reason"],)]
    reasons = query(migrated_url, "SELECT code, keeps_provisional FROM indicator_remark_current ORDER BY place")
    assert [(code, bool(keeps)) for code, keeps in reasons] == [(r.code, r.keeps_provisional) for r in REMARKS]


def test_a_final_value_has_no_reason_and_its_remarks_are_those_of_its_own_version(warehouse: Warehouse) -> None:
    warehouse.store([replace(result(remarks=REMARKS), status="provisional")], request=request("r1"))
    warehouse.store([result("b", remarks=REMARKS[2:])], request=request("r2", computed_at=NOW + timedelta(days=1)))
    (shown,) = warehouse.current("kota-uji")
    assert (shown["reason"], shown["population"]) == (None, None)
    assert [remark["id"] for remark in shown["reasons"]] == ["berkas lain juga"]
    (then,) = warehouse.current("kota-uji", as_of=NOW)
    assert len(then["reasons"]) == len(REMARKS)


def test_what_a_city_explains_of_a_period_is_told_of_all_its_versions_the_oldest_first(warehouse: Warehouse) -> None:
    found = Found("gangguan", 2.0, ("2025-03",), "rusak")
    one, two, three = (Remark(code, f"{code} id", f"{code} en", found=found) for code in ("b", "a", "c"))
    bare = Remark("d", "d id", "d en", found=replace(found, explanation=None))

    def both(inputs: str, hours: tuple[Remark, ...], others: tuple[Remark, ...] = ()) -> list[Result]:
        return [result(inputs, remarks=hours), replace(result(inputs, remarks=others), indicator_id="x")]

    warehouse.store(both("a", (one, bare)), request=request("r1"))
    warehouse.store(both("b", (two, one), (three,)), request=request("r2"))
    other = CityRecord("kota-lain", "Kota Lain", "Asia/Jakarta", "kemendagri:32")
    warehouse.store(both("a", (three,)), request=replace(request("r3"), city=other))
    month = replace(result(remarks=(three,)), period="2025-03")
    warehouse.store([month], request=replace(request("r4"), period="2025-03"))
    told = warehouse.explained("kota-uji", "2025")
    assert [row["version"] for row in told["it_downtime"]] == [1, 2, 2]
    rows = {name: sorted((row["version"], row["text_en"]) for row in of) for name, of in told.items()}
    assert rows == {"it_downtime": [(1, "b en"), (2, "a en"), (2, "b en")], "x": [(2, "c en")]}
    assert warehouse.explained("kota-uji", "2024") == {}


def test_what_a_sign_found_is_kept_with_its_remark_and_nothing_with_others(
    warehouse: Warehouse, migrated_url: str
) -> None:
    found = Found("gangguan", 2.5, ("2025-03", "2025-04"), "rusak")
    bare = Found("results", None)
    remarks = tuple(Remark("a", "a", "a", found=one) for one in (found, bare, None))
    warehouse.store([result(remarks=remarks)], request=request("r1"))
    kept = "SELECT place, found_in, found_value, found_dates, explanation FROM result_remark ORDER BY place"
    assert query(migrated_url, kept) == [
        (1, "gangguan", 2.5, "2025-03 2025-04", "rusak"),
        (2, "results", None, None, None),
        (3, None, None, None, None),
    ]


def test_breakdowns_are_given_whole_when_asked_for(warehouse: Warehouse) -> None:
    warehouse.store([result()], request=request("r1"))
    (shown,) = warehouse.current("kota-uji", is_whole=True)
    member = {"member": "Jaringan", "value": 2.0, "numerator": 6.0, "denominator": 3.0}
    assert shown["breakdowns"] == {"component": [member]}
    assert "breakdowns" not in warehouse.current("kota-uji")[0]


def test_a_comparison_names_what_was_not_computed_and_whether_the_year_is_closed(warehouse: Warehouse) -> None:
    names = ("it_downtime", "portal_visits", "online_services", "inquiry_response")
    warehouse.store([replace(result(), indicator_id=name) for name in names], request=request("r1"))
    asked = replace(request("r9"), left_out=("inquiry_response",))
    found = warehouse.compare([result()], request=asked)
    assert found.unknown == ("online_services", "portal_visits")
    assert {name: one.number for name, one in found.left_out.items()} == {"inquiry_response": 1}
    assert (list(found.decided), list(found.alterations)) == (["it_downtime"], ["it_downtime", "inquiry_response"])
    assert not found.is_closed
    warehouse.close(Closing("kota-uji", "2025", by="Siti", at=NOW))
    assert warehouse.compare([result()], request=asked).is_closed
    other = replace(asked, city=replace(asked.city, city_id="kota-lain"))
    assert not warehouse.compare([result()], request=other).is_closed
    assert not warehouse.compare([replace(result(), period="2024")], request=replace(asked, period="2024")).is_closed


def test_of_a_period_that_was_never_stored_nothing_is_missed_beside_its_results(warehouse: Warehouse) -> None:
    warehouse.store([result()], request=request("r1"))
    month = replace(result(), period="2025-03")
    found = warehouse.compare([month], request=replace(request("r2"), period="2025-03"))
    assert (found.beside, found.is_same) == ((), False)
