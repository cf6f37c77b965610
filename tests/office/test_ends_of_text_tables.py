"""What stands below a table of text is left out and said as below one on a sheet; records are never taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import csv_blocks
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark

HEAD = "No;Layanan;OPD;Status;Catatan"
ROWS = ["1;Izin;Dinkes;ya;", '2;"KTP; \nbaru";"Dukcapil";tidak;', "3;Pajak;;;x"]
BLANK = ";;;;"


def read(folder: Path, lines: list[str], **layout: Any) -> tuple[list[tuple[int, str]], list[Remark]]:
    """Row number and problem, or the service, of each row, and what was remarked."""
    layout = {"delimiter": ";", **layout}
    text = "\n".join([HEAD, *lines]) + "\n"
    (folder / "a.csv").write_text(text.replace(";", layout["delimiter"]), "utf-8")
    remarks: list[Remark] = []
    file = RawFile(folder / "a.csv", "a.csv", on_remark=remarks.append)
    frames = read_rows(file, layout=Layout(format="csv", **layout), columns=("Layanan", "OPD", "Status", "Catatan"))
    rows = [row for frame in frames for row in frame.astype(object).fillna("").to_numpy().tolist()]
    return [(number, problem or layanan) for number, problem, layanan, *_ in rows], remarks


OUT, SUM = "below_table", "grand_total"
BELOW: dict[str, tuple[list[str], list[str], bool]] = {
    "a total": (["Jumlah;3;;;"], [SUM], False),
    "a total whose label stands further right": ([';;"Total :";3;'], [SUM], False),
    "a total in every column": (["Total;3;3;3;3"], [SUM], True),
    "a signature": ([BLANK, ";;;Kepala Dinas;", "", ";;;Budi;"], ["blank_row", OUT, "blank_row", OUT], False),
    "notes of one cell": (["", "Catatan: data sementara", '"Sumber; ""SIMPEG"""'], ["blank_row", OUT, OUT], False),
    "notes of two cells asked for": ([BLANK, ";;;Mengetahui;Jakarta"], ["blank_row", OUT], True),
    "a total and notes": (["Jumlah;3;;;", "Dicetak oleh sistem;;;;"], [SUM, OUT], False),
    "many notes": (["Jumlah;3;;;", *["Dicetak oleh sistem;;;;"] * 900], [SUM, *[OUT] * 900], False),
}


@pytest.mark.parametrize("delimiter", [";", "\u00a6"])
@pytest.mark.parametrize("case", BELOW)
def test_totals_and_notes_below_the_records_are_left_out_and_said(case: str, delimiter: str, tmp_path: Path) -> None:
    below, problems, keeps_provisional = BELOW[case]
    found, remarks = read(tmp_path, [*ROWS, *below], delimiter=delimiter)
    assert [problem for _, problem in found[3:]] == problems
    assert [row for row, _ in found] == list(range(2, 5 + len(below)))
    assert [remark.keeps_provisional for remark in remarks] == [keeps_provisional]
    assert f"from row {5 + problems.index('blank_row') if problems[0] == 'blank_row' else 5}" in remarks[0].en


