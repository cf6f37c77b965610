"""Write the exports of the invented Provinsi Contoh: three cities from 2023 to June 2026, in plain formats.

    python samples/generate_province.py [FOLDER]

Seeded: the same bytes every time. `later/` holds what came after the first runs: complaints of 2024 that were entered
late, and a corrected outage of 2023; `readiness/` forms with evidence of two years. No rows are of real persons or
places.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

YEARS = (2023, 2024, 2025, 2026)
LAST_ON = date(2026, 6, 30)
LATE_COUNT = 24
AGENCIES = {
    "Dinas Pekerjaan Umum": "Jalan rusak",
    "Dinas Perhubungan": "Lampu jalan",
    "Dinas Kesehatan": "Puskesmas",
    "Dinas Lingkungan Hidup": "Sampah",
    "Dinas Kependudukan": "Administrasi kependudukan",
}
CHANNELS = ("LAPOR!", "WhatsApp", "Telepon", "Tatap muka")
COMPONENTS = ("Jaringan inti", "Pusat data", "Server surel", "Basis data", "Portal data")
CAUSES = ("Listrik PLN", "Perangkat keras", "Jaringan penyedia", "Pembaruan")
KINDS = ("Izin", "Surat keterangan", "Pendaftaran", "Permohonan data", "Pembayaran", "Legalisasi")
SHARED = {
    **{1: "renja.pdf", 2: "renstra.pdf", 4: "daftar-hadir.pdf"},
    **{5: "aplikasi.pdf", 6: "pemangku.pdf", 9: "notulen.pdf"},
}
UNPROVEN = {
    **{(2024, False): "answer: Tidak", (2024, True): "answer: Ya"},
    **{(2025, False): "answer: Tidak", (2025, True): "answer: Ya, tolok: Terima"},
}
SUBJECTS = (
    "reklame",
    "usaha mikro",
    "domisili",
    "bangunan",
    "parkir",
    "makam",
    "rumah susun",
    "pasar",
    "air tanah",
    "acara",
)
Rows = Iterable[Sequence[object]]


@dataclass(frozen=True)
class Story:
    """How a city did, year by year: visits a day, mean hours to an answer by agency, outages, services online."""

    city: str
    code: str
    inhabitants: int
    visits: tuple[int, ...]
    tickets: int
    hours: tuple[float, ...]
    slow_agency: str
    outages: tuple[int, ...]
    outage_hours: tuple[float, ...]
    services: int
    online: tuple[int, ...]
    silent: tuple[date, date] | None = None


STORIES = (
    Story(
        *("kota-bahari", "9971", 412_000, (620, 760, 930, 1010), 260, (96, 78, 58, 50), "Dinas Pekerjaan Umum"),
        *((26, 22, 18, 8), (5.5, 4.6, 3.4, 3.2), 60, (24, 33, 41, 44)),
    ),
    Story(
        *("kota-lembah", "9972", 268_000, (410, 430, 400, 390), 200, (52, 60, 74, 81), "Dinas Perhubungan"),
        *((14, 17, 21, 12), (3.0, 3.6, 4.8, 5.0), 48, (22, 24, 25, 26)),
        silent=(date(2024, 3, 4), date(2024, 3, 21)),
    ),
    Story(
        *("kab-hulu", "9901", 187_000, (90, 120, 170, 240), 120, (170, 150, 118, 104), "Dinas Kesehatan"),
        *((9, 9, 8, 4), (9.0, 8.2, 7.5, 7.1), 36, (6, 9, 15, 18)),
    ),
)


def main(folder: Path) -> None:
    """Write every city's exports into `folder/exports`, what came later into `folder/later`."""
    for story in STORIES:
        random.seed(story.code)
        exports = folder / "exports" / story.city
        exports.mkdir(parents=True, exist_ok=True)
        write(exports / "kunjungan.csv", visits(story))
        write(exports / "layanan.csv", services(story))
        write(exports / "penduduk.csv", population(story))
        for place, year in enumerate(YEARS):
            write(exports / f"pengaduan-{year}.csv", tickets(story, place, year))
            write(exports / f"gangguan-{year}.csv", outages(story, place, year))
    first = STORIES[0]
    write_readiness(folder / "readiness" / first.city)
    later = folder / "later" / first.city
    later.mkdir(parents=True, exist_ok=True)
    random.seed("later")
    write(later / "pengaduan-2024-susulan.csv", late_tickets(first))
    write(later / "gangguan-2023.csv", corrected(folder / "exports" / first.city / "gangguan-2023.csv"))


