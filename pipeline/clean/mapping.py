"""Raw text rows to a clean frame by the city's declared mapping; faults are marked on the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.records import ERROR_TEXTS, NO_RECORDS, TYPED
from pipeline.clean.clocks import in_zone
from pipeline.clean.date_signs import DateSigns
from pipeline.clean.durations import parse_durations
from pipeline.clean.first_reason import FirstReason, Flags
from pipeline.clean.hours import joined_with_hours
from pipeline.clean.personal_texts import PersonalTexts, masked, masked_ids
from pipeline.clean.reading import Reading
from pipeline.clean.text_bytes import arrow_of, tidied
from pipeline.clean.ticks import Ticks
from pipeline.clean.unmapped import UnmappedTexts
from pipeline.clean.values import Parsed, parse
from pipeline.config.columns import ColumnMap, RowFilter
from pipeline.config.rows import Combine
from pipeline.config.source import Source
from pipeline.tables import DTYPES, Column, Table

ORDER, STATE = "order_by", "state"
_SAMPLED = 1000

Codes = NDArray[np.integer]


def raw_columns(source: Source) -> tuple[str, ...]:
    """Every raw column the mapping reads; all others are never kept."""
    names = [name for column in source.columns.values() for name in column.column]
    names += [column.when.column for column in source.columns.values() if column.when]
    names += [row_filter.column for filters in source.exclude.values() for row_filter in filters]
    names += source.steps.columns if source.steps else ()
    combine = source.combine
    names += [name for name in (combine.order_by, combine.state) if name] if combine else ()
    return tuple(dict.fromkeys(names))


def map_rows(  # noqa: C901 one pass over the columns
    raw: pd.DataFrame,
    *,
    source: Source,
    table: Table,
    zone: ZoneInfo,
    date_signs: DateSigns | None = None,
    ticks: Ticks | None = None,
    unmapped: UnmappedTexts | None = None,
    personal: PersonalTexts | None = None,
    file_id: str = "",
) -> pd.DataFrame:
    """The clean columns of every raw row, in order, with `source_row` and the two outcome columns.

    A value that does not fit its declared form is null and its row quarantined: `error_<column>` (a spreadsheet's
    error), `bad_<column>`, `ambiguous_<column>` or `unknown_<column>` (not in the value map). What the reader found
    wrong with a record comes before that. Columns the source does not map are null. Texts that come again are
    categories, but for ids. What the dates tell of their order is added to `date_signs`, marks for yes and no to
    `ticks`, texts that no value map knows to `unmapped`, how many values look personal and are masked to `personal`. An
    id that tells of a person is told by `file_id` and row.
    """
    raw = raw.reset_index(drop=True)
    columns: dict[str, pd.Series] = {"source_row": raw["source_row"]}
    ticks, personal = ticks or Ticks(), personal or PersonalTexts()
    coded, terms = _CodedColumns(raw), ColumnTerms(source, zone, source.nulls, has_typed_cells=source.format == "xlsx")
    blank, reasons = _problems(coded)
    unknown: dict[str, Flags] = {}
    for column in table.columns:
        column_map = source.columns.get(column.name)
        if column.flags and column.flags in source.columns:
            continue
        if column_map is None:
            columns[column.name] = _nulls(len(raw), dtype=DTYPES[column.kind])
            continue
        few, codes = coded.of(_columns_of(column_map))
        parsed, is_unknown = read_column(few, column, column_map, terms)
        if date_signs is not None and column_map.constant is None:
            date_signs.add(column.name, parsed.signs)
        ticks.add(column.name, frozenset() if column_map.values else parsed.marks)
        shown, is_masked = masked(parsed.values, column)
        if is_masked is not None:
            personal.add(column.name, is_masked if codes is None else is_masked[codes])
        values = (_spread if column.name.endswith("_id") else _spread_in_categories)(shown, codes)
        values, is_masked = masked_ids(
            values, raw["source_row"], column, file_id=file_id, seen=personal.id_numbers[column.name]
        )
        if is_masked is not None:
            personal.add(column.name, is_masked)
        columns[column.name] = values if column_map.after is None else columns[column_map.after] + values
        if column.kind == "moment":
            columns |= {flag: _known_dates(columns[column.name], parsed, codes) for flag in table.flags_of(column.name)}
        if column_map.next_day_if_before is not None:
            columns[column.name] = _past_midnight(column, column_map.next_day_if_before, columns, table, zone)
        is_error = _has_error(few, column_map, nulls=source.nulls)
        faults = {"error": is_error, "unknown": is_unknown, "ambiguous": parsed.is_ambiguous, "bad": parsed.is_bad}
        for fault, rows in faults.items():
            if rows.any():
                reasons.add(f"{fault}_{column.name}", of=rows if codes is None else rows[codes])
        if is_unknown.any():
            unknown[column.name] = is_unknown
    for fault, rows in _unclear_filters(coded, terms):
        reasons.add(fault, of=rows)
    excluded = _excluded(blank, coded, terms)
    columns |= {"excluded_by": excluded.texts(), "quarantine_reason": reasons.texts(but=excluded.is_given)}
    if unmapped is not None:
        _add_unmapped(unmapped, unknown, coded, source, among=~excluded.is_given)
    if source.combine and source.combine.order_by:
        columns[ORDER] = _order(raw, source.combine.order_by, columns, terms)
    if source.combine and source.combine.state:
        columns[STATE] = _states(raw[source.combine.state], source.combine)
    return pd.DataFrame(columns, copy=False)


def _add_unmapped(
    unmapped: UnmappedTexts, unknown: Mapping[str, Flags], coded: _CodedColumns, source: Source, *, among: Flags
) -> None:
    """Count the rows among some that have each unknown text."""
    for name, is_unknown in unknown.items():
        few, codes = coded.of(_columns_of(source.columns[name]))
        counts = among.astype(np.int64) if codes is None else np.bincount(codes[among], minlength=len(few))
        texts = texts_of(few[is_unknown], source.columns[name], nulls=source.nulls)
        unmapped.add(name, texts, counts[is_unknown])


def _order(raw: pd.DataFrame, name: str, columns: Mapping[str, pd.Series], terms: ColumnTerms) -> pd.Series:
    """What orders rows: the moments read from the same raw column, else its numbers; null where unreadable."""
    for clean, column_map in terms.source.columns.items():
        is_plain = column_map.column == (name,) and column_map.when is None and column_map.after is None
        if is_plain and columns[clean].dtype.kind == "M":
            moments = columns[clean]
            return moments.astype("int64").where(moments.notna()).astype("Float64")
    return read_column(raw, Column(ORDER, "number"), ColumnMap(column=(name,)), terms)[0].values.astype("Float64")


def _states(texts: pd.Series, combine: Combine) -> pd.Series:
    """A number of each text, odd for down and even for up; null for any other text."""
    given = {1: combine.down, 0: combine.up}
    codes = {_folded(text): 2 * place + bit for bit, texts in given.items() for place, text in enumerate(texts)}
    found = {text: codes.get(_folded(text)) for text in texts.dropna().unique()}
    return texts.map(found).astype("Float64").astype("Int16")


def _known_dates(moments: pd.Series, parsed: Parsed, codes: Codes | None) -> pd.Series:
    """Which moments were noted as dates, null where there is none; one told by a length is never a date."""
    is_date = np.zeros(len(parsed.values), bool) if parsed.is_date is None else parsed.is_date
    is_null = moments.isna().to_numpy()
    return pd.Series(pd.arrays.BooleanArray((is_date if codes is None else is_date[codes]) & ~is_null, is_null))


def _past_midnight(
    column: Column, earlier: str, columns: Mapping[str, pd.Series], table: Table, zone: ZoneInfo
) -> pd.Series:
    """The column's moments, those before an earlier one of the same local day a day later by the clock."""
    moments, starts = columns[column.name], columns[earlier]
    is_before = np.array(moments < starts, bool)
    for flag in (*table.flags_of(column.name), *table.flags_of(earlier)):
        is_before &= ~columns[flag].to_numpy(bool, na_value=False) if flag in columns else True
    clocks, start_clocks = (each[is_before].dt.tz_convert(zone).dt.tz_localize(None) for each in (moments, starts))
    is_same_day = clocks.dt.normalize() == start_clocks.dt.normalize()
    moved = in_zone(clocks[is_same_day] + pd.Timedelta(days=1), zone).astype(moments.dtype)
    return moments.where(~moments.index.isin(moved.index), moved.reindex(moments.index))


