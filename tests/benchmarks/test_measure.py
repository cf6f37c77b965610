"""The benchmark runner: other answers fail, absent peers are named, limits decide."""

from __future__ import annotations

from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from benchmarks.measure import Target, compare, exponent
from tests.benchmarks import folder_work
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


def test_what_is_installed_while_a_run_is_under_way_is_not_measured_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def find(need: str) -> ModuleSpec | None:
        asked.append(need)
        return ModuleSpec(need, None) if len(asked) > 1 else None

    monkeypatch.setattr("importlib.util.find_spec", find)
    samples, verdicts = compare(WORK, size=200, rounds=1, folder=tmp_path)
    assert asked, "nothing was looked for"
    assert "absent" not in {who for who, _ in samples}
    assert verdicts[-1].is_met is None


def test_a_contender_that_counts_things_tells_what_each_of_them_takes(tmp_path: Path) -> None:
    counting = replace(WORK.contenders["ours"], counts=lambda size: size // 50)
    contenders = WORK.contenders | {"ours": counting}
    work = replace(WORK, contenders=contenders, targets=(Target(60, by="each"), Target(1e-9, by="each")))
    samples, verdicts = compare(work, size=200, rounds=1, folder=tmp_path)
    assert samples["ours", 200].each == samples["ours", 200].cpu / 4
    assert samples["slow", 200].each is None
    assert [verdict.is_met for verdict in verdicts] == [True, False]


def test_an_input_may_be_a_folder_and_is_gone_after(tmp_path: Path) -> None:
    samples, _ = compare(folder_work.WORK, size=200, rounds=1, folder=tmp_path)
    (sample,) = samples.values()
    assert sample.answer == "400"
    assert sample.input_bytes == 2 * len("\n".join(map(str, range(200))))
    assert list(tmp_path.iterdir()) == []
