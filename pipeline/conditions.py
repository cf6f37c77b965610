"""What people should know of a city until it is mended, worked out from what is kept of it; nothing is read or sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connectors.errors import TolokError
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.landing import Manifest
from pipeline.periods import Period, span
from pipeline.signs import FRAMES
from pipeline.tables import TABLES
from pipeline.warehouse import RunFailure

# A run that has just been due may still be under way, or be tried again.
_GRACE = timedelta(days=2)
_COLLECTED_WITHIN = timedelta(days=3)
_BANDS = {sign.name for sign in FRAMES["changes"]} - {"largest_member_pct"}
# What time mends and no person: while a period goes on, every other reason may pass too.
_GOES_ON, _PASSING = "period_not_over", ("period_not_over", "still_open")


@dataclass(frozen=True)
class Condition:
    """One thing that is so until it is mended: two of one `kind` and `subject` are the same, whatever else they say.

    `about` names what it is about besides `periods`; `id` and `en` say what is so, and hold no value of a person.
    """

    kind: str
    subject: str
    about: str
    periods: tuple[str, ...]
    id: str
    en: str
    link: str | None = None


@dataclass(frozen=True)
class CityState:
    """What is kept of a city: its failures, its current results as the warehouse gives them, manifests by source."""

    failures: Sequence[RunFailure]
    results: Sequence[Mapping[str, Any]]
    manifests: Mapping[str, Sequence[Manifest]]


def of_settings(fault: TolokError) -> Condition:
    """That a city's settings cannot be read, so that nothing of it runs."""
    return Condition("settings_at_fault", "settings", "", (), fault.id, fault.en)


def of_failures(failures: Iterable[RunFailure]) -> list[Condition]:
    """One for each step that failed, however many periods it failed in; it tells the latest reason."""
    by_step: dict[str, list[RunFailure]] = {}
    for failure in failures:
        by_step.setdefault(failure.step, []).append(failure)
    return [_of_step(step, found) for step, found in sorted(by_step.items())]


def _of_step(step: str, failures: Sequence[RunFailure]) -> Condition:
    last = max(failures, key=lambda failure: failure.failed_at)
    periods = tuple(sorted({failure.period for failure in failures}))
    return Condition("run_failed", step, step, periods, last.text_id, last.text_en, last.link)


def of_city(city: City, state: CityState, *, now: datetime) -> list[Condition]:
    """Everything but what its failures and settings tell."""
    expected = list(expected_periods(city, state.results, now=now))
    return [
        *_missing(city, state, expected),
        *_stale(city, state, expected, today=now.astimezone(city.zone_info).date()),
        *_purging(city, state, today=now.astimezone(city.zone_info).date()),
        *_altered(state.results),
        *_of_results(city, state.results),
    ]


def expected_periods(city: City, results: Sequence[Mapping[str, Any]], *, now: datetime) -> Iterator[Period]:
    """The months and years that should be there: since the first declared one, else since those with a value.

    Where nothing is there and nothing declared, since January of the year before, as the scheduler begins. None that
    ended before every source's first day, where all of them tell it.
    """
    begins_on = _begins_on(city)
    labels = sorted({str(row["period"]) for row in results if row["status"] != "not_computable"})
    months = [label for label in labels if Period.parse(label).is_month]
    stored = [*months, *(label for label in labels if Period.parse(label).is_year)]
    declared = city.schedule.first_month
    first = declared or min(months, default="" if stored else f"{now.year - 1}-01")
    since = [declared] if declared else [label for label in (first, *stored) if label]
    first_year = min((label[:4] for label in since), default=str(now.year))
    for period in span(first_year, str(now.year)):
        is_run = (period.is_year or (first and period.label >= first)) and period.last_on >= begins_on
        if is_run and due_at(city, period) + _GRACE < now:
            yield period


def _begins_on(city: City) -> date:
    """The first day of which any source tells by its settings; the first day there is where one leaves that open."""
    sources = [source for source in city.sources.values() if not TABLES[source.table].is_snapshot]
    firsts = [source.opened_on or min((d.first_on for d in source.covers), default=date.min) for source in sources]
    return min(firsts, default=date.min)


def is_closed(row: Mapping[str, Any]) -> bool:
    """Whether a result, as the warehouse gives it, is of a closed year or one of its months."""
    return any(done["action"] == "closed" for done in row["closings"])


def due_at(city: City, period: Period) -> datetime:
    """When a period should be there: its run's day and hour, for a year after the longest wait for its months."""
    after, schedule = period.last_on + timedelta(days=1), city.schedule
    due = datetime(after.year, after.month, schedule.day, schedule.hour, tzinfo=city.zone_info)
    return due + timedelta(days=schedule.year_waits_days if period.is_year else 0)


def _missing(city: City, state: CityState, expected: Iterable[Period]) -> Iterator[Condition]:
    """Periods without anything measured, but those of which a failure tells or which were declared empty."""
    there = {row["period"] for row in state.results if row["status"] != "not_computable"}
    there |= {failure.period for failure in state.failures}
    there |= set(city.schedule.empty_months)
    for period in expected:
        if period.label not in there:
            yield Condition(
                "period_missing",
                period.label,
                "",
                (period.label,),
                "belum ada hasil, padahal waktunya sudah lewat",
                "there is no result, though it was due",
            )


def _stale(city: City, state: CityState, expected: Sequence[Period], *, today: date) -> Iterator[Condition]:
    """Sources whose newest day is older than the newest period, or for one collected each night, than three days."""
    last_due_on = max((period.last_on for period in expected), default=None)
    for name, source in city.sources.items():
        newest_on = _newest_on(source, state.manifests.get(name, ()))
        wanted_on = today - _COLLECTED_WITHIN if _is_nightly(source) else last_due_on
        if newest_on is None or wanted_on is None or newest_on >= wanted_on:
            continue
        if source.path and _is_continued(city, state, name, newest_on):
            continue
        yield Condition(
            "source_stale",
            name,
            name,
            (),
            f"datanya hanya sampai {newest_on}, seharusnya sampai {wanted_on}",
            f"its data reach only {newest_on}, they should reach {wanted_on}",
        )


def _newest_on(source: Source, manifests: Iterable[Manifest]) -> date | None:
    """The last whole day that a source tells of; null when nothing says which days it tells of."""
    if TABLES[source.table].is_snapshot:
        return None
    landed = [manifest.covers for manifest in manifests if manifest.covers]
    found = [source.declared_coverage] if source.declared_coverage else landed
    return max((covers.stretches[-1][1] for covers in found if covers), default=None)


def _is_nightly(source: Source) -> bool:
    return bool(source.connection) and source.collect == "daily"


def _is_continued(city: City, state: CityState, name: str, newest_on: date) -> bool:
    """Whether another source of the same table tells of later days, as a new system after an old one does."""
    others = [other for other in city.sources_of(city.sources[name].table) if other != name]
    found = [_newest_on(city.sources[other], state.manifests.get(other, ())) for other in others]
    return any(other is not None and other > newest_on for other in found)


def _purging(city: City, state: CityState, *, today: date) -> Iterator[Condition]:
    """Sources that purge days before they are fetched: by their schedule, or because the fetching stands still."""
    for name, source in city.sources.items():
        manifests = state.manifests.get(name, ())
        keeps_days = max((manifest.keeps_days or 0 for manifest in manifests), default=0)
        newest_on = _newest_on(source, manifests)
        if not source.connection or not keeps_days or newest_on is None:
            continue
        next_on = newest_on + timedelta(days=1)
        purged_on = next_on + timedelta(days=keeps_days)
        fetched_on = _fetched_on(city, source, next_on)
        if purged_on <= fetched_on or (today > fetched_on + timedelta(days=1) and next_on < today):
            yield Condition(
                "source_purges",
                name,
                name,
                (),
                f"sumber menyimpan {keeps_days} hari; data sejak {next_on} belum diambil dan dihapus mulai {purged_on}",
                f"the source keeps {keeps_days} days; data from {next_on} on are not fetched yet and are purged from "
                f"{purged_on} on",
            )


def _fetched_on(city: City, source: Source, day: date) -> date:
    """On which day the schedule fetches a day."""
    if _is_nightly(source):
        return day + timedelta(days=1)
    return due_at(city, Period(day.year, day.month)).date()


def _altered(results: Iterable[Mapping[str, Any]]) -> Iterator[Condition]:
    """Results whose rows are not those that were stored, of closed years too."""
    for row in results:
        if row["status"] == "altered":
            name, period = row["indicator"], row["period"]
            reason_id, _, reason_en = str(row["reason"]).partition(" / ")
            yield Condition("result_altered", f"{name} {period}", name, (period,), reason_id, reason_en)


def _of_results(city: City, results: Iterable[Mapping[str, Any]]) -> Iterator[Condition]:
    """What moved beyond its band and is not explained, and what a person can mend of what is provisional.

    Of a closed year and its months nothing: a person has decided, and only a correction changes them. Nor of runs of
    months, whose months tell the same.
    """
    for row in results:
        period = Period.parse(row["period"])
        if is_closed(row) or not (period.is_month or period.is_year):
            continue
        reasons = {reason["code"]: reason for reason in row["reasons"]}
        explained = city.judgement.explained.get(row["period"], {})
        for code, reason in reasons.items():
            is_to_mend = reason["keeps_provisional"] and row["status"] == "provisional" and code not in _PASSING
            if code in explained or _GOES_ON in reasons or not (code in _BANDS or is_to_mend):
                continue
            yield Condition(
                "result_moved" if code in _BANDS else "result_provisional",
                f"{row['indicator']} {row['period']} {code}",
                f"{row['indicator']} ({code})",
                (row["period"],),
                reason["id"],
                reason["en"],
            )
