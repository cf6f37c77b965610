"""`make bench`: every target against what this machine reaches and what was seen before, in one table.

Peers that are absent are named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Samples, Verdict, Work, compare, exponent
from benchmarks.seen import keep, seen, told

MODULES = (
    "access_log",
    "tickets",
    "whole_tickets",
    "loops",
    "incidents",
    "sheets",
    "annual",
    "periods",
    "storing",
    "views",
    "start_up",
)


def main() -> None:
    """Run the benchmarks asked for, print figures and verdicts, and write them to a file when one is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="lines or rows of each input")
    parser.add_argument("--cities", type=int, help="cities of `periods`; ten and more have a whole year")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=MODULES, default=MODULES)
    parser.add_argument("--json", type=Path, help="a file for every figure")
    parser.add_argument("--keep", action="store_true", help="keep the ratios; later runs are held against them")
    parser.add_argument("--folder", type=Path, help="where inputs may lie for a while; 9 GB for ten million lines")
    asked = parser.parse_args()
    found: dict[str, Samples] = {}
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for name in asked.only:
            work: Work = importlib.import_module(f"benchmarks.{name}").WORK
            if name == "periods" and asked.cities:
                work = replace(work, size=asked.cities)
            found[name], reached = compare(work, size=asked.size, rounds=asked.rounds, folder=Path(folder))
            verdicts += reached
            _print_samples(work, found[name])
            if asked.json:
                asked.json.write_text(_as_json(found, verdicts), "utf-8")
    _print_verdicts(verdicts)
    if asked.keep:
        keep(verdicts)


def _print_samples(work: Work, samples: Samples) -> None:
    for (name, size), one in samples.items():
        took = f"{one.wall:8.2f} s {one.cpu:8.2f} s CPU {one.peak:6.0f} MiB"
        took += f" {one.each:7.3f} s CPU each" if one.each is not None else ""
        answer = " ".join(one.answer.split())[:60]
        print(f"{work.name:12} {size:>11,} {work.unit:6} {name:18} {took}  {answer}", flush=True)
    growth = exponent(samples)
    if growth is not None:
        print(f"{work.name:12} CPU seconds grow with the {growth:.2f}th power of the size")


def _print_verdicts(verdicts: list[Verdict]) -> None:
    table, before = Table("work", "size", "target", "reached", "ratio", "seen", "verdict"), seen()
    for one in verdicts:
        table.add_row(one.work, f"{one.size:,}", one.target, one.reached, *told(one, before))
    Console(width=130).print(table)


def _as_json(found: dict[str, Samples], verdicts: list[Verdict]) -> str:
    samples = [
        {"work": work, "contender": name, "size": size, **asdict(one)}
        for work, by_contender in found.items()
        for (name, size), one in by_contender.items()
    ]
    return json.dumps({"samples": samples, "verdicts": [asdict(one) for one in verdicts]}, indent=1)


if __name__ == "__main__":
    main()
