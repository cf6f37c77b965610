"""10.4: hours of downtime per outage-causing incident, overlaps counted once, planned maintenance included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.coverage import Coverage
from pipeline.indicators.base import (
    Breakdown,
    Definition,
    Quotient,
    Result,
    Terms,
    coverage_terms,
    inputs_sha256,
    quotient,
)
from pipeline.indicators.counting import (
    NEVER_RECORDED,
    break_down,
    count_rows,
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
_SECOND = 1_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_INCIDENT = "tidak ada insiden mulai dalam periode ini / no incident starts in this period"
_NO_DATA = "tidak ada data insiden / no incident data"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Bounds:
    """A period in microseconds since 1970, its end left out."""

    start: int
    end: int


def compute(frame: pd.DataFrame, *, terms: Terms, tally: pd.DataFrame | None = None) -> Result:  # noqa: ARG001
    """The result of one period from the whole `outages` table; hours over incidents."""
    bounds = _bounds(terms)
    is_zero_length = (frame["ended_at"] == frame["started_at"]).astype(bool)
    is_counted = is_sound(frame) & ~is_zero_length
    counted = frame[is_counted]
    windows = _windows(counted, terms)
    outages = _outages(windows, bounds)
    is_bearing = is_counted.copy()
    is_bearing[is_counted] = outages["bears_on_period"].to_numpy()[windows["outage"]]
    starts_inside = frame["started_at"].notna() & _is_within(_microseconds_of(frame["started_at"]), bounds)
    is_inside = frame["started_at"].isna() | starts_inside | is_bearing
    coverage_pct = _coverage_pct(frame, terms)
    headline = _headline(outages, is_covered=coverage_pct > 0 and (len(frame) > 0 or terms.covers is not None))
    is_open = bool((is_bearing & frame["ended_at"].isna()).any())
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
                "covers": coverage_terms(terms.covers),
                "coverage": coverage_pct,
                "open_until": min(terms.as_of, terms.period.bounds(terms.zone)[1]).isoformat() if is_open else None,
                "longest_plausible_hours": terms.longest_plausible_hours,
            },
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(frame[starts_inside], windows, terms, bounds),
        breakdowns=_breakdowns(counted, windows, outages),
        statistics=spread(started["seconds"].astype("float64") / HOUR),
    )


def _bounds(terms: Terms) -> _Bounds:
    return _Bounds(*(_microseconds(moment) for moment in terms.period.bounds(terms.zone)))


def _windows(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Sound rows in numbers, in their order: microseconds of start and end (open ones last until `as_of`), codes."""
    start = _microseconds_of(rows["started_at"])
    until = np.maximum(start, _microseconds(terms.as_of))
    incident, parent = _incidents(rows)
    windows = {
        "component": pd.factorize(rows["component"], sort=True)[0],
        "incident": incident,
        "parent": parent,
        "start": start,
        "end": np.where(rows["ended_at"].isna(), until, _microseconds_of(rows["ended_at"])),
        "is_planned": rows["is_planned"].fillna(False).to_numpy(bool),
    }
    return _joined(pd.DataFrame(windows, copy=False))


def _incidents(rows: pd.DataFrame) -> tuple[Ints, Ints]:
    """The code of each row's incident and of its parent; -1 for a parent that is no incident of these rows."""
    incident, names = pd.factorize(rows["incident_id"])
    parent = np.full(len(rows), -1)
    child = np.flatnonzero(rows["parent_id"].notna())
    if len(child):
        parent[child] = pd.Index(names).get_indexer(rows["parent_id"].iloc[child])
    return incident, parent


def _joined(windows: pd.DataFrame) -> pd.DataFrame:
    """With numbers from 0: `stretch` joins windows by component and time, `outage` also by incident and parent."""
    stretch = _stretches(windows, keys=windows["component"].to_numpy())
    roots = _roots(windows, stretch)
    numbers = np.cumsum(roots == np.arange(len(roots))) - 1
    return windows.assign(stretch=stretch, outage=numbers[roots][stretch])


def _stretches(windows: pd.DataFrame, *, keys: Ints) -> Ints:
    """A number from 0 for each maximal stretch of windows that overlap or touch, within each key.

    The nth window to start begins a stretch when n - 1 have ended before: those can only be the ones started earlier.
    """
    start, end = _on_one_line(windows["start"].to_numpy(), windows["end"].to_numpy(), keys=keys)
    order = np.argsort(start)
    begins = np.ones(len(start), bool)
    begins[1:] = start[order][1:] > np.sort(end)[:-1]
    numbers = np.empty(len(start), np.int64)
    numbers[order] = np.cumsum(begins) - 1
    return numbers


