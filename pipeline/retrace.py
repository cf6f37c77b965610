"""A value taken back to its rows: how far each rule moves it, and the rows of one group with their place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from connectors.errors import ConfigError, TolokError
from pipeline.indicators.base import Indicator, Terms
from pipeline.indicators.counting import BLANK_MEMBER
from pipeline.nearest import did_you_mean
from pipeline.tables import OUTCOME_COLUMNS, SOURCE_COLUMNS, Table

_COLUMN_OF: Mapping[str, Literal["excluded_by", "quarantine_reason"]] = {
    "excluded": "excluded_by",
    "quarantined": "quarantine_reason",
}
# Dimensions of breakdowns that are not called as their column.
_COLUMNS: Mapping[str, str] = {"portal": "portal_id", "planned": "is_planned"}
# What a flag is called in breakdowns.
_FLAG_WORDS = {"planned": "true", "unplanned": "false"}
_SHOWN_MEMBERS = 12
MONTH = "month"


@dataclass(frozen=True)
class Effect:
    """What a result's value would be were the rows counted that a rule leaves out or that a reason quarantines.

    Only `known_count` of its rows can be: their numbers are known, in order, and bear on the period; with none of them
    `value` is null.
    """

    outcome: str
    rule: str
    known_count: int
    value: float | None


@dataclass(frozen=True)
class Effects:
    """`value` is the result's own, computed from the same rows as its effects."""

    value: float | None
    effects: tuple[Effect, ...]

    def of(self, outcome: str, rule: str) -> Effect | None:
        """The effect of a rule or reason, where it could be told."""
        return next((one for one in self.effects if (one.outcome, one.rule) == (outcome, rule)), None)


def effects(
    indicator: Indicator, parts: Iterable[pd.DataFrame], *, table: Table, terms: Terms, rules: Sequence[tuple[str, str]]
) -> Effects:
    """The effect of each outcome and rule, from one reading of the rows."""
    sums: dict[tuple[str, str] | None, Any] = {}
    known_counts = dict.fromkeys(rules, 0)
    for part in parts:
        plain = indicator.summarise(part, terms=terms)
        _add(sums, None, plain)
        for outcome, rule in rules:
            counted = _known(part, table=table, terms=terms) & (part[_COLUMN_OF[outcome]] == rule).fillna(False)
            known_counts[outcome, rule] += int(counted.sum())
            changed = _counting(part, _COLUMN_OF[outcome], counted) if counted.any() else None
            _add(sums, (outcome, rule), plain if changed is None else indicator.summarise(changed, terms=terms))
    found = (
        Effect(*key, count, _value(indicator, sums[key], terms) if count else None)
        for key, count in known_counts.items()
    )
    return Effects(_value(indicator, sums[None], terms), tuple(found))


def _add(sums: dict[tuple[str, str] | None, Any], key: tuple[str, str] | None, summary: Any) -> None:  # noqa: ANN401
    sums[key] = sums[key] + summary if key in sums else summary


def _value(indicator: Indicator, summary: Any, terms: Terms) -> float | None:  # noqa: ANN401 its own summary
    """Null where the rule of the indicator forbids to add these rows up."""
    try:
        return indicator.conclude(summary, terms=terms).headline.value
    except TolokError:
        return None


def _counting(part: pd.DataFrame, column: str, rows: pd.Series) -> pd.DataFrame:
    return part.assign(**{column: part[column].astype("str").where(~rows & part[column].notna())})


def _known(part: pd.DataFrame, *, table: Table, terms: Terms) -> pd.Series:
    """Rows that bear on the period, with all that is required, and nothing out of order."""
    required = [column.name for column in table.columns if column.is_required]
    known = part[required].notna().all(axis=1)
    for order in table.orders:
        known &= ~(part[order.later] < part[order.earlier]).fillna(False)
    return known & _bears(part, table=table, terms=terms)


def _bears(part: pd.DataFrame, *, table: Table, terms: Terms) -> pd.Series:
    """Rows dated in the period, and all of a list as it stands on a day."""
    if table.is_snapshot:
        return pd.Series(data=True, index=part.index)
    placed = part[table.month_by]
    if table.column(table.month_by).kind == "day":
        return placed.between(pd.Timestamp(terms.period.first_on), pd.Timestamp(terms.period.last_on))
    return (placed >= terms.start_at) & (placed < terms.end_at)


def rows_of_group(
    parts: Iterable[pd.DataFrame], *, table: Table, terms: Terms, where: Mapping[str, str]
) -> pd.DataFrame:
    """The rows of a period whose columns hold what is asked for, with their place and their fate.

    `where` names columns of the table or dimensions of a breakdown. Moments are on the city's clock. Undated rows
    belong to every period. Raises `ConfigError` for a name there is not, and for a value that no row holds.
    """
    names = {name: _column_named(name, table) for name in where}
    kept, seen = [], {name: pd.Index([], dtype="object") for name in where}
    for part in parts:
        inside = part[_bears(part, table=table, terms=terms) | part[table.month_by].isna()]
        wanted = pd.Series(data=True, index=inside.index)
        for name, value in where.items():
            members = _members(inside, names[name], month_by=table.month_by, terms=terms)
            seen[name] = seen[name].union(members.unique(), sort=False)
            wanted &= members == _FLAG_WORDS.get(value, value)
        kept.append(inside[wanted])
    found = pd.concat(kept, ignore_index=True)
    if found.empty:
        _refuse_unknown(where, seen)
    order = [column.name for column in SOURCE_COLUMNS + OUTCOME_COLUMNS + table.columns]
    return _on_clock(found[order], terms).sort_values(["source_file_id", "source_row"], ignore_index=True)


def _column_named(name: str, table: Table) -> str:
    known = [column.name for column in (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)]
    column = _COLUMNS.get(name, name)
    if column in known or name == MONTH:
        return column
    near_id, near_en = did_you_mean(name, known)
    raise ConfigError(
        id=f"Tabel {table.name} tidak punya kolom '{name}'.{near_id} Yang ada: {MONTH}, {', '.join(known)}.",
        en=f"The table {table.name} has no column '{name}'.{near_en} There are: {MONTH}, {', '.join(known)}.",
    )


def _members(rows: pd.DataFrame, column: str, *, month_by: str, terms: Terms) -> pd.Series:
    """What each row holds in a column, as breakdowns name it."""
    if column == MONTH:
        return _local(rows[month_by], terms).dt.strftime("%Y-%m").fillna(BLANK_MEMBER)
    texts = rows[column].astype("str")
    return (texts.str.lower() if str(rows[column].dtype) == "boolean" else texts).fillna(BLANK_MEMBER)


def _local(moments: pd.Series, terms: Terms) -> pd.Series:
    return moments if moments.dt.tz is None else moments.dt.tz_convert(terms.zone)


def _on_clock(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    return rows.assign(**{name: _local(rows[name], terms) for name in rows if str(rows[name].dtype).endswith("UTC]")})


def _refuse_unknown(where: Mapping[str, str], seen: Mapping[str, pd.Index]) -> None:
    for name, value in where.items():
        members = sorted(str(member) for member in seen[name])
        near_id, near_en = did_you_mean(value, members)
        shown = ", ".join(members[:_SHOWN_MEMBERS]) + (", ..." if len(members) > _SHOWN_MEMBERS else "")
        if _FLAG_WORDS.get(value, value) not in members:
            raise ConfigError(
                id=f"Tidak ada baris dengan {name} '{value}' dalam periode ini.{near_id} Yang ada: {shown}.",
                en=f"No row has {name} '{value}' in this period.{near_en} There are: {shown}.",
            )
