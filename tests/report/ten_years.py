"""An invented warehouse for pages: cities with ten years and their months, late rows, targets and an open year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import sin

from connectors.remarks import Remark
from pipeline.indicators.base import Breakdown, Quotient, Result, RowCounts
from pipeline.indicators.definition import Definition, definitions
from pipeline.warehouse import CityRecord, SourceFile, StoreRequest, TargetRecord, Warehouse

HOSTILE = "<script>alert(1)</script>=cmd|' /C calc'!A0 \u202eابت"
YEARS = tuple(range(2016, 2026))
_MEMBERS = ("Dinas Kependudukan dan Pencatatan Sipil", "Dinas Kesehatan", "Dinas Perhubungan", HOSTILE)
# The first year's value and denominator.
_LEVELS = {
    "portal_visits": (95.0, 4.13),
    "online_services": (55.0, 70.0),
    "inquiry_response": (4.2, 1000.0),
    "it_downtime": (3.0, 30.0),
}
_OPEN = Remark("still_open", "12 laporan belum dijawab", "12 inquiries are open", keeps_provisional=True)


def fill(url: str, cities: Sequence[str] = ("kota-uji",), *, years: Sequence[int] = YEARS, months: bool = True) -> None:
    """Store results of every year and month of each city, the first years restated, the last one provisional."""
    warehouse = Warehouse(url)
    warehouse.migrate()
    for place, city_id in enumerate(cities):
        for year in years:
            labels = [str(year), *(f"{year}-{month:02}" for month in range(1, 13) if months)]
            for label in labels:
                _store(warehouse, city_id, label, place=place, is_open=year == years[-1])
            if year == years[0]:
                _store(warehouse, city_id, str(year), place=place, is_open=False, late=0.1)


def _store(warehouse: Warehouse, city_id: str, label: str, *, place: int, is_open: bool, late: float = 0) -> None:
    landed_at = datetime(2026, 1, 1, tzinfo=UTC)
    source = SourceFile("sp4n", f"{label:0<64}", f"laporan-{label}.xlsx", 10, landed_at, "OPD", "")
    request = StoreRequest(
        city=CityRecord(city_id, city_id.replace("-", " ").title(), "Asia/Jakarta", "kemendagri:31"),
        period=label,
        run_id=f"{city_id}-{label}-{late}",
        computed_at=datetime(2026, 1, 20 if late else 10, 9, tzinfo=UTC),
        sources=dict.fromkeys(definitions(), (source,)),
        targets=tuple(
            TargetRecord(name, year, *_target(one)) for name, one in definitions().items() for year in YEARS[4:]
        ),
    )
    results = [_result(one, label, place=place, is_open=is_open, late=late) for one in definitions().values()]
    warehouse.store(results, request=request)


def _target(one: Definition) -> tuple[float, str, str]:
    return (60, "at_least", "RPJMD 2020–2025") if one.better == "higher" else (2.5, "at_most", "RPJMD 2020–2025")


def _result(one: Definition, label: str, *, place: int, is_open: bool, late: float) -> Result:
    year, month = int(label[:4]), int(label[5:] or 0)
    value, bottom = _LEVELS[one.id]
    growth = (year - YEARS[0]) * (0.05 if one.better == "higher" else -0.05)
    top = round(value * bottom / one.scale * (1 + growth + 0.03 * place + late + 0.1 * sin(month + year)), 3)

    def quotient(part: float, below: float = bottom) -> Quotient:
        return Quotient(part, below, one.unit, part / below * one.scale)

    breakdowns = tuple(
        Breakdown(dimension, member, quotient(top * share, bottom if one.is_sum else bottom * (0.2 + share / 5)))
        for dimension in one.explained_by
        if dimension != "month"
        for member, share in zip(_MEMBERS, (0.5, 0.25, 0.15, 0.1), strict=True)
    )
    return Result(
        indicator_id=one.id,
        period=label,
        headline=quotient(top),
        status="provisional" if is_open else "final",
        coverage_pct=91.5 if is_open else 100.0,
        rows=RowCounts(1000, 900, {"duplicate": 60, "open": 12}, {"bad_received_at": 28}),
        method_version="1.0" if year < YEARS[2] else "1.1",
        inputs_sha256=f"{label}{late}",
        variants={name: quotient(top * (1.1 + at / 10)) for at, name in enumerate(one.variants) if name[-1] != "*"},
        breakdowns=breakdowns,
        remarks=(_OPEN,) if is_open else (),
    )