def _on_one_line(start: Ints, end: Ints, *, keys: Ints) -> tuple[Ints, Ints]:
    """Starts and ends moved so that each key's come after all of the key before: single numbers sort fastest.

    Where that line would be longer than a number can say, ranks stand for the moments.
    """
    first = int(start.min(initial=0))
    start, end = start - first, end - first
    length = int(end.max(initial=0)) + 1
    if length * (int(keys.max(initial=0)) + 1) > np.iinfo(np.int64).max:
        moments, ranks = np.unique(np.concatenate([start, end]), return_inverse=True)
        start, end, length = ranks[: len(start)], ranks[len(start) :], len(moments)
    return start + keys * length, end + keys * length


def _roots(windows: pd.DataFrame, stretch: Ints) -> Ints:
    """Of each stretch the first one it is joined to by incident numbers and parent links, however indirectly."""
    incident, parent = windows["incident"].to_numpy(), windows["parent"].to_numpy()
    rows_count = np.bincount(incident, minlength=int(parent.max(initial=-1)) + 1)
    child = np.flatnonzero((parent >= 0) & (rows_count[parent] > 0))
    parent = parent[child]
    is_link = rows_count > 1
    is_link[incident[child]] = is_link[parent] = True
    linked = np.flatnonzero(is_link[incident])
    count = int(stretch.max(initial=-1)) + 1
    one = np.concatenate([stretch[linked], count + incident[child]])
    other = np.concatenate([count + incident[linked], count + parent])
    nodes, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    roots = np.arange(count)
    is_stretch = nodes < count
    roots[nodes[is_stretch]] = nodes[_least(places[: len(one)], places[len(one) :], count=len(nodes))[is_stretch]]
    return roots


def _least(one: Ints, other: Ints, *, count: int) -> Ints:
    """Of each of `count` nodes the smallest that edges from `one` to `other` connect it to."""
    labels = np.arange(count)
    while True:
        smaller = np.minimum(labels[one], labels[other])
        joined = labels.copy()
        np.minimum.at(joined, one, smaller)
        np.minimum.at(joined, other, smaller)
        joined = joined[joined]
        if np.array_equal(joined, labels):
            return joined
        labels = joined


