"""The tables that analysts are given, the same in a workbook and in CSV: columns with their meanings, and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.periods import Period
from pipeline.report.answers import progress
from pipeline.report.document import STATUSES, Document
from pipeline.warehouse import ResultView

Kind = Literal["text", "count", "number", "day", "moment", "flag"]
Cell = str | int | float | bool | date | datetime | None
Row = Sequence[Cell]
# Kind, heading and meaning of each column, whatever table it stands in.
COLUMNS: dict[str, tuple[Kind, str, str]] = {
    "indicator_id": ("text", "Indicator id", "id of the indicator, such as it_downtime"),
    "clause": ("text", "Clause", "clause of SNI ISO 37122:2019"),
    "indicator": ("text", "Indicator", "what the indicator is called"),
    "period": ("text", "Period", "year, month or months in the city's zone: 2025, 2025-03 or 2025-06-ytd"),
    "version": ("count", "Version", "1 for the first computation, one more for each change; empty for a province"),
    "value": ("number", "Value", "numerator over denominator, scaled to the unit; empty if not computable"),
    "unit": ("text", "Unit", "unit of the value"),
    "numerator": ("number", "Numerator", "what is divided"),
    "denominator": ("number", "Denominator", "what it is divided by"),
    "status": ("text", "Status", "final, provisional, not_computable or altered"),
    "status_text": ("text", "Status in words", "the status in the language of the report"),
    "reasons": ("text", "Reasons", "why the value is provisional or missing; empty for a final one"),
    "coverage_pct": ("number", "Coverage (%)", "days or agencies expected that the sources cover, in percent"),
    "target": ("number", "Target", "value to reach in the year, in the unit; empty where none is set"),
    "target_direction": ("text", "Direction of target", "at_least or at_most: on which side of the target is good"),
    "target_source": ("text", "Source of target", "document that sets the target"),
    "is_good": ("flag", "On target", "whether the value is on the good side of its target; empty without one"),
    "value_year_before": ("number", "Year before", "value of the same period a year before"),
    "status_year_before": ("text", "Status of year before", "final or provisional; empty without a year before"),
    "change": ("number", "Change", "the value minus that of the year before, in the unit"),
    "median": ("number", "Median", "median in the unit of the value, for durations"),
    "p90": ("number", "90th percentile", "90th percentile in the unit of the value, for durations"),
    "observations_count": ("count", "Observations", "durations that median and percentile rest on"),
    "rows_read": ("count", "Rows read", "rows read: used, excluded and quarantined together"),
    "rows_used": ("count", "Rows used", "rows that the value rests on"),
    "rows_excluded": ("count", "Rows excluded", "sound rows that a named rule leaves out"),
    "rows_quarantined": ("count", "Rows quarantined", "rows that are not sound"),
    "population_count": ("count", "Inhabitants", "inhabitants that visits are divided by"),
    "population_on": ("day", "Inhabitants on", "day the figure of inhabitants refers to"),
    "population_source": ("text", "Source of inhabitants", "who counted the inhabitants"),
    "method_version": ("text", "Method", "version of the indicator's written rule"),
    "computed_at": ("moment", "Computed at", "when this version was computed, on the city's clock"),
    "change_reason": ("text", "Why it changed", "why this version differs from the one before"),
    "difference": ("number", "Difference", "the value minus that of the version before, in the unit"),
    "code": ("text", "Code", "kind of the remark, such as coverage"),
    "text": ("text", "Remark", "the remark in the language of the report"),
    "keeps_provisional": ("flag", "Keeps provisional", "whether it keeps the value from being final"),
    "dimension": ("text", "Dimension", "what is broken down by, such as agency"),
    "member": ("text", "Member", "one member of the dimension, as the source writes it"),
    "member_status": (
        "text",
        "Status of member",
        "of a city of a province: final, provisional, not_computable, altered or missing",
    ),
    "variant": ("text", "Variant", "id of another way to compute the value"),
    "meaning": ("text", "Meaning", "what it is, in the language of the report"),
    "reason": ("text", "Reason", "why there is no value; empty when there is one"),
    "outcome": ("text", "Outcome", "excluded or quarantined"),
    "rule": ("text", "Rule", "rule that excludes, or reason of the quarantine"),
    "rows": ("count", "Rows", "rows it applies to"),
    "source": ("text", "Source", "name of the source in the city's settings"),
    "file": ("text", "File", "file name as it came"),
    "sha256": ("text", "SHA-256", "hash of the raw bytes, under which the file is kept"),
    "file_id": ("text", "File id", "first 16 digits of the hash, as the rows behind a value name their file"),
    "size_bytes": ("count", "Bytes", "size in bytes"),
    "landed_at": ("moment", "Copied at", "when it was copied, on the city's clock"),
    "owner": ("text", "Owner", "owner of the data"),
    "licence": ("text", "Licence", "licence of the data"),
    "subject": ("text", "Validated", "what was validated: a clean table, rows or results"),
    "severity": ("text", "Severity", "critical or warning"),
    "checked_rows": ("count", "Rows checked", "rows the rule was held against"),
    "unexpected_count": ("count", "Rows breaking it", "rows that broke it"),
}
_WHAT = ("indicator_id", "clause", "indicator", "period")
_QUOTIENT = ("value", "unit", "numerator", "denominator")


@dataclass(frozen=True)
class Sheet:
    """A table of a document: `key` are the columns that tell its rows apart, `about` is what a row is."""

    name: str
    about: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Declared:
    about: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows_of: Callable[[Document, ResultView], Iterator[Row]]


def sheets(document: Document) -> tuple[Sheet, ...]:
    """Every table of a document, without rows too; moments are on the city's clock, with its zone."""
    return tuple(
        Sheet(name, one.about, one.columns, one.key, tuple(_rows(document, one))) for name, one in SHEETS.items()
    )