def _nulls(count: int, *, dtype: str) -> pd.Series:
    return pd.Series(pa.nulls(count, pa.large_string()) if dtype == "str" else None, index=range(count), dtype=dtype)


def _columns_of(column_map: ColumnMap) -> tuple[str, ...]:
    """The raw columns a clean one is read from."""
    return tuple(dict.fromkeys([*column_map.column, *([column_map.when.column] if column_map.when else [])]))


@dataclass(frozen=True)
class ColumnTerms:
    """What a source says of all its columns, which texts are nulls, and whether moments may be typed cells."""

    source: Source
    zone: ZoneInfo
    nulls: tuple[str, ...]
    has_typed_cells: bool

    @property
    def plain_reading(self) -> Reading:
        """How a text is read of which no column says more."""
        return self.reading(None)

    def reading(self, column_map: ColumnMap | None) -> Reading:
        """The column's own settings before the source's; a point that groups thousands leaves commas for decimals."""
        own = column_map or ColumnMap(constant="")
        source, zone_name = self.source, own.zone or self.source.zone
        thousands = own.thousands or source.thousands
        is_swapped = source.swapped_by_excel if own.swapped_by_excel is None else own.swapped_by_excel
        return Reading(
            formats=own.format,
            zone=ZoneInfo(zone_name) if zone_name else self.zone,
            decimal=own.decimal or source.decimal or ("," if thousands == "." else "."),
            thousands=thousands,
            has_declared_marks=bool(own.decimal or source.decimal or thousands),
            scale=own.scale,
            has_swapped_cells=bool(is_swapped),
        )


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
        texts = arrow_of(self._raw[names[0]])
        if len(names) > 1 or pc.count_distinct(texts.slice(0, _SAMPLED)).as_py() > _SAMPLED // 2:
            return self._raw, None
        coded = texts.dictionary_encode(null_encoding="encode")
        return pd.DataFrame({names[0]: pd.Series(coded.dictionary, dtype="str")}), coded.indices.to_numpy()


