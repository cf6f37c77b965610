"""Rows as stored held against the same rows as computed anew, value by value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from pipeline.warehouse.model import Utc

Row = tuple[Any, ...]


class Unreadable(str):
    """A text that stands where a moment or a day should: SQLite keeps one in any column."""

    __slots__ = ()


class AsStored(sa.types.TypeDecorator[Any]):
    """A moment or a day, or the text that stands in its place, which its own type refuses."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.parse = date.fromisoformat if isinstance(kind, sa.Date) else datetime.fromisoformat

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """What the driver gives, parsed where it is a text that can be."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except ValueError:
            return Unreadable(value)


@cache
def as_stored(table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of a table, read without a fault whatever stands in them."""
    return tuple(_as_stored(column) for column in table.columns)


def _as_stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, Utc | sa.Date):
        return sa.type_coerce(column, AsStored(column.type)).label(column.name)
    return column


@dataclass(frozen=True)
class Difference:
    """What is stored in one column of one row, and what was computed for it.

    Without a `column` it is the whole row: one that is missing has nothing stored, one too many nothing recomputed.
    """

    table: str
    key: Mapping[str, Any]
    column: str | None
    stored: Any
    recomputed: Any

    @property
    def place(self) -> str:
        """Table and column, or the table alone for a row."""
        return self.table if self.column is None else f"{self.table}.{self.column}"


def compare(
    table: sa.Table, stored: Sequence[Row], recomputed: Sequence[Row], *, but: Collection[str] = ()
) -> Iterator[Difference]:
    """Each value that differs, in the order of keys and columns; the columns in `but` are not compared.

    Numbers are equal when they are the same 64-bit float: what is written is read back so from both databases, but for
    the sign of zero, which SQLite loses and nobody asks for.
    """
    names = [column.name for column in table.columns]
    key_count = len(table.primary_key.columns)
    then, now = ({row[:key_count]: row for row in comparable(table, rows)} for rows in (stored, recomputed))
    for key in sorted({*then, *now}, key=repr):
        named = dict(zip(names, key, strict=False))
        old, new = then.get(key), now.get(key)
        if old is None or new is None:
            whole = dict(zip(names, old or new or (), strict=True))
            yield Difference(table.name, named, None, old and whole, new and whole)
            continue
        for name, one, other in zip(names, old, new, strict=True):
            if one != other and (name not in but or isinstance(one, Unreadable)):
                yield Difference(table.name, named, name, one, other)


def comparable(table: sa.Table, rows: Sequence[Row]) -> list[Row]:
    """Rows with plain values that are the same for the same content, whatever driver gave them: moments in UTC and days
    as ISO 8601, numbers by the type of their column."""
    return list(zip(*plain_columns(table, rows), strict=True))


def plain_columns(table: sa.Table, rows: Sequence[Row]) -> list[list[Any]]:
    """The same by column; nothing for no rows."""
    values = zip(table.columns, zip(*rows, strict=True), strict=True) if rows else ()
    return [_plain(column.type, of) for column, of in values]


def _plain(kind: sa.types.TypeEngine[Any], values: Sequence[Any]) -> list[Any]:
    if isinstance(kind, sa.Double):
        return [value + 0.0 if isinstance(value, int | float) else value for value in values]
    if isinstance(kind, sa.Boolean):
        return [value if value is None else bool(value) for value in values]
    if isinstance(kind, sa.Integer):
        return [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    if isinstance(kind, Utc):
        return [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in values]
    if isinstance(kind, sa.Date):
        return [value.isoformat() if isinstance(value, date) else value for value in values]
    return list(values)
