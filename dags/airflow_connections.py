"""Connections kept in Airflow, lent to a step the way the command line has them: as an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from connectors.connection import variable_of


@contextmanager
def lent(name: str | None) -> Iterator[None]:
    """The connection of this name in the environment while the block runs; one already there is left alone.

    A name Airflow does not know is left to the step, which says what to set.
    """
    variable = variable_of(name) if name else None
    if name is None or variable is None or variable in os.environ:
        yield
        return
    try:
        os.environ[variable] = Connection.get(name).as_json()
    except AirflowNotFoundException:
        yield
        return
    try:
        yield
    finally:
        del os.environ[variable]
