"""Kota Contoh's 2025 counted by a second hand: the raw exports, loops and minutes, nothing of the pipeline."""

from __future__ import annotations

import csv
import gzip
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import openpyxl

YEAR = 2025
WIB = timezone(timedelta(hours=7))
EXTRACTED_AT = datetime(2026, 1, 12, 8, tzinfo=WIB)
LAST_DAY = date(YEAR, 12, 31)
MONTHS = {"Jan": 1, "Feb": 2, "Peb": 2, "Mar": 3, "Apr": 4, "Mei": 5, "Jun": 6, "Jul": 7, "Agu": 8, "Agt": 8}
MONTHS |= {"Sep": 9, "Okt": 10, "Nov": 11, "Nop": 11, "Des": 12}
LINE = re.compile(r'(\S+) - - \[(.+?) \+0700\] "(GET|POST) (.+) HTTP/1.1" (\d+) \d+ "-" "(.*)"')
NOT_PAGES, NOT_PEOPLE = (".js", ".csv"), ("Googlebot", "curl/")

Row = dict[str, str]
Moments = tuple[datetime, datetime | None, datetime | None]


def account(city: Path) -> dict[str, float]:
    """What must come out for 2025, by the names the samples' README uses."""
    return {**inquiries(city), **services(city), **visits(city), **outages(city), **population(city)}


def inquiries(city: Path) -> dict[str, float]:
    waits, open_count = [], 0
    for received, responded, closed in (*_reports(city), *_calls(city)):
        later = [at for at in (responded, closed) if at]
        is_sound = all(received <= at <= EXTRACTED_AT for at in later)
        if received.year == YEAR and is_sound:
            open_count += responded is None
            waits += [responded - received] if responded else []
    hours = sum(waits, timedelta()) / timedelta(hours=1)
    return {"inquiries_answered": len(waits), "inquiries_open": open_count, "response_hours": round(hours, 2)}


def _reports(city: Path) -> Iterator[Moments]:
    """Sound reports once each; a number that comes with two contents is left out."""
    first: dict[str, dict[str, datetime]] = {kind: {} for kind in ("Tanggapan Instansi", "Ditutup")}
    for entry in _csv(city / "tindak-lanjut-sp4n-2025.csv", delimiter=";", encoding="utf-8-sig"):
        number, at = entry["Tracking ID"], _moment(entry["Waktu"])
        if entry["Jenis"] in first:
            first[entry["Jenis"]][number] = min(at, first[entry["Jenis"]].get(number, at))
    contents = defaultdict(set)
    for row in _sheet(city / "laporan-sp4n-2025.xlsx", header="Tracking ID"):
        contents[row["Tracking ID"].removesuffix(".0")].add(tuple(row.items()))
    for number, versions in contents.items():
        report = dict(versions.pop())
        received = _indonesian(report["Tanggal Laporan Masuk"], report["Waktu Laporan Masuk"])
        if received and not versions and report["Alasan Tunda/Arsip"] == "-":
            yield received, first["Tanggapan Instansi"].get(number), first["Ditutup"].get(number)


def _calls(city: Path) -> Iterator[Moments]:
    for call in _csv(city / "upik-2025.csv", delimiter=";", encoding="cp1252"):
        if call["kategori"] not in ("Uji coba sistem", "Telepon iseng"):
            later = (call["dijawab"], call["selesai"])
            responded, closed = (_at(text, "%d-%m-%Y %H:%M") if text else None for text in later)
            yield _at(call["masuk"], "%d-%m-%Y %H:%M"), responded, closed


def _indonesian(day: str, clock: str) -> datetime | None:
    match = re.fullmatch(r"(\d+) (\w{3}) (\d{4})", day)
    try:
        return _at(f"{match[1]} {MONTHS[match[2]]} {match[3]} {clock}", "%d %m %Y %H:%M") if match else None
    except ValueError:
        return None


def services(city: Path) -> dict[str, float]:
    """The register on 31 December; a code that comes twice counts once, an unknown answer not at all."""
    active = {}
    for row in _sheet(city / "layanan-2025.xlsx", header="kode_layanan"):
        begins, ends = (_day(row[name]) for name in ("berlaku_mulai", "berlaku_sampai"))
        answers = [row[name].strip().lower() for name in ("dapat_diakses_daring", "dapat_dimohon_daring")]
        if begins and begins <= LAST_DAY <= (ends or LAST_DAY) and "???" not in answers:
            active[row["kode_layanan"]] = answers
    return {
        "services_active": len(active),
        "services_accessible": sum(answers[0] == "ya" for answers in active.values()),
        "services_accessible_and_requestable": sum(answers == ["ya", "ya"] for answers in active.values()),
    }


