"""The rules each clean table must meet, derived from `pipeline.tables` and committed in `expectations/` to be read.

Run `python -m pipeline.suites` after a change of the declarations. What a data team added (rule ids that start
with `own.`) and every severity it tightened from warning to critical are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pipeline.indicators.base import Result
from pipeline.indicators.definition import definitions
from pipeline.shipped import shipped
from pipeline.signs import FRAMES, Sign
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Column, Order, Table

FOLDER = shipped("expectations")
ROW_COUNT = "expect_table_row_count_to_be_between"
OWN = "own."
NAMES = (*TABLES, "rows", "results", *FRAMES)

_FEWEST_ROWS = {"services": 1, "rows": 1, "results": 1}
_ROWS_COLUMNS = (
    Column("table", "text"),
    Column("rows_read", "count"),
    Column("rows_used", "count"),
    Column("rows_excluded", "count"),
    Column("rows_quarantined", "count"),
    Column("rows_accounted", "count", note="used, excluded and quarantined together"),
    Column("quarantined_pct", "number", note="of the rows considered; null when there are none"),
)
_RESULTS_COLUMNS = (
    Column("indicator_id", "text"),
    Column("period", "text"),
    Column("value", "number", minimum=0),
    Column("numerator", "number", minimum=0),
    Column("denominator", "number", minimum=0),
    Column("scale", "number", note="value x denominator / numerator, to nine digits"),
    Column("coverage_pct", "number", minimum=0),
    Column("status", "text"),
    Column("reason", "text"),
)


class Explanation(BaseModel):
    """How people know a rule: its id, and its text in Bahasa Indonesia and English.

    A sign that breaks a rule which `keeps_provisional` can move the value, and keeps the result from being final.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_id: str = Field(min_length=1)
    id: str = Field(min_length=1)
    en: str = Field(min_length=1)
    keeps_provisional: bool = False


class Rule(BaseModel):
    """One expectation as it stands in a suite's file; an unmet critical one stops the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning"] = "critical"
    meta: Explanation


class Suite(BaseModel):
    """The rules of one table, the row count first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    expectations: tuple[Rule, ...]


def declared(name: str) -> dict[str, Rule]:
    """By rule id, in order, every rule that `expectations/<name>.json` must hold."""
    others: dict[str, Callable[[], list[Rule]]] = {"rows": _rows_rules, "results": _results_rules}
    others |= {frame: partial(_sign_rules, frame) for frame in FRAMES}
    rules = others[name]() if name in others else _table_rules(TABLES[name])
    return {rule.meta.rule_id: rule for rule in rules}


