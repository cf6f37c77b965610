"""The words of `words.yaml`: how headers call clean columns, and which texts stand for which value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_EXACT = 10.0
_WITHIN = 5.0
_OF_LENGTH = 3.0
_STEP = 0.03


@lru_cache(maxsize=1)
def known_words() -> Mapping[str, Any]:
    """Everything in `words.yaml`, as text."""
    text = (Path(__file__).parent / "words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 a BaseLoader builds only text
    return words


@lru_cache(maxsize=4096)
def tidy(name: str) -> str:
    """A header in small letters, words parted by one space: `ResourceName` and `resource_name` are the same."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(word for word in re.findall(r"[^\W_]+", parted.casefold()) if word)


def folded(text: str) -> str:
    """A value without regard to case and spaces."""
    return " ".join(text.split()).casefold()


def fit(name: str, words: Sequence[str], *, never: Iterable[str] = ()) -> float:
    """How well a header says one of these words: 10 when it is the first of them, 0 when it says none."""
    said = tidy(name)
    if set(never) & set(said.split()):
        return 0.0
    return max((_fit_one(said, word) - _STEP * nth for nth, word in enumerate(words)), default=0.0)


def says(name: str, words: Sequence[str]) -> bool:
    """Whether a header is one of these words, or holds one of several words."""
    said = tidy(name)
    return any(said == word or (" " in word and f" {word} " in f" {said} ") for word in words)


def _fit_one(said: str, word: str) -> float:
    if said == word:
        return _EXACT
    if f" {word} " in f" {said} ":
        return _WITHIN + _OF_LENGTH * len(word) / len(said)
    return 0.0
