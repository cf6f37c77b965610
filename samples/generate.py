"""Write the exports of the invented Kota Contoh in the real systems' formats, warts included.

    python samples/generate.py [FOLDER]

Seeded: the same bytes every time. Persons, phones and addresses are invented; client addresses are from the ranges
reserved for documentation.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

# With lxml, where it is installed, workbooks would have other bytes.
os.environ["OPENPYXL_LXML"] = "False"
import openpyxl

START, DAYS = datetime(2024, 12, 1), 400  # noqa: DTZ001 local wall-clock time, as the exports write it
MONTHS = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]
OTHER_SPELLINGS = {"Feb": "Peb", "Agu": "Agt", "Nov": "Nop"}
REPORT_COLUMNS = (
    "Tracking ID|Tanggal Laporan Masuk|Waktu Laporan Masuk|Nama Pelapor|Klasifikasi Laporan|ID Kategori|Kategori|"
    "Judul Laporan|Isi Laporan Awal|Isi Laporan Akhir|Tipe Laporan|Sumber Laporan|Instansi Induk|"
    "ID Instansi Terdisposisi|Instansi Terdisposisi|Status Laporan|Alasan Tunda/Arsip|Provinsi|Kota/Kabupaten|"
    "Kecamatan|Kelurahan|Nomor SK|Url SK|Url Dokumen Laporan Tahunan|"
    "Laporan yang Masuk melalui Kanal Aduan Setwapres|Rating"
).split("|")
AGENCIES = {
    "Dinas Pekerjaan Umum": "Jalan rusak",
    "Dinas Perhubungan": "Lampu jalan",
    "Dinas Kesehatan": "Puskesmas",
    "Dinas Lingkungan Hidup": "Sampah",
    "Dinas Kependudukan dan Pencatatan Sipil": "Administrasi kependudukan",
}
CHANNELS = ("Android", "Website", "Whatsapp", "SMS", "Tatap muka")
COMPONENTS = ("Jaringan inti", "Server surel", "Basis data", "Portal data", "Pusat data")
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
BOTS = ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "curl/7.88.1", "-")
TARGETS = (
    ("GET /dataset/penduduk", 200),
    ("GET /dataset?q=banjir", 200),
    ("GET /aset/peta.js", 200),
    ("GET /unduh/anggaran.csv", 200),
    ("GET /hilang", 404),
    ("GET /data", 301),
    ("POST /masukan", 200),
)
Rows = Iterable[Sequence[object]]


def main(folder: Path) -> None:
    """Write every export into `folder`."""
    (folder / "portal-log").mkdir(parents=True, exist_ok=True)
    random.seed(37122)
    reports = plan_reports()
    write_reports(folder / "laporan-sp4n-2025.xlsx", reports)
    write_follow_ups(folder / "tindak-lanjut-sp4n-2025.csv", reports)
    write_second_desk(folder / "upik-2025.csv")
    write_services(folder / "layanan-2025.xlsx")
    write_matomo(folder / "matomo-portal-2025.csv")
    write_logs(folder / "portal-log")
    write_incidents(folder / "gangguan-ti-2025.xlsx", folder / "pemeliharaan-2025.csv")
    write_population(folder)


def plan_reports() -> list[dict[str, object]]:
    """SP4N-LAPOR! reports from December 2024 to January 2026, with what became of each."""
    reports = []
    for number in range(1_200):
        agency = random.choice(list(AGENCIES))
        received_at = START + timedelta(minutes=random.randrange(DAYS * 1440))
        hours = random.choice([None, *(int(random.expovariate(1 / 60)) + 1 for _ in range(9))])
        reports.append({"id": 7_100_000 + number, "agency": agency, "received_at": received_at, "hours": hours})
    return sorted(reports, key=lambda report: str(report["received_at"]))


def write_reports(path: Path, reports: list[dict[str, object]]) -> None:
    rows: list[list[object]] = [
        ["Judul Laporan", "Rekapitulasi Laporan"],
        ["Nama Instansi", "Pemerintah Kota Contoh"],
        ["Tanggal Generate", "12 Jan 2026 08:00"],
        [],
        list(REPORT_COLUMNS),
    ]
    for place, report in enumerate(reports):
        rows.append(_report_row(place, report))
        if place % 100 == 50:
            rows.append(list(rows[-1]))
        if place == 600:
            rows.append([])
    clash = list(rows[20])
    clash[15] = "Diarsipkan oleh Sistem"
    rows += [clash, *(_bad_date_row(number, text) for number, text in enumerate(("31 Feb 2025", "-", "2025/13/01")))]
    rows.append(["Jumlah", str(len(reports))])
    _write_workbook(path, {"Laporan": rows})


def _report_row(place: int, report: dict[str, object]) -> list[object]:
    at = report["received_at"]
    status = "Ditutup oleh Admin" if report["hours"] else random.choice(["Terverifikasi", "Ditutup oleh Sistem"])
    archived = {17: "Duplikat", 31: "Bukan kewenangan", 47: "Spam"}.get(place % 60)
    row: dict[str, object] = dict.fromkeys(REPORT_COLUMNS, "-")
    number = report["id"]
    row |= {
        "Tracking ID": f"{number}.0" if place % 40 == 0 else number,
        "Tanggal Laporan Masuk": _indonesian_day(at, place),  # type: ignore[arg-type]
        "Waktu Laporan Masuk": f"{at:%H:%M}",
        "Nama Pelapor": f"Warga\xa0Contoh {place}",
        "Klasifikasi Laporan": "PENGADUAN",
        "Kategori": AGENCIES[str(report["agency"])],
        "Judul Laporan": "Contoh",
        "Isi Laporan Awal": f"Hubungi 0800-000-{place:04d}",
        "Tipe Laporan": random.choice(["Anonim", "Rahasia", "Terbuka"]),
        "Sumber Laporan": random.choice(CHANNELS),
        "Instansi Terdisposisi": report["agency"],
        "Status Laporan": "Diarsipkan oleh Admin" if archived else status,
        "Alasan Tunda/Arsip": archived or "-",
        "Kota/Kabupaten": "Kota Contoh",
    }
    return list(row.values())


def _bad_date_row(number: int, text: str) -> list[object]:
    row: dict[str, object] = dict.fromkeys(REPORT_COLUMNS, "-")
    row |= {"Tracking ID": 7_200_000 + number, "Tanggal Laporan Masuk": text, "Waktu Laporan Masuk": "08:00"}
    return list((row | {"Status Laporan": "Terverifikasi"}).values())


def _indonesian_day(day: datetime, place: int) -> str:
    month = MONTHS[day.month - 1]
    return f"{day.day} {OTHER_SPELLINGS.get(month, month) if place % 3 == 0 else month} {day.year}"


def write_follow_ups(path: Path, reports: list[dict[str, object]]) -> None:
    rows: list[Sequence[object]] = [("Tracking ID", "Waktu", "Pelaku", "Jenis", "Catatan")]
    for place, report in enumerate(reports):
        at: datetime = report["received_at"]  # type: ignore[assignment]
        rows.append((report["id"], _stamp(at + timedelta(minutes=20)), "Admin", "Disposisi", "-"))
        if report["hours"]:
            answered_at = at + timedelta(hours=int(str(report["hours"])) * (-1 if place in (200, 700) else 1))
            rows.append((report["id"], _stamp(answered_at), report["agency"], "Tanggapan Instansi", "Sudah ditangani"))
            rows.append((report["id"], _stamp(answered_at + timedelta(days=3)), "Admin", "Ditutup", "-"))
        elif place % 2:
            rows.append((report["id"], _stamp(at + timedelta(days=10)), "Sistem", "Ditutup oleh Sistem", "-"))
    rows += [(9_999_990 + n, "05/05/2025 10:00", "Admin", "Verifikasi", "-") for n in range(4)]
    _write_csv(path, rows, delimiter=";", encoding="utf-8-sig")


def write_second_desk(path: Path) -> None:
    names = ("nomor", "kanal", "opd", "kategori", "status", "masuk", "dijawab", "selesai", "pelapor", "telepon", "isi")
    rows: list[Sequence[object]] = [names]
    for number in range(500):
        at = START + timedelta(minutes=random.randrange(DAYS * 1440))
        answered_at = at + timedelta(minutes=random.randrange(10, 4_000)) if number % 12 else None
        agency = random.choice(list(AGENCIES))
        category = {7: "Uji coba sistem", 19: "Telepon iseng"}.get(number % 80, AGENCIES[agency])
        answer = f"{answered_at:%d-%m-%Y %H:%M}" if answered_at else ""
        person = (f"Warga Contoh {number}", f"0800-000-{number:04d}", "Keluhan – café")
        rows.append((number, "Telepon", agency, category, "-", f"{at:%d-%m-%Y %H:%M}", answer, answer, *person))
    _write_csv(path, rows, delimiter=";", encoding="cp1252")


def write_services(path: Path) -> None:
    header = (
        "kode_layanan|nama_layanan|opd_penyelenggara|sektor|sasaran|kanal|dapat_diakses_daring|dapat_dimohon_daring|"
        "jumlah_permohonan|berlaku_mulai|berlaku_sampai"
    ).split("|")
    rows: list[Sequence[object]] = [["Katalog Layanan Kota Contoh 2025"], [], header]
    for number in range(60):
        access = ("Ya", "YA ", "ya", "Ya", "tidak")[number % 5]
        request = ("Ya", "Tdk", "Ya ", "Tidak berlaku", "Tidak")[number % 5 if number < 40 else 0]
        begins: object = datetime(2020, 1, 1) if number % 2 else "01/01/2020"  # noqa: DTZ001 a spreadsheet's own day
        begins = "01/02/2026" if number >= 57 else begins
        ends = "30/06/2025" if number in (3, 13, 23, 33) else None
        agency = list(AGENCIES)[number % 5]
        audience = ("Masyarakat", "Pelaku usaha", "Keduanya")[number % 3]
        volume = f"{number // 9 + 1}.{number * 7 % 1000:03d}" if number % 4 else number * 11
        rows.append(
            [
                f"L{number:03d}",
                f"Layanan {number}",
                agency,
                "Umum",
                audience,
                "Daring",
                access,
                request,
                volume,
                begins,
                ends,
            ]
        )
    rows.append(list(rows[8]))
    rows.append([*rows[9][:6], "???", *rows[9][7:]])
    rows[-1] = ["L999", *rows[-1][1:]]
    _write_workbook(path, {"Petunjuk": [["Isi lembar Layanan"]], "Layanan": rows})


def write_matomo(path: Path) -> None:
    rows: list[Sequence[object]] = [("date", "nb_uniq_visitors", "nb_visits", "nb_actions", "bounce_rate")]
    day = datetime(2024, 11, 1)  # noqa: DTZ001 the site's own days
    while day < datetime(2025, 10, 1):  # noqa: DTZ001
        visits = 900 + random.randrange(400) + (700 if day.month == 8 else 0)
        if day != datetime(2025, 5, 17):  # noqa: DTZ001 the day the tool was down
            rows.append((f"{day:%Y-%m-%d}", int(visits * 0.8), visits, visits * 3, "45%"))
        day += timedelta(days=1)
    _write_csv(path, rows, delimiter=",", encoding="utf-16")


def write_logs(folder: Path) -> None:
    """Three rotated nginx logs, October to December 2025; the newest has no number."""
    for name, month, days in (("access.log.2.gz", 10, 31), ("access.log.1", 11, 30), ("access.log", 12, 31)):
        lines = [line for day in range(1, days + 1) for line in _log_day(datetime(2025, month, day))]  # noqa: DTZ001
        lines.insert(500, "192.0.2.77 - - [12/Nov/2025:10:1")
        lines.insert(900, "nginx: worker process 4117 exited on signal 11")
        content = ("\n".join(lines) + "\n").encode()
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


def _log_day(day: datetime) -> list[str]:
    lines = []
    for _ in range(30):
        visitor = int(random.paretovariate(1.1)) % 250
        address = f"2001:db8::{visitor:x}" if visitor % 9 == 0 else f"198.51.100.{visitor}"
        agent = BROWSERS[visitor % 3] if random.random() < 0.85 else random.choice(BOTS)
        at = day + timedelta(seconds=random.randrange(86_400))
        for _ in range(random.randrange(1, 4)):
            target, status = random.choice(TARGETS)
            lines.append(_log_line(address, at, f"{target} HTTP/1.1", status, agent))
            at += timedelta(seconds=random.randrange(2_400))
    probe = [day + timedelta(minutes=10 * n) for n in range(0, 144, 12)]
    lines += [_log_line("10.20.0.5", at, "GET / HTTP/1.1", 200, BROWSERS[0]) for at in probe]
    lines.append(
        _log_line("203.0.113.9", day, 'GET /dataset/\\"kutip\\" HTTP/1.1', 200, 'Mozilla \\"x\\" Firefox/132.0')
    )
    return lines


def _log_line(address: str, at: datetime, request: str, status: int, agent: str) -> str:
    return f'{address} - - [{at:%d}/{at:%b/%Y:%H:%M:%S} +0700] "{request}" {status} 5120 "-" "{agent}"'


def write_incidents(incidents: Path, maintenance: Path) -> None:
    header = ("nomor", "induk", "komponen", "penyebab", "jenis", "mulai", "selesai", "keterangan")
    rows: list[Sequence[object]] = [header]
    for number in range(50):
        at = START + timedelta(days=number * 8, hours=number % 24)
        ends = at + timedelta(minutes=30 + number * 13 % 400)
        parent = "G005" if number == 6 else None
        start: object = at if number % 2 else _stamp(at)
        rows.append(_incident(number, parent, COMPONENTS[number % 5], start, ends if number % 2 else _stamp(ends)))
    component = "Pusat data"
    stories: list[tuple[object, object]] = [
        ("31/12/2024 22:00", "01/01/2025 02:00"),
        ("28/02/2025 08:00", "28/02/2025 10:00"),
        ("28/02/2025 10:00", "28/02/2025 12:00"),
        ("31/05/2025 23:00", "01/06/2025 03:00"),
        ("10/07/2025 10:00", "10/07/2025 09:00"),
        ("11/07/2025 10:00", "31/12/2100 00:00"),
        ("12/07/2025 10:00", "12/07/2025 10:00"),
        ("30/12/2025 09:00", None),
    ]
    rows += [_incident(60 + n, None, component, start, ends) for n, (start, ends) in enumerate(stories)]
    _write_workbook(incidents, {"Gangguan": rows})
    planned: list[Sequence[object]] = [header]
    for month in range(1, 13):
        at = datetime(2025, month, 15, 1)  # noqa: DTZ001 local wall-clock time
        ends = at + timedelta(hours=2)
        planned.append(
            (f"P{month:02d}", "", "Jaringan inti", "Pemeliharaan", "Terencana", _stamp(at), _stamp(ends), "-")
        )
    _write_csv(maintenance, planned, delimiter=",", encoding="utf-8")


def _incident(number: int, parent: str | None, component: str, start: object, ends: object) -> Sequence[object]:
    kind = "Terencana" if number % 7 == 0 else "Tidak terencana"
    cause = ("Listrik PLN", "Perangkat keras", "Jaringan penyedia")[number % 3]
    return (f"G{number:03d}", parent, component, cause, kind, start, ends, f"Dilaporkan Warga Contoh {number}")


def write_population(folder: Path) -> None:
    days = ("30/06/2024", "31/12/2024", "30/06/2025", "31/12/2025")
    regions = {"99.71": ("KOTA CONTOH", 205_000), "99.72": ("KOTA LAIN", 98_000), "99.01": ("KAB. CONTOH", 611_000)}
    rows: list[Sequence[object]] = [("kode", "nama", "jenis_kelamin", "jumlah_penduduk", "tanggal")]
    for place, day in enumerate(days):
        for code, (name, count) in regions.items():
            for sex, more in (("LAKI-LAKI", 0), ("PEREMPUAN", 1_500)):
                rows.append((code, name, sex, f"{count + more + place * 250:,}".replace(",", "."), day))
    _write_csv(folder / "penduduk-dukcapil.csv", rows, delimiter=",", encoding="utf-8")
    projection = [("kode", "nama", "jumlah_penduduk", "tanggal"), ("9971", "Kota Contoh", 408_300, "30/06/2025")]
    projection.append(("9971", "Kota Contoh", 406_100, "30/06/2024"))
    _write_csv(folder / "penduduk-bps.csv", projection, delimiter=",", encoding="utf-8")


def _stamp(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"


def _write_csv(path: Path, rows: Rows, *, delimiter: str, encoding: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def _write_workbook(path: Path, sheets: dict[str, Rows]) -> None:
    """Write a workbook whose bytes do not depend on when it is written."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.properties.created = book.properties.modified = datetime(2026, 1, 12, 8)  # noqa: DTZ001 openpyxl takes naive
    draft = io.BytesIO()
    book.save(draft)
    with zipfile.ZipFile(draft) as saved, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in sorted(saved.namelist()):
            content = saved.read(name)
            if name == "docProps/core.xml":
                content = content.split(b"<dcterms:modified")[0] + b"</cp:coreProperties>"
            fixed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "kota-contoh")
