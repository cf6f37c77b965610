"""The pack's answers are those of `tolok run` and `tolok show --json`; `make test-conformance` runs every case.

Cases of different indicators whose settings agree are one city, for a run costs more than its rows.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import commands
from tests.conformance.agreement import differences
from tests.conformance.cities import settings_of, write_city
from tests.conformance.pack import Case, cases
from tests.conformance.reference import Outcome

# Names the portals of which days are not covered; the pack's reason is `coverage`.
BESIDE_THE_PACK = {"portal_days_missing"}
IS_WHOLE = os.environ.get("TOLOK_CONFORMANCE") == "full"


def cities() -> list[tuple[Case, ...]]:
    """Every case once: the nth city of some settings has the nth case of each indicator with these settings."""
    found: dict[tuple[str, ...], dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases():
        found[settings_of(case)][case.indicator].append(case)
    grouped = [city for alike in found.values() for city in zip_longest(*alike.values())]
    return [tuple(case for case in city if case) for city in grouped]


def chosen() -> list[tuple[Case, ...]]:
    """All cities, or the few that hold the most cases."""
    largest = sorted(cities(), key=len, reverse=True)
    return largest if IS_WHOLE else largest[:6]


@pytest.mark.parametrize("city", chosen(), ids=lambda city: "+".join(case.name for case in city))
def test_the_commands_give_the_answers(city: tuple[Case, ...], home: Path) -> None:
    write_city(city, city="kota", cities=home / "cities")
    period = city[0].parameters["period"]
    _tolok("run", "kota", period)
    shown = {row["indicator"]: row for row in json.loads(_tolok("show", "kota", period, "--json"))}
    assert [found for case in city for found in differences(case, outcome_of(shown[case.indicator], case))] == []
    assert [shown[case.indicator]["status"] for case in city] == [case.answer["status"] for case in city]


def outcome_of(row: dict[str, Any], case: Case) -> Outcome:
    """A result as the command shows it. Of variants it tells the value alone."""
    variants = {name: (..., ..., value) for name, value in row["variants"].items()}
    return Outcome(
        rules={"headline": (row["numerator"], row["denominator"], row["value"]), **variants},
        fates={},
        rows=row["rows"],
        reasons=sorted(
            reason["code"]
            for reason in row["reasons"]
            if reason["keeps_provisional"] and reason["code"] not in BESIDE_THE_PACK
        ),
        statistics=row["statistics"] if "statistics" in case.answer else {},
    )


def _tolok(*words: str) -> str:
    result = CliRunner().invoke(commands, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout
