"""Past periods filled months before years: what is done and unchanged is skipped, a fault in one stops no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from connectors.errors import ConfigError, DataRejected, TolokError
from connectors.numerals import counted_en
from pipeline import steps
from pipeline.config.load import load_city
from pipeline.failures import keep_failure
from pipeline.periods import Period, refuse_other_fields, span
from pipeline.progress import Progress
from pipeline.settings import Settings

if TYPE_CHECKING:
    from connectors.airflow_api import AirflowApi

_log = logging.getLogger(__name__)
_UNDER_WAY = ("queued", "running")

# A period with its fault, if any.
Ended = tuple[str, TolokError | None]
_ASKED_EVERY_SECONDS = 3


class RunFailed(DataRejected):
    """A period's run in Airflow ended without success: that period's own fault."""


@dataclass(frozen=True)
class Backfill:
    """The periods that are still due, in order, and how many were done before.

    With `again` they are run though they are done. `place` says which of several cities it is.
    """

    city_id: str
    due: tuple[str, ...]
    done_count: int = 0
    again: bool = True
    place: str = ""

    @classmethod
    def planned(cls, city_id: str, first: str, last: str, *, again: bool = False, place: str = "") -> Backfill:
        """What is due of a range; `again` takes all of it. Raises `ConfigError` for a wrong city or range.

        Months of a year that goes on are left out until they begin; a range that ends after today is refused.
        """
        labels = _begun(city_id, span(first, last))
        done = frozenset() if again else steps.periods_done(city_id, labels)
        due = tuple(label for label in labels if label not in done)
        return cls(city_id, due, len(labels) - len(due), again=again, place=place)

    def run_here(self, progress: Progress) -> Iterator[Ended]:
        """Run every step of each period that is due in this process, and at last write what shows all of them."""
        yield from self.run(progress, one=partial(run_here, with_overviews=False))
        # Also where nothing is due: what was stopped just before has not written it.
        if self.due or self.done_count:
            steps.write_overviews(self.city_id)

    def run(
        self, progress: Progress, *, one: Callable[..., object], goes_on_after: type[TolokError] = TolokError
    ) -> Iterator[Ended]:
        """Run `one(city_id, period, progress=...)` for each period that is due; gives each with its fault, if any.

        What another run has done since, such as a scheduled one, is passed over. The first fault of another kind than
        `goes_on_after` is the last: every other period would meet it too.
        """
        for nth, label in enumerate(self.due, start=1):
            with progress.step(f"{self.place}{self.city_id} {label} ({nth}/{len(self.due)})"):
                try:
                    if self.again or not steps.periods_done(self.city_id, [label]):
                        one(self.city_id, label, progress=progress)
                except TolokError as fault:
                    yield label, fault
                    if not isinstance(fault, goes_on_after):
                        return
                else:
                    yield label, None


@dataclass(frozen=True)
class Filled:
    """What became of a range of periods of one city: how many were computed, done before, or not tried; each fault."""

    computed_count: int
    done_count: int
    left_count: int
    faults: Sequence[tuple[str, TolokError]]

    @classmethod
    def by(cls, planned: Backfill, ended: Iterable[Ended]) -> Filled:
        """What becomes of the periods planned as they end."""
        all_ended = list(ended)
        faults = [(label, fault) for label, fault in all_ended if fault is not None]
        left_count = len(planned.due) - len(all_ended)
        return cls(len(all_ended) - len(faults), planned.done_count, left_count, faults)


def _begun(city_id: str, periods: Sequence[Period]) -> list[str]:
    """Those that have begun on the city's clock; `ConfigError` where the last of them has not."""
    city = load_city(Settings.from_environment().cities, city_id)
    today = datetime.now(city.zone_info).date()
    last = periods[-1]
    later = [period.label for period in periods if period.first_on > today]
    if last.label in later:
        raise ConfigError(
            id=f"{last.label} belum dimulai (hari ini {today}), jadi belum ada yang dapat diisi. Tulis rentang yang "
            "berakhir paling lambat pada periode ini.",
            en=f"{last.label} has not begun (today is {today}), so there is nothing to fill yet. Write a range that "
            "ends with the present period or earlier.",
        )
    if later:
        _log.warning("Belum dimulai, dilewati / Not begun yet, left out: %s", ", ".join(later))
    return [period.label for period in periods if period.label not in later]


