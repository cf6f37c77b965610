"""Lists of the texts of a column with their counts, and the clean value each of them stands for, if that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.draft.columns import Match, RawColumn
from pipeline.draft.personal import is_shown
from pipeline.draft.words import folded, known_words

MOST_TEXTS = 30
_MAPPED = ("status", "audience")


@dataclass(frozen=True)
class ValueMap:
    """What each text of a column stands for, null where nobody but a person knows, and how often it comes."""

    values: Mapping[str, str | None]
    counts: Mapping[str, int]

    @property
    def listed(self) -> str:
        """The texts with their counts, the commonest first."""
        return ", ".join(f"{text} {count}" for text, count in self.counts.items())


def value_map(match: Match, *, kind: str) -> ValueMap | None:
    """The map of a status, audience or yes/no column; null when the column needs none or has too many texts."""
    if kind != "flag" and match.clean not in _MAPPED:
        return None
    words = known_words()
    meanings = words["values"][match.clean if match.clean in words["values"] else "flag"]
    shown = _first_spelling(match.raw)
    if len(shown) > MOST_TEXTS or not all(map(is_shown, shown.values())):
        return None
    by_text = {folded(text): value for value, texts in meanings.items() for text in texts}
    by_text |= {value: value for value in meanings}
    values = {shown[text]: by_text.get(text, _by_beginning(text, by_text)) for text in shown}
    return ValueMap(values, {shown[text]: int(match.raw.counts[text]) for text in shown})


def exclusions(
    matches: Mapping[str, Match], *, allowed: tuple[str, ...]
) -> list[tuple[str, RawColumn, dict[str, int]]]:
    """Named rules, each with the column and the texts, with counts, that say rows fall under it."""
    declared = known_words()["exclusions"]
    found = []
    for name in declared["in"]:
        if name not in matches or len(matches[name].raw.counts) > 20 * MOST_TEXTS:
            continue
        shown = _first_spelling(matches[name].raw)
        for rule, words in declared["rules"].items():
            texts = {shown[text]: int(matches[name].raw.counts[text]) for text in shown if _says_one(text, words)}
            if rule in allowed and texts and all(map(is_shown, texts)):
                found.append((rule, matches[name].raw, texts))
    return found


def _first_spelling(raw: RawColumn) -> dict[str, str]:
    """The distinct texts, case and spaces aside, each as it is first written, the commonest first."""
    spelt: dict[str, str] = {}
    for text in raw.texts.drop_duplicates():
        spelt.setdefault(folded(text), text)
    return {text: spelt[text] for text in raw.counts.index}


def _by_beginning(text: str, by_text: Mapping[str, str]) -> str | None:
    """The value of a known text that this one begins with: `Completed - Dup` is completed."""
    for mark in (" - ", " (", ": "):
        if text.partition(mark)[0] in by_text:
            return by_text[text.partition(mark)[0]]
    return None


def _says_one(text: str, words: list[str]) -> bool:
    parted = f" {' '.join(''.join(mark if mark.isalnum() else ' ' for mark in text).split())} "
    return any(f" {word} " in parted for word in words)