def _rows(document: Document, declared: _Declared) -> Iterable[Row]:
    for result in document.results:
        yield from declared.rows_of(document, result)


def _what(document: Document, result: ResultView) -> tuple[str, ...]:
    definition, t = result.definition, document.language
    if definition is None:
        return result.indicator_id, "", result.indicator_id, result.period
    return result.indicator_id, definition.clause, t.either(definition.short_id, definition.short_en), result.period


def _results(document: Document, result: ResultView) -> Iterator[Row]:
    t, beside = document.language, progress(document.view, result)
    target, figure = result.target, result.population
    yield (
        *_what(document, result),
        result.version,
        *_quotient(document, result),
        result.status,
        t(STATUSES[result.status]),
        "; ".join(document.reasons(result)) or None,
        result.coverage_pct,
        *((target.target_value, target.direction, target.source) if target else (None, None, None)),
        beside.is_good,
        *((beside.before.value, beside.before.status) if beside.before else (None, None)),
        beside.change,
        result.median,
        result.p90,
        result.observations_count,
        result.rows_read,
        result.rows_used,
        sum(result.excluded.values()),
        sum(result.quarantined.values()),
        *((figure.population_count, figure.reference_on, figure.source) if figure else (None, None, None)),
        result.method_version,
        _local(document, result.computed_at),
        t.of_both(result.change_reason) or None,
    )


def _quotient(document: Document, result: ResultView) -> Row:
    return result.value, document.language(result.unit), result.numerator, result.denominator


def _reasons(document: Document, result: ResultView) -> Iterator[Row]:
    for one in result.reasons:
        text = document.language.either(one.text_id, one.text_en)
        yield *_what(document, result), one.code, text, one.keeps_provisional


def _years(document: Document, result: ResultView) -> Iterator[Row]:
    yield from (
        _brief(document, one)
        for label in document.view.years
        if label <= result.period[:4] and (one := document.view.result(result.indicator_id, label))
    )


def _months(document: Document, result: ResultView) -> Iterator[Row]:
    yield from (
        _brief(document, one)
        for month in Period.parse(result.period).months
        if (one := document.view.result(result.indicator_id, month.label))
    )


def _brief(document: Document, result: ResultView) -> Row:
    return (
        *_what(document, result),
        result.version,
        *_quotient(document, result),
        result.status,
        "; ".join(document.reasons(result)) or None,
        result.target.target_value if result.target else None,
        result.coverage_pct,
        _local(document, result.computed_at),
    )


def _breakdowns(document: Document, result: ResultView) -> Iterator[Row]:
    t = document.language
    for dimension, members in result.breakdowns.items():
        for one in members:
            quotient = (one.value, t(one.unit) if one.unit else None, one.numerator, one.denominator)
            yield *_what(document, result), dimension, one.name, *quotient, result.status, one.status


def _variants(document: Document, result: ResultView) -> Iterator[Row]:
    t, definition = document.language, result.definition
    for one in result.variants:
        said = definition.variants.get(one.name) if definition else None
        meaning = t.either(*said) if said else t.label(one.name)
        why = t.of_both(one.reason) if one.reason else None
        unit = t(one.unit) if one.unit else None
        quotient = (one.value, unit, one.numerator, one.denominator)
        yield *_what(document, result), one.name, meaning, *quotient, result.status, why


