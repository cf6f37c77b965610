"""The only home of Great Expectations: rules become expectations, frames are judged by them.

It is imported on first use, for that takes seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kernels.deferred_imports import deferred
from pipeline.suites import Rule, Suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation

# It imports them for distributions, JSON schemas, charts and pages: half the time of its own import.
_SELDOM_USED = ("altair", "jsonschema", "mistune", "scipy.stats")

Problem = tuple[str, str]


def results_of(
    rules: Sequence[Rule], frame: pd.DataFrame, *, form: Literal["BASIC", "COMPLETE"]
) -> dict[str, dict[str, Any]]:
    """What Great Expectations counted, and whether that is a `success`, by rule id; not of a rule that raised.

    In the form `COMPLETE` the rows that break a rule are named. No frame is kept alive after its check.
    """
    suite = _ge_suite("suite", [_expectation(rule) for rule in rules])
    batch = _frames().get_batch({"dataframe": frame})
    try:
        checked = batch.validate(suite, result_format={"result_format": form, "partial_unexpected_count": 0})
    finally:
        kept = batch.data.execution_engine.batch_manager
        kept.reset_batch_cache()
        kept.batch_data_cache.clear()
    return {
        one.expectation_config.meta["rule_id"]: {**one.result, "success": bool(one.success)}
        for one in checked.results
        if one.expectation_config and one.result and not one.exception_info.get("raised_exception")
    }


def type_problems(suite: Suite) -> Iterator[Problem]:
    """What Great Expectations would not know or would leave out of a suite, in Indonesian and English."""
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


@cache
def _frames() -> BatchDefinition[Any]:
    """Where every frame is checked; to make such a place for each would write the context's settings each time."""
    source = context().data_sources.add_pandas("frames")
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
def context() -> AbstractDataContext:
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