def fill_cities(
    city_ids: Sequence[str], first: str, last: str, *, again: bool, run: Callable[[Backfill], Iterable[Ended]]
) -> Iterator[Filled]:
    """Run what is due of each city in turn; gives what became of each. A fault, named by its city, stops no other.

    Raises `ConfigError` for a wrong range.
    """
    span(first, last)
    for nth, city_id in enumerate(city_ids, start=1):
        try:
            planned = Backfill.planned(city_id, first, last, again=again, place=f"[{nth}/{len(city_ids)}] ")
            filled = Filled.by(planned, run(planned))
        except TolokError as fault:
            yield Filled(0, 0, 0, [(city_id, fault)])
        else:
            yield replace(filled, faults=[(f"{city_id} {label}", fault) for label, fault in filled.faults])


def fill(city_id: str, *, form: Mapping[str, object], progress: Progress) -> list[str]:
    """Run what is due of a form's range, `first` to `last`; gives the periods of the range with something measured.

    Raises `ConfigError` for a range that lacks an end and for other fields, and at last the gravest fault, with the
    texts of all.
    """
    refuse_other_fields(form, "first", "last")
    first, last = (str(form.get(name) or "") for name in ("first", "last"))
    ended = Backfill.planned(city_id, first, last).run_here(progress)
    refuse_faults([(label, fault) for label, fault in ended if fault is not None])
    return steps.measured(city_id, [period.label for period in span(first, last)])


def restate(city_id: str, *, month: str, now: datetime, progress: Progress) -> list[str]:
    """Run the year before a month again, its months first; gives the periods of which anything changed.

    Only what has results is run again. Nothing is done when the city's window for that year is not open now. Raises at
    last the gravest fault, with the texts of all.
    """
    year = Period.parse(month).year - 1
    if steps.year_to_restate(city_id, now) != year:
        _log.info("%s %s: di luar waktu koreksi susulan / outside its time of late answers", city_id, year)
        return []
    before = steps.versions(city_id)
    labels = [period.label for period in span(str(year), str(year)) if period.label in {label for label, _ in before}]
    ended = list(Backfill(city_id, tuple(labels)).run_here(progress))
    after = steps.versions(city_id)
    refuse_faults([(label, fault) for label, fault in ended if fault is not None])
    return [label for label in labels if any(after[key] != before.get(key) for key in after if key[0] == label)]


def compute_also(city_id: str, *, month: str, progress: Progress) -> list[str]:
    """Run what a city wants besides a month, such as the year to date; gives the periods that were run.

    Raises at last the gravest fault, with the texts of all.
    """
    labels = steps.also_due(city_id, month)
    ended = list(Backfill(city_id, tuple(labels)).run_here(progress))
    refuse_faults([(label, fault) for label, fault in ended if fault is not None])
    return labels


def run_here(city_id: str, period: str, *, progress: Progress, with_overviews: bool = True) -> None:
    """Every step of a period in this process; `DataRejected` when nothing of it could be measured."""
    steps.run(city_id, period, progress=progress, with_overviews=with_overviews)
    try:
        steps.conclude(city_id, period, with_overviews=with_overviews)
    except Exception as fault:
        keep_failure(city_id, period, "announce", fault=fault)
        raise


def refuse_faults(faults: Sequence[tuple[str, TolokError]]) -> None:
    """Raise the gravest fault, with the texts of all, by period; nothing without any."""
    if not faults:
        return
    gravest = max((fault for _, fault in faults), key=lambda fault: fault.exit_code)
    raise type(gravest)(
        id="\n".join([f"{len(faults)} periode gagal:", *(f"{label}: {fault.id}" for label, fault in faults)]),
        en="\n".join(
            [
                f"{counted_en(len(faults), 'period', 'periods')} failed:",
                *(f"{label}: {fault.en}" for label, fault in faults),
            ]
        ),
    )


def in_airflow(api: AirflowApi, city_id: str, period: str, *, progress: Progress) -> None:  # noqa: ARG001 Airflow shows how far it is
    """Run a period's DAG in an Airflow, and wait until it has ended.

    A run of it that is still under way, such as that of a backfill that was stopped, is waited for and no other begun.
    `RunFailed` when it failed; other faults are those of the API, and would meet any period.
    """
    dag_id = f"{city_id}_{'annual' if Period.parse(period).is_year else 'monthly'}"
    api.login()
    there = api.run_ids(dag_id, period)
    run_id = next((run_id for run_id, state in there.items() if state in _UNDER_WAY), "")
    if not run_id:
        # Airflow keeps `backfill__` and `scheduled__` to itself.
        run_id = f"tolok__{period}__{len(there) + 1}"
        api.trigger(dag_id, run_id=run_id, partition_key=period)
    while (state := api.state(dag_id, run_id)) in _UNDER_WAY:
        time.sleep(_ASKED_EVERY_SECONDS)
    if state != "success":
        raise RunFailed(
            id=f"run {run_id} dari {dag_id} gagal; alasannya ada di halaman Airflow-nya.",
            en=f"run {run_id} of {dag_id} failed; its page in Airflow has the reason.",
        )