def _fates(document: Document, result: ResultView) -> Iterator[Row]:
    for outcome, counts in (("excluded", result.excluded), ("quarantined", result.quarantined)):
        for rule, count in counts.items():
            yield *_what(document, result), outcome, rule, document.language.label(rule), count


def _versions(document: Document, result: ResultView) -> Iterator[Row]:
    before = None
    for one in result.versions:
        difference = None if before is None or one.value is None or before.value is None else one.value - before.value
        yield (
            *_what(document, result),
            *(one.version, one.value, document.language(result.unit), one.numerator, one.denominator, difference),
            *(one.status, one.coverage_pct, one.method_version, _local(document, one.computed_at)),
            document.language.of_both(one.change_reason),
        )
        before = one


def _sources(document: Document, result: ResultView) -> Iterator[Row]:
    for one in result.files:
        landed_at = _local(document, one.landed_at)
        facts = (one.source, one.name, one.sha256, one.sha256[:16], one.size_bytes, landed_at, one.owner, one.licence)
        yield *_what(document, result), *facts


def _rules(document: Document, result: ResultView) -> Iterator[Row]:
    for one in result.outcomes:
        yield (
            *_what(document, result),
            *(one.subject, one.rule_id, one.severity, one.checked_rows, one.unexpected_count),
        )


def _local(document: Document, moment: datetime | None) -> datetime | None:
    return moment.astimezone(ZoneInfo(document.view.city.zone)).replace(microsecond=0) if moment else None


_BRIEF = (*_WHAT, "version", *_QUOTIENT, "status", "reasons", "target", "coverage_pct", "computed_at")
SHEETS: dict[str, _Declared] = {
    "results": _Declared(
        "one row per indicator: the version of its result that stands",
        (
            *_WHAT,
            "version",
            *_QUOTIENT,
            *("status", "status_text", "reasons", "coverage_pct", "target", "target_direction", "target_source"),
            *("is_good", "value_year_before", "status_year_before", "change", "median", "p90", "observations_count"),
            *("rows_read", "rows_used", "rows_excluded", "rows_quarantined"),
            *("population_count", "population_on", "population_source", "method_version", "computed_at"),
            "change_reason",
        ),
        ("indicator_id", "period"),
        _results,
    ),
    "reasons": _Declared(
        "one row per remark: why a value is provisional, and what else to know of it",
        (*_WHAT, "code", "text", "keeps_provisional"),
        (),
        _reasons,
    ),
    "years": _Declared(
        "one row per indicator and calendar year up to that of the report", _BRIEF, ("indicator_id", "period"), _years
    ),
    "months": _Declared(
        "one row per indicator and month of the period that was computed by itself",
        _BRIEF,
        ("indicator_id", "period"),
        _months,
    ),
    "breakdowns": _Declared(
        "one row per indicator, dimension and member",
        (*_WHAT, "dimension", "member", *_QUOTIENT, "status", "member_status"),
        ("indicator_id", "period", "dimension", "member"),
        _breakdowns,
    ),
    "variants": _Declared(
        "one row per indicator and other way to compute it",
        (*_WHAT, "variant", "meaning", *_QUOTIENT, "status", "reason"),
        ("indicator_id", "period", "variant"),
        _variants,
    ),
    "rows": _Declared(
        "one row per indicator and rule by which rows were not used",
        (*_WHAT, "outcome", "rule", "meaning", "rows"),
        ("indicator_id", "period", "outcome", "rule"),
        _fates,
    ),
    "versions": _Declared(
        "one row per version of each result, in order",
        (
            *(*_WHAT, "version", *_QUOTIENT, "difference", "status", "coverage_pct", "method_version", "computed_at"),
            "change_reason",
        ),
        ("indicator_id", "period", "version"),
        _versions,
    ),
    "sources": _Declared(
        "one row per indicator and raw file that its value rests on",
        (*_WHAT, "source", "file", "sha256", "file_id", "size_bytes", "landed_at", "owner", "licence"),
        ("indicator_id", "period", "source", "sha256"),
        _sources,
    ),
    "validation": _Declared(
        "one row per indicator and validation rule that rows broke",
        (*_WHAT, "subject", "rule", "severity", "checked_rows", "unexpected_count"),
        ("indicator_id", "period", "subject", "rule"),
        _rules,
    ),
}
