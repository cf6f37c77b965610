"""Preloads in the scheduler and in workers what every task needs, so that the tasks forked from them share it.

Airflow imports a module of this name when this folder is on `PYTHONPATH`. Without it every task imports pandas and
Great Expectations anew.
"""

from __future__ import annotations

import sys

if {"scheduler", "worker"} & set(sys.argv):
    from pipeline.preload import preload

    preload()