def _spread(values: pd.Series, codes: Codes | None) -> pd.Series:
    return values if codes is None else pd.Series(values.array.take(codes))


def _spread_in_categories(values: pd.Series, codes: Codes | None) -> pd.Series:
    if codes is None or values.dtype != "str":
        return _spread(values, codes)
    few, texts = pd.factorize(values)
    return pd.Series(pd.Categorical.from_codes(few[codes], pd.Index(texts, dtype="str")))


def with_plain_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The same without categories."""
    names = [name for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(names, "str")) if names else frame


def texts_of(raw: pd.DataFrame, column_map: ColumnMap, *, nulls: Sequence[str]) -> pd.Series:
    """The column's texts as mapped: joined, nulls named, a constant filled in; not yet translated."""
    if column_map.constant is not None:
        return pd.Series(column_map.constant, index=raw.index, dtype="str")
    texts, *others = (tidied(raw[name], absent={*nulls, *column_map.nulls}) for name in column_map.column)
    for other in others:
        texts = joined_with_hours(texts, other, formats=column_map.format)
    return texts


def translated(texts: pd.Series, column_map: ColumnMap) -> tuple[pd.Series, Flags]:
    """Texts through the value map, without regard to case and spaces, and which of them the map does not know.

    A blank stays blank, whatever there is `otherwise`.
    """
    none = np.zeros(len(texts), bool)
    if not column_map.values:
        return texts, none
    by_text = {_folded(key): value for key, value in column_map.values.items()}
    folded = texts.dropna().drop_duplicates()
    known = {text: by_text.get(_folded(text)) for text in folded}
    found = texts.map(known).astype("str")
    is_unknown = texts.notna() & found.isna()
    if column_map.otherwise is None:
        return found, is_unknown.to_numpy()
    return found.where(~is_unknown, texts if column_map.otherwise == "keep" else column_map.otherwise), none


def read_column(raw: pd.DataFrame, column: Column, column_map: ColumnMap, terms: ColumnTerms) -> tuple[Parsed, Flags]:
    """What was made of a column's texts, and which of them the value map does not know."""
    reading = terms.reading(column_map)
    texts, is_had = texts_of(raw, column_map, nulls=terms.nulls), np.ones(len(raw), bool)
    if column_map.when is not None:
        is_had = _matches(raw[column_map.when.column], column_map.when, terms).to_numpy()
    is_blank = is_had & texts.isna().to_numpy()
    texts, is_unknown = translated(texts.where(is_had), column_map)
    is_whole_moment = column.is_time and not (column_map.prefix or column_map.suffix)
    if terms.has_typed_cells and not is_whole_moment:
        texts = texts.str.removesuffix(TYPED)
    if column.name.endswith("_id"):
        texts = texts.str.removesuffix(".0")
    if column_map.prefix or column_map.suffix:
        texts = column_map.prefix + texts + column_map.suffix
    parsed = _parsed(texts, column, column_map, reading)
    if parsed.is_date is not None and column.kind == "moment" and reading.zone != terms.zone:
        parsed = replace(parsed, values=_on_city_days(parsed, reading.zone, terms.zone))
    if column_map.default is not None and is_blank.any():
        default = pd.Series([column_map.default], dtype="str")
        parsed = parsed.filled(_parsed(default, column, column_map, Reading(zone=reading.zone)), at=is_blank)
    return parsed, is_unknown


