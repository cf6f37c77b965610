"""What every indicator is made of: the terms it is computed on, summaries of parts that add up, and its result."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Any, Literal, Protocol, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.numerals import counted_en, number, number_en, percent, percent_en
from connectors.remarks import Remark
from pipeline.coverage import Coverage
from pipeline.indicators.definition import Definition
from pipeline.indicators.row_hashes import Words, mixed, row_hashes
from pipeline.periods import Period
from pipeline.tables import NEVER_RECORDED, OUTSIDE

Status = Literal["final", "provisional", "not_computable"]
_NAMED_REASONS = 3
_NO_THINGS = (*NEVER_RECORDED, OUTSIDE, "duplicate_row", "superseded")


@dataclass(frozen=True)
class Population:
    """Inhabitants of one region on one day, as one source counts them."""

    region_code: str
    population_count: int
    reference_on: date
    source: str


@dataclass(frozen=True)
class RowCounts:
    """What became of every row read; used, excluded and quarantined add up to read.

    Raises `ArithmeticError` when they do not.
    """

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

    @property
    def things_count(self) -> int:
        """How many things of the period the rows tell of, whatever became of them."""
        return things_count(self.read, self.excluded)

    def with_excluded(self, rule: str, count: int) -> RowCounts:
        """The same rows, some of those used left out by a rule instead."""
        excluded = Counter(self.excluded) + Counter({rule: count})
        return replace(self, used=self.used - count, excluded=dict(sorted(excluded.items())))


def things_count(read_count: int, excluded: Mapping[str, int]) -> int:
    """Rows read but for those that tell of nothing, of another period, or of what another row tells."""
    return read_count - sum(count for rule, count in excluded.items() if rule in _NO_THINGS)


@dataclass(frozen=True)
class Terms:
    """Everything besides the rows that a result depends on; the clock and the settings are not asked again.

    `as_of` is the moment the sources were extracted; `covers` the days of the period they say they cover, null when
    they do not say; `portals` the days on which the portals worked that sources name; `log_lines` the fate of access
    log lines, which stand in place of the day counts made from them.
    `dates_suffice` says that the desk notes dates without hours by its own rule; `dates_are_assumed` that the
    settings give validity dates which a register does not tell.
    Nothing after `known_until` can be in the sources; `remarks` are what was found worth knowing before measuring.
    """

    period: Period
    zone: ZoneInfo
    as_of: datetime
    known_until: datetime | None = None
    covers: Coverage | None = None
    portals: Mapping[str, Coverage] = field(default_factory=dict)
    population: Population | None = None
    other_populations: tuple[Population, ...] = ()
    agencies_expected: tuple[str, ...] = ()
    holidays: tuple[date, ...] = ()
    follow_up_days: int = 5
    longest_plausible_hours: int = 720
    final_quarantine_pct: float = 2
    dates_suffice: bool = False
    dates_are_assumed: bool = False
    log_lines: RowCounts = RowCounts()
    remarks: tuple[Remark, ...] = ()

    @property
    def start_at(self) -> pd.Timestamp:
        """The period's first moment, in UTC."""
        return pd.Timestamp(self.period.bounds(self.zone)[0])

    @property
    def end_at(self) -> pd.Timestamp:
        """The first moment after the period, in UTC."""
        return pd.Timestamp(self.period.bounds(self.zone)[1])


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

    `statistics` holds median, p90 (both in the headline's unit) and count, for durations; else it is empty. `remarks`
    say why a result is provisional, and what else a reader should know; `population` is what it was divided by.
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
    remarks: tuple[Remark, ...] = ()
    population: Population | None = None

    @property
    def reason(self) -> str | None:
        """Why there is no value, or why it is provisional; null for a final one."""
        if self.headline.value is None:
            return self.headline.reason
        return "; ".join(str(remark) for remark in self.remarks if remark.keeps_provisional) or None

    @classmethod
    def of(
        cls,
        definition: Definition,
        headline: Quotient,
        *,
        terms: Terms,
        coverage_pct: float,
        inputs: Fingerprint,
        depends_on: Mapping[str, object],
        rows: RowCounts,
        remarks: Sequence[Remark] = (),
        **parts: Any,  # noqa: ANN401 variants, breakdowns, statistics
    ) -> Self:
        """A result of one period. `inputs` are the rows, `depends_on` the terms that another value would come from.

        Not computable without a value; provisional while a remark says so: one of `remarks`, which are the
        indicator's own, of `terms`, or of those every indicator has in common (`finality`).
        """
        headline = _telling_of_quarantine(headline, rows)
        found = (*common_remarks(rows, coverage_pct=coverage_pct, terms=terms), *terms.remarks, *remarks)
        holding = sorted({remark.code for remark in found if remark.keeps_provisional})
        status: Status = "provisional" if holding else "final"
        depends_on = {**depends_on, "period": terms.period.label} | ({"provisional_for": holding} if holding else {})
        return cls(
            indicator_id=definition.id,
            period=terms.period.label,
            headline=headline,
            status="not_computable" if headline.value is None else status,
            coverage_pct=coverage_pct,
            rows=rows,
            method_version=definition.method_version,
            inputs_sha256=inputs.sha256(terms=depends_on, method_version=definition.method_version),
            remarks=tuple(dict.fromkeys(found)),
            population=terms.population if "population" in definition.also_reads else None,
            **parts,
        )

    def with_remarks(self, remarks: Sequence[Remark]) -> Self:
        """The result with what was found by looking at it; its status and its hash follow."""
        if not remarks:
            return self
        found = tuple(dict.fromkeys((*self.remarks, *remarks)))
        is_held = self.headline.value is not None and any(remark.keeps_provisional for remark in remarks)
        said = sorted((remark.code, remark.keeps_provisional, remark.en) for remark in remarks)
        inputs = hashlib.sha256(f"{self.inputs_sha256}\n{said}".encode()).hexdigest()
        return replace(self, remarks=found, status="provisional" if is_held else self.status, inputs_sha256=inputs)


def _telling_of_quarantine(headline: Quotient, rows: RowCounts) -> Quotient:
    """The headline; without a value its reason also tells of the quarantine, where that holds most of the rows."""
    considered, count = rows.read - sum(rows.excluded.values()), sum(rows.quarantined.values())
    if headline.reason is None or 2 * count <= considered:
        return headline
    reason_id, mark, reason_en = headline.reason.partition(" / ")
    named = ", ".join(f"{name} {number(of)}" for name, of in sorted(rows.quarantined.items()))
    reason_id += f"; {number(count)} dari {number(considered)} baris dikarantina: {named}"
    reason_en += f"; {number_en(count)} of {counted_en(considered, 'row', 'rows')} are quarantined: {named}"
    return replace(headline, reason=f"{reason_id}{mark}{reason_en}")


def common_remarks(rows: RowCounts, *, coverage_pct: float, terms: Terms) -> list[Remark]:
    """Why a result of any indicator is not final yet."""
    period, considered = terms.period.label, rows.read - sum(rows.excluded.values())
    quarantined = sum(rows.quarantined.values())
    found = []
    if terms.known_until is not None and terms.known_until < terms.end_at:
        day = terms.known_until.astimezone(terms.zone).date()
        found.append(
            Remark(
                "period_not_over",
                f"{period} belum berakhir ketika data ditarik ({day})",
                f"{period} had not ended when the data were extracted ({day})",
            )
        )
    if coverage_pct < 100:
        found.append(
            Remark(
                "coverage",
                f"data tidak mencakup seluruh periode ({percent(coverage_pct)})",
                f"the data do not cover the whole period ({percent_en(coverage_pct)})",
            )
        )
    if 100 * quarantined > terms.final_quarantine_pct * considered:
        limit = terms.final_quarantine_pct
        reasons = sorted(rows.quarantined.items(), key=lambda held: (-held[1], held[0]))[:_NAMED_REASONS]
        named_id, named_en = (", ".join(f"{name} {form(of)}" for name, of in reasons) for form in (number, number_en))
        found.append(
            Remark(
                "quarantine",
                f"{number(quarantined)} dari {number(considered)} baris dikarantina, lebih dari {percent(limit)} "
                f"(terbanyak: {named_id}); tolok check mengatakan apa yang perlu dilakukan",
                f"{number_en(quarantined)} of {number_en(considered)} rows are quarantined, more than "
                f"{percent_en(limit)} (most: {named_en}); tolok check says what to do about it",
            )
        )
    return found


def undeclared_coverage(terms: Terms) -> list[Remark]:
    """That nobody says which days the sources hold: rows alone do not tell a day without any from one left out."""
    if terms.covers is not None:
        return []
    return [
        Remark(
            "covers_undeclared",
            "hari yang dimuat ekspor tidak dinyatakan, dan dari baris saja tidak diketahui apakah semuanya ada. Tulis "
            "'covers' (hari pertama dan terakhir) pada sumbernya",
            "nobody declares which days the export holds, and rows alone do not tell whether all are there. Write "
            "'covers' (the first and the last day) at its source",
        )
    ]


def quarantine_effect(
    rows: RowCounts, *, headline: Quotient, unit_id: str, if_sound: Sequence[Quotient], known_count: int
) -> list[Remark]:
    """Between which values the headline would lie were the quarantined rows sound whose numbers are known.

    `if_sound` are the headline with these `known_count` rows counted, one way or the other. It tells of the effect and
    keeps nothing provisional by itself.
    """
    count = sum(rows.quarantined.values())
    values = [one.value for one in (headline, *if_sound) if one.value is not None]
    if not count or headline.value is None:
        return []
    held_id, held_en = f"{number(count)} baris dikarantina", f"{counted_en(count, 'row is', 'rows are')} quarantined"
    if known_count:
        least, most = min(values), max(values)
        held_id += f"; bila {number(known_count)} yang angkanya diketahui sah: {number(least)}–{number(most)} {unit_id}"
        held_en += (
            f"; were the {number_en(known_count)} whose numbers are known sound: "
            f"{number_en(least)}–{number_en(most)} {headline.unit}"
        )
    else:
        held_id += "; pengaruhnya tidak dapat dihitung"
        held_en += "; their effect cannot be computed"
    return [Remark("quarantine_effect", held_id, held_en, keeps_provisional=False)]


class Indicator(Protocol):
    """What each indicator's file gives.

    `summarise` takes any part of the clean table (a month, a file, a block of rows); texts may be categories. Summaries
    hold exact whole numbers and add up to the same in any order and grouping.
    """

    DEFINITION: Definition

    def summarise(self, part: pd.DataFrame, *, terms: Terms) -> Any:  # noqa: ANN401 its own summary
        """What a part adds to the result."""

    def conclude(self, summary: Any, *, terms: Terms) -> Result:  # noqa: ANN401 its own summary
        """The result of the sum of all parts."""


def measure(indicator: Indicator, parts: Iterable[pd.DataFrame], *, terms: Terms) -> Result:
    """The result of one period from the whole clean table, in one part (which may be empty) or more, of any order.

    Raises `DataRejected` where an indicator's rule forbids to add up what the parts hold.
    """
    return indicator.conclude(reduce(add, (indicator.summarise(part, terms=terms) for part in parts)), terms=terms)


def quotient(
    numerator: float | None, denominator: float | None, *, unit: str, reason: str, scale: float = 1.0
) -> Quotient:
    """`numerator / denominator * scale`, or null with `reason` when there is nothing to divide by."""
    if numerator is None or not denominator:
        return Quotient(numerator, denominator, unit, None, reason)
    return Quotient(numerator, denominator, unit, numerator / denominator * scale)


@dataclass(frozen=True)
class Fingerprint:
    """The rows a result depends on as a sum of their hashes, so that neither their order nor their split matters."""

    sums: tuple[int, int] = (0, 0)
    rows_count: int = 0

    @classmethod
    def of(cls, rows: pd.DataFrame, *, among: NDArray[np.bool_] | None = None) -> Self:
        """Of all rows, or of those that `among` flags; where a row came from does not matter."""
        hashes = content_hashes(rows)
        return cls.of_hashes(hashes if among is None else hashes[among])

    @classmethod
    def of_hashes(cls, hashes: Words) -> Self:
        """Of rows whose `content_hashes` are at hand."""
        return cls((int(hashes.sum()), int(mixed(~hashes).sum())), len(hashes))

    def __add__(self, other: Fingerprint) -> Fingerprint:
        first, second = ((one + two) % (1 << 64) for one, two in zip(self.sums, other.sums, strict=True))
        return Fingerprint((first, second), self.rows_count + other.rows_count)

    def sha256(self, *, terms: Mapping[str, object], method_version: str) -> str:
        """The hash of rows, terms and method together."""
        terms_text = json.dumps(dict(terms), sort_keys=True, default=str)
        content = f"{method_version}\n{terms_text}\n{self.rows_count}\n{list(self.sums)}"
        return hashlib.sha256(content.encode()).hexdigest()


def content_hashes(rows: pd.DataFrame) -> Words:
    """A number for what each row says, wherever it came from."""
    return row_hashes(rows.drop(columns=["source_file_id", "source_row"], errors="ignore"))


def coverage_terms(covers: Coverage | None) -> list[tuple[date, date]]:
    """Declared coverage as plain values, for a fingerprint; of no day it is the first day there is."""
    return [] if covers is None else list(covers.stretches) or [(date.min, date.min)]


def population_terms(population: Population | None) -> dict[str, object] | None:
    """A population as plain values, for a fingerprint."""
    return asdict(population) if population else None
