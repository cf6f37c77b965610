"""The ratio last kept of each target, so that a later run tells which became worse: ratios travel, seconds do not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measure import Verdict

KEPT = Path(__file__).with_name("seen.json")
# Two runs of the same code on one machine differ by so much.
_NOISE = 1.15

Ratios = dict[tuple[str, int, str], float]


def seen(path: Path = KEPT) -> Ratios:
    """By work, size and target."""
    return {(work, size, target): ratio for work, size, target, ratio in json.loads(path.read_text("utf-8"))}


def keep(verdicts: Iterable[Verdict], path: Path = KEPT) -> None:
    """Keep the ratios that were measured; those of other works and sizes stay."""
    measured = {(one.work, one.size, one.target): round(one.ratio, 3) for one in verdicts if one.ratio is not None}
    kept = sorted((seen(path) | measured).items())
    rows = ",\n".join(json.dumps([*of, ratio], ensure_ascii=False) for of, ratio in kept)
    path.write_text(f"[\n{rows}\n]\n", "utf-8")


def told(verdict: Verdict, before: Ratios) -> tuple[str, str, str]:
    """The ratio, the one seen before, and the verdict in a word, which tells what became worse."""
    was = before.get((verdict.work, verdict.size, verdict.target))
    word = {True: "met", False: "MISSED", None: "-"}[verdict.is_met]
    is_worse = verdict.ratio is not None and was is not None and verdict.ratio > was * _NOISE
    ratio, then = ("-" if of is None else f"{of:.2f}" for of in (verdict.ratio, was))
    return ratio, then, f"{word}, worse" if is_worse else word