def _on_city_days(parsed: Parsed, clock: ZoneInfo | None, zone: ZoneInfo) -> pd.Series:
    """The moments, a date without an hour as that day of the city, whatever clock its source keeps."""
    is_date = np.broadcast_to(np.asarray(parsed.is_date), len(parsed.values))
    days = parsed.values[is_date].dt.tz_convert(clock or "UTC").dt.tz_localize(None)
    moved = in_zone(days, zone).astype(parsed.values.dtype)
    return parsed.values.where(~is_date, moved.reindex(parsed.values.index))


def _parsed(texts: pd.Series, column: Column, column_map: ColumnMap, reading: Reading) -> Parsed:
    if column_map.after is None:
        return parse(texts, kind=column.kind, reading=reading)
    return parse_durations(texts, unit=str(column_map.unit), reading=reading, may_be_approximate=column_map.approximate)


def _has_error(raw: pd.DataFrame, column_map: ColumnMap, *, nulls: Sequence[str]) -> Flags:
    """Which rows hold a spreadsheet's error in one of the column's cells, unless the settings say what it means."""
    known = {*nulls, *column_map.nulls, *column_map.values}
    errors = pa.array([text for text in ERROR_TEXTS if text not in known], pa.large_string())
    flags = np.zeros(len(raw), bool)
    for name in _columns_of(column_map):
        flags |= pc.is_in(arrow_of(raw[name]), errors).to_numpy(zero_copy_only=False)
    return flags


def _problems(coded: _CodedColumns) -> tuple[FirstReason, FirstReason]:
    """What the reader found wrong with each record: that it is blank, and anything else."""
    few, codes = coded.of(("reader_problem",))
    problems = few["reader_problem"]
    is_blank = problems.isin(NO_RECORDS)
    blank, others = (
        _spread_in_categories(chosen, codes) for chosen in (problems.where(is_blank), problems.mask(is_blank))
    )
    return FirstReason(blank), FirstReason(others)


def _excluded(blank: FirstReason, coded: _CodedColumns, terms: ColumnTerms) -> FirstReason:
    """The first declared rule each row falls under, in the order of the YAML; blank rows come first."""
    for rule, filters in terms.source.exclude.items():
        for row_filter in filters:
            few, codes = coded.of((row_filter.column,))
            is_match = _matches(few[row_filter.column], row_filter, terms).to_numpy()
            blank.add(rule, of=is_match if codes is None else is_match[codes])
    return blank


def _unclear_filters(coded: _CodedColumns, terms: ColumnTerms) -> Iterator[tuple[str, Flags]]:
    """Rows of which a cell that a rule looks at says nothing: a spreadsheet's error, or a number with unclear marks."""
    for row_filter in (one for filters in terms.source.exclude.values() for one in filters):
        few, codes = coded.of((row_filter.column,))
        texts, named = few[row_filter.column], {_folded(value) for value in row_filter.values}
        errors = [text for text in ERROR_TEXTS if _folded(text) not in named]
        faults = {"error_exclude": pc.is_in(arrow_of(texts), pa.array(errors, pa.large_string())).to_numpy(False)}
        if row_filter.is_bounded:
            numbers = parse(tidied(texts, absent=()), kind="number", reading=terms.plain_reading)
            faults["ambiguous_exclude"] = numbers.is_ambiguous
        for fault, rows in faults.items():
            yield fault, rows if codes is None else rows[codes]


def _matches(texts: pd.Series, row_filter: RowFilter, terms: ColumnTerms) -> pd.Series:
    texts = tidied(texts.str.removesuffix(TYPED), absent=())
    folded = texts.fillna("").str.casefold()
    is_match = folded.str.split().str.join(" ").isin({_folded(value) for value in row_filter.values})
    for part in row_filter.contains:
        is_match |= folded.str.contains(part.casefold(), regex=False)
    if row_filter.is_bounded:
        lowest, highest = row_filter.at_least, row_filter.at_most
        numbers = parse(texts, kind="number", reading=terms.plain_reading).values
        is_within = numbers.between(-np.inf if lowest is None else lowest, np.inf if highest is None else highest)
        is_match |= is_within.fillna(False).astype(bool)
    return is_match


def _folded(text: str) -> str:
    return " ".join(text.removesuffix(TYPED).split()).casefold()
