"""The documented commands bring last year back on an empty host: the same reports to the byte, and nobody erased."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.acceptance.years_of_exports import write_city
from tests.hold import IS_FULL
from tests.service.test_backup import CITY, YEAR, block, machine, page_sha256, shell, tolok

FORMATS = ("pdf", "xlsx", "csv", "json")
# A ticket of December, as it stands in the export.
TICKET = f"{YEAR}1203"

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(not IS_FULL, reason="the long form: two services on PostgreSQL")]


def report_hashes(folder: Path) -> dict[str, str]:
    """The hash of each file of the year's reports, made anew."""
    reports = folder / ".tolok" / "reports" / CITY
    tolok(folder, f"report {CITY} {YEAR} --to {','.join(FORMATS)}")
    of_year = (f"{YEAR}.", f"{YEAR}-csv")
    paths = [path for path in sorted(reports.rglob("*")) if path.is_file()]
    found = [path for path in paths if str(path.relative_to(reports)).startswith(of_year)]
    assert len(found) > len(FORMATS)
    return {str(path.relative_to(reports)): sha256(path.read_bytes()).hexdigest() for path in found}


def test_last_year_comes_back_on_an_empty_host_with_the_same_reports(
    tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    old, new = (tmp_path / name for name in ("old", "new"))
    with machine(old), machine(new):
        write_city(old / "cities", CITY, zone="Asia/Jayapura", first_month=f"{YEAR}-12")
        tolok(old, f"run {CITY} {YEAR}-12")
        tolok(old, f"run {CITY} {YEAR}")
        tolok(old, f"close {CITY} {YEAR} --by walikota")
        ids = f"printf '{TICKET}\\n' >ids"
        shell(old, ids)
        tolok(old, f"erase {CITY} --ids ids --ground 'surat 12/2026' --by Sekda")
        assert "stands, its year is closed" in tolok(old, f"run {CITY} {YEAR}")
        hashes, page, kept = report_hashes(old), page_sha256(old), tolok(old, f"history {CITY} --json")
        (old / "a-safe-place").mkdir()
        shell(old, block(0))
        for name in ("landing.tar.gz", "warehouse.dump"):
            shutil.copy(old / name, new / name)
        shell(new, block(1))
        shutil.copytree(old / "cities", new / "cities", dirs_exist_ok=True)
        assert tolok(new, f"history {CITY} --json") == kept
        told = tolok(new, f"verify {CITY} {YEAR}")
        assert (told.count("sama / same"), "1 row erased by decision 1" in told) == (3, True)
        # The export still holds the ticket; the restored host knows whom it may not keep.
        assert "stands, its year is closed" in tolok(new, f"run {CITY} {YEAR}")
        assert (report_hashes(new), page_sha256(new)) == (hashes, page)
        raw = [path for path in (new / ".tolok" / "landing").rglob("*") if path.is_file()]
        assert len(raw) > 5
        assert not [path for path in raw if TICKET.encode() in path.read_bytes()]
    row(
        "Operations",
        "the commands of docs/service.md on PostgreSQL: backup, an empty host, restore, a closed year with a person "
        "erased",
        f"{len(hashes)} report files and the page with the same hash, history the same, verify vouches, nobody back",
    )
