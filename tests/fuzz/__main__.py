"""One target under Atheris, which goes on from its seeds and stops at its time or at the first fault."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import atheris

# Coverage is seen in Python alone, and kernels compile from bytecode that must be as it is: these run uncompiled.
UNCOMPILED = ("sheet_cells",)
INCLUDED = ["connectors", "pipeline", "tests.fuzz"]
if sys.argv[1] in UNCOMPILED:
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    INCLUDED.append("kernels")

with atheris.instrument_imports(include=INCLUDED):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, seconds, corpus, seeds = sys.argv[1:]
    options = [
        f"-max_total_time={seconds}",
        "-max_len=4096",
        "-timeout=20",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
    ]
    options += [f"-artifact_prefix={Path(corpus)}/fault-"]
    atheris.Setup(["fuzz", *options, corpus, seeds], TARGETS[name])
    atheris.Fuzz()
