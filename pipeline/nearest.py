"""The name somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another, null when none is near."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, str]:
    """A question in Bahasa Indonesia and English with a space before it, or nothing when no name is near."""
    near = nearest(name.lower(), known)
    return (f" Maksudnya '{near}'?", f" Did you mean '{near}'?") if near else ("", "")
