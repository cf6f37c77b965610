"""Break the code that makes the number, one small change at a time, and say which changes the tests do not notice.

mutmut makes the mutants and finds out which tests reach each function. They are judged here, in one pytest session that
has imported everything: each mutant is a fork of it, and its tests run there, the fastest first, up to
`_TESTS_SECONDS` in all, or one; a mutant that only slower tests would notice counts as a survivor.

A survivor is explained in `tests/survivors.yaml` where nobody could tell it from the code: by its function, the line
as it is, the line as it became, and why that changes nothing. A function that no test reaches here is explained as a
whole, by who reaches it: those of PostgreSQL are not run. An explanation that fits no survivor is named too.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from mutmut.__main__ import CatchOutput, collect_or_load_stats, create_mutants
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.stats import load_stats, status_by_exit_code
from mutmut.utils.file_utils import (
    change_cwd,
    copy_also_copy_files,
    copy_src_dir,
    setup_source_paths,
    walk_mutatable_files,
)
from mutmut.workers.isolation import get_mutant_runner, run_in_fork

LEAST_KILLED_PCT = 85
_EXPLAINED = Path("tests/survivors.yaml")
# Who waits until the alarm is "suspicious": that is no proof that a test noticed.
_KILLED = {"killed", "timeout", "segfault"}
_TESTS_SECONDS, _CPU_SECONDS, _WALL_SECONDS, _FARTHER_WEIGHS = 10, 30, 120, 3
_NO_TESTS = 33


class Survivor(NamedTuple):
    """The function, the line as it is and as it became."""

    function: str
    line: str
    became: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("patterns", nargs="*", default=["*"], help="names of mutants, as pipeline.coverage.*")
    parser.add_argument("--sample", type=int, help="so many of each room, drawn by a hash of their names")
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="how many are judged at a time")
    arguments = parser.parse_args()
    if code := run_in_fork(_prepare):
        return code
    load_stats()
    setup_source_paths()
    files = {path: SourceFileMutationData(path=path) for path in walk_mutatable_files()}
    for data in files.values():
        data.load()
        data.meta_path = data.meta_path.absolute()
    drawn = [
        (name, data)
        for name, data in _drawn(files, patterns=arguments.patterns, sample=arguments.sample)
        if status_by_exit_code[data.exit_code_by_key[name]] not in _KILLED
    ]
    if drawn:
        judge = _Judge(drawn, children=arguments.children)
        with change_cwd("mutants"):
            options = ["--rootdir=.", "-q", "-p", "no:cacheprovider", *config().pytest_add_cli_args]
            pytest.main([*options, *sorted(judge.files)], plugins=[judge])
        if not judge.is_sound:
            return 2
    return _report(files)


def _prepare() -> int:
    """Mutants of the code as it stands, and the tests that reach each function; a process of its own stays small."""
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    with CatchOutput(spinner_title="Generating mutants"):
        # mutmut leaves data files and tests of the run before as they were.
        shutil.rmtree("mutants/tests", ignore_errors=True)
        for path in config().source_paths:
            shutil.copytree(path, "mutants" / path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py"))
        copy_src_dir()
        copy_also_copy_files()
        setup_source_paths()
        create_mutants(1)
    collect_or_load_stats(get_mutant_runner(), apply_config_invalidation=True)
    return 0


def _drawn(
    files: dict[Path, SourceFileMutationData], *, patterns: Sequence[str], sample: int | None
) -> Iterator[tuple[str, SourceFileMutationData]]:
    rooms: dict[str, list[tuple[str, SourceFileMutationData]]] = defaultdict(list)
    for path, data in files.items():
        rooms[_room(path)] += [
            (name, data) for name in data.exit_code_by_key if any(fnmatch(name, pattern) for pattern in patterns)
        ]
    for mutants in rooms.values():
        yield from sorted(mutants, key=lambda one: hashlib.sha256(one[0].encode()).digest())[:sample]


def _room(path: Path) -> str:
    """indicators, clean, warehouse, coverage or http."""
    return path.parts[1].removesuffix(".py").partition("_")[0]


class _Judge:
    """A plugin of pytest: in place of the session's tests it runs those of each mutant, in forks of the session."""

    def __init__(self, mutants: Sequence[tuple[str, SourceFileMutationData]], *, children: int) -> None:
        self._mutants, self._children = mutants, children
        self._tests = {name: _tests_of(name) for name, _ in mutants}
        self.files = {test.partition("::")[0] for tests in self._tests.values() for test in tests}
        self.is_sound = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Not before the mutants' folder is the one that modules come from.
        from pipeline.preload import preload

        items = {item.nodeid: item for item in session.items}
        wanted = set().union(*self._tests.values())
        preload()
        _fork("", [item for item in session.items if item.nodeid in wanted], session)
        self.is_sound = os.wait()[1] == 0
        running: dict[int, tuple[str, SourceFileMutationData]] = {}
        for name, data in self._mutants if self.is_sound else ():
            own = [items[test] for test in self._tests[name] if test in items]
            if not own:
                data.exit_code_by_key[name] = _NO_TESTS
                data.save()
                continue
            running[_fork(name, own, session)] = name, data
            if len(running) == self._children:
                _record_next(running)
        while running:
            _record_next(running)
        return True


