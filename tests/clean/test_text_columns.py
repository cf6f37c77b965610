"""Columns of texts: what is judged once, and numbers that tell texts apart."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import text_columns
from pipeline.clean.text_columns import Coded, Verdicts, number_texts

KEY = bytes(range(24))


def texts(*values: bytes) -> pa.BinaryArray:
    return pa.array(values, pa.binary())


@given(st.lists(st.lists(st.binary(max_size=3), min_size=1), max_size=6), st.integers(1, 9))
def test_a_text_is_judged_once_until_all_are_forgotten(rounds: list[list[bytes]], kept: int) -> None:
    asked: list[bytes] = []

    def judge(values: list[bytes]) -> list[int]:
        asked.extend(values)
        return [*map(len, values)]

    for texts_kept, most in ((1 << 16, 1), (kept, len(rounds))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_columns, "_TEXTS_KEPT", texts_kept)
            asked, verdicts = [], Verdicts(judge)
            for values in rounds:
                column = Coded.of([texts(*values)])
                numbers = number_texts(column.texts, key=KEY)
                lengths = verdicts.of(column.texts, numbers=numbers)[column.codes]
                assert lengths.tolist() == [*map(len, values)]
            assert all(asked.count(value) <= most for value in asked)


def test_texts_have_one_number_each_whatever_their_length() -> None:
    values = [bytes(size) for size in range(600)] + [b"a" * size for size in (7, 8, 9, 511, 512, 513)]
    numbers = number_texts(texts(*values, *values), key=KEY).tolist()
    assert numbers[: len(values)] == numbers[len(values) :]
    assert len({*numbers}) == len(values)
    assert not {*numbers} & {*number_texts(texts(*values), key=KEY[::-1]).tolist()}
