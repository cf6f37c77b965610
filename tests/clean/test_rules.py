"""Every row is sound, excluded by one named rule or quarantined for one reason, whatever its order or file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.errors import DataRejected
from pipeline.config.load import load_city
from pipeline.indicators.counting import is_sound
from pipeline.landing import land
from pipeline.periods import Period
from testing.clean_tables import CleanTable, clean_in_memory

HEADER = "Nomor;Kategori;Status;Masuk;Dijawab;Selesai;Pelapor"
YAML = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "99.71"}
sources:
  meja:
    table: inquiries
    path: "*.csv"
    format: csv
    delimiter: ";"
    extracted_at: 2026-01-10T08:00:00
    nulls: ["-"]
    columns:
      inquiry_id: Nomor
      category: Kategori
      status: {column: Status, values: {Selesai: closed, Baru: open}}
      received_at: {column: Masuk, format: "%d/%m/%Y %H:%M"}
      responded_at: {column: Dijawab, format: "%d/%m/%Y %H:%M"}
      closed_at: {column: Selesai, format: "%d/%m/%Y %H:%M"}
    exclude:
      test: {column: Kategori, contains: [uji coba]}
"""
GOOD = "1;Jalan;Selesai;01/03/2025 08:00;02/03/2025 08:00;03/03/2025 08:00;Warga Contoh"


def cleaned(tmp_path: Path, files: dict[str, list[str]], yaml: str = YAML) -> CleanTable:
    (tmp_path / "kota-uji.yaml").write_text(yaml, "utf-8")
    for name, lines in files.items():
        (tmp_path / name).write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    city = load_city(tmp_path, "kota-uji")
    manifest = land(tmp_path / "home", city=city, source_name="meja", period=Period(2025))
    return clean_in_memory(tmp_path / "home", city=city, table_name="inquiries", manifests=[manifest])


def outcomes(frame: pd.DataFrame) -> list[str]:
    return frame["quarantine_reason"].fillna(frame["excluded_by"]).fillna("sound").tolist()


def row(**changes: str) -> str:
    names = HEADER.split(";")
    values: dict[str, Any] = dict(zip(names, GOOD.split(";"), strict=True))
    return ";".join({**values, **changes}[name] for name in names)


FAULTY = {
    "missing_inquiry_id": row(Nomor=""),
    "missing_received_at": row(Nomor="2", Masuk="-"),
    "bad_received_at": row(Nomor="2", Masuk="31/02/2025 08:00"),
    "bad_responded_at": row(Nomor="2", Dijawab="besok"),
    "unknown_status": row(Nomor="2", Status="Entah"),
    "response_before_receipt": row(Nomor="2", Dijawab="28/02/2025 08:00"),
    "closed_before_receipt": row(Nomor="2", Selesai="28/02/2025 08:00"),
    "after_extraction_closed_at": row(Nomor="2", Selesai="31/12/2100 08:00"),
    "sentinel_received_at": row(Nomor="2", Masuk="01/01/1970 00:00"),
    "wrong_field_count": "2;Jalan;Selesai",
    "blank_row": ";;;;;;",
    "test": row(Nomor="2", Kategori="UJI COBA sistem"),
}


@pytest.mark.parametrize("outcome", FAULTY)
def test_a_faulty_row_gets_its_one_outcome_and_leaves_the_others_alone(outcome: str, tmp_path: Path) -> None:
    dataset = cleaned(tmp_path, {"a.csv": [GOOD, FAULTY[outcome], row(Nomor="3")]})
    assert outcomes(dataset.frame) == ["sound", outcome, "sound"]


def test_nothing_of_a_person_is_kept(tmp_path: Path) -> None:
    assert "Warga Contoh" not in cleaned(tmp_path, {"a.csv": [GOOD]}).frame.to_csv()


def test_copies_that_say_the_same_are_one_row_in_one_file_or_in_two(tmp_path: Path) -> None:
    dataset = cleaned(tmp_path, {"a.csv": [GOOD, GOOD], "b.csv": [GOOD]})
    assert sorted(outcomes(dataset.frame)) == ["duplicate_row", "duplicate_row", "sound"]


def test_rows_of_one_number_that_differ_are_all_quarantined_for_nothing_tells_which_is_right(tmp_path: Path) -> None:
    dataset = cleaned(tmp_path, {"a.csv": [GOOD, row(Dijawab="05/03/2025 08:00"), row(Nomor="2")]})
    assert outcomes(dataset.frame) == ["duplicate_key", "duplicate_key", "sound"]


def test_a_later_file_replaces_what_an_earlier_one_said_when_so_declared(tmp_path: Path) -> None:
    files = {"lapor-2.csv": [row(Dijawab="-", Selesai="-")], "lapor-10.csv": [GOOD]}
    dataset = cleaned(tmp_path, files, YAML.replace('nulls: ["-"]', 'nulls: ["-"]\n    later_file_wins: true'))
    kept = dataset.frame[is_sound(dataset.frame)]
    assert sorted(outcomes(dataset.frame)) == ["sound", "superseded"]
    assert kept["responded_at"].tolist() == [pd.Timestamp(datetime(2025, 3, 2, 1, tzinfo=UTC))]


def test_the_same_bytes_under_another_name_change_nothing(tmp_path: Path) -> None:
    dataset = cleaned(tmp_path, {"a.csv": [GOOD], "salinan.csv": [GOOD]})
    assert outcomes(dataset.frame) == ["sound"]


def test_a_source_most_of_whose_rows_cannot_be_read_is_refused_with_reasons_and_counts(tmp_path: Path) -> None:
    rows = [row(Nomor=str(number), Masuk="2025-03-01 08:00") for number in range(3)]
    with pytest.raises(DataRejected, match="bad_received_at 3"):
        cleaned(tmp_path, {"a.csv": rows})


def test_row_order_changes_no_outcome(tmp_path: Path) -> None:
    rows = [GOOD, *FAULTY.values(), row(Nomor="3"), row(Nomor="4"), *(row(Nomor=str(n)) for n in range(10, 20))]
    (tmp_path / "x").mkdir()
    first = cleaned(tmp_path, {"a.csv": rows}).frame
    second = cleaned(tmp_path / "x", {"a.csv": rows[::-1]}).frame
    assert sorted(outcomes(first)) == sorted(outcomes(second))
