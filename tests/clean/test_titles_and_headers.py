"""What lines above a table and its headers say, against what the settings read from it."""

from __future__ import annotations

import pytest

from pipeline.clean.headers import other_meanings, title_remarks, unread_headers
from pipeline.clean.titled_periods import title_of_part, titled_months
from pipeline.config.source import Source


def source_of(table: str, columns: dict[str, object], **settings: object) -> Source:
    return Source.model_validate({"table": table, "path": "x", "format": "csv", "columns": columns, **settings})


VISITS = {"visited_on": "hari", "visits_count": "n"}


@pytest.mark.parametrize(
    ("title", "months"),
    [
        ("Laporan Periode Januari s.d. Maret 2025", [1, 2, 3]),
        ("Periode Februari - April 2025", [2, 3, 4]),
        ("Bulan Mei 2025", [5]),
        ("s.d. Juni 2025", [1, 2, 3, 4, 5, 6]),
        ("Triwulan II 2025", [4, 5, 6]),
        ("Semester 2 Tahun 2025", [7, 8, 9, 10, 11, 12]),
        ("Kuartal ke-4 2025", [10, 11, 12]),
        ("Triwulan 1 Tahun 2025", [1, 2, 3]),
        ("Tahun 2025", list(range(1, 13))),
        ("Dicetak bulan Mei 2025", []),
        ("Jakarta, 3 Mei 2025", []),
        ("1 Mei 2025 s.d. 30 Juni 2025", [5, 6]),
        ("Mei 2024 dan Mei 2025", []),
        ("Data 2025", []),
    ],
)
def test_a_title_names_the_months_it_is_of(title: str, months: list[int]) -> None:
    assert list(titled_months(title)) == [(2025, month) for month in months]


def test_months_of_the_declared_days_that_no_title_names_are_told_where_every_file_has_one() -> None:
    source = source_of("visits", VISITS, covers=[{"first_on": "2024-12-15", "last_on": "2025-06-02"}])
    titles = ["Tanpa waktu", "Triwulan I 2025", "Bulan Mei 2025"]
    (remark,) = title_of_part(titles, source, files_count=2, name="situs")
    assert remark.code == "title_of_part"
    assert remark.en.startswith("situs: by the title above the table, it lacks 3 months of 'covers', from 2024-12")
    assert title_of_part(titles, source, files_count=3, name="situs") == []
    assert title_of_part(["Tahun 2024", "Tahun 2025"], source, files_count=2, name="situs") == []


@pytest.mark.parametrize(
    ("table", "title", "codes"),
    [
        ("visits", "(dalam ribuan)", ["scale_in_title"]),
        ("visits", "Kunjungan 2019", []),
        ("services", "Daftar Layanan Tahun 2024", ["old_register"]),
        ("services", "Daftar Layanan Tahun 2025", []),
        ("services", "Daftar Layanan 2019, diubah 2025", []),
        ("services", "Menurut Perwal Nomor 5 Tahun 2019", []),
    ],
)
def test_a_scale_or_a_year_long_past_above_a_table_is_told(table: str, title: str, codes: list[str]) -> None:
    columns = (
        VISITS if table == "visits" else {"service_id": "no", "is_accessible_online": "a", "is_requestable_online": "b"}
    )
    found = title_remarks([title], source_of(table, columns), name="x", extracted_on="2026-01-10T08:00:00+07:00")
    assert [remark.code for remark in found] == codes
    assert title_remarks([title], source_of(table, columns), name="x", extracted_on="") == [
        remark for remark in found if remark.code == "scale_in_title"
    ]
    assert all("2026-01-10." in remark.en or remark.code != "old_register" for remark in found)


