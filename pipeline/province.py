"""A province's results as the sums of its cities' numerators and denominators, never as averages of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from math import fsum
from typing import Any

from pipeline.indicators.definition import Definition, definitions

Row = Mapping[str, Any]


def rolled_up(province_id: str, rows_by_city: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
    """The results of a province from the current ones of its cities, as `Warehouse.current` gives those of a city.

    One for each indicator and period that some city has. Breakdowns are by city. A result is provisional while a city's
    is, or a city lacks its own; coverage is the share of all cities' days or agencies, a city without a result having
    none. Medians and variants cannot be made of parts and are left out.
    """
    periods = sorted({row["period"] for rows in rows_by_city.values() for row in rows})
    by_key = {(row["city"], row["period"], row["indicator"]): row for rows in rows_by_city.values() for row in rows}
    return [
        _sum(
            province_id, period, definition, {city: by_key.get((city, period, definition.id)) for city in rows_by_city}
        )
        for period in periods
        for definition in definitions().values()
        if any((city, period, definition.id) in by_key for city in rows_by_city)
    ]


def versions(
    province_id: str,
    history_by_city: Mapping[str, Sequence[Row]],
    *,
    current: Callable[[str, str, datetime], Sequence[Row]],
) -> list[dict[str, Any]]:
    """Each change of a province's results, as `Warehouse.history` gives a city's versions, counted for each result.

    `history_by_city` is what that gives of its cities, `current` the results of a city and period as of a moment.
    """
    rows = {
        (row["period"], row["computed_at"], city, row["indicator_id"]): row
        for city, told in history_by_city.items()
        for row in told
    }
    found: list[dict[str, Any]] = []
    for period in sorted({period for period, *_ in rows}):
        parts: dict[str, Sequence[Row]] = dict.fromkeys(history_by_city, ())
        last: dict[str, dict[str, Any]] = {}
        for at, city in sorted({(at, city) for of, at, city, _ in rows if of == period}):
            parts[city] = current(city, period, at)
            for one in rolled_up(province_id, parts):
                row = rows.get((period, at, city, one["indicator"]))
                before = last.get(one["indicator"])
                if row is None or (before and _told(before) == _told(one)):
                    continue
                version = before["version"] + 1 if before else 1
                because = f"{city} v{row['version']}: {row['change_reason']}"
                last[one["indicator"]] = one | {"version": version, "computed_at": at, "change_reason": because}
                found.append(last[one["indicator"]])
    places = list(definitions())
    named = [row | {"city_id": province_id, "indicator_id": row["indicator"], "files": row["sources"]} for row in found]
    return sorted(named, key=lambda row: (row["period"], places.index(row["indicator"]), row["version"]))


def _told(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("value", "numerator", "denominator", "status", "reason"))


def _sum(province_id: str, period: str, definition: Definition, parts: Mapping[str, Row | None]) -> dict[str, Any]:
    telling = {city: row for city, row in parts.items() if row is not None and _tells(row)}
    numerator, denominator = (
        fsum(row[name] for row in telling.values()) if telling else None for name in ("numerator", "denominator")
    )
    value = numerator / denominator * definition.scale if numerator is not None and denominator else None
    reasons = list(_reasons(parts, telling))
    status = "not_computable" if value is None else "provisional" if reasons else "final"
    nothing = "tidak ada kota yang punya pembagi / no city has anything to divide by" if value is None else None
    return {
        "city": province_id,
        "indicator": definition.id,
        "period": period,
        "version": None,
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "unit": definition.unit,
        "status": status,
        "reason": nothing or "; ".join(f"{reason['id']} / {reason['en']}" for reason in reasons) or None,
        "reasons": reasons,
        "coverage_pct": sum(row["coverage_pct"] or 0 for row in parts.values() if row) / len(parts),
        "rows": _rows([row for row in parts.values() if row]),
        "population": None,
        "variants": {},
        "variant_reasons": {},
        "statistics": {},
        "method_version": ", ".join(sorted({row["method_version"] for row in telling.values()})),
        "sources": [source for row in telling.values() for source in row["sources"]],
        "breakdowns": {"city": [_member(city, row) for city, row in parts.items()]},
        "closings": [],
        "pending": None,
    }


def _tells(row: Row) -> bool:
    """Whether a city's result has both parts of its quotient; nothing at all seen is not the same as nothing there."""
    return row["numerator"] is not None and row["denominator"] is not None and bool(row["coverage_pct"])


def _reasons(parts: Mapping[str, Row | None], telling: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    """Why a sum is not final: cities that lack a result, that are not final, that were measured by another method."""
    lacking = [city for city in parts if city not in telling]
    held = [city for city, row in telling.items() if any(reason["keeps_provisional"] for reason in row["reasons"])]
    held += [city for city, row in telling.items() if row["status"] == "provisional" and city not in held]
    if lacking:
        yield _reason(
            "part_missing", f"belum ada angka dari {', '.join(lacking)}", f"no figure of {', '.join(lacking)}"
        )
    if held:
        yield _reason(
            "part_provisional", f"masih sementara: {', '.join(held)}", f"still provisional: {', '.join(held)}"
        )
    methods = sorted({row["method_version"] for row in telling.values()})
    if len(methods) > 1:
        versions = ", ".join(methods)
        yield _reason("methods_differ", f"dihitung dengan metode {versions}", f"computed by methods {versions}")


def _reason(code: str, text_id: str, text_en: str) -> dict[str, Any]:
    return {"code": code, "id": text_id, "en": text_en, "keeps_provisional": True}


def _rows(rows: Sequence[Row]) -> dict[str, Any]:
    counts = [row["rows"] for row in rows]
    fates = {
        fate: dict(sum((Counter(count[fate]) for count in counts), Counter())) for fate in ("excluded", "quarantined")
    }
    return {name: sum(count[name] for count in counts) for name in ("read", "used")} | fates


def _member(city: str, row: Row | None) -> dict[str, Any]:
    names = ("value", "numerator", "denominator", "status", "version")
    return {"member": city, **{name: row[name] if row else None for name in names}}
