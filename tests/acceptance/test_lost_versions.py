"""A warehouse that lost versions never starts a history anew without a word: the data folder knows that there were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.indicators.definition import definitions
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok

CITY, YEAR = "kota-uji", "2024"
GONE = "versions up to v{n} were stored and are gone from the warehouse"


@pytest.fixture
def ran(home: Path) -> Path:
    """A city whose year was run."""
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.run(CITY, YEAR)
    return home


def versions() -> dict[str, tuple[int, str]]:
    rows = Warehouse(Settings.from_environment().warehouse_url).history(CITY)
    return {row["indicator_id"]: (row["version"], row["change_reason"].split(" / ")[1]) for row in rows}


def test_an_emptied_warehouse_is_told_and_its_versions_number_on(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for left in (ran / "home").glob("warehouse.sqlite*"):
        if left.is_file():
            left.unlink()
    for command in (("show", CITY), ("show", CITY, YEAR), ("history", CITY), ("verify", CITY, YEAR)):
        code, _, err = tolok(monkeypatch, *command)
        assert (code, f"were stored ({YEAR} v1)" in err, "restore its backup" in err) == (2, True, True)
    assert tolok(monkeypatch, "run", CITY, YEAR)[0] == 0
    assert versions() == dict.fromkeys(definitions(), (2, GONE.format(n=1)))
    assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0
    assert all("unchanged" in line for line in steps.run(CITY, YEAR))


def test_a_newest_version_that_is_gone_is_named_and_written_under_a_new_number(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ran / "cities" / "data" / "gangguan.csv"
    export.write_text(export.read_text("utf-8") + "9,Server,Terencana,01/05/2024 20:00,01/05/2024 22:00\n", "utf-8")
    steps.run(CITY, YEAR)
    with closing(sqlite3.connect(ran / "home" / "warehouse.sqlite")) as connection, connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'result%'").fetchall():
            if table != "result_lineage":
                connection.execute(f"DELETE FROM {table} WHERE version = 2")
    assert steps.periods_done(CITY, [YEAR]) == frozenset()
    code, out, _ = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, "result (version 2): hilang / missing" in out) == (3, True)
    steps.run(CITY, YEAR)
    assert versions()["it_downtime"] == (3, GONE.format(n=2))
    assert {number for name, (number, _) in versions().items() if name != "it_downtime"} == {1}
    assert steps.periods_done(CITY, [YEAR]) == frozenset([YEAR])
    assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0
