"""A command that is refused or killed at any of its writes leaves nothing that the same command does not put right."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hold import of_form
from tests.hold.apart import Running
from tests.hold.home import CITY, MONTH, city_at, drafts, history

UNEXPECTED = "Kesalahan tak terduga"
# Every so many of its writes a command is broken off; in the short form once, half way.
EVERY = int(os.environ.get("TOLOK_EVERY", "1"))
COMMANDS = {
    "run": ("run", CITY, MONTH),
    "report": ("report", CITY, MONTH, "--to", "csv,json,xlsx"),
    "dashboard": ("dashboard", CITY),
    "verify": ("verify", CITY, MONTH),
}


def names(root: Path) -> list[str]:
    """What lies in the home, but for what SQLite and locks make beside the warehouse.

    Names made of hashes are alike: files that land at another moment are read as of another.
    """
    found = [str(path.relative_to(root)) for path in root.rglob("*")]
    return sorted(re.sub("[0-9a-f]{20,}", "#", path) for path in found if not path.startswith("warehouse.sqlite"))


def end(*words: str, **arguments: Any) -> tuple[int, str, int]:
    return Running(*words, **arguments).end()


def moments(count: int) -> range:
    return of_form(range(count // 2, count // 2 + 1), full=range(1, count + 1, EVERY))


@pytest.mark.parametrize("command", of_form(("run",), full=tuple(COMMANDS)))
def test_a_command_broken_off_at_any_write_is_put_right_by_the_next(
    command: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    words, before, wanted = COMMANDS[command], tmp_path / "before", tmp_path / "wanted"
    if command != "run":
        with city_at(before):
            assert end(*COMMANDS["run"])[0] == 0
    with city_at(before):
        shutil.copytree(before, wanted)
    with city_at(wanted):
        code, said, count = end(*words, root=wanted)
        assert code == 0, said
        results, files = history(), names(wanted / "home")
    assert command == "verify" or count > 5
    tried = 0
    for nth in moments(count):
        for is_killed in (False, True):
            here = tmp_path / f"{nth}-{is_killed}"
            shutil.copytree(before, here)
            with city_at(here):
                _break_off(here, words, nth=nth, is_killed=is_killed)
                _whole_or_nothing(results)
                code, said, _ = end(*words)
                assert code == 0, said
                assert history() == results, f"{nth} {is_killed}"
                assert names(here / "home") == files, f"{nth} {is_killed}"
                assert drafts(here) == []
            shutil.rmtree(here)
            tried += 1
    row(
        "Crash",
        f"tolok {command}: disk full, and kill -9, at {len(moments(count))} of its {count} writes",
        f"{tried} broken off, every rerun identical, nothing left over",
    )


def _break_off(here: Path, words: tuple[str, ...], *, nth: int, is_killed: bool) -> None:
    code, said, _ = end(*words, root=here, breaks_at=nth, is_killed=is_killed)
    if is_killed:
        assert code == -signal.SIGKILL
    else:
        # What may be refused without loss, such as a kept summary of a log, ends well.
        assert code in (0, 4), said
        assert UNEXPECTED not in said
        assert drafts(here) == []


def _whole_or_nothing(results: list[Mapping[str, Any]]) -> None:
    found = history()
    assert found in ([], results)
