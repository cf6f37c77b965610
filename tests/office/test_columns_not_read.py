"""Columns that nothing reads, though they tell which rows count: never final unsaid."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office
from tests.office.test_signs_of_whole_files import kept

REGISTER: dict[str, Any] = {
    "table": "services",
    "columns": {
        "service_id": "Kode",
        "is_accessible_online": {"column": "A", "values": {"Ya": "true", "Tidak": "false"}},
        "is_requestable_online": {"column": "B", "values": {"Ya": "true", "Tidak": "false"}},
    },
    "covers": [],
}
NOT_OFFERED = {"exclude": {"not_offered": {"column": "Status", "values": ["Tidak Aktif"]}}}
EXPLAINED = {"judgement": {"explained": {"2025": {"unread_states_count": "menyebut tahap pengisian daftar"}}}}


def register(header: str) -> list[str]:
    rows = [f"L{n},Ya,{'Ya' if n % 2 else 'Tidak'},{'Aktif' if n % 3 else 'Tidak Aktif'}" for n in range(12)]
    return [f"Kode,A,B,{header}", *rows]


@pytest.mark.parametrize(
    ("header", "settings", "is_kept"),
    [
        ("Status", {}, True),
        ("Aktif/Tidak", {}, True),
        ("Status Pengajuan", {}, False),
        ("Status", NOT_OFFERED, False),
    ],
)
def test_a_register_whose_state_of_services_is_not_read_is_not_final(
    tmp_path: Path, header: str, settings: dict[str, Any], is_kept: bool
) -> None:
    expected = {"unread_states_count"} if is_kept else set()
    assert kept(tmp_path, register(header), {**REGISTER, **settings}, "online_services") == expected


def test_a_state_that_is_the_same_of_all_tells_nothing_apart(tmp_path: Path) -> None:
    lines = [line.replace("Tidak Aktif", "AKTIF ") for line in register("Status")]
    assert kept(tmp_path, lines, REGISTER, "online_services") == set()


DESK: dict[str, Any] = {
    "table": "inquiries",
    "nulls": ["-"],
    "columns": {"inquiry_id": "id", "received_at": "masuk", "responded_at": "dijawab"},
}
NEVER_DELETED, DELETED = ("", "-"), ("", "2025-12-01 08:00:00")


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize(
    ("header", "values", "settings", "is_kept"),
    [
        ("deleted_at", DELETED, {}, True),
        ("isDeleted", ("0", "1"), {}, True),
        ("Dihapus", ("Tidak", "Ya"), {}, True),
        ("deleted_at", NEVER_DELETED, {}, False),
        ("deleted_by_mail", DELETED, {}, False),
        ("deleted_at", DELETED, {"exclude": {"duplicate": {"column": "deleted_at", "contains": ["20"]}}}, False),
    ],
)
def test_deleted_rows_that_nothing_leaves_out_are_never_final_unsaid(
    tmp_path: Path, form: str, header: str, values: tuple[str, str], settings: dict[str, Any], is_kept: bool
) -> None:
    starts = [datetime(2025, 1, 1, 8) + timedelta(days=2 * n, minutes=n) for n in range(180)]
    rows = [
        {
            "id": f"T{n}",
            "masuk": f"{at}",
            "dijawab": f"{at + timedelta(hours=1, minutes=n)}",
            header: values[n % 9 == 4],
        }
        for n, at in enumerate(starts)
    ]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)] if form == "csv" else [json.dumps(rows)]
    codes = kept(tmp_path, lines, {**DESK, **settings, "format": form}, "inquiry_response")
    assert codes == ({"unread_deletions_count"} if is_kept else set())


def test_a_state_that_nothing_reads_is_seen_within_a_zip_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "daftar.zip", "w") as archive:
        archive.writestr("daftar.csv", "\n".join([*register("Status"), ""]))
    zipped = {**REGISTER, "path": "daftar.zip"}
    assert kept(tmp_path, ["x"], zipped, "online_services") == {"unread_states_count"}


def test_a_state_that_tells_of_no_service_that_ended_is_explained(tmp_path: Path) -> None:
    assert kept(tmp_path, register("Status"), REGISTER, "online_services", **EXPLAINED) == set()


BY_PAGE: dict[str, Any] = {
    "table": "visits",
    "grain": "month",
    "columns": {"visited_on": {"column": "Bulan", "format": "%Y-%m"}, "visits_count": "Sesi"},
}
SUMMED = {"combine": {"by": ["visited_on"], "how": "sum"}}
WITHOUT_NEWS = {"exclude": {"other_portal": {"column": "Halaman", "values": ["/berita"]}}}


@pytest.mark.parametrize(
    ("header", "settings", "is_kept"),
    [
        ("Halaman", SUMMED, True),
        ("Halaman", {**SUMMED, **WITHOUT_NEWS}, True),
        ("Halaman arahan", SUMMED, False),
        ("Halaman", {"exclude": {"other_portal": {"column": "Halaman", "values": ["/data", "/berita"]}}}, False),
    ],
)
def test_visits_that_are_summed_over_pages_are_not_final(
    tmp_path: Path, header: str, settings: dict[str, Any], is_kept: bool
) -> None:
    pages = {"/": 9_000, "/data": 5_100, "/berita": 3_300}
    rows = [f"2025-{n:02},{page},{count + 100 * (n % 5)}" for n in range(1, 13) for page, count in pages.items()]
    codes = kept(tmp_path, [f"Bulan,{header},Sesi", *rows], {**BY_PAGE, **settings}, "portal_visits")
    assert codes == ({"summed_pages_count"} if is_kept else set())


def test_what_is_left_of_a_file_with_an_erased_row_still_tells_the_columns_that_nothing_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_office(tmp_path, register("Status"), REGISTER)
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    words = ("erase", "kota", "--table", "services", "--ids", "-", "--ground", "surat 12/2026")
    assert tolok(monkeypatch, "run", "kota", "2025")[0] == 0
    with patch("sys.stdin", io.TextIOWrapper(io.BytesIO(b"L3\n"))):
        assert tolok(monkeypatch, *words)[0] == 0
    assert tolok(monkeypatch, "run", "kota", "2025")[0] == 0
    (result,) = [
        row
        for row in json.loads(tolok(monkeypatch, "show", "kota", "2025", "--json")[1])
        if row["indicator"] == "online_services"
    ]
    assert result["rows"]["excluded"] == {"erased": 1}
    assert "unread_states_count" in {reason["code"] for reason in result["reasons"]}
