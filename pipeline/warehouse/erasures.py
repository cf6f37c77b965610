"""Decisions to erase rows of persons or expired files: kept for good, without anything of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.model import ERASURE
from pipeline.warehouse.records import Erasure


def next_number(connection: Connection) -> int:
    """The number of the next decision; they are counted over all cities of a warehouse."""
    return (connection.execute(sa.select(sa.func.max(ERASURE.c.decision))).scalar() or 0) + 1


def note(connection: Connection, erasure: Erasure) -> None:
    """Keep a decision before anything goes; one that is there stays as it is."""
    there = sa.select(ERASURE.c.decision).where(ERASURE.c.decision == erasure.decision)
    if connection.execute(there).scalar() is None:
        connection.execute(sa.insert(ERASURE), asdict(erasure))


def finish(connection: Connection, decision: int, *, at: datetime) -> None:
    """Note that all is gone."""
    change = sa.update(ERASURE).where(ERASURE.c.decision == decision, ERASURE.c.finished_at.is_(None))
    connection.execute(change.values(finished_at=at))


def decisions(connection: Connection, city_id: str | None = None) -> Sequence[dict[str, Any]]:
    """Every decision of a city, or of all, in order."""
    query = sa.select(ERASURE).order_by(ERASURE.c.decision)
    if city_id is not None:
        query = query.where(ERASURE.c.city_id == city_id)
    return [dict(row) for row in connection.execute(query).mappings()]
