"""Erasing a person that is refused or killed at any of its writes is ended by the same command, and nobody is left."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.hold import of_form
from tests.hold.apart import end, killing, refusing
from tests.hold.home import CITY, MONTH, city_at, drafts, tolok
from tests.hold.operations import Operation

PERSON = "TKT-40417"
# Every so many of its operations it is broken off; in the short form once, half way.
EVERY = int(os.environ.get("TOLOK_EVERY", "1"))


def holding(home: Path) -> list[str]:
    """The files that hold the person, as bytes or in a table."""
    texts = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "sqlite" not in path.name}
    for path, content in texts.items():
        if content.startswith(b"PAR1"):
            texts[path] = pd.read_parquet(path).to_csv().encode()
    return sorted(path.name for path, content in texts.items() if PERSON.encode() in content)


def decisions() -> list[tuple[int, int, bool]]:
    rows = Warehouse(Settings.from_environment().warehouse_url).erasures(CITY)
    return [(row["decision"], row["rows_count"], row["finished_at"] is not None) for row in rows]


def test_erasing_broken_off_at_any_write_is_ended_by_the_same_command(
    tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    before = tmp_path / "before"
    with city_at(before):
        export = before / "cities" / "data" / "pengaduan.csv"
        export.write_text(
            f"{export.read_text('utf-8')}{PERSON};Web;12 Mar 2024 08:00;13 Mar 2024 09:00;Siti\n", "utf-8"
        )
        assert tolok("run", CITY, MONTH)[0] == 0
        assert len(holding(before / "home")) == 2
    (before / "ids").write_text(f"{PERSON}\n", "utf-8")
    wanted = tmp_path / "wanted"
    shutil.copytree(before, wanted)
    code, said, count = _erase(wanted)
    assert (code, count > 10) == (0, True), said
    tried = 0
    moments = of_form(range(count // 2, count // 2 + 1), full=range(1, count + 1, EVERY))
    for nth in moments:
        for is_killed in (False, True):
            here = tmp_path / f"{nth}-{is_killed}"
            shutil.copytree(before, here)
            code, said, _ = _erase(here, nth=nth, is_killed=is_killed)
            assert code == -signal.SIGKILL if is_killed else code in (0, 4), said
            assert "tak terduga" not in said
            code, said, _ = _erase(here)
            assert (code, PERSON in said) == (0, False), said
            with city_at(here):
                assert (holding(here / "home"), decisions(), drafts(here)) == ([], [(1, 1, True)], [])
                code, said = tolok("verify", CITY, MONTH)
                assert (code, "erased by decision 1" in said) == (0, True), said
            shutil.rmtree(here)
            tried += 1
    row(
        "Privacy",
        f"tolok erase: disk full, and kill -9, at {len(moments)} of its {count} writes",
        f"{tried} broken off; the same command ended each, the person in no file, one decision",
    )


def _erase(root: Path, *, nth: int = 0, is_killed: bool = False) -> tuple[int, str, int]:
    """What the command ends with, and how many operations it made, broken off at one of them unless it is none."""
    words = ("erase", CITY, "--ids", str(root / "ids"), "--ground", "surat 12/2026", "--by", "Sekda")
    counted = multiprocessing.Value("i", 0)

    def tell(operation: Operation) -> None:
        counted.value = operation.nth
        if nth:
            (killing if is_killed else refusing)(nth)(operation)

    with city_at(root):
        return *end(*words, root=root, tell=tell), counted.value
