"""`tolok bench`: how fast Tolok's own path is on this machine, beside peers where they are installed."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import OURS, Samples, Work, compare

NAMES = {
    "access_log": "Log akses / Access log",
    "tickets": "Pengaduan / Tickets",
    "incidents": "Gabungan gangguan / Union of outages",
    "annual": "Setahun penuh / A whole year",
}
_MEGABYTE = 1_000_000
_HEADINGS = (
    "Pekerjaan\nWork",
    "Dengan\nBy",
    "Ukuran\nSize",
    "Detik\nSeconds",
    "Baris/s\nRows/s",
    "\nMB/s",
    "Puncak MiB\nPeak MiB",
    "Tolok : ini\nTolok : this",
)


def show(names: Sequence[str], *, size: int, peers: bool) -> None:
    """Measure each piece of work once and print one table; seeded inputs lie in a temporary folder meanwhile."""
    table = Table(*_HEADINGS[:2])
    for heading in _HEADINGS[2:]:
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Console(stderr=True).print(f"Mengukur / Measuring: {NAMES[name]} ...", style="dim")
            work: Work = importlib.import_module(f"benchmarks.{name}").WORK
            chosen = {who: one for who, one in work.contenders.items() if peers or who == OURS}
            work = replace(work, contenders=chosen, targets=())
            samples, _ = compare(work, size=size, rounds=1, folder=Path(folder))
            for row in _rows(work, samples):
                table.add_row(NAMES[name], *row)
    Console(width=None if sys.stdout.isatty() else 130).print(table)


def _rows(work: Work, samples: Samples) -> Iterator[tuple[str, ...]]:
    for (who, size), one in samples.items():
        # What is read before the clock starts says nothing of how fast it is read.
        is_read = work.contenders[who].ready is None
        yield (
            "Tolok" if who == OURS else who,
            f"{size:,}",
            f"{one.wall:.2f}",
            f"{size / one.wall:,.0f}",
            f"{one.input_bytes / _MEGABYTE / one.wall:,.0f}" if is_read else "-",
            f"{one.peak:,.0f}",
            "" if who == OURS else f"{samples[OURS, size].wall / one.wall:.2f}",
        )
