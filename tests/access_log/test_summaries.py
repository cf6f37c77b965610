"""Summaries of log files are kept by what they were made from, add up to what one count gives, and prove themselves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access_log import count as counting
from pipeline.access_log import parts, sessions, summaries, summary
from pipeline.access_log.count import LogCounts, LogFile, LogTerms, count_visits
from pipeline.access_log.summaries import DAYS_KEPT, Summaries
from pipeline.clean.dataset import clean_table, read_dataset
from pipeline.clean.dataset import dataset_path as path_of
from pipeline.config.city import City
from pipeline.landing import land, object_path
from pipeline.periods import Period
from pipeline.tables import TABLES
from tests.access_log.test_log_parts import TERMS, assert_same, ordered_lines, written

# The child reads blocks of 700 bytes slowly.
SLOW_COUNT = """
import sys, time
from pathlib import Path
from pipeline.access_log import parts, summary
from pipeline.access_log.count import LogFile, count_visits
from pipeline.access_log.summaries import Summaries
from tests.access_log.test_log_parts import TERMS
read, parts.BLOCK_BYTES, parts.PART_BYTES = summary.LineReader.read, 700, 3000
summary.LineReader.read = lambda self, block: (time.sleep(0.05), read(self, block))[1]
count_visits([LogFile("file0", Path(sys.argv[1]))], terms=TERMS, summaries=Summaries(Path(sys.argv[2])))
"""
CITY = {
    "city": "kota-uji",
    "name": "Kota Uji",
    "zone": "Asia/Jakarta",
    "region_codes": {"kemendagri": "99.71"},
    "sources": {"log": {"table": "visits", "format": "access_log", "path": "log*"}},
}

BlocksRead = Callable[[], int]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BLOCK_BYTES", 700)
    monkeypatch.setattr(parts, "PART_BYTES", 3000)
    monkeypatch.setattr(sessions, "PENDING_RUNS", 3)


@pytest.fixture
def blocks_read(monkeypatch: pytest.MonkeyPatch) -> BlocksRead:
    """How many blocks were read since it was last asked."""
    read, blocks = summary.LineReader.read, [0, 0]

    def counted(reader: summary.LineReader, block: bytes | memoryview) -> object:
        blocks[0] += 1
        return read(reader, block)

    def since() -> int:
        blocks[1], before = blocks[0], blocks[1]
        return blocks[1] - before

    monkeypatch.setattr(summary.LineReader, "read", counted)
    return since


def lines_of(seed: int, *, count: int = 300) -> list[bytes]:
    return ordered_lines(random.Random(seed), count=count)  # noqa: S311


def count(files: list[LogFile], folder: Path | None = None, *, terms: LogTerms = TERMS) -> LogCounts:
    """The counts, whose summaries are then taken for proven."""
    kept = Summaries(folder)
    counts = count_visits(files, terms=terms, summaries=kept)
    kept.confirm()
    return counts


def named(files: list[LogFile]) -> list[LogFile]:
    """The files with names by which their bytes are known."""
    return [replace(file, sha256=f"{hash(file.path.read_bytes())}") for file in files]


def kept_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.suffix == ".summary")


def test_of_files_known_by_their_hash_nothing_is_read_again(tmp_path: Path, blocks_read: BlocksRead) -> None:
    files = named(written(tmp_path, lines_of(1), lines_of(2), lines_of(3)))
    whole, _ = count(files, tmp_path / "kept"), blocks_read()
    assert_same(count(files, tmp_path / "kept"), whole)
    assert blocks_read() == 0
    written(tmp_path, lines_of(1), lines_of(4))
    changed = named(files)
    counts, of_one = count(changed, tmp_path / "kept"), blocks_read()
    assert_same(counts, count(changed))
    assert 0 < of_one < blocks_read() / 2


@settings(max_examples=12, deadline=None)
@given(st.data(), st.integers(0, 1000), st.integers(1, 4), st.booleans(), st.sampled_from([2000, 1 << 30]))
def test_place_order_and_repeats_of_parts_change_no_count(
    data: st.DataObject, seed: int, files_count: int, is_zipped: bool, part_bytes: int
) -> None:
    """Lines of one log in any files, summarised alone and in any order, some twice, give what one file gives."""
    lines = [line for line in lines_of(seed, count=80) if line]
    homes = data.draw(st.lists(st.integers(0, files_count - 1), min_size=len(lines), max_size=len(lines)))
    homes = sorted(homes) if data.draw(st.booleans()) else homes
    split = [[line for line, home in zip(lines, homes, strict=True) if home == nth] for nth in range(files_count)]
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", part_bytes)
        folder = Path(name)
        files = written(folder, *split, zipped=is_zipped)
        for nth in data.draw(st.lists(st.integers(0, files_count - 1), max_size=6)):
            count([files[nth]], folder / "kept")
        counts = count(files, folder / "kept")
        assert_same(counts, count(files))
        (folder / "whole").write_bytes(b"\n".join(line for part in split for line in part))
        whole = count([LogFile("whole", folder / "whole")])
    rows = ["visited_on", "variant", "visits_count"]
    pd.testing.assert_frame_equal(counts.visits[rows], whole.visits[rows])
    assert counts.hours == whole.hours
    if all(split):
        pd.testing.assert_frame_equal(counts.tally, whole.tally)


@pytest.mark.parametrize("is_zipped", [False, True])
def test_a_killed_count_goes_on_behind_what_it_had_read(
    tmp_path: Path, blocks_read: BlocksRead, is_zipped: bool
) -> None:
    files = written(tmp_path, lines_of(1, count=300), zipped=is_zipped)
    whole, whole_count = count(files), blocks_read()
    command = [sys.executable, "-c", SLOW_COUNT, str(files[0].path), str(tmp_path / "killed")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as child:
        while child.poll() is None and len([*(tmp_path / "killed").glob("*/[!.]*")]) < 4:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert_same(count(files, tmp_path / "killed"), whole)
    assert 0 < blocks_read() < whole_count - 9


def _with_a_flipped_byte(kept: bytes) -> bytes:
    middle = len(kept) // 2
    return kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda kept: kept[:-9], _with_a_flipped_byte, lambda _: b"", None])
def test_a_damaged_or_missing_summary_is_made_anew(
    tmp_path: Path, blocks_read: BlocksRead, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes] | None
) -> None:
    files = named(written(tmp_path, lines_of(2), lines_of(3)))
    whole, whole_count = count(files, tmp_path / "kept"), blocks_read()
    path = kept_in(tmp_path / "kept")[0]
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    assert_same(count(files, tmp_path / "kept"), whole)
    assert 0 < blocks_read() < whole_count / 2
    assert ("was damaged" in caplog.text) == (damage is not None)
    assert path.is_file()


@pytest.mark.parametrize(
    "changed", [{"idle_seconds": 60}, {"own_networks": ("10.0.0.0/8",)}, {"zone": ZoneInfo("Asia/Jayapura")}]
)
def test_other_settings_or_code_use_no_summary_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks_read: BlocksRead, changed: dict[str, object]
) -> None:
    files = named(written(tmp_path, lines_of(3)))
    count(files, tmp_path / "kept")
    other = replace(TERMS, **changed)  # type: ignore[arg-type]
    assert_same(count(files, tmp_path / "kept", terms=other), count(files, terms=other))
    blocks_read()
    count(files, tmp_path / "kept", terms=replace(TERMS, portal_id="other"))
    assert blocks_read() == 0
    monkeypatch.setattr(summaries, "code_sha256", lambda: "other")
    count(files, tmp_path / "kept")
    assert blocks_read() > 0


def test_summaries_are_the_owners_and_hold_no_address_and_no_agent(tmp_path: Path) -> None:
    count(named(written(tmp_path, lines_of(4))), tmp_path / "kept")
    found = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert len(found) > 3
    for path in (tmp_path / "kept", *(tmp_path / "kept").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0
    for path in found:
        assert not any(text in path.read_bytes() for text in (b"10.0.0.", b"2001:db8", b"Mozilla"))


def test_without_its_key_no_summary_is_used(tmp_path: Path, blocks_read: BlocksRead) -> None:
    files = named(written(tmp_path, lines_of(5)))
    whole, whole_count = count(files, tmp_path / "kept"), blocks_read()
    before = kept_in(tmp_path / "kept")
    (tmp_path / "kept" / "key").unlink()
    assert_same(count(files, tmp_path / "kept"), whole)
    assert blocks_read() == whole_count
    for path in before:
        os.utime(path, times=(time.time() - 8 * 86_400,) * 2)
    count(files, tmp_path / "kept")
    assert set(kept_in(tmp_path / "kept")).isdisjoint(before)


def test_a_summary_not_used_for_long_is_removed(tmp_path: Path) -> None:
    files = named(written(tmp_path, lines_of(6), lines_of(7)))
    count(files[:1], tmp_path / "kept")
    first = kept_in(tmp_path / "kept")
    count(files, tmp_path / "kept")
    for path in kept_in(tmp_path / "kept"):
        os.utime(path, times=(time.time() - (DAYS_KEPT + 1) * 86_400,) * 2)
    count(files[:1], tmp_path / "kept")
    assert kept_in(tmp_path / "kept") == first


@pytest.mark.parametrize("where", ["pipeline.atomic.tempfile.mkstemp", "pathlib.Path.mkdir"])
def test_a_count_ends_where_no_summary_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    files = named(written(tmp_path, lines_of(8)))
    whole = count(files)
    monkeypatch.setattr(where, refuse)
    assert_same(count(files, tmp_path / "kept"), whole)


def test_a_summary_removed_while_parts_are_added_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = named(written(tmp_path, lines_of(9), zipped=True))
    whole, add_up = count(files), counting.add_up

    def forgetful(*arguments: object, **named_arguments: object) -> object:
        for path in (tmp_path / "kept").glob("*/*"):
            path.unlink()
        return add_up(*arguments, **named_arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "add_up", forgetful)
    assert_same(count(files, tmp_path / "kept"), whole)


def made(home: Path, city: City) -> pd.DataFrame:
    manifest = land(home, city=city, source_name="log", period=Period.parse("2025"))
    name = clean_table(home, city=city, table_name="visits", manifests=[manifest])
    return read_dataset(path_of(home, city, "visits", name), TABLES["visits"]).frame


def cities(folder: Path) -> Iterator[City]:
    """A city with a log of one file, and then of two."""
    for nth in range(2):
        (folder / f"log{nth}").write_bytes(b"\n".join(lines_of(nth)))
        yield City.model_validate(CITY | {"folder": folder})


def test_a_new_file_of_a_city_is_the_only_one_read_and_leaves_nothing_else(
    tmp_path: Path, blocks_read: BlocksRead
) -> None:
    found = cities(tmp_path)
    made(tmp_path / "home", next(found))
    of_first = blocks_read()
    both = next(found)
    frame, of_second = made(tmp_path / "home", both), blocks_read()
    pd.testing.assert_frame_equal(frame, made(tmp_path / "other", both))
    assert blocks_read() == of_first + of_second
    clean = tmp_path / "home" / "clean" / "kota-uji"
    assert sorted(path.name for path in clean.iterdir()) == ["log-summaries", "visits"]
    assert {path.suffix for path in clean.glob("log-summaries/*/*")} == {".summary"}


def test_bytes_that_are_not_those_landed_leave_no_summary_for_those_that_are(tmp_path: Path) -> None:
    city = next(cities(tmp_path))
    manifest = land(tmp_path / "home", city=city, source_name="log", period=Period.parse("2025"))
    landed = object_path(tmp_path / "home", manifest.files[0].sha256)
    whole = landed.read_bytes()
    landed.chmod(0o600)
    landed.write_bytes(whole.replace(b"10.0.0.1", b"10.0.0.2"))
    log = [LogFile("log", landed, sha256=manifest.files[0].sha256)]
    # Whoever finds the bytes altered does not confirm.
    altered = count_visits(log, terms=TERMS, summaries=Summaries(tmp_path / "kept"))
    landed.unlink()
    landed.write_bytes(whole)
    healed = count(log, tmp_path / "kept")
    assert_same(healed, count(log))
    assert not healed.visits.equals(altered.visits)
