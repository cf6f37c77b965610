"""The year's DAG: runs once its twelve months have been reported, or by hand for any city and year."""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, RollupMapper, StartOfYearMapper, YearWindow
from indicator_flow import CITY_MONTH, TIMEZONE, indicator_dag

DOC = """
**Bahasa Indonesia.** Menghitung keempat indikator tata kelola SNI ISO 37122 untuk satu kota dan satu tahun kalender.
Berjalan sendiri setelah kedua belas bulan tahun itu selesai di `monthly_indicators`. Koreksi satu bulan tidak
mengulang tahunnya: jalankan DAG ini lagi dengan `period` (misalnya `2024`).

**English.** Computes the four SNI ISO 37122 governance indicators of one city and one calendar year.
It runs by itself once all twelve months of the year are done in `monthly_indicators`. Correcting one month does not
run the year again: trigger this DAG with `period` (such as `2024`).
"""

dag = indicator_dag(
    "annual_indicators",
    is_year=True,
    schedule=PartitionedAssetTimetable(
        assets=CITY_MONTH,
        default_partition_mapper=RollupMapper(
            upstream_mapper=StartOfYearMapper(timezone=TIMEZONE, input_format="%Y-%m"),
            window=YearWindow(),
        ),
    ),
    doc=DOC,
)
