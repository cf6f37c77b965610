"""Frames held against their suites by Great Expectations: a verdict of counts, never values.

Row rules have decided and quarantined before; this proves that what they let through is what `pipeline.tables`
declares. Great Expectations judges the facts of all rules at once, and the rows themselves where facts do not prove
that every row meets a rule: to judge a hundred rules by their rows took it most of a second, however few rows there
were.
"""

from pipeline.validate.checks import check_of_frame, check_of_parts, check_of_results, read_tables
from pipeline.validate.judging import EVERY_ROW, SAMPLE, Check, validate
from pipeline.validate.suite_files import load_suite, suite_of
from pipeline.validate.verdicts import NOT_CHECKED, Outcome, Verdict, refuse_unsound

__all__ = [
    "EVERY_ROW",
    "NOT_CHECKED",
    "SAMPLE",
    "Check",
    "Outcome",
    "Verdict",
    "check_of_frame",
    "check_of_parts",
    "check_of_results",
    "load_suite",
    "read_tables",
    "refuse_unsound",
    "suite_of",
    "validate",
]
