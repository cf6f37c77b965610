"""Whether a key comes in several rows that differ, and what that may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from connectors.layout import Layout
from connectors.records import RawFile
from pipeline.config.answers import UNANSWERED
from pipeline.draft.columns import Match, RawColumn
from pipeline.draft.mapping import Noted
from pipeline.draft.questions import question
from pipeline.draft.samples import Sample, repeats_count
from pipeline.tables import TABLES

_SEXES = {"l", "p", "laki-laki", "perempuan", "laki laki", "pria", "wanita", "male", "female"}
_MOST_NAMED = 5


def combine_setting(
    file: RawFile,
    layout: Layout,
    matches: Mapping[str, Match],
    *,
    columns: Sequence[RawColumn],
    sample: Sample,
    table: str,
) -> Noted | None:
    """The setting for rows of one key: a sum when they are the two sexes, else a question; null for unique keys."""
    key = {name: matches[name].raw.name for name in TABLES[table].key if name in matches}
    if not key:
        return None
    names = list(dict.fromkeys(key.values()))
    count, different = repeats_count(file, layout=layout, columns=names)
    is_copied = sample.is_whole and _only_copies(sample.rows, names, matches)
    said = f"{different} {' + '.join(names)} berbeda dalam / different ones in {count} baris / rows"
    if count == different or is_copied:
        return None
    sexes = next((raw for raw in columns if set(raw.counts.index) <= _SEXES and len(raw.counts) > 1), None)
    if table == "population" and sexes is not None:
        listed = ", ".join(f"{text} {number}" for text, number in sexes.counts.items())
        return Noted({"by": list(key), "how": "sum"}, [said, f"menurut / by '{sexes.name}': {listed}"])
    hint = f"({said}{_orders(sample.rows, names)})"
    return Noted(UNANSWERED, [question("combine", hint=hint)])


def _only_copies(rows: pd.DataFrame, names: list[str], matches: Mapping[str, Match]) -> bool:
    """Whether rows of one key are the same in every mapped column."""
    raws = [raw for match in matches.values() for raw in (match.raw, match.hour) if raw is not None]
    mapped = list({raw.name for raw in raws})
    different = rows.dropna(subset=names, how="all")[mapped].drop_duplicates()
    return not different.duplicated(names).any()


def _orders(rows: pd.DataFrame, names: list[str]) -> str:
    """The columns that number the rows of a key."""
    twice = rows[rows.duplicated(names, keep=False)]
    counted = [
        name
        for name in rows.columns
        if name not in names
        and pd.to_numeric(twice[name].dropna(), errors="coerce").notna().all()
        and twice[name].notna().any()
        and not twice.duplicated([*names, name]).any()
    ]
    return f"; urutan / order: {', '.join(counted[:_MOST_NAMED])}" if counted else ""
