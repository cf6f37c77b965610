"""A published number can be rebuilt from the landed bytes, and tampering with them is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config.load import load_city
from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.verifying import verify
from pipeline.warehouse import Warehouse
from pipeline.work import Work
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok
from tests.conftest import kept, restored, shared_home

PROVINCE = "province: jawa-uji\nname: Jawa Uji\nparts: [kota-uji]\n"


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose year was run, and a province that it is the one city of."""
    with shared_home(tmp_path_factory) as (folder, _):
        write_city(folder / "cities")
        (folder / "cities" / "provinces").mkdir()
        (folder / "cities" / "provinces" / "jawa-uji.yaml").write_text(PROVINCE, "utf-8")
        steps.run("kota-uji", "2024")
        return kept(folder)


@pytest.fixture
def ran(ran_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That city as it was run."""
    return restored(ran_once, monkeypatch)


def alter(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "home" / "warehouse.sqlite")) as connection, connection:
        connection.execute(statement)


def test_verify_rebuilds_every_number_and_finds_altered_bytes(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert (code, out.count("sama / same"), "5 raw files are whole" in out) == (0, len(definitions()), True)
    (landed,) = [
        path
        for path in (ran / "home" / "landing" / "objects").rglob("*")
        if path.is_file() and not path.suffix and b"Aplikasi" in path.read_bytes()
    ]
    landed.chmod(0o644)
    landed.write_bytes(landed.read_bytes().replace(b"17:00", b"18:00"))
    code, out, err = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert code == 3
    assert "altered or gone: pengaduan.csv" in out
    assert "fetch them again with tolok run kota-uji 2024" in err
    assert tolok(monkeypatch, "run", "kota-uji", "2024")[0] == 0
    assert tolok(monkeypatch, "verify", "kota-uji", "2024")[0] == 0


@pytest.mark.parametrize("harm", [lambda path: path.write_text("kacau"), Path.unlink], ids=["damaged", "gone"])
def test_verify_names_a_manifest_that_is_not_whole_and_checks_the_files_that_it_named(
    harm: Callable[[Path], object], ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(ran / "home" / "landing" / "kota-uji" / "meja" / "2024.json")
    for landed in (ran / "home" / "landing" / "objects").glob("*/*"):
        if b"Aplikasi" in landed.read_bytes():
            landed.unlink()
    code, out, err = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert code == 3
    assert "manifest damaged or gone: meja" in out
    assert "altered or gone: pengaduan.csv" in out
    assert "fetch them again with tolok run kota-uji 2024" in err
    assert tolok(monkeypatch, "run", "kota-uji", "2024")[0] == 0
    assert tolok(monkeypatch, "verify", "kota-uji", "2024")[0] == 0


def test_verify_names_what_was_altered_in_both_languages_and_run_mends_it(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(ran, "UPDATE result_variant SET value = 9 WHERE variant = 'unplanned_only'")
    alter(ran, "UPDATE source_file SET name = 'x.csv' WHERE source = 'meja'")
    told = {"show": "no longer those that", "status": "altered after it was", "watch": "stored result was altered"}
    for command, words in told.items():
        code, out, _ = tolok(monkeypatch, command, "kota-uji")
        assert (code, words in out, "not computable" in out) == (0, True, False), out
    code, out, err = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert (code, out.count("sama / same"), out.count("BERBEDA / DIFFERENT")) == (3, 3, 1)
    assert "variant unplanned_only): tersimpan / stored 9.0; seharusnya / should be 2.0" in out
    assert "tersimpan / stored x.csv; seharusnya / should be pengaduan.csv" in out
    assert all(f"{said}: result_variant.value, source_file.name." in err for said in ("tersimpan", "is stored"))
    code, out, _ = tolok(monkeypatch, "verify", "jawa-uji", "2024", "--json")
    (told,) = json.loads(out)
    assert (code, told["is_same"], [one["kind"] for one in told["findings"]]) == (3, False, ["result", "beside"])
    assert told["findings"][0]["differences"][0]["recomputed"] == 2
    code, out, _ = tolok(monkeypatch, "run", "kota-uji", "2024")
    assert "from the same files (result_variant.value)" in out
    code, out, _ = tolok(monkeypatch, "verify", "kota-uji", "2024")
    assert (code, "it_downtime: v1" in out) == (0, True)


def test_what_was_altered_does_not_bear_on_what_is_computed(ran: Path) -> None:
    alter(ran, "UPDATE result SET rows_read = 900, rows_used = 900 WHERE indicator_id = 'it_downtime'")
    (found,) = verify("kota-uji", "2024").findings
    assert {one.place for one in found.differences} == {"result.rows_read", "result.rows_used"}
    steps.run("kota-uji", "2024")
    assert verify("kota-uji", "2024").findings == ()
    rows = Warehouse(f"sqlite:///{ran / 'home' / 'warehouse.sqlite'}").history("kota-uji", "it_downtime")
    assert [(row["version"], row["status"]) for row in rows] == [(1, "altered"), (2, "final")]


def test_files_fetched_since_are_told_of_by_what_they_say(ran: Path) -> None:
    export = ran / "cities" / "data" / "pengaduan.csv"
    header, *rows = export.read_text("utf-8").splitlines()
    export.write_text("\n".join([header, *reversed(rows)]) + "\n", "utf-8")
    steps.fetch("kota-uji", "meja", "2024")
    found = verify("kota-uji", "2024")
    assert (found.findings, [note.split(":")[0] for note in found.notes]) == ((), ["inquiry_response"])
    with export.open("a", encoding="utf-8") as file:
        file.write("99;Aplikasi;3 Mei 2024 08:00;4 Mei 2024 08:00;Warga\n")
    steps.fetch("kota-uji", "meja", "2024")
    (late,) = verify("kota-uji", "2024").findings
    assert late.indicator_id == "inquiry_response"
    assert {"result.inputs_sha256", "result.value", "result_source"} <= {one.place for one in late.differences}
    steps.run("kota-uji", "2024")
    assert verify("kota-uji", "2024").findings == ()


def test_the_same_bytes_may_have_another_name_in_another_period(ran: Path) -> None:
    data = ran / "cities" / "data"
    (data / "pengaduan.csv").rename(data / "pengaduan-lama.csv")
    steps.run("kota-uji", "2023")
    assert [verify("kota-uji", year).findings for year in ("2023", "2024")] == [(), ()]
    alter(ran, "UPDATE source_file SET name = 'x.csv' WHERE source = 'meja'")
    for year in ("2023", "2024"):
        (beside,) = verify("kota-uji", year).findings
        assert [one.place for one in beside.differences] == ["source_file.name"]


def test_verify_changes_nothing(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alter(ran, "UPDATE result SET median = 9")
    (ran / "cities" / "data" / "pengaduan.csv").unlink()

    def state() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in ran.rglob("*") if path.is_file() and "sqlite-" not in path.name}

    before = state()
    assert tolok(monkeypatch, "verify", "kota-uji", "2024")[0] == 3
    assert state() == before


def test_a_table_that_two_indicators_read_is_rebuilt_once(home: Path, tmp_path: Path) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.fetch("kota-uji", "meja", "2024")
    city = load_city(home / "cities", "kota-uji")
    work = Work(city, Period.parse("2024"), home / "home", rebuilt_in=tmp_path)
    first, second = (work.dataset("inquiries") for _ in range(2))
    assert len(first.frame)
    assert second is first


def test_a_page_without_the_verdicts_of_a_run_asks_for_the_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    steps.run("kota-uji", "2024")
    shutil.rmtree(home / "home" / "runs")
    code, _, err = tolok(monkeypatch, "report", "kota-uji", "2024")
    assert code == 3
    assert "First run: tolok run kota-uji 2024" in err


def test_check_writes_nothing_and_names_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    assert tolok(monkeypatch, "check", "kota-uji", "--period", "2024")[0] == 0
    (home / "cities" / "data" / "gangguan.csv").unlink()
    code, out, _ = tolok(monkeypatch, "check", "kota-uji", "--period", "2024")
    assert code == 4
    assert "x gangguan" in out
    assert not (home / "home").exists()


def test_init_writes_a_commented_city_that_loads_and_is_not_overwritten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tolok(monkeypatch, "init", "kota-baru")[0] == 0
    assert len(load_city(home / "cities", "kota-baru").sources) == 5
    assert tolok(monkeypatch, "init", "kota-baru")[0] == 2


@pytest.mark.parametrize("city", ["Kota Baru", "../kota-baru", "kota_baru", ""])
def test_init_refuses_an_id_that_the_settings_would_refuse(
    home: Path, monkeypatch: pytest.MonkeyPatch, city: str
) -> None:
    code, _, err = tolok(monkeypatch, "init", city)
    assert code == 2
    assert "kota-saya" in err
    assert list(home.rglob("*.yaml")) == []
