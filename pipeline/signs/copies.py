"""Rows and outages that are there twice: under other numbers, names or dates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from connectors.numerals import number
from pipeline.indicators.it_downtime import join
from pipeline.indicators.row_hashes import row_hashes
from pipeline.signs.fates import Fates
from pipeline.signs.sign import MANY_ROWS, SOME_ROWS, Signs
from pipeline.tables import Table

# A machine gives many tickets the same moments, a copy has few.
_FEW_ALIKE = 3
_LAST_MINUTE, _OF_ONE_OUTAGE = pd.Timedelta(minutes=1), pd.Timedelta(minutes=10)
_MINUTE, _BY_CHANCE = pd.Timedelta(minutes=1), 0.04
_LENGTHS_OF_A_COPY = 3
_FAR_APART = pd.Timedelta(days=7)
ENDS = {"inquiries": ("received_at", "responded_at"), "outages": ("started_at", "ended_at")}


def rows_alike_pct(rows: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of rows that have all but the id in common with one or two others; of days, whole months."""
    if table.name == "visits":
        return _months_alike_pct(rows)
    told = _told_things(rows, table, fates=fates)
    if len(told) < MANY_ROWS:
        return None
    of_months = _copied_months_pct(told, table, fates) if table.name in ENDS else 0.0
    return of_months if table.name == "outages" else max(_copies_pct(told), of_months)


def _told_things(rows: pd.DataFrame, table: Table, *, fates: Fates) -> pd.DataFrame:
    """What tells one thing from others beside its id: answers to the minute, or names of services still offered."""
    if table.name == "services":
        last_on, since, until = pd.Timestamp(fates.period.last_on), rows["valid_from_on"], rows["valid_to_on"]
        offered = rows[(since.isna() | (since <= last_on)) & (until.isna() | (until >= last_on))]
        # A service may have a row for each span of days in which its answers were the same.
        active = offered.drop_duplicates("service_id", keep="last")
        told = active[["name", "agency", "sector", "audience"]].astype("str").apply(lambda texts: texts.str.casefold())
        return told[active["name"].notna() & active["agency"].notna()].fillna("")
    start, end = ENDS[table.name]
    flags = [flag for name in (start, end) for flag in table.flags_of(name)]
    timed = rows[rows[end].notna() & ~rows[flags].fillna(False).astype(bool).any(axis=1)]
    return timed[[start, end] if table.name == "outages" else [start, end, "agency"]]


def _months_alike_pct(rows: pd.DataFrame) -> float | None:
    """The share of months whose first 28 days have the counts of another month's."""
    daily = rows[(rows["variant"] == "headline") & (rows["days_count"] == 1)]
    on = daily["visited_on"].dt
    counts = daily.pivot_table("visits_count", [daily["portal_id"].astype("str"), on.month], on.day, aggfunc="sum")
    whole = counts.reindex(columns=range(1, 29)).dropna()
    told = whole[whole.nunique(axis=1) > SOME_ROWS]
    return _copies_pct(told) if len(told) else None


def _copied_months_pct(told: pd.DataFrame, table: Table, fates: Fates) -> float:
    """The share of rows by which months are copies of others: day, hour and length of half of their rows and more.

    What a calendar repeats is no copy: it has few lengths, or stands in more months.
    """
    start, end = (told[name] for name in ENDS[table.name])
    local = start.dt.tz_convert(fates.zone).dt.tz_localize(None)
    days = pd.DataFrame({"day": local.dt.day, "time": local - local.dt.normalize(), "length": end - start})
    months = local.dt.to_period("M")
    months_count = days.assign(month=months).drop_duplicates().groupby([*days]).size()
    is_again = months_count.reindex(pd.MultiIndex.from_frame(days)).between(2, _FEW_ALIKE).to_numpy()
    again = days[is_again].groupby(months[is_again])
    found = pd.DataFrame({"rows": months.value_counts(), "again": again.size(), "lengths": again["length"].nunique()})
    copied = found[(found["lengths"] >= _LENGTHS_OF_A_COPY) & (2 * found["again"] >= found["rows"])]
    return float(100 * copied["again"].sum() / 2 / len(told))


def received_alike_pct(rows: pd.DataFrame, fates: Fates) -> float | None:
    """The share of inquiries received at the moment at which one or two others of agency and subject were.

    Null for few rows, and for so many that they come together by chance.
    """
    timed = rows[~rows["received_is_date"].fillna(False).astype(bool) & rows["agency"].notna()]
    span = pd.Timestamp(fates.period.bounds(fates.zone)[1]) - pd.Timestamp(fates.period.bounds(fates.zone)[0])
    if len(timed) < MANY_ROWS or len(timed) > _BY_CHANCE * span / _MINUTE:
        return None
    told = timed[["received_at", "agency", "category"]]
    return _copies_pct(told.assign(**{name: told[name].astype("str").fillna("") for name in ("agency", "category")}))


def same_moments_pct(rows: pd.DataFrame, fates: Fates) -> float | None:
    """The share of incidents that begin and end at the very moments of another: one cause, noted for each component?"""
    flags = rows[["started_is_date", "ended_is_date"]].fillna(False).astype(bool).any(axis=1)
    timed = rows[rows["ended_at"].notna() & (rows["ended_at"] != rows["started_at"]) & ~flags]
    spans = _joined(timed, fates).groupby("key").agg(started_at=("started_at", "min"), ended_at=("ended_at", "max"))
    return float(100 * spans.duplicated().mean()) if len(spans) >= SOME_ROWS else None


