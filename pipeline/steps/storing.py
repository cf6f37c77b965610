"""The fifth step: results as versions, and those judged again that lie beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.errors import DataRejected
from pipeline.indicators.definition import definitions
from pipeline.steps.done import REPORT, STORE, left_to_do, note_left_to_do, note_stored
from pipeline.steps.environment import open_warehouse, warehouse_url, work_of
from pipeline.steps.measuring import judged, stored_results
from pipeline.steps.reporting import report
from pipeline.tables import TABLES
from pipeline.warehouse.records import InputChanges
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.indicators.base import Result
    from pipeline.validate import Verdict
    from pipeline.warehouse.records import Correction, Stored, StoreRequest, WhatChanged


def store(city_id: str, period: str, *, correction: Correction | None = None, with_overviews: bool = True) -> list[str]:
    """Write the results as versions in one transaction; gives a line per indicator, saying what changed.

    Into a closed year nothing is written without a correction; the line says what would have changed. Results of the
    next month and of a year later that are there already are judged again, for they are judged beside these.
    """
    work = work_of(city_id, period)
    was_broken_off = left_to_do(work) == STORE
    note_left_to_do(work, STORE)
    stored = _write_versions(work, correction=correction)
    note_stored(work)
    if was_broken_off or any(one.outcome in ("new", "changed") for one in stored):
        for later in work.period.judged_beside:
            stored += _judge_again(
                city_id, later.label, beside=period, with_overviews=with_overviews, is_shown=not was_broken_off
            )
    note_left_to_do(work, REPORT)
    return [str(one) for one in stored]


def _judge_again(city_id: str, period: str, *, beside: str, with_overviews: bool, is_shown: bool) -> list[Stored]:
    """Judge what an earlier run computed beside what was stored since; gives what changed.

    Nothing without such results here, or of other files and settings than today's: the next run judges those. What did
    not change is reported all the same unless it `is_shown` for sure.
    """
    try:
        work = work_of(city_id, period)
        computed = work.results("computed")
    except DataRejected:
        return []
    if not stored_results(open_warehouse(), city_id, work.period):
        return []
    verdicts, results = judged(work, computed, warehouse_url=warehouse_url())
    work.write_verdicts("results", verdicts)
    work.write_results("results", results)
    because = f"dinilai lagi di samping {beside} / judged again beside {beside}"
    changed = [one for one in _write_versions(work, because=because) if one.outcome != "unchanged"]
    if changed or not is_shown:
        report(city_id, period, with_overviews=with_overviews)
    return changed


def _write_versions(work: Work, *, correction: Correction | None = None, because: str | None = None) -> list[Stored]:
    """Results as versions bound to the manifests they were measured from."""
    from pipeline.input_changes import told_settings

    results, settings = work.results("results"), told_settings(work.city, work.period)
    request = store_request(work, results, verdicts=work.verdicts(), settings=settings)
    request = replace(request, correction=correction, because=because)
    stored = list(open_warehouse().store(results, request=request))
    versions = {one.indicator_id: one.version for one in stored}
    work.note_stored(versions)
    if all(one.outcome != "held" for one in stored):
        work.note_inputs(versions, settings=settings)
    return stored


def _what_changed(work: Work, settings: Mapping[str, Any]) -> WhatChanged | None:
    """What came between the versions whose inputs were noted here and the files and settings of now."""
    from pipeline.input_changes import changed_settings, row_changes

    noted = work.noted_inputs()
    if noted is None:
        return None

    def told(indicator_id: str, version: int, signs: tuple[str, ...]) -> InputChanges | None:
        if noted["versions"].get(indicator_id) != version:
            return None
        definition = definitions()[indicator_id]
        former, rows = work.former_dataset(definition.table, noted["tables"][definition.table]), None
        if former is not None:
            parts = (former.parts, work.dataset(definition.table).parts)
            rows = row_changes(*parts, table=former.table, period=work.period, zone=work.city.zone_info)
        return InputChanges(rows, changed_settings(noted["settings"], settings, definition, signs=signs))

    return told


def store_request(
    work: Work, results: Sequence[Result], *, verdicts: Sequence[Verdict], settings: Mapping[str, Any]
) -> StoreRequest:
    """What results are stored with: manifests, verdicts, populations, the versions known here and what came since.

    `settings` are those that `told_settings` gives.
    """
    from pipeline.store_request import store_request_for

    headline, others = work.populations
    request = store_request_for(
        work.city,
        period=work.period,
        manifests={table: work.manifests(table) for table in TABLES},
        verdicts=verdicts,
        results=results,
        populations=[headline, *others] if headline else [],
        computed_at=datetime.now(UTC),
    )
    return replace(request, known_versions=work.known_versions(), what_changed=_what_changed(work, settings))
