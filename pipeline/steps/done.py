"""Which periods are done: measured, written to their end, and of files, settings and methods as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from connectors.errors import DataRejected
from pipeline.atomic import write_atomically
from pipeline.config.city import City
from pipeline.mirror import pull, remove_file
from pipeline.periods import Period
from pipeline.preconditions import sources_for
from pipeline.steps.environment import city_called, open_warehouse, work_of
from pipeline.work import Work

# From which step on the next run does a period again that one did not bring to its end.
STORE, REPORT = "store", "report"
# Both lie beside a period's results.
_LEFT_TO_DO, _FINGERPRINT = "left-to-do", "fingerprint"


def months_missing(city_id: str, year: str) -> list[str]:
    """The months of a year, from the city's first on, that have neither a value nor are declared empty."""
    done = months_done(city_id)
    return [month for month in own_months(city_called(city_id), Period.parse(year)) if month not in done]


def own_months(city: City, period: Period) -> list[str]:
    """The months that a year waits for: none for a month, else those since the city's first."""
    months = [month.label for month in period.months] if period.is_year else []
    return [month for month in months if month >= (city.schedule.first_month or "")]


def months_done(city_id: str) -> set[str]:
    """The months of which something was measured, or that were declared empty."""
    rows = open_warehouse().current(city_id)
    measured = {row["period"] for row in rows if row["status"] != "not_computable"}
    return measured | set(city_called(city_id).schedule.empty_months)


def measured(city_id: str, periods: Sequence[str]) -> list[str]:
    """Those of the periods of which something was measured, or that were declared empty."""
    done = months_done(city_id)
    return [period for period in periods if period in done]


def versions(city_id: str) -> dict[tuple[str, str], int]:
    """The newest version of each result, by period and indicator."""
    return {(row["period"], row["indicator"]): row["version"] for row in open_warehouse().current(city_id)}


def periods_done(city_id: str, periods: Sequence[str]) -> frozenset[str]:
    """Those of the periods that have results as they were written, of files, settings and methods as they are now."""
    from pipeline.warehouse.seals import STATUS_ALTERED

    city_called(city_id)
    rows = open_warehouse().current(city_id, periods[0] if len(periods) == 1 else None)
    stored = {row["period"] for row in rows} - {row["period"] for row in rows if row["status"] == STATUS_ALTERED}
    lost = {period for period in periods if _has_lost(city_id, period, rows)}
    return frozenset(period for period in periods if period in stored - lost and _is_unchanged(city_id, period))


def _has_lost(city_id: str, period: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a version that was stored is not in the warehouse any more."""
    there = {row["indicator"]: row["version"] for row in rows if row["period"] == period}
    known = work_of(city_id, period).known_versions()
    return any(number > there.get(name, 0) for name, number in known.items())


def _is_unchanged(city_id: str, period: str) -> bool:
    """Results of another machine or an older Tolok, of which nothing is noted here, stand; expired ones do too."""
    work = work_of(city_id, period)
    with suppress(DataRejected):
        if work.expired:
            return True
    if left_to_do(work):
        return False
    kept = work.place / _FINGERPRINT
    pull(kept)
    if not kept.is_file():
        return True
    with suppress(DataRejected):  # A manifest that is gone or damaged is written anew by a run.
        return kept.read_text("utf-8") == _fingerprint_of(work)
    return False


def left_to_do(work: Work) -> str:
    """From which step on a run of the period was broken off since its results were written; empty for none."""
    pull(work.place / _LEFT_TO_DO)
    with suppress(FileNotFoundError):
        return (work.place / _LEFT_TO_DO).read_text("utf-8")
    return ""


def note_left_to_do(work: Work, step: str) -> None:
    """From this step on the next run does the period again, should this one be broken off."""
    write_atomically(work.place / _LEFT_TO_DO, step)


def note_ended(work: Work) -> None:
    """Nothing is left to do."""
    remove_file(work.place / _LEFT_TO_DO)


def note_stored(work: Work) -> None:
    """The period is stored as of the files, settings and methods of now."""
    write_atomically(work.place / _FINGERPRINT, _fingerprint_of(work))


def _fingerprint_of(work: Work) -> str:
    from pipeline.inputs import fingerprint

    decisions = {number for one in work.all_manifests if one.rest for number in one.rest.decisions}
    return fingerprint(work.city, sources_for(work.city, work.period), period=work.period, decisions=sorted(decisions))
