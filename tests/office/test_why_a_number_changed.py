"""Whoever asks why a number changed is told all that changed: rows that came, went or say something else, settings."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office

DESK = {
    "table": "inquiries",
    "columns": {"inquiry_id": "Nomor", "category": "Hal", "received_at": "Masuk", "responded_at": "Jawab"},
}
PORTAL = {
    "table": "visits",
    "path": "kunjungan.csv",
    "columns": {"visited_on": "Hari", "visits_count": "Kunjungan"},
}
FIRST = datetime(2025, 1, 2, 8)


def tickets(count: int, *, hours: int = 5, begin: int = 0) -> list[str]:
    at = [(n, FIRST + timedelta(days=3 * n, minutes=7 * n)) for n in range(begin, begin + count)]
    return [f"L{n},{'jalan' if n % 3 else 'lampu'},{one},{one + timedelta(hours=hours, minutes=n)}" for n, one in at]


def run(folder: Path, lines: list[str], *, visits: int = 100, desk: dict[str, Any] | None = None, **city: Any) -> None:
    days = [f"{datetime(2025, 1, 1) + timedelta(days=n):%Y-%m-%d},{visits + n % 9}" for n in range(365)]
    (folder / "kunjungan.csv").write_text("\n".join(["Hari,Kunjungan", *days]) + "\n", "utf-8")
    header = "Nomor,Hal,Masuk,Jawab"
    write_office(folder, [header, *lines], desk or DESK, PORTAL, names=["meja", "portal"], **city)
    with pytest.MonkeyPatch.context() as patch:
        code, out, err = tolok(patch, "run", "kota", "2025")
        assert code == 0, out + err


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city of a desk and a portal, run once."""
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    run(tmp_path, tickets(100))
    return tmp_path


