"""Every city's own DAGs, one set for each YAML in the folder of cities."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import get_parsing_context
from indicator_flow import dags_of

from pipeline.city_plans import city_plans
from pipeline.settings import Settings

# A task needs its own DAG only, the processor all of them.
_WANTED = get_parsing_context().dag_id

for plan in city_plans(Settings.from_environment(), today=datetime.now(UTC).date()):
    for dag_id, make in dags_of(plan).items():
        if _WANTED in (None, dag_id):
            globals()[dag_id] = make()
