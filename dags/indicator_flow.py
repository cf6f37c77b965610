"""The tasks that the DAGs are made of, and how they follow one another, from the period to the report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, task
from airflow.sdk.bases.timetable import BaseTimetable

from connectors.errors import ConfigError, DataRejected
from pipeline.tables import TABLES

DEFAULT_CITY = os.environ.get("TOLOK_CITY") or "kota-contoh"
TIMEZONE = os.environ.get("TOLOK_TIMEZONE") or "Asia/Jakarta"
CITY_MONTH = Asset(name=f"tolok_month_{DEFAULT_CITY}", uri=f"tolok://{DEFAULT_CITY}/month")

CITY = "{{ params.city }}"
YEAR_PATTERN = r"^(19|20)\d{2}$"
MONTH_PATTERN = r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"

A_PERSON_MUST_ACT = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[ConfigError, DataRejected],
            action=RetryAction.FAIL,
            reason="Trying again cannot mend settings or data.",
        )
    ]
)
TASK_DEFAULTS = {
    "owner": "tolok",
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(hours=1),
    "retry_policy": A_PERSON_MUST_ACT,
    "execution_timeout": timedelta(hours=2),
}


def indicator_dag(dag_id: str, *, is_year: bool, schedule: BaseTimetable, doc: str) -> DAG:
    """The DAG that computes years or months; a finished month is announced as a partition of `CITY_MONTH`."""
    description = f"SNI ISO 37122 governance indicators of a city's {'year' if is_year else 'month'}"
    tags = ["tolok", "iso-37122", "annual" if is_year else "monthly"]
    with DAG(dag_id, description=description, tags=tags, **_settings(is_year, schedule, doc)) as dag:
        _wire(is_year)
    return dag


def collection_dag(dag_id: str, *, schedule: BaseTimetable, doc: str) -> DAG:
    """The DAG that fetches only, for the month that a day lies in."""
    description = "Raw answers of systems that forget within weeks"
    with DAG(dag_id, description=description, tags=["tolok", "daily"], **_settings(False, schedule, doc)) as dag:
        period: Any = resolve(is_year=False)  # an XComArg, which stands for the str
        fetch.partial(city_id=CITY, period=period).expand(source=collected(CITY))
    return dag


def _settings(is_year: bool, schedule: BaseTimetable, doc: str) -> dict[str, Any]:
    """What every DAG has alike."""
    return {
        "schedule": schedule,
        "doc_md": doc,
        "params": _form(is_year),
        "default_args": TASK_DEFAULTS,
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 4,
    }


def _form(is_year: bool) -> dict[str, Param]:
    return {
        "city": Param(
            DEFAULT_CITY,
            type="string",
            title="Kota / City",
            description="Nama berkas di `cities/` tanpa `.yaml`. / The name of the file in `cities/`, without `.yaml`.",
            pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        ),
        "period": Param(
            None,
            type=["null", "string"],
            title="Periode / Period",
            description=f"Tulis seperti / Write it like: `{'2024' if is_year else '2024-03'}`. "
            "Kosong bila run membawa partition key. / Empty when the run carries a partition key.",
            pattern=YEAR_PATTERN if is_year else MONTH_PATTERN,
        ),
    }


def _wire(is_year: bool) -> None:
    period: Any = resolve(is_year)  # an XComArg, which stands for the str
    fetched = fetch.partial(city_id=CITY, period=period).expand(source=sources(CITY, period))
    cleaned = clean.partial(city_id=CITY, period=period).expand(table=list(TABLES))
    announce = report.override(outlets=[] if is_year else [CITY_MONTH])
    (
        fetched
        >> cleaned
        >> validate(CITY, period)
        >> measure(CITY, period)
        >> store(CITY, period)
        >> announce(CITY, period)
    )


@task
def resolve(is_year: bool, partition_key: str | None = None, params: Mapping[str, Any] | None = None) -> str:
    """The period: the run's partition key, else the form's `period`; `ConfigError` without either, never the clock."""
    from pipeline import periods

    return periods.resolve(partition_key=partition_key, conf=params, is_year=is_year).label


@task
def sources(city_id: str, period: str) -> list[str]:
    """The names of the city's sources that the period needs."""
    from pipeline import steps

    return steps.sources(city_id, period)


@task
def collected(city_id: str) -> list[str]:
    """The names of the city's sources that are pulled every day."""
    from pipeline import steps

    return steps.collected(city_id)


@task(map_index_template="{{ task.op_kwargs['source'] }}")
def fetch(city_id: str, source: str, period: str) -> str:
    """Land the raw bytes of one source, over its connection in Airflow or the environment; gives its manifest."""
    from airflow_connections import connection_in_environment

    from pipeline import progress, steps

    with connection_in_environment(steps.connection(city_id, source)):
        return steps.fetch(city_id, source, period, progress=progress.Logged())


# A city without sources skips `fetch`; without this rule the skip would run through to a green, empty run.
@task(map_index_template="{{ task.op_kwargs['table'] }}", trigger_rule=TriggerRule.NONE_FAILED)
def clean(city_id: str, table: str, period: str) -> str:
    """Turn landed bytes into one clean table and its quarantine; gives the dataset's name."""
    from pipeline import progress, steps

    return steps.clean(city_id, table, period, progress=progress.Logged())


@task
def validate(city_id: str, period: str) -> str:
    """Hold the clean tables against their suites; `DataRejected` when a critical rule is unmet."""
    from pipeline import steps

    return steps.validate(city_id, period)


@task
def measure(city_id: str, period: str) -> str:
    """Compute the four indicators; gives the name of their results."""
    from pipeline import steps

    return steps.measure(city_id, period)


@task
def store(city_id: str, period: str) -> list[str]:
    """Write the results to the warehouse as versions, in one transaction; gives a line per indicator."""
    from pipeline import steps

    return steps.store(city_id, period)


@task
def report(city_id: str, period: str) -> str:
    """Write the page with results and validation; gives its path."""
    from pipeline import steps

    return steps.report(city_id, period)
