"""Decimal and thousands marks of a column of numbers, with the count of values that decide them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from connectors.numerals import counted_en

_UNIT = re.compile(r"(?i)^(?:rp\.?|±|\+/-)?\s*|\s*(?:jiwa|orang|kunjungan|kali|visits)?\.?$")
_PLAIN = re.compile(r"-?\d+(?:e0)?")
_TYPED = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?e0")
_NUMBER = re.compile(r"-?\d[\d.,' ]*")
_MOST_TEXTS = 5_000
_GROUPED = re.compile(r"-?\d{1,3}([.,' ])\d{3}")


@dataclass(frozen=True)
class NumberReading:
    """The marks that values prove; `is_open` when some values could be read two ways and none decides."""

    decimal: str | None
    thousands: str | None
    is_open: bool
    share: float
    evidence: tuple[str, ...]


def read_numbers(texts: pd.Series) -> NumberReading | None:
    """How the texts of a column, none of them blank, are read as numbers; null when fewer than four of five are."""
    texts = texts.iloc[:: -(-len(texts) // _MOST_TEXTS) or 1]
    bare = texts.map(lambda text: _UNIT.sub("", text.strip()))
    is_number = (
        bare.map(_NUMBER.fullmatch).notna() | bare.map(_TYPED.fullmatch).notna() | bare.map(_PLAIN.fullmatch).notna()
    )
    share = float(is_number.mean()) if len(texts) else 0.0
    if share < 0.8:
        return None
    marked = [text for text in bare[is_number] if not _PLAIN.fullmatch(text) and not _TYPED.fullmatch(text)]
    if not marked:
        return NumberReading(None, None, is_open=False, share=share, evidence=())
    decided = [found for text in marked if (found := _deciding(text)) != (None, None)]
    decimals, groups = ({pair[place] for pair in decided} - {None} for place in (0, 1))
    open_count = len(marked) - len(decided)
    if len(decimals) > 1 or len(groups) > 1 or decimals & groups:
        values = counted_en(len(marked), "value", "values")
        said = f"tanda bertentangan dalam {len(marked)} nilai / marks contradict each other in {values}"
        return NumberReading(None, None, is_open=True, share=share, evidence=(said,))
    decimal, thousands = next(iter(decimals), None), next(iter(groups), None)
    said = f"{len(decided)} dari / of {len(marked)} nilai bertanda menentukan / marked values decide"
    is_open = thousands is None and open_count > 0
    if is_open:
        said += f"; {open_count} seperti 1.001 dapat dibaca dua cara / like 1.001 read two ways"
    return NumberReading(decimal, thousands, is_open=is_open, share=share, evidence=(said,))


def _deciding(text: str) -> tuple[str | None, str | None]:
    """The decimal and the thousands mark that one number proves."""
    marks = re.findall(r"[.,' ]", text.strip())
    if len(set(marks)) > 1:
        return marks[-1], marks[0]
    if len(marks) > 1:
        return None, marks[0]
    if _GROUPED.fullmatch(text):
        return (None, marks[0]) if marks[0] in "' " else (None, None)
    return (marks[0], None) if marks and marks[0] in ".," else (None, None)
