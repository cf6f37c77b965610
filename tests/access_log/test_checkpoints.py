"""An interrupted count resumes where it stopped, with the same result, and leaves nothing behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access_log import count as counting
from pipeline.access_log import sessions, share
from pipeline.access_log.checkpoints import Checkpoints, ShareCheckpoint, forget_checkpoints
from pipeline.access_log.count import LogCounts, LogFile, count_visits
from pipeline.clean.dataset import clean_table, dataset_name, dataset_path
from pipeline.config.city import City
from pipeline.landing import land
from pipeline.periods import Period
from tests.access_log.test_share import TERMS, assert_same, ordered_lines, written

# The child counts blocks of 700 bytes slowly and saves a checkpoint after each.
SLOW_COUNT = """
import sys, time
from pathlib import Path
from pipeline.access_log import count as counting, share
from pipeline.access_log.checkpoints import Checkpoints
from tests.access_log.test_share import TERMS
read, counting.BLOCK_BYTES = share.LineReader.read, 700
share.LineReader.read = lambda self, block: (time.sleep(0.05), read(self, block))[1]
files = [counting.LogFile("file0", Path(sys.argv[1]))]
counting.count_visits(files, terms=TERMS, checkpoints=Checkpoints(Path(sys.argv[2]), every_seconds=0))
"""
CITY = {
    "city": "kota-uji",
    "name": "Kota Uji",
    "zone": "Asia/Jakarta",
    "region_codes": {"kemendagri": "99.71"},
    "sources": {"log": {"table": "visits", "format": "access_log", "path": "log"}},
}


class Stopped(Exception):
    """As if the power had gone."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BLOCK_BYTES", 700)
    monkeypatch.setattr(sessions, "PENDING_RUNS", 3)


def count(files: list[LogFile], folder: Path, *, blocks_until_stop: int = sys.maxsize) -> LogCounts | None:
    """The counts; null when stopped. Checkpoints are saved after every 16th block and the one at which it stops."""
    save, left = ShareCheckpoint.save, blocks_until_stop

    def save_some(checkpoint: ShareCheckpoint, state: object) -> None:
        nonlocal left
        left -= 1
        if left < 0 or left % 16 == 0:
            save(checkpoint, state)
        if left < 0:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ShareCheckpoint, "save", save_some)
        try:
            return count_visits(files, terms=TERMS, checkpoints=Checkpoints(folder, every_seconds=0))
        except Stopped:
            return None


def blocks_read(files: list[LogFile], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LogCounts, int]:
    read, blocks = share.LineReader.read, []
    monkeypatch.setattr(share.LineReader, "read", lambda self, block: (blocks.append(1), read(self, block))[1])
    counts = count(files, folder)
    assert counts
    return counts, len(blocks)


def test_a_killed_process_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path, ordered_lines(random.Random(1), count=800))  # noqa: S311
    whole, blocks_count = blocks_read(files, tmp_path / "whole", monkeypatch)
    command = [sys.executable, "-c", SLOW_COUNT, str(files[0].path), str(tmp_path / "killed")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as child:
        saved: set[int] = set()
        while child.poll() is None and len(saved) < 12:
            saved |= {path.stat().st_mtime_ns for path in (tmp_path / "killed").glob("[!.]*")}
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    counts, rest_count = blocks_read(files, tmp_path / "killed", monkeypatch)
    assert_same(counts, whole)
    assert 0 < rest_count < blocks_count - 3


@settings(max_examples=25)
@given(
    st.integers(0, 1000),
    st.lists(st.integers(0, 60), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([1, 1 << 28]),
    st.booleans(),
)
def test_stopping_at_any_block_changes_no_count(
    seed: int, stops: list[int], is_zipped: bool, bytes_worth_sharing: int, is_late: bool
) -> None:
    rng = random.Random(seed)  # noqa: S311
    lines = ordered_lines(rng, count=200)
    if is_late:
        lines.append(lines.pop(0))
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "BYTES_WORTH_SHARING", bytes_worth_sharing)
        folder = Path(name)
        files = written(folder, lines[:150], lines[150:], zipped=is_zipped)
        for blocks in stops:
            count(files, folder / "checkpoints", blocks_until_stop=blocks)
        counts = count(files, folder / "checkpoints")
        assert counts
        assert_same(counts, count_visits(files, terms=TERMS))


def _with_a_flipped_byte(kept: bytes) -> bytes:
    middle = len(kept) // 2
    return kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda kept: kept[:-9], _with_a_flipped_byte, lambda _: b""])
