"""Which row of a sheet or text names the columns below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from pipeline.draft.words import fit, known_words, tidy

HEAD_ROWS = 200

_TEXT_SHARE = 0.7
_FILLED_SHARE = 0.5
_CLEARLY_BETTER = 0.25
_KNOWN_SHARE = 0.5
_NUMERIC = re.compile(r"[-+]?[\d.,:/ TZe-]+")
_YEAR = re.compile(r"(19|20)\d{2}")


def header_place(rows: Sequence[Sequence[str]]) -> int | None:
    """The row among the first ones that names the columns: filled, of words, distinct; null when none does."""
    widths = Counter(sum(bool(cell.strip()) for cell in row) for row in rows if any(row))
    wide = max((width for width, count in widths.items() if count >= max(1, len(rows) // 20)), default=0)
    best, top = None, 0.0
    for place, row in enumerate(rows[:HEAD_ROWS]):
        cells = [cell.strip() for cell in row if cell.strip()]
        texts = [cell for cell in cells if _YEAR.fullmatch(cell) or not _NUMERIC.fullmatch(cell)]
        # A header may stand twice in a row that is known for one; the words of records come again as well.
        is_distinct = len(set(cells)) == len(cells) or (cells and known_share(cells) >= _KNOWN_SHARE)
        is_named = len(cells) >= max(1, _FILLED_SHARE * wide) and is_distinct
        if not is_named or len(texts) < _TEXT_SHARE * len(cells) or all(map(_YEAR.fullmatch, cells)):
            continue
        score = len(cells) / max(1, wide) + 2 * known_share(cells)
        if score > top + _CLEARLY_BETTER:
            best, top = place, score
    return best


def known_share(cells: Sequence[str]) -> float:
    """The share of headers that say a word of some clean column."""
    phrases = _all_phrases()
    return sum(tidy(cell) in phrases or fit(cell, phrases) > 0 for cell in cells) / len(cells)


@lru_cache(maxsize=1)
def _all_phrases() -> tuple[str, ...]:
    tables = known_words()["tables"].values()
    return tuple(
        dict.fromkeys(word for table in tables for column in table["columns"].values() for word in column["words"])
    )
