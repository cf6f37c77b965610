"""Who shares a warehouse does one thing at a time, and who is killed keeps nobody waiting."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.errors import SourceUnavailable
from pipeline.warehouse.locks import alone

AT_ONCE = timedelta(milliseconds=10)


def _hold(url: str, told: multiprocessing.synchronize.Event) -> None:
    with alone(url, "kota-a 2025"):
        told.set()
        time.sleep(600)


def test_a_name_is_held_by_one_until_it_ends_or_is_killed(warehouse_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Event()
    holder = context.Process(target=_hold, args=(warehouse_url, told), daemon=True)
    holder.start()
    assert told.wait(60)
    with pytest.raises(SourceUnavailable, match="kota-a 2025: another run is still at it"):  # noqa: SIM117
        with alone(warehouse_url, "kota-a 2025", wait=AT_ONCE):
            pass
    with alone(warehouse_url, "kota-a 2024", wait=AT_ONCE):
        pass
    assert holder.pid
    os.kill(holder.pid, signal.SIGKILL)
    with alone(warehouse_url, "kota-a 2025", wait=timedelta(seconds=30)):
        pass


def test_who_has_to_wait_is_told_before_the_waiting_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url, held, done = f"sqlite:///{tmp_path / 'w.sqlite'}", threading.Event(), threading.Event()

    def hold() -> None:
        with alone(url, "kota-a 2025"):
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    told: list[list[str]] = []
    monkeypatch.setattr(time, "sleep", lambda _: told.append(list(caplog.messages)))
    with pytest.raises(SourceUnavailable), alone(url, "kota-a 2025", wait=AT_ONCE):
        pass
    done.set()
    holder.join()
    assert {str(one) for one in told} == {"['Menunggu run lain: kota-a 2025 / Waiting for another run: kota-a 2025']"}
