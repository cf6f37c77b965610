"""Rows as numbers: what the compiled loop makes of a text is what its definition says, however a column holds it."""

from __future__ import annotations

import math
import struct
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.indicators.row_hashes import row_hashes
from pipeline.tables import DTYPES

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
    return spread_over_row(number)


def spread_over_row(*numbers: int) -> int:
    """A row of columns with these numbers."""
    total = 0
    for number in numbers:
        total = (total ^ number) * FACTORS[0] % WORD
        total ^= total >> 32
    return mixed(total)


def bits(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


@given(TEXTS, st.integers(0, 20))
@example(["1", "12", "1234567", "12345678", None, "123456789", "x"], 0)
def test_texts_are_hashed_as_described_wherever_they_begin(texts: list[str | None], skipped: int) -> None:
    frame = pd.DataFrame({"text": pd.Series(texts, dtype="str")}).iloc[skipped:]
    assert row_hashes(frame).tolist() == [*map(hashed, texts[skipped:])]


@pytest.mark.parametrize(
    ("kind", "values", "numbers"),
    [
        ("count", [0, 7, -1, None], [0, 7, WORD - 1, WORD // 2]),
        ("number", [0.0, 1.5, -2.0, None], [0, bits(1.5), bits(-2.0), bits(math.nan)]),
        ("flag", [False, True, None], [0, 1, 2]),
        ("moment", [pd.Timestamp(5_000_007, unit="us", tz="UTC"), None], [5_000_007, WORD // 2]),
        ("day", [pd.Timestamp("1970-01-03"), None], [2 * 86_400_000_000, WORD // 2]),
    ],
)
def test_numbers_flags_and_moments_are_their_own_bits(kind: str, values: list[Any], numbers: list[int]) -> None:
    column = pd.Series(values, dtype=object).astype(DTYPES[kind])
    assert row_hashes(column.to_frame("a")).tolist() == [*map(spread_over_row, numbers)]
    twice = pd.DataFrame({"a": column, "b": column[::-1].reset_index(drop=True)})
    assert row_hashes(twice).tolist() == [*map(spread_over_row, numbers, numbers[::-1])]


def test_columns_that_no_clean_table_declares_are_hashed_by_pandas() -> None:
    column = pd.Series([3, 1, 3], dtype="int64", index=[7, 8, 9])
    numbers = pd.util.hash_pandas_object(column, index=False).tolist()
    assert row_hashes(column.to_frame("a")).tolist() == [*map(spread_over_row, numbers)]


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
