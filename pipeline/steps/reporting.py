"""The last step: what people read of a period, and of all periods of a city."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.periods import Period
from pipeline.settings import Settings
from pipeline.steps.done import REPORT, left_to_do, note_ended
from pipeline.steps.environment import city_called, home, open_warehouse, warehouse_url, work_of
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.city_status import CityStatus
    from pipeline.language.language import Code
    from pipeline.reporting import Reporting

_log = logging.getLogger(__name__)


def report(
    city_id: str,
    period: str,
    *,
    formats: Sequence[str] = (),
    languages: Sequence[Code] = (),
    reporting: Reporting | None = None,
    with_overviews: bool = True,
) -> list[str]:
    """Write the reports that the city declares and its dashboard, or those of the formats told; gives their paths.

    The page among them shows results and validation in both languages. `reporting` has read cities before. Without
    overviews the dashboard is left to `write_overviews`.
    """
    from pipeline.reporting import Reporting

    declared = city_called(city_id).reports
    is_told, languages = bool(formats), languages or declared.languages
    formats = formats or declared.formats
    pages = [_write_page(city_id, period)] if "html" in formats else []
    others = (reporting or Reporting(Settings.from_environment())).write(
        city_id, period, formats=formats, languages=languages
    )
    dashboards = _write_dashboards(city_id, languages) if with_overviews and not is_told else ()
    written = [str(path) for path in (*pages, *others, *dashboards)]
    if not is_told and left_to_do(work := work_of(city_id, period)) == REPORT:
        note_ended(work)
    return written


def write_overviews(city_id: str) -> None:
    """Write what shows all periods of a city: its dashboard and its status page; nothing of a city without results."""
    from pipeline.warehouse import Warehouse

    if Warehouse(warehouse_url()).current(city_id):
        list(_write_dashboards(city_id, city_called(city_id).reports.languages))
    status(city_id, now=datetime.now(UTC))


def _write_dashboards(city_id: str, languages: Sequence[Code]) -> Iterator[Path]:
    from pipeline.dashboards import Dashboards, write_dashboards
    from pipeline.language import LANGUAGES

    made = Dashboards.of_machine(Settings.from_environment())
    # One that is there in another language is linked to, and must not tell of the run before.
    codes = [code for code in LANGUAGES if code in languages or made.path(city_id, code).is_file()]
    return write_dashboards(made, [city_id], codes)


def _write_page(city_id: str, period: str) -> Path:
    from pipeline.report.page import write_page
    from pipeline.warehouse import Warehouse

    work, warehouse = Work.last_stored(city_called(city_id), Period.parse(period), home()), Warehouse(warehouse_url())
    results = warehouse.published(city_id, period)
    return write_page(
        home() / "reports" / city_id / f"{period}.html",
        city_name=work.city.name,
        period=period,
        results=results,
        breakdowns={
            row["indicator"]: [
                {"dimension": name} | part for name, parts in row["breakdowns"].items() for part in parts
            ]
            for row in results
        },
        verdicts=work.verdicts(),
        notes=[note for manifest in work.all_manifests for note in manifest.notes],
        sources=[
            {"source": m.source, "file": file.name, "sha256": file.sha256, "size_bytes": file.size_bytes}
            for m in work.all_manifests
            for file in m.files
        ],
    )


def status(city_id: str, *, now: datetime) -> CityStatus:
    """How the city's periods stand, what they lack and what runs next; its page is written anew."""
    from pipeline.city_status import city_status
    from pipeline.failures import actionable
    from pipeline.report.status_page import write_status_page
    from pipeline.warehouse import Notifications, shown

    # One reading: a run may store another version at any moment.
    results = sorted(open_warehouse().results(city_id), key=lambda one: one.version or 0)
    found = city_status(
        city_called(city_id),
        results=[shown(one, is_whole=False) for one in results],
        computed={one.period: one.computed_at for one in results if one.computed_at},
        failures=Notifications(warehouse_url()).failures(city_id),
        now=now,
    )
    try:
        write_status_page(home() / "reports" / city_id, found)
    except OSError as fault:
        # Who may only read the home is told all the same.
        _log.warning("Halaman status tidak ditulis / Status page not written: %s", actionable(fault))
    return found
