"""A case of the pack as a city of Tolok: the case's own files, and the YAML around them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conformance.pack import Case

YES_NO = {"yes": "true", "no": "false"}
LEFT_OUT = {
    "services": ("duplicate", "test", "internal", "not_city_service", "not_offered"),
    "inquiries": ("duplicate", "test", "prank", "spam", "not_city_responsibility", "withdrawn", "staff", "emergency"),
    "outages": ("duplicate", "test", "no_outage", "cancelled", "not_city_infrastructure"),
}
INQUIRY_COLUMNS = ("inquiry_id", "channel", "agency", "category", "received_at", "responded_at", "closed_at")
OUTAGE_COLUMNS = ("incident_id", "parent_id", "component", "cause", "started_at", "ended_at")
# A reader's doubts about a whole file are no part of the rules, and a handful of rows raises many.
QUIET = {
    "same_answer_pct": 100,
    "online_before_start_pct": 100,
    "copies_pct": 100,
    "rows_alike_pct": 100,
    "received_alike_pct": 100,
    "same_moments_pct": 100,
    "hours_of_minutes_pct": 100,
    "clustered_quarantine_pct": 100,
    "empty_months_count": 12,
    "long_durations_hours_pct": 100,
    "zero_durations_pct": 100,
    "without_length_pct": 100,
    "beyond_plausible_times": 1000,
    "far_apart_incidents_count": 100,
}


def settings_of(case: Case) -> tuple[str, ...]:
    """What cases of one city have in common."""
    return tuple(case.parameters[name] for name in ("period", "zone", "follow_up_days", "longest_plausible_hours"))


def write_city(held: Sequence[Case], *, city: str, cities: Path) -> None:
    """Write the files of cases with the same settings, and the YAML of one city around them."""
    told = held[0].parameters
    sources: dict[str, Any] = {}
    for case in held:
        shutil.copytree(case.folder, cities / case.name)
        sources |= {
            name: {"path": f"{case.name}/{name}.csv", "format": "csv"} | source
            for name, source in _sources(case).items()
            if name in case.tables
        }
        sources |= _population_sources(case, cities=cities)
    settings = {
        "city": city,
        "name": city,
        "zone": told["zone"],
        "region_codes": {"kemendagri": "99.71"},
        "population": _population(held),
        "holidays": {
            "extra": [day["day"] for case in held if "holidays" in case.tables for day in case.rows("holidays")]
        },
        "deadlines": {"follow_up_days": int(told["follow_up_days"])},
        "longest_plausible_hours": int(told["longest_plausible_hours"]),
        "quarantine_limit_pct": 100,
        "judgement": QUIET,
        "sources": sources,
    }
    (cities / f"{city}.yaml").write_text(json.dumps(settings), "utf-8")


def _sources(case: Case) -> dict[str, dict[str, Any]]:
    told = case.parameters
    common = {
        "extracted_at": told["extracted_at"].replace(" ", "T"),
        "covers": [{"first_on": told["covers_first_on"], "last_on": told["covers_last_on"]}],
    }
    counted = {"visits": _visits(case) | {"extracted_at": common["extracted_at"]}} if "visits" in case.tables else {}
    return {
        **counted,
        "services": {"table": "services", **common, "columns": _services(), "exclude": _left_out("services")},
        "inquiries": {
            "table": "inquiries",
            **common,
            "zone": told["clock_zone"],
            "dates_suffice": told["dates_suffice"] == "yes",
            "columns": {name: name for name in INQUIRY_COLUMNS},
            "exclude": _left_out("inquiries"),
        },
        "outages": {
            "table": "outages",
            **common,
            "zone": told["clock_zone"],
            "dates_suffice": told["dates_suffice"] == "yes",
            "columns": {name: name for name in OUTAGE_COLUMNS}
            | {"is_planned": {"column": "is_planned", "values": YES_NO}},
            "exclude": _left_out("outages"),
        },
    }


def _population(held: Sequence[Case]) -> dict[str, str]:
    """The source of the first figure, at its day of the year."""
    figures = [figure for case in held if "population" in case.tables for figure in case.rows("population")]
    return {"source": figures[0]["source"], "reference": figures[0]["reference_on"][5:]} if figures else {}


def _population_sources(case: Case, *, cities: Path) -> dict[str, Any]:
    """A source for each authority that counts, with its rows in a file of their own."""
    rows = case.rows("population") if "population" in case.tables else []
    found = {}
    for name in {row["source"] for row in rows}:
        lines = [f"{row['population_count']},{row['reference_on']}" for row in rows if row["source"] == name]
        path = f"{case.name}/population-{name}.csv"
        (cities / path).write_text("\n".join(["population_count,reference_on", *lines, ""]), "utf-8")
        columns = {"region_code": {"constant": "99.71"}, "population_count": "population_count"}
        found[name] = {
            "table": "population",
            "path": path,
            "format": "csv",
            "authority": "kemendagri",
            "columns": columns | {"reference_on": "reference_on"},
        }
    return found


def _visits(case: Case) -> dict[str, Any]:
    """Counts by day or month, or the log where the case has one."""
    if "access.log" in case.told["inputs"]:
        path = f"{case.name}/access.log"
        return {"table": "visits", "format": "access_log", "path": path, "own_networks": ["10.20.0.0/16"]}
    is_monthly = len(case.rows("visits")[0]["visited_on"]) == len("2025-01")
    return {
        "table": "visits",
        "grain": "month" if is_monthly else "day",
        "columns": {
            "visited_on": {"column": "visited_on", "format": "%Y-%m" if is_monthly else "%Y-%m-%d"},
            "visits_count": "visits_count",
            "portal_id": "portal",
        },
        "exclude": {"grand_total": {"column": "left_out", "values": ["grand_total"]}},
    }


def _left_out(table: str) -> dict[str, Any]:
    return {rule: {"column": "left_out", "values": [rule]} for rule in LEFT_OUT[table]}


def _services() -> dict[str, Any]:
    same = (
        *("service_id", "name", "agency", "sector", "audience", "volume", "steps_count", "steps_applicable_count"),
        *("steps_online_count", "valid_from_on", "valid_to_on", "online_from_on"),
    )
    flags = ("is_accessible_online", "is_requestable_online", "is_online_applicable")
    return {name: name for name in same} | {name: {"column": name, "values": YES_NO} for name in flags}
