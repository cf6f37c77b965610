"""The written rule of an indicator, and the list of all of them as anyone may read it without computing anything.

Each indicator's own file holds its definition; `catalogue.json` is made from those by `python -m pipeline.indicators`,
so that showing results loads neither pandas nor the maths.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

CATALOGUE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True)
class Definition:
    """The written rule of one indicator; a change of what it would publish raises `method_version`.

    `table` is the clean table it is computed from, `also_reads` others its value depends on. A value is numerator /
    denominator x `scale`, in `unit`; `measure` is what kind of number that is. `variants` says of each variant's id how
    it differs from the headline, in Bahasa Indonesia and English; `limits` say what a value does not tell. `better` is
    the direction in which a city improves; a value that `is_sum` grows with the length of the period, so that only
    twelve months compare with a year. `explained_by` are the dimensions whose members tell why a value is what it is,
    the most telling first; in those `folded`, of records about persons, small members are told of as one where results
    are published. `checker` is a second person who has held the file against the standard; empty: nobody has.
    """

    id: str
    clause: str
    table: str
    name_id: str
    name_en: str
    short_id: str
    short_en: str
    unit: str
    unit_id: str
    scale: float
    method_version: str
    rule_id: str
    rule_en: str
    origin_id: str
    origin_en: str
    reading_id: str
    reading_en: str
    limits_id: str
    limits_en: str
    variants: Mapping[str, tuple[str, str]]
    better: Literal["higher", "lower"]
    explained_by: tuple[str, ...]
    numerator_id: str
    numerator_en: str
    denominator_id: str
    denominator_en: str
    measure: Literal["mean", "percentage", "ratio"]
    is_sum: bool = False
    folded: tuple[str, ...] = ()
    also_reads: tuple[str, ...] = ()
    author: str = "Tolok"
    checker: str = ""
    checked_on: str = ""

    @property
    def title(self) -> str:
        """Clause and short name in both languages, for tables and headings."""
        return f"{self.clause} {self.short_id} / {self.short_en}"


@cache
def definitions() -> dict[str, Definition]:
    """Every indicator's definition by its id, in the order of clauses."""
    return {raw["id"]: _definition(raw) for raw in json.loads(CATALOGUE.read_text("utf-8"))}


def _definition(raw: dict[str, Any]) -> Definition:
    variants = {name: (in_id, in_en) for name, (in_id, in_en) in raw["variants"].items()}
    tuples = {name: tuple(raw[name]) for name in ("also_reads", "explained_by", "folded")}
    return Definition(**{**raw, "variants": variants, **tuples})
