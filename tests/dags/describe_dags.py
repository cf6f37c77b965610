"""Prints, as JSON, what Airflow makes of the DAG folder given on the command line; run as a process of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

DAGS = Path(sys.argv[1])


def main() -> None:
    imported = _modules_imported_by_the_dag_files()
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    described = {
        "imported": imported,
        "import_errors": bag.import_errors,
        "dags": {dag_id: _describe(dag) for dag_id, dag in bag.dags.items()},
    }
    json.dump(described, sys.stdout)


def _modules_imported_by_the_dag_files() -> list[str]:
    import airflow.sdk  # noqa: F401

    before = set(sys.modules)
    sys.path.append(str(DAGS))
    __import__("city_dags")
    return sorted(set(sys.modules) - before)


def _describe(dag: Any) -> dict[str, Any]:
    return {
        "tasks": {task.task_id: _describe_task(task) for task in dag.tasks},
        "leaves": [task.task_id for task in dag.leaves],
        "form": {name: {"default": param.value, **param.serialize()} for name, param in _params(dag).items()},
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "first_runs": _first_runs(dag),
    }


def _params(dag: Any) -> dict[str, Any]:
    return {name: dag.params.get_param(name) for name in dag.params}


def _describe_task(task: Any) -> dict[str, Any]:
    mapped = hasattr(task, "partial_kwargs")
    return {
        "upstream": sorted(task.upstream_task_ids),
        "mapped_over": task.op_kwargs_expand_input.value if mapped and task.task_id == "clean" else mapped,
        "trigger_rule": str(task.trigger_rule),
        "owner": task.owner,
        "pool": task.pool,
        "retries": task.retries,
        "delay_seconds": task.retry_delay.total_seconds(),
        "backoff": task.retry_exponential_backoff,
        "outlets": [outlet.uri for outlet in task.outlets],
        "tells": _tells(task.partial_kwargs if mapped else vars(task)),
        "decisions": _decisions(task.partial_kwargs["retry_policy"] if mapped else task.retry_policy),
    }


def _tells(task: dict[str, Any]) -> list[str]:
    """Of which ends of a task people are told."""
    found = {name: task.get(f"on_{name}_callback") or [] for name in ("failure", "success")}
    return [name for name, callbacks in found.items() if callbacks]


def _decisions(policy: Any) -> dict[str, str]:
    from connectors import errors

    kinds = (errors.ConfigError, errors.DataRejected, errors.SourceChanged, errors.FileMissing)
    kinds += (errors.SourceUnavailable,)
    raised = [kind(id="", en="") for kind in kinds] + [OSError()]
    return {type(error).__name__: policy.evaluate(error, 1, 2).action.value for error in raised}


def _first_runs(dag: Any) -> list[list[str]]:
    """The moment and the partition key of the first two runs by schedule, in UTC; none without a schedule."""
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction

    timetable, found, last = coerce_to_core_timetable(dag.timetable), [], None
    restriction = TimeRestriction(earliest=dag.start_date, latest=None, catchup=True)
    for _ in range(2 if timetable.can_be_scheduled else 0):
        last = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        found.append([last.run_after.isoformat(), last.partition_key])
    return found


if __name__ == "__main__":
    main()
