"""A value taken back to its rows, and a run's results made anew from the landed bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.leftovers import passing_folder, sweep_leftovers
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.steps.environment import city_called, home, warehouse_url, work_of
from pipeline.steps.measuring import computed_results, judged, terms_of
from pipeline.steps.storing import store_request
from pipeline.steps.validating import validated
from pipeline.tables import TABLES
from pipeline.work import Work

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result, Terms
    from pipeline.indicators.definition import Definition
    from pipeline.retrace import Effects
    from pipeline.warehouse.records import StoreRequest


@contextmanager
def recomputed(
    city_id: str, period: str, *, progress: Progress = SILENT
) -> Iterator[tuple[list[Result], StoreRequest]]:
    """What a run would store, with everything between made anew from the landed bytes; nothing is kept or written.

    What is made anew is there until the block ends: what the request tells of rows that changed is read from it.
    """
    from pipeline.input_changes import told_settings

    sweep_leftovers(home())
    with passing_folder(home() / "rebuilt") as folder:
        work = Work(city_called(city_id), Period.parse(period), home(), rebuilt_in=folder)
        for table in (one for one in TABLES if one not in work.expired):
            with progress.step(f"Bersihkan ulang / Clean again {table}") as meter:
                work.dataset(table, meter)
        with progress.step("Periksa ulang / Validate again"):
            verdicts, remarks, _ = validated(work)
        with progress.step("Hitung ulang / Recompute"):
            computed = computed_results(work, remarks=remarks)
            of_results, results = judged(work, computed, warehouse_url=warehouse_url())
        settings = told_settings(work.city, work.period)
        yield results, store_request(work, results, verdicts=[*verdicts, *of_results], settings=settings)


def effects(city_id: str, period: str, indicator_id: str, *, rules: Sequence[tuple[str, str]]) -> Effects:
    """How far each rule that leaves rows out, and each reason of quarantine, moves a value; `DataRejected` without its
    files here.
    """
    from pipeline.indicators.registry import INDICATORS
    from pipeline.retrace import effects

    indicator = INDICATORS[indicator_id]
    rows, terms = _rows_and_terms(work_of(city_id, period), indicator.DEFINITION)
    table = TABLES[indicator.DEFINITION.table]
    return effects(indicator, rows.parts, table=table, terms=terms, rules=rules)


def rows_behind(city_id: str, period: str, indicator_id: str, *, where: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a group behind a value with file name, hash and row of each; raises what `rows_of_group` does."""
    from pipeline.indicators.registry import INDICATORS
    from pipeline.retrace import rows_of_group

    definition, work = INDICATORS[indicator_id].DEFINITION, work_of(city_id, period)
    rows, terms = _rows_and_terms(work, definition)
    found = rows_of_group(rows.parts, table=TABLES[definition.table], terms=terms, where=where)
    files = {file.file_id: file for one in work.manifests(definition.table) for file in one.files}
    named = found["source_file_id"].map({short: file.name for short, file in files.items()})
    hashes = found["source_file_id"].map({short: file.sha256 for short, file in files.items()})
    found.insert(0, "file", named)
    found.insert(1, "sha256", hashes)
    return found


def _rows_and_terms(work: Work, definition: Definition) -> tuple[Dataset, Terms]:
    rows = work.dataset(definition.table)
    return rows, terms_of(work, definition, rows=rows)
