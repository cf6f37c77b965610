"""A city's DAGs: the tasks they are made of, and how these follow one another, from the period to the asset."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    DAG,
    Asset,
    CronPartitionTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    TaskGroup,
    TriggerRule,
    task,
)
from airflow_notices import tell_changes, tell_failure
from dag_pages import ANNUAL, BACKFILL, DAILY, MONTHLY, RESTATE

from connectors.errors import ConfigError, DataRejected, FileMissing
from pipeline.city_plans import CityPlan
from pipeline.tables import TABLES

YEAR_PATTERN = r"^(19|20)\d{2}$"
ANY_PATTERN = r"^(19|20)\d{2}(-(0[1-9]|1[0-2]))?$"
MONTH_PATTERN = r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"


class _Shared(ExceptionRetryPolicy):
    """One for all tasks: Airflow copies the defaults for each, which took a quarter of the time of parsing."""

    def __deepcopy__(self, _: object) -> _Shared:
        return self


A_PERSON_MUST_ACT = _Shared(
    rules=[
        RetryRule(
            exception=[ConfigError, DataRejected, FileMissing],
            action=RetryAction.FAIL,
            reason="Trying again cannot mend settings or data, nor bring a file.",
        )
    ]
)
# What does not answer, or a machine that died: after a quarter of a minute, a minute, four, a quarter of an hour and an
# hour; each may take up to twice as long, so that not all come back at once.
TASK_DEFAULTS = {
    "owner": "tolok",
    "pool": os.environ.get("TOLOK_POOL") or "default_pool",
    "retries": 5,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 4,
    "max_retry_delay": timedelta(hours=1),
    "retry_policy": A_PERSON_MUST_ACT,
    "execution_timeout": timedelta(hours=2),
}


def dags_of(plan: CityPlan) -> dict[str, Callable[[], DAG]]:
    """What makes each DAG of a city, by the DAG's id."""
    name = name_of(plan)
    made: dict[str, Callable[..., DAG]] = {
        f"{name}_monthly": _monthly,
        f"{name}_annual": _annual,
        f"{name}_backfill": _backfill,
    }
    if plan.daily_sources:
        made[f"{name}_daily"] = _daily
    if plan.restate_months:
        made[f"{name}_restate"] = _restate
    return {dag_id: partial(make, dag_id, plan) for dag_id, make in made.items()}


def name_of(plan: CityPlan) -> str:
    """The city's id as Airflow takes it: the file of a city at fault may have any name."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", plan.city_id)


def month_of(city_id: str) -> Asset:
    """The city's months, each a partition such as `2025-03`."""
    return Asset(name=f"tolok_{city_id}_month", uri=f"tolok://{city_id}/month")


def year_of(city_id: str) -> Asset:
    """The city's years, each a partition such as `2025`."""
    return Asset(name=f"tolok_{city_id}_year", uri=f"tolok://{city_id}/year")


def _monthly(dag_id: str, plan: CityPlan) -> DAG:
    start = _first_day(plan) + timedelta(days=31)
    schedule = CronPartitionTimetable(
        f"0 {plan.hour} {plan.day} * *", timezone=plan.zone, run_offset=-1, key_format="%Y-%m"
    )
    with _dag(dag_id, plan, schedule=schedule, start=start.replace(day=1), doc=MONTHLY, max_active_runs=1) as dag:
        _compute(plan, is_year=False)
    return dag


def _annual(dag_id: str, plan: CityPlan) -> DAG:
    start = _first_day(plan).replace(month=1)
    schedule = CronPartitionTimetable(
        f"0 {plan.hour} {plan.day} 1 *", timezone=plan.zone, run_offset=-1, key_format="%Y"
    )
    # A year that waits for its months holds up no other year; their steps take turns all the same.
    with _dag(
        dag_id, plan, schedule=schedule, start=start.replace(year=start.year + 1), doc=ANNUAL, max_active_runs=16
    ) as dag:
        _compute(plan, is_year=True)
    return dag


def _daily(dag_id: str, plan: CityPlan) -> DAG:
    schedule = CronPartitionTimetable("0 2 * * *", timezone=plan.zone, run_offset=-1, key_format="%Y-%m-%d")
    with _dag(dag_id, plan, schedule=schedule, start=_first_day(plan), doc=DAILY, catchup=False) as dag:
        period: Any = resolve(plan.city_id, is_year=False)  # an XComArg, which stands for the str
        fetched = _fetch_each(plan.daily_sources, plan.city_id, period)
        wait(plan.city_id, period) >> fetched >> _telling(collected, plan)(plan.city_id)
    return dag


