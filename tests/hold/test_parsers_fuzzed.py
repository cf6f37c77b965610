"""Every parser of our own against what once broke it, and by `make fuzz` against what Atheris makes of that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "tests" / "fuzz" / "seeds"
SECONDS = os.environ.get("TOLOK_FUZZ_SECONDS", "")


@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_holds_for_all_its_seeds(target: str) -> None:
    seeds = sorted((SEEDS / target).iterdir())
    assert seeds
    for seed in seeds:
        TARGETS[target](seed.read_bytes())


@pytest.mark.skipif(not SECONDS, reason="run by `make fuzz`")
@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_holds_for_what_fuzzing_finds(
    target: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, SECONDS, str(tmp_path), str(SEEDS / target)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr[-3_000:]
    (count,) = re.findall(r"stat::number_of_executed_units:\s*(\d+)", ended.stderr)
    features = re.findall(r" ft: (\d+)", ended.stderr)[-1]
    row(
        "Inputs",
        f"fuzzed parser: {target}",
        f"{count} inputs in {SECONDS} s, {features} features reached, none untyped",
    )
