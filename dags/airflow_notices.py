"""What Airflow calls when a task has failed for good or a run has ended well: it tells people, and fails no run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def tell_failure(city_id: str, context: Mapping[str, Any]) -> None:
    """Keep the failure of a run of the city, and tell it at once to those its settings name."""
    from airflow_connections import connections_in_environment

    from pipeline import watch

    now, run, task = datetime.now(UTC), context["dag_run"], context["ti"]
    watch.keep_failure_of_run(
        city_id,
        kind=run.dag_id.rsplit("_", 1)[1],
        partition_key=run.partition_key,
        conf=context.get("params"),
        step=task.task_id,
        fault=context.get("exception"),
        link=task.log_url,
    )
    with connections_in_environment(watch.connections(city_id, now=now)):
        watch.tell(city_id, now=now, kinds=watch.AT_ONCE)


def tell_changes(city_id: str, context: Mapping[str, Any]) -> None:  # noqa: ARG001 as Airflow calls it
    """Tell what is kept as failed and new to people, and that it is well again where they were told that it was not."""
    from airflow_connections import connections_in_environment

    from pipeline import watch

    now = datetime.now(UTC)
    with connections_in_environment(watch.connections(city_id, now=now)):
        watch.tell(city_id, now=now, kinds=watch.AT_ONCE)
