"""Outages that are there several times, or were made one: under other numbers, names, days or components."""

from __future__ import annotations

import pandas as pd

from connectors.numerals import number
from pipeline.indicators.it_downtime import join
from pipeline.signs.fates import Fates
from pipeline.signs.sign import SOME_ROWS, Signs

_LAST_MINUTE, _FAR_APART = pd.Timedelta(minutes=1), pd.Timedelta(days=7)


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


def same_moments_pct(rows: pd.DataFrame, fates: Fates) -> float | None:
    """The share of incidents that begin and end at the very moments of another: one cause, noted for each component?"""
    flags = rows[["started_is_date", "ended_is_date"]].fillna(False).astype(bool).any(axis=1)
    timed = rows[rows["ended_at"].notna() & (rows["ended_at"] != rows["started_at"]) & ~flags]
    spans = _joined(timed, fates).groupby("key").agg(started_at=("started_at", "min"), ended_at=("ended_at", "max"))
    return float(100 * spans.duplicated().mean()) if len(spans) >= SOME_ROWS else None


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
