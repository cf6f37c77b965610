"""Small exports of one city over several years, each month other numbers, and the city's settings."""

from __future__ import annotations

from calendar import monthrange
from pathlib import Path

FIRST_YEAR, LAST_YEAR = 2017, 2026

YAML = """
city: {city}
name: {city}
zone: {zone}
region_codes: {{kemendagri: "31"}}
population: {{source: penduduk, reference: "06-30"}}
schedule: {{first_month: {first_month}, day: 2, hour: 1, year_waits_days: 30}}
sources:
  portal:
    table: visits
    path: {data}/kunjungan-{{year}}.csv
    format: csv
    columns: {{visited_on: {{column: Tanggal, format: "%Y-%m-%d"}}, visits_count: Kunjungan}}
  meja:
    table: inquiries
    path: {data}/pengaduan-{{year}}.csv
    format: csv
    extracted_at: 2026-11-01T08:00:00
    covers: [{{first_on: 2017-01-01, last_on: 2026-10-31}}]
    columns:
      inquiry_id: Nomor
      channel: Kanal
      received_at: {{column: Masuk, format: "%Y-%m-%d %H:%M"}}
      responded_at: {{column: Dijawab, format: "%Y-%m-%d %H:%M"}}
  penduduk:
    table: population
    path: {data}/penduduk.csv
    format: csv
    authority: kemendagri
    columns:
      region_code: kode
      population_count: jumlah
      reference_on: {{column: tanggal, format: "%Y-%m-%d"}}
"""


def write_city(cities: Path, city: str, *, zone: str, first_month: str) -> Path:
    """Write the city's YAML into a folder of cities and its exports below it; gives the YAML."""
    data = cities / "data" / city
    data.mkdir(parents=True, exist_ok=True)
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    for year in years:
        _write_year(data, year)
    figures = [f"31,{100000 + year},{year}-06-30" for year in years]
    _write(data / "penduduk.csv", "kode,jumlah,tanggal", figures)
    path = cities / f"{city}.yaml"
    path.write_text(YAML.format(city=city, zone=zone, first_month=first_month, data=f"data/{city}"), "utf-8")
    return path


def _write_year(data: Path, year: int) -> None:
    visits, inquiries = [], []
    for month in range(1, 13):
        days = range(1, monthrange(year, month)[1] + 1)
        visits += [f"{year}-{month:02d}-{day:02d},{100 + (month * 7 + day * 3 + year) % 20}" for day in days]
        # A minute later where the hours are those of January and February, lest a month be taken for a copy.
        later = month // 11
        for day in (3, 9, 17, 23):
            number = f"{year}{month:02d}{day:02d}"
            received = f"{year}-{month:02d}-{day:02d} 08:{day + later:02d}"
            inquiries.append(
                f"{number},Aplikasi,{received},{year}-{month:02d}-{day + 1:02d} 1{month % 10}:{30 + later}"
            )
    _write(data / f"kunjungan-{year}.csv", "Tanggal,Kunjungan", visits)
    _write(data / f"pengaduan-{year}.csv", "Nomor,Kanal,Masuk,Dijawab", inquiries)


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
