"""The pack's answers, worked out by hand, are those of its own reference queries."""

from __future__ import annotations

import pytest

from tests.conformance.agreement import differences
from tests.conformance.pack import Case, cases
from tests.conformance.reference import by_sql


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_reference_queries_give_the_answer(case: Case, engine: str) -> None:
    if engine == "duckdb":
        pytest.importorskip("duckdb", reason="DuckDB is installed by `make test-conformance`")
    outcome = by_sql(case, engine=engine)
    assert differences(case, outcome) == []
    assert outcome.fates == case.answer.get("fates", outcome.fates)
