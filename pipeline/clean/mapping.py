"""Raw text rows to a clean frame by the city's declared mapping; faults are marked on the row."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.files import BLANK_ROW
from pipeline.clean.durations import parse_durations
from pipeline.clean.values import Reading, parse
from pipeline.config import ColumnMap, RowFilter, Source
from pipeline.tables import DTYPES, Column, Table

ORDER = "order_by"
_SAMPLED = 1000

Codes = NDArray[np.intp]


def raw_columns(source: Source) -> tuple[str, ...]:
    """Every raw column the mapping reads; all others are never kept."""
    names = [name for column in source.columns.values() for name in column.column]
    names += [column.when.column for column in source.columns.values() if column.when]
    names += [row_filter.column for filters in source.exclude.values() for row_filter in filters]
    names += source.steps.columns if source.steps else ()
    names += [source.combine.order_by] if source.combine and source.combine.order_by else ()
    return tuple(dict.fromkeys(names))


def map_rows(raw: pd.DataFrame, *, source: Source, table: Table, zone: ZoneInfo) -> pd.DataFrame:
    """The clean columns of every raw row, in order, with `source_row` and the two outcome columns.

    A value that does not fit its declared form is null and its row quarantined: `bad_<column>`,
    `ambiguous_<column>` or `unknown_<column>` (not in the value map). What the reader found wrong with a record comes
    before that. Columns the source does not map are null.
    """
    raw = raw.reset_index(drop=True)
    frame = pd.DataFrame({"source_row": raw["source_row"]})
    coded = _CodedColumns(raw)
    reasons = raw["reader_problem"].mask(raw["reader_problem"] == BLANK_ROW).astype("str")
    for column in table.columns:
        column_map = source.columns.get(column.name)
        if column_map is None:
            frame[column.name] = pd.Series(None, index=raw.index, dtype=DTYPES[column.kind])
            continue
        few, codes = coded.of(_columns_of(column_map))
        values, faults = _read_column(few, column, column_map, _reading(column_map, source, zone), source)
        values = _spread(values, codes)
        frame[column.name] = values if column_map.after is None else frame[column_map.after] + values
        if faults.notna().any():
            reasons = reasons.fillna(_spread(faults, codes))
    frame["excluded_by"] = _exclusions(coded, source)
    frame["quarantine_reason"] = reasons.mask(frame["excluded_by"].notna())
    if source.combine and source.combine.order_by:
        frame[ORDER] = pd.to_numeric(raw[source.combine.order_by], errors="coerce")
    return frame


def _columns_of(column_map: ColumnMap) -> tuple[str, ...]:
    """The raw columns a clean one is read from."""
    return tuple(dict.fromkeys([*column_map.column, *([column_map.when.column] if column_map.when else [])]))


class _CodedColumns:
    """Raw columns by their distinct texts, so that what is said of a text is worked out once and not for each row."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self._raw = raw
        self._known: dict[tuple[str, ...], tuple[pd.DataFrame, Codes | None]] = {}

    def of(self, names: tuple[str, ...]) -> tuple[pd.DataFrame, Codes | None]:
        """The distinct texts of a column, null included, and which of them each row has.

        Without codes each row has its own: of several columns, or of one in which few texts come twice.
        """
        if names not in self._known:
            self._known[names] = self._code(names)
        return self._known[names]

    def _code(self, names: tuple[str, ...]) -> tuple[pd.DataFrame, Codes | None]:
        if not names:
            return self._raw.iloc[:1], np.zeros(len(self._raw), np.intp)
        if len(names) > 1 or self._raw[names[0]].iloc[:_SAMPLED].nunique() > _SAMPLED // 2:
            return self._raw, None
        codes, texts = pd.factorize(self._raw[names[0]], use_na_sentinel=False)
        return pd.DataFrame({names[0]: pd.Series(texts, dtype="str")}), codes


def _spread(values: pd.Series, codes: Codes | None) -> pd.Series:
    return values if codes is None else pd.Series(values.array.take(codes))


