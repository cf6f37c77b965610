"""The frame of signs of clean tables: a row per source, table and quarantine reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pandas as pd

from pipeline.coverage import Coverage
from pipeline.periods import Period
from pipeline.signs.catalogue import OF_TABLES
from pipeline.signs.copies import (
    ENDS,
    months_alike_pct,
    names_alike_pct,
    offered_apart_pct,
    received_alike_pct,
    rows_alike_pct,
    told_things,
)
from pipeline.signs.fates import Fates, Read
from pipeline.signs.hours import empty_hours, missing_hours
from pipeline.signs.incidents import (
    far_apart,
    joined_by_component,
    parted_at_midnight,
    same_moments_pct,
    written_apart,
)
from pipeline.signs.logs import days_of_fewer_logs
from pipeline.signs.months import edge_days, empty_months, empty_months_of, missing_days, month_files
from pipeline.signs.sign import SOME_ROWS, Details, Signs, frame, pct
from pipeline.signs.times import times
from pipeline.signs.two_sources import alike_in_two_pct
from pipeline.signs.visits import days, zero_days, zero_months
from pipeline.signs.words import examples, governments
from pipeline.tables import TABLES, Table

_LONGEST_RESPONSE_HOURS = 365 * 24
_CLUSTER_ROWS = 5


def of_tables(
    tables: Mapping[str, Read], *, longest_plausible_hours: int, worked: Mapping[str, Coverage]
) -> pd.DataFrame:
    """One row per source, per table and per quarantine reason; the index says which.

    `worked` are by source the days of the period on which it worked.
    """
    found = [
        row
        for name, read in tables.items()
        for row in _table_rows(read, TABLES[name], longest_plausible_hours=longest_plausible_hours, worked=worked)
    ]
    return frame(found, OF_TABLES, key="table")


def _table_rows(
    read: Read, table: Table, *, longest_plausible_hours: int, worked: Mapping[str, Coverage]
) -> Iterator[tuple[str, str, Signs, Details]]:
    sources = read.rows["source_file_id"].astype("str").map(dict(read.sources)).fillna(table.name)
    by_source = [(str(source), rows) for source, rows in read.rows.groupby(sources.to_numpy(), sort=True)]
    for source, rows in by_source:
        if table.name in (*ENDS, "services"):
            told = told_things(rows, table, fates=read.fates)
            yield table.name, f"{source} rows", {"rows_alike_pct": rows_alike_pct(told, table, fates=read.fates)}, ""
            yield table.name, f"{source} words", examples(rows, table, source_name=source), ""
        if table.name in ENDS:
            hours = longest_plausible_hours if table.name == "outages" else _LONGEST_RESPONSE_HOURS
            yield table.name, source, times(rows, table, fates=read.fates, longest_hours=hours), ""
            if len(by_source) > 1:
                of_months = empty_months_of(rows, read.fates, worked=worked.get(source))
                yield table.name, f"{source} {table.month_by}", *of_months
            yield table.name, f"{source} {table.month_by} days", *edge_days(rows, read.fates)
            yield table.name, f"{source} {table.month_by} weeks", *missing_days(rows, read.fates, worked.get(source))
            yield from (_of_outages if table.name == "outages" else _of_inquiries)(rows, source, read.fates)
        elif table.name == "visits":
            yield table.name, f"{source} rows", {"rows_alike_pct": months_alike_pct(rows)}, ""
            yield table.name, source, days(rows), ""
            yield table.name, f"{source} visited_on", *zero_days(rows)
            yield table.name, f"{source} months", *zero_months(rows)
        elif table.name == "services":
            yield table.name, source, {"same_answer_pct": _same_answer_pct(rows)}, ""
            yield table.name, f"{source} online", {"online_before_start_pct": _online_before_start_pct(rows)}, ""
            yield table.name, f"{source} name", {"names_alike_pct": names_alike_pct(told)}, ""
            yield table.name, f"{source} names", {"offered_apart_pct": offered_apart_pct(told)}, ""
        else:
            yield from _figures(rows, source, period=read.fates.period)
    if table.name in (*ENDS, "services"):
        yield from _in_two_sources(by_source, table, read.fates)
    yield from _exact_copies(read, table)
    yield table.name, table.name, *empty_months(read.fates, table)
    yield from _clusters(read, table)
    yield from _of_cleaning(read, table)
    for source, told in read.hours.items():
        yield table.name, f"{source} hours", *empty_hours(told, read.fates.period)
        yield table.name, f"{source} hours of days", *missing_hours(told, read.fates.period, worked=worked.get(source))
    if table.name in ENDS and not read.fates.period.is_month:
        yield from month_files(read, table, worked=worked)


def _of_inquiries(rows: pd.DataFrame, source: str, fates: Fates) -> Iterator[tuple[str, str, Signs, Details]]:
    yield "inquiries", f"{source} received_at", {"received_alike_pct": received_alike_pct(rows, fates)}, ""
    yield "inquiries", f"{source} agency", *governments(rows)


def _of_outages(rows: pd.DataFrame, source: str, fates: Fates) -> Iterator[tuple[str, str, Signs, Details]]:
    yield "outages", f"{source} incident_id", *far_apart(rows, fates)
    yield "outages", f"{source} incidents", *joined_by_component(rows, fates)
    yield "outages", f"{source} component", written_apart(rows, fates), ""
    yield "outages", f"{source} ended_at", parted_at_midnight(rows, fates), ""
    yield "outages", f"{source} moments", {"same_moments_pct": same_moments_pct(rows, fates)}, ""


def _in_two_sources(
    by_source: Sequence[tuple[str, pd.DataFrame]], table: Table, fates: Fates
) -> Iterator[tuple[str, str, Signs, Details]]:
    """What each two sources of a table both tell of, whatever its ids."""
    for (one, rows), (other, others) in combinations(by_source, 2):
        share = alike_in_two_pct(rows, others, table, fates=fates)
        yield table.name, f"{one} + {other} rows", {"alike_in_two_sources_pct": share}, ""


def _of_cleaning(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, Details]]:
    """What was counted while the table was cleaned."""
    for name, places in read.shares.items():
        for place, (share, details) in places.items():
            yield table.name, place, {name: share}, details
    for source, logs in read.logs.items():
        yield table.name, f"{source} path", *days_of_fewer_logs(logs, read.fates.period)


def _same_answer_pct(rows: pd.DataFrame) -> float | None:
    if len(rows) < SOME_ROWS:
        return None
    shares = [
        rows[name].value_counts(normalize=True).max() for name in ("is_accessible_online", "is_requestable_online")
    ]
    return float(100 * max(shares))


def _online_before_start_pct(rows: pd.DataFrame) -> float | None:
    """The share of the rows that tell both, held against the first start of their service; null without any."""
    begin = rows.groupby("service_id")["valid_from_on"].transform("min")
    is_told = rows["online_from_on"].notna() & begin.notna()
    return pct((rows["online_from_on"] < begin)[is_told], of_at_least=1)


def _figures(rows: pd.DataFrame, source: str, *, period: Period) -> Iterator[tuple[str, str, Signs, Details]]:
    """The population figures of the period's year."""
    for row in rows[rows["reference_on"].dt.year == period.year].itertuples():
        yield "population", f"{source} {row.reference_on.date()}", {"inhabitants": float(row.population_count)}, ""


