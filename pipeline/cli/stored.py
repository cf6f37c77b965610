"""What the warehouse holds of a city or a province, and a refusal that names what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.errors import ConfigError, TolokError
from connectors.numerals import counted_en
from pipeline.nearest import did_you_mean, nearest
from pipeline.periods import nearest_periods
from pipeline.settings import Settings, city_ids, is_province

if TYPE_CHECKING:
    from pipeline.warehouse import ResultView, Warehouse

_SHOWN_HINTS = 3


def failure_lines(city: str, labels: Collection[str]) -> Iterator[str]:
    """Of which of a city's periods the latest run failed since their results came, and why."""
    from pipeline.warehouse import Notifications

    failures = Notifications(Settings.from_environment().warehouse_url).failures(city)
    failed = {one.period: one for one in sorted(failures, key=lambda one: one.failed_at) if one.period in labels}
    for label, last in sorted(failed.items()):
        where = f"({last.failed_at:%Y-%m-%d %H:%M}Z, {last.step})"
        yield f"Run terakhir {label} gagal {where}: {last.text_id}"
        yield f"The latest run of {label} failed {where}: {last.text_en}"


def stale_lines(city: str, labels: Sequence[str]) -> Iterator[str]:
    """Which of a city's periods rest on former files or settings, and the command that computes them anew.

    Nothing where all are of now, or where that cannot be told.
    """
    from pipeline import steps
    from pipeline.city_status import stretches

    done = frozenset(labels)
    with suppress(TolokError):
        done = steps.periods_done(city, labels)
    if stale := [label for label in labels if label not in done]:
        years = sorted(label[:4] for label in stale)
        one = f"tolok run {city} {stale[0]}"
        command = one if len(stale) == 1 else f"tolok backfill {city} {years[0]} {years[-1]}"
        yield f"Berkas atau pengaturannya sudah lain sejak dihitung: {stretches(stale)}. Jalankan: {command}"
        yield f"Files or settings are others since they were computed: {stretches(stale)}. Run: {command}"


def versions_of(city: str, label: str | None, indicator: str | None, *, as_of: datetime | None) -> list[dict[str, Any]]:
    """Every version of the results of a city, or every change of a province's by those of its cities."""
    from pipeline.config.province import load_province
    from pipeline.province import versions

    cities, warehouse = Settings.from_environment().cities, open_warehouse()
    if not is_province(cities, city):
        found: list[dict[str, Any]] = warehouse.history(city, indicator, period=label, as_of=as_of)
        return found
    told = {
        part: warehouse.history(part, indicator, period=label, as_of=as_of)
        for part in load_province(cities, city).parts
    }
    return versions(
        city,
        told,
        current=lambda part, period, at: warehouse.results(part, period=period, as_of=at),
        names=warehouse.city_names(),
    )


def results_of(
    city: str, label: str | None, *, as_of: str | None = None, is_whole: bool = False
) -> list[dict[str, Any]]:
    """The results of a city or province as `tolok show --json` prints them; `ConfigError` for none."""
    from pipeline.warehouse import shown

    is_whole = is_whole or is_province(Settings.from_environment().cities, city)
    return [shown(view, is_whole=is_whole) for view in views_of(city, label, as_of=as_of, is_whole=is_whole)]


def views_of(city: str, label: str | None, *, as_of: str | None = None, is_whole: bool = False) -> Sequence[ResultView]:
    """The results of a city or province, those of a city all of one state; `ConfigError` for none."""
    moment = moment_of(as_of, city)
    cities = Settings.from_environment().cities
    if is_province(cities, city):
        views = _of_province(cities, city, label, as_of=moment)
    else:
        views = open_warehouse().results(city, period=label, as_of=moment, is_whole=is_whole)
    if not views:
        raise nothing_stored(city, label, as_of=as_of)
    return views


def _of_province(cities: Path, name: str, label: str | None, *, as_of: datetime | None) -> Sequence[ResultView]:
    """The results of a province, made of its cities' as they stand now, or stood as of a moment."""
    from pipeline.config.province import load_province
    from pipeline.province import rolled_up

    parts, warehouse = load_province(cities, name).parts, open_warehouse()
    by_city = {city: warehouse.results(city, period=label, as_of=as_of) for city in parts}
    return rolled_up(name, by_city, names=warehouse.city_names())


