"""A small province's months and years in one command: what each further period costs beyond the reading of its rows."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measure import Contender, Target, Work
from benchmarks.start_up import PROGRAM
from pipeline import steps
from pipeline.backfill import Backfill, fill_cities, run_here
from pipeline.periods import span
from pipeline.progress import SILENT
from pipeline.settings import city_ids
from pipeline.tables import TABLES

_CITIES = 3
_PROVINCE = 10
_YEAR, _FIRST = 2025, "2025-01"
_TICKETS_A_MONTH, _OUTAGES_A_MONTH, _SERVICES = 60, 8, 40
_SECONDS_A_PERIOD, _SECONDS_OF_THE_FIRST = 0.3, 5.3
# A larger share than this is no longer in proportion.
_IN_PROPORTION = 1.1
_YAML = """
city: {city}
name: Kota {number}
zone: Asia/Jakarta
region_codes: {{kemendagri: "99.{number:02}"}}
population: {{reference: "06-30"}}
schedule: {{first_month: 2025-01}}
sources:
  portal:
    table: visits
    path: data/{city}/kunjungan-{{year}}-{{month}}.csv
    format: csv
    extracted_at: 2026-02-01T08:00:00
    columns: {{visited_on: {{column: tanggal, format: "%Y-%m-%d"}}, visits_count: kunjungan}}
  layanan:
    table: services
    path: data/{city}/layanan.csv
    format: csv
    columns:
      service_id: kode
      name: nama
      agency: opd
      is_accessible_online: {{column: akses, values: {{Ya: "true", Tidak: "false"}}}}
      is_requestable_online: {{column: mohon, values: {{Ya: "true", Tidak: "false"}}}}
  pengaduan:
    table: inquiries
    path: data/{city}/pengaduan-{{year}}-{{month}}.csv
    format: csv
    extracted_at: 2026-02-01T08:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
      inquiry_id: nomor
      channel: kanal
      agency: opd
      received_at: {{column: masuk, format: "%Y-%m-%d %H:%M:%S"}}
      responded_at: {{column: dijawab, format: "%Y-%m-%d %H:%M:%S"}}
  gangguan:
    table: outages
    path: data/{city}/gangguan-{{year}}-{{month}}.csv
    format: csv
    extracted_at: 2026-02-01T08:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
      incident_id: nomor
      component: komponen
      started_at: {{column: mulai, format: "%Y-%m-%d %H:%M:%S"}}
      ended_at: {{column: selesai, format: "%Y-%m-%d %H:%M:%S"}}
  penduduk:
    table: population
    path: data/{city}/penduduk.csv
    format: csv
    authority: kemendagri
    columns: {{region_code: kode, population_count: jumlah, reference_on: {{column: tanggal, format: "%Y-%m-%d"}}}}
"""


def write_province(path: Path, cities: int) -> None:
    """A cities folder of so many cities: files a month of visits, tickets, outages, one of services and inhabitants."""
    for number in range(1, cities + 1):
        city = f"kota-{number:02}"
        (data := path / "data" / city).mkdir(parents=True)
        (path / f"{city}.yaml").write_text(_YAML.format(city=city, number=number), "utf-8")
        rng = np.random.default_rng(number)
        for month in range(1, 13):
            _write_month(data, month, rng)
        services = [f"L{n},Layanan {n},Dinas {n % 5},{_yes(n % 4)},{_yes(n % 3)}" for n in range(_SERVICES)]
        _write(data / "layanan.csv", "kode,nama,opd,akses,mohon", services)
        _write(data / "penduduk.csv", "kode,jumlah,tanggal", [f"99.{number:02},{200_000 + 999 * number},{_YEAR}-06-30"])


def _write_month(data: Path, month: int, rng: np.random.Generator) -> None:
    days = [date(_YEAR, month, 1) + timedelta(day) for day in range(31)]
    visits = [f"{day},{rng.integers(200, 900)}" for day in days if day.month == month]
    _write(data / f"kunjungan-{_YEAR}-{month:02}.csv", "tanggal,kunjungan", visits)
    asked = _spans(month, rng, _TICKETS_A_MONTH, hours=70)
    tickets = [f"P{month:02}{n:03},{('Laman', 'SMS')[n % 2]},Dinas {n % 5},{times}" for n, times in enumerate(asked)]
    _write(data / f"pengaduan-{_YEAR}-{month:02}.csv", "nomor,kanal,opd,masuk,dijawab", tickets)
    down = _spans(month, rng, _OUTAGES_A_MONTH, hours=9)
    outages = [f"G{month:02}{n:02},svc-{n % 3},{times}" for n, times in enumerate(down)]
    _write(data / f"gangguan-{_YEAR}-{month:02}.csv", "nomor,komponen,mulai,selesai", outages)


def _spans(month: int, rng: np.random.Generator, count: int, *, hours: int) -> list[str]:
    """Two moments each, the first in the month's first 25 days, in order."""
    first = np.datetime64(f"{_YEAR}-{month:02}-01", "s")
    begun = first + np.sort(rng.integers(0, 25 * 86_400, count)).astype("m8[s]")
    ended = begun + rng.integers(600, hours * 3_600, count).astype("m8[s]")
    return [f"{one},{other}".replace("T", " ") for one, other in zip(begun, ended, strict=True)]


