"""What a result depends on besides its rows: the population, the moment of extraction, the days covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from connectors.remarks import Remark
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.coverage import Coverage, told_by_all
from pipeline.indicators.base import Population, RowCounts, Terms
from pipeline.indicators.counting import is_sound
from pipeline.landing import Manifest
from pipeline.periods import Period
from pipeline.tables import OUTSIDE, TABLES

_DAY = timedelta(days=1)
# The headline's, and every other source's.
Populations = tuple[Population | None, tuple[Population, ...]]


def terms_for(
    table_name: str,
    *,
    city: City,
    period: Period,
    parts: Iterable[pd.DataFrame],
    tally: pd.DataFrame | None,
    inhabitants: Populations,
    manifests: Sequence[Manifest],
    remarks: Sequence[Remark] = (),
) -> Terms:
    """The terms of the indicator that reads `table_name`.

    `parts` are the table's rows, `tally` the log lines, `inhabitants` what `populations` gives, `remarks` what was
    found while the sources were read.
    """
    headline, others = inhabitants
    sources = city.sources_of(table_name).values()
    return Terms(
        period=period,
        zone=city.zone_info,
        as_of=_as_of(table_name, city=city, parts=parts, manifests=manifests),
        known_until=min((moment for _, moment in _extractions(city, manifests)), default=None),
        covers=covered_days(city, table_name=table_name, period=period, manifests=manifests),
        portals=_portals(city, period) if table_name == "visits" else {},
        population=headline,
        other_populations=others,
        agencies_expected=city.agencies_expected,
        holidays=_holidays(city, period),
        follow_up_days=city.deadlines.follow_up_days,
        longest_plausible_hours=city.longest_plausible_hours,
        final_quarantine_pct=city.final_quarantine_pct,
        dates_suffice=all(source.dates_suffice for source in sources),
        dates_are_assumed=any(source.assumes_validity for source in sources),
        log_lines=RowCounts() if tally is None else _line_counts(tally, period),
        remarks=(*remarks, *_openings(city, table_name, period)),
    )


def _line_counts(tally: pd.DataFrame, period: Period) -> RowCounts:
    """The fate of access log lines; those without a readable time bear on every period."""
    first_on, last_on = pd.Timestamp(period.first_on), pd.Timestamp(period.last_on)
    is_bearing = tally["happened_on"].isna() | tally["happened_on"].between(first_on, last_on)
    fates = tally.assign(
        outcome=tally["outcome"].where(is_bearing, "excluded"), rule=tally["rule"].where(is_bearing, OUTSIDE)
    )
    sums = fates.groupby(["outcome", "rule"])["rows_count"].sum()
    counts = {
        outcome: {rule: int(count) for (of, rule), count in sums.items() if of == outcome}
        for outcome in ("used", "excluded", "quarantined")
    }
    used_count = sum(counts["used"].values())
    return RowCounts(int(sums.sum()), used_count, counts["excluded"], counts["quarantined"])


def covered_days(city: City, *, table_name: str, period: Period, manifests: Sequence[Manifest]) -> Coverage | None:
    """The days of the period that every source of a table covers, by its pull or its YAML; null unless all say.

    Before a source opened and after it closed nothing is expected of it; days on which none worked are not covered.
    """
    pulled = {manifest.source: manifest.covers for manifest in manifests}
    worked_and_told = []
    for name, source in _open_sources(city, table_name, period).items():
        covered = source.declared_coverage if pulled.get(name) is None else pulled[name]
        if covered is None:
            return None
        worked_and_told.append((source.open_days(period), covered))
    return told_by_all(worked_and_told) if worked_and_told else None


def _portals(city: City, period: Period) -> dict[str, Coverage]:
    """The days of the period on which portals worked, of those that a source names whose rows do not."""
    portals: dict[str, Coverage] = {}
    for source in _open_sources(city, "visits", period).values():
        if "portal_id" not in source.columns:
            portals[source.portal_id] = portals.get(source.portal_id, Coverage()) | source.open_days(period)
    return portals


def _open_sources(city: City, table_name: str, period: Period) -> dict[str, Source]:
    """Its sources, but for those that opened after the period or closed before it."""
    return {name: source for name, source in city.sources_of(table_name).items() if source.is_open_in(period)}


def _openings(city: City, table_name: str, period: Period) -> Iterator[Remark]:
    """From when until when the sources that opened or closed in the period are expected to tell, and which of several
    may have opened."""
    sources = _open_sources(city, table_name, period)
    for name, source in sources.items():
        opened_on, first_on = source.opened_on, min((days.first_on for days in source.covers), default=period.first_on)
        if source.closed_on and source.closed_on < period.last_on:
            yield Remark(
                "closed_earlier",
                f"{name}: ditutup {source.closed_on} (closed_on); untuk hari sesudahnya tidak ada yang diharapkan "
                "darinya",
                f"{name}: closed on {source.closed_on} (closed_on); nothing is expected of it for the days after",
                keeps_provisional=False,
            )
        if opened_on and opened_on > period.first_on:
            yield Remark(
                "opened_later",
                f"{name}: dibuka {opened_on} (opened_on); untuk hari sebelumnya tidak ada yang diharapkan darinya",
                f"{name}: opened on {opened_on} (opened_on); nothing is expected of it for the days before",
                keeps_provisional=False,
            )
        elif opened_on is None and first_on > period.first_on and len(sources) > 1:
            yield Remark(
                "may_have_opened",
                f"{name}: menurut 'covers' baru mulai {first_on}. Bila meja atau sistem itu memang baru dibuka, tulis "
                f"opened_on: {first_on}; bila tidak, minta hari-hari sebelumnya",
                f"{name}: by 'covers' it begins on {first_on}. If that desk or system opened only then, write "
                f"opened_on: {first_on}; else ask for the days before",
                keeps_provisional=False,
            )


def _as_of(table_name: str, *, city: City, parts: Iterable[pd.DataFrame], manifests: Sequence[Manifest]) -> datetime:
    """Until when every source tells: the earliest declared extraction; undeclared, the last moment inquiry files tell
    of, else the landing. Of a source's files the last one counts, for they are pulled or copied one after another."""
    extracted = _extractions(city, manifests)
    declared = [moment for name, moment in extracted if city.sources[name].extracted_at]
    if declared:
        return min(declared)
    if table_name == "inquiries":
        moments = [column.name for column in TABLES[table_name].columns if column.kind == "moment"]
        lasts = [part.loc[is_sound(part), moments].max().max() for part in parts]
        known = [pd.Timestamp(last) for last in lasts if pd.notna(last)]
        if known:
            return max(known).to_pydatetime()  # type: ignore[no-any-return]
    return min((moment for _, moment in extracted), default=datetime.fromisoformat("1970-01-01T00:00:00+00:00"))