def accounting(counts: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """One row per table out of its `read`, `used`, `excluded` and `quarantined` rows, for the suite `rows`.

    `considered` rows are those of which the quarantined are a share, but for sound ones `held_with_group`.
    """
    rows = [
        {
            "table": table,
            **{f"rows_{name}": count[name] for name in ("read", "used", "excluded", "quarantined")},
            "rows_accounted": count["used"] + count["excluded"] + count["quarantined"],
            "quarantined_pct": _pct(count["quarantined"] - count.get("held_with_group", 0), count["considered"]),
        }
        for table, count in counts.items()
    ]
    return _frame(rows, _ROWS_COLUMNS)


def _pct(count: int, of_count: int) -> float | None:
    return 100 * count / of_count if of_count else None


def headlines(results: Iterable[Result]) -> pd.DataFrame:
    """One row per result's headline, for the suite `results`."""
    rows = [
        {
            "indicator_id": result.indicator_id,
            "period": result.period,
            "value": result.headline.value,
            "numerator": result.headline.numerator,
            "denominator": result.headline.denominator,
            "scale": _scale(result),
            "coverage_pct": result.coverage_pct,
            "status": result.status,
            "reason": result.reason,
        }
        for result in results
    ]
    return _frame(rows, _RESULTS_COLUMNS)


def write(folder: Path = FOLDER) -> None:
    """(Re)write every suite into `folder`, keeping the rules and the severities a data team added."""
    for name in NAMES:
        path = folder / f"{name}.json"
        old = Suite.model_validate_json(path.read_bytes()).expectations if path.exists() else ()
        tightened = {rule.meta.rule_id for rule in old if rule.severity == "critical"}
        rules = [
            rule.model_copy(update={"severity": "critical"}) if rule_id in tightened else rule
            for rule_id, rule in declared(name).items()
        ]
        rules += [rule for rule in old if rule.meta.rule_id.startswith(OWN)]
        suite = Suite(table=name, expectations=tuple(rules)).model_dump(mode="json")
        for rule in suite["expectations"]:
            if not rule["meta"]["keeps_provisional"]:
                del rule["meta"]["keeps_provisional"]
        path.write_text(json.dumps(suite, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _table_rules(table: Table) -> list[Rule]:
    return [
        *_shape_rules(table.name, (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)),
        _key_rule(table.name, table.key),
        *(_order_rule(table.name, order) for order in table.orders),
    ]


def _rows_rules() -> list[Rule]:
    pct = {"column": "quarantined_pct"}
    return [
        _row_count_rule("rows"),
        Rule(
            type="expect_column_pair_values_to_be_equal",
            kwargs={"column_A": "rows_read", "column_B": "rows_accounted", "ignore_row_if": "neither"},
            meta=Explanation(
                rule_id="rows.adds_up",
                id="Baris dibaca = dipakai + dikecualikan + dikarantina",
                en="Rows read = used + excluded + quarantined",
            ),
        ),
        _range_rule("rows.quarantined_pct.most", {**pct, "max_value": 50}),
        _range_rule("rows.quarantined_pct.high", {**pct, "max_value": 5}).model_copy(update={"severity": "warning"}),
    ]


def _sign_rules(frame: str) -> list[Rule]:
    return [
        _row_count_rule(frame),
        *(
            Rule(
                type="expect_column_values_to_be_between",
                kwargs={"column": sign.column, **_bound(sign)},
                severity="warning",
                meta=Explanation(
                    rule_id=f"{frame}.{sign.name}", id=sign.id, en=sign.en, keeps_provisional=sign.keeps_provisional
                ),
            )
            for sign in FRAMES[frame]
        ),
    ]


def _bound(sign: Sign) -> dict[str, float]:
    return {"min_value": sign.least} if sign.least is not None else {"max_value": sign.most or 0}


def _results_rules() -> list[Rule]:
    numbers = (column.name for column in _RESULTS_COLUMNS if column.minimum is not None)
    return [
        _row_count_rule("results"),
        *(_range_rule(f"results.{name}.minimum", {"column": name, "min_value": 0}) for name in numbers),
        _range_rule("results.coverage_pct.maximum", {"column": "coverage_pct", "max_value": 100}),
        *(_share_rule(definition.id) for definition in definitions().values() if definition.unit == "%"),
        *_status_rules(),
        *(_scale_rule(definition.id, definition.scale) for definition in definitions().values()),
    ]


def _share_rule(indicator_id: str) -> Rule:
    where = {"row_condition": _where("indicator_id", "==", indicator_id)}
    return _range_rule(f"results.{indicator_id}.maximum", {"column": "value", "max_value": 100, **where})


def _status_rules() -> list[Rule]:
    not_computable = {"row_condition": _where("status", "==", "not_computable")}
    not_final = {"row_condition": _where("status", "!=", "final")}
    computed = {"row_condition": _where("status", "!=", "not_computable")}
    return [
        Rule(
            type="expect_column_values_to_be_null",
            kwargs={"column": "value", **not_computable},
            meta=Explanation(
                rule_id="results.value.absent",
                id="Hasil yang tidak dapat dihitung tidak bernilai",
                en="A result that is not computable has no value",
            ),
        ),
        Rule(
            type="expect_column_values_to_not_be_null",
            kwargs={"column": "value", **computed},
            meta=Explanation(
                rule_id="results.value.present",
                id="Hasil final atau sementara bernilai",
                en="A final or provisional result has a value",
            ),
        ),
        Rule(
            type="expect_column_values_to_not_be_null",
            kwargs={"column": "reason", **not_final},
            meta=Explanation(
                rule_id="results.reason.present",
                id="Hasil yang tidak final disertai alasan",
                en="A result that is not final says why",
            ),
        ),
    ]


def _scale_rule(indicator_id: str, scale: float) -> Rule:
    return Rule(
        type="expect_column_values_to_be_in_set",
        kwargs={
            "column": "scale",
            "value_set": [_nine_digits(scale)],
            "row_condition": _where("indicator_id", "==", indicator_id),
        },
        meta=Explanation(
            rule_id=f"results.{indicator_id}.quotient",
            id=f"Nilai {indicator_id} = pembilang : penyebut, dalam satuannya",
            en=f"The value of {indicator_id} = numerator : denominator, in its unit",
        ),
    )


def _shape_rules(name: str, columns: tuple[Column, ...]) -> list[Rule]:
    """The row count, the columns in order, and what each column's declaration says."""
    return [
        _row_count_rule(name),
        Rule(
            type="expect_table_columns_to_match_ordered_list",
            kwargs={"column_list": [column.name for column in columns]},
            meta=Explanation(
                rule_id=f"{name}.columns", id="Kolom lengkap dan berurutan", en="Every column is there, in order"
            ),
        ),
        *(rule for column in columns for rule in _column_rules(name, column)),
    ]


def _row_count_rule(name: str) -> Rule:
    fewest = _FEWEST_ROWS.get(name, 0)
    return Rule(
        type=ROW_COUNT,
        kwargs={"min_value": fewest},
        meta=Explanation(
            rule_id=f"{name}.row_count",
            id=f"Sekurang-kurangnya {fewest} baris" if fewest else "Baris dihitung; nol baris sah",
            en=f"At least {fewest} row" if fewest else "Rows are counted; none at all is legal",
        ),
    )


def _column_rules(name: str, column: Column) -> Iterator[Rule]:
    target, prefix = {"column": column.name}, f"{name}.{column.name}"
    if column.is_required:
        yield Rule(
            type="expect_column_values_to_not_be_null",
            kwargs=target,
            meta=Explanation(
                rule_id=f"{prefix}.required",
                id=f"{column.name} terisi di setiap baris",
                en=f"{column.name} is filled in every row",
            ),
        )
    if column.allowed:
        members = ", ".join(column.allowed)
        yield Rule(
            type="expect_column_values_to_be_in_set",
            kwargs={**target, "value_set": list(column.allowed)},
            meta=Explanation(
                rule_id=f"{prefix}.allowed",
                id=f"{column.name} hanya berisi: {members}",
                en=f"{column.name} is one of: {members}",
            ),
        )
    if column.minimum is not None:
        yield _range_rule(f"{prefix}.minimum", {**target, "min_value": column.minimum})


def _key_rule(name: str, key: tuple[str, ...]) -> Rule:
    kind, kwargs = (
        ("compound_columns", {"column_list": list(key)}) if key[1:] else ("column_values", {"column": key[0]})
    )
    return Rule(
        type=f"expect_{kind}_to_be_unique",
        kwargs=kwargs,
        meta=Explanation(
            rule_id=f"{name}.key",
            id=f"Kunci tidak berulang: {', '.join(key)}",
            en=f"The key does not repeat: {', '.join(key)}",
        ),
    )


def _order_rule(name: str, order: Order) -> Rule:
    pair = {"column_A": order.later, "column_B": order.earlier, "or_equal": True}
    return Rule(
        type="expect_column_pair_values_a_to_be_greater_than_b",
        kwargs={**pair, "ignore_row_if": "either_value_is_missing"},
        meta=Explanation(
            rule_id=f"{name}.{order.reason}",
            id=f"{order.later} tidak mendahului {order.earlier}",
            en=f"{order.later} does not come before {order.earlier}",
        ),
    )


def _range_rule(rule_id: str, kwargs: dict[str, Any]) -> Rule:
    column, is_floor = kwargs["column"], "min_value" in kwargs
    limit = kwargs["min_value" if is_floor else "max_value"]
    return Rule(
        type="expect_column_values_to_be_between",
        kwargs=kwargs,
        meta=Explanation(
            rule_id=rule_id,
            id=f"{column} tidak {'kurang' if is_floor else 'lebih'} dari {limit}",
            en=f"{column} is not {'below' if is_floor else 'above'} {limit}",
        ),
    )


def _where(column: str, operator: str, value: str) -> dict[str, Any]:
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": value}


def _scale(result: Result) -> float | None:
    value, numerator, denominator = result.headline.value, result.headline.numerator, result.headline.denominator
    if value is None or not numerator or denominator is None:
        return None
    return _nine_digits(value * denominator / numerator)


def _nine_digits(number: float) -> float:
    return float(f"{number:.9g}")


def _frame(rows: list[dict[str, Any]], columns: tuple[Column, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: DTYPES[column.kind] for column in columns})


if __name__ == "__main__":
    write()
