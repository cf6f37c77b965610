"""Facts about a frame prove what its rows would: a verdict is the same with and without them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline import suites, validate
from pipeline.indicators.base import Quotient, Result, RowCounts
from pipeline.rule_facts import facts_of
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Kind
from pipeline.validate import judging

# Of each kind: what rows usually hold, and what breaks rules or is seldom.
VALUES: dict[Kind, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "text": (("a", "b"), (None, "")),
    "count": ((1, 7), (None, 0, -1)),
    "number": ((1.5, 2.0), (None, -0.5, float("inf"))),
    "moment": ((pd.Timestamp("2024-03-01 02:00", tz="UTC"),), (None, pd.Timestamp("2024-02-01", tz="UTC"))),
    "day": ((pd.Timestamp("2024-03-01"),), (None, pd.Timestamp("2024-02-01"))),
    "flag": ((True, False), (None,)),
}


def odd_frame(table_name: str, rng: random.Random, *, share: float = 0.06) -> pd.DataFrame:
    """Up to six rows, with a share of odd cells."""
    table = TABLES[table_name]
    rows = range(rng.choice([0, 1, 3, 6]))
    frame = pd.DataFrame(index=rows)
    for column in (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS):
        usual, odd = VALUES[column.kind]
        cells = [rng.choice(odd if rng.random() < share else column.allowed or usual) for _ in rows]
        frame[column.name] = pd.Series(cells, dtype=DTYPES[column.kind])
    if rng.random() < 0.7:
        frame[table.key[0]] = pd.Series([f"key {row}" for row in rows], dtype="str")
    return frame


def changed(frame: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    """The frame, or one of which a column is empty, lost or text, or which has its columns in another order."""
    name = rng.choice(list(frame))
    changes: list[Callable[[], pd.DataFrame]] = [
        lambda: frame,
        lambda: frame.assign(**{name: pd.Series(index=frame.index, dtype=frame[name].dtype)}),
        lambda: frame.drop(columns=name),
        lambda: frame.assign(**{name: "text"}),
        lambda: frame[sorted(frame)],
    ]
    return rng.choices(changes, weights=(6, 1, 1, 1, 1))[0]()


def verdicts(name: str, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> list[validate.Verdict]:
    """The verdict with facts, and by the rows alone."""
    suite = suites.Suite(table=name, expectations=tuple(suites.declared(name).values()))
    found = []
    for taken in (facts_of, lambda _: replace(facts_of([]), counts={})):
        monkeypatch.setattr(judging, "facts_of", taken)
        found += validate.validate([validate.check_of_parts(lambda: iter([frame]), name, suite=suite)])
    return found


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for seed in (1, 2) for name in TABLES])
def test_facts_prove_what_the_rows_of_a_table_do(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)  # noqa: S311
    by_facts, by_rows = verdicts(name, changed(odd_frame(name, rng), rng), monkeypatch)
    assert by_facts == by_rows


def results() -> Iterator[Result]:
    rows = RowCounts(3, 3, {})
    yield Result("online_services", "2024", Quotient(101.0, 101, "%", 100), "final", 100.0, rows, "1.0", "a")
    yield Result("inquiry_response", "2024", Quotient(2.0, 86_400, "days", 1), "final", 101.0, rows, "1.0", "a")
    yield Result("it_downtime", "2024", Quotient(None, None, "hours", None), "not_computable", None, rows, "1.0", "a")


@pytest.mark.parametrize("chosen", [[], [0], [0, 1, 2], [2]])
def test_facts_prove_what_the_rows_of_results_do(chosen: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    given = list(results())
    by_facts, by_rows = verdicts("results", suites.headlines([given[nth] for nth in chosen]), monkeypatch)
    assert by_facts == by_rows


def test_accounts_that_do_not_add_up_are_asked_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    count = {"read": 9, "used": 5, "excluded": 1, "quarantined": 4, "considered": 8}
    by_facts, by_rows = verdicts("rows", suites.accounting({"visits": count}), monkeypatch)
    assert by_facts == by_rows
    assert [o.rule_id for o in by_facts.outcomes if not o.is_met] == ["rows.adds_up", "rows.quarantined_pct.high"]


@pytest.mark.parametrize("name", TABLES)
def test_facts_are_taken_of_every_declared_rule(name: str) -> None:
    rules = list(suites.declared(name).values())
    assert len(facts_of([(rules, odd_frame(name, random.Random(1), share=0))]).counts) == len(rules)  # noqa: S311
