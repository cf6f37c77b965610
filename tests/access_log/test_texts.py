"""Columns of texts: what is judged once, and numbers that tell texts apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access_log.texts import Texts, Verdicts, keyed_hashes

KEY = bytes(range(24))


@given(st.lists(st.lists(st.binary(max_size=3), min_size=1), max_size=6), st.integers(1, 18))
def test_a_text_has_its_own_verdict_whatever_was_judged_before(rounds: list[list[bytes]], slot_bits: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.access_log.texts.SLOT_BITS", slot_bits)
        verdicts = Verdicts(lambda values: [sum(value) % 100 for value in values])
        for values in rounds:
            texts = Texts.of(values)
            found = verdicts.of(texts, hashes=keyed_hashes(texts, key=KEY))
            assert found.tolist() == [sum(value) % 100 for value in values]


def test_a_text_is_judged_once_while_there_is_room() -> None:
    asked: list[bytes] = []

    def judge(values: list[bytes]) -> list[int]:
        asked.extend(values)
        return [*map(len, values)]

    verdicts = Verdicts(judge)
    for values in ([b"a", b"", b"a"], [b"", b"bb"], [b"bb", b"a", b"ccc"]):
        texts = Texts.of(values)
        numbers = keyed_hashes(texts, key=KEY)
        assert verdicts.of(texts, hashes=numbers).tolist() == [*map(len, values)]
    assert sorted(asked) == [b"", b"a", b"bb", b"ccc"]


def test_two_texts_that_need_the_same_slots_are_both_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.access_log.texts.SLOT_BITS", 1)
    asked: list[bytes] = []
    verdicts = Verdicts(lambda values: [asked.append(value) or len(value) for value in values])  # type: ignore[func-returns-value]
    for value in (b"a", b"bb", b"a", b"bb"):
        texts = Texts.of([value])
        assert verdicts.of(texts, hashes=keyed_hashes(texts, key=KEY)).tolist() == [len(value)]
    assert asked == [b"a", b"bb"]


def test_texts_have_one_number_each_whatever_their_length() -> None:
    values = [bytes(size) for size in range(600)] + [b"a" * size for size in (7, 8, 9, 511, 512, 513)]
    numbers = keyed_hashes(Texts.of([*values, *values]), key=KEY).tolist()
    assert numbers[: len(values)] == numbers[len(values) :]
    assert len({*numbers}) == len(values)
    assert not {*numbers} & {*keyed_hashes(Texts.of(values), key=KEY[::-1]).tolist()}


@given(st.lists(st.binary(max_size=200)), st.binary(max_size=40))
def test_a_number_does_not_depend_on_what_lies_around_the_text(values: list[bytes], other: bytes) -> None:
    spread = Texts.of([part for value in values for part in (other, value)])
    apart = spread.only(np.arange(1, 2 * len(values), 2))
    assert apart.tolist() == values
    numbers = keyed_hashes(apart, key=KEY).tolist()
    assert numbers == keyed_hashes(Texts.of(values), key=KEY).tolist()
