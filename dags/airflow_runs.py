"""Airflow's runs as the steps know them: a name that tells them apart, whether they go on, when they were due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance


def holder_of(dag_run: Any) -> str:  # noqa: ANN401 Airflow's own record
    """The run by its DAG and its id, which holds no space."""
    return f"{dag_run.dag_id} {dag_run.run_id}"


def is_active(holder: str) -> bool:
    """Whether a run is queued or running; one that Airflow does not know is not."""
    dag_id, run_id = holder.split(" ", 1)
    return RuntimeTaskInstance.get_dr_count(dag_id, run_ids=[run_id], states=["queued", "running"]) > 0


def skip_unless(is_needed: bool) -> None:
    """Skip the task that asks, unless it is needed."""
    if not is_needed:
        raise AirflowSkipException


def due_at(dag_run: Any) -> datetime | None:  # noqa: ANN401 Airflow's own record
    """When the schedule started a run; None for one that somebody asked for."""
    started = {"scheduled": dag_run.start_date}
    return started.get(str(dag_run.run_type.value))
