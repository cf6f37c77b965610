"""What every indicator is made of: its definition, the terms it is computed on, and its result."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.coverage import Coverage
from pipeline.indicators.row_hashes import mixed, row_hashes
from pipeline.periods import Period

Status = Literal["final", "provisional", "not_computable"]


@dataclass(frozen=True)
class Definition:
    """The written rule of one indicator; a change of what it would publish raises `method_version`."""

    id: str
    clause: str
    table: str
    name_id: str
    name_en: str
    unit: str
    method_version: str
    author: str
    checker: str
    reviewed_on: date
    rule_id: str
    rule_en: str


@dataclass(frozen=True)
class Population:
    """Inhabitants of one region on one day, as one source counts them."""

    region_code: str
    population_count: int
    reference_on: date
    source: str


@dataclass(frozen=True)
class Terms:
    """Everything besides the rows that a result depends on; the clock and the settings are not asked again.

    `as_of` is the moment the sources were extracted; `covers` the days of the period they say they
    cover, null when they do not say.
    """

    period: Period
    zone: ZoneInfo
    as_of: datetime
    covers: Coverage | None = None
    population: Population | None = None
    other_populations: tuple[Population, ...] = ()
    agencies_expected: tuple[str, ...] = ()
    holidays: tuple[date, ...] = ()
    forward_days: int = 3
    follow_up_days: int = 5
    longest_plausible_hours: int = 720


@dataclass(frozen=True)
class RowCounts:
    """What became of every row read; used, excluded and quarantined add up to read."""

    read: int = 0
    used: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        total = self.used + sum(self.excluded.values()) + sum(self.quarantined.values())
        if total != self.read:
            raise ArithmeticError(f"{self.read} rows read, but {total} used, excluded or quarantined")

    def __add__(self, other: RowCounts) -> RowCounts:
        excluded, quarantined = (
            dict(sorted((Counter(one) + Counter(two)).items()))
            for one, two in ((self.excluded, other.excluded), (self.quarantined, other.quarantined))
        )
        return RowCounts(self.read + other.read, self.used + other.used, excluded, quarantined)


@dataclass(frozen=True)
class Quotient:
    """A numerator over a denominator in one unit; with nothing to divide by, `value` is null and `reason` says why."""

    numerator: float | None
    denominator: float | None
    unit: str
    value: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Breakdown:
    """The same quotient for one member of one dimension (agency, channel, component ...)."""

    dimension: str
    member: str
    quotient: Quotient


@dataclass(frozen=True)
class Result:
    """One indicator of one period: the headline, its variants and everything needed to defend it.

    `statistics` holds median, p90 (both in the headline's unit) and count, for durations; else it is empty.
    """

    indicator_id: str
    period: str
    headline: Quotient
    status: Status
    coverage_pct: float | None
    rows: RowCounts
    method_version: str
    inputs_sha256: str
    variants: Mapping[str, Quotient] = field(default_factory=dict)
    breakdowns: tuple[Breakdown, ...] = ()
    statistics: Mapping[str, float] = field(default_factory=dict)


class Indicator(Protocol):
    """What `pipeline.indicators` expects of each indicator's file."""

    DEFINITION: Definition

    def compute(
        self, frame: pd.DataFrame | Iterable[pd.DataFrame], *, terms: Terms, tally: pd.DataFrame | None = None
    ) -> Result: ...


def quotient(
    numerator: float | None, denominator: float | None, *, unit: str, reason: str, scale: float = 1.0
) -> Quotient:
    """`numerator / denominator * scale`, or null with `reason` when there is nothing to divide by."""
    if numerator is None or not denominator:
        return Quotient(numerator, denominator, unit, None, reason)
    return Quotient(numerator, denominator, unit, numerator / denominator * scale)


class Fingerprint:
    """A hash of the rows and terms a result depends on, of which parts may come in any order.

    Provenance columns are left out and rows are taken as a multiset, so neither row order nor the way rows are
    split over files changes it.
    """

    def __init__(self) -> None:
        self._sums, self._rows_count = np.zeros(2, np.uint64), 0

    def add(self, rows: pd.DataFrame, *, among: NDArray[np.bool_] | None = None) -> None:
        """Take rows; `among` says which of them, where not all."""
        hashes = row_hashes(rows.drop(columns=["source_file_id", "source_row"], errors="ignore"))
        hashes = hashes if among is None else hashes[among]
        self._sums += np.array([hashes.sum(), mixed(~hashes).sum()], np.uint64)
        self._rows_count += len(hashes)

    def sha256(self, *, terms: Mapping[str, object], method_version: str) -> str:
        terms_text = json.dumps(dict(terms), sort_keys=True, default=str)
        content = f"{method_version}\n{terms_text}\n{self._rows_count}\n{self._sums.tolist()}"
        return hashlib.sha256(content.encode()).hexdigest()


def inputs_sha256(rows: pd.DataFrame, *, terms: Mapping[str, object], method_version: str) -> str:
    """The fingerprint of rows at hand."""
    fingerprint = Fingerprint()
    fingerprint.add(rows)
    return fingerprint.sha256(terms=terms, method_version=method_version)


def coverage_terms(covers: Coverage | None) -> list[tuple[date, date]]:
    """Declared coverage as plain values, for a fingerprint; of no day it is the first day there is."""
    return [] if covers is None else list(covers.stretches) or [(date.min, date.min)]


def population_terms(population: Population | None) -> dict[str, object] | None:
    """A population as plain values, for a fingerprint."""
    return asdict(population) if population else None
