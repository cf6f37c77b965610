"""Preloads in the scheduler and in workers what every task needs, so that the tasks forked from them share it.

Airflow imports a module of this name when this folder is on `PYTHONPATH`. Without it every task imports
pandas, Great Expectations and the DAGs' own libraries anew, and loads the kernels.
"""

from __future__ import annotations

import sys

if {"scheduler", "worker"} & set(sys.argv):
    import airflow.dag_processing.dagbag  # noqa: F401
    import indicator_flow  # noqa: F401

    from pipeline.preload import preload

    preload()
