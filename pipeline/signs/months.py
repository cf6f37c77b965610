"""Months and weeks without rows, and files of months that are missing or misnamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.sheets import SHEET_ROWS_APART
from pipeline.coverage import Coverage
from pipeline.month_names import month_in
from pipeline.signs.fates import Fates, Read
from pipeline.signs.sign import NAMED_MEMBERS, SOME_ROWS, Details, Signs, in_a_row
from pipeline.tables import Table

_IMPROBABLE, _NOT_UNLIKELY, _ALL_BUT_IMPOSSIBLE = 0.001, 0.05, 1e-6
_MOSTLY = 0.9
_FEWEST_MONTHS = 3
_EDGE_DAYS = 10
# At Idulfitri a desk may rest for eleven days in a row.
_LONG_DAYS, _DAYS_AROUND, _FEWEST_AROUND, _DENSE_ROWS = 14, 56, 10, 5


def month_files(
    read: Read, table: Table, *, worked: Mapping[str, Coverage]
) -> Iterator[tuple[str, str, Signs, Details]]:
    """For each source whose files or sheets hold one month each, the months without any, and the misnamed files.

    Of a source that opened or closed the months before or after it have none.
    """
    months = read.fates.months_of(read.rows[table.month_by]).astype("str")
    parts = [read.rows["source_file_id"].astype("str"), read.rows["source_row"].astype("int64") // SHEET_ROWS_APART]
    counts = months.groupby([*parts, months]).size()
    for source, file_ids in _files_by_source(read.sources).items():
        of_source = counts[counts.index.get_level_values(0).isin(file_ids)]
        if len(of_source):
            yield (
                table.name,
                f"{source} {table.month_by}",
                *_missing_months(of_source, set(file_ids), read.fates, worked=worked.get(source)),
            )
            yield table.name, f"{source} path", *_misnamed(of_source, read.names)


def _missing_months(
    counts: pd.Series, file_ids: set[str], fates: Fates, *, worked: Coverage | None
) -> tuple[Signs, Details]:
    """By month, from the rows of each file, sheet and month. A file without a row may be that of a month without."""
    by_part = counts.groupby(level=[0, 1])
    held = {place[2] for place in by_part.idxmax()}
    absent = [label for label in _worked_months(fates, worked) if label not in held]
    empty = file_ids - set(fates.rows["source_file_id"].index.astype("str"))
    # Rows of a part beyond its first fall into the same month by chance once in twelve.
    is_chance = (1 / 12) ** (counts.sum() - by_part.ngroups) >= _IMPROBABLE
    is_by_month = by_part.max().sum() >= _MOSTLY * counts.sum() and not is_chance and len(held) >= _FEWEST_MONTHS
    if not is_by_month or len(absent) <= len(empty):
        return {}, ""
    return {"missing_month_files_count": float(len(absent))}, tuple(absent)


def _misnamed(counts: pd.Series, names: Mapping[str, str]) -> tuple[Signs, str]:
    """Files that mostly hold another month than their name tells; where no name fits, names tell of the export."""
    fits: dict[str, bool] = {}
    for file_id, of_file in counts.groupby(level=0):
        named = month_in(names.get(str(file_id), ""))
        if named is not None:
            rows = of_file.groupby(level=2).sum()
            inside = int(rows[[int(label[-2:]) == named for label in rows.index]].sum())
            fits[names[str(file_id)]] = 2 * inside >= rows.sum()
    misnamed = [name for name, is_fit in fits.items() if not is_fit]
    if not misnamed or 2 * len(misnamed) > len(fits):
        return {}, ""
    return {"other_month_files_count": float(len(misnamed))}, ", ".join(misnamed[:NAMED_MEMBERS])


def _files_by_source(sources: Mapping[str, str]) -> dict[str, list[str]]:
    by_source: dict[str, list[str]] = {}
    for file_id, source in sources.items():
        by_source.setdefault(source, []).append(file_id)
    return by_source


def _worked_months(fates: Fates, worked: Coverage | None) -> list[str]:
    """The months of the period in which a source worked on any day."""
    return [month.label for month in fates.period.months if worked is None or worked.within(month)]


def empty_months_of(rows: pd.DataFrame, fates: Fates, *, worked: Coverage | None) -> tuple[Signs, Details]:
    """Months without a row of one of several sources, where chance explains none of them; nothing of a month.

    Rows of the other sources do not stand for its own.
    """
    counts = fates.months_of(rows[fates.table.month_by]).value_counts()
    expected = _worked_months(fates, worked)
    absent = [label for label in expected if not counts.get(label)]
    if len(expected) < 2 or len(expected) * (1 - 1 / len(expected)) ** int(counts.sum()) >= _IMPROBABLE:
        return {}, ""
    return {"empty_months_count": float(len(absent))}, tuple(absent)


def edge_days(rows: pd.DataFrame, fates: Fates) -> tuple[Signs, str]:
    """How many months with rows have none on their last day, or on their first, where all of them lack it and chance
    does not explain that; nothing of a month.

    Chance is how often other days of the same weekday have none, all of them or those beyond ten at the edge, for
    these may all be missing: of a desk that rests on Sundays no Sunday is missed.
    """
    local = rows[fates.table.month_by].dropna().dt.tz_convert(fates.zone).dt.tz_localize(None)
    months = local.dt.to_period("M").unique()
    if len(months) < _FEWEST_MONTHS:
        return {}, ""
    days = pd.DatetimeIndex([day for month in months for day in pd.date_range(month.start_time, month.end_time)])
    is_empty = pd.Series(~days.isin(local.dt.normalize()), index=days)
    for name, place in (("terakhir / last", days.days_in_month - days.day), ("pertama / first", days.day - 1)):
        edge = is_empty[place == 0]
        chance = min(_chance_of(edge, is_empty[place >= near]) for near in (1, _EDGE_DAYS))
        if edge.all() and chance < _ALL_BUT_IMPOSSIBLE:
            return {"edge_days_count": float(len(months))}, name
    return {}, ""


def _chance_of(edge: pd.Series, others: pd.Series) -> float:
    """That all these days are empty, by how often others of the same weekday are."""
    counts = others.groupby(others.index.dayofweek).agg(["sum", "size"])
    by_weekday = (counts["sum"] + 1) / (counts["size"] + 2)
    return float(by_weekday.reindex(edge.index.dayofweek).prod())


def missing_days(rows: pd.DataFrame, fates: Fates, worked: Coverage | None) -> tuple[Signs, Details]:
    """Days without a row, two weeks or more in a row, where chance does not explain that; months are told as such.

    Chance is how often working days of the eight weeks before have none, or of those after, whichever is more. Where
    days have many rows, other such stretches do not count among these.
    """
    first, last, month_by = fates.period.first_on, fates.period.last_on, fates.table.month_by
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    for shut_on, until in () if worked is None else (Coverage.of_period(fates.period) - worked).stretches:
        days = days[(days < np.datetime64(shut_on)) | (days > np.datetime64(until))]
    local = rows[month_by].dropna().dt.tz_convert(fates.zone).dt.tz_localize(None).to_numpy("M8[D]")
    counts = pd.Series(local).value_counts().reindex(days, fill_value=0).to_numpy()
    is_working, is_empty = np.is_busday(days), counts == 0
    long = in_a_row(is_empty, at_least=_LONG_DAYS)
    is_known = is_working.copy()
    if not is_empty.all() and counts[~is_empty].mean() >= _DENSE_ROWS:
        for begin, end in long:
            is_known[begin:end] = False
    missing: list[str] = []
    for begin, end in long:
        sides = (slice(max(begin - _DAYS_AROUND, 0), begin), slice(end, end + _DAYS_AROUND))
        around = [is_empty[side][is_known[side]] for side in sides]
        shares = [(side.sum() + 1) / (len(side) + 2) for side in around if len(side) >= _FEWEST_AROUND]
        chance = max(shares, default=1) ** is_working[begin:end].sum() * len(days) / (end - begin)
        if chance < _ALL_BUT_IMPOSSIBLE and not _has_whole_month(days[begin:end]):
            missing += days[begin:end].astype(str).tolist()
    return ({"missing_days_count": float(len(missing))}, tuple(missing)) if missing else ({}, "")


def _has_whole_month(days: NDArray[np.datetime64]) -> bool:
    months = days.astype("M8[M]")
    begun = months[days == months.astype("M8[D]")]
    return bool(((begun + 1).astype("M8[D]") <= days[-1] + 1).any())


def empty_months(fates: Fates, table: Table) -> tuple[Signs, Details]:
    """Months without a row: between months with rows, and before and after them, where chance does not explain it.

    Outages come in clusters: of few of them a month may well have none.
    """
    if "month" not in fates.rows:
        return {}, ""
    counts, labels = fates.rows["month"], [month.label for month in fates.period.months]
    filled = [place for place, label in enumerate(labels) if counts.get(label)]
    if not filled:
        return {}, ""
    span = filled[-1] - filled[0] + 1
    longest = max((later - place - 1 for place, later in pairwise(filled)), default=0)
    is_chance = longest > 0 and (span - longest + 1) * (1 - longest / span) ** counts.sum() >= _NOT_UNLIKELY
    is_rare = is_chance or (table.name == "outages" and counts.sum() < SOME_ROWS * len(filled))
    tells_between = not is_rare and len(filled) > 1
    tells_around = counts.sum() >= SOME_ROWS and (span / len(labels)) ** counts.sum() < _IMPROBABLE
    if not (tells_between or tells_around):
        return {}, ""
    between = range(filled[0], filled[-1] + 1)
    empty = [place for place in range(len(labels)) if place not in filled]
    absent = tuple(labels[place] for place in empty if (tells_between if place in between else tells_around))
    return {"empty_months_count": float(len(absent))}, absent
