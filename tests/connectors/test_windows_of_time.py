"""What a source is asked for, and what it still holds: windows cut exactly, retention by the later of two limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Retention, Window

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2025, 3, 29, 12, tzinfo=BERLIN)
NOW = datetime(2025, 6, 1, tzinfo=UTC)


def lasting(seconds: float) -> Window:
    return Window(START, (START.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(BERLIN))


@given(st.integers(2, 200_000))
def test_halves_meet_at_a_whole_second_and_make_up_the_window(seconds: int) -> None:
    window = lasting(seconds)
    halves = window.halved()
    assert halves is not None
    first, second = halves
    assert (first.start_at, second.end_at) == (window.start_at, window.end_at)
    assert first.end_at == second.start_at
    assert first.end_at.astimezone(UTC) - START.astimezone(UTC) == timedelta(seconds=seconds // 2)


@pytest.mark.parametrize("seconds", [0.5, 1, 1.999])
def test_a_window_of_a_second_is_not_cut_any_further(seconds: float) -> None:
    assert lasting(seconds).halved() is None


@pytest.mark.parametrize(
    ("told_days_ago", "keeps_days", "held_days"), [(10, 30, 10), (30, 10, 10), (None, 7, 7), (30, None, 30)]
)
def test_a_system_holds_what_both_its_own_word_and_its_days_allow(
    told_days_ago: int | None, keeps_days: int | None, held_days: int
) -> None:
    told = None if told_days_ago is None else NOW - timedelta(days=told_days_ago)
    assert Retention(told, keeps_days).as_of(NOW).from_at == NOW - timedelta(days=held_days)
