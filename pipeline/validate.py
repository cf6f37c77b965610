"""Frames held against their suites by Great Expectations, whose only home this is: a verdict of counts, never values.

Row rules have decided and quarantined before; this proves that what they let through is what `pipeline.tables`
declares. Great Expectations judges the facts of all rules at once, and the rows themselves where facts do not prove
that every row meets a rule: to judge a hundred rules by their rows took it most of a second, however few rows there
were. It is imported on first use, for that takes seconds.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pydantic import ValidationError

from connectors.errors import ConfigError, DataRejected
from connectors.numerals import number, number_en
from pipeline.deferred_imports import deferred
from pipeline.indicators.counting import is_sound
from pipeline.periods import Period
from pipeline.rule_facts import Facts, facts_of, name_of
from pipeline.sample import Key, Parts, Sample, take_sample
from pipeline.signs import Fates, Read
from pipeline.suites import FOLDER, ROW_COUNT, Rule, Suite, accounting, declared, headlines
from pipeline.tables import ACCESS_LOG, HELD_WITH_GROUP, TABLES, Table

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation

    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result

EVERY_ROW = "every row"
SAMPLE = "sample of 50,000; row count and key: every row"
NOT_CHECKED = "not checked"

_COMPOUND_UNIQUE = "expect_compound_columns_to_be_unique"
_COLUMN_UNIQUE = "expect_column_values_to_be_unique"

# Great Expectations imports them for distributions, JSON schemas, charts and pages: half the time of its own import.
_SELDOM_USED = ("altair", "jsonschema", "mistune", "scipy.stats")

_NONE: Mapping[str, Any] = {}

Problem = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of one rule: counts only. `observed` is a number of rows or the reason it could not be checked.

    `places` name the rows of a frame of signs that break it.
    """

    rule_id: str
    severity: str
    is_met: bool
    observed: str | None
    checked_rows: int
    unexpected_count: int
    text_id: str
    text_en: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Every rule of one suite, in the suite's order; `way` says whether all rows or a sample were checked."""

    subject: str
    way: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_sound(self) -> bool:
        """Whether no critical rule is unmet."""
        return all(outcome.is_met or outcome.severity != "critical" for outcome in self.outcomes)


@dataclass(frozen=True)
class _Part:
    """Rules, the rows they are checked on, and how many more rows are known to meet them unchecked.

    In the form `COMPLETE` the rows that break a rule are named, which costs Great Expectations most.
    """

    rules: list[Rule]
    frame: pd.DataFrame
    known_good: int = 0
    form: Literal["BASIC", "COMPLETE"] = "BASIC"


@dataclass(frozen=True)
class Check:
    """Rows to be held against a suite.

    Of signs, whose index names each row, those that break a rule are named; a rule of a sign that no row has is met.
    """

    subject: str
    suite: Suite
    sample: Sample
    are_signs: bool = False

    @classmethod
    def of_signs(cls, frame: pd.DataFrame, suite: Suite) -> Self:
        """A frame of signs, all of it."""
        return cls(suite.table, suite, Sample(len(frame), frame, {}), are_signs=True)

    @property
    def vain_rules(self) -> list[Rule]:
        """The rules of signs that no row has."""
        if not self.are_signs:
            return []
        frame, rules = self.sample.frame, self.suite.expectations
        return [rule for rule in rules if "column" in rule.kwargs and frame[rule.kwargs["column"]].isna().all()]


def validate(checks: Sequence[Check]) -> list[Verdict]:
    """A verdict on each check; all are judged in one go, for Great Expectations takes as long for one as for all.

    A rule that raised, or that gave no result, is unmet and critical.
    """
    parts = [(check, part) for check in checks for part in _parts(check)]
    found = {check.subject: {rule.meta.rule_id: _met_by_none(rule) for rule in check.vain_rules} for check in checks}
    for (check, _), outcomes in zip(parts, _outcomes([part for _, part in parts]), strict=True):
        found[check.subject] |= {outcome.rule_id: outcome for outcome in outcomes}
    return [
        Verdict(
            check.subject,
            EVERY_ROW if check.sample.is_whole else SAMPLE,
            tuple(found[check.subject][rule.meta.rule_id] for rule in check.suite.expectations),
        )
        for check in checks
    ]


