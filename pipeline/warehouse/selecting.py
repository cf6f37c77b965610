"""Which versions of results are asked for, and the rows of a table that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.model import KEY, RESULT

# City, indicator, period and version.
Key = tuple[Any, ...]


def newest_versions(
    city_id: str | None, *, period: str | None = None, indicator_id: str | None = None, as_of: datetime | None = None
) -> sa.Subquery:
    """The key of the newest version of each result of a city, or of all, or of the newest computed by `as_of`."""
    query = sa.select(*(RESULT.c[name] for name in KEY[:-1]), sa.func.max(RESULT.c.version).label("version"))
    query = query.where(*_asked(city_id, period=period, indicator_id=indicator_id, as_of=as_of))
    return query.group_by(*(RESULT.c[name] for name in KEY[:-1])).subquery("newest")


def all_versions(
    city_id: str, *, period: str | None = None, indicator_id: str | None = None, as_of: datetime | None = None
) -> sa.Subquery:
    """The key of every version of each result of a city, or of those computed by `as_of`."""
    query = sa.select(*(RESULT.c[name] for name in KEY))
    return query.where(*_asked(city_id, period=period, indicator_id=indicator_id, as_of=as_of)).subquery("versions")


def _asked(
    city_id: str | None, *, period: str | None, indicator_id: str | None, as_of: datetime | None
) -> list[sa.ColumnElement[bool]]:
    wanted = {"city_id": city_id, "period": period, "indicator_id": indicator_id}
    found = [RESULT.c[name] == value for name, value in wanted.items() if value is not None]
    return [*found, RESULT.c.computed_at <= as_of] if as_of is not None else found


def among(
    table: sa.TableClause, versions: sa.Subquery, *, columns: Sequence[sa.ColumnElement[Any]] = ()
) -> sa.Select[Any]:
    """The rows of a table, or some columns of them, that belong to those versions."""
    are_theirs = sa.and_(*(table.c[name] == versions.c[name] for name in KEY))
    return sa.select(*(columns or table.columns)).join_from(versions, table, are_theirs)


def but(versions: sa.Subquery, keys: Collection[Key]) -> sa.Subquery:
    """The versions without some."""
    others = [sa.and_(*(versions.c[name] == value for name, value in zip(KEY, key, strict=True))) for key in keys]
    return sa.select(versions).where(sa.not_(sa.or_(sa.false(), *others))).subquery("others")


def rows_by_key(connection: Connection, table: sa.TableClause, versions: sa.Subquery) -> dict[Key, list[sa.Row[Any]]]:
    """The rows of a table by the version of a result that they belong to."""
    found: dict[Key, list[sa.Row[Any]]] = defaultdict(list)
    for row in connection.execute(among(table, versions)):
        found[row[: len(KEY)]].append(row)
    return found


def key_of(row: Mapping[str, Any]) -> Key:
    """City, indicator, period and version of a row."""
    return tuple(row[name] for name in KEY)
