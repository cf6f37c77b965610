"""The benchmark runner: other answers fail, absent peers are named, limits decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measure import compare, exponent
from tests.benchmarks.numbers_work import WORK


def test_each_target_is_met_missed_or_names_what_is_not_installed(tmp_path: Path) -> None:
    samples, verdicts = compare(WORK, size=200, rounds=1, folder=tmp_path)
    assert [verdict.is_met for verdict in verdicts] == [True, True, False, True, None]
    assert "no_such_package" in verdicts[-1].reached
    assert [verdict.size for verdict in verdicts] == [200, 50, 200, 200, 200]
    assert samples["wrong", 200].answer == "201"
    assert exponent(samples) is not None


def test_an_exact_contender_with_another_answer_fails_the_run(tmp_path: Path) -> None:
    contenders = {name: replace(one, is_exact=True) for name, one in WORK.contenders.items()}
    with pytest.raises(ArithmeticError, match="wrong"):
        compare(replace(WORK, contenders=contenders), size=200, rounds=1, folder=tmp_path)