def _copies_pct(rows: pd.DataFrame) -> float:
    """The share of rows that are equal to one or two others; where more are, a machine made them so."""
    _, sizes = np.unique(row_hashes(rows), return_counts=True)
    return float(100 * (sizes[sizes <= _FEW_ALIKE] - 1).sum() / len(rows))


def far_apart(rows: pd.DataFrame, fates: Fates) -> tuple[Signs, str]:
    """How many outages, as the indicator joins them, come again long after their first part ended; and of all."""
    outages = _joined(rows, fates).sort_values("started_at").groupby("key")
    is_far = outages["started_at"].last() - outages["ended_at"].first() > _FAR_APART
    details = f"{number(len(rows))} baris / rows, {number(len(is_far))} insiden / incidents"
    return {"far_apart_incidents_count": float(is_far.sum())}, details


def written_apart(rows: pd.DataFrame, fates: Fates) -> Signs:
    """How many outages fewer there are when small differences in how components and numbers are written are none."""
    names, numbers = ["component"], ["incident_id", "parent_id"]
    alike = rows.assign(**{name: _alike(rows[name]) for name in [*names, *numbers]})
    if all(_distinct_count(alike[of]) == _distinct_count(rows[of]) for of in (names, numbers)):
        return {"written_apart_count": 0}
    apart, together = (_joined(frame, fates)["key"].nunique() for frame in (rows, alike))
    return {"written_apart_count": float(apart - together)}


def joined_by_component(rows: pd.DataFrame, fates: Fates) -> tuple[Signs, str]:
    """The share of incidents that overlaps at one component join to others; by how many, and where most of them are.

    Rows of one number, and children with their parents, are one incident on any component. Null without an incident.
    """
    lasting = rows[rows["ended_at"] != rows["started_at"]]
    apart = _joined(lasting.assign(component=lasting["incident_id"]), fates)["key"].nunique()
    outages = _joined(lasting, fates)["key"].nunique()
    if not apart:
        return {"joined_by_component_pct": None}, ""
    busiest = lasting["component"].astype("str").value_counts()
    details = (
        f"{number(apart)} nomor / numbers, {number(outages)} insiden / incidents; "
        f"component {busiest.index[0]}: {number(busiest.iloc[0])} baris / rows"
    )
    return {"joined_by_component_pct": 100 - 100 * outages / apart}, details


def parted_at_midnight(rows: pd.DataFrame, fates: Fates) -> Signs:
    """How many outages fewer there are when the last minute of a day goes on to its end."""
    ends = rows["ended_at"].dt.tz_convert(fates.zone).dt.tz_localize(None)
    rest = ends.dt.ceil("D") - ends
    if not (rest.between(pd.Timedelta(0), _LAST_MINUTE, inclusive="right")).any():
        return {"parted_at_midnight_count": 0}
    whole = rows.assign(ended_at=rows["ended_at"] + rest.where(rest <= _LAST_MINUTE, pd.Timedelta(0)))
    apart, together = (_joined(frame, fates)["key"].nunique() for frame in (rows, whole))
    return {"parted_at_midnight_count": float(apart - together)}


def alike_in_two_pct(one: pd.DataFrame, other: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of the smaller source's rows that tell what a row of the other tells, whatever their ids.

    Inquiries have both moments in common, services name and agency; outages begin and end within ten minutes.
    """
    told = sorted((_told_things(rows, table, fates=fates) for rows in (one, other)), key=len)
    if len(told[0]) < SOME_ROWS:
        return None
    if table.name != "outages":
        names = ["name", "agency"] if table.name == "services" else [*ENDS[table.name]]
        few, many = (row_hashes(rows[names]) for rows in told)
        return float(100 * np.isin(few, many).mean())
    few, many = (rows.sort_values("started_at") for rows in told)
    pairs = pd.merge_asof(few, many, on="started_at", direction="nearest", tolerance=_OF_ONE_OUTAGE)
    return float(100 * ((pairs["ended_at_x"] - pairs["ended_at_y"]).abs() <= _OF_ONE_OUTAGE).mean())


def names_alike_pct(rows: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of services offered that have the name of one or two others, of whatever agency."""
    names = _told_things(rows, table, fates=fates)[["name"]]
    return _copies_pct(names) if len(names) >= MANY_ROWS else None


def _distinct_count(columns: pd.DataFrame) -> int:
    return int(pd.concat([columns[name].astype("str") for name in columns]).nunique())


def _alike(texts: pd.Series) -> pd.Series:
    codes, few = pd.factorize(texts.astype("str"))
    alike = few.to_series().str.casefold().str.replace(r"[\s_-]+", " ", regex=True)
    return pd.Series(alike.array.take(codes, allow_fill=True), texts.index)


def _joined(rows: pd.DataFrame, fates: Fates) -> pd.DataFrame:
    """Outages as the indicator joins them, open ones to the end of the period at least."""
    until = pd.Timestamp(fates.period.bounds(fates.zone)[1])
    return join(rows.assign(ended_at=rows["ended_at"].fillna(rows["started_at"].clip(lower=until))))[1]
