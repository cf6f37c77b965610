"""What analysts read in place of ids on pages and in lines that stand in both languages."""

from __future__ import annotations

from pipeline.language import Language


def both(name: str) -> tuple[str, str]:
    """What an id is called in Bahasa Indonesia and English."""
    return label(name), Language("en").label(name)


def label(name: str) -> str:
    """An id in Bahasa Indonesia where there is a word for it, else the id with spaces."""
    return Language("id").label(name)