def _record_next(running: dict[int, tuple[str, SourceFileMutationData]]) -> None:
    """Wait for a fork to end, and keep what mutmut would have kept."""
    pid, status = os.wait()
    name, data = running.pop(pid)
    data.exit_code_by_key[name] = os.waitstatus_to_exitcode(status)
    data.save()


def _tests_of(name: str) -> list[str]:
    """The tests that reach a mutant's function, the fastest and those of its own module and room first: as many as fit,
    and one where none does."""
    seconds, room, module = state().duration_by_test, _room(Path(*name.split("."))), name.split(".")[-2]
    tests = state().tests_by_mangled_function_name.get(name.rpartition("__mutmut_")[0], set())
    steps = {test: (room not in test) + (f"/test_{module}" not in test) for test in tests}
    ordered = sorted(tests, key=lambda test: (seconds[test] * _FARTHER_WEIGHS ** steps[test], test))
    until = accumulate(seconds[test] for test in ordered)
    return [test for test, total in zip(ordered, until, strict=True) if total <= _TESTS_SECONDS] or ordered[:1]


def _fork(name: str, items: Sequence[pytest.Item], session: pytest.Session) -> int:
    """A process that runs tests with a mutant, or with the code as it stands; it ends with 0 where all pass."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        set_mutant_under_test(name)
        if name:
            resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
            signal.alarm(_WALL_SECONDS)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
        _run(items, session)
        code = 1 if session.testsfailed else 0
    finally:
        os._exit(code)


def _run(items: Sequence[pytest.Item], session: pytest.Session) -> None:
    """The tests in order, to the first that fails."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        if not session.testsfailed:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)


def survivor(name: str, path: Path) -> Survivor:
    lines = get_diff_for_mutant(name, path=path).splitlines()
    removed, added = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    return Survivor(name.rpartition("__mutmut_")[0], removed, added)


def _report(files: dict[Path, SourceFileMutationData]) -> int:
    """Every survivor without an explanation, and by room how many mutants were judged, killed and explained."""
    known = yaml.safe_load(_EXPLAINED.read_text())
    explained = {Survivor(*(str(one.get(key, "")) for key in Survivor._fields)) for one in known}
    unfit = {one for one in explained if one.line}
    rooms: dict[str, Counter[str]] = defaultdict(Counter)
    for path, data in files.items():
        for name, code in data.exit_code_by_key.items():
            room, status = rooms[_room(path)], status_by_exit_code[code]
            room["all"] += 1
            if code is None:
                if unfit and name.rpartition("__mutmut_")[0] in {one.function for one in unfit}:
                    unfit.discard(survivor(name, path))
            elif status in _KILLED:
                room["killed"] += 1
            elif status == "no tests" and Survivor(name.rpartition("__mutmut_")[0], "", "") in explained:
                room["explained"] += 1
            elif (found := survivor(name, path)) in explained:
                room["explained"] += 1
                unfit.discard(found)
            else:
                room["left"] += 1
                sys.stdout.write(f"{status}: {name}\n  - {found.line}\n  + {found.became}\n")
    for one in sorted(unfit):
        sys.stdout.write(f"explains no survivor: {one.function}\n  - {one.line}\n  + {one.became}\n")
    shares = []
    for name, room in sorted(rooms.items()):
        judged = room["killed"] + room["explained"] + room["left"]
        share = 100 * room["killed"] / judged if judged else 0.0
        shares += [share] if judged else []
        sys.stdout.write(
            f"{name:10} {judged:5} of {room['all']:5} judged, {share:5.1f} % killed, "
            f"{room['explained']} explained, {room['left']} left\n"
        )
    is_held = min(shares) >= LEAST_KILLED_PCT and not unfit and not any(room["left"] for room in rooms.values())
    return 0 if is_held else 1


if __name__ == "__main__":
    sys.exit(main())
