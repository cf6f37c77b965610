"""Machines that share an object storage and a warehouse work on one city as a single machine does."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import fsspec
import pytest

from connectors.errors import ConfigError, DataDamaged, TolokError
from connectors.objects import Storage
from pipeline import steps
from pipeline.landing import objects
from pipeline.settings import Settings
from pipeline.tables import TABLES
from pipeline.verifying import verify
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok

CITY, YEAR = "kota-uji", "2024"
TIMES = {"run_id", "computed_at", "first_landed_at", "finished_at", "extracted_at", "landed_at"}
Turn = Callable[[], Path]


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turn]:
    """Calling it puts the other of two machines to work; gives that one's own folder."""
    fsspec.filesystem("memory").store.clear()
    (tmp_path / "cities").mkdir()
    write_city(tmp_path / "cities")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_HOME", "memory://diskominfo/tolok")
    monkeypatch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    order = cycle(("a", "b"))

    def other() -> Path:
        folder = tmp_path / f"machine-{next(order)}"
        monkeypatch.setenv("TOLOK_MIRROR", str(folder))
        return folder

    other()
    yield other
    fsspec.filesystem("memory").store.clear()


def results() -> list[dict[str, Any]]:
    found = Warehouse(Settings.from_environment().warehouse_url).current(CITY, YEAR, is_whole=True)
    return [{name: value for name, value in row.items() if name not in TIMES} for row in found]


def test_each_step_by_another_machine_gives_what_one_machine_gives(
    machines: Turn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in steps.sources(CITY, YEAR):
        steps.fetch(CITY, source, YEAR)
        machines()
    for table in TABLES:
        steps.clean(CITY, table, YEAR)
        machines()
    for step in (steps.validate, steps.measure, steps.store, steps.report):
        step(CITY, YEAR)
        machines()
    shared = results()
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "alone"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    steps.run(CITY, YEAR)
    assert results() == shared
    assert len(shared) == len({row["indicator"] for row in shared}) > 1


def test_a_machine_without_the_exports_computes_from_the_storage(machines: Turn, tmp_path: Path) -> None:
    steps.run(CITY, YEAR)
    first = results()
    shutil.rmtree(tmp_path / "cities" / "data")
    folder = machines()
    steps.validate(CITY, YEAR)
    steps.measure(CITY, YEAR)
    assert all("unchanged" in line for line in steps.store(CITY, YEAR))
    assert results() == first
    assert not [*folder.glob("landing/objects/*/*")], "raw bytes are not needed where the clean tables are whole"
    report = folder / "reports" / CITY / f"{YEAR}.html"
    steps.report(CITY, YEAR)
    assert fsspec.filesystem("memory").cat_file(f"/diskominfo/tolok/reports/{CITY}/{YEAR}.html") == report.read_bytes()


def test_what_was_altered_in_the_storage_is_mended_by_who_has_the_source_and_refused_by_who_has_not(
    machines: Turn,
) -> None:
    steps.run(CITY, YEAR)
    first, storage = results(), fsspec.filesystem("memory")
    for path in storage.find("/diskominfo/tolok/landing/objects"):
        storage.pipe_file(path, b"x" + storage.cat_file(path)[1:])
    for path in storage.find("/diskominfo/tolok/clean"):
        storage.rm_file(path)
    machines()
    with pytest.raises(DataDamaged):
        steps.validate(CITY, YEAR)
    steps.run(CITY, YEAR)
    assert results() == first
    machines()
    assert verify(CITY, YEAR).findings == ()


def test_a_storage_without_a_shared_warehouse_is_refused() -> None:
    with pytest.raises(ConfigError, match="TOLOK_WAREHOUSE"):
        Settings.from_environment(dict(os.environ) | {"TOLOK_HOME": "s3://ember/tolok", "TOLOK_WAREHOUSE": ""})


def test_a_storage_with_a_warehouse_of_one_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="not to SQLite"):
        Settings.from_environment({"TOLOK_HOME": "s3://ember/tolok", "TOLOK_WAREHOUSE": "sqlite:////srv/w.sqlite"})


@pytest.mark.parametrize(
    ("setting", "others"),
    [("TOLOK_HOME", {}), ("TOLOK_MIRROR", {"TOLOK_HOME": "s3://ember/tolok", "TOLOK_WAREHOUSE": "postgresql://db/w"})],
)
def test_half_an_address_is_no_folder(setting: str, others: dict[str, str]) -> None:
    for address in ("s3:/ember/tolok", "gs:/ember"):
        with pytest.raises(ConfigError, match=f"{setting}='{address}'"):
            Settings.from_environment({**others, setting: address})