def versions(indicator: str) -> list[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        found: list[dict[str, Any]] = json.loads(tolok(patch, "history", "kota", "2025", indicator, "--json")[1])
    return found


def why(indicator: str) -> str:
    """Why the newest version came, in English."""
    return str(versions(indicator)[-1]["change_reason"]).split(" / ")[1]


def test_rows_that_came_went_and_changed_are_told_apart(office: Path) -> None:
    run(office, [*tickets(100)[1:], *tickets(1, begin=110)])
    assert why("10.3") == "1 late row; 1 row withdrawn"
    run(office, [*tickets(40, hours=9)[1:], *tickets(60, begin=40), *tickets(3, begin=110)])
    assert why("10.3") == "2 late rows; 39 rows changed"
    run(office, list(reversed([*tickets(40, hours=9)[1:], *tickets(60, begin=40), *tickets(3, begin=110)])))
    assert why("10.3") == "2 late rows; 39 rows changed"


def test_settings_that_changed_are_named_with_the_rows_and_alone(office: Path) -> None:
    excluding = {**DESK, "exclude": {"test": {"column": "Hal", "values": ["lampu"]}}}
    run(office, tickets(101), desk=excluding)
    assert why("10.3") == "1 late row; 34 rows changed; settings changed: sources.meja.exclude.test"
    run(office, tickets(101), desk=excluding, deadlines={"follow_up_days": 3}, agencies_expected=["Dinas PU"])
    assert why("10.3") == "settings changed: deadlines.follow_up_days"
    assert why("10.1") == "first computation"


def test_verifying_names_what_is_other_since_and_nothing_where_only_the_warehouse_is(office: Path) -> None:
    def verified() -> tuple[int, list[str]]:
        with pytest.MonkeyPatch.context() as patch:
            code, out, _ = tolok(patch, "verify", "kota", "2025")
        return code, [line.strip() for line in out.splitlines() if "since then" in line]

    assert verified() == (0, [])
    excluding = {**DESK, "exclude": {"test": {"column": "Hal", "values": ["lampu"]}}}
    write_office(office, ["Nomor,Hal,Masuk,Jawab", *tickets(102)], excluding, PORTAL, names=["meja", "portal"])
    steps.fetch("kota", "meja", "2025")
    code, (told,) = verified()
    in_id, in_en = "2 baris susulan; 34 baris berubah", "2 late rows; 34 rows changed"
    exclude = "sources.meja.exclude.test"
    settings = f"pengaturan berubah: {exclude} / {in_en}; settings changed: {exclude}"
    assert (code, told) == (3, f"sejak itu / since then: {in_id}; {settings}")
    run(office, tickets(100))
    with closing(sqlite3.connect(office / "home" / "warehouse.sqlite")) as connection, connection:
        connection.execute("UPDATE result SET value = 9 WHERE indicator_id = 'inquiry_response'")
    assert verified() == (3, [])


def test_another_population_is_told_with_both_figures(office: Path) -> None:
    figure = {"year": 2025, "count": 420_000, "reference_on": "2025-12-31", "source": "Dukcapil"}
    run(office, tickets(100), visits=101, population={"figures": [figure]})
    assert why("10.1") == "365 rows changed; population 400,000 -> 420,000"
    at = datetime.fromisoformat(versions("10.1")[-1]["computed_at"])
    (year,) = [one for one in steps.status("kota", now=datetime.now(UTC)).periods if one.period == "2025"]
    assert (year.version, year.computed_at) == (2, at), "the moment is that of the version"
    other = figure | {"source": "BPS", "reference_on": "2025-06-30"}
    run(office, tickets(100), visits=101, population={"figures": [other]})
    assert why("10.1") == "the population figure is now of BPS 2025-06-30"
    run(office, tickets(100), visits=101, population={"figures": [figure | {"year": 2024}]})
    assert why("10.1") == "settings changed: population.figures.2025"


def test_without_the_former_table_or_the_note_the_rows_are_counted(office: Path) -> None:
    for folder in (office / "home" / "clean" / "kota" / "inquiries").iterdir():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    run(office, [*tickets(40, hours=9), *tickets(61, begin=40)])
    assert why("10.3") == "1 late row"
    (office / "home" / "runs" / "kota" / "2025" / "inputs.json").write_bytes(b"?")
    run(office, tickets(103))
    assert why("10.3") == "2 late rows"


def test_what_rests_on_former_files_or_settings_is_said_until_it_is_run_again(office: Path) -> None:
    def told(*words: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            code, out, err = tolok(patch, *words)
        assert code == 0, err
        return out

    said = "Files or settings are others since they were computed: 2025. Run: tolok run kota 2025"
    assert said not in told("status", "kota")
    (office / "data.csv").write_text("\n".join(["Nomor,Hal,Masuk,Jawab", *tickets(99)]), "utf-8")
    assert said in told("status", "kota")
    told("run", "kota", "2025")
    assert said not in told("status", "kota")


def test_a_run_that_failed_is_said_beside_what_it_left_until_one_ends_well(office: Path) -> None:
    def shown() -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            code, out, err = tolok(patch, "show", "kota", "2025")
        assert code == 0, err
        return [line for line in out.splitlines() if "run of" in line or "Run terakhir" in line]

    assert shown() == []
    exported = (office / "data.csv").read_bytes()
    (office / "data.csv").unlink()
    with pytest.MonkeyPatch.context() as patch:
        assert tolok(patch, "run", "kota", "2025")[0] == 4
        assert tolok(patch, "run", "kota", "2025-03")[0] == 4
    in_id, in_en = shown()
    assert re.fullmatch(r"Run terakhir 2025 gagal \(.{16}Z, fetch\.\w+\): .*data\.csv.*", in_id)
    assert re.fullmatch(r"The latest run of 2025 failed \(.{16}Z, fetch\.\w+\): .*data\.csv.*", in_en)
    (office / "data.csv").write_bytes(exported)
    with pytest.MonkeyPatch.context() as patch:
        assert tolok(patch, "run", "kota", "2025")[0] == 0
    assert shown() == []
