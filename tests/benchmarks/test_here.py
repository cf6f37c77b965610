"""`tolok bench`: one table in both languages, without peers unless they are asked for."""

from __future__ import annotations

import importlib

import pytest

from benchmarks import here
from pipeline.cli.preparing import BENCHED
from tests.acceptance.test_bad_input import tolok


def test_every_piece_of_work_on_offer_has_a_name_in_both_languages_and_a_seeded_input() -> None:
    assert set(BENCHED) == set(here.NAMES)
    works = [importlib.import_module(f"benchmarks.{name}").WORK for name in BENCHED]
    assert all(" / " in name for name in here.NAMES.values())
    assert all(work.write and work.size is None for work in works)


@pytest.mark.parametrize("more", [[], ["--peers"]])
def test_bench_prints_what_this_machine_does(monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    code, out, _ = tolok(monkeypatch, "bench", "--only", "incidents", "--size", "2000", *more)
    assert code == 0
    assert "Baris/s" in out
    assert "Rows/s" in out
    tolok_row, *others = [line for line in out.splitlines() if "Gabungan gangguan / Union of outages" in line]
    assert "Tolok" in tolok_row
    assert "2,000" in tolok_row
    assert any("pandas" in line for line in others) == bool(more)
