"""A small piece of work with a slow, a hungry, a wrong and an absent contender."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.measure import Contender, Target, Work


def write_numbers(path: Path, rows: int) -> None:
    path.write_text("\n".join(map(str, range(rows))), "ascii")


def ours(path: Path) -> int:
    return len(path.read_text("ascii").split())


def slow(path: Path) -> int:
    time.sleep(0.2)
    return ours(path)


def wrong(path: Path) -> int:
    return ours(path) + 1


def hungry(path: Path) -> int:
    bytes(os.urandom(1 << 26))
    return ours(path)


WORK = Work(
    name="numbers",
    unit="rows",
    write=write_numbers,
    contenders={
        "ours": Contender(ours),
        "slow": Contender(slow),
        "hungry": Contender(hungry, most=50),
        "wrong": Contender(wrong, is_exact=False),
        "absent": Contender(ours, needs=("no_such_package",)),
    },
    targets=(
        Target(0.5, "slow"),
        Target(0.5, "hungry", by="peak"),
        Target(10, by="peak"),
        Target(1.5, by="peak", grows=True),
        Target(0.5, "absent"),
    ),
)
