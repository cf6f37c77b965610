"""A year made final and closed by a person, and corrected by one who says why."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from connectors.errors import ConfigError, DataRejected
from pipeline import steps
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.settings import Settings
from pipeline.warehouse import Closing, Correction, Warehouse


def close(city_id: str, year: str, *, by: str) -> bool:
    """Close a year and say whether it was open until now; its page then shows it.

    Raises `ConfigError` for what is no year, `DataRejected` while months are missing, results are provisional, or files
    and settings are not those that the results were computed from.
    """
    label = _year(year)
    _refuse_gaps(city_id, label)
    was_open = _warehouse().close(Closing(city_id, label, by=by, at=datetime.now(UTC)))
    with suppress(DataRejected):  # A machine that did not run the year has no verdicts to show on its page.
        steps.report(city_id, label)
    return was_open


def correct(city_id: str, year: str, *, by: str, reason: str, progress: Progress = SILENT) -> Iterator[str]:
    """Run a closed year, then those of its months that would change, and write what does.

    Gives what was stored; of the months, what changed. Raises `ConfigError` for a year that is not closed or a
    correction without a reason, `DataRejected` when the year would no longer be final.
    """
    label = _year(year)
    if not reason.strip():
        raise ConfigError(
            id="Koreksi harus beralasan: --reason 'mengapa angka yang sudah ditutup berubah'.",
            en="A correction needs a reason: --reason 'why a closed number changes'.",
        )
    if not any((one["period"], one["action"]) == (label, "closed") for one in _warehouse().closings(city_id)):
        raise ConfigError(
            id=f"{city_id} {label} tidak ditutup, jadi tidak perlu koreksi. Jalankan: tolok run {city_id} {label}",
            en=f"{city_id} {label} is not closed, so it needs no correction. Run: tolok run {city_id} {label}",
        )
    correction = Correction(by, reason.strip())
    for period in (label, *_months_to_correct(city_id, label)):
        stored = steps.run(city_id, period, correction=correction, progress=progress)
        yield from (line for line in stored if period == label or not line.endswith("unchanged"))


def account() -> str:
    """The account of the operating system that this process runs as; its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _year(text: str) -> str:
    period = Period.parse(text)
    if not period.is_year:
        raise ConfigError(
            id=f"Hanya tahun yang ditutup, bersama bulan-bulannya; '{text}' bukan tahun.",
            en=f"Only a year is closed, with its months; '{text}' is no year.",
        )
    return period.label


def _refuse_gaps(city_id: str, label: str) -> None:
    missing, fill = steps.months_missing(city_id, label), f"tolok backfill {city_id} {label} {label}"
    if missing:
        months = ", ".join(missing)
        raise DataRejected(
            id=f"{city_id} {label} tidak dapat ditutup: belum ada {months}. Jalankan: {fill} (bulan yang memang tanpa "
            "data ditulis di schedule.empty_months).",
            en=f"{city_id} {label} cannot be closed: {months} missing. Run: {fill} (a month known to hold no data is "
            "named in schedule.empty_months).",
        )
    of_year = [label, *_stored_within(city_id, label)]
    done = steps.periods_done(city_id, of_year)
    if stale := [period for period in of_year if period not in done]:
        run, named = f"tolok run {city_id} {label}" if stale == [label] else fill, ", ".join(stale)
        raise DataRejected(
            id=f"{city_id} {label} tidak dapat ditutup: {named} belum dihitung dari berkas dan pengaturan yang "
            f"sekarang. Jalankan: {run}",
            en=f"{city_id} {label} cannot be closed: {named} not computed from today's files and settings. Run: {run}",
        )


def _stored_within(city_id: str, label: str) -> list[str]:
    """The months of a year that have results, which are closed with it."""
    stored = {row["period"] for row in _warehouse().current(city_id)}
    return [month.label for month in Period.parse(label).months if month.label in stored]


def _months_to_correct(city_id: str, label: str) -> list[str]:
    """The months of which a run found a change, or whose files or settings changed since their run."""
    months = [month.label for month in Period.parse(label).months]
    pending = {row["period"] for row in _warehouse().pending(city_id)}
    stored, done = _stored_within(city_id, label), steps.periods_done(city_id, months)
    return [month for month in months if month in pending or (month in stored and month not in done)]


def _warehouse() -> Warehouse:
    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    warehouse.migrate()
    return warehouse