def read_tables(
    datasets: Mapping[str, Dataset],
    *,
    period: Period,
    zone: ZoneInfo,
    sources: Mapping[str, Mapping[str, str]] = _NONE,
    names: Mapping[str, str] = _NONE,
) -> tuple[list[Check], dict[str, Read]]:
    """The period's sound rows of each table that was read, and the rows' accounts, to be held against their suites.

    Services and population are snapshots: all their sound rows count. Beside them what was read of each table, for its
    signs; `sources` name, by table, the source of each file id, `names` the file.
    """
    checks, accounts, found = [], {}, {}
    for name, dataset in datasets.items():
        reading, suite = _Reading(dataset, TABLES[name], period=period, zone=zone), suite_of(name)
        sample = _sampled(reading, suite)
        if reading.rows.total() or dataset.tally is not None:
            checks.append(Check(name, suite, sample))
            accounts[name] = account = _account(reading.rows, dataset.tally)
            account["held_with_group"] = reading.held_count
            files, shares = sources.get(name, {}), dataset.shares
            found[name] = Read(sample.frame, reading.fates, files, account["considered"], names, shares)
    return [*checks, *([check_of_frame(accounting(accounts), "rows")] if checks else ())], found


def check_of_results(results: Sequence[Result]) -> Check:
    """The headlines of a period, to be held against their suite."""
    return check_of_frame(headlines(results), "results")


def check_of_frame(frame: pd.DataFrame, name: str) -> Check:
    """A frame at hand, to be held against the suite of this name."""
    return check_of_parts(lambda: iter([frame]), name, suite=suite_of(name))


def check_of_parts(parts: Parts, subject: str, *, suite: Suite) -> Check:
    """A table to be held against a suite: every row up to 200,000, beyond that a seeded sample of 50,000.

    Row count and uniqueness always hold for the whole table.
    """
    return Check(subject, suite, _sampled(parts, suite))


def _met_by_none(rule: Rule) -> Outcome:
    return Outcome(rule.meta.rule_id, rule.severity, True, None, 0, 0, rule.meta.id, rule.meta.en)


def _sampled(parts: Parts, suite: Suite) -> Sample:
    return take_sample(parts, keys=[*{key for rule in suite.expectations if (key := _unique_columns(rule))}])


def refuse_unsound(verdicts: Sequence[Verdict], *, tables: Mapping[str, Read] | None = None) -> None:
    """Raise `DataRejected` naming every unmet critical rule with its counts.

    Of `tables` of which most rows are quarantined, it names the commonest reason and its file.
    """
    unmet = [
        (verdict.subject, outcome)
        for verdict in verdicts
        for outcome in verdict.outcomes
        if not outcome.is_met and outcome.severity == "critical"
    ]
    if not unmet:
        return
    lines = [(subject, outcome, *_count(outcome)) for subject, outcome in unmet]
    lines_id = [f"{subject}: {o.text_id} ({count}; {o.rule_id})" for subject, o, count, _ in lines]
    lines_en = [f"{subject}: {o.text_en} ({count}; {o.rule_id})" for subject, o, _, count in lines]
    held = list(_mostly_held(tables or {}))
    lines_id += [
        f"{place}: {number(count)} dari {number(of)} baris dikarantina: {why}" for place, count, of, why in held
    ]
    lines_en += [
        f"{place}: {number_en(count)} of {number_en(of)} rows quarantined: {why}" for place, count, of, why in held
    ]
    raise DataRejected(
        id="\n- ".join(["Data tidak memenuhi aturan wajib. Periksa berkas sumber dan pemetaannya:", *lines_id]),
        en="\n- ".join(["The data break critical rules. Look at the source files and their mapping:", *lines_en]),
    )


def _mostly_held(tables: Mapping[str, Read]) -> Iterator[tuple[str, int, int, str]]:
    """Source and file with the commonest quarantine reason of each table that is mostly quarantined: how many rows of
    the table's are."""
    for name, read in tables.items():
        counts = read.fates.quarantined.get("source_file_id")
        if counts is not None and 2 * counts.sum() > read.considered_count:
            reason, file_id = counts.idxmax()
            place = f"{read.sources.get(file_id, name)} ({read.names.get(file_id, file_id)})"
            yield place, int(counts.sum()), read.considered_count, f"{reason} {number(int(counts.max()))}"


