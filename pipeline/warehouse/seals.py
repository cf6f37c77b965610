"""Seals of versions: a hash of all rows of each, kept beside it, so that a version altered later is seen.

Whoever alters a warehouse on purpose can write seals too; they tell of accidents, and of hands that did not know. Each
seal holds a hash of all versions before it: an older version cannot be replaced, or taken away, without a trace.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.indicators.definition import definitions
from pipeline.warehouse.comparing import as_stored, plain_columns
from pipeline.warehouse.model import KEY, RESULT, RESULT_SOURCE, SEAL, UNKNOWN
from pipeline.warehouse.selecting import Key, among, but, newest_versions
from pipeline.warehouse.version_rows import PARTS, Rows, by_column

# What became of a version, and what mends it: of the newest a run, of older ones nothing that computes.
_IS_ALTERED = (
    "baris versi ini di gudang data bukan lagi yang ditulis Tolok",
    "the rows of this version in the warehouse are no longer those that Tolok wrote",
)
_IS_GONE = (
    "hasil versi ini hilang dari gudang data",
    "the result of this version is gone from the warehouse",
)
_A_RUN = (
    "tolok verify menyebut bedanya, tolok run menulis hasilnya lagi sebagai versi baru (tahun yang ditutup: tolok "
    "correct)",
    "tolok verify names what differs, tolok run writes the result again as a new version (in a closed year tolok "
    "correct)",
)
_A_BACKUP = (
    "versi lama tidak ditulis lagi, hanya cadangan gudang data yang memuatnya",
    "an older version is not written again, only a backup of the warehouse holds it",
)
# No result is stored with it: it is what a version shows that is not as it was stored.
STATUS_ALTERED = "altered"
# Rows by indicator and version, and by table.
_Found = dict[tuple[str, int], dict[str, list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class Version:
    """One version of a result as it is stored, whatever of it is there; `seal` and `former` are null without a seal."""

    number: int
    rows: Rows
    seal: str | None = None
    former: str | None = None

    @cached_property
    def result(self) -> Mapping[str, Any] | None:
        """Its row of results."""
        return next(iter(by_column(RESULT, self.rows.get(RESULT.name, ()))), None)

    @property
    def sources(self) -> set[str]:
        """The sources of its files."""
        return {row["source"] for row in by_column(RESULT_SOURCE, self.rows.get(RESULT_SOURCE.name, ()))}

    @cached_property
    def is_intact(self) -> bool:
        """Whether its rows are those that were sealed."""
        return self.seal is not None and self.seal == seal_of(self.rows, self.former or "")


@dataclass(frozen=True)
class Alteration:
    """An older version that is not as it was written; `is_known` when a newer one was written since, which says so."""

    version: int
    is_gone: bool
    is_known: bool


def seal_of(rows: Rows, former: str) -> str:
    """The hash of a version's rows and of what came before it; a column without any value does not matter."""
    digest = hashlib.sha256(former.encode())
    for table in PARTS:
        found = _in_order_of_keys(table, rows.get(table.name, ()))
        for column, values in zip(table.columns, plain_columns(table, found), strict=False):
            # The rows of a version have its key in common.
            told = values[:1] if column.name in KEY else values
            if any(value is not None for value in told):
                digest.update(json.dumps([table.name, column.name, told]).encode())
    return digest.hexdigest()