@pytest.mark.parametrize("block_bytes", [40, 8 << 20])
@pytest.mark.parametrize(
    ("total", "codes"),
    [
        ("Total;1.100", {"below_table": False}),
        ("Total;1.099", {"below_table": True, "total_differs": True}),
        ("Rata-rata;367", {"below_table": False}),
        ("Total;3", {"below_table": True}),
    ],
)
def test_a_total_is_held_against_the_rows_it_adds_up(
    total: str, codes: dict[str, bool], block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", block_bytes)
    (tmp_path / "a.csv").write_text(f"Bulan;Kunjungan\nJanuari;900\nFebruari;150\nMaret;50\n{total}\n", "utf-8")
    remarks: list[Remark] = []
    file = RawFile(tmp_path / "a.csv", "a.csv", on_remark=remarks.append)
    list(read_rows(file, layout=Layout(format="csv", delimiter=";"), columns=("Bulan", "Kunjungan")))
    # Of a table that does not lie in one block, nothing is added up.
    expected = codes if block_bytes > 1000 else {"below_table": True}
    assert {remark.code: remark.keeps_provisional for remark in remarks} == expected


RECORDS: dict[str, list[str]] = {
    "a record that says little": ["4;;;;x"],
    "a total between records": ["Jumlah;3;;;", ROWS[0]],
    "a blank row between records": ["", ROWS[0]],
    "a service whose name begins so": ["Jumlah penduduk;Data;;;"],
}


@pytest.mark.parametrize("case", RECORDS)
def test_what_may_be_a_record_is_not_left_out(case: str, tmp_path: Path) -> None:
    found, remarks = read(tmp_path, [*ROWS, *RECORDS[case]])
    assert {problem for _, problem in found[3:]} & {OUT, SUM} == set()
    assert remarks == []


LONG = [*ROWS * 30, "Jumlah;3;;;", "x;;;;"]
SIZE = len("\n".join([*LONG, ""]))


@pytest.mark.parametrize("block_bytes", [100, SIZE - 3, SIZE, 8 << 20])
def test_the_end_is_found_whatever_the_blocks(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", block_bytes)
    found, _ = read(tmp_path, LONG)
    assert [problem for _, problem in found[90:]] == [SUM, OUT]


def test_a_declared_end_and_numbered_columns_hold_for_text_too(tmp_path: Path) -> None:
    lines = ["(1);(2);(3);(4);(5)", *ROWS, "catatan kaki;a;b;c;d", *ROWS]
    found, remarks = read(tmp_path, lines, ends_at="Catatan")
    assert [problem for _, problem in found] == ["column_numbers", "Izin", "KTP; \nbaru", "Pajak", *[OUT] * 4]
    assert [(remark.code, remark.keeps_provisional) for remark in remarks] == [("records_below_end", True)]
    assert "3 rows are not read below the end" in remarks[0].en
    assert read(tmp_path, lines)[0][0] == (2, "column_numbers")
    assert read(tmp_path, ["1;2;3;4;", *ROWS])[0][0] == (2, "2")


NAMES = [f"Layanan {n};v;" for n in range(1, 9)]
WORDS = [f"{name};v;" for name in ("Izin Usaha", "Kartu Keluarga", "Akta Lahir", "Akta Kematian")]


@pytest.mark.parametrize(
    ("records", "below", "count"),
    [
        (NAMES, ["Total Care 9;;", "Layanan 10;;", "Layanan 11;;"], 2),
        (NAMES, ["Total;8;8", "Total bulan ini;8;8"], 0),
        (NAMES, ["Total Care;v;", "Pindah Datang;;", "Total;9;"], 1),
        (WORDS, ["Total Care;;", *[f"{name};;" for name in ("Izin A", "Izin B", "Izin C", "Izin D", "Izin E")]], 0),
        (WORDS, ["Total Care;;", *[f"Izin {letter};;" for letter in "ABCDEFGH"]], 8),
        (WORDS, ["Total;4;", ";;", *[f"Catatan {letter};;" for letter in "ABCDEFGH"]], 0),
        (NAMES, ["Total;8;", "Dicetak oleh sistem;;", ";;", "Bandung, 2 Januari 2026;;", "Kepala Dinas;;"], 0),
        (["5 Januari;1;", "6 Januari;2;", "7 Februari;3;"], ["Total Januari;3;", "8 Februari;;"], 1),
    ],
)
def test_records_below_a_word_that_only_seems_the_end_are_said(
    records: list[str], below: list[str], count: int, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["Layanan;Info;Ajukan", *records, *below]) + "\n", "utf-8")
    remarks: list[Remark] = []
    file = RawFile(tmp_path / "a.csv", "a.csv", on_remark=remarks.append)
    layout = Layout(format="csv", delimiter=";", ends_at="total")
    list(read_rows(file, layout=layout, columns=("Layanan", "Info")))
    assert [remark.en.split()[1] for remark in remarks] == ([str(count)] if count else [])


LEFT_OUT: dict[str, tuple[list[str], str | None, int]] = {
    "records without ticks": ([BLANK, "4;;;;", "5;;;;"], None, 2),
    "a number in brackets and a page": ([BLANK, "(4);;;;", "Hal. 4;;;;"], None, 0),
    "records below a subtotal": (["Jumlah Dinkes;3;;;", "4;Izin;;;x", "Jumlah Dukcapil;1;;;"], "Jumlah", 1),
    "a record that begins like the end": (["4;Total Care;;;"], "4", 1),
    "an end and a signature": (["Jumlah;3;;;", ";;;Kepala;", ";;;Budi;"], "Jumlah", 0),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_may_be_a_record_and_is_left_out_keeps_provisional(case: str, tmp_path: Path) -> None:
    below, ends_at, count = LEFT_OUT[case]
    remarks = read(tmp_path, [*ROWS, *below], ends_at=ends_at)[1]
    assert [remark.keeps_provisional for remark in remarks if remark.keeps_provisional] == [True] * (count > 0)
    assert all(f"{count} " in remark.en for remark in remarks)


@pytest.mark.parametrize(
    ("end", "is_cut"), [("3;c;z\n", False), ("3;c;z", False), ("3;c", True), ("3;c\n", False), ("3;c\r", False)]
)
def test_a_file_that_stops_in_the_middle_of_its_last_line_is_said(end: str, is_cut: bool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id;x;y\n1;a;b\n2;b;c\n{end}", "utf-8")
    remarks: list[Remark] = []
    file = RawFile(tmp_path / "a.csv", "a.csv", on_remark=remarks.append)
    frames = list(read_rows(file, layout=Layout(format="csv", delimiter=";"), columns=("id", "x", "y")))
    assert sum(map(len, frames)) == 3
    assert [remark.code for remark in remarks if remark.keeps_provisional] == ["file_cut"] * is_cut


NOTES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "as many shown as there are": ([], ["Menampilkan 1 sampai 3 dari 3 data"], []),
    "more than are shown": ([], ["Menampilkan 1 sampai 3 dari 4.512 data;;;;"], ["part_of_more"]),
    "more than are shown, with a comma": ([], ["Showing 1 to 3 of 4,512 entries"], ["part_of_more"]),
    "more below a total": ([], ["Jumlah;3;;;", "Halaman 1 dari 38;;;;"], ["part_of_more"]),
    "one page of several above": (["Daftar Layanan", "Hal. 1 dari 2"], [], ["part_of_more"]),
    "every page": (["Halaman 1 dari 2"], ["Halaman 2 dari 2"], []),
    "a filter": (["Filter: OPD = Dinkes"], [], ["filtered_export"]),
    "no filter": (["Filter: Semua;;;;", "Filter:"], [], []),
    "a sample": (["# This report is based on 23.45% of sessions."], [], ["sampled_export"]),
    "a sample below": ([], ["Sampled data"], ["sampled_export"]),
    "no sample": (["# Based on 100.0% of sessions (not sampled)", "Data tanpa sampel"], [], []),
    "a total that counts": ([], ["Jumlah layanan;;3;;"], []),
    "a total that counts others": ([], ["Jumlah layanan;;4;;"], ["total_differs"]),
    "a mean": ([], ["Rata-rata;;4;;"], []),
    "a total of something else": ([], ["Jumlah;;;;4,5"], []),
}


@pytest.mark.parametrize("case", NOTES)
def test_what_an_export_says_of_its_rows_is_held_against_them(case: str, tmp_path: Path) -> None:
    above, below, expected = NOTES[case]
    (tmp_path / "a.csv").write_text("\n".join([*above, HEAD, *ROWS, *below]) + "\n", "utf-8")
    remarks: list[Remark] = []
    file = RawFile(tmp_path / "a.csv", "a.csv", on_remark=remarks.append)
    layout = Layout(format="csv", delimiter=";", header_starts_with="No")
    list(read_rows(file, layout=layout, columns=("Layanan", "OPD", "Status", "Catatan")))
    kept = {remark.code for remark in remarks if remark.keeps_provisional}
    assert sorted(kept - {"undeclared_group_row"}) == expected
