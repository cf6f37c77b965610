"""The fourth step: the four indicators of clean tables, judged beside earlier results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.remarks import Remark
from pipeline.periods import Period
from pipeline.preconditions import sources_for
from pipeline.steps.environment import open_warehouse, warehouse_url, work_of
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result, Terms
    from pipeline.indicators.definition import Definition
    from pipeline.validate import Verdict
    from pipeline.warehouse import Warehouse

_NO_REMARKS: Mapping[str, Sequence[Remark]] = {}


def measure(city_id: str, period: str) -> str:
    """Compute the four indicators, hold them against their suites and earlier results; gives the results' name."""
    work = work_of(city_id, period)
    computed = computed_results(work, remarks=work.remarks())
    work.write_results("computed", computed)
    verdicts, results = judged(work, computed, warehouse_url=warehouse_url())
    work.write_verdicts("results", verdicts)
    _refuse(verdicts)
    work.write_results("results", results)
    return f"{city_id}/{period}/results"


def judged_results(city_id: str, period: str, *, warehouse_url: str | None) -> list[Result]:
    """The four indicators with what suites and earlier results say of them; `DataRejected` for a critical failure.

    Without a warehouse there are no earlier results.
    """
    work = work_of(city_id, period)
    computed = computed_results(work, remarks=work.remarks())
    verdicts, results = judged(work, computed, warehouse_url=warehouse_url)
    _refuse(verdicts)
    return results


def compute(city_id: str, period: str) -> list[Result]:
    """The four results of a period from the clean tables."""
    return computed_results(work_of(city_id, period))


def computed_results(work: Work, *, remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS) -> list[Result]:
    """The four results; `remarks` are what validation found out about each table."""
    from pipeline.indicators import base
    from pipeline.indicators.registry import INDICATORS

    results = []
    for indicator in (one for one in INDICATORS.values() if not work.expired & _tables_of(one.DEFINITION)):
        rows = work.dataset(indicator.DEFINITION.table)
        terms = terms_of(work, indicator.DEFINITION, rows=rows, remarks=remarks)
        results.append(base.measure(indicator, rows.parts, terms=terms))
    return results


def _tables_of(definition: Definition) -> frozenset[str]:
    """The tables that an indicator reads."""
    return frozenset({definition.table, *definition.also_reads})


def terms_of(
    work: Work,
    definition: Definition,
    *,
    rows: Dataset,
    remarks: Mapping[str, Sequence[Remark]] = _NO_REMARKS,
) -> Terms:
    """Everything besides its rows that an indicator depends on."""
    from pipeline.terms import terms_for

    table, also_reads = definition.table, definition.also_reads
    return terms_for(
        table,
        city=work.city,
        period=work.period,
        parts=rows.parts,
        tally=rows.tally,
        inhabitants=work.populations,
        manifests=work.manifests(table),
        remarks=(
            *rows.remarks,
            *(one for name in (table, *also_reads) for one in work.landing_remarks(name)),
            *(work.dataset("population").remarks if "population" in also_reads else ()),
            *(remark for name in (table, *also_reads) for remark in remarks.get(name, ())),
        ),
    )


def judged(work: Work, computed: Sequence[Result], *, warehouse_url: str | None) -> tuple[list[Verdict], list[Result]]:
    """Results with what suites and signs say of them beside earlier ones, and both verdicts."""
    from pipeline.explanations import outgrown
    from pipeline.judgement import Judged
    from pipeline.validate import check_of_results, validate

    warehouse = open_warehouse(warehouse_url) if warehouse_url else None
    city_id, period = work.city.city, work.period
    signs = Judged.of_results(
        computed,
        city=work.city,
        period=period,
        last_year=stored_results(warehouse, city_id, period.year_before),
        month_before=stored_results(warehouse, city_id, period.month_before),
        most_things=_most_things(warehouse, work),
    )
    of_results, of_signs = validate([check_of_results(computed), signs.check])
    remarks = signs.remarks(of_signs)
    found = [result.with_remarks(remarks.get(result.indicator_id, ())) for result in computed]
    if warehouse and work.city.judgement.explained.get(period.label):
        found = outgrown(found, warehouse.explained(city_id, period.label))
    if found != list(computed):
        (of_results,) = validate([check_of_results(found)])
    return [of_results, of_signs], found


def _refuse(verdicts: Sequence[Verdict]) -> None:
    from pipeline.validate import refuse_unsound

    refuse_unsound(verdicts)


def stored_results(warehouse: Warehouse | None, city_id: str, period: Period | None) -> list[Any]:
    """The results a warehouse holds of a period; none without one of both."""
    return warehouse.current(city_id, period.label, is_whole=True) if warehouse and period else []


def _most_things(warehouse: Warehouse | None, work: Work) -> dict[str, int]:
    """By indicator, of how many things an earlier version of the period tells, made of sources that are still there."""
    names = frozenset(sources_for(work.city, work.period))
    return warehouse.most_things(work.city.city, work.period.label, sources=names) if warehouse else {}