def load_suite(path: Path, *, required: Mapping[str, Rule]) -> Suite:
    """Read a suite and prove that nothing of it is lost, in the file or inside Great Expectations.

    `required` holds the rules the file must have as they are or more severe, by rule id (`suites.declared`).
    Raises `ConfigError` with everything that is wrong with the file.
    """
    suite = _parse(path)
    problems = [*_shape_problems(suite, path.stem), *_lost_problems(suite, required), *_type_problems(suite)]
    if problems:
        raise _refusal(path, problems)
    return suite


def _parse(path: Path) -> Suite:
    try:
        return Suite.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise _refusal(path, [("berkas tidak ada", "the file is not there")]) from None
    except ValidationError as fault:
        places = [(".".join(map(str, error["loc"])) or path.name, error["msg"]) for error in fault.errors()]
        raise _refusal(path, [(f"{place}: isian salah", f"{place}: {text}") for place, text in places]) from None


def _shape_problems(suite: Suite, name: str) -> Iterator[Problem]:
    rules = suite.expectations
    if suite.table != name:
        yield f"table harus '{name}', bukan '{suite.table}'", f"table must be '{name}', not '{suite.table}'"
    if not rules:
        yield "tidak ada aturan sama sekali", "there are no rules at all"
    elif rules[0].type != ROW_COUNT:
        yield f"aturan pertama harus {ROW_COUNT}", f"the first rule must be {ROW_COUNT}"
    for rule_id, count in Counter(rule.meta.rule_id for rule in rules).items():
        if count > 1:
            yield f"rule_id '{rule_id}' ada {count} kali", f"rule_id '{rule_id}' occurs {count} times"


def _lost_problems(suite: Suite, required: Mapping[str, Rule]) -> Iterator[Problem]:
    present = {rule.meta.rule_id: rule for rule in suite.expectations}
    for rule_id, rule in required.items():
        found = present.get(rule_id)
        if found is None:
            yield f"aturan '{rule_id}' hilang", f"rule '{rule_id}' is lost"
        elif (found.type, found.kwargs) != (rule.type, rule.kwargs) or found.severity not in (
            rule.severity,
            "critical",
        ):
            yield f"aturan '{rule_id}' berbeda dari deklarasi", f"rule '{rule_id}' differs from its declaration"


def _type_problems(suite: Suite) -> Iterator[Problem]:
    _import_great_expectations()
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from pydantic.v1 import ValidationError as SettingsError

    built = []
    for rule in suite.expectations:
        try:
            built.append(_expectation(rule))
        except ExpectationNotFoundError:
            yield f"jenis '{rule.type}' tidak dikenal", f"type '{rule.type}' is not known"
        except SettingsError as fault:
            faults = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors())
            yield f"kwargs '{rule.meta.rule_id}' salah ({faults})", f"kwargs of '{rule.meta.rule_id}' ({faults})"
    kept = [expectation.expectation_type for expectation in _ge_suite(suite.table, built).expectations]
    if len(built) == len(suite.expectations) and kept != [rule.type for rule in suite.expectations]:
        yield "sebagian aturan dibuang oleh Great Expectations", "Great Expectations dropped some of the rules"


def _refusal(path: Path, problems: Sequence[Problem]) -> ConfigError:
    faults_id = "\n- ".join([f"expectations/{path.name} tidak dapat dipakai:", *(problem[0] for problem in problems)])
    faults_en = "\n- ".join([f"expectations/{path.name} cannot be used:", *(problem[1] for problem in problems)])
    return ConfigError(
        id=f"{faults_id}\nPerbaiki, atau tulis ulang aturan bawaan dengan: python -m pipeline.suites",
        en=f"{faults_en}\nMend it, or write the declared rules again with: python -m pipeline.suites",
    )


@cache
def suite_of(name: str) -> Suite:
    """The suite of a table or frame, proved to be whole."""
    return load_suite(FOLDER / f"{name}.json", required=declared(name))


