"""10.3 from the ministry's workbook: not computable alone, with a reason; a value with the follow-up log beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.connectors.test_file_presets import sp4n_row, write_sp4n

YAML = """
city: kota-uji
name: Kota Uji
zone: {zone}
region_codes: {{kemendagri: "73.71"}}
sources:
  sp4n:
    system: sp4n_lapor
    path: data/rekap.xlsx
    extracted_at: 2026-02-01T08:00:00
    covers: [{{first_on: 2026-01-01, last_on: 2026-01-31}}]
"""
RESPONSES = "    responses: {path: data/tindak-lanjut.csv}\n"
REPORTS = [
    sp4n_row("7100900.0", "3 Jan 2026 08:00", **{"Status Laporan": "Ditutup oleh Admin"}),
    sp4n_row(7100901, "4 Jan 2026 08:00", **{"Status Laporan": "Ditutup oleh Sistem"}),
    sp4n_row(7100902, "5 Jan 2026 08:00", **{"Status Laporan": "Ditanggapi oleh Pelapor", "Sumber Laporan": "SMS"}),
    sp4n_row(7100903, "6 Jan 2026 08:00", **{"Status Laporan": "Diarsipkan oleh Admin", "Alasan Tunda/Arsip": "Spam"}),
]
LOG = """\
Tracking ID;Waktu;Pelaku;Jenis;Catatan
7100900;03/01/2026 08:30;Admin;Disposisi;-
7100900;04/01/2026 08:00;Dinas Perhubungan;Tanggapan Instansi;-
7100900;05/01/2026 08:00;Admin;Ditutup;-
7100901;05/01/2026 08:00;Admin;Disposisi;-
7100901;14/01/2026 08:00;Sistem;Ditutup oleh Sistem;-
7100902;05/01/2026 20:00;Dinas Perhubungan;Tanggapan Instansi;-
7100902;06/01/2026 08:00;Warga;Tanggapan Pelapor;-
"""


def prepared(home: Path, *, has_log: bool, zone: str = "Asia/Jakarta") -> None:
    data = home / "cities" / "data"
    data.mkdir(parents=True)
    write_sp4n(data / "rekap.xlsx", REPORTS)
    (home / "cities" / "kota-uji.yaml").write_text(YAML.format(zone=zone) + (RESPONSES if has_log else ""), "utf-8")
    if has_log:
        (data / "tindak-lanjut.csv").write_text(LOG, "utf-8")


def result() -> dict[str, Any]:
    steps.run("kota-uji", "2026-01")
    rows = Warehouse(Settings.from_environment().warehouse_url).current("kota-uji", "2026-01")
    return next(row for row in rows if row["indicator"] == "inquiry_response")


def test_the_export_alone_is_not_computable_and_says_what_to_ask_for(home: Path) -> None:
    prepared(home, has_log=False)
    row = result()
    assert (row["value"], row["status"]) == (None, "not_computable")
    assert "Minta log tindak lanjut" in row["reason"]
    assert "Ask for the follow-up log" in row["reason"]
    assert "KemenPANRB" in row["reason"]
    assert row["rows"]["excluded"]["spam"] == 1


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar"])
def test_with_the_follow_up_log_the_first_answer_of_an_agency_counts(home: Path, zone: str) -> None:
    prepared(home, has_log=True, zone=zone)
    row = result()
    assert (row["numerator"], row["denominator"], row["value"]) == (24 + 12, 2, 0.75)
    assert row["rows"]["excluded"] == {"open": 1, "spam": 1}
