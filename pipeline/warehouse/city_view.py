"""What readers see of a city: one frozen model that pages, reports, JSON and publication share, one query a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from pipeline.indicators.definition import Definition, definitions
from pipeline.periods import Period
from pipeline.warehouse import closings
from pipeline.warehouse.comparing import as_stored
from pipeline.warehouse.model import (
    BREAKDOWN,
    CITY,
    KEY,
    READINESS_ANSWER,
    REMARK,
    RESULT,
    RESULT_POPULATION,
    ROWS,
    TARGET,
    VALIDATION,
    VARIANT,
    UtcOrUnknown,
)
from pipeline.warehouse.records import CityRecord, PopulationRecord, RuleOutcome, SourceFile, TargetRecord
from pipeline.warehouse.seals import STATUS_ALTERED, result_rows
from pipeline.warehouse.selecting import all_versions, among, but, key_of, newest_versions, rows_by_key

ORDER = tuple(definitions())
_FILE = ("source", "file", "sha256", "size_bytes", "owner", "licence")
LINEAGE = sa.table("result_lineage", *map(sa.column, (*KEY, *_FILE)), sa.column("landed_at", UtcOrUnknown))
_VERSION = ("version", "value", "numerator", "denominator", "status", "reason", "coverage_pct", "method_version")
_OF_RESULT = (
    *("city_id", "indicator_id", "period", "version", "value", "numerator", "denominator", "unit", "status"),
    *("reason", "coverage_pct", "rows_read", "rows_used", "method_version", "inputs_sha256", "computed_at"),
    *("change_reason", "median", "p90", "observations_count"),
)


@dataclass(frozen=True)
class Part:
    """A variant of a value, or a member of one of its breakdowns; `status` and `version` are those of a city's."""

    name: str
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    unit: str = ""
    reason: str | None = None
    status: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Reason:
    """Why a result is provisional, or what else to know of it."""

    code: str
    text_id: str
    text_en: str
    keeps_provisional: bool


@dataclass(frozen=True)
class Version:
    """One version of a result, in the order they were computed; `computed_at` is in UTC."""

    version: int
    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    reason: str | None
    coverage_pct: float | None
    method_version: str
    computed_at: datetime
    change_reason: str


@dataclass(frozen=True)
class ResultView:
    """The version of a result that stands for a city and period; of a province, whose cities' it is made of, none.

    `value` is numerator / denominator x the definition's scale, in `unit`; rows read are used + excluded + quarantined.
    `excluded` and `quarantined` count rows by rule and reason. `versions` end with the one that stands.
    """

    city_id: str
    indicator_id: str
    period: str
    version: int | None
    value: float | None
    numerator: float | None
    denominator: float | None
    unit: str
    status: str
    reason: str | None
    coverage_pct: float | None
    rows_read: int
    rows_used: int
    method_version: str
    inputs_sha256: str = ""
    computed_at: datetime | None = None
    change_reason: str = ""
    median: float | None = None
    p90: float | None = None
    observations_count: int | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    population: PopulationRecord | None = None
    variants: tuple[Part, ...] = ()
    breakdowns: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    files: tuple[SourceFile, ...] = ()
    versions: tuple[Version, ...] = ()
    outcomes: tuple[RuleOutcome, ...] = ()
    target: TargetRecord | None = None
    closings: tuple[Mapping[str, Any], ...] = ()
    pending: Mapping[str, Any] | None = None

    @property
    def definition(self) -> Definition | None:
        """The written rule; null for an indicator that another version of Tolok stored."""
        return definitions().get(self.indicator_id)

    @property
    def key(self) -> tuple[str, str, str]:
        """City, indicator and period."""
        return self.city_id, self.indicator_id, self.period


@dataclass(frozen=True)
class ReadinessCheck:
    """The readiness check of a year as it stands: proven, unproven, no or missing, by indicator and theme."""

    year: int
    states: Mapping[tuple[str, int], str]

    @property
    def proven_count(self) -> int:
        """The questions answered yes with evidence, the only ones that count."""
        return sum(state == "proven" for state in self.states.values())


