"""Raw files and clean rows of final periods, taken away once their retention is over; values and lineage stay."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from connectors.numerals import counted_en
from pipeline.config.city import City
from pipeline.erasing.copies import discard_clean, note_gone
from pipeline.erasing.files import remove_gone
from pipeline.indicators.definition import definitions
from pipeline.landing import Manifest, Rest, all_manifests, write_manifest
from pipeline.periods import Period
from pipeline.warehouse import Erasure, Warehouse
from pipeline.warehouse.locks import alone


@dataclass(frozen=True)
class Expired:
    """The manifests of a table whose months are over, and how many of their raw files no other period reads."""

    table: str
    months: int
    manifests: tuple[Manifest, ...]
    files_count: int


def expired(home: Path, *, city: City, warehouse: Warehouse, today: date) -> list[Expired]:
    """What the city's settings no longer keep, by table; nothing of a period whose results are not all final."""
    kept = all_manifests(home)
    past = _past_their_time(kept, city=city, today=today)
    found = []
    for table in dict.fromkeys(source.table for source in city.sources.values()):
        over = [one for of, one in past if of == table and _is_final(warehouse, city, one.period, table)]
        read = {file.sha256 for one in kept if one not in over for file in one.kept_files}
        count = len({file.sha256 for one in over for file in one.kept_files} - read)
        months = city.retention.months(table) if city.retention else None
        found += [Expired(table, months, tuple(over), count)] if over and months is not None else []
    return found


def waiting_for_final(home: Path, *, city: City, today: date, found: Sequence[Expired]) -> list[str]:
    """Tables and periods past their time that are kept, for their results are not all final."""
    gone = {f"{of_table.table} {one.period}" for of_table in found for one in of_table.manifests}
    past = _past_their_time(all_manifests(home), city=city, today=today)
    return sorted({f"{table} {one.period}" for table, one in past} - gone)


def expire(home: Path, *, city: City, url: str, now: datetime) -> list[int]:
    """Take away what the city's settings no longer keep; gives the numbers of the decisions, one for each table.

    A decision that was broken off is ended under its number.
    """
    warehouse = Warehouse(url)
    with alone(url, "tolok erase"):
        today = now.astimezone(city.zone_info).date()
        found = {one.table: one for one in expired(home, city=city, warehouse=warehouse, today=today)}
        begun = {row["table_name"]: row["decision"] for row in warehouse.erasures(city.city) if _is_begun(row)}
        numbers = []
        for table in [*found, *(table for table in begun if table not in found)]:
            number = begun.get(table) or warehouse.next_erasure()
            if table in found and table not in begun:
                warehouse.note_erasure(_record(found[table], city, number, now))
            _take_away(home, found[table].manifests if table in found else (), number)
            discard_clean(home, city.city, table)
            warehouse.finish_erasure(number, at=now)
            numbers.append(number)
    return numbers


def _is_begun(row: Mapping[str, Any]) -> bool:
    return row["kind"] == "retention" and row["finished_at"] is None


def _record(one: Expired, city: City, number: int, now: datetime) -> Erasure:
    ground = f"retention.{one.table}: {one.months} bulan / months"
    return Erasure(number, city.city, "retention", one.table, now, "tolok", ground, 0, 0, one.files_count)


def _take_away(home: Path, manifests: Sequence[Manifest], number: int) -> None:
    left = set[str]()
    for manifest in manifests:
        before = manifest.rest or Rest((), (), ())
        left |= {sha256 for _, sha256 in before.rows}
        gone = tuple(sorted({file.sha256 for file in manifest.files}))
        decisions = tuple(sorted({*before.decisions, number}))
        write_manifest(home, replace(manifest, rest=Rest((), gone, decisions)))
    told = all_manifests(home)
    read = {file.sha256 for manifest in told for file in manifest.kept_files}
    taken = {sha256 for one in told if one.rest for sha256 in one.rest.gone} | left
    note_gone(home, sorted(taken - read), [])
    remove_gone(home, told, also=left)


def _past_their_time(manifests: Sequence[Manifest], *, city: City, today: date) -> list[tuple[str, Manifest]]:
    """The city's manifests that its settings no longer keep and that are still kept, each with its table."""
    found = []
    for one in manifests:
        source = city.sources.get(one.source) if one.city == city.city else None
        months = city.retention.months(source.table) if source and city.retention else None
        if source is None or months is None or one.is_expired:
            continue
        if today > add_months(Period.parse(one.period).last_on, months):
            found.append((source.table, one))
    return found


def add_months(day: date, count: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _is_final(warehouse: Warehouse, city: City, period: str, table: str) -> bool:
    """Whether every indicator that reads a table has a final value, all with their rows as they were written."""
    reading = {one.id for one in definitions().values() if table in (one.table, *one.also_reads)}
    rows = [row for row in warehouse.current(city.city, period) if row["indicator"] in reading]
    return len(rows) == len(reading) and all(row["status"] == "final" for row in rows)


def lines(found: Sequence[Expired]) -> list[str]:
    """What is no longer kept, as counts."""
    return [
        f"{one.table}: {len(one.manifests)} periode dan sumber, {one.files_count} berkas mentah, disimpan {one.months} "
        f"bulan / {counted_en(len(one.manifests), 'period and source', 'periods and sources')}, "
        f"{counted_en(one.files_count, 'raw file', 'raw files')}, kept for {counted_en(one.months, 'month', 'months')}"
        for one in found
    ]