def write_readiness(folder: Path) -> None:
    """The readiness forms of two years with small documents as evidence; in the second year more is proven."""
    for year, proven in ((2024, (1, 3, 5)), (2025, (1, 2, 3, 4, 5, 6))):
        lines = ["region: kota-bahari", f"year: {year}", "answers:"]
        for clause in ("10.1", "10.2", "10.3", "10.4"):
            lines.append(f"  {clause}:")
            for theme in range(1, 10):
                answer = (
                    _proven(folder / str(year), clause, theme) if theme in proven else UNPROVEN[year, theme in (7, 8)]
                )
                lines.append(f"    {theme}: {{{answer}}}")
        (folder / str(year) / "formulir.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def _proven(folder: Path, clause: str, theme: int) -> str:
    """A yes with its evidence: a decree of its own for those responsible, else a document that all indicators share."""
    name, place = SHARED.get(theme, "sk.pdf"), folder / ("bersama" if theme in SHARED else f"{clause}/{theme}")
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(document(f"{name.removesuffix('.pdf')} {place.parent.name}, Kota Bahari {folder.name}"))
    valid = "" if theme in SHARED else f", valid_until: {int(folder.name) + 1}-02-28"
    return f"answer: Ya, unit: Diskominfo, evidence: [{{file: {name}, date: {folder.name}-03-01{valid}}}]"


def document(title: str) -> bytes:
    """A PDF of one page that says its title."""
    text = f"BT /F1 18 Tf 72 720 Td ({title}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%b endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def visits(story: Story) -> Iterator[Sequence[object]]:
    """Visits by day, more in the week and in August, none while the tool was silent."""
    yield "tanggal", "kunjungan"
    day = date(YEARS[0], 1, 1)
    while day <= LAST_ON:
        usual = story.visits[day.year - YEARS[0]] * (0.7 if day.weekday() > 4 else 1.1) * (1.3 if day.month == 8 else 1)
        count = round(usual * random.uniform(0.85, 1.15))
        if story.silent is None or not story.silent[0] <= day <= story.silent[1]:
            yield f"{day:%d/%m/%Y}", count
        day += timedelta(days=1)


def services(story: Story) -> Iterator[Sequence[object]]:
    """The register: a row for each service and each span of days in which its answers were the same."""
    yield "kode", "layanan", "opd", "sektor", "daring", "dimohon", "berlaku_mulai", "berlaku_sampai"
    agencies = list(AGENCIES)
    for number in range(story.services):
        name = f"{KINDS[number // 10]} {SUBJECTS[number % 10]}"
        named = (f"L{number:03d}", name, agencies[number % 5], ("Umum", "Usaha", "Sosial")[number % 3])
        since = next((year for year, count in zip(YEARS, story.online, strict=True) if number < count), None)
        if since is None:
            yield (*named, "Ya" if number % 2 else "Tidak", "Tidak", "01/01/2020", "")
        elif since == YEARS[0]:
            yield (*named, "Ya", "Ya", "01/01/2020", "")
        else:
            yield (*named, "Ya" if number % 2 else "Tidak", "Tidak", "01/01/2020", f"31/03/{since}")
            yield (*named, "Ya", "Ya", f"01/04/{since}", "")
    yield ("L990", "Layanan lama", agencies[0], "Umum", "Tidak", "Tidak", "01/01/2020", "30/06/2022")


def population(story: Story) -> Iterator[Sequence[object]]:
    """Registered inhabitants on 30 June of each year."""
    yield "kode", "jumlah", "tanggal"
    for place, year in enumerate(YEARS):
        yield story.code, round(story.inhabitants * 1.011**place), f"30/06/{year}"


def tickets(story: Story, place: int, year: int) -> Iterator[Sequence[object]]:
    """Complaints of a year with their first answers; the last weeks of an open year have some without."""
    yield "nomor", "kanal", "opd", "kategori", "masuk", "dijawab"
    last = min(date(year, 12, 31), LAST_ON)
    days = (last - date(year, 1, 1)).days + 1
    for number in range(story.tickets * days // 365):
        at = _moment(date(year, 1, 1), minutes=random.randrange(days * 1440))
        yield _ticket(f"{year}-{number:04d}", at, story, story.hours[place])


def late_tickets(story: Story) -> Iterator[Sequence[object]]:
    """Complaints of November 2024 that a desk entered in February."""
    yield "nomor", "kanal", "opd", "kategori", "masuk", "dijawab"
    for number in range(LATE_COUNT):
        at = _moment(date(2024, 11, 4), minutes=random.randrange(20 * 1440))
        yield _ticket(f"2024-S{number:03d}", at, story, 190)


def _ticket(number: str, at: datetime, story: Story, hours: float) -> Sequence[object]:
    agency = random.choice([*AGENCIES, story.slow_agency])
    wait = random.expovariate(1 / hours) * (2.2 if agency == story.slow_agency else 0.8)
    answered_at = at + timedelta(minutes=5 + min(round(wait * 60), 60 * 24 * 40))
    is_open = answered_at.date() > LAST_ON
    return number, random.choice(CHANNELS), agency, AGENCIES[agency], _stamp(at), "" if is_open else _stamp(answered_at)


def outages(story: Story, place: int, year: int) -> Iterator[Sequence[object]]:
    """Outages of a year, each within it, a quarter of them planned."""
    yield "nomor", "komponen", "penyebab", "jenis", "mulai", "selesai"
    days = (min(date(year, 12, 28), LAST_ON - timedelta(days=4)) - date(year, 1, 2)).days
    for number in range(story.outages[place]):
        at = _moment(date(year, 1, 2), minutes=round(days * 1440 * (number + random.random()) / story.outages[place]))
        is_planned = number % 4 == 3
        hours = 2.0 if is_planned else random.uniform(0.4, 1.6) * story.outage_hours[place]
        kind, cause = ("Terencana", "Pembaruan") if is_planned else ("Tidak terencana", random.choice(CAUSES[:3]))
        ends = at + timedelta(minutes=round(hours * 60))
        yield f"{year}-G{number:02d}", random.choice(COMPONENTS), cause, kind, _stamp(at), _stamp(ends)


def corrected(path: Path) -> Iterator[Sequence[object]]:
    """The register with the end of its third outage three hours earlier, as the provider's letter proved."""
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8")), delimiter=";"))
    ended_at = datetime.strptime(rows[3][5], "%d/%m/%Y %H:%M") - timedelta(hours=3)  # noqa: DTZ007 local clock
    rows[3][5] = _stamp(ended_at)
    yield from rows


def _moment(day: date, *, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001 local clock


def _stamp(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"


def write(path: Path, rows: Rows) -> None:
    """A CSV as Indonesian spreadsheets write it."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "provinsi-contoh")
