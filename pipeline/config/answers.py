"""Questions of a draft that only a person can answer; until then no city is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.errors import ConfigError
from connectors.numerals import counted_en

# Stands where only a person knows: `tolok draft` writes it below its question, and no city is loaded while it stands.
UNANSWERED = "??"


def refuse_unanswered(path: Path, raw: dict[str, Any]) -> None:
    """Raises `ConfigError` with every place that still holds a question."""
    places = list(unanswered(raw))
    if places:
        listed = "".join(f"\n  {place}" for place in places)
        raise ConfigError(
            id=f"{path.name}: {len(places)} pertanyaan belum dijawab. Ganti '{UNANSWERED}' di tempat ini dengan "
            f"jawabannya; pertanyaannya ada di komentar di atasnya (TANYA):{listed}",
            en=f"{path.name}: {counted_en(len(places), 'question is', 'questions are')} not answered. Replace "
            f"'{UNANSWERED}' at these places with the answer; the question is in the comment above it (ASK):{listed}",
        )


def unanswered(value: object, place: str = "") -> Iterator[str]:
    """Where settings still hold a question instead of its answer, as dotted keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            below = f"{place}.{key}".removeprefix(".")
            yield from [below] if key == UNANSWERED else unanswered(inner, below)
    elif isinstance(value, list):
        for inner in value:
            yield from unanswered(inner, place)
    elif value == UNANSWERED:
        yield place
