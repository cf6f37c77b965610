"""The month's DAG: runs on the fifth for the month before, or by hand for any city and month."""

from __future__ import annotations

from airflow.sdk import CronPartitionTimetable
from indicator_flow import TIMEZONE, indicator_dag

DOC = """
**Bahasa Indonesia.** Menghitung keempat indikator tata kelola SNI ISO 37122 untuk satu kota dan satu bulan kalender.
Berjalan tanggal 5 pukul 03.00 waktu kota untuk bulan sebelumnya; dengan tangan: isi `period` (misalnya `2024-03`).

**English.** Computes the four SNI ISO 37122 governance indicators of one city and one calendar month.
It runs on the 5th at 03:00 city time for the month before; by hand: fill in `period` (such as `2024-03`).
"""

dag = indicator_dag(
    "monthly_indicators",
    is_year=False,
    schedule=CronPartitionTimetable("0 3 5 * *", timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m"),
    doc=DOC,
)
