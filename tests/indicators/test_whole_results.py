"""All that a result tells, figure by figure and word by word, as `whole/` has it; the figures are worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.coverage import Coverage
from pipeline.indicators.base import Population, Quotient, Result, RowCounts, measure
from pipeline.indicators.definition import definitions
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of, terms_of

WHOLE = Path(__file__).parent / "whole"
ZONE = ZoneInfo("Asia/Jakarta")


def at(**texts: str | None) -> dict[str, Any]:
    """Moments by their clock in Jakarta; a text without an hour is a date."""
    stamps = {
        f"{name}_at": pd.Timestamp(text, tz=ZONE).tz_convert("UTC") if text else None for name, text in texts.items()
    }
    return stamps | {f"{name}_is_date": True for name, text in texts.items() if text and len(text) == len("2025-01-01")}


def outage(number: str, component: str, started: str, ended: str | None, **others: Any) -> dict[str, Any]:
    return {"incident_id": number, "component": component, **at(started=started, ended=ended), **others}


def inquiry(number: str, received: str | None, responded: str | None = None, **others: Any) -> dict[str, Any]:
    moments = at(received=received, responded=responded, closed=others.pop("closed", None))
    return {"inquiry_id": number, "channel": "Web", **moments, **others}


def visits(month: int, count: int | None, **others: Any) -> dict[str, Any]:
    day = pd.Timestamp(2025, month, 1)
    row = {"visited_on": day, "days_count": day.days_in_month, "visits_count": count, "portal_id": "data"}
    return row | {"source_tool": "matomo", "visit_definition": "30 menit", "variant": "headline"} | others


def service(number: str, access: bool | None, request: bool | None, **others: Any) -> dict[str, Any]:
    flags = {"is_accessible_online": access, "is_requestable_online": request, "is_online_applicable": True}
    return {"service_id": number, "valid_from_on": pd.Timestamp(2020, 1, 1), **flags, **others}


BAD = {"quarantine_reason": "bad"}
OPEN_SINCE_NOON = outage("6", "C", "2025-12-31 12:00", None, is_planned=False)
OUTAGES = [
    # Three windows of one outage, four hours: 2 overlaps 1, and 3 is its child.
    outage("1", "A", "2025-02-01 08:00", "2025-02-01 10:00", cause="listrik", is_planned=True),
    outage("2", "A", "2025-02-01 09:00", "2025-02-01 11:00", cause="jaringan", is_planned=False),
    outage("3", "B", "2025-02-01 10:00", "2025-02-01 12:00", parent_id="1"),
    outage("4", "B", "2025-03-01", "2025-03-01 06:00", is_planned=True),
    outage("5", "C", "2024-11-01 00:00", "2025-01-01 20:00", is_planned=False),
    OPEN_SINCE_NOON,
    outage("7", "A", "2025-05-01 08:00", "2025-05-01 08:00"),
    outage("8", "A", "2025-06-01 08:00", "2025-06-01 18:00", **BAD),
    outage("9", "A", "2024-06-01 08:00", "2024-06-01 18:00"),
]
INQUIRIES = [
    inquiry("1", "2025-05-02 08:00", "2025-05-03 20:00", closed="2025-05-05 08:00", agency="Dinas A"),
    inquiry("2", "2025-05-05 08:00", "2025-05-15", agency="Dinas B", category="jalan"),
    inquiry("3", "2025-05-28 00:00", status="open"),
    inquiry("4", "2025-05-05 08:00", closed="2025-05-06 08:00"),
    inquiry("5", "2025-05-05 08:00", "2025-05-08 08:00", **BAD),
    inquiry("6", "2025-05-05 08:00", "2025-05-06 08:00", closed="2025-05-04 08:00", excluded_by="test"),
    inquiry("7", "2024-12-30 08:00", "2025-01-01 08:00"),
    inquiry("8", "2024-05-05 08:00", "2024-05-05 18:00"),
]
VISITS = [
    visits(1, 200),
    visits(2, 100, source_tool="access_log", visit_definition="dari log"),
    visits(2, 150, source_tool="access_log", visit_definition="dari log", variant="bots_included"),
    visits(1, 30, portal_id="peta"),
    visits(3, 50, **BAD),
    visits(1, 7, visited_on=pd.Timestamp(2024, 1, 1)),
    visits(1, 300, variant="unique_visitors_year"),
    visits(2, 80, variant="unique_visitors_year"),
]
SERVICES = [
    service("1", True, True, agency="Dinas A", audience="citizens", sector="sipil", volume=30, steps_count=4)
    | {"steps_online_count": 4, "steps_applicable_count": 4},
    service("2", True, False, agency="Dinas B", audience="both", volume=10, steps_count=4)
    | {"steps_online_count": 2, "steps_applicable_count": 3},
    service("3", False, False, agency="Dinas B", audience="businesses", is_online_applicable=False, steps_count=2)
    | {"steps_online_count": 0, "steps_applicable_count": 0},
    service("4", True, True, agency="Dinas A", valid_from_on=None),
    service("4", False, False, agency="Dinas A"),
    service("5", True, True, agency="Dinas A", **BAD),
    service("6", True, True, agency="Dinas A", valid_to_on=pd.Timestamp(2025, 12, 30)),
]
PEOPLE = Population("kemendagri:3100", 100_000, date(2024, 12, 31), "Dukcapil")
LINES = RowCounts(120, 100, {"bot": 10}, {"malformed_line": 10})
LATE = datetime(2028, 6, 1, tzinfo=UTC)
CASES: dict[str, tuple[str, list[dict[str, Any]], dict[str, Any]]] = {
    "it_downtime": ("it_downtime", OUTAGES, {}),
    "it_downtime-of-no-row": ("it_downtime", [], {}),
    "it_downtime-of-no-day": ("it_downtime", [OPEN_SINCE_NOON], {"covers": Coverage()}),
    "inquiry_response": ("inquiry_response", INQUIRIES, {"as_of": datetime(2025, 5, 31, 17, tzinfo=UTC)}),
    "inquiry_response-of-no-row": ("inquiry_response", [], {}),
    "inquiry_response-open": ("inquiry_response", INQUIRIES[2:4], {"covers": None}),
    "portal_visits": (
        "portal_visits",
        VISITS,
        {
            "population": PEOPLE,
            "other_populations": (Population("bps:3100", 200_000, date(2025, 6, 30), "BPS: Proyeksi"),),
            "log_lines": LINES,
        },
    ),
    "portal_visits-of-no-row": ("portal_visits", [], {}),
    "portal_visits-of-no-visit": ("portal_visits", [visits(1, 0)], {}),
    "portal_visits-of-bots": ("portal_visits", VISITS[2:3], {"log_lines": RowCounts(150, 150)}),
    "portal_visits-of-nobody": ("portal_visits", VISITS[:1], {"population": None}),
    "online_services": ("online_services", SERVICES, {"agencies_expected": ("Dinas A", "Dinas B", "Dinas C")}),
    "online_services-of-no-row": ("online_services", [], {}),
    "online_services-late": (
        "online_services",
        [service("1", True, True, valid_from_on=None)],
        {"known_until": LATE, "as_of": LATE},
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_result_tells_what_is_written_of_it(case: str) -> None:
    name, rows, terms = CASES[case]
    result = measure(
        INDICATORS[name], [frame_of(TABLES[definitions()[name].table], rows)], terms=terms_of("2025", **terms)
    )
    assert [*lines_of(result)] == (WHOLE / f"{case}.txt").read_text("utf-8").splitlines()


def test_every_text_of_whole_results_is_of_a_case() -> None:
    assert {path.stem for path in WHOLE.iterdir()} == set(CASES)


def lines_of(result: Result) -> Iterator[str]:
    yield f"{result.indicator_id} {result.period} {result.status}: {told(result.headline)}"
    yield f"coverage {result.coverage_pct:.10g} %, population {result.population}"
    yield f"rows {result.rows}"
    for name, variant in result.variants.items():
        yield f"{name}: {told(variant)}"
    for part in result.breakdowns:
        yield f"{part.dimension} {part.member}: {told(part.quotient)}"
    yield f"statistics {', '.join(f'{name} {value:.10g}' for name, value in result.statistics.items())}".rstrip()
    for remark in result.remarks:
        yield f"{remark.code}, {'keeps provisional' if remark.keeps_provisional else 'tells'}"
        yield f"  {remark.id}"
        yield f"  {remark.en}"


def told(quotient: Quotient) -> str:
    numerator, denominator, value = (
        "none" if one is None else f"{one:.10g}" for one in (quotient.numerator, quotient.denominator, quotient.value)
    )
    because = f" because {quotient.reason}" if quotient.reason else ""
    return f"{numerator} over {denominator} is {value} {quotient.unit}{because}"
