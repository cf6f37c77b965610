"""Readiness in the warehouse on both databases: kept by the day on which it changed, and read as of any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from pipeline.warehouse import AnswerRecord, CityRecord, EvidenceRecord, OwnResult, ReadinessRecords, Warehouse
from pipeline.warehouse.engine import make_engine
from pipeline.warehouse.records import RuleOutcome
from tests.warehouse.test_warehouse import NOW, request, result

CITY = CityRecord("kota-uji", "Kota Uji", "Asia/Jakarta", "kemendagri:31")
FIRST, SECOND = date(2026, 1, 5), date(2026, 3, 1)
SK = EvidenceRecord("a" * 64, "10.3/3/sk.pdf", "pdf", "sound", date(2025, 3, 1))
RENJA = EvidenceRecord("b" * 64, "bersama/renja.pdf", "pdf", "sound")
YES = AnswerRecord("inquiry_response", 3, "proven", "Diskominfo", (RENJA, SK))
NO = AnswerRecord("inquiry_response", 4, "no", "")


def test_only_what_changed_is_kept_anew_and_the_old_stays_readable(warehouse_url: str) -> None:
    records = ReadinessRecords(warehouse_url)
    records.store(CITY, 2025, [YES, NO], today=FIRST)
    records.store(CITY, 2025, [replace(YES, evidence=(SK, RENJA)), NO], today=date(2026, 2, 1))
    assert records.days("kota-uji", 2025) == [FIRST]
    records.store(CITY, 2025, [replace(YES, state="unproven", evidence=()), NO], today=SECOND)
    assert records.days("kota-uji", 2025) == [FIRST, SECOND]
    states = [
        {key[1]: (one.state, one.answered_on, len(one.evidence)) for key, one in found.items()}
        for found in (records.current("kota-uji", 2025, as_of=FIRST), records.current("kota-uji", 2025))
    ]
    assert states == [
        {3: ("proven", FIRST, 2), 4: ("no", FIRST, 0)},
        {3: ("unproven", SECOND, 0), 4: ("no", FIRST, 0)},
    ]
    assert (records.years("kota-uji"), records.current("kota-uji", 2024)) == ([2025], {})


def test_a_second_check_of_a_day_takes_the_place_of_the_first(warehouse_url: str) -> None:
    records = ReadinessRecords(warehouse_url)
    records.store(CITY, 2025, [YES], today=FIRST)
    records.store(CITY, 2025, [replace(YES, evidence=(SK,))], today=FIRST)
    (found,) = records.current("kota-uji", 2025).values()
    assert found.evidence == (SK,)
    with make_engine(warehouse_url).connect() as connection:
        rows = connection.execute(sa.text("SELECT city, theme, state, sound_evidence_count FROM readiness_current"))
        assert [tuple(row) for row in rows] == [("Kota Uji", 3, "proven", 1)]


def test_own_results_of_a_year_come_with_the_rules_that_their_run_held_and_broke(warehouse_url: str) -> None:
    records, warehouse = ReadinessRecords(warehouse_url), Warehouse(warehouse_url)
    met = RuleOutcome("outages", "is_known", "warning", True, "every row", 3, 0)
    outcomes = (met, replace(met, rule_id="has_end", is_met=False), replace(met, subject="results"))
    visits = replace(result("v"), indicator_id="portal_visits")
    warehouse.store([result(), visits], request=request("r1"))
    warehouse.store([result("b", read=4), visits], request=replace(request("r2"), outcomes=outcomes))
    former = [replace(result(), period="2024", indicator_id=name) for name in ("it_downtime", "online_services")]
    warehouse.store(former, request=replace(request("r3"), period="2024"))
    assert records.own_results("kota-uji", 2025) == {
        "it_downtime": OwnResult("it_downtime", "2025", 2, "final", NOW, "b", {"outages": (2, 1), "results": (1, 0)}),
        "portal_visits": OwnResult("portal_visits", "2025", 1, "final", NOW, "v"),
    }
    assert records.own_results("kota-lain", 2025) == {}
