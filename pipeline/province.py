"""A province's results as the sums of its cities' numerators and denominators, never as averages of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import fsum
from typing import Any

from pipeline.indicators.definition import Definition, definitions
from pipeline.warehouse import CityRecord, CityView, Part, Reason, ResultView

_OF_A_VERSION = (
    *("city_id", "indicator_id", "period", "version", "value", "numerator", "denominator", "unit", "status", "reason"),
    *("coverage_pct", "method_version", "computed_at", "change_reason"),
)
Row = Mapping[str, Any]


def rolled_up(
    province_id: str, results_by_city: Mapping[str, Sequence[ResultView]], *, names: Mapping[str, str] | None = None
) -> list[ResultView]:
    """The results of a province from the current ones of its cities, which reasons call by their `names`, else ids.

    One for each indicator and period that some city has. Breakdowns are by city. A result is provisional while a city's
    is, or a city lacks its own; coverage is the share of all cities' days or agencies, a city without a result having
    none. Medians and variants cannot be made of parts and are left out.
    """
    by_key = {one.key: one for results in results_by_city.values() for one in results}
    return [
        _sum(
            province_id,
            period,
            definition,
            {city: by_key.get((city, definition.id, period)) for city in results_by_city},
            names or {},
        )
        for period in sorted({period for _, _, period in by_key})
        for definition in definitions().values()
        if any((city, definition.id, period) in by_key for city in results_by_city)
    ]


def province_view(province: CityRecord, views: Sequence[CityView]) -> CityView:
    """A province as readers see it, from what they see of its cities; it has no targets and versions of its own."""
    names = {view.city.city_id: view.city.name for view in views}
    results = rolled_up(province.city_id, {view.city.city_id: view.results for view in views}, names=names)
    return CityView(province, tuple(results), parts=names)


def versions(
    province_id: str,
    history_by_city: Mapping[str, Sequence[Row]],
    *,
    current: Callable[[str, str, datetime], Sequence[ResultView]],
    names: Mapping[str, str] | None = None,
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
        parts: dict[str, Sequence[ResultView]] = dict.fromkeys(history_by_city, ())
        last: dict[str, ResultView] = {}
        for at, city in sorted({(at, city) for of, at, city, _ in rows if of == period}):
            parts[city] = current(city, period, at)
            for one in rolled_up(province_id, parts, names=names):
                row = rows.get((period, at, city, one.indicator_id))
                before = last.get(one.indicator_id)
                if row is None or (before and _told(before) == _told(one)):
                    continue
                version = (before.version or 0) + 1 if before else 1
                because = f"{city} v{row['version']}: {row['change_reason']}"
                last[one.indicator_id] = replace(one, version=version, computed_at=at, change_reason=because)
                found.append(_as_version(last[one.indicator_id]))
    places = list(definitions())
    return sorted(found, key=lambda row: (row["period"], places.index(row["indicator_id"]), row["version"]))


def _as_version(one: ResultView) -> dict[str, Any]:
    files = [{"file": file.name, "sha256": file.sha256} for file in one.files]
    return {name: getattr(one, name) for name in _OF_A_VERSION} | {"files": files, "closings": [], "pending": None}


def _told(one: ResultView) -> tuple[Any, ...]:
    return one.value, one.numerator, one.denominator, one.status, one.reason


def _sum(
    province_id: str,
    period: str,
    definition: Definition,
    parts: Mapping[str, ResultView | None],
    names: Mapping[str, str],
) -> ResultView:
    known = [one for one in parts.values() if one]
    telling = {city: one for city, one in parts.items() if one is not None and _tells(one)}
    numerator = fsum(one.numerator or 0 for one in telling.values()) if telling else None
    denominator = fsum(one.denominator or 0 for one in telling.values()) if telling else None
    value = numerator / denominator * definition.scale if numerator is not None and denominator else None
    reasons = tuple(_reasons(parts, telling, names))
    nothing = "tidak ada kota yang punya pembagi / no city has anything to divide by" if value is None else None
    return ResultView(
        city_id=province_id,
        indicator_id=definition.id,
        period=period,
        version=None,
        value=value,
        numerator=numerator,
        denominator=denominator,
        unit=definition.unit,
        status="not_computable" if value is None else "provisional" if reasons else "final",
        reason=nothing or "; ".join(f"{reason.text_id} / {reason.text_en}" for reason in reasons) or None,
        reasons=reasons,
        coverage_pct=sum(one.coverage_pct or 0 for one in telling.values()) / len(parts),
        rows_read=sum(one.rows_read for one in known),
        rows_used=sum(one.rows_used for one in known),
        excluded=_counted(one.excluded for one in known),
        quarantined=_counted(one.quarantined for one in known),
        method_version=", ".join(sorted({one.method_version for one in telling.values()})),
        computed_at=max((one.computed_at for one in known if one.computed_at), default=None),
        files=tuple(
            replace(file, source=f"{names.get(city, city)}: {file.source}")
            for city, one in telling.items()
            for file in one.files
        ),
        breakdowns={"city": tuple(_member(city, one) for city, one in parts.items())},
    )


def _tells(one: ResultView) -> bool:
    """Whether a city's result has both parts of its quotient; nothing at all seen is not the same as nothing there."""
    return one.numerator is not None and one.denominator is not None and bool(one.coverage_pct)


def _reasons(
    parts: Mapping[str, ResultView | None], telling: Mapping[str, ResultView], names: Mapping[str, str]
) -> Iterator[Reason]:
    """Why a sum is not final: cities that lack a result, that are not final, that were measured by another method."""
    lacking = [city for city in parts if city not in telling]
    held = [city for city, one in telling.items() if any(reason.keeps_provisional for reason in one.reasons)]
    held += [city for city, one in telling.items() if one.status == "provisional" and city not in held]
    for code, cities, in_id, in_en in (
        ("part_missing", lacking, "belum ada angka dari", "no figure of"),
        ("part_provisional", held, "masih sementara:", "still provisional:"),
    ):
        if cities:
            called = ", ".join(names.get(city, city) for city in cities)
            yield _reason(code, f"{in_id} {called}", f"{in_en} {called}")
    methods = sorted({one.method_version for one in telling.values()})
    if len(methods) > 1:
        versions = ", ".join(methods)
        yield _reason("methods_differ", f"dihitung dengan metode {versions}", f"computed by methods {versions}")


def _reason(code: str, text_id: str, text_en: str) -> Reason:
    return Reason(code, text_id, text_en, keeps_provisional=True)


def _counted(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    return dict(sum(map(Counter, counts), Counter()))


def _member(city: str, one: ResultView | None) -> Part:
    if one is None:
        return Part(city, None, status="missing")
    return Part(city, one.value, one.numerator, one.denominator, one.unit, status=one.status, version=one.version)
