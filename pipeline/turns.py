"""Whose turn a city is: its runs wait for one another, whoever started them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.atomic import write_atomically
from pipeline.mirror import pull
from pipeline.warehouse.locks import alone

# A run that holds on for longer hangs: the next may go on beside it, which costs no more than work done twice.
_LONGEST_TURN = timedelta(hours=6)
# A run that waits asks at least every two minutes; one that has not asked for so long has ended or stands still.
_LONGEST_SILENCE = timedelta(minutes=5)
_LONG_AGO = datetime.fromtimestamp(0, UTC)


def take_turn(
    home: Path, warehouse_url: str, city_id: str, *, holder: str, is_active: Callable[[str], bool], now: datetime
) -> tuple[bool, str]:
    """Whether the city is `holder`'s from now on, and who holds it or comes before.

    A turn is never given back: it is over when `is_active` says so of the run that holds it. So a run that was killed
    keeps nobody waiting. The next turn is that of the run that has waited longest, or a year would stand behind all
    months that are being caught up, for each of them is there at once when the one before has ended.
    """
    path = home / "runs" / city_id / "turn.json"
    with alone(warehouse_url, f"{city_id} turn"):
        turn = _read(path)
        if turn.holder == holder:
            return True, holder
        waiting = {**turn.waiting, holder: now}
        waiting = {one: asked_at for one, asked_at in waiting.items() if abs(now - asked_at) < _LONGEST_SILENCE}
        is_held = bool(turn.holder) and now - turn.since < _LONGEST_TURN and is_active(turn.holder)
        before = turn.holder if is_held else next(one for one in waiting if one == holder or is_active(one))
        if before == holder:
            turn = _Turn(holder, now, {one: asked_at for one, asked_at in waiting.items() if one != holder})
        else:
            turn = replace(turn, waiting=waiting)
        write_atomically(path, _turn_json().dump_json(turn).decode())
    return before == holder, before


@dataclass(frozen=True)
class _Turn:
    """Whose turn it is and since when; who waits for the next, the longest first, and when each asked last."""

    holder: str = ""
    since: datetime = _LONG_AGO
    waiting: Mapping[str, datetime] = field(default_factory=dict)


def _turn_json() -> TypeAdapter[_Turn]:
    return TypeAdapter(_Turn)


def _read(path: Path) -> _Turn:
    pull(path)
    try:
        return _turn_json().validate_json(path.read_bytes())
    except (OSError, ValueError):
        return _Turn()
