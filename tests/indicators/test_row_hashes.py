"""Rows as numbers: what the compiled loop makes of a text is what its definition says, however a column holds it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.indicators.row_hashes import row_hashes

WORD = 1 << 64
FACTORS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
NULL = 0x9E3779B97F4A7C15
TEXTS = st.lists(st.none() | st.text(max_size=30), max_size=20)


def mixed(number: int) -> int:
    for factor in FACTORS:
        number = (number ^ number >> 32) * factor % WORD
    return number ^ number >> 32


def hashed(text: str | None) -> int:
    """One text of a row with a single column, byte by byte as the loop's description has it."""
    number = NULL
    if text is not None:
        content = text.encode()
        number = len(content)
        for at in range(0, len(content), 8):
            number = mixed(number ^ int.from_bytes(content[at : at + 8], "little"))
    number = number * FACTORS[0] % WORD
    return mixed(number ^ number >> 32)


@given(TEXTS, st.integers(0, 20))
@example(["1", "12", "1234567", "12345678", None, "123456789", "x"], 0)
def test_texts_are_hashed_as_described_wherever_they_begin(texts: list[str | None], skipped: int) -> None:
    frame = pd.DataFrame({"text": pd.Series(texts, dtype="str")}).iloc[skipped:]
    assert row_hashes(frame).tolist() == [*map(hashed, texts[skipped:])]


@given(TEXTS)
def test_a_text_is_the_same_among_categories_and_in_chunks(texts: list[str | None]) -> None:
    column = pd.Series(texts, dtype="str")
    plain = row_hashes(column.to_frame("text")).tolist()
    assert row_hashes(column.astype("category").to_frame("text")).tolist() == plain
    doubled = pd.concat([column, column], ignore_index=True)
    assert row_hashes(doubled.to_frame("text")).tolist() == plain * 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("", "a"), ("a", "")),
        ((None, "a"), ("", "a")),
        (("a", "b"), ("b", "a")),
        (("a", "b"), ("a\0", "b")),
        (("12345678", "b"), ("12345678\0", "b")),
        (("123456789", "b"), ("12345678", "b")),
    ],
)
def test_rows_that_differ_anywhere_have_other_numbers(
    one: tuple[str | None, ...], other: tuple[str | None, ...]
) -> None:
    first, second = row_hashes(pd.DataFrame([one, other], dtype="str"))
    assert first != second
