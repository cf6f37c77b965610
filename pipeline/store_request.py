"""Gathers what is stored beside the results of a run: city, files, populations, validation, quarantine."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.config.city import City
from pipeline.indicators.definition import definitions
from pipeline.landing import Manifest
from pipeline.periods import Period
from pipeline.warehouse.records import (
    CityRecord,
    PopulationRecord,
    RuleOutcome,
    SourceFile,
    StoreRequest,
    TargetRecord,
)

if TYPE_CHECKING:
    from pipeline.indicators.base import Population, Result
    from pipeline.validate import Verdict


def store_request_for(
    city: City,
    *,
    period: Period,
    manifests: Mapping[str, Sequence[Manifest]],
    verdicts: Sequence[Verdict],
    results: Sequence[Result],
    populations: Sequence[Population],
    computed_at: datetime,
) -> StoreRequest:
    """The request to store the results of one city and period; `manifests` are those of each clean table.

    The files of an indicator are those of its clean table and of the others its value depends on.
    """
    by_id = {result.indicator_id: definitions()[result.indicator_id] for result in results}
    return StoreRequest(
        city=city_record(city),
        period=period.label,
        run_id=uuid.uuid4().hex,
        computed_at=computed_at,
        sources={
            name: tuple(_files(manifests[table] for table in (definition.table, *definition.also_reads)))
            for name, definition in by_id.items()
        },
        populations=tuple(
            PopulationRecord(p.region_code, p.reference_on, p.source, p.population_count) for p in populations
        ),
        targets=tuple(targets_of(city)),
        outcomes=tuple(_outcomes(verdicts)),
        quarantined={by_id[result.indicator_id].table: result.rows.quarantined for result in results},
        decisions={
            one.id: _decisions([manifest for table in (one.table, *one.also_reads) for manifest in manifests[table]])
            for one in definitions().values()
        },
        left_out=tuple(name for name in definitions() if name not in by_id),
    )


def city_record(city: City) -> CityRecord:
    """The city as the warehouse knows it, by the first of its region codes."""
    authority, code = next(iter(city.region_codes.items()))
    return CityRecord(city.city, city.name, city.zone, f"{authority}:{code}", city.smallest_group)


def targets_of(city: City) -> Iterator[TargetRecord]:
    """What the city's settings say it is to reach, by indicator and year."""
    for name, definition in definitions().items():
        declared = getattr(city.targets, name)
        for year, value in declared.years.items() if declared else ():
            direction = declared.direction or ("at_least" if definition.better == "higher" else "at_most")
            yield TargetRecord(name, year, value, direction, declared.source)


def _decisions(manifests: Sequence[Manifest]) -> tuple[int, ...]:
    return tuple(sorted({number for manifest in manifests if manifest.rest for number in manifest.rest.decisions}))


def _outcomes(verdicts: Iterable[Verdict]) -> Iterator[RuleOutcome]:
    for verdict in verdicts:
        for rule in verdict.outcomes:
            yield RuleOutcome(
                verdict.subject,
                rule.rule_id,
                rule.severity,
                rule.is_met,
                verdict.way,
                rule.checked_rows,
                rule.unexpected_count,
            )


def _files(manifests: Iterable[Sequence[Manifest]]) -> Iterator[SourceFile]:
    for manifest in chain.from_iterable(manifests):
        for file in manifest.files:
            yield SourceFile(
                manifest.source,
                file.sha256,
                file.name,
                file.size_bytes,
                datetime.fromisoformat(file.landed_at),
                manifest.owner,
                manifest.licence,
            )
