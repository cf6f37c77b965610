"""How the reading of access logs is divided: parts, two threads, overlapping files and late lines change no count."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import current_thread, main_thread
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from connectors.errors import DataRejected
from pipeline.access_log import count as counting
from pipeline.access_log import parts, sessions
from pipeline.access_log.count import LogCounts, LogFile, LogTerms, count_visits
from pipeline.access_log.summary import Summariser, Summary
from pipeline.access_log.totals import Totals
from pipeline.periods import midnight

TERMS = LogTerms(ZoneInfo("Asia/Jakarta"), "portal", own_networks=("103.10.20.0/24",))
BEGIN = datetime(2024, 11, 20, tzinfo=UTC)
AGENTS = (b"Mozilla/5.0 (X11)", b"Mozilla/5.0 (Windows NT 10.0)", b"Googlebot/2.1", b"-", b"Zabbix", b"a" * 600, b"")
ADDRESSES = (b"10.0.0.1", b"10.0.0.2", b"2001:db8:1234:5678:9abc::1", b"103.10.20.9", b"kota.go.id")
REQUESTS = (
    b"GET / HTTP/1.1",
    b"GET /a?b HTTP/1.1",
    b'GET /\\"c\\" HTTP/1.1',
    b"GET /a.css HTTP/1.1",
    b"POST / HTTP/1.1",
)
JUNK = (b"", b"\x16\x03", b'10.0.0.1 - - [x] "GET / HTTP/1.1" 200 1', b'"', b"\\", b"\xff" * 40)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BLOCK_BYTES", 700)
    monkeypatch.setattr(parts, "PART_BYTES", 9000)
    monkeypatch.setattr(sessions, "PENDING_RUNS", 3)


def ordered_lines(rng: random.Random, *, count: int) -> list[bytes]:
    """Ninety days over a new year, up to half a day late here and there."""
    lines = []
    for step in sorted(rng.random() for _ in range(count)):
        at = BEGIN + timedelta(days=90 * step, hours=rng.choice((0, 0, 0, -12 * rng.random())))
        text = (rng.choice(ADDRESSES), f"{at:%d/%b/%Y:%H:%M:%S +0000}".encode(), rng.choice(REQUESTS))
        lines.append(b'%b - - [%b] "%b" %d 5 "-" "%b"' % (*text, rng.choice((200, 304, 301, 404)), rng.choice(AGENTS)))
        lines += rng.choices(JUNK) if rng.random() < 0.05 else []
    return lines


@pytest.mark.parametrize("seed", range(5))
def test_returns_end_lines_wherever_blocks_are_cut(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)  # noqa: S311 no secret
    # An empty line ended by a newline would make of the return before it one end of both.
    lines = list(filter(None, ordered_lines(rng, count=300)))
    expected = counted(tmp_path, [*lines, b""])
    (tmp_path / "0").write_bytes(b"".join(line + rng.choice((b"\n", b"\r", b"\r\n")) for line in lines))
    assert_same(count_visits([LogFile("file0", tmp_path / "0")], terms=TERMS), expected)


def written(folder: Path, *files: list[bytes], zipped: bool = False) -> list[LogFile]:
    for number, lines in enumerate(files):
        content = b"\n".join(lines)
        (folder / f"{number}").write_bytes(gzip.compress(content) if zipped else content)
    return [LogFile(f"file{number}", folder / f"{number}") for number in range(len(files))]


def counted(folder: Path, *files: list[bytes], zipped: bool = False) -> LogCounts:
    return count_visits(written(folder, *files, zipped=zipped), terms=TERMS)


def counted_at_once(folder: Path, *files: list[bytes]) -> LogCounts:
    """All lines of a file in one part, without small blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BLOCK_BYTES", 1 << 23)
        patch.setattr(parts, "PART_BYTES", 1 << 30)
        patch.setattr(sessions, "PENDING_RUNS", 1 << 30)
        return counted(folder, *files)


def assert_same(one: LogCounts, other: LogCounts) -> None:
    pd.testing.assert_frame_equal(one.visits, other.visits)
    pd.testing.assert_frame_equal(one.tally, other.tally)
    assert [(counts.rows_count, counts.unread_count) for counts in one.files] == [
        (counts.rows_count, counts.unread_count) for counts in other.files
    ]
    assert one.hours == other.hours
    assert one.remarks == other.remarks


@pytest.mark.parametrize("seed", range(12))
def test_late_lines_and_files_out_of_order_change_no_count(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    lines = ordered_lines(rng, count=400)
    for _ in range(seed % 4):
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
    cut = rng.randrange(len(lines))
    files = (lines[cut:], lines[:cut]) if seed % 2 else (lines[::2], lines[1::2])
    assert_same(counted(tmp_path, *files, zipped=seed % 3 == 0), counted_at_once(tmp_path, *files))


def test_memory_of_files_that_overlap_is_that_of_the_days_being_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    close = Totals.close

    def watched(totals: Totals, day: int) -> None:
        close(totals, day)
        kept.append(sum(visits.open_count for visits in totals.visits.values()))

    monkeypatch.setattr(Totals, "close", watched)
    monkeypatch.setattr(parts, "PART_BYTES", 20_000)
    visits = counted(tmp_path, *[ordered_lines(random.Random(3), count=4000)] * 2).visits  # noqa: S311
    # Both files have the same days; what both have told is counted once the next part begins.
    assert 0 < max(kept) < visits["visits_count"].sum() / 6


def test_two_threads_count_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [ordered_lines(random.Random(seed), count=600) for seed in range(3)]  # noqa: S311
    whole = counted_at_once(tmp_path, *files)
    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", 1)
    assert_same(counted(tmp_path, *files), whole)
    assert_same(counted(tmp_path, files[0]), counted_at_once(tmp_path, files[0]))


@pytest.mark.parametrize("seed", range(8))
def test_any_cut_of_a_file_in_two_changes_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    lines = ordered_lines(rng, count=rng.choice((1, 2, 3, 400)))
    whole = counted_at_once(tmp_path, lines)
    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", 1)
    assert_same(counted(tmp_path, lines), whole)


def test_no_part_is_read_on_when_another_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def summaries(summariser: Summariser, *_: object, **__: object) -> Iterator[Summary]:
        if current_thread() is not main_thread():
            raise DataRejected(id="rusak", en="damaged")
        assert summariser.is_over.wait(60)
        return iter(())

    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", 1)
    monkeypatch.setattr(Summariser, "summaries", summaries)
    with pytest.raises(DataRejected, match="damaged"):
        counted(tmp_path, ordered_lines(random.Random(1), count=300))  # noqa: S311


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia"])
def test_days_begin_when_the_calendar_says(zone: str) -> None:
    begins = sessions.midnights(ZoneInfo(zone))
    days = (sessions.FIRST_DAY + np.arange(len(begins))).tolist()
    assert begins.tolist() == [int(midnight(day, ZoneInfo(zone)).timestamp()) for day in days]
