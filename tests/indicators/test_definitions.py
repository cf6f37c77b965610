"""The catalogue is made from the definitions, and the definitions say everything that is published."""

from __future__ import annotations

from dataclasses import fields
from fnmatch import fnmatch

import pytest

from pipeline.indicators.base import Population, measure
from pipeline.indicators.definition import CATALOGUE, Definition, definitions
from pipeline.indicators.registry import INDICATORS, catalogue
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of, terms_of

NAMES = sorted(definitions())


def test_the_catalogue_is_current_and_in_the_order_of_clauses() -> None:
    assert CATALOGUE.read_text("utf-8") == catalogue(), "run: python -m pipeline.indicators"
    clauses = [definition.clause for definition in definitions().values()]
    assert {"10.1", "10.2", "10.3", "10.4"} <= set(clauses)
    assert clauses == sorted(clauses, key=lambda clause: [int(part) for part in clause.split(".")])


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_read_from_the_catalogue_is_the_one_in_the_indicators_file(name: str) -> None:
    assert definitions()[name] == INDICATORS[name].DEFINITION


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_leaves_nothing_out(name: str) -> None:
    definition = definitions()[name]
    needed = {field.name for field in fields(Definition)} - {
        "also_reads",
        "folded",
        "variants",
        "is_sum",
        "checker",
        "checked_on",
    }
    assert [field for field in needed if not getattr(definition, field)] == []
    assert {definition.table, *definition.also_reads} <= set(TABLES)
    assert bool(definition.checker) == bool(definition.checked_on)


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_of_an_empty_period_is_explained_and_null_or_a_count(name: str) -> None:
    others = (Population("bps:3100", 1_000_000, terms_of("2025").period.last_on, "BPS"),)
    empty = frame_of(TABLES[definitions()[name].table], [])
    result = measure(INDICATORS[name], [empty], terms=terms_of("2025", other_populations=others))
    assert result.headline.value is None
    unexplained = [v for v in result.variants if not any(fnmatch(v, known) for known in definitions()[name].variants)]
    assert unexplained == []
    assert [v for v, part in result.variants.items() if part.value is not None and part.denominator is not None] == []
