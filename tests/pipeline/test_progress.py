"""What a person sees of a step under way: bars on a terminal, lines elsewhere, nothing lost between threads."""

from __future__ import annotations

import gzip
import logging
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import progress, steps
from pipeline.access_log import count as counting
from pipeline.access_log.count import LogFile, count_visits
from pipeline.progress import Lines, Logged, Meter
from pipeline.terminal_progress import terminal_progress
from tests.acceptance.exports import write_city
from tests.access_log.test_log_parts import TERMS, ordered_lines


class Remembered:
    """The meters of all steps, by name."""

    def __init__(self) -> None:
        self.meters: dict[str, Meter] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[Meter]:
        self.meters[name] = Meter()
        yield self.meters[name]


def test_what_other_threads_count_is_seen_while_they_run_and_none_of_it_is_lost() -> None:
    meter, counts = Meter(), 200_000

    def add(part: Meter) -> None:
        for _ in range(counts):
            part.read(1)
            part.make(2)

    with ThreadPoolExecutor(3) as pool:
        [*pool.map(add, [meter, meter.part(), meter.part()])]
    assert (meter.bytes_read, meter.rows_made) == (3 * counts, 6 * counts)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("worth_sharing", [1, 1 << 28])
def test_counting_logs_tells_of_all_bytes_and_lines_whoever_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth_sharing: int, is_packed: bool
) -> None:
    monkeypatch.setattr(counting, "BYTES_WORTH_SHARING", worth_sharing)
    content = b"\n".join(ordered_lines(random.Random(1), count=500))  # noqa: S311
    written = gzip.compress(content) if is_packed else content
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.write_bytes(written)
    meter = Meter()
    counts = count_visits([LogFile(path.name, path) for path in paths], terms=TERMS, meter=meter)
    assert meter.bytes_read == 2 * len(written)
    assert meter.rows_made == counts.tally["rows_count"].sum() == 2 * len(content.split(b"\n"))


def test_a_run_reads_every_byte_it_expects_and_makes_every_row(home: Path) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    remembered = Remembered()
    steps.run("kota-uji", "2024", progress=remembered)
    sizes = {path.stem: path.stat().st_size for path in (home / "cities" / "data").iterdir()}
    meters = remembered.meters
    assert [(m.bytes_read, m.expected_bytes) for m in meters.values() if m.bytes_read != m.expected_bytes] == []
    assert meters["Ambil / Fetch meja"].bytes_read == sizes["pengaduan"]
    assert meters["Bersihkan / Clean inquiries"].bytes_read == sizes["pengaduan"]
    assert meters["Bersihkan / Clean inquiries"].rows_made == 20
    steps.fetch("kota-uji", "meja", "2024", progress=remembered)
    assert meters["Ambil / Fetch meja"].bytes_read == sizes["pengaduan"]


def test_a_file_that_changed_but_not_in_size_is_expected_to_be_read_twice(home: Path) -> None:
    (home / "cities").rmdir()
    write_city(home / "cities")
    remembered, export = Remembered(), home / "cities" / "data" / "pengaduan.csv"
    steps.fetch("kota-uji", "meja", "2024")
    export.write_bytes(export.read_bytes().swapcase())
    steps.fetch("kota-uji", "meja", "2024", progress=remembered)
    (meter,) = remembered.meters.values()
    assert meter.bytes_read == meter.expected_bytes == 2 * export.stat().st_size


def test_a_line_is_said_of_each_outermost_step_that_ended_well() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    with lines.step("Luar / Outer") as meter:
        meter.expect(3_000_000)
        meter.read(2_000_000)
        meter.make(1234)
        with lines.step("Dalam / Inner"):
            pass
    with pytest.raises(ArithmeticError), lines.step("Gagal / Failed"):
        raise ArithmeticError
    (line,) = said
    assert line.startswith("Luar / Outer")
    assert line.endswith("s  2 / 3 MB, 1.234 baris / rows")


def test_a_log_is_told_now_and_then_until_the_step_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LOGGED_EVERY_SECONDS", 0.01)
    caplog.set_level(logging.INFO)
    before = set(threading.enumerate())
    with Logged().step("Ambil / Fetch meja") as meter:
        (thread,) = set(threading.enumerate()) - before
        meter.make(5)
        # One may have been under way.
        told = len(caplog.messages) + 2
        while len(caplog.messages) < told:
            thread.join(0.01)
    thread.join()
    assert "Ambil / Fetch meja  5 baris / rows" in caplog.messages


def test_a_terminal_shows_bytes_pace_and_nothing_of_steps_that_are_over() -> None:
    terminal = StringIO()
    console = Console(file=terminal, force_terminal=True, width=120)
    with terminal_progress(console) as bars:
        with bars.step("Bersihkan / Clean visits") as meter:
            meter.expect(2_000_000)
            meter.read(500_000)
            meter.make(1000)
            bars.drawn.refresh()
        shown = terminal.getvalue()
        assert not bars.drawn.tasks
    assert "Bersihkan / Clean visits" in shown
    assert "0.5/2.0 MB" in shown
    assert "baris·rows/s" in shown