@pytest.mark.parametrize(
    ("columns", "others"),
    [
        (VISITS | {"visits_count": "Page Views"}, {"visits_count": "Page Views"}),
        (VISITS | {"visits_count": "uniqueVisitors_n"}, {"visits_count": "uniqueVisitors_n"}),
        (VISITS | {"visits_count": "Kunjungan Pengunjung"}, {}),
        (VISITS | {"visits_count": "Kunjungan (ribu)"}, {"visits_count": "Kunjungan (ribu)"}),
        (VISITS | {"visits_count": {"column": "Kunjungan (ribu)", "unit": "thousands"}}, {}),
        (
            VISITS | {"visits_count": {"column": "Kunjungan (juta)", "unit": "thousands"}},
            {"visits_count": "Kunjungan (juta)"},
        ),
    ],
)
def test_a_header_of_another_thing_or_scale_is_named(columns: dict[str, object], others: dict[str, str]) -> None:
    assert other_meanings(source_of("visits", columns)) == others


@pytest.mark.parametrize(
    ("header", "unit", "is_other"),
    [
        ("Lama (jam)", "hours", False),
        ("Lama (menit)", "hours", True),
        ("Lama gangguan hari (jam)", "hours", False),
        ("Durasi jam menit", "minutes", True),
        ("Durasi (menit)", "clock", True),
        ("Durasi (jam:menit)", "clock", False),
        ("Lama", "hours", False),
        ("Lama (menit)", "words", False),
    ],
)
def test_a_header_that_names_another_unit_of_length_is_named(header: str, unit: str, is_other: bool) -> None:
    columns = {
        **{"incident_id": "no", "component": {"constant": "A"}, "started_at": "mulai"},
        "ended_at": {"column": header, "after": "started_at", "unit": unit},
    }
    assert other_meanings(source_of("outages", columns)) == ({"ended_at": header} if is_other else {})


def test_a_time_of_forwarding_is_no_response_whatever_else_its_header_says() -> None:
    for header, is_other in (("Tanggal Disposisi Jawaban", True), ("Terakhir Dijawab", False), ("Terakhir", True)):
        columns: dict[str, object] = {"inquiry_id": "no", "received_at": "masuk", "responded_at": header}
        assert other_meanings(source_of("inquiries", columns)) == ({"responded_at": header} if is_other else {})


STATES = [
    *("Status", "STATUS LAYANAN", "Status Aktif", "Aktif", "Keaktifan", "Aktif/Tidak", "Aktif / Tidak Aktif"),
    *(
        "isActive",
        "Is Active",
        "Active",
        "Status (Aktif/Tidak Aktif)",
        "Masih Aktif?",
        "service_status",
        "Non-Aktif",
        "Dicabut",
    ),
]
OTHER_STATES = ["Status Pengajuan", "Status Verifikasi", "Aktivitas", "Tanggal Aktif", "Masa Berlaku", "Nama Layanan"]


def test_a_state_in_which_a_service_does_not_count_is_found_among_the_headers_that_nothing_reads() -> None:
    columns: dict[str, object] = {"service_id": "no", "is_accessible_online": "a", "is_requestable_online": "b"}
    headers = [*STATES, *OTHER_STATES, "no"]
    assert unread_headers(headers, source_of("services", columns)) == sorted(STATES)
    exclude = {"not_offered": [{"column": name, "values": ["tidak"]} for name in STATES]}
    assert unread_headers(headers, source_of("services", columns, exclude=exclude)) == []
    assert unread_headers(headers, source_of("visits", VISITS)) == []


PAGES = [
    *("Halaman", "Page", "URL", "Page path", "pagePath", "Page path and screen class", "Judul halaman", "Page title"),
    *("Jalur halaman dan kelas layar", "Full page URL", "Alamat Halaman"),
]
NO_PAGES = ["Landing page", "Halaman arahan", "Entry page", "Page views", "Pages / session", "Jumlah halaman", "hari"]


def test_pages_are_found_among_the_headers_of_visits_that_are_summed() -> None:
    summed: dict[str, object] = {"combine": {"by": ["visited_on"], "how": "sum"}}
    assert unread_headers([*PAGES, *NO_PAGES], source_of("visits", VISITS, **summed)) == sorted(PAGES)
    last: dict[str, object] = {"combine": {"by": ["visited_on"], "how": "last", "order_by": "jam"}}
    assert unread_headers(PAGES, source_of("visits", VISITS, **last)) == []
    assert unread_headers(["Page"], source_of("visits", {**VISITS, "portal_id": "Page"}, **summed)) == []
