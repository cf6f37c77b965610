"""A city's whole year, from exports to the stored page, against reading them alone and against a notebook."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from benchmarks import access_log, tickets
from benchmarks.measure import Contender, Target, Work
from pipeline import steps

_CITY, _PERIOD = "kota-uji", "2025"
_LINES_PER_TICKET = 10
_LINES_FOR_A_NOTEBOOK = 1_000_000
_DAYS = 365
_MOMENT = "%Y-%m-%d %H:%M:%S"
_YAML = f"""
city: {_CITY}
name: Kota Uji
zone: Asia/Jakarta
region_codes: {{kemendagri: "31"}}
population: {{source: penduduk, reference: "06-30"}}
sources:
  portal: {{table: visits, path: data/access.log, format: access_log, own_networks: [103.10.20.0/24]}}
  layanan:
    table: services
    path: data/layanan.csv
    format: csv
    columns: {{service_id: kode, name: nama, is_accessible_online: akses, is_requestable_online: mohon}}
  gangguan:
    table: outages
    path: data/gangguan.csv
    format: csv
    extracted_at: 2026-02-01T08:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
      incident_id: nomor
      component: komponen
      is_planned: terencana
      started_at: {{column: mulai, format: "{_MOMENT}"}}
      ended_at: {{column: selesai, format: "{_MOMENT}"}}
  penduduk:
    table: population
    path: data/penduduk.csv
    format: csv
    authority: kemendagri
    columns: {{region_code: kode, population_count: jumlah, reference_on: {{column: tanggal, format: "%Y-%m-%d"}}}}
"""


def write_year(path: Path, lines: int) -> None:
    """A cities folder: a log of so many lines, a tenth as many tickets, 1,000 outages, 300 services."""
    data = path / "data"
    data.mkdir(parents=True)
    (path / f"{_CITY}.yaml").write_text(_YAML + tickets.SOURCE.format(path="data/pengaduan.csv"), "utf-8")
    access_log.write_log(data / "access.log", lines=lines, seed=1)
    tickets.write_tickets(data / "pengaduan.csv", lines // _LINES_PER_TICKET)
    _write_outages(data / "gangguan.csv", 1_000)
    services = [f"L{n},Layanan {n},{str(n % 3 > 0).lower()},{str(n % 3 > 1).lower()}" for n in range(300)]
    (data / "layanan.csv").write_text("\n".join(["kode,nama,akses,mohon", *services, ""]), "utf-8")
    (data / "penduduk.csv").write_text("kode,jumlah,tanggal\n31,1056000,2025-06-30\n", "utf-8")


def _write_outages(path: Path, rows: int) -> None:
    rng = np.random.default_rng(6)
    started = _moments(rng, rows)
    columns = {
        "nomor": [f"G{number}" for number in range(rows)],
        "komponen": [f"svc-{number:02}" for number in rng.integers(0, 40, rows)],
        "terencana": pa.array(rng.random(rows) < 0.2).cast(pa.string()),
        "mulai": _texts(started),
        "selesai": _texts(started + rng.lognormal(7, 1, rows).astype("int64") + 1),
    }
    _write(path, columns)


def _moments(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Local seconds within the year, rising."""
    return np.sort(np.datetime64("2025-01-01", "s").astype("int64") + rng.integers(0, _DAYS * 86_400, rows))


def _texts(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds.astype("M8[s]")).cast(pa.string())


def _write(path: Path, columns: dict[str, object]) -> None:
    csv.write_csv(pa.table(columns), path, csv.WriteOptions(quoting_style="none"))


def ours(cities: Path) -> str:
    """What `tolok run` does, in a data folder of its own."""
    _settle_in(cities)
    steps.run(_CITY, _PERIOD)
    return _answer()


def reading_parts(_: Path) -> str:
    """The log counted and the tickets cleaned, from bytes landed before."""
    for table in ("visits", "inquiries"):
        steps.clean(_CITY, table, _PERIOD)
    return _answer()


def _landed(cities: Path) -> Path:
    _settle_in(cities)
    for source in steps.sources(_CITY, _PERIOD):
        steps.fetch(_CITY, source, _PERIOD)
    return cities


def _settle_in(cities: Path) -> None:
    home = tempfile.mkdtemp(dir=cities.parent)
    atexit.register(shutil.rmtree, home)
    os.environ |= {"TOLOK_HOME": home, "TOLOK_CITIES": str(cities), "TOLOK_WAREHOUSE": ""}


def _answer() -> str:
    visits = steps.dataset(_CITY, "visits", _PERIOD).frame
    count = visits.loc[visits["variant"] == "headline", "visits_count"].sum()
    inquiries = sum(map(len, steps.dataset(_CITY, "inquiries", _PERIOD).parts))
    return f"{count} visits, {inquiries} tickets"


def notebook(cities: Path) -> str:
    """Everything read whole, nothing looked at twice: no validation, no quarantine, no overlapping outages."""
    data = cities / "data"
    visits = access_log.pandas(data / "access.log")
    inhabitants = pd.read_csv(data / "penduduk.csv")["jumlah"].sum()
    services = pd.read_csv(data / "layanan.csv")
    asked = pd.read_csv(data / "pengaduan.csv", sep=";", usecols=["Masuk", "Dijawab"])
    received, answered = (pd.to_datetime(asked[name], errors="coerce") for name in asked)
    outages = pd.read_csv(data / "gangguan.csv", parse_dates=["mulai", "selesai"])
    days = (answered - received).mean() / pd.Timedelta(days=1)
    hours = (outages["selesai"] - outages["mulai"]).mean() / pd.Timedelta(hours=1)
    return f"{visits / inhabitants * 100_000:.0f}, {services['mohon'].mean():.1%}, {days:.2f} days, {hours:.2f} hours"


WORK = Work(
    name="annual",
    unit="lines",
    write=write_year,
    contenders={
        "ours": Contender(ours),
        "reading_parts": Contender(reading_parts, ready=_landed),
        "notebook": Contender(notebook, is_exact=False, most=_LINES_FOR_A_NOTEBOOK),
    },
    targets=(Target(2, "reading_parts"),),
)
