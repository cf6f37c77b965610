"""A city of invented results for reports: two years, every status, breakdowns, versions, targets, and hostile names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pipeline.indicators.definition import definitions
from pipeline.warehouse import (
    CityRecord,
    CityView,
    Part,
    PopulationRecord,
    Reason,
    ResultView,
    SourceFile,
    TargetRecord,
)
from pipeline.warehouse.city_view import Version

COMPUTED_AT = datetime(2026, 1, 12, 3, 4, 5, tzinfo=UTC)
HOSTILE = (
    '=HYPERLINK("http://evil")',
    "<script>alert(1)</script>",
    "Dinas \u202egnp.exe",
    "@SUM(A1)",
    "#set page()",
    "中文",
)
CITY = CityRecord("kota-uji", "Kota <b>Uji</b>", "Asia/Jayapura", "kemendagri:94.71")
OPEN = Reason("open", "3 pertanyaan belum dijawab", "3 inquiries are open", keeps_provisional=True)
FILE = SourceFile("sp4n", "ab" * 32, "=laporan <x>.xlsx", 2048, COMPUTED_AT, "Diskominfo", "")


def result(indicator_id: str, period: str, value: float | None, **others: Any) -> ResultView:
    """A result of which value, numerator and denominator go together."""
    definition = definitions()[indicator_id]
    numerator = None if value is None else value * 100 / definition.scale
    version = Version(1, value, numerator, 100.0, "final", None, 100.0, "1.0", COMPUTED_AT, "pertama / first")
    fields: dict[str, Any] = {
        "version": 1,
        "value": value,
        "numerator": numerator,
        "denominator": 100.0,
        "unit": definition.unit,
        "status": "final",
        "reason": None,
        "coverage_pct": 100.0,
        "rows_read": 110,
        "rows_used": 100,
        "method_version": "1.0",
        "computed_at": COMPUTED_AT,
        "change_reason": "pertama / first",
        "excluded": {"open": 7},
        "quarantined": {"bad_received_at": 3},
        "files": (FILE,),
        "versions": (version,),
    }
    return ResultView(city_id=CITY.city_id, indicator_id=indicator_id, period=period, **(fields | others))


def members(*names: str) -> tuple[Part, ...]:
    return tuple(Part(name, 2.0, 48.0, 1.0, "days") for name in names)


def city_view() -> CityView:
    """Kota Uji: 2024 all final; in 2025 one provisional and one without a value."""
    inhabitants = PopulationRecord("kemendagri:94.71", date(2025, 12, 31), "dukcapil", 413_000)
    target = TargetRecord("inquiry_response", 2025, 3.0, "at_most", "RPJMD")
    years = [result(name, "2024", 3.0) for name in definitions()]
    now = [
        result("portal_visits", "2025", 1234.5, population=inhabitants),
        result("online_services", "2025", 56.6),
        result(
            "inquiry_response",
            "2025",
            2.5,
            status="provisional",
            reason="3 pertanyaan belum dijawab / 3 inquiries are open",
            reasons=(OPEN,),
            target=target,
            breakdowns={"agency": members(*HOSTILE)},
            variants=(Part("working_days", 1.5, 36.0, 24.0, "days"), Part("day_end", None, reason="tidak ada / none")),
        ),
        result(
            "it_downtime",
            "2025",
            None,
            status="not_computable",
            reason="tidak ada data / no data",
            denominator=None,
            reasons=(Reason("coverage", "0 % tercakup", "0 % is covered", keeps_provisional=True),),
        ),
    ]
    return CityView(CITY, (*years, *now), (target,))
