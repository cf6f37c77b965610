"""Row rules that follow from a table's declaration: each row gets at most one reason, none is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clean.first_reason import FirstReason, Flags
from pipeline.clean.mapping import ORDER
from pipeline.config.rows import Combine
from pipeline.indicators.counting import is_sound
from pipeline.tables import EARLIEST_PLAUSIBLE, HELD_WITH_GROUP, Table

_EARLIEST = np.datetime64(EARLIEST_PLAUSIBLE.replace(tzinfo=None), "us")
_DAY = np.timedelta64(1, "D") - np.timedelta64(1, "us")
FILE_ORDER = "source_file_order"
_PROVENANCE = ["source_file_id", "source_row"]

Moments = NDArray[np.datetime64]


def apply_row_rules(frame: pd.DataFrame, *, table: Table, extracted_at: dict[str, datetime]) -> pd.DataFrame:
    """Mark rows that break a rule of `table`; the first broken rule, in the order below, is the reason.

    `extracted_at` maps `source_file_id` to the moment the file was extracted: nothing can have happened after it. A row
    that is excluded keeps no reason; the reasons are categories.
    """
    reasons = FirstReason(frame["quarantine_reason"])
    for name, is_broken in _broken(frame, table, extracted_at):
        reasons.add(name, of=is_broken)
    return frame.assign(quarantine_reason=reasons.texts(but=frame["excluded_by"].notna().to_numpy()))


def _broken(frame: pd.DataFrame, table: Table, extracted_at: dict[str, datetime]) -> Iterator[tuple[str, Flags]]:
    """Every rule of the table by its reason, and which rows break it."""
    limits = _limits(frame["source_file_id"], extracted_at)
    moments = {column.name: frame[column.name].to_numpy("M8[us]") for column in table.columns if column.is_time}
    for column in table.columns:
        values = frame[column.name]
        if column.is_required:
            yield f"missing_{column.name}", values.isna().to_numpy()
        if column.allowed:
            yield f"unknown_{column.name}", (values.notna() & ~values.isin(column.allowed)).to_numpy()
        if column.minimum is not None:
            yield f"too_small_{column.name}", (values < column.minimum).to_numpy(bool, na_value=False)
        if column.kind == "moment":
            yield f"sentinel_{column.name}", moments[column.name] < _EARLIEST
            yield f"after_extraction_{column.name}", moments[column.name] > limits
    for order in table.orders:
        last = moments[order.later]
        for flag in table.flags_of(order.later):
            is_date = frame[flag].to_numpy(bool, na_value=False)
            # A date is its whole day, and so never before a moment of that day.
            last = np.where(is_date, last + _DAY, last) if is_date.any() else last
        yield order.reason, last < moments[order.earlier]


def _limits(file_ids: pd.Series, extracted_at: dict[str, datetime]) -> Moments:
    """For each row the moment after which nothing in it can have happened."""
    files, ids = pd.factorize(file_ids)
    limits = pd.DatetimeIndex([extracted_at[file_id] for file_id in ids], tz="UTC").tz_localize(None)
    return np.asarray(limits.to_numpy("M8[us]")[files])


def combine_rows(frame: pd.DataFrame, *, table: Table, combine: Combine) -> pd.DataFrame:
    """Make one row of the sound rows that agree on `combine.by`; those folded into it are excluded as `combined`.

    Where a row that may decide its group cannot be read, the sound rows of the group are quarantined as
    `unreadable_group`: of the last, one that comes as late or at an unknown place; else any. So are rows that come
    last together and differ.
    """
    by = list(combine.by)
    is_undecided = _undecided(frame, combine)
    sound = frame[is_sound(frame) & ~is_undecided]
    groups = sound.groupby(by, sort=False, dropna=False)
    if combine.how == "last":
        kept = sound.sort_values(ORDER, kind="stable").drop_duplicates(by, keep="last").index
    else:
        kept = groups.head(1).index
    result = frame.copy()
    flags = [column.name for column in table.columns if column.kind == "flag"]
    names = {"sum": table.additive_names, "any": flags}.get(combine.how, ())
    for name in [name for name in names if name not in by]:
        folded = groups[name].transform("sum" if combine.how == "sum" else "max")
        result.loc[kept, name] = folded.loc[kept]
    if combine.how == "any" and "online_from_on" in result:
        # Of rows that tell several days none is that of all of them.
        is_one = groups["online_from_on"].transform("nunique", dropna=False) == 1
        result.loc[kept, "online_from_on"] = result["online_from_on"].where(is_one).loc[kept]
    result.loc[sound.index.difference(kept), "excluded_by"] = "combined"
    result.loc[is_undecided, "quarantine_reason"] = HELD_WITH_GROUP
    return result.drop(columns=ORDER, errors="ignore")


def _undecided(frame: pd.DataFrame, combine: Combine) -> pd.Series:
    """Sound rows of groups that a row which cannot be read may decide."""
    is_included, sound = frame["excluded_by"].isna(), is_sound(frame)
    by = [frame[name] for name in combine.by]
    is_deciding = is_included & ~sound
    if combine.how == "last":
        last = frame[ORDER].where(sound).groupby(by, dropna=False).transform("max")
        is_alone = is_included.groupby(by, dropna=False).transform("sum") == 1
        is_placeless = is_included & frame[ORDER].isna() & ~is_alone
        is_tied = sound & (frame[ORDER] == last).fillna(False).astype(bool)
        told = frame.loc[is_tied].drop(columns=[*_PROVENANCE, *combine.by, ORDER], errors="ignore")
        differs = told.groupby([one[is_tied] for one in by], dropna=False).transform("nunique", dropna=False) > 1
        is_tied &= differs.any(axis=1).reindex(frame.index, fill_value=False)
        is_deciding = is_placeless | is_tied | (is_deciding & ~(frame[ORDER] < last).fillna(False).astype(bool))
    return sound & is_deciding.groupby(by, dropna=False).transform("any")


def resolve_duplicates(frame: pd.DataFrame, *, table: Table, later_file_wins: bool) -> pd.DataFrame:
    """Leave each key at most one sound row.

    Copies that say the same are excluded as `duplicate_row`, all but one. Rows of one key that differ are
    quarantined as `duplicate_key`, every one, for nothing tells which is right; with `later_file_wins` the rows of
    the last file stand, be they left out by a rule, and earlier files' are excluded as `superseded`. `FILE_ORDER`
    gives the files' order.
    """
    key, result = list(table.key), frame.copy()
    if later_file_wins:
        newest = frame.groupby(key, dropna=False)[FILE_ORDER].transform("max")
        result.loc[is_sound(frame) & (frame[FILE_ORDER] < newest), "excluded_by"] = "superseded"
    sound = result[is_sound(result)]
    again = sound[sound.duplicated(key, keep=False)]
    content = [name for name in again.columns if name not in {*_PROVENANCE, FILE_ORDER}]
    copies = again[again.duplicated(content)]
    result.loc[copies.index, "excluded_by"] = "duplicate_row"
    rest = again.drop(copies.index)
    clashing = rest[rest.duplicated(key, keep=False)]
    result.loc[clashing.index, "quarantine_reason"] = "duplicate_key"
    return result


def hold_doubtful(frame: pd.DataFrame, *, table: Table, later_file_wins: bool) -> pd.DataFrame:
    """Quarantine sound rows as `unreadable_group` where a quarantined row tells of the same thing.

    With `later_file_wins` one of an earlier file no longer counts. `FILE_ORDER` gives the files' order.
    """
    sound, is_doubtful = is_sound(frame), frame["quarantine_reason"].notna()
    is_doubtful &= frame["quarantine_reason"] != "duplicate_key"
    latest = frame[FILE_ORDER].where(is_doubtful)
    latest = latest.groupby([frame[name] for name in table.thing], dropna=False).transform("max")
    is_held = sound & latest.notna()
    if later_file_wins:
        is_held &= (latest >= frame[FILE_ORDER]).fillna(False).astype(bool)
    return frame.assign(quarantine_reason=frame["quarantine_reason"].mask(is_held, HELD_WITH_GROUP))