@dataclass(frozen=True)
class CityView:
    """A city, or a province of `parts`, names by id, with its results in the order of periods and clauses."""

    city: CityRecord
    results: tuple[ResultView, ...]
    targets: tuple[TargetRecord, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    readiness: tuple[ReadinessCheck, ...] = ()

    def result(self, indicator_id: str, period: str) -> ResultView | None:
        """The result of an indicator and period, if there is one."""
        return self._by_place.get((indicator_id, period))

    def of_period(self, period: str) -> tuple[ResultView, ...]:
        """The results of a period in the order of clauses, those that this version of Tolok defines."""
        return tuple(result for result in self.results if result.period == period and result.definition)

    @property
    def periods(self) -> tuple[str, ...]:
        """Labels of all periods with results, in order."""
        return tuple(dict.fromkeys(result.period for result in self.results))

    @property
    def years(self) -> tuple[str, ...]:
        """Labels of the calendar years among them."""
        return tuple(label for label in self.periods if Period.parse(label).is_year)

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], ResultView]:
        return {(result.indicator_id, result.period): result for result in self.results}


def read_city(
    connection: Connection,
    city_id: str,
    *,
    period: str | None = None,
    as_of: datetime | None = None,
    is_whole: bool = True,
) -> CityView:
    """The newest version of each result, or the newest computed by `as_of`.

    Breakdowns, versions, validation and targets come only where `is_whole`. A version whose rows are not those that
    were sealed has no value. A city of which nothing was ever stored has its id for a name and no results.
    """
    newest = newest_versions(city_id, period=period, as_of=as_of)
    # The newest are among all, so that each is held against its seal once.
    asked = all_versions(city_id, period=period, as_of=as_of) if is_whole else newest
    every, _ = result_rows(connection, asked)
    rows = _newest(every)
    altered = [key_of(row) for row in rows if row["status"] == STATUS_ALTERED]
    newest = but(newest, altered) if altered else newest
    parts = (ROWS, VARIANT, LINEAGE, REMARK, RESULT_POPULATION, *((BREAKDOWN,) if is_whole else ()))
    by_key = {table.name: rows_by_key(connection, table, newest) for table in parts if rows}
    done = closings.events(connection, city_id, as_of=as_of)
    waiting = closings.pending(connection, city_id, as_of=as_of)
    ordered = sorted(rows, key=lambda row: (row["period"], place(row["indicator_id"])))
    views = [_view(row, {name: found.get(key_of(row), []) for name, found in by_key.items()}) for row in ordered]
    views = [
        replace(
            view,
            closings=tuple(closings.bearing_on(view.period, done)),
            pending=next(
                (w for w in waiting if (w["period"], w["indicator_id"]) == (view.period, view.indicator_id)), None
            ),
        )
        for view in views
    ]
    city = _city(connection, city_id)
    if not is_whole:
        return CityView(city, tuple(views))
    targets = _targets(connection, city_id)
    versions = _versions(every)
    outcomes = _outcomes(connection, {row["run_id"] for row in rows})
    by_year = {(target.indicator_id, target.year): target for target in targets}
    whole = [
        replace(
            view,
            versions=versions[view.key],
            outcomes=outcomes[row["run_id"]],
            target=_target_of(view, by_year),
        )
        for view, row in zip(views, ordered, strict=True)
    ]
    return CityView(city, tuple(whole), targets, readiness=_readiness(connection, city_id, as_of=as_of))


def read_headlines(connection: Connection) -> tuple[CityView, ...]:
    """Every city by id, with the newest version of each of its results and its target, and nothing else of them."""
    found: dict[str, list[ResultView]] = defaultdict(list)
    for row in connection.execute(among(RESULT, newest_versions(None), columns=as_stored(RESULT))).mappings():
        if _is_readable(row):
            computed_at = row["computed_at"].astimezone(UTC)
            named = {name: row[name] for name in _OF_RESULT} | {"computed_at": computed_at}
            found[row["city_id"]].append(ResultView(**named))
    cities = connection.execute(sa.select(CITY).order_by(CITY.c.city_id)).mappings().all()
    return tuple(_headline(connection, row, found[row["city_id"]]) for row in cities if row["city_id"] in found)


