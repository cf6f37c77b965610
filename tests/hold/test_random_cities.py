"""Random cities, dirt and all, through settings, files and clean tables, against the reference queries in plain SQL."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline import steps
from pipeline.indicators.base import Result
from tests.conformance.agreement import agree
from tests.conformance.pack import Case
from tests.conformance.reference import Outcome, by_sql
from tests.hold import of_form
from tests.hold.random_cities import TOLD_OTHERWISE, RandomCity

# Those of the pack; signs of doubt beside the rules are no part of it.
_REASONS = {"period_not_over", "coverage", "quarantine", "still_open", "date_only", "open_dominates"}
_REASONS |= {"register_without_dates"}
# A row of two faults, an outage whose one open window begins after the period, and a log of one line to be split.
ONCE_TOLD_APART = (84, 558, 796)
_MORE_ROWS = {"doubled", "beside another city"}
_OF_EVERY_ROW = {"as_recorded", "as_recorded_plausible", "unplanned_as_recorded", "unplanned_as_recorded_plausible"}
_OF_ANSWERS, _NO_ANSWER = {"strict_all_received", "within_follow_up_deadline"}, "no inquiry holds a response time"
_OF_EVERY_ROW |= {"time_to_closure_as_recorded", "time_to_closure_non_negative"}


def test_random_cities_are_what_plain_sql_gives_however_they_are_told(
    home: Path, row: Callable[[str, str, str], None]
) -> None:
    seeds = of_form((0, 1, 2, *ONCE_TOLD_APART), full=range(int(os.environ.get("TOLOK_RANDOM_CITIES", "1000"))))
    ways = list(TOLD_OTHERWISE)
    held: Counter[str] = Counter()
    for seed in seeds:
        city, way = RandomCity.of(seed), ways[seed % len(ways)]
        cases, results = _results(city, home, parts=1)
        for case in cases:
            outcome = by_sql(case, engine="sqlite")
            assert _differences(outcome, results[case.indicator]) == [], (seed, case.indicator)
            held[results[case.indicator].status] += 1
            held["values"] += len(outcome.rules)
        chance = random.Random(seed)  # noqa: S311 no secret
        told = TOLD_OTHERWISE[way](city, chance)
        _, again = _results(told, home, parts=2 if way == "split" else 1)
        for indicator, result in results.items():
            without = _moved_by_more_rows(result) if way in _MORE_ROWS else set()
            numbers, told_numbers = (_numbers(one, without=without) for one in (result, again[indicator]))
            assert told_numbers == numbers, (seed, way, indicator)
    figure = (
        f"{len(seeds)} cities, {held['values']} values of headlines and variants, rows and reasons: none differs; "
        f"{held['final']} final, {held['provisional']} provisional, {held['not_computable']} without a value"
    )
    row("Arithmetic", "random cities by the reference queries in plain SQL", figure)
    row("Arithmetic", f"the same cities {', '.join(ways)}", f"{len(seeds)} cities, four indicators: none differs")


def _results(city: RandomCity, home: Path, *, parts: int) -> tuple[list[Case], dict[str, Result]]:
    """The city's cases and its four results by Tolok, of a data folder of its own."""
    for folder in (home / "home", home / "cities", home / "cases"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    cases = city.write(home / "cases" / "kota", city="kota", cities=home / "cities", parts=parts)
    period = city.parameters["period"]
    for source in steps.sources("kota", period):
        steps.fetch("kota", source, period)
    return cases, {result.indicator_id: result for result in steps.compute("kota", period)}


def _differences(outcome: Outcome, result: Result) -> list[str]:
    """In what a result is not what the queries say, in words."""
    made = {"headline": result.headline, **result.variants}
    values = {rule: quotient.value for rule, quotient in made.items()}
    found = [
        f"{rule}: {values.get(rule)}, not {right}"
        for rule, (_, _, right) in outcome.rules.items()
        if not agree(values.get(rule), right)
        and (values.get(rule) is not None or right)  # what is not told is null or nought
    ]
    rows = {"read": result.rows.read, "used": result.rows.used}
    rows |= {"excluded": dict(result.rows.excluded), "quarantined": dict(result.rows.quarantined)}
    if rows != outcome.rows:
        found.append(f"rows {rows}, not {outcome.rows}")
    reasons = _reasons(result)
    if result.status != "not_computable" and reasons != outcome.reasons:
        found.append(f"reasons {reasons}, not {outcome.reasons}")
    if set(made) - set(outcome.rules):
        found.append(f"rules that no query holds: {set(made) - set(outcome.rules)}")
    return found


def _reasons(result: Result) -> list[str]:
    return sorted({remark.code for remark in result.remarks if remark.keeps_provisional} & _REASONS)


def _moved_by_more_rows(result: Result) -> set[str]:
    """Variants that count every row, excluded ones too; and where no row is answered those that are nought, no longer
    unknown, once the export is seen to tell of answers."""
    return _OF_EVERY_ROW | (_OF_ANSWERS if _NO_ANSWER in (result.headline.reason or "") else set())


def _numbers(result: Result, *, without: set[str]) -> dict[str, Any]:
    """Everything a result says in numbers of the period but some variants; not how many rows it was read from."""
    values = {name: one.value for name, one in {"headline": result.headline, **result.variants}.items()}
    values = {name: value for name, value in values.items() if name not in without}
    members = {(one.dimension, one.member): one.quotient.value for one in result.breakdowns}
    held = {"is computable": result.status != "not_computable", "reasons": _reasons(result)}
    return {**held, **values, **result.statistics, **members}  # type: ignore[dict-item]
