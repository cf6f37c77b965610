"""Contenders for one piece of work, each in a process of its own, in alternating rounds, held to the same answer."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

OURS = "ours"
_KIB_PER_MIB = 1024
_SMALLER = 10

By = Literal["wall", "cpu", "each", "peak"]


@dataclass(frozen=True)
class Contender:
    """One way to do the work: a function of the input's path, or a program whose arguments may hold `{path}`.

    What it `needs` (packages, or programs written `program:goaccess`) is imported before the clock starts; so is the
    module it stands in. `ready` is called before the clock too, and what it gives back takes the path's place.
    One that is not `is_exact` need not give our answer. `most` is the largest size it is asked to do. `counts` tells
    how many things it does at a size; `each` is then the CPU seconds of one.
    """

    run: Callable[[Any], object] | tuple[str, ...]
    needs: tuple[str, ...] = ()
    is_exact: bool = True
    most: int | None = None
    ready: Callable[[Path], Any] | None = None
    counts: Callable[[int], int] | None = None

    @property
    def missing(self) -> list[str]:
        """What it needs and this machine lacks."""
        return [name for name in self.needs if not _is_there(name)]


@dataclass(frozen=True)
class Target:
    """`by` of `ours` is to be at most `limit` times that of `peer`; without a peer, at most `limit` seconds or MiB.

    With `grows`, at most `limit` times that of the same contender on a tenth of the input.
    """

    limit: float
    peer: str | None = None
    by: By = "wall"
    ours: str = OURS
    grows: bool = False


@dataclass(frozen=True)
class Work:
    """One piece of work: who does it, on what input (`write(path, size)`), and what is to be reached.

    `size` is the input's own size where the runner's does not apply; `unit` says what is counted.
    """

    name: str
    unit: str
    contenders: dict[str, Contender]
    targets: tuple[Target, ...]
    write: Callable[[Path, int], None] | None = None
    size: int | None = None


@dataclass(frozen=True)
class Sample:
    """What one contender took on one input: medians of wall and CPU seconds, peak MiB of its largest process.

    `each` is the CPU seconds of each thing it counts; null where it counts none.
    """

    wall: float
    cpu: float
    peak: float
    answer: str
    input_bytes: int = 0
    each: float | None = None


@dataclass(frozen=True)
class Verdict:
    """A target with what was reached; `ratio` and `is_met` are null when it could not be measured, for `reason`."""

    work: str
    size: int
    target: str
    reached: str
    ratio: float | None = None
    is_met: bool | None = None


Samples = dict[tuple[str, int], Sample]


def compare(work: Work, *, size: int, rounds: int, folder: Path) -> tuple[Samples, list[Verdict]]:
    """Samples by contender and size, and a verdict for each target; a wrong answer fails."""
    size = work.size or size
    # Looked at once: something may be installed while this runs.
    present = {name: one for name, one in work.contenders.items() if not one.missing}
    judged = {OURS, *(target.ours for target in work.targets)}
    samples: Samples = {}
    for at in sorted(_sizes(present.values(), work.targets, size)):
        entrants = [name for name, one in present.items() if name in judged or _size_of(one, size) == at]
        path = _written(work, at, folder)
        runs = [(name, _measure(work, name, path)) for _ in range(rounds) for name in entrants]
        by_name = {name: [run for who, run in runs if who == name] for name in entrants}
        samples |= {
            (name, at): _counted(present[name], _median(those, input_bytes=_bytes_of(path)), at=at)
            for name, those in by_name.items()
        }
        for written in path.parent.glob(f"{path.name}*"):
            _remove(written)
        _refuse_other_answers(work, {name: samples[name, at].answer for name in entrants})
    return samples, [_verdict(work, target, samples, size=size) for target in work.targets]


def exponent(samples: Samples, *, name: str = OURS) -> float | None:
    """How the CPU seconds grow with the size: 1 is in proportion; null when one size was measured."""
    sizes = sorted(size for who, size in samples if who == name)
    if len(sizes) < 2:
        return None
    seconds = [samples[name, size].cpu for size in (sizes[0], sizes[-1])]
    return math.log(seconds[1] / seconds[0]) / math.log(sizes[-1] / sizes[0])


def _is_there(need: str) -> bool:
    kind, _, program = need.partition(":")
    return shutil.which(program) is not None if kind == "program" else importlib.util.find_spec(need) is not None


def _size_of(contender: Contender, size: int) -> int:
    return min(size, contender.most or size)


def _sizes(contenders: Iterable[Contender], targets: Sequence[Target], size: int) -> set[int]:
    smaller = {size // _SMALLER} if any(target.grows for target in targets) else set()
    return {_size_of(one, size) for one in contenders} | smaller


def _bytes_of(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _written(work: Work, size: int, folder: Path) -> Path:
    """The input, written by a process of its own, so that this one stays small."""
    path = folder / f"{work.name}-{size}".replace(" ", "-")
    if work.write is not None:
        code = f"from {_module(work)} import *; from pathlib import Path; WORK.write(Path({str(path)!r}), {size})"
        subprocess.run([sys.executable, "-c", code], check=True)
    return path


def _module(work: Work) -> str:
    """Where the work's functions stand: in a module with a `WORK`."""
    functions = [one.run for one in work.contenders.values() if not isinstance(one.run, tuple)]
    return functions[0].__module__