def _outages(windows: pd.DataFrame, bounds: _Bounds | None) -> pd.DataFrame:
    """Grain: outage, by its number. When it starts, and union seconds (clipped to `bounds`, if any)."""
    union = _extents(windows, by="stretch")
    count = int(union["outage"].max()) + 1 if len(union) else 0
    if count < len(union):  # stretches of several components in one outage may overlap
        pieces = _stretches(union, keys=union["outage"].to_numpy())
        union = _extents(union.assign(piece=pieces), by="piece")
    outage = union["outage"].to_numpy()
    started = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(started, outage, union["start"].to_numpy())
    if bounds is not None:
        union = union.assign(**union[["start", "end"]].clip(bounds.start, bounds.end))
    seconds = np.zeros(count, np.int64)
    np.add.at(seconds, outage, ((union["end"] - union["start"]) // _SECOND).to_numpy())
    outages = pd.DataFrame({"started": started, "seconds": seconds})
    if bounds is not None:
        outages["starts_inside"] = _is_within(started, bounds)
        outages["bears_on_period"] = outages["starts_inside"] | (outages["seconds"] > 0)
    return outages


def _extents(windows: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """The first start, the last end and the outage of the windows that bear each number."""
    numbers = windows[by].to_numpy()
    count = int(numbers.max(initial=-1)) + 1
    start, end = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(start, numbers, windows["start"].to_numpy())
    np.maximum.at(end, numbers, windows["end"].to_numpy())
    outage = np.empty(count, np.int64)
    outage[numbers] = windows["outage"].to_numpy()
    return pd.DataFrame({"start": start, "end": end, "outage": outage})


def _is_within(moments: Ints, bounds: _Bounds) -> NDArray[np.bool_]:
    return (moments >= bounds.start) & (moments < bounds.end)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _microseconds_of(moments: pd.Series) -> Ints:
    """Microseconds since 1970; null moments give a number without meaning."""
    return np.asarray(moments.array.asi8)


def _headline(outages: pd.DataFrame, *, is_covered: bool) -> Quotient:
    if not is_covered:
        return Quotient(None, None, DEFINITION.unit, None, _NO_DATA)
    return _per_incident(outages["seconds"], count=int(outages["starts_inside"].sum()))


def _per_incident(seconds: pd.Series, *, count: int | None = None) -> Quotient:
    incidents = len(seconds) if count is None else count
    return quotient(int(seconds.sum()) / HOUR, float(incidents), unit=DEFINITION.unit, reason=_NO_INCIDENT)


def _variants(starting: pd.DataFrame, windows: pd.DataFrame, terms: Terms, bounds: _Bounds) -> dict[str, Quotient]:
    """Other ways to count; `starting` are the rows that start in the period, whatever became of them."""
    unplanned = _outages(_joined(windows[~windows["is_planned"]]), bounds)
    stretch = _stretches(windows, keys=np.zeros(len(windows), np.int64))
    city_wide = _outages(windows.assign(stretch=stretch, outage=stretch), bounds)
    whole = _outages(windows, None)
    recorded = starting[starting["ended_at"].notna() & ~starting["excluded_by"].isin(NEVER_RECORDED)]
    seconds = whole_seconds(recorded["started_at"], recorded["ended_at"])
    is_unplanned = ~recorded["is_planned"].fillna(False).astype(bool)
    is_plausible = ((seconds > 0) & (seconds <= terms.longest_plausible_hours * HOUR)).astype(bool)
    return {
        "unplanned_only": _per_incident(unplanned["seconds"], count=int(unplanned["starts_inside"].sum())),
        "whole_duration_in_starting_period": _per_incident(
            whole.loc[_is_within(whole["started"].to_numpy(), bounds), "seconds"]
        ),
        "city_wide_union": _per_incident(city_wide["seconds"], count=int(city_wide["starts_inside"].sum())),
        "as_recorded": _per_incident(seconds),
        "as_recorded_plausible": _per_incident(seconds[is_plausible]),
        "unplanned_as_recorded": _per_incident(seconds[is_unplanned]),
        "unplanned_as_recorded_plausible": _per_incident(seconds[is_unplanned & is_plausible]),
    }


def _breakdowns(rows: pd.DataFrame, windows: pd.DataFrame, outages: pd.DataFrame) -> tuple[Breakdown, ...]:
    """By the component and the known cause that come first in each outage, and by whether all of it was planned."""
    is_planned = np.ones(len(outages), bool)
    is_planned[windows.loc[~windows["is_planned"], "outage"]] = False
    parts = outages.assign(
        numerator=outages["seconds"].astype("float64") / HOUR,
        denominator=outages["starts_inside"].astype("int64"),
        component=_first_known(rows, "component", windows, outages),
        cause=_first_known(rows, "cause", windows, outages),
        planned=np.where(is_planned, "planned", "unplanned"),
    )
    dimensions = {"component": "component", "cause": "cause", "planned": "planned"}
    return break_down(parts[outages["bears_on_period"]], dimensions=dimensions, unit=DEFINITION.unit)


def _first_known(rows: pd.DataFrame, column: str, windows: pd.DataFrame, outages: pd.DataFrame) -> pd.Series:
    """Of each outage that bears on the period its first value; of rows that start at once by incident and component."""
    outage, start = windows["outage"].to_numpy(), windows["start"].to_numpy()
    known = np.flatnonzero(rows[column].notna().to_numpy() & outages["bears_on_period"].to_numpy()[outage])
    earliest = np.full(len(outages), np.iinfo(np.int64).max)
    np.minimum.at(earliest, outage[known], start[known])
    known = known[start[known] == earliest[outage[known]]]
    tied = known[np.bincount(outage[known], minlength=len(outages))[outage[known]] > 1]
    order = list(dict.fromkeys(["incident_id", "component", column]))
    names = rows[order].iloc[tied].assign(place=tied)
    # Of places with one index the last is kept.
    places = np.full(len(outages), -1)
    places[outage[known]] = known
    falling = names.sort_values(order, ascending=False)["place"].to_numpy()
    places[outage[falling]] = falling
    return rows[column].reset_index(drop=True).reindex(places).reset_index(drop=True)


def _coverage_pct(frame: pd.DataFrame, terms: Terms) -> float:
    """Declared days; undeclared, from the month of the first recorded incident to the extraction."""
    period = terms.period
    covers = terms.covers
    started = frame.loc[is_sound(frame), "started_at"]
    if covers is None and len(started):
        first_on = started.min().tz_convert(terms.zone).date().replace(day=1)
        covers = Coverage.of([(first_on, terms.as_of.astimezone(terms.zone).date())])
    return covers.pct_of(period) if covers else 0.0
