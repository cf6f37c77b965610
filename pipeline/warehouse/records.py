"""Records that are stored beside results, and what storing a result did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal


@dataclass(frozen=True)
class CityRecord:
    """One city; `zone` is its time zone, `region_code` authority:code.

    Members of persons' records with fewer rows than `smallest_group` are folded where results are published.
    """

    city_id: str
    name: str
    zone: str
    region_code: str
    smallest_group: int = 5


@dataclass(frozen=True)
class SourceFile:
    """One raw file of a source that results were computed from."""

    source: str
    sha256: str
    name: str
    size_bytes: int
    landed_at: datetime
    owner: str
    licence: str


@dataclass(frozen=True)
class PopulationRecord:
    """One population figure that a result was divided by, or a variant of it."""

    region_code: str
    reference_on: date
    source: str
    population_count: int


@dataclass(frozen=True)
class TargetRecord:
    """What a city has set out to reach in a year; `direction` says `at_least` or `at_most`, `source` who set it."""

    indicator_id: str
    year: int
    target_value: float
    direction: str
    source: str


@dataclass(frozen=True)
class RuleOutcome:
    """The outcome of one validation rule: `unexpected_count` of `checked_rows` break it."""

    subject: str
    rule_id: str
    severity: str
    is_met: bool
    way: str
    checked_rows: int
    unexpected_count: int


@dataclass(frozen=True)
class Correction:
    """Leave to write new versions into a closed year: who asks for it, and why."""

    MARK: ClassVar = "koreksi oleh "
    by: str
    reason: str

    @property
    def beginning(self) -> str:
        """How the reason of every version begins that it wrote."""
        return f"{self.MARK}{self.by}: {self.reason} ("

    def told_with(self, change_reason: str) -> str:
        """Why a version was written, with what changed, in both languages."""
        change_id, _, change_en = change_reason.partition(" / ")
        return f"{self.beginning}{change_id}) / correction by {self.by}: {self.reason} ({change_en})"


@dataclass(frozen=True)
class Closing:
    """A year that somebody closes, or a period of a closed year that somebody corrects; `at` needs a time zone."""

    city_id: str
    period: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Erasure:
    """A decision to erase rows of persons (`request`) or expired files (`retention`); moments need a time zone."""

    decision: int
    city_id: str
    kind: Literal["request", "retention"]
    table_name: str
    decided_at: datetime
    decided_by: str
    ground: str
    ids_count: int
    rows_count: int
    files_count: int
    finished_at: datetime | None = None


@dataclass(frozen=True)
class RowChanges:
    """How many rows that bear on a period came, went, or say something else than before."""

    came_count: int
    gone_count: int
    changed_count: int


@dataclass(frozen=True)
class InputChanges:
    """What came between a version and a computation: rows, null where the former are not kept, and settings by name."""

    rows: RowChanges | None
    settings: tuple[str, ...]


# Of an indicator, its version that stands, and the codes of all remarks then and now; null where nobody noted it.
WhatChanged = Callable[[str, int, tuple[str, ...]], InputChanges | None]


@dataclass(frozen=True)
class StoreRequest:
    """Everything stored together with the results of one city and period, in one transaction.

    `sources` maps an indicator to the files it was computed from, `quarantined` a clean table to the rows per reason.
    `computed_at` needs a time zone. Results of a closed year are written only with a `correction`. `because` says in
    both languages why results changed whose rows and settings did not. `decisions` are by indicator those by which rows
    of its files were erased, `known_versions` the newest of each that were ever stored, as the data folder knows.
    `left_out` are indicators that could not be computed, for their raw files are no longer kept. `what_changed` tells,
    when it is asked, what came between two versions.
    """

    city: CityRecord
    period: str
    run_id: str
    computed_at: datetime
    sources: Mapping[str, tuple[SourceFile, ...]]
    populations: tuple[PopulationRecord, ...] = ()
    targets: tuple[TargetRecord, ...] = ()
    outcomes: tuple[RuleOutcome, ...] = ()
    quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    correction: Correction | None = None
    because: str | None = None
    decisions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    known_versions: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    what_changed: WhatChanged | None = None


@dataclass(frozen=True)
class Stored:
    """What a write did with one result: `new`, `changed`, `unchanged`, or `held` where its year is closed.

    `version` is the one that now stands; of a held result it stays, and `change` says what would have come. Where what
    was stored differed from what was computed of the same inputs, `change` names the columns. `command` lets a held
    result be written.
    """

    indicator_id: str
    period: str
    version: int
    outcome: str
    change_reason: str
    change: str = ""
    command: str = ""

    def __str__(self) -> str:
        if self.outcome == "unchanged":
            return f"{self.indicator_id} {self.period}: v{self.version}, tidak berubah / unchanged"
        if self.outcome == "held":
            stands = f"v{self.version} tetap, tahunnya ditutup / stands" if self.version else "tahunnya ditutup / held"
            return (
                f"{self.indicator_id} {self.period}: {stands}, its year is closed; {self.change} ({self.change_reason})"
                f"; koreksi dengan / correct it with: {self.command}"
            )
        places = f" ({self.change})" if self.change else ""
        return f"{self.indicator_id} {self.period}: v{self.version}, {self.change_reason}{places}"
