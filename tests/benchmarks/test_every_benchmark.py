"""Every benchmark does its work on a small input, in one process, so that one that broke is seen before it is needed.

It takes fifteen seconds of computing, half of it imports; peers that are not installed are passed over.
"""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest

from benchmarks import views
from benchmarks.__main__ import MODULES
from benchmarks.measure import Contender, Work
from pipeline import sample

_ROWS = 300
_SIZES = {"annual": 2_000, "periods": 1, "storing": 100, "views": 2, "start_up": 1}
# Those that take seconds to run what another contender runs, or what other tests run: servers, Airflow, `tolok run`.
_ELSEWHERE = {
    "periods": ("ours", "one_city", "reading", "beyond_reading", "first_month"),
    "storing": ("ours_postgresql", "to_sql_postgresql"),
    "views": ("periods_postgresql", "ten_years_postgresql"),
    "start_up": ("dag_files",),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_runs_and_its_exact_contenders_agree(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a benchmark sets for its process is as before after it.
    for setting in ("TOLOK_HOME", "TOLOK_CITIES", "TOLOK_WAREHOUSE"):
        monkeypatch.setenv(setting, "")
    monkeypatch.setattr(sample, "WHOLE_ROWS", sample.WHOLE_ROWS)
    monkeypatch.setattr(views, "YEARS", views.YEARS[-2:])
    work: Work = importlib.import_module(f"benchmarks.{name}").WORK
    left_out = _ELSEWHERE.get(name, ())
    assert set(left_out) < set(work.contenders)
    chosen = {who: one for who, one in work.contenders.items() if who not in left_out and not one.missing}
    assert work.write is not None
    work.write(tmp_path / "input", _SIZES.get(name, _ROWS))
    answers = {who: _answer(one, tmp_path / "input") for who, one in chosen.items()}
    # A program may write its answer elsewhere; that it ended well is seen to where it runs.
    told = {who: answer for who, answer in answers.items() if callable(chosen[who].run)}
    assert all(told.values())
    exact = {who: answer for who, answer in told.items() if chosen[who].is_exact}
    assert len(set(exact.values())) <= 1, exact


def _answer(contender: Contender, path: Path) -> str:
    if isinstance(contender.run, tuple):
        command = [part.format(path=path, folder=path.parent) for part in contender.run]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return str(contender.run(contender.ready(path) if contender.ready else path))
