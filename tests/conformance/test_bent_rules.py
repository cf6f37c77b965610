"""The pack turns red when a rule is bent: each named rule is bent once in the reference query."""

from __future__ import annotations

import pytest

from tests.conformance.agreement import differences
from tests.conformance.bends import BENDS, bent
from tests.conformance.pack import cases, manifest, rules_of
from tests.conformance.reference import by_sql

LISTED = [one["indicator"] for one in manifest()["indicators"]]


@pytest.mark.parametrize("indicator", LISTED)
def test_every_rule_is_bent(indicator: str) -> None:
    assert set(rules_of(indicator)) <= set(BENDS[indicator])


@pytest.mark.parametrize(("indicator", "rule"), [(name, rule) for name in LISTED for rule in BENDS[name]])
def test_a_bent_rule_is_seen(indicator: str, rule: str) -> None:
    found = [
        difference
        for case in cases()
        if case.indicator == indicator
        for difference in differences(case, by_sql(case, engine="sqlite", bent=bent(indicator, rule)))
    ]
    assert found != []
    if rule in rules_of(indicator):
        assert any(f" {rule.removesuffix('*')}" in difference for difference in found)
