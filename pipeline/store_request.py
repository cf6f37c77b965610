"""Gathers what is stored beside the results of a run: city, files, populations, validation, quarantine."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.config import City
from pipeline.landing import Manifest
from pipeline.periods import Period
from pipeline.warehouse.records import CityRecord, PopulationRecord, RuleOutcome, SourceFile, StoreRequest

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
    from pipeline.indicators.definition import definitions

    authority, code = next(iter(city.region_codes.items()))
    by_id = {result.indicator_id: definitions()[result.indicator_id] for result in results}
    return StoreRequest(
        city=CityRecord(city.city, city.name, city.zone, f"{authority}:{code}"),
        period=period.label,
        run_id=uuid.uuid4().hex,
        computed_at=computed_at,
        sources={
            indicator_id: tuple(
                file
                for name in (definition.table, *definition.also_reads)
                for manifest in manifests[name]
                for file in _files(manifest)
            )
            for indicator_id, definition in by_id.items()
        },
        populations=tuple(
            PopulationRecord(p.region_code, p.reference_on, p.source, p.population_count) for p in populations
        ),
        outcomes=tuple(
            RuleOutcome(
                verdict.subject,
                outcome.rule_id,
                outcome.severity,
                outcome.is_met,
                verdict.way,
                outcome.checked_rows,
                outcome.unexpected_count,
            )
            for verdict in verdicts
            for outcome in verdict.outcomes
        ),
        quarantined={by_id[result.indicator_id].table: result.rows.quarantined for result in results},
    )


def _files(manifest: Manifest) -> list[SourceFile]:
    return [
        SourceFile(
            manifest.source,
            file.sha256,
            file.name,
            file.size_bytes,
            datetime.fromisoformat(file.landed_at),
            manifest.owner,
            manifest.licence,
        )
        for file in manifest.files
    ]
