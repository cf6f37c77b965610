"""Every step in order, and how a run ends."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import DataRejected, TolokError
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.steps.cleaning import clean
from pipeline.steps.environment import city_called, warehouse_url
from pipeline.steps.fetching import fetch, sources
from pipeline.steps.measuring import measure
from pipeline.steps.reporting import report, status
from pipeline.steps.starting import begin_run
from pipeline.steps.storing import store
from pipeline.steps.validating import validate
from pipeline.tables import TABLES

if TYPE_CHECKING:
    from pipeline.warehouse.records import Correction


def run(
    city_id: str,
    period: str,
    *,
    correction: Correction | None = None,
    progress: Progress = SILENT,
    with_overviews: bool = True,
) -> list[str]:
    """Every step in order; gives what `store` says. Another run of the same period is waited for first.

    Without overviews those are left to `write_overviews`.
    """
    from pipeline.failures import kept_failure
    from pipeline.warehouse.locks import alone

    label, _ = Period.parse(period).label, city_called(city_id)
    begin_run(city_id)
    try:
        with alone(warehouse_url(), f"{city_id} {label}"), kept_failure(city_id, label) as begin:
            for source in sources(city_id, label):
                begin(f"fetch.{source}")
                fetch(city_id, source, label, progress=progress)
            begin("clean")
            for table in TABLES:
                clean(city_id, table, label, progress=progress)
            begin("validate")
            with progress.step("Periksa / Validate"):
                validate(city_id, label)
            begin("measure")
            with progress.step("Hitung / Measure"):
                measure(city_id, label)
            begin("store")
            with progress.step("Simpan / Store"):
                stored = store(city_id, label, correction=correction, with_overviews=with_overviews)
            begin("report")
            with progress.step("Laporkan / Report"):
                report(city_id, label, with_overviews=with_overviews)
    finally:
        if with_overviews:
            with suppress(TolokError, OSError):  # The run's own fault is the one to tell.
                status(city_id, now=datetime.now(UTC))
    return stored


def conclude(city_id: str, period: str, *, with_overviews: bool = True) -> str:
    """The period, when something was measured or the city declared it empty; else `DataRejected` with the reasons.

    What failed of it before is forgotten then, and the status page says so, unless it is left to `write_overviews`.
    """
    from pipeline.failures import forget_failures
    from pipeline.warehouse import Warehouse

    results = Warehouse(warehouse_url()).current(city_id, period)
    months = {month.label for month in Period.parse(period).months}
    empty = set(city_called(city_id).schedule.empty_months)
    if any(row["status"] != "not_computable" for row in results) or months <= empty:
        forget_failures(city_id, period)
        if with_overviews:
            status(city_id, now=datetime.now(UTC))
        return period
    reasons = "\n".join(f"  {row['indicator']}: {row['reason']}" for row in results)
    raise DataRejected(
        id=f"{city_id} {period}: tidak ada yang dapat dihitung. Bila bulan ini memang tanpa data, tulis di "
        f"schedule.empty_months.\n{reasons}",
        en=f"{city_id} {period}: nothing could be measured. If the month is known to hold no data, name it in "
        f"schedule.empty_months.\n{reasons}",
    )


def collected(city_id: str) -> None:
    """Forget what failed of earlier nights' collecting: tonight's went well."""
    from pipeline.failures import NIGHTLY, forget_failures

    forget_failures(city_id, NIGHTLY)