def _exact_copies(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, Details]]:
    """The share of each source's rows that are exact copies of others."""
    copies, rows = Counter[str](), Counter[str]()
    for file_id, count in read.fates.copies.items():
        copies[read.sources.get(file_id, table.name)] += count
    for file_id, count in read.fates.rows["source_file_id"].items() if copies else ():
        rows[read.sources.get(str(file_id), table.name)] += int(count)
    for source, count in copies.items():
        yield table.name, f"{source} duplicate_row", {"copies_pct": 100 * count / rows[source]}, ""


def _clusters(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, Details]]:
    """The reasons that make half of their rows in one place which has far fewer of all rows."""
    found: dict[str, tuple[float, Details]] = {}
    for place, counts in read.fates.quarantined.items():
        share_of_rows = read.fates.rows[place] / read.fates.rows[place].sum()
        for reason, members in counts.groupby(level=0):
            member, most = members.idxmax()[1], members.max()
            if most >= _CLUSTER_ROWS and most / members.sum() >= max(0.5, 2 * share_of_rows.get(member, 1)):
                name = read.sources.get(member, member) if place == "source_file_id" else member
                found[str(reason)] = (float(members.sum()), (name,) if place == "month" else f"{place}: {name}")
    for reason, (count, details) in found.items():
        pct = 100 * count / read.considered_count if read.considered_count else None
        yield table.name, f"{table.name} {reason}", {"clustered_quarantine_pct": pct}, details
