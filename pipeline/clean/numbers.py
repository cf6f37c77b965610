"""Texts as numbers by declared marks, also with what offices write around them: `Rp`, `Jiwa`, `ribu`."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.clean.reading import Reading

_TYPED_NUMBER = r"-?\d+(\.\d+)?(e[+-]?\d+)?e0"
_GROUPED = r"-?\d{1,3}([.,' ]\d{3})+"
_MAY_BE_GROUPED = r"-?[1-9]\d{0,2}([.,]\d{3})+"
_SCALES = {"": 1, **dict.fromkeys(("ribu", "rb", "thousand"), 1_000), **dict.fromkeys(("juta", "jt", "million"), 10**6)}
_UNIT_WORDS = (
    *("jiwa", "orang", "penduduk", "kunjungan", "pengunjung", "layanan", "pelayanan", "permohonan", "berkas", "buah"),
    *("kali", "people", "persons", "inhabitants", "visits", "services", "requests", "times"),
)
_IN_WORDS = re.compile(
    rf"(?:(?:rp|idr)\b\.?\s*)?(?P<number>-?\d(?:[\d.,' ]*\d)?)\s*(?P<scale>{'|'.join(filter(None, _SCALES))})?\s*"
    rf"(?:\b(?:{'|'.join(_UNIT_WORDS)})\.?|,-)?",
    re.IGNORECASE,
)


def read_numbers(texts: pd.Series, reading: Reading, *, is_whole: bool) -> tuple[pd.Series, pd.Series]:
    """The numbers, times the reading's scale, and which texts may be meant as another one; of texts none is null.

    A currency before a number, and after it a word of scale or one of the few that name what is counted, are read. A
    word of scale stands in place of the reading's scale.
    """
    marks = texts.str.strip()
    numbers, is_ambiguous = _by_marks(marks, reading, is_whole=is_whole)
    rest = marks[numbers.isna() & ~is_ambiguous]
    found = {index: _IN_WORDS.fullmatch(text) for index, text in rest.items()}
    words = {index: match for index, match in found.items() if match}
    if words:
        bare = pd.Series({index: match["number"] for index, match in words.items()}, dtype="str")
        scales = pd.Series({index: _SCALES[(match["scale"] or "").casefold()] for index, match in words.items()})
        in_words, is_ambiguous[bare.index] = _by_marks(bare, reading, is_whole=is_whole)
        numbers[bare.index] = (in_words * scales.mask(scales == 1, reading.scale)).round(6)
    if reading.scale != 1:
        numbers = numbers.where(numbers.index.isin(list(words)), (numbers * reading.scale).round(6))
    return numbers.mask((numbers % 1 != 0).fillna(False)) if is_whole else numbers, is_ambiguous


def _by_marks(marks: pd.Series, reading: Reading, *, is_whole: bool) -> tuple[pd.Series, pd.Series]:
    decimal, thousands = re.escape(reading.decimal), re.escape(reading.thousands or "")
    is_typed = marks.str.fullmatch(_TYPED_NUMBER)
    plain = marks.str.fullmatch(rf"-?\d+({decimal}\d+)?")
    numerals = marks
    if reading.thousands and reading.thousands != reading.decimal:
        plain |= marks.str.fullmatch(rf"-?\d{{1,3}}({thousands}\d{{3}})+({decimal}\d+)?")
        numerals = marks.where(is_typed, marks.str.replace(reading.thousands, "", regex=False))
    numerals = numerals.where(is_typed, numerals.str.replace(reading.decimal, ".", regex=False)).str.removesuffix("e0")
    numbers = pd.to_numeric(numerals.where(plain | is_typed), errors="coerce").astype("Float64")
    is_ambiguous = pd.Series(False, index=marks.index)
    if not is_whole and not reading.has_declared_marks:
        is_ambiguous = marks.str.fullmatch(_MAY_BE_GROUPED)
        numbers = numbers.mask(is_ambiguous)
    if is_whole:
        looks_grouped = marks.str.fullmatch(_GROUPED) & ~is_typed
        is_ambiguous = looks_grouped & (numbers.isna() | (numbers % 1 != 0) | (not reading.thousands))
        numbers = numbers.mask(is_ambiguous)
    return numbers, is_ambiguous