def _in_order_of_keys(table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    first, last = len(KEY), len(table.primary_key.columns)
    try:
        return sorted(rows, key=lambda row: row[first:last])
    except TypeError:  # SQLite keeps a text in a column of numbers.
        return sorted(rows, key=repr)


def former_of(versions: Sequence[Version]) -> str:
    """The hash of versions as they stand now; empty for none."""
    if not versions:
        return ""
    told = [(one.number, seal_of(one.rows, one.former or ""), one.seal) for one in versions]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read_versions(connection: Connection, city_id: str, period: str) -> dict[str, list[Version]]:
    """Every version of which any row is there, in order, by indicator."""
    return _read(connection, city_id, period, columns={table: as_stored(table) for table in (*PARTS, SEAL)})


def _read(
    connection: Connection, city_id: str, period: str, *, columns: Mapping[sa.Table, Sequence[sa.ColumnElement[Any]]]
) -> dict[str, list[Version]]:
    rows: _Found = defaultdict(lambda: defaultdict(list))
    for table, of_table in columns.items():
        query = sa.select(*of_table).where(table.c.city_id == city_id, table.c.period == period)
        for row in connection.execute(query):
            rows[row.indicator_id, row.version][table.name].append(tuple(row))
    return _versions(rows)


def _versions(rows: _Found) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = defaultdict(list)
    for (indicator_id, number), of_version in sorted(rows.items()):
        found[indicator_id].append(_version(number, of_version))
    return found


def _version(number: int, rows: Rows) -> Version:
    seal = next(iter(by_column(SEAL, rows.get(SEAL.name, ()))), {})
    return Version(number, rows, seal.get("rows_sha256"), seal.get("former_sha256"))


def result_rows(connection: Connection, versions: sa.Subquery) -> tuple[list[Mapping[str, Any]], sa.Subquery]:
    """The row of results of each of some versions, and those of the versions whose rows are the ones that were sealed.

    A version that was altered has no value: the reason says so, and what mends it.
    """
    if connection.execute(sa.select(versions).limit(1)).first() is None:
        return [], versions
    altered = _altered(connection, versions)
    intact = but(versions, altered) if altered else versions
    rows: list[Mapping[str, Any]] = [*connection.execute(among(RESULT, intact)).mappings()]
    newest = _newest(connection, altered)
    return rows + [_without_value(key, one, is_newest=key in newest) for key, one in altered.items()], intact


def _newest(connection: Connection, keys: Iterable[Key]) -> set[Key]:
    """The newest versions of the cities of some versions."""
    cities = {key[0] for key in keys}
    return {tuple(row) for city_id in cities for row in connection.execute(sa.select(newest_versions(city_id)))}


def altered_reason(*, is_gone: bool, is_newest: bool) -> str:
    """What is said of a version that is not as it was written, in both languages."""
    what, mended = _IS_GONE if is_gone else _IS_ALTERED, _A_RUN if is_newest else _A_BACKUP
    return " / ".join(f"{one}; {other}" for one, other in zip(what, mended, strict=True))


def _without_value(key: Key, version: Version, *, is_newest: bool) -> Mapping[str, Any]:
    named = dict(zip(KEY, key, strict=True))
    reason = altered_reason(is_gone=version.result is None, is_newest=is_newest)
    moment = (version.result or {}).get("computed_at")
    definition = definitions().get(named["indicator_id"])
    counts = ("rows_read", "rows_used", "rows_excluded", "rows_quarantined")
    return {
        **dict.fromkeys((column.name for column in RESULT.columns), None),
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(("method_version", "inputs_sha256", "run_id"), ""),
        **named,
        "unit": definition.unit if definition else "",
        "status": STATUS_ALTERED,
        "reason": reason,
        "change_reason": reason,
        "computed_at": moment if isinstance(moment, datetime) else UNKNOWN,
    }


def _altered(connection: Connection, versions: sa.Subquery) -> dict[Key, Version]:
    rows: dict[Key, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for table in (*PARTS, SEAL):
        for row in connection.execute(among(table, versions, columns=as_stored(table))):
            rows[row[: len(KEY)]][table.name].append(tuple(row))
    found = {key: _version(key[-1], of_version) for key, of_version in rows.items()}
    return {key: version for key, version in found.items() if not version.is_intact}


def seal_row(key: Sequence[Any], rows: Rows, before: Sequence[Version]) -> dict[str, Any]:
    """The seal of a version that comes after others."""
    former = former_of(before)
    named = dict(zip(KEY, key, strict=True))
    return named | {"rows_sha256": seal_of(rows, former), "former_sha256": former}


def alterations(versions: Sequence[Version]) -> Iterator[Alteration]:
    """The versions before the newest that are altered or gone; what is computed anew is held against the newest itself.

    The newest names all before it as they stood when it was written: what was altered until then is known.
    """
    *before, newest = versions
    is_known = newest.former == former_of(before)
    there = {one.number: one for one in before}
    found = [
        Alteration(number, number not in there or there[number].result is None, is_known)
        for number in range(1, newest.number)
        if number not in there or not there[number].is_intact
    ]
    yield from found
    if not found and not is_known and newest.is_intact:
        yield from (Alteration(one.number, is_gone=False, is_known=False) for one in before)


def seal_all(connection: Connection) -> None:
    """Seal every version that is stored, as it is; columns that the database does not have yet are null."""
    inspector = sa.inspect(connection)
    there = {table: {column["name"] for column in inspector.get_columns(table.name)} for table in PARTS}
    columns = {t: [c if c.name in names else sa.null().label(c.name) for c in t.columns] for t, names in there.items()}
    for city_id, period in connection.execute(sa.select(RESULT.c.city_id, RESULT.c.period).distinct()).all():
        for indicator_id, versions in _read(connection, city_id, period, columns=columns).items():
            sealed: list[Version] = []
            for one in versions:
                seal = seal_row((city_id, indicator_id, period, one.number), one.rows, sealed)
                sealed.append(Version(one.number, one.rows, seal["rows_sha256"], seal["former_sha256"]))
                connection.execute(sa.insert(SEAL), seal)
