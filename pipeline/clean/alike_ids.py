"""Ids that are one but for how they are written, and rows that two sources of a table both hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow.compute as pc

from connectors.numerals import number
from pipeline.clean.first_reason import Flags
from pipeline.clean.text_bytes import arrow_of
from pipeline.indicators.counting import is_sound
from pipeline.indicators.row_hashes import Words, row_hashes
from pipeline.tables import Table

IDS_ALIKE, IN_TWO_SOURCES = "ids_alike_pct", "in_two_sources_pct"

Pair = tuple[str, str]
Shares = dict[str, dict[str, tuple[float, str]]]


def folded_hashes(frame: pd.DataFrame, names: Sequence[str]) -> Words:
    """One number a row by some columns, ids without regard to the case of Latin letters and to leading zeros."""
    return row_hashes(frame[list(names)].assign(**{name: _folded(frame[name]) for name in names if _is_id(name)}))


def shared_hashes(frame: pd.DataFrame, table: Table) -> tuple[Words, Flags]:
    """One number a row by what tells it again in another source, and which rows say all of that.

    `frame` has ids without their source.
    """
    told = frame.assign(**{name: frame[name].astype("str").str.casefold() for name in _telling(table) & {"name"}})
    names = [*table.thing, *_telling(table)]
    return folded_hashes(told, names), frame[names].notna().all(axis=1).to_numpy()


def has_lasting_ids(table: Table) -> bool:
    """Whether a thing has an id of its own, which another source of the table may use too."""
    return _is_id(table.thing[0]) and table.name != "visits"


def _telling(table: Table) -> set[str]:
    """The column that, beside the id, two rows of one thing have in common: its name, or its first moment."""
    return {"name"} if table.name == "services" else {table.month_by}


def _is_id(name: str) -> bool:
    return name.endswith("_id")


def _folded(ids: pd.Series) -> pd.Series:
    return pd.Series(pc.ascii_ltrim(pc.ascii_upper(arrow_of(ids.astype("str"))), characters="0"), dtype="str")


def alike_count(frame: pd.DataFrame, *, table: Table, source_name: str) -> int:
    """How many sound rows of a source have an id that others write in another case, or with more zeros before it.

    Of those that differ by zeros, what else tells a row again must be the same. All rows of an id must be there.
    """
    if not has_lasting_ids(table):
        return 0
    sound = frame[is_sound(frame)]
    ids = sound[table.thing[0]].str.removeprefix(f"{source_name}:")
    upper, telling = ids.str.upper(), [sound[name] for name in _telling(table)]
    is_cased = ids.groupby(upper).transform("nunique") > 1
    is_padded = ids.groupby([upper.str.lstrip("0"), *telling]).transform("nunique") > 1
    return int((is_cased | is_padded).sum())


def shares(alike: Mapping[str, int], shared: Counter[Pair], *, rows: Mapping[str, int], table: Table) -> Shares:
    """Percentages by sign and place, of the rows of a source, or of the smaller of two."""
    in_two = {" + ".join(pair): (count, min(rows[name] for name in pair)) for pair, count in shared.items()}
    ids = {f"{name} {table.thing[0]}": (count, rows[name]) for name, count in alike.items() if count}
    return {
        sign: {place: (100 * count / of, f"{number(count)} / {number(of)}") for place, (count, of) in found.items()}
        for sign, found in ((IDS_ALIKE, ids), (IN_TWO_SOURCES, in_two))
    }
