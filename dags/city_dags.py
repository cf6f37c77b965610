"""Every city's own DAGs, one set for each YAML in the folder of cities, and the one that watches all of them."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import get_parsing_context
from indicator_flow import dags_of
from watch_flow import WATCH_ID, watch_dag

from pipeline.city_plans import city_plans
from pipeline.settings import Settings

# A task needs its own DAG only, the processor all of them.
_WANTED = get_parsing_context().dag_id

PLANS = city_plans(Settings.from_environment(), today=datetime.now(UTC).date())
TOLD = [plan for plan in PLANS if plan.recipients]

for plan in PLANS:
    for dag_id, make in dags_of(plan).items():
        if _WANTED in (None, dag_id):
            globals()[dag_id] = make()

if TOLD and _WANTED in (None, WATCH_ID):
    globals()[WATCH_ID] = watch_dag(TOLD)
