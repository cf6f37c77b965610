"""Which ids of rows tell of a person: names and addresses by their words, numbers by the whole column they stand in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.personal_data import Kind, is_identity_number, personal_kind
from pipeline.clean.first_reason import Flags
from pipeline.clean.text_bytes import arrow_of

# What numbers of tickets may look like, and numbers, which the column decides about.
_IN_IDS: tuple[Kind, ...] = ("address", "plate", "free text", "card or account")
_NUMBERS: tuple[Kind, ...] = ("identity number", "phone")
_SPOKEN, _WORDED = r"[@\s:]", r"\pL{3}"
# All that `_SIXTEEN` and `_PHONE` find, and a little more: these look around themselves, and so are slow.
_MAY_HOLD_NUMBER = r"\p{Nd}(?:[\W_]?\p{Nd}){15}|(?:62|0)8[1-9]\p{Nd}(?:[._\- ]?\p{Nd}){5}"
_UUID = r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_SIXTEEN = re.compile(r"(?<!\d)\d(?:[._/\-\s]?\d){15}(?!\d)")
_PHONE = re.compile(
    r"(?<![a-fA-F\d+])(?<!\b[12]\d{3}[._/\- ])(?:\+?62|0)8[1-9]\d[._\- ]?\d{3,4}[._\- ]?\d{2,5}(?![a-fA-F\d])"
)
# Fewer numbers than these show no pattern of a desk.
_FEWEST, _COMMONEST, _LEAST_SHARE, _SHARE = 8, 3, 0.05, 0.8
_KEPT = 1_000
_IDENTITY_LENGTH = 16
_DAY, _YEAR, _PREFIX = slice(6, 8), slice(10, 12), slice(0, 5)
_DISTRICT_AND_DAY = slice(4, 8)  # 2025, where a desk writes city, date and serial


@dataclass
class IdNumbers:
    """Numbers of a column that could be persons', of the blocks read so far."""

    numbers: set[str] = field(default_factory=set)

    def persons_among(self, numbers: set[str]) -> set[str]:
        """Those that are persons', by these and the numbers seen before."""
        known = self.numbers | numbers
        self.numbers |= set(sorted(numbers - self.numbers)[: max(0, _KEPT - len(self.numbers))])
        identities = {number for number in known if len(number) == _IDENTITY_LENGTH}
        persons = _without_serials(identities, places=(_DISTRICT_AND_DAY, _YEAR))
        return persons | _without_serials(known - identities, places=(_PREFIX,))


def of_persons(ids: pd.Series, seen: IdNumbers) -> Flags:
    """Which ids tell of a person; what could be a person's number counts unless the column counts up with it."""
    texts = arrow_of(ids.astype("str"))
    texts = pc.if_else(pc.match_substring_regex(texts, _UUID), "", texts)
    worded, spoken, numbered = (
        pc.indices_nonzero(pc.match_substring_regex(texts, pattern)) for pattern in (_WORDED, _SPOKEN, _MAY_HOLD_NUMBER)
    )
    without_numbers = pc.replace_substring_regex(texts.take(worded), r"\d+", "0")  # so that few differ
    found, but = np.zeros(len(texts), bool), (*_IN_IDS, *_NUMBERS)
    found[worded] = _judged(without_numbers, lambda text: personal_kind(_apart(text), but=but) is not None)
    found[spoken] |= _judged(texts.take(spoken), lambda text: personal_kind(text, but=but) is not None)
    numbers = [_numbers_in(text) for text in texts.take(numbered).to_pylist()]
    persons = seen.persons_among({*chain(*numbers)})
    found[numbered] |= np.array([not persons.isdisjoint(of_text) for of_text in numbers], bool)
    return found


def _judged(texts: pa.Array, is_personal: Callable[[str], bool]) -> Flags:
    """Which texts are personal; each distinct one is looked at once."""
    coded = texts.dictionary_encode()
    judged: Flags = np.array([is_personal(text) for text in coded.dictionary.to_pylist()], bool)[coded.indices]
    return judged


def _apart(text: str) -> str:
    """The words of an id, which marks hold together; an address of mail stays whole."""
    return text if "@" in text else re.sub(r"[._/\-]+", " ", re.sub(r"\ba\.n\b\.?", "an ", text, flags=re.I))


def _numbers_in(text: str) -> frozenset[str]:
    """The numbers of an id that could be a person's, without marks."""
    sixteen = (_digits(found) for found in _SIXTEEN.findall(text))
    phones = (_digits(found) for found in _PHONE.findall(text))
    return frozenset([*filter(is_identity_number, sixteen), *phones])


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _without_serials(numbers: Collection[str], *, places: Sequence[slice]) -> set[str]:
    """The numbers but for those of a desk's pattern: most of them alike in a place where persons' numbers differ."""
    if len(numbers) >= _FEWEST:
        for place in places:
            counts = Counter(number[place] for number in numbers)
            least = _LEAST_SHARE * len(numbers)
            common = {part for part, count in counts.most_common(_COMMONEST) if count >= least}
            serials = {number for number in numbers if number[place] in common and not _is_of_woman(number)}
            if len(serials) >= _SHARE * len(numbers):
                return set(numbers) - serials
    return set(numbers)


def _is_of_woman(number: str) -> bool:
    """Whether the day of birth in an identity number is counted from 41, which no date of a desk's is."""
    return len(number) == _IDENTITY_LENGTH and int(number[_DAY]) > 40
