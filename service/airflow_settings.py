"""Airflow's settings for Tolok, as its environment: the same on one machine and in containers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.shipped import shipped
from service.settings import ADMIN, READER

# What an operator may set otherwise; everything else is the service's own.
_TUNABLE = {
    "AIRFLOW__CORE__PARALLELISM": "4",
    # A city's runs come by themselves from the day its YAML is there.
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    # A task whose process died is found after half a minute instead of five.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    # What a killed scheduler had begun to hand out is taken over after half a minute instead of five.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "600",
}
_TUNABLE_WITH_WORKERS = {
    # Twice the slots of two workers: a task holds its place until the scheduler hears that it has ended.
    "AIRFLOW__CORE__PARALLELISM": "16",
    # A task that a queue lost is handed out again after a minute instead of ten, as often as it takes.
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "10000",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "4",
}
_FIXED = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{READER}:viewer",
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
    "GX_ANALYTICS_ENABLED": "False",
    # Without it the processes write their titles over the environment that they are recognised by.
    "SPT_NOENV": "1",
}


def airflow_environment(
    environment: Mapping[str, str],
    *,
    home: Path,
    metadata_url: str,
    logins_file: Path,
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """The environment of every process of Airflow: `environment` with what Tolok needs.

    `metadata_url` is `postgresql://...`; `secrets` holds `api_secret`, `jwt_secret` and `fernet_key`.
    """
    dags = shipped("dags")
    address = metadata_url.split("://", 1)[1]
    return {
        **_TUNABLE,
        **environment,
        **_FIXED,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(dags / "plugins"),
        "PYTHONPATH": _python_path(dags, environment.get("PYTHONPATH")),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(logins_file),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg://{address}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async://{address}",
        "AIRFLOW__API__SECRET_KEY": secrets["api_secret"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["jwt_secret"],
        "AIRFLOW__CORE__FERNET_KEY": secrets["fernet_key"],
    }


def celery_environment(environment: Mapping[str, str], *, broker_url: str, metadata_url: str) -> dict[str, str]:
    """What scheduler and workers need to hand tasks over by a queue, unless `environment` says otherwise.

    `broker_url` is `redis://...`, `metadata_url` is `postgresql://...`.
    """
    return {
        **{name: environment.get(name) or value for name, value in _TUNABLE_WITH_WORKERS.items()},
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": broker_url,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql+psycopg://{metadata_url.split('://', 1)[1]}",
    }


def _python_path(dags: Path, given: str | None) -> str:
    """The DAGs' folder, which holds `airflow_local_settings.py`, and from a checkout its top folder."""
    import pipeline

    return ":".join([str(dags), str(Path(pipeline.__file__).resolve().parents[1]), *([given] if given else [])])
