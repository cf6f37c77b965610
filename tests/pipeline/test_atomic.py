"""A file put in place of another: its reader and its folder see the old or the new, never half and never a draft."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.atomic import atomic_folder, draft_file, publish, write_atomically


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_as_utf_8_in_a_folder_made_for_it(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new" / "page", "Batas ≤ 5")
    write_atomically(tmp_path / "new" / "bytes", b"\xff")
    assert (tmp_path / "new" / "page").read_bytes() == "Batas ≤ 5".encode()
    assert names_in(tmp_path / "new") == ["bytes", "page"]


def test_who_reads_the_old_file_goes_on_reading_it_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "page", "old and long")
    with (tmp_path / "page").open() as reader:
        write_atomically(tmp_path / "page", "new")
        assert reader.read() == "old and long"
    assert (tmp_path / "page").read_text() == "new"


def test_the_same_text_is_not_written_again(tmp_path: Path) -> None:
    write_atomically(tmp_path / "page", "text")
    before = (tmp_path / "page").stat().st_ino
    with (tmp_path / "page").open():  # so that no new file can have the number of the old
        write_atomically(tmp_path / "page", "text")
    assert (tmp_path / "page").stat().st_ino == before


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    write_atomically(tmp_path / "page", "old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "page", "new")
    assert (tmp_path / "page").read_text() == "old"
    assert names_in(tmp_path) == ["page"]


def test_a_killed_writer_s_draft_goes_with_the_next_write(tmp_path: Path) -> None:
    (tmp_path / ".draft-page-killed_0").touch()
    write_atomically(tmp_path / "page", "new")
    assert names_in(tmp_path) == ["page"]


def test_a_folder_does_not_take_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "dataset").touch()
    with pytest.raises(NotADirectoryError), atomic_folder(tmp_path / "dataset"):
        pass
    assert names_in(tmp_path) == ["dataset"]


def test_a_draft_file_is_gone_at_the_end_unless_it_was_published(tmp_path: Path) -> None:
    with draft_file(tmp_path / "object") as draft:
        assert draft.parent == tmp_path
    assert names_in(tmp_path) == []
    with draft_file(tmp_path / "object") as draft:
        publish(draft, tmp_path / "object")
    assert names_in(tmp_path) == ["object"]


def test_nobody_sweeps_drafts_between_the_making_of_one_and_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkdtemp, []

    def make_while_another_sweeps(*, prefix: str, dir: Path) -> str:
        folder = os.open(dir, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(folder)
        made.append(make(prefix=prefix, dir=dir))
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", make_while_another_sweeps)
    with atomic_folder(tmp_path / "dataset") as draft:
        assert [str(draft)] == made


class Disk:
    """What a power cut would leave: of files and folders, what was synced of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sync, self._replace = os.fsync, Path.replace
        self._synced: dict[int, tuple[object, ...]] = {}
        self.renamed: list[Path] = []
        self.emptied: list[str] = []
        monkeypatch.setattr(os, "fsync", self._note_sync)
        monkeypatch.setattr(Path, "replace", lambda draft, target: self._note_rename(draft, Path(target)))

    def has(self, path: Path, *, below: Path) -> bool:
        """Whether the folders from `below` down to the path would still know it."""
        return path == below or (
            path.name in self._synced.get(path.parent.stat().st_ino, ()) and self.has(path.parent, below=below)
        )

    def _note_sync(self, handle: int) -> None:
        self._sync(handle)
        path = Path(f"/proc/self/fd/{handle}").resolve()
        self._synced[path.stat().st_ino] = _content(path)

    def _note_rename(self, draft: Path, target: Path) -> Path:
        for path in (draft, *draft.rglob("*")):
            if self._synced.get(path.stat().st_ino) != _content(path):
                self.emptied.append(f"{path.relative_to(draft)} of {target.name}")
        self.renamed.append(target)
        return self._replace(draft, target)


def _content(path: Path) -> tuple[object, ...]:
    """The names in a folder; of a file its size and when it was last written to."""
    if path.is_dir():
        return tuple(sorted(inside.name for inside in path.iterdir()))
    return path.stat().st_size, path.stat().st_mtime_ns


def test_a_power_cut_after_a_run_empties_no_file_and_forgets_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    disk = Disk(monkeypatch)
    steps.run("kota-contoh", "2025-03")
    kept = [path for path in disk.renamed if path.exists()]
    assert {path.relative_to(tmp_path / "home").parts[0] for path in kept} >= {"landing", "clean", "reports", "runs"}
    assert disk.emptied == []
    assert [path for path in kept if not disk.has(path, below=tmp_path)] == []
