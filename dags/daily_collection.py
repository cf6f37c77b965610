"""The day's DAG: pulls the running month from systems that forget within weeks, so that it is whole when it ends."""

from __future__ import annotations

from airflow.sdk import CronPartitionTimetable
from indicator_flow import TIMEZONE, collection_dag

DOC = """
**Bahasa Indonesia.** Menarik bulan berjalan dari sumber yang ditandai `collect: daily` (misalnya Prometheus, yang
hanya menyimpan 15 hari). Berjalan setiap hari pukul 02.00 waktu kota; tidak menghitung apa pun.

**English.** Pulls the running month from the sources marked `collect: daily` (such as Prometheus, which keeps 15 days
only). It runs every day at 02:00 city time and computes nothing.
"""

dag = collection_dag(
    "daily_collection",
    schedule=CronPartitionTimetable("0 2 * * *", timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"),
    doc=DOC,
)
