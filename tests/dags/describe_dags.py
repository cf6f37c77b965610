"""Prints, as JSON, what Airflow makes of the DAG folder given on the command line; run as a process of its own."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
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
        "monthly_keys": _next_keys(bag.dags["monthly_indicators"]),
        "daily_keys": _next_keys(bag.dags["daily_collection"]),
        "annual": _annual_keys(bag.dags["annual_indicators"]),
    }
    json.dump(described, sys.stdout)


def _modules_imported_by_the_dag_files() -> list[str]:
    import airflow.sdk  # noqa: F401

    before = set(sys.modules)
    sys.path.append(str(DAGS))
    for name in ("annual_indicators", "monthly_indicators", "daily_collection"):
        __import__(name)
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
        "retries": task.retries,
        "delay_seconds": task.retry_delay.total_seconds(),
        "backoff": task.retry_exponential_backoff,
        "outlets": [outlet.uri for outlet in task.outlets],
        "decisions": _decisions(task.partial_kwargs["retry_policy"] if mapped else task.retry_policy),
    }


def _decisions(policy: Any) -> dict[str, str]:
    from connectors import errors

    kinds = (errors.ConfigError, errors.DataRejected, errors.SourceChanged, errors.SourceUnavailable)
    raised = [kind(id="", en="") for kind in kinds] + [OSError()]
    return {type(error).__name__: policy.evaluate(error, 1, 2).action.value for error in raised}


def _next_keys(dag: Any) -> dict[str, str]:
    """The partition key of the first run at or after a moment, and that run's moment."""
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    timetable = coerce_to_core_timetable(dag.timetable)
    keys = {}
    for moment in (datetime(2025, 12, 31, 18, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)):
        restriction = TimeRestriction(earliest=instance(moment), latest=None, catchup=True)
        run = timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=restriction)
        keys[run.run_after.isoformat()] = run.partition_key
    return keys


def _annual_keys(dag: Any) -> dict[str, Any]:
    from airflow.serialization.encoders import coerce_to_core_timetable

    asset = dag.timetable.asset_condition
    mapper = coerce_to_core_timetable(dag.timetable).get_partition_mapper(name=asset.name, uri=asset.uri)
    return {
        "listens_to": asset.uri,
        "year_of_january": mapper.to_downstream("2025-01"),
        "months_of_2025": sorted(mapper.to_upstream("2025")),
    }


if __name__ == "__main__":
    main()
