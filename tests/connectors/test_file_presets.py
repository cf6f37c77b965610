"""Help desks read from exports: each preset stands the standard suite on files laid out as its system writes them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from connectors.registry import preset
from pipeline.config.presets import with_presets
from pipeline.config.source import Source
from testing.cases import PERSON, ZONE, Case, FakeFiles, Record
from testing.connector_suite import ConnectorSuite

SP4N_COLUMNS = (
    "Tracking ID",
    "Tanggal Laporan Masuk",
    "Waktu Laporan Masuk",
    "Nama Pelapor",
    "Klasifikasi Laporan",
    "ID Kategori",
    "Kategori",
    "Judul Laporan",
    "Isi Laporan Awal",
    "Isi Laporan Akhir",
    "Tipe Laporan",
    "Sumber Laporan",
    "Instansi Induk",
    "ID Instansi Terdisposisi",
    "Instansi Terdisposisi",
    "Status Laporan",
    "Alasan Tunda/Arsip",
    "Provinsi",
    "Kota/Kabupaten",
    "Kecamatan",
    "Kelurahan",
    "Nomor SK",
    "Url SK",
    "Url Dokumen Laporan Tahunan",
    "Laporan yang Masuk melalui Kanal Aduan Setwapres",
    "Rating",
)
LAPOR_COLUMNS = (
    "id",
    "TrackingID",
    "Pelapor",
    "JudulLaporan",
    "IsiLaporan",
    "DisposisiInstansi",
    "DisposisiInstansiID",
    "Kategori",
    "KategoriID",
    "Status",
    "Area",
    "AreaID",
    "TanggalLaporanMasuk",
    "TanggalDisposisi",
    "TanggalLaporanDitutup",
    "TanggalLaporanAktivitasTerakhir",
    "TimestampLaporanMasuk",
    "TimestampTanggalDisposisi",
    "TimestampTanggalAktivitasTerakhir",
    "TimestampTanggalLaporanDitutup",
    "created_at",
    "updated_at",
)
OSTICKET_COLUMNS = (
    "Ticket Number",
    "Date Created",
    "Subject",
    "From",
    "From Email",
    "Priority",
    "Department",
    "Help Topic",
    "Source",
    "Current Status",
    "Last Updated",
    "SLA Due Date",
    "SLA Plan",
    "Due Date",
    "Closed Date",
    "Overdue",
    "Merged",
    "Linked",
    "Answered",
    "Agent Assigned",
    "Team Assigned",
    "Thread Count",
    "Reopen Count",
)
MONTHS = ("Jan", "Peb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agt", "Sep", "Okt", "Nop", "Des")


def sp4n_row(tracking_id: object, at: str, **fields: str) -> list[object]:
    """A report as the workbook has it; `at` is `3 Jan 2026 04:54`."""
    day, time = at.rsplit(" ", 1)
    given = {
        "Tracking ID": tracking_id,
        "Tanggal Laporan Masuk": day,
        "Waktu Laporan Masuk": time,
        "Nama Pelapor": PERSON,
        "Isi Laporan Awal": f"Hubungi {PERSON}",
        "Tipe Laporan": "Rahasia",
        "Kategori": "Lampu jalan",
        "Sumber Laporan": "Website",
        "Instansi Terdisposisi": "Dinas Perhubungan",
        "Status Laporan": "Terverifikasi",
    }
    return [{**given, **fields}.get(name, "-") for name in SP4N_COLUMNS]


def write_sp4n(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A workbook with the export's preamble above its header."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    preamble = [["Judul Laporan", "Rekapitulasi"], ["Nama Instansi", "Kota Uji"], ["Tanggal Generate", "1 Jul 2026"]]
    for row in [*preamble, [], SP4N_COLUMNS, *rows]:
        sheet.append(list(row))
    book.save(path)


class Sp4nExport(FakeFiles):
    """The ministry's workbook; numbers of reports come as floats."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        rows = []
        for record in records:
            at = record.at.astimezone(ZONE)
            shown = f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M}"
            rows.append(sp4n_row(f"{record.record_id}.0", shown))
        write_sp4n(folder / "rekap.xlsx", rows)


