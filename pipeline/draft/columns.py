"""Which column of a file is which clean column, by the words of its header and the kind of its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline.draft.dates import DateReading, read_dates
from pipeline.draft.numbers import NumberReading, read_numbers
from pipeline.draft.personal import personal_kind
from pipeline.draft.samples import Sample
from pipeline.draft.words import fit, folded, known_words, tidy
from pipeline.tables import TABLES, Column

_MOST_FLAGS = 12
_LONG_TEXT = 80
_TITLE_BONUS = 1.5
_OPTIONAL_WORTH = 0.35
_USED_WORTH = 2.0


@dataclass(frozen=True)
class RawColumn:
    """A column of the file: its values that are not blank, and what they look like.

    `nulls` are texts such as `-` that seem to mean nothing, with their counts; they are not among the values.
    """

    name: str
    texts: pd.Series
    rows_count: int
    nulls: Mapping[str, int] = field(default_factory=dict)

    @property
    def blank_count(self) -> int:
        """Rows without a value."""
        return self.rows_count - len(self.texts)

    @cached_property
    def dates(self) -> DateReading | None:
        """How the values are read as dates, if they are."""
        return read_dates(self.texts)

    @cached_property
    def numbers(self) -> NumberReading | None:
        """How the values are read as numbers, if they are."""
        return read_numbers(self.texts)

    @cached_property
    def counts(self) -> pd.Series:
        """How often each value comes, case and spaces aside, the commonest first."""
        return self.texts.map(folded).value_counts()


@dataclass(frozen=True)
class Match:
    """One clean column and the raw column that fits it, and how well (10 is the very word).

    `hour` is a second raw column with the hour of the day; `is_duration`: the raw column holds how long, not when, and
    `rivals` are columns that may hold when.
    """

    clean: str
    raw: RawColumn
    score: float
    hour: RawColumn | None = None
    is_duration: bool = False
    rivals: tuple[RawColumn, ...] = ()


def raw_columns(sample: Sample) -> list[RawColumn]:
    """The columns of a sample."""
    return [_raw_column(name, sample) for name in sample.rows.columns]


def _raw_column(name: str, sample: Sample) -> RawColumn:
    texts = sample.texts(name)
    counts = texts.value_counts()
    if len(counts) <= _MOST_FLAGS and _says_yes_or_no(counts.index):
        return RawColumn(name, texts, len(sample.rows))
    none = {text: int(counts[text]) for text in counts.index if folded(text) in known_words()["nulls"]}
    return RawColumn(name, texts[~texts.isin(list(none))], len(sample.rows), none)


def _says_yes_or_no(texts: Iterable[str]) -> bool:
    flags = known_words()["values"]["flag"]
    return bool({folded(text) for text in texts} & {*flags["true"], *flags["false"]} - set(known_words()["nulls"]))


def split_personal(columns: Iterable[RawColumn], *, table: str) -> tuple[list[RawColumn], dict[str, str]]:
    """The columns that may be read, and the others with what personal thing each seems to hold."""
    kinds = {column.name: personal_kind(column.name, column.texts, table=table) for column in columns}
    readable = [column for column in columns if kinds[column.name] is None]
    return readable, {name: kind for name, kind in kinds.items() if kind is not None}


def best_tables(columns: Sequence[RawColumn], *, title: str) -> list[tuple[str, float]]:
    """The tables by how well their columns are found, the best first; `title` is what stands above or in the name."""
    scores = {table: _table_score(columns, table, title) for table in TABLES}
    return sorted(scores.items(), key=lambda pair: -pair[1])


def match_columns(columns: Sequence[RawColumn], *, table: str) -> dict[str, Match]:
    """The raw column of each clean column that was found; no raw column stands for two."""
    declared = known_words()["tables"][table]["columns"]
    pairs = [
        Match(name, raw, score)
        for name in declared
        for raw in columns
        if (score := _score(raw, TABLES[table].column(name), declared[name])) > 0
    ]
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for match in sorted(pairs, key=lambda one: -one.score):
        if match.clean not in found and match.raw.name not in taken:
            found[match.clean] = match
            taken.add(match.raw.name)
    rest = [raw for raw in columns if raw.name not in taken]
    return _with_hours(found, rest, table=table)


def _with_hours(found: dict[str, Match], rest: Sequence[RawColumn], *, table: str) -> dict[str, Match]:
    """The same with hours that stand in columns of their own, and with an end told by how long it took."""
    hours = [raw for raw in rest if raw.dates is not None and raw.dates.grain == "hour"]
    for clean in [column.name for column in TABLES[table].columns if column.kind == "moment"]:
        words = known_words()["hours"].get(clean, ())
        best = max(hours, key=lambda raw: fit(raw.name, words), default=None)
        if best is None or not fit(best.name, words):
            continue
        day = found.get(clean) or (found.get("started_at") if clean == "ended_at" else None)
        if day is not None and day.raw.dates is not None and day.raw.dates.grain == "day":
            found[clean] = Match(clean, day.raw, day.score, best)
            hours.remove(best)
    if table == "outages" and "ended_at" not in found and "started_at" in found:
        scored = [(fit(raw.name, known_words()["durations"]), raw) for raw in rest if raw.dates is None]
        score, longest = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if score and longest is not None:
            rivals = tuple(raw for raw in rest if raw is not longest and _may_be_end(raw))
            found["ended_at"] = Match("ended_at", longest, score, is_duration=True, rivals=rivals)
    return found


def _may_be_end(raw: RawColumn) -> bool:
    """Whether a column that no clean one takes says that it is an end, or holds moments or hours."""
    declared = known_words()["tables"]["outages"]["columns"]["ended_at"]
    says_end = fit(raw.name, declared["words"], never=declared.get("never", ())) or fit(
        raw.name, known_words()["hours"].get("ended_at", ())
    )
    is_time = raw.dates is not None and raw.dates.grain in ("day", "moment", "hour")
    return bool(says_end or is_time) and not raw.texts.empty


def _table_score(columns: Sequence[RawColumn], table: str, title: str) -> float:
    words = known_words()["tables"][table]
    readable, _ = split_personal(columns, table=table)
    found = match_columns(readable, table=table)
    core = [found[name].score if name in found else 0.0 for name in words["core"]]
    others = sum(match.score for name, match in found.items() if name not in words["core"])
    said = set(tidy(title).split())
    # A title does not make a table of one column such as `No`.
    bonus = _TITLE_BONUS if said & set(words["words"]) and sum(map(bool, core)) > 1 else 0
    used = {name for match in found.values() for name in (match.raw.name, match.hour.name if match.hour else "")} - {""}
    return sum(core) / len(core) + _OPTIONAL_WORTH * others / 10 + bonus + _USED_WORTH * len(used) / len(columns)


def _score(raw: RawColumn, column: Column, declared: Mapping[str, Any]) -> float:
    """How well a header and its values fit a clean column; 0 when the values are of another kind."""
    said = fit(raw.name, declared["words"], never=declared.get("never", ()))
    return said * _kind_share(raw, column) if said and not raw.texts.empty else 0.0


def _kind_share(raw: RawColumn, column: Column) -> float:
    """1 when the values are of the column's kind, 0 when they cannot be."""
    dates, numbers = raw.dates, raw.numbers
    if column.is_time:
        is_time = dates is not None and dates.grain != "hour"
        return 1.0 if is_time and (dates.grain != "year" or column.name == "reference_on") else 0.0  # type: ignore[union-attr]
    if column.kind in ("count", "number"):
        return 1.0 if numbers is not None and (dates is None or dates.grain == "year") else 0.0
    if column.kind == "flag":
        return _flag_share(raw, column)
    if dates is not None and dates.grain not in ("year", "hour") and not (column.name.endswith("_id") and numbers):
        return 0.0
    if column.name.endswith(("_id", "_code")):
        return 1.0
    return 1.0 if raw.texts.str.len().mean() <= _LONG_TEXT and (numbers is None or column.name == "status") else 0.3


def _flag_share(raw: RawColumn, column: Column) -> float:
    """Whether few texts come, some of which say yes or no."""
    kind = "is_planned" if column.name == "is_planned" else "flag"
    known = {folded(text) for texts in known_words()["values"][kind].values() for text in texts}
    if len(raw.counts) > _MOST_FLAGS:
        return 0.0
    return 1.0 if set(raw.counts.index) & known else 0.0