def texts_of(raw: pd.DataFrame, column_map: ColumnMap, *, nulls: Sequence[str]) -> pd.Series:
    """The column's texts as mapped: joined, nulls named, defaults and constants filled in; not yet translated."""
    if column_map.constant is not None:
        return pd.Series(column_map.constant, index=raw.index, dtype="str")
    absent = {"", *nulls, *column_map.nulls}
    parts = [raw[name].str.replace("\xa0", " ", regex=False).str.strip() for name in column_map.column]
    texts = parts[0].mask(parts[0].isin(absent))
    for part in parts[1:]:
        texts = (texts + " " + part.mask(part.isin(absent), "").fillna("")).str.strip()
    return texts if column_map.default is None else texts.fillna(column_map.default)


def translated(texts: pd.Series, column_map: ColumnMap) -> tuple[pd.Series, pd.Series]:
    """Texts through the value map, without regard to case and spaces, and which of them the map does not know."""
    if not column_map.values:
        return texts, pd.Series(False, index=texts.index)
    by_text = {_folded(key): value for key, value in column_map.values.items()}
    folded = texts.dropna().drop_duplicates()
    known = {text: by_text.get(_folded(text)) for text in folded}
    found = texts.map(known).astype("str")
    if column_map.otherwise == "keep":
        return found.fillna(texts), pd.Series(False, index=texts.index)
    if column_map.otherwise is not None:
        return found.fillna(column_map.otherwise), pd.Series(False, index=texts.index)
    return found, texts.notna() & found.isna()


def _reading(column_map: ColumnMap, source: Source, zone: ZoneInfo) -> Reading:
    """The column's own settings before the source's; a point that groups thousands leaves the comma for decimals."""
    zone_name = column_map.zone or source.zone
    thousands = column_map.thousands or source.thousands
    return Reading(
        formats=column_map.format,
        zone=ZoneInfo(zone_name) if zone_name else zone,
        decimal=column_map.decimal or source.decimal or ("," if thousands == "." else "."),
        thousands=thousands,
    )


def _read_column(
    raw: pd.DataFrame, column: Column, column_map: ColumnMap, reading: Reading, source: Source
) -> tuple[pd.Series, pd.Series]:
    texts = texts_of(raw, column_map, nulls=source.nulls)
    if column_map.when is not None:
        texts = texts.where(_matches(raw[column_map.when.column], column_map.when))
    texts, is_unknown = translated(texts, column_map)
    if column.name.endswith("_id"):
        texts = texts.str.removesuffix(".0")
    if column_map.prefix or column_map.suffix:
        texts = column_map.prefix + texts + column_map.suffix
    if column_map.unit is None:
        parsed = parse(texts, kind=column.kind, reading=reading)
    else:
        parsed = parse_durations(texts, unit=column_map.unit, reading=reading)
    faults = (parsed.faults + f"_{column.name}").mask(is_unknown, f"unknown_{column.name}")
    return parsed.values, faults


def _exclusions(coded: _CodedColumns, source: Source) -> pd.Series:
    """The first declared rule each row falls under, in the order of the YAML; blank rows come first."""
    problems, codes = coded.of(("reader_problem",))
    excluded = _spread(problems["reader_problem"].where(problems["reader_problem"] == BLANK_ROW), codes)
    for rule, filters in source.exclude.items():
        for row_filter in filters:
            few, codes = coded.of((row_filter.column,))
            is_match = _spread(_matches(few[row_filter.column], row_filter), codes)
            if is_match.any():
                excluded = excluded.mask(excluded.isna() & is_match, rule)
    return excluded


def _matches(texts: pd.Series, row_filter: RowFilter) -> pd.Series:
    folded = texts.fillna("").str.replace("\xa0", " ", regex=False).str.strip().str.casefold()
    is_match = folded.str.split().str.join(" ").isin({_folded(value) for value in row_filter.values})
    for part in row_filter.contains:
        is_match |= folded.str.contains(part.casefold(), regex=False)
    return is_match


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