def _restate(dag_id: str, plan: CityPlan) -> DAG:
    schedule = CronPartitionTimetable(
        f"0 {plan.hour} {plan.day} 2-{plan.restate_months + 1} *", timezone=plan.zone, key_format="%Y-%m"
    )
    # One run makes up for all that were missed: it takes whatever has come late until then.
    with _dag(dag_id, plan, schedule=schedule, start=_first_day(plan), doc=RESTATE, catchup=False) as dag:
        month: Any = resolve(plan.city_id, is_year=False)  # an XComArg, which stands for the str
        changed: Any = _telling(restate, plan)(plan.city_id, month)
        wait(plan.city_id, month) >> changed
        _announce_all(plan, changed)
    return dag


def _backfill(dag_id: str, plan: CityPlan) -> DAG:
    form = {
        "first": _period_field(ANY_PATTERN, id="Dari", en="From", example="2019"),
        "last": _period_field(ANY_PATTERN, id="Sampai", en="To", example="2025"),
    }
    with _dag(dag_id, plan, schedule=None, start=_first_day(plan), doc=BACKFILL, form=form) as dag:
        done: Any = _telling(fill, plan)(plan.city_id)
        wait(plan.city_id, "") >> done
        _announce_all(plan, done)
    return dag


def _announce_all(plan: CityPlan, done: Any) -> None:  # noqa: ANN401 an XComArg
    announce_all.override(task_id="announce_months", outlets=[month_of(plan.city_id)])(done, "YYYY-MM")
    announce_all.override(task_id="announce_years", outlets=[year_of(plan.city_id)])(done, "YYYY")


def _first_day(plan: CityPlan) -> datetime:
    """The first midnight of the city's first month."""
    year, month = plan.first_month.split("-")
    return datetime(int(year), int(month), 1, tzinfo=ZoneInfo(plan.zone))


def _dag(
    dag_id: str,
    plan: CityPlan,
    *,
    schedule: CronPartitionTimetable | None,
    start: datetime,
    doc: str,
    form: dict[str, Param] | None = None,
    catchup: bool = True,
    max_active_runs: int = 1,
) -> DAG:
    kind = dag_id.rsplit("_", 1)[1]
    pattern, example = (YEAR_PATTERN, "2024") if kind == "annual" else (MONTH_PATTERN, "2024-03")
    return DAG(
        dag_id,
        description=f"SNI ISO 37122 · {plan.city_id} · {kind}",
        tags=["tolok", "iso-37122", kind, plan.city_id],
        # Runs that fail at once would count as the city's months; without a schedule they come when it is mended.
        schedule=schedule if plan.is_sound else None,
        start_date=start,
        catchup=catchup,
        doc_md=doc,
        params=form or {"period": _period_field(pattern, id="Periode", en="Period", example=example)},
        default_args={**TASK_DEFAULTS, "on_failure_callback": partial(tell_failure, plan.city_id)},
        max_active_runs=max_active_runs,
        max_active_tasks=4,
    )


def _period_field(pattern: str, *, id: str, en: str, example: str) -> Param:
    return Param(
        None,
        type=["null", "string"],
        title=f"{id} / {en}",
        description=f"Tulis seperti / Write it like: `{example}`. "
        "Kosong bila run membawa partition key. / Empty when the run carries a partition key.",
        pattern=pattern,
    )


def _compute(plan: CityPlan, *, is_year: bool) -> None:
    city_id = plan.city_id
    period: Any = resolve(city_id, is_year)  # an XComArg, which stands for the str
    waited = wait(city_id, period)
    cleaned = clean.partial(city_id=city_id, period=period).expand(table=list(plan.tables or TABLES))
    announced = _telling(announce, plan, outlets=[year_of(city_id) if is_year else month_of(city_id)])
    waited >> _fetch_each(plan.sources, city_id, period) >> cleaned
    last = (
        waited
        >> cleaned
        >> validate(city_id, period)
        >> measure(city_id, period)
        >> store(city_id, period)
        >> report(city_id, period)
        >> announced(city_id, period)
    )
    if plan.also and not is_year:
        # Its failures are kept under periods of their own, and hold up neither the month nor the year.
        tell = partial(tell_changes, city_id)
        last >> also.override(on_success_callback=tell, on_failure_callback=tell)(city_id, period)


def _telling(last: Any, plan: CityPlan, **settings: Any) -> Any:  # noqa: ANN401 a task of Airflow
    """The task that ends the computing of a run, which tells people when what failed before is well again."""
    return last.override(on_success_callback=partial(tell_changes, plan.city_id), **settings)


