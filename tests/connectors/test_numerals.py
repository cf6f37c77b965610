"""Numbers in the form of the reader's language."""

from __future__ import annotations

import pytest

from connectors.numerals import counted_en, number, number_en, percent, percent_en


@pytest.mark.parametrize(
    ("value", "decimals", "in_id", "in_en"),
    [
        (1234.5, 2, "1.234,5", "1,234.5"),
        (1_000_000, 2, "1.000.000", "1,000,000"),
        (94_696.969, 2, "94.696,97", "94,696.97"),
        (12_345.6, 0, "12.346", "12,346"),
        (0.00123, 2, "0,00123", "0.00123"),
        (0, 2, "0", "0"),
        (None, 2, "–", "–"),
    ],
)
def test_a_number_has_the_marks_of_its_language(value: float | None, decimals: int, in_id: str, in_en: str) -> None:
    assert (number(value, decimals=decimals), number_en(value, decimals=decimals)) == (in_id, in_en)


def test_a_share_has_one_decimal_and_a_question_mark_when_unknown() -> None:
    assert (percent(99.95), percent_en(12.34), percent_en(None)) == ("100 %", "12.3 %", "?")


def test_a_count_has_the_words_of_one_and_of_many() -> None:
    told = [counted_en(count, "row is", "rows are") for count in (0, 1, 2, 1204)]
    assert told == ["0 rows are", "1 row is", "2 rows are", "1,204 rows are"]