class _Reading:
    """A table's sound rows of a period, in parts; counts what becomes of all its rows each time they are read.

    `rows` counts by quarantine reason or null, excluding rule or null. Days made of access logs are no rows.
    """

    def __init__(self, dataset: Dataset, table: Table, *, period: Period, zone: ZoneInfo) -> None:
        self._dataset, self._table, self._period, self._zone = dataset, table, period, zone
        self.rows: Counter[tuple[bool, bool]] = Counter()
        self.held_count = 0
        self.fates = Fates(table, period, zone)

    def __call__(self) -> Iterator[pd.DataFrame]:
        self.rows.clear()
        self.fates.clear()
        self.held_count = 0
        for part in self._dataset.parts:
            self._count(part)
            self.held_count += int((part["quarantine_reason"] == HELD_WITH_GROUP).sum())
            chosen = is_sound(part) & self._is_of_period(part)
            self.fates.add(part, is_sound=chosen)
            yield self._with_whole_days(part[chosen])

    def _count(self, part: pd.DataFrame) -> None:
        is_bad, is_left_out = part["quarantine_reason"].notna(), part["excluded_by"].notna()
        codes = (2 * is_bad + is_left_out).to_numpy()
        if "source_tool" in part:
            codes = codes[~(part["source_tool"] == ACCESS_LOG).to_numpy(bool)]
        for code, count in enumerate(np.bincount(codes, minlength=4).tolist()):
            self.rows[code >= 2, code % 2 == 1] += count

    def _with_whole_days(self, part: pd.DataFrame) -> pd.DataFrame:
        """A date that ends something may be any moment of its day: here it is the last, as in the row rules."""
        for order in self._table.orders:
            for flag in self._table.flags_of(order.later):
                is_date = part[flag].fillna(False).astype(bool)
                if is_date.any():
                    end = part[order.later] + pd.Timedelta(days=1, microseconds=-1)
                    part = part.assign(**{order.later: part[order.later].mask(is_date, end)})
        return part

    def _is_of_period(self, part: pd.DataFrame) -> pd.Series | bool:
        if self._table.is_snapshot:
            return True
        placed = part[self._table.month_by]
        if self._table.column(self._table.month_by).kind == "moment":
            first_at, end_at = self._period.bounds(self._zone)
            return (placed >= first_at) & (placed < end_at)
        return placed.between(pd.Timestamp(self._period.first_on), pd.Timestamp(self._period.last_on))


def _account(rows: Counter[tuple[bool, bool]], tally: pd.DataFrame | None) -> dict[str, int]:
    """What was read and what became of it; of access logs the lines are counted, not the days made of them.

    The quarantined are a share of the rows not excluded, but of all lines of a log: most lines that cannot be read
    would have been excluded too.
    """
    lines = {} if tally is None else tally.groupby("outcome")["rows_count"].sum().to_dict()
    excluded_count, read_count = rows[False, True] + rows[True, True], rows.total() + sum(lines.values())
    return {
        "read": read_count,
        "used": rows[False, False] + lines.get("used", 0),
        "excluded": excluded_count + lines.get("excluded", 0),
        "quarantined": rows[True, False] + rows[True, True] + lines.get("quarantined", 0),
        "considered": read_count - excluded_count,
    }


def _parts(check: Check) -> Iterator[_Part]:
    """The rows, or of a large table: its length, the rows whose key occurs again, and a sample for everything else."""
    sample, vain = check.sample, check.vain_rules
    rules = [rule for rule in check.suite.expectations if rule not in vain]
    if sample.is_whole:
        yield _Part(rules, sample.frame, form="COMPLETE" if check.are_signs else "BASIC")
        return
    rest = []
    for rule in rules:
        suspects = sample.suspects.get(_unique_columns(rule))
        if rule.type == ROW_COUNT:
            yield _Part([rule], pd.DataFrame(index=range(sample.rows_count)))
        elif suspects is not None:
            yield _Part([rule], suspects, known_good=sample.rows_count - len(suspects))
        else:
            rest.append(rule)
    yield _Part(rest, sample.frame)


def _unique_columns(rule: Rule) -> Key:
    if rule.type == _COLUMN_UNIQUE:
        return (rule.kwargs["column"],)
    return tuple(rule.kwargs["column_list"]) if rule.type == _COMPOUND_UNIQUE else ()


def _outcomes(parts: Sequence[_Part]) -> Iterator[list[Outcome]]:
    """The outcomes of each part, in the order of its rules."""
    facts = facts_of([(part.rules, part.frame) for part in parts])
    proved = _proved(facts)
    for nth, part in enumerate(parts):
        names = [name_of(nth, place) for place in range(len(part.rules))]
        rest = [rule for rule, name in zip(part.rules, names, strict=True) if name not in proved]
        by_rows = iter(_by_rows(replace(part, rules=rest)) if rest else ())
        yield [
            _met(rule, part, checked_rows=facts.counts[name]) if name in proved else next(by_rows)
            for rule, name in zip(part.rules, names, strict=True)
        ]