def _measure(work: Work, name: str, path: Path) -> Sample:
    contender = work.contenders[name]
    if isinstance(contender.run, tuple):
        return _launched([part.format(path=path, folder=path.parent) for part in contender.run])
    outer = _launched([sys.executable, "-m", "benchmarks.measure", "contend", _module(work), name, str(path)])
    inner = json.loads(outer.answer.splitlines()[-1])
    return Sample(inner["wall"], inner["cpu"], outer.peak, inner["answer"])


def _launched(command: Sequence[str]) -> Sample:
    """What a command took, told by a small process that starts it: a child's peak begins at its parent's memory."""
    launcher = [sys.executable, "-m", "benchmarks.measure", "launch", *command]
    # As everywhere else, modules are compiled once and not in every process.
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(launcher, capture_output=True, text=True, env=compiled)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Sample(**json.loads(done.stdout))


def _launch(command: Sequence[str]) -> None:
    """The small process: print as JSON what the command and its children took, from start to end."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()  # type: ignore[union-attr]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.perf_counter() - begun, usage.ru_utime + usage.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": usage.ru_maxrss / _KIB_PER_MIB, "answer": printed.strip()}))
    sys.exit(process.returncode)


def _median(runs: Sequence[Sample], *, input_bytes: int) -> Sample:
    answers = {run.answer for run in runs}
    return Sample(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.peak for run in runs),
        runs[0].answer if len(answers) == 1 else " | ".join(sorted(answers)),
        input_bytes,
    )


def _counted(contender: Contender, sample: Sample, *, at: int) -> Sample:
    return replace(sample, each=sample.cpu / contender.counts(at)) if contender.counts else sample


def _refuse_other_answers(work: Work, answers: dict[str, str]) -> None:
    exact = {
        name: answer
        for name, answer in answers.items()
        if work.contenders[name].is_exact and not isinstance(work.contenders[name].run, tuple)
    }
    if len(set(exact.values())) > 1:
        raise ArithmeticError(f"{work.name}: the answers differ: {exact}")


def _verdict(work: Work, target: Target, samples: Samples, *, size: int) -> Verdict:
    peer = target.ours if target.grows else target.peer
    what = _worded(target)
    absent = {name for name in (target.ours, peer) if name} - {who for who, _ in samples}
    if absent:
        needs = [need for name in absent for need in work.contenders[name].needs]
        return Verdict(work.name, size, what, f"not measured: {', '.join(needs)} not installed")
    at = min(_size_of(work.contenders[name], size) for name in (target.ours, peer) if name)
    value = getattr(samples[target.ours, at], target.by)
    if peer is None:
        return Verdict(work.name, at, what, _amount(value, target.by), value / target.limit, value <= target.limit)
    other = getattr(samples[peer, size // _SMALLER if target.grows else at], target.by)
    reached = f"{_amount(value, target.by)} : {_amount(other, target.by)}"
    return Verdict(work.name, at, what, reached, value / other, value / other <= target.limit)


def _worded(target: Target) -> str:
    """The target as a table says it: `cpu ≤ 0.6 × pandas`."""
    ours = "" if target.ours == OURS else f"{target.ours}: "
    if target.grows:
        return f"{ours}{target.by} ≤ {target.limit:g} × that of a tenth"
    if target.peer is None:
        return f"{ours}{target.by} ≤ {_amount(target.limit, target.by)}"
    return f"{ours}{target.by} ≤ {target.limit:.3g} × {target.peer}"


def _amount(value: float, by: By) -> str:
    return f"{value:.0f} MiB" if by == "peak" else f"{value:.{3 if by == 'each' else 2}f} s"


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _contend(module: str, name: str, path: Path) -> None:
    """The contender's process: import, make ready, then run against the clock and print what it took."""
    work: Work = importlib.import_module(module).WORK
    contender = work.contenders[name]
    assert not isinstance(contender.run, tuple)
    for need in contender.needs:
        if not need.startswith("program:"):
            importlib.import_module(need)
    given = contender.ready(path) if contender.ready else path
    cpu, begun = _cpu_seconds(), time.perf_counter()
    answer = contender.run(given)
    took = {"wall": time.perf_counter() - begun, "cpu": _cpu_seconds() - cpu, "answer": str(answer)}
    print(json.dumps(took))


if __name__ == "__main__":
    if sys.argv[1] == "launch":
        _launch(sys.argv[2:])
    else:
        _contend(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
