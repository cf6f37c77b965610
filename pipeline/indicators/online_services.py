"""10.2: share of the city's services that can be both accessed and requested online on the period's last day."""

from __future__ import annotations

from datetime import date

import pandas as pd

from pipeline.indicators.base import Breakdown, Definition, Quotient, Result, Terms, inputs_sha256, quotient
from pipeline.indicators.counting import break_down, count_rows, is_sound, status_of

DEFINITION = Definition(
    id="online_services",
    clause="10.2",
    table="services",
    name_id="Persentase layanan kota yang dapat diakses dan diminta secara daring",
    name_en="Share of city services that can be accessed and requested online",
    unit="%",
    method_version="1.0",
    author="Tolok",
    checker="Pengawas data Diskominfo / Diskominfo data steward",
    reviewed_on=date(2026, 11, 24),
    rule_id="Layanan aktif pada hari terakhir periode yang dapat diakses dan dimohon secara daring, dibagi semua "
    "layanan aktif. Layanan 'tidak berlaku' tetap di penyebut; 100 % bukan sasaran.",
    rule_en="Services active on the period's last day that can be accessed and requested online, over all active "
    "services. 'Not applicable' stays in the denominator; 100 % is not the target.",
)
_NO_SERVICES = "tidak ada layanan aktif / no active service"
_NO_STEPS = "langkah daring tidak didata / online steps are not recorded"
_NO_VOLUME = "volume tidak didata / volume is not recorded"


def compute(frame: pd.DataFrame, *, terms: Terms, tally: pd.DataFrame | None = None) -> Result:  # noqa: ARG001
    """The result of one period from the whole `services` table."""
    is_active = _is_active(frame, terms)
    is_superseded = _is_superseded(frame, is_active)
    rows = frame[is_active & is_sound(frame) & ~is_superseded]
    coverage_pct = _coverage_pct(rows, terms.agencies_expected)
    is_online = rows["is_accessible_online"] & rows["is_requestable_online"]
    headline = _share(is_online)
    return Result(
        indicator_id=DEFINITION.id,
        period=terms.period.label,
        headline=headline,
        status=status_of(headline, coverage_pct=coverage_pct),
        coverage_pct=coverage_pct,
        rows=count_rows(frame, is_inside=is_active, left_out={"superseded": is_superseded}),
        method_version=DEFINITION.method_version,
        inputs_sha256=inputs_sha256(
            frame[is_active],
            terms={"period": terms.period.label, "agencies": list(terms.agencies_expected)},
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(rows, is_online),
        breakdowns=_breakdowns(rows, is_online),
    )


def _is_active(frame: pd.DataFrame, terms: Terms) -> pd.Series:
    day = pd.Timestamp(terms.period.last_on)
    has_begun = frame["valid_from_on"].isna() | (frame["valid_from_on"] <= day)
    return has_begun & (frame["valid_to_on"].isna() | (frame["valid_to_on"] >= day))


def _is_superseded(frame: pd.DataFrame, is_active: pd.Series) -> pd.Series:
    """Sound active rows of a service that another row of the same service replaces, by a newer start of validity."""
    rows = frame[is_active & is_sound(frame)].sort_values("valid_from_on", na_position="first", kind="stable")
    older = rows.index[rows.duplicated("service_id", keep="last")]
    return frame.index.to_series().isin(older)


def _coverage_pct(rows: pd.DataFrame, agencies_expected: tuple[str, ...]) -> float:
    if agencies_expected:
        reporting = set(rows["agency"].dropna())
        return 100 * sum(agency in reporting for agency in agencies_expected) / len(agencies_expected)
    return 100.0 if len(rows) else 0.0


def _share(is_counted: pd.Series, *, weights: pd.Series | None = None, reason: str = _NO_SERVICES) -> Quotient:
    counted = is_counted.fillna(False).astype(bool)
    if weights is not None:
        numerator, denominator = float(weights[counted].sum()), float(weights.sum())
    else:
        numerator, denominator = float(counted.sum()), float(len(counted))
    return quotient(numerator, denominator, unit=DEFINITION.unit, reason=reason, scale=100)


def _variants(rows: pd.DataFrame, is_online: pd.Series) -> dict[str, Quotient]:
    volume = rows["volume"].dropna()
    variants = {
        "accessible_only": _share(rows["is_accessible_online"]),
        "not_applicable_removed": _share(is_online[rows["is_online_applicable"].fillna(False).astype(bool)]),
        "weighted_by_volume": _share(is_online.loc[volume.index], weights=volume, reason=_NO_VOLUME),
    }
    for audience in ("citizens", "businesses"):
        variants[audience] = _share(is_online[rows["audience"].isin([audience, "both"]).astype(bool)])
    return variants | _step_variants(rows)


def _step_variants(rows: pd.DataFrame) -> dict[str, Quotient]:
    known = rows[rows["steps_count"].notna()]
    online, applicable = known["steps_online_count"], known["steps_applicable_count"]
    is_whole = (applicable > 0) & (online == applicable)
    return {
        "end_to_end": _share(is_whole, reason=_NO_STEPS),
        "end_to_end_of_applicable": _share(is_whole[(applicable > 0).astype(bool)], reason=_NO_STEPS),
        "any_step_online": _share(online > 0, reason=_NO_STEPS),
        "every_step_online": _share((online > 0) & (online == known["steps_count"]), reason=_NO_STEPS),
    }


def _breakdowns(rows: pd.DataFrame, is_online: pd.Series) -> tuple[Breakdown, ...]:
    parts = rows.assign(numerator=is_online.astype("Int64"), denominator=1)
    dimensions = {"agency": "agency", "sector": "sector", "audience": "audience"}
    return break_down(parts, dimensions=dimensions, unit=DEFINITION.unit, scale=100)
