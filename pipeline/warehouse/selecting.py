"""Which versions of results are asked for, and the rows of a table that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.model import (
    KEY,
    REMARK,
    RESULT,
    RESULT_POPULATION,
    RESULT_SOURCE,
    ROWS,
    RUN,
    SEAL,
    VARIANT,
)

# City, indicator, period and version.
Key = tuple[Any, ...]
# Any row of these tells that a version was there; breakdowns are many, and never all that is left.
_TELLING = (RESULT, SEAL, ROWS, VARIANT, REMARK, RESULT_POPULATION, RESULT_SOURCE)
# A run asks for the same few versions in many queries; to build one takes longer than to ask it. Some ten are of each.
_FEW, _OF_EACH = 32, 16


@lru_cache(maxsize=_FEW)
def newest_versions(
    city_id: str | None, *, period: str | None = None, indicator_id: str | None = None, as_of: datetime | None = None
) -> sa.Subquery:
    """The key of the newest version of each result of a city, or of all, or of the newest computed by `as_of`.

    Of a city also where only parts of a version are left; of all cities those with a row of results.
    """
    there = _there(city_id, period=period, indicator_id=indicator_id, as_of=as_of)
    query = sa.select(*(there.c[name] for name in KEY[:-1]), sa.func.max(there.c.version).label("version"))
    return query.group_by(*(there.c[name] for name in KEY[:-1])).subquery("newest")


@lru_cache(maxsize=_FEW)
def all_versions(
    city_id: str, *, period: str | None = None, indicator_id: str | None = None, as_of: datetime | None = None
) -> sa.Subquery:
    """The key of every version of each result of a city, or of those computed by `as_of`, whatever is left of it."""
    return _there(city_id, period=period, indicator_id=indicator_id, as_of=as_of)


def _there(city_id: str | None, *, period: str | None, indicator_id: str | None, as_of: datetime | None) -> sa.Subquery:
    wanted = {"city_id": city_id, "period": period, "indicator_id": indicator_id}
    asked = {name: value for name, value in wanted.items() if value is not None}
    tables = _TELLING if city_id is not None else (RESULT,)
    found = [sa.select(*(table.c[name] for name in KEY)).filter_by(**asked) for table in tables]
    there = sa.union(*found).subquery() if len(found) > 1 else found[0].subquery()
    if as_of is None:
        return there
    are_its = sa.and_(*(RESULT.c[name] == there.c[name] for name in KEY))
    # When a version came whose row is gone nobody knows; by the last run of its period it was there.
    last_run = sa.select(sa.func.max(RUN.c.finished_at)).where(
        RUN.c.city_id == there.c.city_id, RUN.c.period == there.c.period
    )
    came_at = sa.func.coalesce(RESULT.c.computed_at, last_run.scalar_subquery())
    query = sa.select(*(there.c[name] for name in KEY)).join_from(there, RESULT, are_its, isouter=True)
    return query.where(came_at <= as_of).subquery()


@lru_cache(maxsize=_FEW * _OF_EACH)
def among(
    table: sa.TableClause, versions: sa.Subquery, *, columns: tuple[sa.ColumnElement[Any], ...] = ()
) -> sa.Select[Any]:
    """The rows of a table, or some columns of them, that belong to those versions."""
    are_theirs = sa.and_(*(table.c[name] == versions.c[name] for name in KEY))
    return sa.select(*(columns or table.columns)).join_from(versions, table, are_theirs)


def but(versions: sa.Subquery, keys: Collection[Key]) -> sa.Subquery:
    """The versions without some."""
    others = [sa.and_(*(versions.c[name] == value for name, value in zip(KEY, key, strict=True))) for key in keys]
    return sa.select(versions).where(sa.not_(sa.or_(sa.false(), *others))).subquery()


def rows_by_key(connection: Connection, table: sa.TableClause, versions: sa.Subquery) -> dict[Key, list[sa.Row[Any]]]:
    """The rows of a table by the version of a result that they belong to."""
    found: dict[Key, list[sa.Row[Any]]] = defaultdict(list)
    for row in connection.execute(among(table, versions)):
        found[row[: len(KEY)]].append(row)
    return found


def key_of(row: Mapping[str, Any]) -> Key:
    """City, indicator, period and version of a row."""
    return tuple(row[name] for name in KEY)
