"""Readiness by city and year: kept by the day on which an answer or its evidence changed, read as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.engine import make_engine, reading, upsert, writing
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.model import CITY, READINESS_ANSWER, READINESS_EVIDENCE, VALIDATION
from pipeline.warehouse.records import CityRecord
from pipeline.warehouse.seals import result_rows
from pipeline.warehouse.selecting import newest_versions

QuestionKey = tuple[str, int]
AnswerState = Literal["proven", "unproven", "no", "missing"]


@dataclass(frozen=True, order=True)
class EvidenceRecord:
    """A document that supports an answer, without its content."""

    sha256: str
    title: str
    kind: str
    state: str
    dated_on: date | None = None
    valid_until_on: date | None = None


@dataclass(frozen=True)
class AnswerRecord:
    """The answer to one question of a city and year, and the day since which it stands."""

    indicator_id: str
    theme: int
    state: AnswerState
    responsible_unit: str
    evidence: tuple[EvidenceRecord, ...] = ()
    answered_on: date | None = None

    @property
    def key(self) -> QuestionKey:
        """Indicator and theme."""
        return self.indicator_id, self.theme


@dataclass(frozen=True)
class OwnResult:
    """A result that Tolok itself computed; `rules` counts by subject what its run validated, all and those broken."""

    indicator_id: str
    period: str
    version: int
    status: str
    computed_at: datetime
    inputs_sha256: str
    rules: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class ReadinessRecords:
    """Readiness in the warehouse of a URL, brought to this version; raises as `Warehouse` does."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        migrate(self._engine)

    def store(self, city: CityRecord, year: int, answers: Sequence[AnswerRecord], *, today: date) -> None:
        """Keep what differs from the answers that stand as answers of today; the same again writes nothing."""
        with writing(self._engine) as connection:
            # What stands is read once the city's row is locked, so that writers take turns.
            upsert(connection, CITY, [asdict(city)])
            standing = _current(connection, city.city_id, year)
            changed = [one for one in answers if not _is_same(standing.get(one.key), one)]
            for one in changed:
                _write(connection, {"city_id": city.city_id, "year": year}, one, today)

    def current(self, city_id: str, year: int, *, as_of: date | None = None) -> dict[QuestionKey, AnswerRecord]:
        """The answers that stand, or stood at the end of a day; empty for a year that was never checked."""
        with reading(self._engine) as connection:
            return _current(connection, city_id, year, as_of=as_of)

    def years(self, city_id: str) -> list[int]:
        """The years that were checked, in order."""
        query = sa.select(READINESS_ANSWER.c.year).where(READINESS_ANSWER.c.city_id == city_id).distinct()
        with reading(self._engine) as connection:
            return sorted(connection.execute(query).scalars())

    def days(self, city_id: str, year: int) -> list[date]:
        """The days on which answers of a year changed, in order."""
        query = sa.select(READINESS_ANSWER.c.answered_on).where(
            READINESS_ANSWER.c.city_id == city_id, READINESS_ANSWER.c.year == year
        )
        with reading(self._engine) as connection:
            return sorted(connection.execute(query.distinct()).scalars())

    def own_results(self, city_id: str, year: int) -> dict[str, OwnResult]:
        """The newest version of each result of a year, by indicator."""
        newest = newest_versions(city_id, period=str(year))
        with reading(self._engine) as connection:
            rows, _ = result_rows(connection, newest)
            counts = _rules(connection, [row["run_id"] for row in rows])
        return {row["indicator_id"]: _own_result(row, counts[row["run_id"]]) for row in rows}


def _own_result(row: Mapping[str, Any], rules: Mapping[str, tuple[int, int]]) -> OwnResult:
    names = ("indicator_id", "period", "version", "status", "computed_at", "inputs_sha256")
    return OwnResult(**{name: row[name] for name in names}, rules=rules)


def _current(
    connection: Connection, city_id: str, year: int, *, as_of: date | None = None
) -> dict[QuestionKey, AnswerRecord]:
    answers = connection.execute(_of(READINESS_ANSWER, city_id, year, as_of)).mappings()
    standing: dict[QuestionKey, AnswerRecord] = {}
    for row in sorted(answers, key=lambda row: row["answered_on"]):
        found = AnswerRecord(
            row["indicator_id"], row["theme"], row["state"], row["responsible_unit"], answered_on=row["answered_on"]
        )
        standing[found.key] = found
    evidence: dict[tuple[QuestionKey, date], list[EvidenceRecord]] = defaultdict(list)
    for row in connection.execute(_of(READINESS_EVIDENCE, city_id, year, as_of)).mappings():
        names = ("sha256", "title", "kind", "state", "dated_on", "valid_until_on")
        key = (row["indicator_id"], row["theme"]), row["answered_on"]
        evidence[key].append(EvidenceRecord(**{name: row[name] for name in names}))
    return {
        key: replace(one, evidence=tuple(sorted(evidence[key, one.answered_on], key=lambda e: e.sha256)))
        for key, one in standing.items()
        if one.answered_on
    }


def _of(table: sa.Table, city_id: str, year: int, as_of: date | None) -> sa.Select[Any]:
    query = sa.select(table).where(table.c.city_id == city_id, table.c.year == year)
    return query if as_of is None else query.where(table.c.answered_on <= as_of)


def _is_same(standing: AnswerRecord | None, found: AnswerRecord) -> bool:
    return standing is not None and replace(standing, answered_on=None) == replace(
        found, answered_on=None, evidence=tuple(sorted(found.evidence, key=lambda e: e.sha256))
    )


def _write(connection: Connection, of_city: Mapping[str, Any], answer: AnswerRecord, today: date) -> None:
    """One answer of today in place of another of the same day."""
    key = {**of_city, "indicator_id": answer.indicator_id, "theme": answer.theme, "answered_on": today}
    upsert(connection, READINESS_ANSWER, [{**key, "state": answer.state, "responsible_unit": answer.responsible_unit}])
    same = (READINESS_EVIDENCE.c[name] == value for name, value in key.items())
    connection.execute(sa.delete(READINESS_EVIDENCE).where(*same))
    upsert(connection, READINESS_EVIDENCE, [key | asdict(one) for one in answer.evidence])


def _rules(connection: Connection, run_ids: Sequence[str]) -> Mapping[str, dict[str, tuple[int, int]]]:
    """By run and subject how many rules were validated, and how many of them were broken."""
    counts: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    query = sa.select(VALIDATION.c.run_id, VALIDATION.c.subject, VALIDATION.c.is_met)
    for run_id, subject, is_met in connection.execute(query.where(VALIDATION.c.run_id.in_(run_ids))):
        rules_count, unmet_count = counts[run_id].get(subject, (0, 0))
        counts[run_id][subject] = (rules_count + 1, unmet_count + (not is_met))
    return counts
