"""Texts looked at by their bytes are mended as pandas mends them one by one."""

import pandas as pd
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.clean.text_bytes import stripped, tidied

LETTERS = st.text(st.sampled_from(" \t\n\xa0\u3000\u2007\u200b\ufeff-aé0,\x7f\x1f"), max_size=5)
COLUMNS = st.lists(st.one_of(LETTERS, st.none()), max_size=8)


def column(texts: list[str | None], *, begin: int = 0) -> pd.Series:
    """Texts whose bytes begin somewhere in those of a longer column, as parts of a table's do."""
    longer = pa.array(["before"] * begin + texts + ["after"], pa.large_string())
    return pd.Series(longer.slice(begin, len(texts)), dtype="str")


@given(COLUMNS, st.integers(0, 3))
@example(["", "a "], 0)
@example([" "], 1)
def test_stripped_says_what_pandas_says(texts: list[str | None], begin: int) -> None:
    given_ = column(texts, begin=begin)
    pd.testing.assert_series_equal(stripped(given_), given_.str.strip())


@given(COLUMNS, st.integers(0, 3), st.sets(LETTERS, max_size=3))
@example(["-", "a", None, "-"], 2, {"-"})
@example(["aéa", "é"], 0, {"é"})
def test_tidied_texts_have_no_outer_spaces_and_absent_ones_are_null(
    texts: list[str | None], begin: int, absent: set[str]
) -> None:
    plain = str.maketrans(dict.fromkeys("\xa0\u3000\u2007", " ") | dict.fromkeys("\u200b\ufeff", ""))
    soft = column([text and text.translate(plain) for text in texts]).str.strip()
    expected = soft.mask(soft.isin({"", *absent}))
    pd.testing.assert_series_equal(tidied(column(texts, begin=begin), absent=absent), expected)