def test_a_damaged_checkpoint_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: object) -> None:
    files = written(tmp_path, ordered_lines(random.Random(2), count=300))  # noqa: S311
    count(files, tmp_path / "checkpoints", blocks_until_stop=20)
    saved = [path for path in (tmp_path / "checkpoints").iterdir() if path.name != "key"]
    assert len(saved) == 1
    saved[0].write_bytes(damage(saved[0].read_bytes()))  # type: ignore[operator]
    counts, blocks_count = blocks_read(files, tmp_path / "checkpoints", monkeypatch)
    whole, whole_count = blocks_read(files, tmp_path / "whole", monkeypatch)
    assert_same(counts, whole)
    assert blocks_count == whole_count


def test_checkpoints_of_other_files_or_another_division_are_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ordered_lines(random.Random(3), count=300)  # noqa: S311
    count(written(tmp_path, lines), tmp_path / "checkpoints", blocks_until_stop=20)
    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", 1)
    files = written(tmp_path, lines)
    counts = count(files, tmp_path / "checkpoints")
    assert counts
    assert_same(counts, count_visits(files, terms=TERMS))


def test_checkpoints_are_the_owners_and_hold_no_address(tmp_path: Path) -> None:
    files = written(tmp_path, ordered_lines(random.Random(4), count=300))  # noqa: S311
    count(files, tmp_path / "checkpoints", blocks_until_stop=20)
    kept = [*(tmp_path / "checkpoints").iterdir()]
    assert len(kept) == 2
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        assert not any(text in path.read_bytes() for text in (b"10.0.0.", b"2001:db8", b"Mozilla"))
    assert (tmp_path / "checkpoints").stat().st_mode & 0o077 == 0


def test_a_count_continues_where_no_checkpoint_can_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    files = written(tmp_path, ordered_lines(random.Random(5), count=100))  # noqa: S311
    whole = count_visits(files, terms=TERMS)
    monkeypatch.setattr("pipeline.atomic.tempfile.mkstemp", refuse)
    counts = count(files, tmp_path / "checkpoints")
    assert counts
    assert_same(counts, whole)


def test_a_clean_table_that_was_interrupted_leaves_nothing_behind_once_it_is_made(tmp_path: Path) -> None:
    city = City.model_validate(CITY | {"folder": tmp_path})
    (tmp_path / "log").write_bytes(b"\n".join(ordered_lines(random.Random(6), count=300)))  # noqa: S311
    manifest = land(tmp_path, city=city, source_name="log", period=Period.parse("2025"))
    target = dataset_path(tmp_path, city, "visits", dataset_name(city, table_name="visits", manifests=[manifest]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ShareCheckpoint, "save", lambda checkpoint, state: (_ for _ in ()).throw(Stopped))  # noqa: ARG005
        with pytest.raises(Stopped):
            clean_table(tmp_path, city=city, table_name="visits", manifests=[manifest])
    assert [path.name for path in target.parent.iterdir()] == [f".{target.name}-checkpoints"]
    clean_table(tmp_path, city=city, table_name="visits", manifests=[manifest])
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_checkpoints_not_written_to_for_a_week_are_removed(tmp_path: Path) -> None:
    for name, days in (("old", 8), ("new", 6)):
        checkpoints = Checkpoints.beside(tmp_path / name, source="log")
        checkpoints.key()
        for path in (checkpoints.folder.parent, checkpoints.folder, checkpoints.folder / "key"):
            os.utime(path, times=(time.time() - days * 86_400,) * 2)
    forget_checkpoints(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == [".new-checkpoints"]
