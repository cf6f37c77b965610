"""What goes into the warehouse besides results, and what comes back from a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class CityRecord:
    """One city as the warehouse knows it."""

    city_id: str
    name: str
    zone: str
    region_code: str


@dataclass(frozen=True)
class SourceFile:
    """One raw file that results were made from."""

    source: str
    sha256: str
    name: str
    size_bytes: int
    landed_at: datetime
    owner: str
    licence: str


@dataclass(frozen=True)
class PopulationRecord:
    """One population figure in use."""

    region_code: str
    reference_on: date
    source: str
    population_count: int


@dataclass(frozen=True)
class RuleOutcome:
    """What became of one validation rule."""

    subject: str
    rule_id: str
    severity: str
    is_met: bool
    way: str
    checked_rows: int
    unexpected_count: int


@dataclass(frozen=True)
class StoreRequest:
    """Everything stored together with the results of one city and period.

    `sources` maps an indicator to its files, `quarantined` a table to its reasons and their row counts.
    """

    city: CityRecord
    period: str
    run_id: str
    computed_at: datetime
    sources: Mapping[str, tuple[SourceFile, ...]]
    populations: tuple[PopulationRecord, ...] = ()
    outcomes: tuple[RuleOutcome, ...] = ()
    quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """What a write did with one result: `new`, `changed` or `unchanged`."""

    indicator_id: str
    period: str
    version: int
    outcome: str
    change_reason: str

    def __str__(self) -> str:
        if self.outcome == "unchanged":
            return f"{self.indicator_id} {self.period}: v{self.version}, tidak berubah / unchanged"
        return f"{self.indicator_id} {self.period}: v{self.version}, {self.change_reason}"
