"""10.4: hours of downtime per outage-causing incident, overlaps counted once, planned maintenance included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.indicators.base import Breakdown, Definition, Quotient, Result, Terms, inputs_sha256, quotient
from pipeline.indicators.counting import (
    NEVER_RECORDED,
    break_down,
    count_rows,
    covered_pct,
    is_sound,
    spread,
    status_of,
    whole_seconds,
)

DEFINITION = Definition(
    id="it_downtime",
    clause="10.4",
    table="outages",
    name_id="Rata-rata waktu henti infrastruktur TI kota",
    name_en="Average downtime of the city's IT infrastructure",
    unit="hours per incident",
    method_version="1.0",
    author="Tolok",
    checker="Pengawas data Diskominfo / Diskominfo data steward",
    reviewed_on=date(2026, 11, 24),
    rule_id="Jam henti dalam periode, termasuk pemeliharaan terencana, dibagi jumlah insiden yang mulai dalam periode. "
    "Jendela satu komponen yang bertumpuk atau bersambung, baris bernomor insiden sama, dan anak insiden dihitung "
    "sebagai satu insiden, dan tiap jamnya sekali. Yang masih terbuka dihitung sampai akhir periode, sementara.",
    rule_en="Hours of downtime in the period, planned maintenance included, over incidents that start in it. Windows "
    "of one component that overlap or touch, rows of one incident number and child incidents are one incident, each of "
    "its hours counted once. What is still open counts to the period's end, provisionally.",
)
HOUR = 3600
_NO_INCIDENT = "tidak ada insiden mulai dalam periode ini / no incident starts in this period"
_NO_DATA = "tidak ada data insiden / no incident data"


@dataclass(frozen=True)
class _Bounds:
    start: pd.Timestamp
    end: pd.Timestamp


def compute(frame: pd.DataFrame, *, terms: Terms, tally: pd.DataFrame | None = None) -> Result:  # noqa: ARG001
    """The result of one period from the whole `outages` table; hours over incidents."""
    bounds = _Bounds(*(pd.Timestamp(moment) for moment in terms.period.bounds(terms.zone)))
    is_zero_length = (frame["ended_at"] == frame["started_at"]).astype(bool)
    windows = _windows(frame[is_sound(frame) & ~is_zero_length], terms)
    outages = _outages(windows, bounds)
    bearing = windows.index[windows["outage"].isin(outages.index[outages["bears_on_period"]])]
    starts_inside = _is_within(frame["started_at"], bounds)
    is_inside = frame["started_at"].isna() | starts_inside | frame.index.to_series().isin(bearing)
    coverage_pct = _coverage_pct(frame, terms)
    headline = _headline(outages, is_covered=coverage_pct > 0 and (len(frame) > 0 or bool(terms.covers)))
    is_open = bool(frame.loc[bearing, "ended_at"].isna().any())
    started = outages[outages["starts_inside"]]
    return Result(
        indicator_id=DEFINITION.id,
        period=terms.period.label,
        headline=headline,
        status=status_of(headline, coverage_pct=coverage_pct, is_open=is_open),
        coverage_pct=coverage_pct,
        rows=count_rows(frame, is_inside=is_inside, left_out={"zero_length": is_zero_length}),
        method_version=DEFINITION.method_version,
        inputs_sha256=inputs_sha256(
            frame[is_inside],
            terms={
                "period": terms.period.label,
                "zone": terms.zone.key,
                "covers": terms.covers,
                "coverage": coverage_pct,
                "open_until": min(pd.Timestamp(terms.as_of), bounds.end).isoformat() if is_open else None,
                "longest_plausible_hours": terms.longest_plausible_hours,
            },
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(frame, windows, terms, bounds),
        breakdowns=_breakdowns(outages),
        statistics=spread(started["seconds"].astype("float64") / HOUR),
    )


def _windows(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Sound rows with start and end (open ones last until `as_of`) and the number of the outage each belongs to."""
    until = pd.Series(pd.Timestamp(terms.as_of), index=rows.index).astype(rows["started_at"].dtype)
    ends = rows["ended_at"].fillna(until.where(until > rows["started_at"], rows["started_at"]))
    windows = rows[["incident_id", "parent_id", "component", "cause", "is_planned"]].assign(
        start=rows["started_at"], end=ends
    )
    return windows.assign(outage=_joined(windows))


def _joined(windows: pd.DataFrame) -> np.ndarray:
    """One number for all windows joined by component and time, by incident, or by a parent link, however indirectly."""
    if windows.empty:
        return np.array([], dtype="int64")
    stretch = _stretches(windows, by="component").to_numpy()
    incidents, names = pd.factorize(windows["incident_id"])
    parents = pd.Index(names).get_indexer(windows["parent_id"].to_numpy())
    offset = int(stretch.max()) + 1
    has_parent = parents >= 0
    ends_a = np.concatenate([stretch, offset + incidents[has_parent]])
    ends_b = np.concatenate([offset + incidents, offset + parents[has_parent]])
    labels = np.arange(offset + len(names))
    while True:
        smaller = np.minimum(labels[ends_a], labels[ends_b])
        joined = labels.copy()
        np.minimum.at(joined, ends_a, smaller)
        np.minimum.at(joined, ends_b, smaller)
        joined = joined[joined]
        if np.array_equal(joined, labels):
            outages: np.ndarray = labels[stretch]
            return outages
        labels = joined


