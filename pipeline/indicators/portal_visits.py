"""10.1: visits to the open data portal per 100,000 population, bots left out, visits cut at local midnight."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from connectors.errors import DataRejected
from pipeline.coverage import Coverage
from pipeline.indicators.base import (
    Definition,
    Population,
    Quotient,
    Result,
    RowCounts,
    Terms,
    inputs_sha256,
    population_terms,
    quotient,
)
from pipeline.indicators.counting import break_down, count_rows, is_sound, status_of
from pipeline.periods import Period
from pipeline.tables import ACCESS_LOG, OUTSIDE

DEFINITION = Definition(
    id="portal_visits",
    clause="10.1",
    table="visits",
    name_id="Jumlah kunjungan daring tahunan ke portal data terbuka kota per 100.000 penduduk",
    name_en="Annual online visits to the municipal open data portal per 100,000 population",
    unit="visits per 100,000",
    method_version="1.0",
    author="Tolok",
    checker="Pengawas data Diskominfo / Diskominfo data steward",
    reviewed_on=date(2026, 11, 24),
    rule_id="Kunjungan (sesi, bukan pengunjung unik atau klik) selama periode dibagi penduduk per 100.000. Dari log: "
    "kunjungan berakhir setelah 30 menit diam dan pada tengah malam setempat; bot, pemantau, dan jaringan kota "
    "dikeluarkan. Nilai bulan tidak disetahunkan. Satu sumber per bulan.",
    rule_en="Visits (sessions, not unique visitors or hits) in the period over population per 100,000. From a log: a "
    "visit ends after 30 idle minutes and at local midnight; bots, probes and the city's own networks are left out. "
    "A month is not annualised. One source per month.",
)
HEADLINE = "headline"
PER = 100_000
_PARTLY_KNOWN = "sumber lain tidak memuatnya / the period's other source does not tell"
_OTHER_PERIOD_LENGTH = {True: "unique_visitors_month", False: "unique_visitors_year"}


def compute(frame: pd.DataFrame, *, terms: Terms, tally: pd.DataFrame | None = None) -> Result:
    """The result of one period from the whole `visits` table; `tally` holds the line counts of access logs.

    Raises `DataRejected` when one portal's visits of one month come from more than one tool.
    """
    is_inside = frame["visited_on"].isna() | _is_within(frame["visited_on"], terms.period)
    rows = frame[is_inside & is_sound(frame)]
    _refuse_two_tools(rows[rows["variant"] == HEADLINE])
    coverage_pct = _coverage_pct(rows, terms.period)
    headline = _per_population(_visits(rows, HEADLINE), terms.population)
    return Result(
        indicator_id=DEFINITION.id,
        period=terms.period.label,
        headline=headline,
        status=status_of(headline, coverage_pct=coverage_pct),
        coverage_pct=coverage_pct,
        rows=_row_counts(frame, is_inside, tally, terms.period),
        method_version=DEFINITION.method_version,
        inputs_sha256=inputs_sha256(
            frame[is_inside],
            terms={
                "period": terms.period.label,
                "population": population_terms(terms.population),
                "others": [population_terms(other) for other in terms.other_populations],
            },
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(rows, terms),
        breakdowns=_breakdowns(rows[rows["variant"] == HEADLINE], terms),
    )


def _is_within(days: pd.Series, period: Period) -> pd.Series:
    return days.between(pd.Timestamp(period.first_on), pd.Timestamp(period.last_on))


def _visits(rows: pd.DataFrame, variant: str) -> int | None:
    counts = rows.loc[rows["variant"] == variant, "visits_count"]
    return None if counts.empty else int(counts.sum())


def _per_population(visits_count: int | None, population: Population | None) -> Quotient:
    if visits_count is None:
        return Quotient(None, None, DEFINITION.unit, None, "tidak ada data kunjungan / no visits data")
    reason = "jumlah penduduk tahun ini belum ada / no population figure for this year"
    inhabitants = population.population_count / PER if population else None
    return quotient(float(visits_count), inhabitants, unit=DEFINITION.unit, reason=reason)


def _refuse_two_tools(rows: pd.DataFrame) -> None:
    months = rows["visited_on"].dt.strftime("%Y-%m")
    tools = rows.groupby([months, rows["portal_id"]])["source_tool"].unique()
    for (month, _), names in tools[tools.map(len) > 1].items():
        both = ", ".join(sorted(names))
        raise DataRejected(
            id=f"Kunjungan {month} dihitung oleh lebih dari satu alat: {both}. Jangan dijumlahkan; pilih satu sumber "
            "untuk bulan itu dan hapus yang lain dari YAML, atau batasi berkasnya.",
            en=f"Visits of {month} are counted by more than one tool: {both}. They must not be added; choose one "
            "source for that month and take the other out of the YAML, or cut its file.",
        )


def _coverage_pct(rows: pd.DataFrame, period: Period) -> float:
    spans = rows.loc[rows["variant"] == HEADLINE, ["visited_on", "days_count"]].drop_duplicates()
    first, last = spans["visited_on"], spans["visited_on"] + pd.to_timedelta(spans["days_count"] - 1, unit="D")
    return Coverage.of(zip(first.dt.date, last.dt.date, strict=True)).pct_of(period)


def _variants(rows: pd.DataFrame, terms: Terms) -> dict[str, Quotient]:
    left_out = {HEADLINE, _OTHER_PERIOD_LENGTH[terms.period.is_year]}
    variants = {}
    counted_days = rows.groupby("variant")["days_count"].sum()
    for name in sorted(set(rows["variant"].dropna()) - left_out):
        label = "unique_visitors" if name.startswith("unique_visitors_") else name
        variants[label] = _per_population(_visits(rows, name), terms.population)
        if counted_days[name] < counted_days.get(HEADLINE, 0):
            part = variants[label]
            variants[label] = Quotient(part.numerator, part.denominator, part.unit, None, _PARTLY_KNOWN)
    for other in terms.other_populations:
        slug = re.sub(r"[^a-z0-9]+", "_", other.source.lower()).strip("_")
        variants[f"other_population_{slug}"] = _per_population(_visits(rows, HEADLINE), other)
    return variants


def _breakdowns(rows: pd.DataFrame, terms: Terms) -> tuple:  # type: ignore[type-arg]
    if terms.population is None:
        return ()
    parts = rows.assign(
        numerator=rows["visits_count"],
        denominator=0.0,
        month=rows["visited_on"].dt.strftime("%Y-%m"),
        counted_as=rows["source_tool"] + ": " + rows["visit_definition"],
    )
    inhabitants = terms.population.population_count / PER
    # Tools call different things a visit: a year of two tools must show that it is one.
    dimensions = {"portal": "portal_id", "visit_definition": "counted_as"}
    if terms.period.is_year:
        dimensions["month"] = "month"
    found = break_down(parts, dimensions=dimensions, unit=DEFINITION.unit)
    return tuple(
        type(part)(
            part.dimension,
            part.member,
            quotient(part.quotient.numerator, inhabitants, unit=DEFINITION.unit, reason=""),
        )
        for part in found
    )


def _row_counts(frame: pd.DataFrame, is_inside: pd.Series, tally: pd.DataFrame | None, period: Period) -> RowCounts:
    """Rows of analytics exports, and lines of access logs in place of the day counts made from them."""
    if tally is None:
        return count_rows(frame, is_inside=is_inside, left_out={})
    is_export = frame["source_tool"] != ACCESS_LOG
    rows = count_rows(frame[is_export], is_inside=is_inside[is_export], left_out={})
    is_bearing = tally["happened_on"].isna() | _is_within(tally["happened_on"], period)
    lines = tally.assign(
        outcome=tally["outcome"].where(is_bearing, "excluded"), rule=tally["rule"].where(is_bearing, OUTSIDE)
    )
    sums = lines.groupby(["outcome", "rule"])["rows_count"].sum()
    fate: dict[str, dict[str, int]] = {"excluded": dict(rows.excluded), "quarantined": dict(rows.quarantined)}
    used = rows.used
    for (outcome, rule), count in sums.items():
        if outcome == "used":
            used += int(count)
        else:
            fate[outcome][rule] = fate[outcome].get(rule, 0) + int(count)
    read = rows.read + int(tally["rows_count"].sum())
    return RowCounts(read, used, dict(sorted(fate["excluded"].items())), dict(sorted(fate["quarantined"].items())))