def _is_readable(row: RowMapping) -> bool:
    """Whether moment and numbers are such; SQLite keeps a text in any column. A page of the city itself tells of it."""
    is_number = not any(isinstance(row[name], str) for name in ("value", "numerator", "denominator", "coverage_pct"))
    return is_number and isinstance(row["computed_at"], datetime)


def _headline(connection: Connection, city: RowMapping, results: Sequence[ResultView]) -> CityView:
    targets = _targets(connection, city["city_id"])
    by_year = {(target.indicator_id, target.year): target for target in targets}
    ordered = sorted(results, key=lambda one: (one.period, place(one.indicator_id)))
    record = CityRecord(city["city_id"], city["name"], city["zone"], city["region_code"], city["smallest_group"])
    held = tuple(replace(one, target=_target_of(one, by_year)) for one in ordered)
    return CityView(record, held, targets, readiness=_readiness(connection, record.city_id))


def place(indicator_id: str) -> tuple[int, str]:
    """Where an indicator stands: those known in the order of their clauses, then others by name."""
    return (ORDER.index(indicator_id) if indicator_id in ORDER else len(ORDER), indicator_id)


def _view(row: Mapping[str, Any], parts: Mapping[str, Sequence[sa.Row[Any]]]) -> ResultView:
    fates = sorted(parts["result_rows"], key=lambda fate: fate.rule)
    return ResultView(
        **{name: row[name] for name in _OF_RESULT},
        excluded={fate.rule: fate.rows_count for fate in fates if fate.outcome == "excluded"},
        quarantined={fate.rule: fate.rows_count for fate in fates if fate.outcome == "quarantined"},
        reasons=tuple(
            Reason(r.code, r.text_id, r.text_en, bool(r.keeps_provisional))
            for r in sorted(parts["result_remark"], key=lambda remark: remark.place)
        ),
        population=next(
            (
                PopulationRecord(p.region_code, p.reference_on, p.source, p.population_count)
                for p in parts["result_population"]
            ),
            None,
        ),
        variants=tuple(
            Part(v.variant, v.value, v.numerator, v.denominator, v.unit, v.reason)
            for v in sorted(parts["result_variant"], key=lambda part: part.variant)
        ),
        breakdowns=_by_dimension(parts.get("result_breakdown", ())),
        files=tuple(
            SourceFile(f.source, f.sha256, f.file, f.size_bytes, f.landed_at, f.owner, f.licence)
            for f in sorted(parts["result_lineage"], key=lambda file: (file.file, file.sha256))
        ),
    )


def _by_dimension(rows: Sequence[sa.Row[Any]]) -> dict[str, tuple[Part, ...]]:
    """Every member of every dimension, in the order of their names."""
    found: dict[str, list[Part]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.dimension, row.member)):
        found[row.dimension].append(Part(row.member, row.value, row.numerator, row.denominator, row.unit))
    return {dimension: tuple(members) for dimension, members in found.items()}


def _city(connection: Connection, city_id: str) -> CityRecord:
    row = connection.execute(sa.select(CITY).where(CITY.c.city_id == city_id)).mappings().first()
    if row is None:
        return CityRecord(city_id, city_id, "UTC", "")
    return CityRecord(row["city_id"], row["name"], row["zone"], row["region_code"], row["smallest_group"])


def _targets(connection: Connection, city_id: str) -> tuple[TargetRecord, ...]:
    query = sa.select(TARGET).where(TARGET.c.city_id == city_id)
    rows = sorted(connection.execute(query), key=lambda row: (place(row.indicator_id), row.year))
    return tuple(TargetRecord(r.indicator_id, r.year, r.target_value, r.direction, r.source) for r in rows)


