"""The DAG that looks at every city each morning and tells people what needs their attention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from airflow.sdk import DAG, CronPartitionTimetable, task
from dag_pages import WATCH
from indicator_flow import TASK_DEFAULTS, name_of

from pipeline.city_plans import CityPlan

WATCH_ID = "tolok_watch"


def watch_dag(plans: Sequence[CityPlan]) -> DAG:
    """One task for each city under its name, so that a message that cannot be sent holds up no other city's."""
    zone = next((plan.zone for plan in plans if plan.is_sound), "UTC")
    schedule = CronPartitionTimetable("0 7 * * *", timezone=zone, run_offset=0, key_format="%Y-%m-%d")
    with DAG(
        WATCH_ID,
        description="Tolok · watch",
        tags=["tolok", "watch"],
        schedule=schedule,
        start_date=datetime(2025, 1, 1, tzinfo=UTC),
        catchup=False,
        doc_md=WATCH,
        default_args=TASK_DEFAULTS,
        max_active_runs=1,
        max_active_tasks=4,
    ) as dag:
        for plan in plans:
            tell.override(task_id=name_of(plan))(plan.city_id)
    return dag


@task
def tell(city_id: str) -> list[str]:
    """Tell those the city's settings name what is new to them and what is over; gives the subject of each message."""
    from airflow_connections import connections_in_environment

    from pipeline import watch

    now = datetime.now(UTC)
    with connections_in_environment(watch.connections(city_id, now=now)):
        return watch.tell(city_id, now=now)
