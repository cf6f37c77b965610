"""Rows that are there twice: under other numbers, names or dates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.indicators.row_hashes import row_hashes
from pipeline.signs.fates import Fates
from pipeline.signs.sign import MANY_ROWS, SOME_ROWS
from pipeline.tables import Table

# A machine gives many tickets the same moments, a copy has few.
_FEW_ALIKE = 3
# How a name ends where a service is listed for each channel or state, and how units of one kind are called.
_OF_CHANNEL_OR_STATE = (
    r"[\s(\[/,–-]+(?:loket|tatap muka|luring|offline|manual|daring|online|web|website|situs|aplikasi|app|mobile|"
    r"whatsapp|wa|lama|tidak aktif|nonaktif|dihapus|digabung)[\s)\]]*$"
)
_OF_A_KIND = r"^(kel(?:urahan)?|kec(?:amatan)?|desa|puskesmas|upt[a-z]*|sd|smp|sma|rt|rw)\b.*$"
_MINUTE, _BY_CHANCE = pd.Timedelta(minutes=1), 0.04
# How finely a desk may note moments.
_STEPS = (pd.Timedelta(hours=1), _MINUTE, pd.Timedelta(seconds=1))
_LENGTHS_OF_A_COPY = 3
ENDS = {"inquiries": ("received_at", "responded_at"), "outages": ("started_at", "ended_at")}


def rows_alike_pct(told: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of rows that have all but the id in common with one or two others."""
    if len(told) < MANY_ROWS:
        return None
    of_months = _copied_months_pct(told, table, fates) if table.name in ENDS else 0.0
    return of_months if table.name == "outages" else max(_copies_pct(told), of_months)


def told_things(rows: pd.DataFrame, table: Table, *, fates: Fates) -> pd.DataFrame:
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


def months_alike_pct(rows: pd.DataFrame) -> float | None:
    """The share of months of visits whose first 28 days are an earlier one's, however often these come."""
    daily = rows[(rows["variant"] == "headline") & (rows["days_count"] == 1)]
    on = daily["visited_on"].dt
    counts = daily.pivot_table("visits_count", [daily["portal_id"].astype("str"), on.month], on.day, aggfunc="sum")
    whole = counts.reindex(columns=range(1, 29)).dropna()
    told = whole[whole.nunique(axis=1) > SOME_ROWS]
    return float(100 * told.duplicated().mean()) if len(told) else None


def _copied_months_pct(told: pd.DataFrame, table: Table, fates: Fates) -> float:
    """The share of rows that a month has from another: day, hour and length of half of its rows and more.

    What a calendar repeats is no copy: it has few lengths, or stands in more months.
    """
    start, end = (told[name] for name in ENDS[table.name])
    local = start.dt.tz_convert(fates.zone).dt.tz_localize(None)
    days = {"day": local.dt.day, "time": local - local.dt.normalize(), "length": end - start}
    rows = pd.DataFrame(days | {"month": local.dt.to_period("M").astype("int64")})
    months = rows["month"].value_counts()
    if len(months) == 1:
        return 0.0
    told_once = rows.drop_duplicates()
    again = told_once[told_once.groupby([*days])["month"].transform("size").between(2, _FEW_ALIKE)]
    both = again.merge(again, on=[*days]).query("month_x < month_y").groupby(["month_x", "month_y"])["length"]
    found = both.agg(["size", "nunique"]).reset_index()
    half = np.minimum(found["month_x"].map(months), found["month_y"].map(months)) / 2
    is_copied = (found["nunique"] >= _LENGTHS_OF_A_COPY) & (found["size"] >= half)
    return float(100 * found.loc[is_copied, "size"].sum() / len(told))


def received_alike_pct(rows: pd.DataFrame, fates: Fates) -> float | None:
    """The share of inquiries received at the moment at which one or two others of agency and subject were, beyond what
    chance gives in hours as busy.

    Null for few rows, and for so many that they come together by chance.
    """
    timed = rows[~rows["received_is_date"].fillna(False).astype(bool) & rows["agency"].notna()]
    first, end = map(pd.Timestamp, fates.period.bounds(fates.zone))
    if len(timed) < MANY_ROWS or len(timed) > _BY_CHANCE * (end - first) / _MINUTE:
        return None
    told = timed[["received_at", "agency", "category"]]
    told = told.assign(**{name: told[name].astype("str").fillna("") for name in ("agency", "category")})
    return max(0.0, _copies_pct(told) - _together_by_chance_pct(told))


def _together_by_chance_pct(told: pd.DataFrame) -> float:
    """The share that comes together by chance: half of what comes one to three steps of the desk's clock apart.

    Of two that come together one is told again; each of two that come apart has the other.
    """
    moments, rows = told["received_at"], row_hashes(told)
    step = next((step for step in _STEPS if (moments == moments.dt.floor(step)).all()), _STEPS[-1])
    apart = [row_hashes(told.assign(received_at=moments + n * step)) for n in (-3, -2, -1, 1, 2, 3)]
    return float(50 * np.mean([np.isin(moved, rows).mean() for moved in apart]))


def _copies_pct(rows: pd.DataFrame) -> float:
    """The share of rows that are equal to one or two others; where more are, a machine made them so."""
    _, sizes = np.unique(row_hashes(rows), return_counts=True)
    return float(100 * (sizes[sizes <= _FEW_ALIKE] - 1).sum() / len(rows))


def names_alike_pct(told: pd.DataFrame) -> float | None:
    """The share of services offered that have the name of one or two others, of whatever agency."""
    return _copies_pct(told[["name"]]) if len(told) >= MANY_ROWS else None


def offered_apart_pct(told: pd.DataFrame) -> float | None:
    """The share of services offered that differ from another only in channel or state, or in a unit of one kind."""
    told = told[["name", "agency"]]
    if len(told) < SOME_ROWS:
        return None
    together = pd.DataFrame(
        {
            "name": told["name"].str.replace(_OF_CHANNEL_OR_STATE, "", regex=True),
            "agency": told["agency"].str.replace(_OF_A_KIND, r"\1", regex=True),
        }
    )
    return float(100 * (together.duplicated().sum() - told.duplicated().sum()) / len(told))
