"""Preloads in the scheduler and in workers what every task needs, so that the tasks forked from them share it.

Airflow imports a module of this name when this folder is on `PYTHONPATH`. Without it every task imports pandas and
Great Expectations anew.
"""

from __future__ import annotations

import sys

if {"scheduler", "worker"} & set(sys.argv):
    import pipeline.clean.dataset
    import pipeline.judgement
    import pipeline.report.page
    import pipeline.steps
    import pipeline.warehouse  # noqa: F401
