"""The name somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, str]:
    """A question in Bahasa Indonesia and English with a space before it, or nothing when no name is near."""
    near = get_close_matches(name.lower(), list(known), n=1)
    return (f" Maksudnya '{near[0]}'?", f" Did you mean '{near[0]}'?") if near else ("", "")
