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
# A reader's doubts about a whole file are no part of the rules, and a handful of rows raises many.
QUIET = {
    "same_answer_pct": 100,
    "copies_pct": 100,
    "rows_alike_pct": 100,
    "clustered_quarantine_pct": 100,
    "empty_months_count": 12,
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
    settings = {
        "city": city,
        "name": city,
        "zone": told["zone"],
        "region_codes": {"kemendagri": "99.71"},
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
    return {
        "services": {"table": "services", **common, "columns": _services(), "exclude": _left_out("services")},
        "inquiries": {
            "table": "inquiries",
            **common,
            "zone": told["clock_zone"],
            "dates_suffice": told["dates_suffice"] == "yes",
            "columns": {name: name for name in INQUIRY_COLUMNS},
            "exclude": _left_out("inquiries"),
        },
    }


def _left_out(table: str) -> dict[str, Any]:
    return {rule: {"column": "left_out", "values": [rule]} for rule in LEFT_OUT[table]}


def _services() -> dict[str, Any]:
    same = (
        *("service_id", "name", "agency", "sector", "audience", "volume", "steps_count", "steps_applicable_count"),
        *("steps_online_count", "valid_from_on", "valid_to_on"),
    )
    flags = ("is_accessible_online", "is_requestable_online", "is_online_applicable")
    return {name: name for name in same} | {name: {"column": name, "values": YES_NO} for name in flags}