def _proved(facts: Facts) -> Set[str]:
    """The rules whose facts are sound, so that every row meets them."""
    if not facts.counts:
        return frozenset()
    (judged,) = _by_rows(_Part([facts.rule], facts.frame))
    if judged.is_met:
        return facts.counts.keys()
    (judged,) = _by_rows(_Part([facts.rule], facts.frame, form="COMPLETE"))
    broken = set(judged.places)
    return facts.counts.keys() - broken if broken and broken <= facts.counts.keys() else frozenset()


def _met(rule: Rule, part: _Part, *, checked_rows: int) -> Outcome:
    observed = str(checked_rows) if rule.type == ROW_COUNT else None
    checked_rows += part.known_good
    return Outcome(rule.meta.rule_id, rule.severity, True, observed, checked_rows, 0, rule.meta.id, rule.meta.en)


def _by_rows(part: _Part) -> Iterator[Outcome]:
    """One outcome per rule; results come back in another order, and not always all of them."""
    results = {
        result.expectation_config.meta["rule_id"]: result for result in _results(part) if result.expectation_config
    }
    for rule in part.rules:
        yield _outcome(rule, results.get(rule.meta.rule_id), part)


def _outcome(rule: Rule, result: ExpectationValidationResult | None, part: _Part) -> Outcome:
    named = partial(Outcome, rule.meta.rule_id, text_id=rule.meta.id, text_en=rule.meta.en)
    if result is None or not result.result or result.exception_info.get("raised_exception"):
        return named(severity="critical", is_met=False, observed=NOT_CHECKED, checked_rows=0, unexpected_count=0)
    counts: dict[str, Any] = result.result
    return named(
        severity=rule.severity,
        is_met=bool(result.success),
        observed=str(counts["observed_value"]) if rule.type == ROW_COUNT else None,
        checked_rows=int(counts.get("element_count", len(part.frame))) + part.known_good,
        unexpected_count=int(counts.get("unexpected_count") or 0),
        places=tuple(map(str, counts.get("unexpected_index_list") or ())),
    )


def _results(part: _Part) -> list[ExpectationValidationResult]:
    """Check one part; no frame is kept alive after its check."""
    suite = _ge_suite("suite", [_expectation(rule) for rule in part.rules])
    batch = _frames().get_batch({"dataframe": part.frame})
    try:
        checked = batch.validate(suite, result_format={"result_format": part.form, "partial_unexpected_count": 0})
    finally:
        kept = batch.data.execution_engine.batch_manager
        kept.reset_batch_cache()
        kept.batch_data_cache.clear()
    return list(checked.results)


@cache
def _frames() -> BatchDefinition[Any]:
    """Where every frame is checked; to make such a place for each would write the context's settings each time."""
    source = _context().data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


@cache
def _import_great_expectations() -> None:
    with deferred(*_SELDOM_USED):
        import great_expectations  # noqa: F401


def _ge_suite(name: str, expectations: list[Expectation]) -> ExpectationSuite:
    _import_great_expectations()
    from great_expectations.core import ExpectationSuite

    return ExpectationSuite(name, expectations=expectations)


def _expectation(rule: Rule) -> Expectation:
    _import_great_expectations()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=rule.type,
        kwargs=dict(rule.kwargs),
        severity=FailureSeverity(rule.severity),
        meta={"rule_id": rule.meta.rule_id},
    ).to_domain_obj()


@cache
def _context() -> AbstractDataContext:
    """The one context of this process: nothing on disk, nothing sent, nothing printed, no cell value in a log."""
    _import_great_expectations()
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # Its own defaults make a site of pages in the system's temporary folder, which whoever is killed leaves there.
    config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False))
    context = great_expectations.get_context(mode="ephemeral", project_config=config)
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return context


def _count(outcome: Outcome) -> tuple[str, str]:
    """How often a rule is broken, in both languages."""
    if outcome.observed == NOT_CHECKED:
        return "tidak dapat diperiksa", NOT_CHECKED
    if outcome.observed is not None:
        return f"{outcome.observed} baris", f"{outcome.observed} {'row' if outcome.observed == '1' else 'rows'}"
    if not outcome.unexpected_count:
        return "tidak terpenuhi", "not met"
    unexpected, checked = f"{outcome.unexpected_count:,}", f"{outcome.checked_rows:,}"
    return f"{unexpected} dari {checked} baris".replace(",", "."), f"{unexpected} of {checked} rows"
