"""The rows that a version of a result consists of, built in one place to be written, sealed and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.warehouse.model import (
    BREAKDOWN,
    KEY,
    REMARK,
    RESULT,
    RESULT_POPULATION,
    RESULT_SOURCE,
    ROWS,
    VARIANT,
)
from pipeline.warehouse.records import StoreRequest

if TYPE_CHECKING:
    from connectors.remarks import Remark
    from pipeline.indicators.base import Quotient, Result

# By table, each row in the order of the table's columns.
Rows = Mapping[str, Sequence[tuple[Any, ...]]]
PARTS = (RESULT, ROWS, VARIANT, BREAKDOWN, REMARK, RESULT_POPULATION, RESULT_SOURCE)


def version_rows(result: Result, *, version: int, change_reason: str, request: StoreRequest) -> Rows:
    """The rows of all tables that a version of a result has, none left out and none shared with another version."""
    key = dict(zip(KEY, (request.city.city_id, result.indicator_id, result.period, version), strict=True))
    parts = {
        RESULT: [_result_row(result, change_reason, request)],
        ROWS: _fates(result),
        VARIANT: ({"variant": n, "reason": part.reason} | _quotient(part) for n, part in result.variants.items()),
        REMARK: (_remark_row(place, one) for place, one in enumerate(result.remarks, start=1)),
        RESULT_POPULATION: [asdict(result.population)] if result.population else [],
        RESULT_SOURCE: _sources(result, request),
    }
    rows = {table.name: in_order(table, (key | row for row in of_table)) for table, of_table in parts.items()}
    return rows | {BREAKDOWN.name: _breakdowns(result, tuple(key.values()))}


def in_order(table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows by column as tuples in the order of the columns; `KeyError` for one that leaves a column out."""
    names = [column.name for column in table.columns]
    return [tuple(row[name] for name in names) for row in rows]


def by_column(table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Tuples in the order of the columns as rows by column."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _result_row(result: Result, change_reason: str, request: StoreRequest) -> dict[str, Any]:
    rows = result.rows
    return _quotient(result.headline) | {
        "status": result.status,
        "reason": result.reason,
        "coverage_pct": result.coverage_pct,
        "median": result.statistics.get("median"),
        "p90": result.statistics.get("p90"),
        "observations_count": result.statistics.get("count"),
        "rows_read": rows.read,
        "rows_used": rows.used,
        "rows_excluded": sum(rows.excluded.values()),
        "rows_quarantined": sum(rows.quarantined.values()),
        "method_version": result.method_version,
        "inputs_sha256": result.inputs_sha256,
        "run_id": request.run_id,
        "computed_at": request.computed_at,
        "change_reason": change_reason,
    }


def _remark_row(place: int, remark: Remark) -> dict[str, Any]:
    found = remark.found
    return {
        "place": place,
        "code": remark.code,
        "text_id": remark.id,
        "text_en": remark.en,
        "keeps_provisional": remark.keeps_provisional,
        "found_in": found and found.place,
        "found_value": found and found.value,
        "found_dates": (found and " ".join(found.dates)) or None,
        "explanation": found and found.explanation,
    }


def _fates(result: Result) -> Iterator[dict[str, Any]]:
    for fate, rules in (("excluded", result.rows.excluded), ("quarantined", result.rows.quarantined)):
        yield from ({"outcome": fate, "rule": rule, "rows_count": count} for rule, count in rules.items())


def _sources(result: Result, request: StoreRequest) -> Iterator[dict[str, Any]]:
    # Two answers may hold the same bytes, such as those of two months without a row.
    files = dict.fromkeys((file.source, file.sha256) for file in request.sources.get(result.indicator_id, ()))
    yield from ({"source": source, "sha256": sha256} for source, sha256 in files)


def _breakdowns(result: Result, key: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The many rows of a result, without a mapping for each."""
    parts = ((part.dimension, part.member, part.quotient) for part in result.breakdowns)
    return [(*key, one, other, q.value, q.numerator, q.denominator, q.unit) for one, other, q in parts]


def _quotient(part: Quotient) -> dict[str, Any]:
    return {"value": part.value, "numerator": part.numerator, "denominator": part.denominator, "unit": part.unit}