def _stretches(windows: pd.DataFrame, *, by: str | None) -> pd.Series:
    """A number for each maximal stretch of windows that overlap or touch, within each value of `by`."""
    keys = windows[by] if by else pd.Series(0, index=windows.index)
    ordered = windows.assign(key=keys).sort_values(["key", "start", "end"], kind="stable")
    latest = ordered.groupby("key", sort=False)["end"].cummax().groupby(ordered["key"], sort=False).shift()
    begins = latest.isna() | (ordered["start"] > latest)
    return begins.cumsum().reindex(windows.index)


def _outages(windows: pd.DataFrame, bounds: _Bounds | None) -> pd.DataFrame:
    """Grain: outage. Union seconds (clipped to `bounds`, if any), first row's component and cause, is it planned."""
    pieces = windows.assign(stretch=_stretches(windows, by="outage"))
    union = pieces.groupby("stretch").agg(outage=("outage", "first"), start=("start", "min"), end=("end", "max"))
    if bounds is not None:
        union["start"] = union["start"].clip(lower=bounds.start, upper=bounds.end)
        union["end"] = union["end"].clip(lower=bounds.start, upper=bounds.end)
    union["seconds"] = whole_seconds(union["start"], union["end"])
    ordered = windows.sort_values(["start", "incident_id", "component"], kind="stable").groupby("outage")
    outages = ordered.agg(
        started_at=("start", "first"),
        ended_at=("end", "max"),
        component=("component", "first"),
        cause=("cause", "first"),
        is_planned=("is_planned", lambda flags: bool(flags.fillna(False).all())),
    )
    outages["seconds"] = union.groupby("outage")["seconds"].sum()
    if bounds is not None:
        outages["starts_inside"] = _is_within(outages["started_at"], bounds)
        outages["bears_on_period"] = outages["starts_inside"] | (outages["seconds"] > 0)
    return outages


def _is_within(moments: pd.Series, bounds: _Bounds) -> pd.Series:
    return (moments >= bounds.start) & (moments < bounds.end)


def _headline(outages: pd.DataFrame, *, is_covered: bool) -> Quotient:
    if not is_covered:
        return Quotient(None, None, DEFINITION.unit, None, _NO_DATA)
    return _per_incident(outages["seconds"], count=int(outages["starts_inside"].sum()))


def _per_incident(seconds: pd.Series, *, count: int | None = None) -> Quotient:
    incidents = len(seconds) if count is None else count
    return quotient(int(seconds.sum()) / HOUR, float(incidents), unit=DEFINITION.unit, reason=_NO_INCIDENT)


def _variants(frame: pd.DataFrame, windows: pd.DataFrame, terms: Terms, bounds: _Bounds) -> dict[str, Quotient]:
    unplanned = windows[~windows["is_planned"].fillna(False).astype(bool)]
    unplanned_outages = _outages(unplanned.assign(outage=_joined(unplanned)), bounds)
    city_wide = _outages(windows.assign(outage=_stretches(windows, by=None)), bounds)
    whole = _outages(windows, None)
    recorded = frame[_is_within(frame["started_at"], bounds) & ~frame["excluded_by"].isin(NEVER_RECORDED)]
    seconds = whole_seconds(recorded["started_at"], recorded["ended_at"]).dropna()
    is_unplanned = ~recorded.loc[seconds.index, "is_planned"].fillna(False).astype(bool)
    is_plausible = ((seconds > 0) & (seconds <= terms.longest_plausible_hours * HOUR)).astype(bool)
    return {
        "unplanned_only": _per_incident(
            unplanned_outages["seconds"], count=int(unplanned_outages["starts_inside"].sum())
        ),
        "whole_duration_in_starting_period": _per_incident(
            whole.loc[_is_within(whole["started_at"], bounds), "seconds"]
        ),
        "city_wide_union": _per_incident(city_wide["seconds"], count=int(city_wide["starts_inside"].sum())),
        "as_recorded": _per_incident(seconds),
        "as_recorded_plausible": _per_incident(seconds[is_plausible]),
        "unplanned_as_recorded": _per_incident(seconds[is_unplanned]),
        "unplanned_as_recorded_plausible": _per_incident(seconds[is_unplanned & is_plausible]),
    }


def _breakdowns(outages: pd.DataFrame) -> tuple[Breakdown, ...]:
    parts = outages[outages["bears_on_period"]].assign(
        numerator=lambda rows: rows["seconds"].astype("float64") / HOUR,
        denominator=lambda rows: rows["starts_inside"].astype("int64"),
        planned=lambda rows: rows["is_planned"].map({True: "planned", False: "unplanned"}),
    )
    dimensions = {"component": "component", "cause": "cause", "planned": "planned"}
    return break_down(parts, dimensions=dimensions, unit=DEFINITION.unit)


def _coverage_pct(frame: pd.DataFrame, terms: Terms) -> float:
    """Declared days; undeclared, from the month of the first recorded incident to the extraction."""
    period = terms.period
    covers = terms.covers
    started = frame.loc[is_sound(frame), "started_at"]
    if not covers and len(started):
        first_on = started.min().tz_convert(terms.zone).date().replace(day=1)
        covers = ((first_on, terms.as_of.astimezone(terms.zone).date()),)
    return covered_pct(covers, first_on=period.first_on, last_on=period.last_on)