def visits(city: Path) -> dict[str, float]:
    matomo = _csv(city / "matomo-portal-2025.csv", delimiter=",", encoding="utf-16")
    days = [int(day["nb_visits"]) for day in matomo if day["date"].startswith(str(YEAR))]
    pages = sorted(page for path in (city / "portal-log").iterdir() for page in _pages(path))
    breaks = 0
    for (*visitor, before), (*other, at) in itertools.pairwise(pages):
        breaks += visitor != other or (at - before).total_seconds() > 1800 or at.date() != before.date()
    return {"matomo_days": len(days), "matomo_visits": sum(days), "log_visits": breaks + 1, "log_pages": len(pages)}


def _pages(path: Path) -> Iterator[tuple[str, str, datetime]]:
    content = path.read_bytes()
    for line in (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines():
        match = LINE.fullmatch(line)
        if match and match[3] == "GET" and match[5] == "200" and not match[4].endswith(NOT_PAGES):
            is_person = match[6] != "-" and not any(name in match[6] for name in NOT_PEOPLE)
            at = _at(match[2], "%d/%b/%Y:%H:%M:%S")
            if is_person and not match[1].startswith("10.20.") and at.year == YEAR:
                yield match[1], match[6], at


def outages(city: Path) -> dict[str, float]:
    """Every minute of every component, down or not; a run of minutes is an outage, one of children only is none."""
    rows = list(_sheet(city / "gangguan-ti-2025.xlsx", header="nomor"))
    rows += _csv(city / "pemeliharaan-2025.csv", delimiter=",", encoding="utf-8")
    numbers, year_ends = {row["nomor"] for row in rows}, datetime(YEAR + 1, 1, 1, tzinfo=WIB)
    down: dict[str, dict[datetime, bool]] = defaultdict(dict)
    for row in rows:
        at, ends = _moment(row["mulai"]), _moment(row["selesai"]) if row["selesai"] else year_ends
        while ends <= EXTRACTED_AT and at < ends:
            minutes = down[row["komponen"]]
            minutes[at] = minutes.get(at, False) or row["induk"] not in numbers
            at += timedelta(minutes=1)
    count = sum(_own_runs(minutes) for minutes in down.values())
    hours = sum(at.year == YEAR for minutes in down.values() for at in minutes) / 60
    return {"outage_hours": round(hours, 2), "outages": count}


def _own_runs(minutes: dict[datetime, bool]) -> int:
    """Runs of minutes that start in the year and hold a row that is nobody's child."""
    runs: list[list[datetime]] = []
    for at in sorted(minutes):
        if not runs or at - runs[-1][-1] > timedelta(minutes=1):
            runs.append([])
        runs[-1].append(at)
    return sum(run[0].year == YEAR and any(minutes[at] for at in run) for run in runs)


def population(city: Path) -> dict[str, float]:
    rows = _csv(city / "penduduk-dukcapil.csv", delimiter=",", encoding="utf-8")
    ours = [row for row in rows if row["kode"] == "99.71" and row["tanggal"] == "31/12/2025"]
    projected = _csv(city / "penduduk-bps.csv", delimiter=",", encoding="utf-8")
    return {
        "population_dukcapil": sum(int(row["jumlah_penduduk"].replace(".", "")) for row in ours),
        "population_bps": next(int(row["jumlah_penduduk"]) for row in projected if row["tanggal"] == "30/06/2025"),
    }


def _csv(path: Path, *, delimiter: str, encoding: str) -> list[Row]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _sheet(path: Path, *, header: str) -> Iterator[Row]:
    """The rows below the header as texts, without blank ones and the closing sum."""
    rows = openpyxl.load_workbook(path).worksheets[-1].iter_rows(values_only=True)
    names = next(row for row in rows if row[0] == header)
    for row in rows:
        if row[0] is not None and row[0] != "Jumlah":
            yield {str(name): "" if cell is None else str(cell) for name, cell in zip(names, row, strict=True)}


def _moment(text: str) -> datetime:
    return _at(text, "%d/%m/%Y %H:%M" if "/" in text else "%Y-%m-%d %H:%M:%S")


def _day(text: str) -> date | None:
    return _at(text, "%d/%m/%Y" if "/" in text else "%Y-%m-%d %H:%M:%S").date() if text else None


def _at(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=WIB)
