"""Which columns look personal, by their headers and by the shapes of their values: they are named and never read."""

from __future__ import annotations

import re

import pandas as pd

from connectors.personal_data import personal_kind as kind_of_text
from pipeline.draft.words import known_words, says, tidy

# The share of values from which a column is about persons; below, its single values are masked when it is read.
_SHARES = {"identity number": 0.3, "phone": 0.3, "e-mail": 0.05, "name": 0.3, "address": 0.3}
_IP_ADDRESS, _IP_SHARE = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"), 0.5
_FREE_TEXT_LENGTH = 60
_MOST_TEXTS = 2_000
# Ids and codes may look like cards and plates; how long texts are is judged by the whole column.
_NEVER_COUNTED = ("card or account", "plate", "free text")
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
    if distinct.map(_IP_ADDRESS.fullmatch).notna().mean() >= _IP_SHARE:
        return "IP address"
    found = distinct.map(lambda text: kind_of_text(text, but=_NEVER_COUNTED)).value_counts(dropna=True)
    for kind, share in _SHARES.items():
        if table not in words["impersonal"] and found.get(kind, 0) / len(distinct) >= share:
            return kind
    is_long = distinct.str.len().mean() > _FREE_TEXT_LENGTH and texts.nunique() > _FREE_TEXT_SHARE * len(texts)
    return "free text" if is_long and table not in words["impersonal"] else None


def in_both_languages(kind: str) -> str:
    """The kind of personal thing, in both languages."""
    return f"{_IN_INDONESIAN[kind]} / {kind}"


def is_shown(text: str) -> bool:
    """Whether a value of a list of values may be shown: short words, no numbers of persons, no address."""
    is_short = len(text) <= 40 and not re.search(r"\d{4}|@|https?:", text)
    return is_short and kind_of_text(text) is None and bool(tidy(text) or len(text) == 1)