def members_of(view: ResultView, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The members of all breakdowns of a result, cities of a province by their names."""
    of_view = {"city_id": view.city_id, "period": view.period}
    return [
        of_view
        | asdict(part)
        | {"dimension": dimension, "member": names.get(part.name, part.name), "unit": part.unit or view.unit}
        for dimension, parts in view.breakdowns.items()
        for part in parts
    ]


def open_warehouse() -> Warehouse:
    """The warehouse of this machine, at its newest schema."""
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    warehouse.migrate()
    return warehouse


def nothing_stored(name: str, label: str | None, *, as_of: str | None = None) -> ConfigError:
    """What to raise where a city or province has no results, with the nearest there are and what to run."""
    from pipeline.config.load import begins_as_period, city_forgotten

    cities, warehouse = Settings.from_environment().cities, open_warehouse()
    known = city_ids(cities)
    if name not in known and begins_as_period(name):
        return city_forgotten(name)
    parts = cities_within(name)
    closed = {one["period"] for part in parts for one in warehouse.closings(part) if one["action"] == "closed"}
    hint = " ; ".join(f"tolok run {part} {label or '2025'}" for part in parts[:_SHOWN_HINTS])
    if name not in known and not is_province(cities, name):
        near = nearest(name.lower(), known)
        hint = f"tolok run {near} {label or '2025'}" if near else f"tolok init {name}"
    elif label and label[:4] in closed and name in known:
        hint = f"tolok correct {name} {label[:4]} --reason '...'"
    what = f"{name} {label}" if label else name
    if not as_of and (lost := _lost(parts, label, warehouse)):
        return lost
    then_id, then_en = (f" pada {as_of}", f" as of {as_of}") if as_of else ("", "")
    near_id, near_en = did_you_mean(name, known) if name not in known else ("", "")
    if stored := {row["period"] for part in parts for row in warehouse.current(part)}:
        shown = nearest_periods(label, stored)
        left_count, told = len(stored) - len(shown), ", ".join(shown)
        near_id = f" Yang terdekat: {told}; {left_count} periode lain ada." if left_count else f" Yang ada: {told}."
        near_en = (
            f" The nearest: {told}; besides {counted_en(left_count, 'other period', 'other periods')}."
            if left_count
            else f" There are: {told}."
        )
    return ConfigError(
        id=f"Belum ada hasil untuk {what}{then_id}.{near_id} Jalankan: {hint}",
        en=f"There are no results yet for {what}{then_en}.{near_en} Run: {hint}",
    )


def _lost(parts: Sequence[str], label: str | None, warehouse: Warehouse) -> ConfigError | None:
    """What to raise where results were stored, as the data folder knows, that the warehouse does not have any more."""
    from pipeline.work import periods_stored

    home = Settings.from_environment().home
    for part in parts:
        there = {row["period"] for row in warehouse.current(part)}
        known = {period: version for period, version in periods_stored(home, part).items() if period not in there}
        if known and (label is None or label in known):
            told = ", ".join(f"{one} v{known[one]}" for one in nearest_periods(label, known))
            command = f"tolok run {part} {label or next(iter(sorted(known)))}"
            return ConfigError(
                id=f"Hasil {part} pernah disimpan ({told}), tetapi gudang data {warehouse.address} tidak memuatnya "
                f"lagi. Periksa TOLOK_WAREHOUSE, atau pulihkan cadangannya (docs/service.md). Tanpa cadangan: "
                f"{command} menghitungnya lagi sebagai versi baru; riwayat lamanya hilang.",
                en=f"Results of {part} were stored ({told}), but the warehouse {warehouse.address} has them no longer. "
                f"Check TOLOK_WAREHOUSE, or restore its backup (docs/service.md). Without one: {command} computes them "
                "again as a new version; their older history is lost.",
            )
    return None


def cities_within(name: str) -> Sequence[str]:
    """The cities of a province, or the city itself."""
    from pipeline.config.province import load_province

    cities = Settings.from_environment().cities
    return load_province(cities, name).parts if is_province(cities, name) else [name]


def moment_of(text: str | None, city: str) -> datetime | None:
    """The moment a person means: one without a zone is on the city's clock, a day lasts to its end."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            id=f"Waktu '{text}' tidak dikenal. Tulis seperti 2025-01-31 atau 2025-01-31T17:00:00+07:00.",
            en=f"The moment '{text}' is not known. Write it like 2025-01-31 or 2025-01-31T17:00:00+07:00.",
        ) from None
    if len(text) <= len("2025-01-31"):
        moment = datetime.combine(moment, time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(open_warehouse().zone_of(city) or "UTC"))
