"""With no umask at all nothing below the home is for everybody to write, and nothing but pages for others to read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hold.home import CITY, MONTH, city_at, tolok


@pytest.fixture
def no_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_umask")
def test_nothing_is_for_everybody(tmp_path: Path, row: Callable[[str, str, str], None]) -> None:
    with city_at(tmp_path) as home:
        for words in (
            ("run", CITY, MONTH),
            ("report", CITY, MONTH, "--to", "csv,json"),
            ("dashboard", CITY),
            ("verify", CITY, MONTH),
        ):
            code, said = tolok(*words)
            assert code == 0, said
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (home, *home.rglob("*"))}
    assert len(modes) > 50
    assert [f"{mode:o} {path.relative_to(home)}" for path, mode in modes.items() if mode & 0o027] == []
    row("Operations", "run, report, dashboard and verify under umask 0", f"{len(modes)} paths, none for everybody")
