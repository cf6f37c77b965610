"""The four worked examples of the definitions as raw exports of one city, 2024."""

from __future__ import annotations

from pathlib import Path

YAML = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "31"}
population: {source: penduduk, reference: "06-30"}
sources:
  portal:
    table: visits
    path: data/kunjungan*.csv
    format: csv
    grain: month
    thousands: "."
    columns: {visited_on: {column: Bulan, format: "%m/%Y"}, visits_count: Kunjungan}
  layanan:
    table: services
    path: data/layanan*.csv
    format: csv
    delimiter: ";"
    columns:
      service_id: Kode
      name: Nama
      is_accessible_online: {column: Akses, values: {Ya: "true", Tidak: "false"}}
      is_requestable_online: {column: Mohon, values: {Ya: "true", Tidak: "false", Tidak berlaku: "false"}}
      is_online_applicable: {column: Mohon, values: {Tidak berlaku: "false"}, otherwise: "true"}
  meja:
    table: inquiries
    path: data/pengaduan*.csv
    format: csv
    delimiter: ";"
    extracted_at: 2025-02-01T08:00:00
    columns:
      inquiry_id: Nomor
      channel: Kanal
      received_at: {column: Masuk, format: "%d %b %Y %H:%M"}
      responded_at: {column: Dijawab, format: "%d %b %Y %H:%M"}
  gangguan:
    table: outages
    path: data/gangguan*.csv
    format: csv
    extracted_at: 2025-02-01T08:00:00
    covers: [{first_on: 2024-01-01, last_on: 2024-12-31}]
    columns:
      incident_id: Nomor
      component: Komponen
      is_planned: {column: Jenis, values: {Terencana: "true", Tidak terencana: "false"}}
      started_at: {column: Mulai, format: "%d/%m/%Y %H:%M"}
      ended_at: {column: Selesai, format: "%d/%m/%Y %H:%M"}
  penduduk:
    table: population
    path: data/penduduk.csv
    format: csv
    authority: kemendagri
    thousands: "."
    decimal: ","
    columns:
      region_code: kode
      population_count: jumlah
      reference_on: {column: tanggal, format: "%d/%m/%Y"}
"""
MONTHS = ("Jan", "Peb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt")


def write_city(folder: Path) -> None:
    """Write the city's YAML and its exports below `folder`, a cities folder."""
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / "kota-uji.yaml").write_text(YAML, "utf-8")
    visits = [f"{month:02d}/2024,{'833.333' if month < 12 else '833.337'}" for month in range(1, 13)]
    _write(data / "kunjungan.csv", "Bulan,Kunjungan", visits)
    services = [f"L{n};Layanan {n};{'Ya' if n < 25 else 'Tidak'};{_request(n)}" for n in range(30)]
    _write(data / "layanan.csv", "Kode;Nama;Akses;Mohon", services)
    _write(data / "pengaduan.csv", "Nomor;Kanal;Masuk;Dijawab;Pelapor", inquiries())
    _write(data / "gangguan.csv", "Nomor,Komponen,Jenis,Mulai,Selesai", OUTAGES)
    _write(data / "penduduk.csv", "kode,jumlah,tanggal", ["31,10.560.000,30/06/2024", "32,1.000,30/06/2024"])


def inquiries() -> list[str]:
    """Twenty inquiries answered after 240 hours in all."""
    return [
        f"{n};Aplikasi;{1 + n} {MONTHS[n % 10]} 2024 08:00;{1 + n} {MONTHS[n % 10]} 2024 {8 + hours:02d}:00;Warga"
        for n, hours in enumerate([9, 15] * 10)
    ]


OUTAGES = [
    "1,Jaringan,Tidak terencana,01/02/2024 08:00,01/02/2024 09:00",
    "2,Jaringan,Terencana,31/03/2024 23:00,01/04/2024 01:00",
    "3,Server,Tidak terencana,05/05/2024 10:00,05/05/2024 13:00",
]


def _request(n: int) -> str:
    return "Ya" if n < 20 else "Tidak berlaku" if n < 23 else "Tidak"


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
