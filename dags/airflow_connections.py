"""Connections kept in Airflow, handed to a step as the command line has them: in an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from connectors.connection import variable_of


@contextmanager
def connection_in_environment(name: str | None) -> Iterator[None]:
    """Set the variable of the connection `name` while the block runs; one that is set already stays as it is.

    A name that Airflow does not know is left to the step, which says what to set.
    """
    variable = variable_of(name) if name else ""
    stored = _stored(name) if name and variable not in os.environ else None
    if stored is not None:
        os.environ[variable] = stored
    try:
        yield
    finally:
        if stored is not None:
            del os.environ[variable]


@contextmanager
def connections_in_environment(names: Iterable[str]) -> Iterator[None]:
    """Several of them at once."""
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(connection_in_environment(name))
        yield


def _stored(name: str) -> str | None:
    """The connection as JSON; None when Airflow has none of this name."""
    try:
        connection: str = Connection.get(name).as_json()
    except AirflowNotFoundException:
        return None
    return connection