def test_a_mirror_in_a_storage_is_refused() -> None:
    told = {"TOLOK_HOME": "s3://ember/a", "TOLOK_WAREHOUSE": "postgresql://db/w", "TOLOK_MIRROR": "s3://ember/b"}
    with pytest.raises(ConfigError, match="a folder of this machine"):
        Settings.from_environment(told)


@pytest.mark.usefixtures("machines")
@pytest.mark.parametrize(("fault", "said"), [(PermissionError, "may not be written"), (OSError, "cannot be written")])
def test_a_fault_of_the_storage_names_the_setting_and_the_object(
    fault: type[OSError], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", refuse)
    with pytest.raises(TolokError, match=f"TOLOK_HOME: memory://diskominfo/tolok/landing/objects/.*{said}"):
        steps.fetch(CITY, "meja", YEAR)


def test_an_unknown_storage_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="TOLOK_HOME: unknown storage"):
        Storage("ftp://ember/tolok")


def test_the_address_of_a_folder_is_the_folder(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOLOK_HOME": f"file://{tmp_path}"})
    assert (settings.home, settings.storage_url) == (tmp_path, "")


def test_a_copy_that_was_altered_on_one_machine_changes_no_clean_table(
    machines: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, hashed = machines(), objects.hash_of
    # As of a file so large that its first rows are read long before its hash is known.
    monkeypatch.setattr(objects, "hash_of", lambda *known: (time.sleep(0.3), hashed(*known))[1])
    for source in steps.sources(CITY, YEAR):
        steps.fetch(CITY, source, YEAR)
    first = steps.clean(CITY, "inquiries", YEAR)
    whole = steps.dataset(CITY, "inquiries", YEAR).frame
    storage = fsspec.filesystem("memory")
    for path in storage.find("/diskominfo/tolok/clean"):
        storage.rm_file(path)
    shutil.rmtree(folder / "clean")
    for path in folder.glob("landing/objects/*/*"):
        if not path.suffix:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes().replace(b"08:00", b"07:00"))
    assert steps.clean(CITY, "inquiries", YEAR) == first
    assert steps.dataset(CITY, "inquiries", YEAR).frame.equals(whole)


def damage_storage(pattern: bytes = b"") -> int:
    """Alter every raw file in the storage that holds a text; gives how many."""
    storage, count = fsspec.filesystem("memory"), 0
    for path in storage.find("/diskominfo/tolok/landing/objects"):
        content = storage.cat_file(path)
        if not path.endswith(".json") and pattern in content:
            storage.pipe_file(path, b"x" + content[1:])
            count += 1
    return count


def test_what_was_altered_in_the_storage_is_put_again_by_a_run_whose_mirror_holds_it(
    machines: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.run(CITY, YEAR)
    assert damage_storage(b"Aplikasi") == 1
    code, out, err = tolok(monkeypatch, "verify", CITY, YEAR)
    assert code == 3
    assert "altered or gone in the storage: pengaduan.csv" in out
    assert "puts them there again from the copy of this machine" in err
    assert tolok(monkeypatch, "run", CITY, YEAR)[0] == 0
    for _ in range(2):
        assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0
        machines()


def test_a_machine_with_neither_copy_nor_export_is_told_who_has_them(
    machines: Turn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps.run(CITY, YEAR)
    damage_storage(b"Aplikasi")
    (tmp_path / "cities" / "data" / "pengaduan.csv").rename(tmp_path / "pengaduan.csv")
    machines()
    code, out, err = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, "altered or gone: pengaduan.csv" in out, "TOLOK_MIRROR" in err) == (3, True, True)
    (tmp_path / "pengaduan.csv").rename(tmp_path / "cities" / "data" / "pengaduan.csv")
    assert tolok(monkeypatch, "run", CITY, YEAR)[0] == 0
    assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0


@pytest.mark.usefixtures("machines")
def test_a_file_in_the_storage_that_nobody_wrote_to_is_read_once_by_each_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps.run(CITY, YEAR)
    read = list[str]()
    monkeypatch.setattr(Storage, "sha256", lambda _, key: read.append(key))
    steps.run(CITY, YEAR)
    assert read == []
