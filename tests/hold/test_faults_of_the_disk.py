"""Whatever a disk refuses, and wherever, is told with path, code and advice, and the next run ends well."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.hold import of_form
from tests.hold.home import CITY, MONTH, city_at, drafts, history, tolok
from tests.hold.operations import Operation, watched

PLACES = of_form(("landing",), full=("landing", "clean", "runs", "reports"))
CODES = of_form(
    ("ENOSPC", "EROFS"),
    full=(
        "ENOSPC",
        "EDQUOT",
        "EROFS",
        "EIO",
        "EACCES",
        "EPERM",
        "EMFILE",
        "ENFILE",
        "ENOLCK",
        "ESTALE",
        "ENAMETOOLONG",
    ),
)
DONE = of_form(("sync",), full=("open", "os.mkdir", "os.rename", "sync"))
UNEXPECTED = "Kesalahan tak terduga"
needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounts disks, which needs root")


def refusing(place: Path, what: str, code: str) -> Callable[[Operation], None]:
    """Refuses with a code whatever of its kind is done below a folder; a sync tells no path, as the system does."""
    number = getattr(errno, code)

    def tell(operation: Operation) -> None:
        if operation.what == what and operation.path.startswith(str(place)):
            raise OSError(number, os.strerror(number), *([] if what == "sync" else [operation.path]))

    return tell


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_of_any_code_is_told_and_heals(
    place: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    with city_at(tmp_path) as home:
        for code, what in product(CODES, DONE):
            with watched(home, refusing(home / place, what, code)):
                ended, said = tolok("run", CITY, MONTH)
            assert ended in (2, 4), f"{what} {said}"
            assert UNEXPECTED not in said, what
            assert len(re.findall(rf"'{home / place}.*' \({code}\)", said)) >= 2, f"{what} {said}"
            assert drafts(tmp_path) == []
            # Of what was begun nothing is there, so that the next fault meets the same work.
            shutil.rmtree(home)
        ended, said = tolok("run", CITY, MONTH)
        assert ended == 0, said
    row(
        "Crash",
        f"{', '.join(CODES)} when a file, folder, name or sync is asked for in {place}/",
        f"{len(CODES) * len(DONE)} told with path and code, the next run ends well",
    )


@contextmanager
def mounted(at: Path, options: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", at], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", at], check=True)


def _set(at: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", at], check=True)


@needs_root
def test_a_wholly_read_only_home_is_shown_and_verified(tmp_path: Path, row: Callable[[str, str, str], None]) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=40m"), city_at(disk) as home:
        assert tolok("run", CITY, MONTH)[0] == 0
        before = history()
        _set(disk, "ro")
        for words in (("show", CITY), ("verify", CITY, MONTH), ("history", CITY), ("status", CITY), ("check", CITY)):
            code, said = tolok(*words)
            assert code == 0, said
        code, said = tolok("run", CITY, MONTH)
        assert code == 2
        assert "mounted for reading alone" in said
        assert "GRANT" not in said
        assert "Ambil" not in said  # Found out before all work.
        assert history() == before
        _set(disk, "rw")
        assert tolok("run", CITY, MONTH)[0] == 0
        assert not drafts(home)
    row("Crash", "a home on a read-only disk", "shown, verified, checked; a run is refused before it begins")


@needs_root
def test_a_disk_that_fills_at_any_size_is_told_and_heals(tmp_path: Path, row: Callable[[str, str, str], None]) -> None:
    disk, sizes = tmp_path / "disk", of_form((256, 576), full=tuple(range(64, 1024, 64)))
    with city_at(tmp_path, TOLOK_HOME=str(disk / "home")):
        for kilobytes in sizes:
            with mounted(disk, f"size={kilobytes}k"):
                code, said = tolok("run", CITY, MONTH)
                assert code in (0, 4), said
                assert UNEXPECTED not in said
                assert str(disk) in said
                _set(disk, "size=40m")
                code, said = tolok("run", CITY, MONTH)
                assert code == 0, said
                assert [one["version"] for one in history()] == [1, 1, 1, 1]
                assert drafts(disk) == []
    row("Crash", "a disk that is full at any moment of a run", f"{len(sizes)} sizes, each told and healed")


def test_a_read_only_warehouse_leaves_nothing_that_bars_its_owner(tmp_path: Path) -> None:
    """SQLite makes its journals of the mode of the file, so that one of 444 kept them so."""
    from sqlalchemy.engine import make_url

    from pipeline.warehouse.sqlite_file import prepare

    with city_at(tmp_path) as home:
        home.mkdir()
        warehouse = home / "warehouse.sqlite"
        prepare(make_url(f"sqlite:///{warehouse}"))
        assert warehouse.stat().st_mode & 0o777 == 0o640
        journal = home / "warehouse.sqlite-shm"
        journal.touch(0o444)
        with patch("os.access", lambda path, _: Path(path) == warehouse):
            prepare(make_url(f"sqlite:///{warehouse}"))
        assert journal.stat().st_mode & 0o777 == 0o640


@needs_root
def test_what_is_stored_on_a_full_disk_is_shown_and_verified(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=40m"), city_at(disk) as home:
        assert tolok("run", CITY, MONTH)[0] == 0
        _fill(disk)
        for words in (("show", CITY), ("history", CITY), ("explain", CITY, MONTH, "10.4"), ("status", CITY)):
            code, said = tolok(*words)
            assert code == 0, said
        code, said = tolok("run", CITY, MONTH)
        assert code == 4, said
        assert "full" in said
        (disk / "filler").unlink()
        assert tolok("run", CITY, MONTH)[0] == 0
        assert not drafts(home)


def _fill(disk: Path) -> None:
    """Leave no block of a disk free."""
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
