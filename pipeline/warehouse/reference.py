"""Rows that come from code and not from runs: the indicators' definitions, and where periods lie in the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.indicators.definition import definitions
from pipeline.periods import Period
from pipeline.warehouse.model import CALENDAR_PERIOD, INDICATOR_DEFINITION, RESULT, VARIANT_DEFINITION


def fill(connection: Connection) -> None:
    """Write today's definitions in place of the former ones, and every period that has results but no row yet."""
    for table in (VARIANT_DEFINITION, INDICATOR_DEFINITION):
        connection.execute(sa.delete(table))
    connection.execute(sa.insert(INDICATOR_DEFINITION), definition_rows())
    connection.execute(sa.insert(VARIANT_DEFINITION), variant_rows())
    add_periods(connection, connection.execute(sa.select(RESULT.c.period).distinct()).scalars())


def add_periods(connection: Connection, labels: Iterable[str]) -> None:
    """Write the calendar's row of each period that has none."""
    wanted = sorted(set(labels))
    known = sa.select(CALENDAR_PERIOD.c.period).where(CALENDAR_PERIOD.c.period.in_(wanted))
    missing = set(wanted) - set(connection.execute(known).scalars())
    if missing:
        connection.execute(sa.insert(CALENDAR_PERIOD), [period_row(label) for label in sorted(missing)])


def variant_rows() -> list[dict[str, str]]:
    """How each variant differs from its headline; a name that ends in * stands for all that begin so."""
    return [
        {
            "indicator_id": one.id,
            "variant_like": name.replace("*", "%"),
            "text_id": text_id,
            "text_en": text_en,
        }
        for one in definitions().values()
        for name, (text_id, text_en) in one.variants.items()
    ]


def definition_rows() -> list[dict[str, Any]]:
    """Every indicator that this version of Tolok defines."""
    told = [{"indicator_id": definition.id, **asdict(definition)} for definition in definitions().values()]
    return [{column.name: one[column.name] for column in INDICATOR_DEFINITION.columns} for one in told]


def period_row(label: str) -> dict[str, Any]:
    """Where a period lies in the calendar."""
    period = Period.parse(label)
    return {
        "period": label,
        "period_kind": "year" if period.is_year else "month" if period.is_month else "months",
        "period_start": period.first_on,
        "period_end": period.last_on,
        "year": period.year,
        "months_count": len(period.months),
        "year_before": period.year_before.label,
    }
