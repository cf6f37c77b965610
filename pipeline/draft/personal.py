"""Which columns look personal, by their headers and by the shapes of their values: they are named and never read."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.draft.words import known_words, says, tidy

_SHAPES = {
    "identity number": (re.compile(r"\d{6}[0-7]\d[01]\d{7}"), 0.5),
    "phone": (re.compile(r"(?:\+?62|0)[ -]?8\d{1,2}[ -]?\d{3,4}[ -]?\d{2,6}"), 0.5),
    "e-mail": (re.compile(r"\S+@\S+\.\w+"), 0.05),
    "IP address": (re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"), 0.5),
}
_FREE_TEXT_LENGTH = 60
_MOST_TEXTS = 5_000
_FREE_TEXT_SHARE = 0.5
_IN_INDONESIAN = {
    "name": "nama",
    "identity number": "nomor identitas",
    "phone": "telepon",
    "e-mail": "surel",
    "address": "alamat",
    "IP address": "alamat IP",
    "free text": "teks bebas",
}


def personal_kind(name: str, texts: pd.Series, *, table: str) -> str | None:
    """What personal thing a column seems to hold, or null; `texts` are its values that are not blank."""
    words = known_words()
    said = set(words["impersonal"].get(table, ()))
    for kind, headers in words["personal"].items():
        if says(name, [header for header in headers if header not in said]):
            return str(kind)
    distinct = texts.drop_duplicates()
    distinct = distinct.iloc[:: -(-len(distinct) // _MOST_TEXTS) or 1]
    if distinct.empty:
        return None
    for kind, (shape, share) in _SHAPES.items():
        if distinct.map(shape.fullmatch if share == 0.5 else shape.search).notna().mean() >= share:
            return kind
    is_long = distinct.str.len().mean() > _FREE_TEXT_LENGTH and texts.nunique() > _FREE_TEXT_SHARE * len(texts)
    return "free text" if is_long and table not in words["impersonal"] else None


def in_both_languages(kind: str) -> str:
    """The kind of personal thing, in both languages."""
    return f"{_IN_INDONESIAN[kind]} / {kind}"


def is_shown(text: str) -> bool:
    """Whether a value of a list of values may be shown: short words, no numbers of persons, no address."""
    return len(text) <= 40 and not re.search(r"\d{4}|@|https?:", text) and bool(tidy(text) or len(text) == 1)