def _yes(number: int) -> str:
    return "Ya" if number else "Tidak"


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]), "utf-8")


def _months(cities: int) -> int:
    """Half a year of a few cities, so that it ends in two minutes; a year of a province."""
    return 12 if cities >= _PROVINCE else 6


def _settled(cities: Path) -> Path:
    """A data folder of its own, and everything imported by the first month of the first city."""
    home = tempfile.mkdtemp(dir=cities.parent)
    atexit.register(shutil.rmtree, home)
    os.environ |= {"TOLOK_HOME": home, "TOLOK_CITIES": str(cities), "TOLOK_WAREHOUSE": ""}
    run_here(city_ids(cities)[0], _FIRST, progress=SILENT)
    return cities


def _read(cities: Path) -> Path:
    """The same, and every row read before."""
    reading(_settled(cities))
    return cities


@dataclass(frozen=True)
class _Tickets:
    """How many tickets some months of some cities hold, counted when it is asked for: after the clock has stopped."""

    city_ids: Sequence[str]
    last: str

    def __str__(self) -> str:
        due = ((city, period.label) for city in self.city_ids for period in span(_FIRST, self.last))
        return f"{sum(len(steps.dataset(city, 'inquiries', period).frame) for city, period in due)} tickets"


def _last(cities: Path, *, share: int = 1) -> str:
    """The last month, or that of a share of the months."""
    return f"{_YEAR}-{_months(len(city_ids(cities))) // share:02}"


def reading(cities: Path) -> _Tickets:
    """Files landed and clean tables made, of every city and month."""
    answer = _Tickets(city_ids(cities), _last(cities))
    for city in answer.city_ids:
        for period in span(_FIRST, answer.last):
            for source in steps.sources(city, period.label):
                steps.fetch(city, source, period.label)
            for table in TABLES:
                steps.clean(city, table, period.label)
    return answer


def months(cities: Path) -> _Tickets:
    """All months of every city, as `tolok backfill --all` fills them."""
    return _filled(city_ids(cities), _last(cities))


def half_of_the_months(cities: Path) -> _Tickets:
    """The first half of the months of every city."""
    return _filled(city_ids(cities), _last(cities, share=2))


def one_city(cities: Path) -> _Tickets:
    """All months of the first city."""
    return _filled(city_ids(cities)[:1], _last(cities))


def _filled(chosen: Sequence[str], last: str) -> _Tickets:
    def run(planned: Backfill) -> Iterator[object]:
        return planned.run_here(SILENT)

    faults = [one.faults for one in fill_cities(chosen, _FIRST, last, again=False, run=run)]
    assert not any(faults), faults
    return _Tickets(chosen, last)


def first_month(cities: Path) -> str:
    """`tolok run` of one month of one city in a process of its own, with nothing on disk yet."""
    with tempfile.TemporaryDirectory(dir=cities.parent) as home:
        settings = {"TOLOK_HOME": home, "TOLOK_CITIES": str(cities), "TOLOK_WAREHOUSE": ""}
        command = [PROGRAM, "run", city_ids(cities)[0], _FIRST]
        subprocess.run(command, env=os.environ | settings, check=True, capture_output=True)
    return _FIRST


def _further(cities: int, *, share: int = 1) -> int:
    """The periods of so many cities beside the first, which is done before."""
    return cities * (_months(cities) // share) - 1


WORK = Work(
    name="periods",
    unit="cities",
    size=_CITIES,
    write=write_province,
    contenders={
        "ours": Contender(months, ready=_settled, counts=_further),
        "half_of_months": Contender(
            half_of_the_months, ready=_settled, is_exact=False, counts=partial(_further, share=2)
        ),
        "one_city": Contender(one_city, ready=_settled, is_exact=False, counts=lambda cities: _months(cities) - 1),
        "reading": Contender(reading, ready=_settled, counts=_further),
        "beyond_reading": Contender(months, ready=_read, counts=_further),
        "first_month": Contender(first_month, needs=(f"program:{PROGRAM}",), is_exact=False),
    },
    targets=(
        Target(_SECONDS_A_PERIOD, ours="beyond_reading", by="each"),
        Target(_IN_PROPORTION, "one_city", by="each"),
        Target(_IN_PROPORTION, "half_of_months", by="each"),
        Target(_SECONDS_OF_THE_FIRST, ours="first_month", by="cpu"),
        Target(400, ours="first_month", by="peak"),
    ),
)
