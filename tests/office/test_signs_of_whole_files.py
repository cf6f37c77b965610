"""Files that stop early, climb all year or were answered by a machine: readable, and never final unexplained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.clean.titled_periods import titled_months
from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office

INQUIRIES = {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab"}
OUTAGES = {"incident_id": "Nomor", "component": "Nomor", "started_at": "Masuk", "ended_at": "Jawab"}
START = datetime(2025, 1, 1, 8)


def kept(
    folder: Path,
    lines: list[str],
    source: dict[str, object],
    indicator: str,
    *,
    names: Sequence[str] = ("berkas",),
    **city: object,
) -> set[str]:
    """What keeps the result of 2025 provisional, by the public command; sources of several names are all the same."""
    write_office(folder, lines, *[source] * len(names), names=names, **city)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder))
        code, out, err = tolok(patch, "run", "kota", "2025")
        assert code == 0, out + err
        shown = json.loads(tolok(patch, "show", "kota", "2025", "--json")[1])
    result = next(row for row in shown if row["indicator"] == indicator)
    return {reason["code"] for reason in result["reasons"] if reason["keeps_provisional"]}


def spells(count: int, *, months: range, minutes: int = 90) -> list[str]:
    first = START.replace(month=months[0])
    step = timedelta(days=30.4 * len(months) / count)
    starts = [first + n * step for n in range(count)]
    return [
        "Nomor,Masuk,Jawab",
        *(f"N{n},{at:%Y-%m-%d %H:%M:%S},{at + timedelta(minutes=minutes, seconds=n)}" for n, at in enumerate(starts)),
    ]


@pytest.mark.parametrize(
    ("table", "columns", "indicator"),
    [("inquiries", INQUIRIES, "inquiry_response"), ("outages", OUTAGES, "it_downtime")],
)
@pytest.mark.parametrize(
    ("count", "months", "is_kept"),
    [
        (24, range(1, 7), True),
        (24, range(7, 13), True),
        (60, range(1, 11), True),
        (60, range(1, 13), False),
        (6, range(1, 5), False),
    ],
)
def test_months_without_rows_at_the_edges_of_the_year_are_seen_where_chance_does_not_explain_them(
    tmp_path: Path, table: str, columns: dict[str, str], indicator: str, count: int, months: range, is_kept: bool
) -> None:
    codes = kept(tmp_path, spells(count, months=months), {"table": table, "columns": columns}, indicator)
    assert ("empty_months_count" in codes) is is_kept


def test_explained_empty_months_keep_nothing_provisional(tmp_path: Path) -> None:
    explained = {"2025": {"empty_months_count": "kanal ditutup pada bulan Juli"}}
    source = {"table": "inquiries", "columns": INQUIRIES}
    lines = spells(40, months=range(1, 7))
    assert not kept(tmp_path, lines, source, "inquiry_response", judgement={"explained": explained})


def test_an_explanation_of_an_empty_month_does_not_cover_another(tmp_path: Path) -> None:
    explained = {"explained": {"2025": {"empty_months_count": "kanal ditutup pada bulan Juni"}}}
    source = {"table": "inquiries", "columns": INQUIRIES}
    header, *lines = spells(240, months=range(1, 13))
    june, august = ([line for line in lines if f",2025-{month}-" not in line[:16]] for month in ("06", "08"))
    for place, (given, is_kept) in enumerate([(june, False), (june[1:], False), (august, True), (june, False)]):
        codes = kept(tmp_path, [header, *given], source, "inquiry_response", judgement=explained)
        assert ("empty_months_count" in codes) is is_kept, place


@pytest.mark.parametrize(("minutes", "is_kept"), [(0, True), (5, False)])
def test_answers_within_a_minute_are_taken_for_automatic_replies(tmp_path: Path, minutes: int, is_kept: bool) -> None:
    lines = spells(60, months=range(1, 13), minutes=minutes)
    codes = kept(tmp_path, lines, {"table": "inquiries", "columns": INQUIRIES}, "inquiry_response")
    assert ("within_a_minute_pct" in codes) is is_kept


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([10_000 * n for n in range(1, 13)], {"climbing_pct"}),
        ([10_000, 0, *[9_000] * 10], {"zero_months_count"}),
        ([9_000 + 100 * (n % 5) for n in range(12)], set()),
        ([9_000 + 100 * n for n in range(12)], set()),
        # Summed anew in each quarter, or half year.
        ([(12_000 + 150 * n) * (n % 3 + 1) for n in range(12)], {"climbing_pct"}),
        ([(12_000 - 150 * n) * (n % 6 + 1) for n in range(12)], {"climbing_pct"}),
        ([12_000 + 2_000 * (n % 3) for n in range(12)], set()),
        # A counter that stood at 100.000 when the year began.
        ([100_000 + 5_000 * n for n in range(12)], {"climbing_pct"}),
    ],
)
def test_monthly_visits_that_climb_or_are_zero_are_not_final(
    tmp_path: Path, visits: list[int], expected: set[str]
) -> None:
    columns = {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": "Kunjungan"}
    constants = {"source_tool": "alat", "visit_definition": "kunjungan"}
    columns |= {name: {"constant": text} for name, text in constants.items()}
    lines = ["Bulan,Kunjungan", *(f"2025-{n:02},{count}" for n, count in enumerate(visits, 1))]
    codes = kept(tmp_path, lines, {"table": "visits", "grain": "month", "columns": columns}, "portal_visits")
    assert codes & {"climbing_pct", "zero_months_count"} == expected


@pytest.mark.parametrize(
    ("header", "is_other"),
    [
        ("Kunjungan Halaman", True),
        ("Tampilan", True),
        ("Klik", True),
        ("Jumlah Pengunjung", True),
        ("Kunjungan Pengunjung", False),
        ("Jumlah Kunjungan", False),
    ],
)
def test_a_header_of_pages_or_people_is_no_count_of_visits(tmp_path: Path, header: str, is_other: bool) -> None:
    columns = {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": header}
    lines = [f"Bulan,{header}", *(f"2025-{n:02},{9_000 + 100 * (n % 5)}" for n in range(1, 13))]
    codes = kept(tmp_path, lines, {"table": "visits", "grain": "month", "columns": columns}, "portal_visits")
    assert ("other_meanings_count" in codes) is is_other


def timed(count: int, *, hour: int, step: int = 7) -> list[tuple[str, datetime, datetime]]:
    """Tickets all over the year, received at an hour or up to so many later, each answered after a time of its own."""
    days = [datetime(2025, 1, 1) + timedelta(days=360 * n / count // 1, hours=hour + n % step) for n in range(count)]
    return [(f"N{n}", at, at + timedelta(hours=1, minutes=n)) for n, at in enumerate(days)]


def on_half_a_day(at: datetime) -> datetime:
    return at.replace(hour=at.hour % 12 or 12)


def with_header(header: str, **settings: object) -> dict[str, object]:
    return {**INQUIRIES, "responded_at": {"column": header, **settings}}


def lines_of(tickets: Sequence[tuple[object, ...]], *, header: str = "Jawab") -> list[str]:
    return [f"Nomor,Masuk,{header}", *(",".join(map(str, ticket)) for ticket in tickets)]


HALF_AN_HOUR = timedelta(minutes=30)
TICKETS = timed(60, hour=8, step=12)
LENGTHS = [(name, at, (end - at).seconds // 60) for name, at, end in TICKETS]


@pytest.mark.parametrize(("count", "is_kept"), [(15, True), (12, False)])
def test_a_channel_that_a_machine_answers_is_enough(tmp_path: Path, count: int, is_kept: bool) -> None:
    machine = [(n, at, at + timedelta(seconds=20 + k)) for k, (n, at, _) in enumerate(TICKETS[:count])]
    source = {"table": "inquiries", "columns": INQUIRIES}
    codes = kept(tmp_path, lines_of([*machine, *TICKETS[count:]]), source, "inquiry_response")
    assert ("within_a_minute_pct" in codes) is is_kept


@pytest.mark.parametrize(
    ("lines", "columns", "expected"),
    [
        (lines_of(TICKETS), INQUIRIES, set()),
        (
            lines_of([(n, on_half_a_day(a), on_half_a_day(a) + HALF_AN_HOUR) for n, a, _ in TICKETS]),
            INQUIRIES,
            {"hours_up_to_12_pct"},
        ),
        (lines_of([(n, a.replace(hour=0), b) for n, a, b in TICKETS]), INQUIRIES, {"midnight_starts_pct"}),
        (lines_of([*TICKETS, *[(f"B{n}", a, b) for n, a, b in TICKETS[:9]]]), INQUIRIES, {"rows_alike_pct"}),
        *(
            (
                lines_of([(n, a, f"{2 + k % 3}.{k * 7 % most:02}") for k, (n, a, _) in enumerate(TICKETS)]),
                with_header("Jawab", after="received_at", unit="hours", decimal="."),
                {"decimals_below_60_pct"} if most == 60 else set(),
            )
            for most in (60, 100)
        ),
        *(
            (lines_of(TICKETS, header=header), with_header(header), {"other_meanings_count"} if is_other else set())
            for header, is_other in {
                "Tanggal Disposisi": True,
                "tgl_terakhir_diubah": True,
                "ClosedDate": True,
                "Jawaban Otomatis": True,
                "Tanggal Verifikasi": True,
                "Batas Waktu Jawaban": True,
                "Terakhir Dijawab": False,
                "Selesai": False,
            }.items()
        ),
        *(
            (
                lines_of(LENGTHS, header=header),
                with_header(header, after="received_at", unit=unit),
                {"other_meanings_count"} if is_other else set(),
            )
            for header, unit, is_other in [
                ("Lama (jam)", "minutes", True),
                ("Lama (jam.menit)", "minutes", True),
                ("Menit", "minutes", False),
                ("Lama hari ini (menit)", "minutes", False),
                ("Lama", "minutes", False),
            ]
        ),
    ],
)
def test_clocks_copies_and_headers_that_say_something_else_are_not_final(
    tmp_path: Path, lines: list[str], columns: dict[str, object], expected: set[str]
) -> None:
    codes = kept(tmp_path, lines, {"table": "inquiries", "columns": columns}, "inquiry_response")
    assert codes - {"equal_durations_pct"} == expected


@pytest.mark.parametrize(("step", "is_kept"), [(10, True), (-10, False)])
def test_a_counter_read_every_day_is_no_count_of_the_day(tmp_path: Path, step: int, is_kept: bool) -> None:
    first = START.date()
    lines = ["Hari,Total", *(f"{first + timedelta(days=n)},{900_000 + step * n}" for n in range(365))]
    source = {"table": "visits", "columns": {"visited_on": "Hari", "visits_count": "Total"}}
    assert ("climbing_pct" in kept(tmp_path, lines, source, "portal_visits")) is is_kept


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Daftar Layanan Tahun 2023", {"old_register"}),
        ("Daftar Layanan Tahun 2025 (Perwal Nomor 5 Tahun 2019)", set()),
        ("Daftar Layanan menurut Perwal Nomor 5 Tahun 2019", set()),
    ],
)
def test_a_register_that_calls_itself_one_of_a_year_long_past_is_not_final(
    tmp_path: Path, title: str, expected: set[str]
) -> None:
    columns = {"service_id": "Kode", "is_accessible_online": "Info", "is_requestable_online": "Ajukan"}
    columns |= {"is_online_applicable": {"constant": "true"}}  # type: ignore[dict-item]
    lines = [title, "Kode,Info,Ajukan", *(f"L{n},{n % 3 > 0},{n % 2 > 0}".lower() for n in range(12))]
    source = {"table": "services", "columns": columns, "header_starts_with": "Kode", "covers": []}
    assert kept(tmp_path, lines, source, "online_services") == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["M1,Izin,true,2024-02-01,2024-02-01", "M2,Surat,true,,2024-01-31"], set()),
        (["M1,Izin,true,2024-02-01,2024-01-31"], {"online_before_start_pct"}),
        # A renewed service is held against its first start.
        ([f"L{n},Layanan {n},true,2025-06-01,201{n}-06-01" for n in range(9)], set()),
    ],
)
def test_services_online_before_their_first_start_are_a_sign_of_a_wrong_column(
    tmp_path: Path, rows: list[str], expected: set[str]
) -> None:
    flags = ("is_accessible_online", "is_requestable_online")
    names = ("service_id", "name", *flags, "valid_from_on", "online_from_on")
    whole = [f"L{n},Layanan {n},true,200{n}-01-01,201{n}-06-01" for n in range(9)]
    lines = [",".join(names), *(line.replace("true", "true,true") for line in (*whole, *rows))]
    columns = {name: name for name in names}
    source = {"table": "services", "columns": columns, "covers": []}
    assert kept(tmp_path, lines, source, "online_services") == expected


@pytest.mark.parametrize(("later_id", "expected"), [("L{n}", set()), ("M{n}", {"rows_alike_pct"})])
def test_a_service_with_a_row_for_each_span_of_days_is_one_and_under_another_number_counted_twice(
    tmp_path: Path, later_id: str, expected: set[str]
) -> None:
    names = ("service_id", "name", "agency", "is_accessible_online", "is_requestable_online", "valid_from_on")
    lines = [
        ",".join((*names, "valid_to_on")),
        *(f"L{n},Izin {n},Dinas A,true,false,2020-01-01,{'2026-03-31' if n < 9 else ''}" for n in range(40)),
        "L99,Izin lama,Dinas A,true,false,2020-01-01,2022-01-01",
        *(f"{later_id.format(n=n)},Izin {n},Dinas A,true,true,2025-04-01," for n in range(9)),
    ]
    if not expected:
        lines[-9:] = [line.replace("2025-04-01", "2026-04-01") for line in lines[-9:]]
    columns = {**{name: name for name in (*names, "valid_to_on")}, "is_online_applicable": {"constant": "true"}}
    source = {"table": "services", "columns": columns, "covers": []}
    assert kept(tmp_path, lines, source, "online_services") == expected


TITLED: dict[str, Sequence[int]] = {
    "Laporan periode Januari s.d. Juni 2025": range(1, 7),
    "Aduan 1 Januari 2025 s.d. 30 November 2025": range(1, 12),
    "Rekap Februari - Maret 2025": range(2, 4),
    "Triwulan III Tahun 2025": range(7, 10),
    "Semester 2 2025": range(7, 13),
    "Gangguan Maret 2025": [3],
    "Keadaan s.d. 31 Desember 2025": [],
    "Aduan s.d. 31 Oktober 2025": range(1, 11),
    "Laporan Aduan Tahun 2025": range(1, 13),
    "Dicetak bulan Januari 2025": [],
    "Bandung, 5 Januari 2025": [],
    "Peraturan Nomor 5 Tahun 2025": [],
    "Laporan Aduan SP4N-LAPOR!": [],
    "Aduan 2024 dan 2025": [],
}


@pytest.mark.parametrize("title", TITLED)
def test_a_title_tells_its_months(title: str) -> None:
    assert list(titled_months(title)) == [(2025, month) for month in TITLED[title]]


@pytest.mark.parametrize(("months", "is_kept"), [("Januari s.d. Juni 2025", True), ("Tahun 2025", False)])
def test_a_title_that_names_less_than_what_is_covered_is_not_final(tmp_path: Path, months: str, is_kept: bool) -> None:
    lines = [f"Laporan {months}", "id,masuk,jawab"]
    for n in range(60):
        start = START + timedelta(days=6 * n, minutes=n)
        lines.append(f"{n},{start:%Y-%m-%d %H:%M},{start + timedelta(hours=30 + n):%Y-%m-%d %H:%M}")
    columns = {"inquiry_id": "id", "received_at": "masuk", "responded_at": "jawab"}
    source = {"table": "inquiries", "header_starts_with": "id", "columns": columns}
    assert ("title_of_part" in kept(tmp_path, lines, source, "inquiry_response")) is is_kept


@pytest.mark.parametrize(("unit", "is_kept"), [(None, True), ("thousands", False)])
def test_a_scale_above_the_table_is_to_be_declared(tmp_path: Path, unit: str | None, is_kept: bool) -> None:
    count = {"column": "Kunjungan", **({"unit": unit} if unit else {})}
    columns = {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": count}
    lines = ["Kunjungan portal (dalam ribuan)", "Bulan,Kunjungan", *(f"2025-{n:02},{90 + n % 5}" for n in range(1, 13))]
    source = {"table": "visits", "grain": "month", "columns": columns, "header_starts_with": "Bulan"}
    assert ("scale_in_title" in kept(tmp_path, lines, source, "portal_visits")) is is_kept
