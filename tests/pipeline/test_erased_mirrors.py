"""A person erased on one machine is not in the storage afterwards, nor in another's mirror after its next run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from pipeline import steps
from pipeline.erasing.decision import carry_out
from pipeline.erasing.plan import plan_for
from pipeline.erasing.request import Request
from pipeline.verifying import verify
from tests.acceptance.exports import write_city

CITY, YEAR, PERSON = "kota-uji", "2024", "TKT-40417"


def holding(home: Path) -> list[str]:
    """The files in a mirror that hold the person."""
    paths = [path for path in home.rglob("*") if path.is_file()]
    assert len(paths) > 10
    texts = {
        path: pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else path.read_bytes()
        for path in paths
    }
    return sorted(str(path.relative_to(home)) for path, text in texts.items() if PERSON.encode() in text)


def stored(*, text: bytes) -> list[str]:
    """The raw files in the storage that hold a text."""
    files = fsspec.filesystem("memory")
    found = [key for key in files.find("/diskominfo") if "/objects/" in key]
    assert len(found) > 5
    return [key for key in found if text in files.cat_file(key)]


def test_storage_and_the_mirrors_of_all_machines_are_rid_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.filesystem("memory").store.clear()
    (tmp_path / "cities").mkdir()
    write_city(tmp_path / "cities")
    export = tmp_path / "cities" / "data" / "pengaduan.csv"
    export.write_text(f"{export.read_text('utf-8')}{PERSON};Web;12 Mar 2024 08:00;13 Mar 2024 09:00;Siti\n", "utf-8")
    one, other = tmp_path / "one", tmp_path / "other"
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_HOME", "memory://diskominfo/tolok")
    monkeypatch.setenv("TOLOK_WAREHOUSE", f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    for mirror in (one, other):
        monkeypatch.setenv("TOLOK_MIRROR", str(mirror))
        steps.run(CITY, YEAR)
    assert holding(one)
    assert holding(other)
    assert stored(text=PERSON.encode())
    half = "/diskominfo/tolok/clean/kota-uji/inquiries/0a0a0a0a0a0a0a0a0a0a/2024-03.rows.parquet"
    fsspec.filesystem("memory").pipe_file(half, b"copied by a machine that was killed before the list came")
    monkeypatch.setenv("TOLOK_MIRROR", str(one))
    request = Request(CITY, "inquiries", (PERSON,), "Sekda", "surat 12/2026")
    carry_out(plan_for(request), now=datetime.now(UTC))
    assert (holding(one), stored(text=PERSON.encode())) == ([], [])
    assert not fsspec.filesystem("memory").exists(half)
    assert holding(other)
    monkeypatch.setenv("TOLOK_MIRROR", str(other))
    assert any("erased by decision 1" in line for line in steps.run(CITY, YEAR))
    assert (holding(other), stored(text=PERSON.encode())) == ([], [])
    assert verify(CITY, YEAR).findings == ()
    fsspec.filesystem("memory").store.clear()
