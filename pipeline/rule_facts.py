"""What a frame holds beside what each rule wants, in a row or two of each rule, so that one rule judges them all.

Facts are taken over every row. A rule whose facts are sound is met by every row; of another, and of one that cannot be
put into facts, the rows themselves have to be judged.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api import types

from pipeline.suites import ROW_COUNT, Explanation, Rule

# More distinct values than these are of no declared set.
_MOST_MEMBERS = 100
_AT_LEAST = Rule(
    type="expect_column_pair_values_a_to_be_greater_than_b",
    kwargs={"column_A": "found", "column_B": "wanted", "or_equal": True},
    meta=Explanation(rule_id="facts.found", id="Yang ada mencukupi", en="What is found is enough"),
)
_OPERATORS: Mapping[str, Callable[[pd.Series, str], pd.Series]] = {"==": operator.eq, "!=": operator.ne}

Kwargs = Mapping[str, Any]
# Of one rule: what was found beside the least that is wanted.
_Found = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Facts:
    """Facts about some rules: a frame whose index names the rule of each row, and the rule that judges the frame.

    `counts` are how many rows each rule is about; a rule without a count was not put into facts.
    """

    frame: pd.DataFrame
    rule: Rule
    counts: Mapping[str, int]


def facts_of(parts: Sequence[tuple[Sequence[Rule], pd.DataFrame]]) -> Facts:
    """The facts about the rules of each part, by `name_of` the part and the rule's place in it."""
    by_name: dict[str, _Found] = {}
    counts: dict[str, int] = {}
    for part, (rules, frame) in enumerate(parts):
        for place, rule in enumerate(rules):
            rows = _rows_of(rule, frame)
            if rows is not None and (found := _found(rule, rows)) is not None:
                by_name[name_of(part, place)], counts[name_of(part, place)] = found, len(rows)
    pairs = [(name, *pair) for name, found in by_name.items() for pair in found]
    frame = pd.DataFrame(
        {"found": [found for _, found, _ in pairs], "wanted": [wanted for *_, wanted in pairs]},
        index=pd.Index([name for name, *_ in pairs], dtype="str"),
        dtype="float64",
    )
    return Facts(frame, _AT_LEAST, counts)


def name_of(part: int, place: int) -> str:
    """What the rule at a place of a part is called among the facts."""
    return f"{part}/{place}"


def _rows_of(rule: Rule, frame: pd.DataFrame) -> pd.DataFrame | None:
    """The rows that a rule is about; null where that cannot be told here, or a column of it is not there."""
    condition = rule.kwargs.get("row_condition")
    named = [rule.kwargs[key] for key in ("column", "column_A", "column_B") if key in rule.kwargs]
    named += rule.kwargs["column_list"] if rule.type == "expect_compound_columns_to_be_unique" else []
    named += [condition["column"]["name"]] if condition else []
    if not frame.columns.is_unique or not set(named) <= set(frame.columns):
        return None
    if condition is None:
        return frame
    by, compare = frame[condition["column"]["name"]], _OPERATORS.get(condition["operator"])
    if compare is None or by.isna().any() or not isinstance(condition["parameter"], str):
        return None
    return frame[compare(by, condition["parameter"]).to_numpy(bool)]


def _found(rule: Rule, rows: pd.DataFrame) -> _Found | None:
    """Null for a rule of another kind, or with settings that are not known here."""
    kwargs = {name: value for name, value in rule.kwargs.items() if name != "row_condition"}
    known, take = _KINDS.get(rule.type, (frozenset[str](), None))
    return take(rows, kwargs) if take is not None and set(kwargs) <= known else None


def _count(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    return _within(rows.__len__, rows.__len__, kwargs)


def _columns(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    return ((float(list(rows.columns) == kwargs["column_list"]), 1.0),)


def _filled(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    return ((float(rows[kwargs["column"]].count()), float(len(rows))),)


def _empty(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    return ((-float(rows[kwargs["column"]].count()), 0.0),)


def _between(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    values = rows[kwargs["column"]]
    if not _is_number(values):
        return None
    return _within(values.min, values.max, kwargs) if values.count() else ()


def _within(least: Callable[[], float], most: Callable[[], float], kwargs: Kwargs) -> _Found | None:
    bounds = [(least, kwargs.get("min_value"), 1), (most, kwargs.get("max_value"), -1)]
    if not all(isinstance(bound, int | float | None) for _, bound, _ in bounds):
        return None
    known = ((found(), float(bound), sign) for found, bound, sign in bounds if bound is not None)
    return tuple((sign * float(found), sign * bound) for found, bound, sign in known)


def _members(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    values, allowed = rows[kwargs["column"]], kwargs["value_set"]
    is_number = _is_number(values) and all(isinstance(one, int | float) for one in allowed)
    is_text = isinstance(values.dtype, pd.StringDtype) and all(isinstance(one, str) for one in allowed)
    if not (is_number or is_text):
        return None
    members = set(values.dropna().unique())
    if len(members) > _MOST_MEMBERS:
        return None
    return ((float(len(members & set(allowed))), float(len(members))),)


def _unique(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    names = kwargs["column_list"] if "column_list" in kwargs else [kwargs["column"]]
    if any(types.is_object_dtype(rows[name].dtype) for name in names):
        return None
    keys = rows[names[0]].dropna() if len(names) == 1 else rows[names].dropna(how="all")
    return ((float(len(keys) - keys.duplicated().sum()), float(len(keys))),)


def _order(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    later, earlier = rows[kwargs["column_A"]], rows[kwargs["column_B"]]
    if kwargs.get("or_equal") is not True or kwargs.get("ignore_row_if") != "either_value_is_missing":
        return None
    if later.dtype != earlier.dtype or not types.is_datetime64_any_dtype(later):
        return None
    least = (later - earlier).min()
    return () if pd.isna(least) else ((least / pd.Timedelta(microseconds=1), 0.0),)


def _equal(rows: pd.DataFrame, kwargs: Kwargs) -> _Found | None:
    one, other = rows[kwargs["column_A"]], rows[kwargs["column_B"]]
    is_whole = types.is_integer_dtype(one) and types.is_integer_dtype(other)
    if not is_whole or one.isna().any() or other.isna().any():
        return None
    return ((-float((one - other).abs().max()), 0.0),) if len(rows) else ()


def _is_number(values: pd.Series) -> bool:
    return types.is_numeric_dtype(values) and not types.is_bool_dtype(values)


_PAIR = frozenset({"column_A", "column_B", "ignore_row_if"})
# By the type of a rule: the settings that are understood, and what takes its facts.
_KINDS: Mapping[str, tuple[frozenset[str], Callable[[pd.DataFrame, Kwargs], _Found | None]]] = {
    ROW_COUNT: (frozenset({"min_value", "max_value"}), _count),
    "expect_table_columns_to_match_ordered_list": (frozenset({"column_list"}), _columns),
    "expect_column_values_to_not_be_null": (frozenset({"column"}), _filled),
    "expect_column_values_to_be_null": (frozenset({"column"}), _empty),
    "expect_column_values_to_be_between": (frozenset({"column", "min_value", "max_value"}), _between),
    "expect_column_values_to_be_in_set": (frozenset({"column", "value_set"}), _members),
    "expect_column_values_to_be_unique": (frozenset({"column"}), _unique),
    "expect_compound_columns_to_be_unique": (frozenset({"column_list"}), _unique),
    "expect_column_pair_values_a_to_be_greater_than_b": (_PAIR | {"or_equal"}, _order),
    "expect_column_pair_values_to_be_equal": (_PAIR, _equal),
}