class LaporOpenData(FakeFiles):
    """The open data of 2009-2016; a report not closed has 0 or nothing for the moment."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        rows = [self._row(record) for record in records]
        _write_csv(folder / "lapor.csv", LAPOR_COLUMNS, rows, delimiter=",", encoding="utf-8")

    def _row(self, record: Record) -> Mapping[str, str]:
        closed = "0" if record.ended_at is None else f"{record.ended_at.timestamp():.0f}"
        return {
            "TrackingID": record.record_id,
            "Pelapor": PERSON,
            "IsiLaporan": PERSON,
            "DisposisiInstansi": "Dinas Bina Marga",
            "Status": "Belum" if record.ended_at is None else "Selesai",
            "TimestampLaporanMasuk": f"{record.at.timestamp():.0f}",
            "TimestampTanggalLaporanDitutup": closed,
        }


class OsTicketExport(FakeFiles):
    """A CSV as written under an Indonesian locale: semicolons and a byte order mark."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        rows = [self._row(record) for record in records]
        _write_csv(folder / "tickets.csv", OSTICKET_COLUMNS, rows, delimiter=";", encoding="utf-8-sig")

    def _row(self, record: Record) -> Mapping[str, str]:
        return {
            "Ticket Number": record.record_id,
            "From": PERSON,
            "From Email": f"{PERSON}@example.org",
            "Source": "Web",
            "Date Created": f"{record.at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
            "Closed Date": "" if record.ended_at is None else f"{record.ended_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
            "Current Status": "Open" if record.ended_at is None else "Closed",
            "Merged": "No",
        }


def _write_csv(
    path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]], *, delimiter: str, encoding: str
) -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


class TestSp4nLapor(ConnectorSuite):
    CASE = Case("sp4n_lapor", {"system": "sp4n_lapor"}, Sp4nExport(), has_ends=False)


class TestLaporOpenData(ConnectorSuite):
    CASE = Case("lapor_open_data", {"system": "lapor_open_data"}, LaporOpenData())


class TestOsTicket(ConnectorSuite):
    CASE = Case("osticket", {"system": "osticket"}, OsTicketExport())


def source_of(name: str, **own: object) -> Source:
    sources = with_presets({"meja": {"system": name, "path": "x", **own}})
    assert isinstance(sources, dict)
    return Source.model_validate(sources["meja"])


@pytest.mark.parametrize("name", ["sp4n_lapor", "lapor_open_data", "osticket"])
def test_no_personal_column_is_read(name: str) -> None:
    source = source_of(name)
    personal = {"Nama Pelapor", "Isi Laporan Awal", "Isi Laporan Akhir", "Judul Laporan", "Pelapor", "IsiLaporan"}
    personal |= {"JudulLaporan", "From", "From Email", "Subject"}
    assert not personal & {name for column in source.columns.values() for name in column.column}


@pytest.mark.parametrize("name", ["lapor_open_data", "osticket"])
def test_a_closing_is_not_mapped_as_a_response(name: str) -> None:
    assert "closed_at" in source_of(name).columns
    assert "responded_at" not in source_of(name).columns
    assert "response_basis" not in source_of(name).columns


def test_the_layout_of_the_follow_up_log_waits_for_a_path() -> None:
    assert source_of("sp4n_lapor").responses is None
    responses = source_of("sp4n_lapor", responses={"path": "log.csv"}).responses
    assert responses is not None
    assert responses.kind.values["Ditutup oleh Sistem"] == "other"
    assert responses.kind.values["Disposisi"] == "other"


def test_channels_of_the_ministrys_export_are_told_apart_from_the_citys_own() -> None:
    assert source_of("sp4n_lapor").columns["channel"].prefix == "SP4N-LAPOR! "


def test_the_clock_of_the_export_is_said_and_can_be_another() -> None:
    assert source_of("sp4n_lapor").zone == "Asia/Jakarta"
    assert source_of("sp4n_lapor", zone="Asia/Makassar").zone == "Asia/Makassar"
    assert ZoneInfo(str(preset("lapor_open_data")["source"]["zone"])) == ZONE
