"""The whole story: fetch, clean, validate, measure, store, report.

Read `running` first, where every step follows the one before, then a file for each step. Every step takes names, reads
files, writes files and returns a name or a small record, so that each can be run alone by Airflow, the command line or
a test.
"""

from pipeline.steps.cleaning import clean, dataset, dataset_of
from pipeline.steps.done import measured, months_missing, periods_done, versions
from pipeline.steps.fetching import connection, connections, fetch, needs, sources
from pipeline.steps.measuring import compute, judged_results, measure
from pipeline.steps.reporting import report, status, write_overviews
from pipeline.steps.retracing import effects, recomputed, rows_behind
from pipeline.steps.running import collected, conclude, run
from pipeline.steps.starting import also_due, may_start, resolve, year_to_restate
from pipeline.steps.storing import store
from pipeline.steps.validating import validate

__all__ = [
    "also_due",
    "clean",
    "collected",
    "compute",
    "conclude",
    "connection",
    "connections",
    "dataset",
    "dataset_of",
    "effects",
    "fetch",
    "judged_results",
    "may_start",
    "measure",
    "measured",
    "months_missing",
    "needs",
    "periods_done",
    "recomputed",
    "report",
    "resolve",
    "rows_behind",
    "run",
    "sources",
    "status",
    "store",
    "validate",
    "versions",
    "write_overviews",
    "year_to_restate",
]
