"""Whose turn a city is: its runs wait for one another, whoever started them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.atomic import write_atomically

# A run that holds on for longer hangs: the next may go on beside it, which costs no more than work done twice.
_LONGEST_TURN = timedelta(hours=6)


def take_turn(
    home: Path, city_id: str, *, holder: str, is_active: Callable[[str], bool], now: datetime
) -> tuple[bool, str]:
    """Whether the city is `holder`'s from now on, and who holds it.

    A turn is never given back: it is over when `is_active` says so of the run that holds it. So a run that was killed
    keeps nobody waiting.
    """
    folder = home / "runs" / city_id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "turn.json"
    with (folder / "turn.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held_by, since = _read(path)
        if held_by and held_by != holder and now - since < _LONGEST_TURN and is_active(held_by):
            return False, held_by
        if held_by != holder:
            write_atomically(path, json.dumps({"holder": holder, "since": now.isoformat()}))
    return True, holder


def _read(path: Path) -> tuple[str, datetime]:
    try:
        turn = json.loads(path.read_text("utf-8"))
        return turn["holder"], datetime.fromisoformat(turn["since"])
    except (OSError, ValueError, KeyError):
        return "", datetime.fromtimestamp(0, UTC)
