"""Erasing that is refused or killed at any of its operations is ended by the same command, and nothing is left."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.hold import of_form
from tests.hold.apart import end, killing, refusing
from tests.hold.home import CITY, MONTH, city_at, drafts, tolok
from tests.hold.operations import Operation

PERSON, CAUSE, YEAR = "TKT-40417", "Jaringan", "2024"
BY = ("--ground", "surat 12/2026", "--by", "Sekda")
# Verifying takes longer than erasing: after every so many it is tried.
VERIFIED_EVERY = 10


def of_person(root: Path) -> None:
    """A month with a person in it."""
    export = root / "cities" / "data" / "pengaduan.csv"
    export.write_text(f"{export.read_text('utf-8')}{PERSON};Web;12 Mar 2024 08:00;13 Mar 2024 09:00;Siti\n", "utf-8")
    (root / "ids").write_text(f"{PERSON}\n", "utf-8")
    assert tolok("run", CITY, MONTH)[0] == 0


def of_retention(root: Path) -> None:
    """A year whose outages are final, and by now past their time."""
    assert tolok("run", CITY, YEAR)[0] == 0
    with (root / "cities" / f"{CITY}.yaml").open("a", encoding="utf-8") as file:
        file.write("retention: {outages: 12, inquiries: 12, visits: forever}\n")


class Case(NamedTuple):
    """What is run before, what erases, what then stands nowhere in how many files, and what verifying says of it."""

    prepare: Callable[[Path], None]
    words: tuple[str, ...]
    text: str
    places: tuple[str, ...]
    files_count: int
    period: str
    told: str


CASES = {
    "a person": Case(
        of_person, ("--ids", "ROOT/ids", *BY), PERSON, ("landing", "clean"), 2, MONTH, "erased by decision 1"
    ),
    "what retention ends": Case(
        of_retention, ("--expired",), CAUSE, ("landing/objects", "clean"), 3, YEAR, "expired by retention (decision 1"
    ),
}


def holding(home: Path, case: Case) -> list[str]:
    """The files that hold what is erased, as bytes or in a table."""
    texts = {path: path.read_bytes() for place in case.places for path in (home / place).rglob("*") if path.is_file()}
    for path, content in texts.items():
        if content.startswith(b"PAR1"):
            texts[path] = pd.read_parquet(path).to_csv().encode()
    return sorted(path.name for path, content in texts.items() if case.text.encode() in content)


def decisions() -> list[tuple[int, bool]]:
    rows = Warehouse(Settings.from_environment().warehouse_url).erasures(CITY)
    return [(row["decision"], row["finished_at"] is not None) for row in rows]


@pytest.mark.parametrize("what", of_form(("a person",), full=tuple(CASES)))
def test_erasing_broken_off_at_any_operation_is_ended_by_the_same_command(
    what: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    case, before = CASES[what], tmp_path / "before"
    with city_at(before):
        case.prepare(before)
        assert len(holding(before / "home", case)) == case.files_count
    shutil.copytree(before, tmp_path / "wanted")
    code, said, count = _erase(tmp_path / "wanted", case)
    assert (code, count > 10) == (0, True), said
    moments = of_form(range(count // 2, count // 2 + 1), full=range(1, count + 1))
    tried = [(nth, is_killed) for nth in moments for is_killed in (False, True)]
    for number, (nth, is_killed) in enumerate(tried):
        here = tmp_path / f"{nth}-{is_killed}"
        shutil.copytree(before, here)
        code, said, _ = _erase(here, case, nth=nth, is_killed=is_killed)
        assert code == -signal.SIGKILL if is_killed else code in (0, 4), said
        assert "tak terduga" not in said
        code, said, _ = _erase(here, case)
        assert (code, PERSON in said) == (0, False), said
        with city_at(here):
            assert (holding(here / "home", case), decisions(), drafts(here)) == ([], [(1, True)], [])
            if number % VERIFIED_EVERY == 0:
                code, said = tolok("verify", CITY, case.period)
                assert (code, case.told in said) == (0, True), said
        shutil.rmtree(here)
    row(
        "Privacy",
        f"tolok erase of {what}: disk full, and kill -9, at {len(moments)} of its {count} operations",
        f"{len(tried)} broken off; the same command ended each, it stands in no file, one decision",
    )


def _erase(root: Path, case: Case, *, nth: int = 0, is_killed: bool = False) -> tuple[int, str, int]:
    """What the command ends with, and how many operations it made, broken off at one of them unless it is none."""
    words = ("erase", CITY, *(word.replace("ROOT", str(root)) for word in case.words))
    counted = multiprocessing.Value("i", 0)

    def tell(operation: Operation) -> None:
        counted.value = operation.nth
        if nth:
            (killing if is_killed else refusing)(nth)(operation)

    with city_at(root):
        return *end(*words, root=root, tell=tell), counted.value