def _readiness(connection: Connection, city_id: str, *, as_of: datetime | None = None) -> tuple[ReadinessCheck, ...]:
    """The checks of a city by year; of each question the answer that stands, or stood at the end of a day."""
    query = sa.select(READINESS_ANSWER).where(READINESS_ANSWER.c.city_id == city_id)
    if as_of is not None:
        query = query.where(READINESS_ANSWER.c.answered_on <= as_of.date())
    found: dict[int, dict[tuple[str, int], str]] = defaultdict(dict)
    for row in connection.execute(query.order_by(READINESS_ANSWER.c.answered_on)):
        found[row.year][row.indicator_id, row.theme] = row.state
    return tuple(ReadinessCheck(year, states) for year, states in sorted(found.items()))


def _target_of(view: ResultView, targets: Mapping[tuple[str, int], TargetRecord]) -> TargetRecord | None:
    """The target of the period's year; of a sum only for twelve months, for less time sums to less."""
    period, definition = Period.parse(view.period), view.definition
    if definition is None or (definition.is_sum and len(period.months) < 12):
        return None
    return targets.get((view.indicator_id, period.year))


def _newest(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest version of each result."""
    in_order = sorted(rows, key=itemgetter("version"))
    return list({(row["indicator_id"], row["period"]): row for row in in_order}.values())


def _versions(rows: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str, str], tuple[Version, ...]]:
    """Of each result all its versions, in order."""
    found: dict[tuple[str, str, str], tuple[Version, ...]] = defaultdict(tuple)
    for row in sorted(rows, key=itemgetter("version")):
        version = Version(
            **{name: row[name] for name in _VERSION}, computed_at=row["computed_at"], change_reason=row["change_reason"]
        )
        found[row["city_id"], row["indicator_id"], row["period"]] += (version,)
    return found


def _outcomes(connection: Connection, run_ids: Collection[str]) -> Mapping[str, tuple[RuleOutcome, ...]]:
    """Of each run the rules that its rows broke."""
    query = sa.select(VALIDATION).where(VALIDATION.c.run_id.in_(run_ids), VALIDATION.c.is_met.is_(False))
    found: dict[str, tuple[RuleOutcome, ...]] = defaultdict(tuple)
    for r in connection.execute(query.order_by(VALIDATION.c.subject, VALIDATION.c.rule_id)):
        outcome = RuleOutcome(r.subject, r.rule_id, r.severity, r.is_met, r.way, r.checked_rows, r.unexpected_count)
        found[r.run_id] += (outcome,)
    return found


def shown(view: ResultView, *, is_whole: bool) -> dict[str, Any]:
    """One result as `tolok show --json` prints it; its breakdowns where `is_whole`."""
    return {
        "city": view.city_id,
        "indicator": view.indicator_id,
        "period": view.period,
        "version": view.version,
        "value": view.value,
        "numerator": view.numerator,
        "denominator": view.denominator,
        "unit": view.unit,
        "status": view.status,
        "reason": view.reason,
        "reasons": [
            {"code": r.code, "id": r.text_id, "en": r.text_en, "keeps_provisional": r.keeps_provisional}
            for r in view.reasons
        ],
        "coverage_pct": view.coverage_pct,
        "rows": {
            "read": view.rows_read,
            "used": view.rows_used,
            "excluded": dict(view.excluded),
            "quarantined": dict(view.quarantined),
        },
        "population": _shown_population(view.population),
        "variants": {part.name: part.value for part in view.variants},
        "variant_reasons": {part.name: part.reason for part in view.variants if part.value is None},
        "statistics": {"median": view.median, "p90": view.p90, "count": view.observations_count},
        "method_version": view.method_version,
        "sources": [{"file": file.name, "sha256": file.sha256} for file in view.files],
        **(
            {"breakdowns": {d: [_shown_part(p) for p in parts] for d, parts in view.breakdowns.items()}}
            if is_whole
            else {}
        ),
        "closings": list(view.closings),
        "pending": view.pending,
    }


def _shown_part(part: Part) -> dict[str, Any]:
    told = {"member": part.name, "value": part.value, "numerator": part.numerator, "denominator": part.denominator}
    return told if part.status is None else told | {"status": part.status, "version": part.version}


def _shown_population(figure: PopulationRecord | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {
        "count": figure.population_count,
        "source": figure.source,
        "reference_on": figure.reference_on.isoformat(),
        "region_code": figure.region_code,
    }
