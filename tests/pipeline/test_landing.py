"""Folders and files that become whole in one step, whoever else makes the same, and however a maker ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import SourceUnavailable
from pipeline import landing
from pipeline.landing import atomic_folder, land_bytes


def test_a_folder_left_by_a_killed_maker_is_swept_and_one_being_made_is_not(tmp_path: Path) -> None:
    target = tmp_path / "dataset"
    left = tmp_path / ".draft-dataset-left"
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


def test_bytes_that_change_while_they_are_copied_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = tmp_path / "ekspor.csv"
    export.write_bytes(b"a" * 100)
    find = landing.object_path

    def change(home: Path, sha256: str) -> Path:
        export.write_bytes(b"a" * 101)
        return find(home, sha256)

    monkeypatch.setattr(landing, "object_path", change)
    with pytest.raises(SourceUnavailable, match="changed while it was copied"):
        land_bytes(tmp_path / "home", export, name=export.name)
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
