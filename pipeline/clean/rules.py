"""Row rules that follow from a table's declaration: each row gets at most one reason, none is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd

from pipeline.clean.mapping import ORDER
from pipeline.config import Combine
from pipeline.indicators.counting import is_sound
from pipeline.tables import DTYPES, Table

EARLIEST_PLAUSIBLE = pd.Timestamp("1990-01-01", tz="UTC")
_PROVENANCE = ["source_file_id", "source_row"]


def apply_row_rules(frame: pd.DataFrame, *, table: Table, extracted_at: dict[str, datetime]) -> pd.DataFrame:
    """Mark rows that break a rule of `table`; the first broken rule, in the order below, is the reason.

    `extracted_at` maps `source_file_id` to the moment the file was extracted: nothing can have happened after it.
    """
    names, reason = [""], np.zeros(len(frame), np.intp)
    is_free = (frame["quarantine_reason"].isna() & frame["excluded_by"].isna()).to_numpy()
    for name, is_broken in _broken(frame, table, extracted_at):
        hit = is_free & is_broken.to_numpy(bool, na_value=False)
        if hit.any():
            reason[hit] = len(names)
            names.append(name)
            is_free = is_free & ~hit
    if len(names) == 1:
        return frame
    found = pd.Series(names, dtype="str").take(reason).set_axis(frame.index)
    return frame.assign(quarantine_reason=frame["quarantine_reason"].where(reason == 0, found))


def _broken(frame: pd.DataFrame, table: Table, extracted_at: dict[str, datetime]) -> Iterator[tuple[str, pd.Series]]:
    """Every rule of the table by its reason, and which rows break it."""
    files, ids = pd.factorize(frame["source_file_id"])
    limits = pd.Series([extracted_at[file_id] for file_id in ids], dtype=DTYPES["moment"]).take(files)
    limits = limits.set_axis(frame.index)
    for column in table.columns:
        values = frame[column.name]
        if column.is_required:
            yield f"missing_{column.name}", values.isna()
        if column.allowed:
            yield f"unknown_{column.name}", values.notna() & ~values.isin(column.allowed)
        if column.minimum is not None:
            yield f"too_small_{column.name}", values < column.minimum
        if column.kind == "moment":
            yield f"sentinel_{column.name}", values < EARLIEST_PLAUSIBLE
            yield f"after_extraction_{column.name}", values > limits
    for order in table.orders:
        yield order.reason, frame[order.later] < frame[order.earlier]


def combine_rows(frame: pd.DataFrame, *, table: Table, combine: Combine) -> pd.DataFrame:
    """Make one row of the sound rows that agree on `combine.by`; those folded into it are excluded as `combined`."""
    sound = frame[is_sound(frame)]
    groups = sound.groupby(list(combine.by), sort=False, dropna=False)
    if combine.how == "last":
        kept = sound.sort_values(ORDER, kind="stable").drop_duplicates(list(combine.by), keep="last").index
    else:
        kept = groups.head(1).index
    result = frame.copy()
    names = {"sum": ("count", "number"), "any": ("flag",), "last": ()}[combine.how]
    for column in table.columns:
        if column.kind in names and column.name not in combine.by:
            folded = groups[column.name].transform("sum" if combine.how == "sum" else "max")
            result.loc[kept, column.name] = folded.loc[kept]
    result.loc[sound.index.difference(kept), "excluded_by"] = "combined"
    return result.drop(columns=ORDER, errors="ignore")


def settle_duplicates(frame: pd.DataFrame, *, table: Table, later_file_wins: bool) -> pd.DataFrame:
    """Leave each key at most one sound row.

    Copies that say the same are excluded as `duplicate_row`, all but one. Rows of one key that differ are
    quarantined as `duplicate_key`, every one, for nothing tells which is right; with `later_file_wins` the rows of
    the last file stand and earlier files' are excluded as `superseded`. `source_file_order` gives the files' order.
    """
    key = list(table.key)
    sound = frame[is_sound(frame)]
    again = sound[sound.duplicated(key, keep=False)]
    if again.empty:
        return frame
    result = frame.copy()
    content = [name for name in again.columns if name not in {*_PROVENANCE, "source_file_order"}]
    copies = again[again.duplicated(content)]
    result.loc[copies.index, "excluded_by"] = "duplicate_row"
    rest = again.drop(copies.index)
    if later_file_wins:
        newest = rest.groupby(key, dropna=False)["source_file_order"].transform("max")
        old = rest[rest["source_file_order"] < newest]
        result.loc[old.index, "excluded_by"] = "superseded"
        rest = rest.drop(old.index)
    clashing = rest[rest.duplicated(key, keep=False)]
    result.loc[clashing.index, "quarantine_reason"] = "duplicate_key"
    return result