def _extractions(city: City, manifests: Sequence[Manifest]) -> list[tuple[str, datetime]]:
    """When each source was extracted last: declared, or when its bytes first landed.

    One that had closed by then tells everything, and bounds nothing that another, which is still there, may tell.
    """
    extracted = [
        (m.source, max(datetime.fromisoformat(file.extracted_at) for file in m.files)) for m in manifests if m.files
    ]
    closings = {name: source.closed_on or date.max for name, source in city.sources.items()}
    working = [
        (name, moment) for name, moment in extracted if moment.astimezone(city.zone_info).date() <= closings[name]
    ]
    return working or extracted


def populations(inhabitants: pd.DataFrame, *, city: City, period: Period) -> Populations:
    """The headline's population and every other source's for the same year; none is carried over from another year."""
    figures = [
        Population(next(f"{a}:{c}" for a, c in city.region_codes.items()), f.count, f.reference_on, f.source)
        for f in city.population.figures
        if f.year == period.year
    ]
    sound = inhabitants[is_sound(inhabitants)]
    month, day = (int(part) for part in city.population.reference.split("-"))
    by_source = []
    for name, rows in sound[sound["reference_on"].dt.year == period.year].groupby("source", sort=True):
        at_reference = rows[(rows["reference_on"].dt.month == month) & (rows["reference_on"].dt.day == day)]
        chosen = at_reference if len(at_reference) else rows
        if len(chosen) == 1:
            row = chosen.iloc[0]
            count, on = int(row["population_count"]), row["reference_on"].date()
            by_source.append(Population(str(row["region_code"]), count, on, str(name)))
    preferred = [p for p in by_source if p.source == city.population.source]
    ordered = [*figures, *preferred, *(p for p in by_source if p.source != city.population.source)]
    return (ordered[0], tuple(ordered[1:])) if ordered else (None, ())


def _holidays(city: City, period: Period) -> tuple[date, ...]:
    days = set(city.holidays.extra)
    if city.holidays.country:
        import holidays

        years = range(period.year - 1, period.year + 2)
        days |= set(holidays.country_holidays(city.holidays.country, years=years))
    return tuple(sorted(days))