def _fetch_each(sources: Iterable[str], city_id: str, period: Any) -> TaskGroup:  # noqa: ANN401 an XComArg
    """A task for each source under its name: a mapped one is a mere number in lists until it has succeeded."""
    with TaskGroup("fetch") as group:
        for name in sources:
            fetch.override(task_id=name)(city_id, name, period)
    return group


@task
def resolve(
    city_id: str, is_year: bool, partition_key: str | None = None, params: Mapping[str, Any] | None = None
) -> str:
    """The period: the run's partition key, else the form's `period`; `ConfigError` without either, never the clock."""
    from pipeline import steps

    return steps.resolve(city_id, partition_key=partition_key, conf=params, is_year=is_year)


# Between two looks it takes no slot; the looks are 15 seconds apart, then further, at most two minutes.
@task.sensor(mode="reschedule", poke_interval=30, exponential_backoff=True, max_wait=120, timeout=timedelta(days=1001))
def wait(city_id: str, period: str, dag_run: Any = None) -> bool:  # noqa: ANN401 Airflow's own record
    """Until no other run of the city is under way; a year that was due also for its months."""
    from airflow_runs import due_at, holder_of, is_active

    from pipeline import steps

    return steps.may_start(city_id, period, holder=holder_of(dag_run), is_active=is_active, due_at=due_at(dag_run))


@task
def fetch(city_id: str, source: str, period: str) -> str:
    """Land the raw bytes of one source, over its connection in Airflow or the environment; gives its manifest.

    Skipped when the period does not need the source.
    """
    from airflow_connections import connection_in_environment
    from airflow_runs import skip_unless

    from pipeline import progress, steps

    skip_unless(steps.needs(city_id, source, period))
    with connection_in_environment(steps.connection(city_id, source)):
        return steps.fetch(city_id, source, period, progress=progress.Logged())


# Sources that a period does not need are skipped; without this rule the skip would run through to a green run.
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
def report(city_id: str, period: str) -> list[str]:
    """Write the reports that the city declares; gives their paths."""
    from pipeline import steps

    return steps.report(city_id, period)


@task
def announce(city_id: str, period: str, ti: Any = None, outlet_events: Any = None) -> str:  # noqa: ANN401 Airflow's own
    """Make the period known as a partition of the city's asset; `DataRejected` when nothing was measured."""
    from pipeline import steps

    label = steps.conclude(city_id, period)
    outlet_events[ti.task.outlets[0]].add_partitions(label)
    return label


@task
def also(city_id: str, month: str) -> list[str]:
    """Compute what the city wants besides a month, such as the year to date; gives those periods."""
    from airflow_connections import connections_in_environment

    from pipeline import backfill, progress, steps

    with connections_in_environment(steps.connections(city_id)):
        return backfill.compute_also(city_id, month=month, progress=progress.Logged())


# A source that the month does not need is skipped.
@task(trigger_rule=TriggerRule.NONE_FAILED)
def collected(city_id: str) -> None:
    """Forget what failed of earlier nights."""
    from pipeline import steps

    steps.collected(city_id)


# It goes on for as long as the range asks, and what is done is kept: the same form goes on from there.
@task(execution_timeout=None)
def fill(city_id: str, params: Mapping[str, Any] | None = None) -> list[str]:
    """Compute what is due of the form's range, months before years; gives the periods with something measured."""
    from airflow_connections import connections_in_environment

    from pipeline import backfill, progress, steps

    with connections_in_environment(steps.connections(city_id)):
        return backfill.fill(city_id, form=dict(params or {}), progress=progress.Logged())


# A year of months, each of which may wait for a server.
@task(execution_timeout=None)
def restate(city_id: str, month: str) -> list[str]:
    """Run the year before a month again while its window is open; gives the periods of which anything changed."""
    from datetime import UTC

    from airflow_connections import connections_in_environment

    from pipeline import backfill, progress, steps

    with connections_in_environment(steps.connections(city_id)):
        return backfill.restate(city_id, month=month, now=datetime.now(UTC), progress=progress.Logged())


@task
def announce_all(done: list[str], form: str, ti: Any = None, outlet_events: Any = None) -> None:  # noqa: ANN401
    """Make those of the periods known that are written in this form, such as `YYYY`; skipped when there are none."""
    from airflow_runs import skip_unless

    labels = [label for label in done if len(label) == len(form)]
    skip_unless(bool(labels))
    outlet_events[ti.task.outlets[0]].add_partitions(labels)
