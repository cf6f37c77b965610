"""Folders and files that become whole in one step, whoever else makes the same, and however a maker ends."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from connectors.errors import SourceUnavailable
from pipeline.atomic import atomic_folder
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.landing import LandedFile, land, land_bytes, object_path, objects
from pipeline.periods import Period
from pipeline.progress import Meter


def test_a_folder_left_by_a_killed_maker_is_swept_and_one_being_made_is_not(tmp_path: Path) -> None:
    target = tmp_path / "dataset"
    left = tmp_path / ".draft-dataset-left0_1a"
    left.mkdir()
    (left / "half").touch()
    with atomic_folder(target) as first:
        assert not left.exists()
        with atomic_folder(target) as second:
            (second / "whole").touch()
            assert first.is_dir()
        assert target.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]
    assert [path.name for path in target.iterdir()] == ["whole"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ArithmeticError])
def test_a_block_that_ends_badly_leaves_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    def begin() -> None:
        with atomic_folder(tmp_path / "dataset") as draft:
            (draft / "half").touch()
            raise fault

    with pytest.raises(fault):
        begin()
    assert list(tmp_path.iterdir()) == []


class _Changed(Meter):
    """Writes to a file once it has been read for the first time."""

    def __init__(self, path: Path, content: bytes) -> None:
        super().__init__()
        self._path, self._content = path, content

    def read(self, bytes_count: int) -> None:
        super().read(bytes_count)
        self._path.write_bytes(self._content)


@pytest.mark.parametrize("content", [b"a" * 101, b"b" * 100], ids=["longer", "as long"])
def test_bytes_that_change_while_they_are_copied_are_refused(tmp_path: Path, content: bytes) -> None:
    export = tmp_path / "ekspor.csv"
    export.write_bytes(b"a" * 100)
    os.utime(export, (0, 0))
    with pytest.raises(SourceUnavailable, match="changed while it was copied"):
        land_bytes(tmp_path / "home", export, name=export.name, meter=_Changed(export, content))
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_is_landed_once_under_its_hash_however_often_and_whatever_was_thought_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    monkeypatch.setattr(objects, "CHUNK_BYTES", 7)
    export, home = tmp_path / "ekspor.csv", tmp_path / "home"
    export.write_bytes(bytes(range(256)))
    sha256 = hashlib.sha256(bytes(range(256))).hexdigest()
    earlier = (LandedFile("a.csv", "main", sha256, 256, "", ""),)
    first = land_bytes(home, export, name="a.csv", earlier=earlier if is_known else ())
    inode = object_path(home, sha256).stat().st_ino
    assert first[:2] == (sha256, 256)
    assert land_bytes(home, export, name="b.csv", earlier=earlier) == first
    assert object_path(home, sha256).read_bytes() == export.read_bytes()
    assert object_path(home, sha256).stat().st_ino == inode
    assert object_path(home, sha256).stat().st_mode & 0o777 == 0o400


def test_a_file_that_landed_before_is_not_copied_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("kode\n1\n")
    columns = {"service_id": "kode", "is_accessible_online": "kode", "is_requestable_online": "kode"}
    source = Source.model_validate({"table": "services", "path": "*.csv", "format": "csv", "columns": columns})
    city = City.model_construct(city="kota", folder=tmp_path, zone="Asia/Jakarta", sources={"layanan": source})

    def landed(label: str) -> tuple[LandedFile, ...]:
        return land(tmp_path / "home", city=city, source_name="layanan", period=Period.parse(label)).files

    first = landed("2025-01")
    monkeypatch.setattr(objects, "publish", lambda *_: pytest.fail("copied again"))
    assert landed("2025") == landed("2025-01") == first
