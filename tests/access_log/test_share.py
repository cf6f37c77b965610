"""How the reading of access logs is divided: two threads, closed days and late lines change no count."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, current_thread, main_thread
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from connectors.errors import DataRejected
from pipeline.access_log import count as counting
from pipeline.access_log import sessions, share
from pipeline.access_log.count import LogCounts, LogFile, LogTerms, count_visits
from pipeline.access_log.share import Counts
from pipeline.periods import midnight
from pipeline.progress import Meter

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
    monkeypatch.setattr(counting, "BLOCK_BYTES", 700)
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


def written(folder: Path, *files: list[bytes], zipped: bool = False) -> list[LogFile]:
    for number, lines in enumerate(files):
        content = b"\n".join(lines)
        (folder / f"{number}").write_bytes(gzip.compress(content) if zipped else content)
    return [LogFile(f"file{number}", folder / f"{number}") for number in range(len(files))]


def counted(folder: Path, *files: list[bytes], zipped: bool = False) -> LogCounts:
    return count_visits(written(folder, *files, zipped=zipped), terms=TERMS)


def counted_at_once(folder: Path, *files: list[bytes]) -> LogCounts:
    """Without closing days, a second thread or small blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "BLOCK_BYTES", 1 << 23)
        patch.setattr(sessions, "PENDING_RUNS", 1 << 30)
        return counted(folder, *files)


def assert_same(one: LogCounts, other: LogCounts) -> None:
    pd.testing.assert_frame_equal(one.visits, other.visits)
    pd.testing.assert_frame_equal(one.tally, other.tally)


@pytest.mark.parametrize("seed", range(12))
def test_closing_days_changes_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    lines = ordered_lines(random.Random(seed), count=800)  # noqa: S311
    whole = counted_at_once(tmp_path, lines)
    monkeypatch.setattr(counting, "_count", closing_only(counting._count))
    assert_same(counted(tmp_path, lines), whole)


@pytest.mark.parametrize("seed", range(12))
def test_late_lines_and_files_out_of_order_change_no_count(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    lines = ordered_lines(rng, count=400)
    for _ in range(seed % 4):
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
    cut = rng.randrange(len(lines))
    files = (lines[cut:], lines[:cut]) if seed % 2 else (lines[::2], lines[1::2])
    assert_same(counted(tmp_path, *files, zipped=seed % 3 == 0), counted_at_once(tmp_path, *files))


def test_memory_of_ordered_lines_is_that_of_a_few_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    advance = Counts.advance_watermark

    def watched(counts: Counts, day: int) -> None:
        advance(counts, day)
        kept.append(sum(len(runs._merged.visitor) for runs in counts.runs.values()))

    monkeypatch.setattr(Counts, "advance_watermark", watched)
    visits = counted(tmp_path, ordered_lines(random.Random(3), count=4000)).visits  # noqa: S311
    assert max(kept) < visits["visits_count"].sum() / 20


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


def test_no_share_is_counted_on_when_another_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(_share: object, _meter: object, *, is_over: Event) -> Counts:
        if current_thread() is not main_thread():
            raise DataRejected(id="rusak", en="damaged")
        assert is_over.wait(60)
        return Counts(TERMS)

    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", 1)
    monkeypatch.setattr(counting, "count_share", count)
    with pytest.raises(DataRejected, match="damaged"):
        counted(tmp_path, ordered_lines(random.Random(1), count=300))  # noqa: S311


def closing_only(count: object) -> object:
    """`_count` that fails when it has to count again."""

    def run(shares: list[share.Share], meter: Meter) -> Counts:
        assert all(share.is_closing for share in shares), "a line was taken for late"
        return count(shares, meter)  # type: ignore[operator, no-any-return]

    return run


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia"])
def test_days_begin_when_the_calendar_says(zone: str) -> None:
    begins = sessions.midnights(ZoneInfo(zone))
    days = (sessions.FIRST_DAY + np.arange(len(begins))).tolist()
    assert begins.tolist() == [int(midnight(day, ZoneInfo(zone)).timestamp()) for day in days]
