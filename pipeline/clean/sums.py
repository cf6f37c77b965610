"""What adding rows up may get wrong: a row that already holds the sum of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from connectors.remarks import Remark
from pipeline.config.rows import Combine
from pipeline.indicators.counting import is_sound
from pipeline.tables import Table

# Of two rows that are alike neither need be the sum.
_FEWEST_ROWS = 3


def total_among_parts(frame: pd.DataFrame, *, table: Table, combine: Combine, source_name: str) -> list[Remark]:
    """A remark where in most groups to be added up one row is the sum of the others; `frame` is not combined yet."""
    if combine.how != "sum":
        return []
    names = [name for name in table.additive_names if name not in combine.by]
    return _totals(frame[is_sound(frame)], names, by=combine.by, source_name=source_name)


def total_among_portals(frame: pd.DataFrame, *, table: Table, source_name: str) -> list[Remark]:
    """A remark where on most days or months one portal has as many visits as all others together."""
    if frame["portal_id"].nunique() < _FEWEST_ROWS:
        return []
    by = [name for name in table.key if name != "portal_id"]
    return _totals(frame[is_sound(frame)], ["visits_count"], by=by, source_name=source_name)


def _totals(sound: pd.DataFrame, names: Sequence[str], *, by: Sequence[str], source_name: str) -> list[Remark]:
    remarks = []
    for name in names:
        groups = sound.groupby(list(by), dropna=False)[name].agg(["count", "sum", "max"]).astype("float64")
        groups = groups[(groups["count"] >= _FEWEST_ROWS) & (groups["sum"] > 0)]
        count = int(np.isclose(2 * groups["max"], groups["sum"]).sum())
        if 2 * count > len(groups):
            remarks.append(
                Remark(
                    "total_among_parts",
                    f"{source_name}: di {count} dari {len(groups)} kelompok yang dijumlahkan, {name} satu baris sama "
                    "dengan jumlah baris lainnya. Jika itu baris total, keluarkan dengan "
                    f"sources.{source_name}.exclude: {{grand_total: ...}}",
                    f"{source_name}: in {count} of {len(groups)} groups that are added up, {name} of one row is the "
                    f"sum of the other rows. If that is a total, leave it out by sources.{source_name}.exclude: "
                    "{grand_total: ...}",
                )
            )
    return remarks
