"""What came between two versions of a result: rows of its clean table, and settings by their names in the YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.config.city import City
from pipeline.indicators.row_hashes import Words, row_hashes
from pipeline.periods import Period
from pipeline.tables import OUTCOME_COLUMNS, Table
from pipeline.warehouse.records import RowChanges

if TYPE_CHECKING:
    from pipeline.indicators.definition import Definition

# What bears on one indicator alone, on the population, or on no value at all.
_OF_INDICATOR = {
    "holidays": "inquiry_response",
    "deadlines": "inquiry_response",
    "agencies_expected": "online_services",
    "longest_plausible_hours": "it_downtime",
}
_OF_POPULATION = {"population", "region_codes", "crosswalk", "name"}
_BESIDE_THE_ROWS = {"path", "owner", "licence", "connection", "allow", "collect", "outside_links"}
# A text that a value map reads may tell of a person: what is named ends with the column.
_NAMED_PARTS = 4
_OTHERS = {"city", "schedule", "targets", "readiness", "reports", "publish", "notify", "smallest_group", "retention"}


def row_changes(
    then: Iterable[pd.DataFrame],
    now: Iterable[pd.DataFrame],
    *,
    table: Table,
    period: Period,
    zone: Any,  # noqa: ANN401
) -> RowChanges:
    """How many rows of the period came, went, or say something else under the same key; of a snapshot all rows.

    What became of a row (excluded, quarantined) is part of what it says; where it lay in which file is not.
    """
    before, after = (_hashed(parts, table=table, period=period, zone=zone) for parts in (then, now))
    came, gone = (one[~np.isin(one[:, 1], other[:, 1])][:, 0] for one, other in ((after, before), (before, after)))
    changed_count = int(np.isin(came, gone).sum())
    return RowChanges(len(came) - changed_count, int((~np.isin(gone, came)).sum()), changed_count)


def _hashed(parts: Iterable[pd.DataFrame], *, table: Table, period: Period, zone: Any) -> Words:  # noqa: ANN401
    """By row the hash of its key and that of all it says."""
    said = [column.name for column in (*table.columns, *OUTCOME_COLUMNS)]
    found = [np.empty((0, 2), np.uint64)]
    for part in parts:
        rows = part if table.is_snapshot else part[_is_of(part[table.month_by], period, zone)]
        found.append(np.stack([row_hashes(rows[list(table.key)]), row_hashes(rows[said])], axis=1))
    return np.concatenate(found)


def _is_of(at: pd.Series, period: Period, zone: Any) -> pd.Series:  # noqa: ANN401
    """Whether rows are of the period; those without a readable moment may be."""
    local = at.dt.tz_convert(zone).dt.tz_localize(None) if getattr(at.dtype, "tz", None) else at
    inside: pd.Series = local.isna() | local.between(
        pd.Timestamp(period.first_on), pd.Timestamp(period.last_on) + pd.Timedelta(days=1), inclusive="left"
    )
    return inside


def told_settings(city: City, period: Period) -> dict[str, Any]:
    """What of a city's settings can bear on a period's values, as plain values that JSON keeps."""
    told = city.model_dump(mode="json", exclude_defaults=True, exclude=_OTHERS)
    if figures := told.get("population", {}).get("figures"):
        told["population"]["figures"] = {str(one["year"]): str(one) for one in figures if one["year"] == period.year}
    if explained := told.get("judgement", {}).get("explained"):
        told["judgement"]["explained"] = explained.get(period.label, {})
    for source in told["sources"].values():
        for name in _BESIDE_THE_ROWS & set(source):
            del source[name]
    return told


def changed_settings(
    then: Mapping[str, Any], now: Mapping[str, Any], definition: Definition, *, signs: Sequence[str]
) -> tuple[str, ...]:
    """The settings that differ and can bear on an indicator, by their place in the YAML, in order.

    A source that came or went is none: its rows tell. Of what is explained only the `signs` that its results have.
    """
    tables = {definition.table, *definition.also_reads}
    found = (path for path in _differing(then, now) if _bears(path, then, now, tables, definition, signs))
    return tuple(dict.fromkeys(".".join(path[:_NAMED_PARTS]) for path in found))


def _differing(then: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
    one, other = ({} if side is None else side for side in (then, now))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            yield from _differing(one.get(key), other.get(key), (*path, key))
    elif then != now:
        yield path


def _bears(
    path: tuple[str, ...],
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    tables: set[str],
    definition: Definition,
    signs: Sequence[str],
) -> bool:
    first = path[0]
    if first == "sources":
        both = [settings["sources"].get(path[1]) for settings in (then, now)]
        return all(both) and any(source["table"] in tables for source in both if source)
    if first == "judgement" and path[1:2] == ("explained",):
        return path[-1] in signs
    if first in _OF_POPULATION:
        return "population" in tables
    return _OF_INDICATOR.get(first, definition.id) == definition.id
