"""Exports are read as they are laid out, and what is not what it claims is refused by name."""

import gzip
import io
import json
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile


def rows_of(path: Path, columns: tuple[str, ...], **layout: object) -> pd.DataFrame:
    chunks = list(read_rows(RawFile(path, path.name), layout=Layout(**layout), columns=columns))  # type: ignore[arg-type]
    return pd.concat(chunks, ignore_index=True)


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(path: Path, rows: list[list[object]], sheet: str = "Data") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet  # type: ignore[union-attr]
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)
    return path


def test_only_the_columns_asked_for_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,nama,nilai\n1,Warga Contoh,7\n")
    frame = rows_of(path, ("id", "nilai"), format="csv")
    assert list(frame.columns) == ["source_row", "reader_problem", "id", "nilai"]
    assert "Warga Contoh" not in frame.to_csv()


def test_text_that_says_na_stays_text(tmp_path: Path) -> None:
    frame = rows_of(written(tmp_path / "a.csv", "id,x\nNA,null\n"), ("id", "x"), format="csv")
    assert frame.loc[0, ["id", "x"]].tolist() == ["NA", "null"]


def test_blank_and_ragged_rows_are_marked_and_keep_their_row_number(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,x\n1,a\n\n2\n3,c,d\n4,e,\n")
    frame = rows_of(path, ("id",), format="csv")
    assert frame["source_row"].tolist() == [2, 3, 4, 5, 6]
    assert frame["reader_problem"].fillna("").tolist() == [
        "",
        "blank_row",
        "wrong_field_count",
        "wrong_field_count",
        "",
    ]


def test_line_breaks_inside_quotes_do_not_split_a_record(tmp_path: Path) -> None:
    frame = rows_of(written(tmp_path / "a.csv", 'id,x\n1,"a\nb"\n2,c\n'), ("id", "x"), format="csv")
    assert frame["id"].tolist() == ["1", "2"]


def test_the_header_is_found_below_a_preamble(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [["Laporan"], ["Tanggal", "12 Jan 2026"], [], ["Tracking ID", "Status"], [7, "x"]]
    )
    frame = rows_of(path, ("Tracking ID",), format="xlsx", header_starts_with="Tracking ID")
    assert frame[["source_row", "Tracking ID"]].to_numpy().tolist() == [[5, "7"]]


def test_a_byte_order_mark_tells_utf_16_from_utf_8(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        path = written(tmp_path / f"{encoding}.csv", "tanggal,kunjungan\n2025-01-01,5\n".encode(encoding))
        assert rows_of(path, ("kunjungan",), format="csv")["kunjungan"].tolist() == ["5"]


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", gzip.compress(b"id\n1\n"))
    assert rows_of(path, ("id",), format="csv")["id"].tolist() == ["1"]


def test_documents_of_an_archive_are_read_by_pattern(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, value in (("in/1.json", "a"), ("in/2.json", "b"), ("tests/3.json", "c")):
            content = json.dumps({"incident": {"id": value, "parts": [{"n": "x"}]}}).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    frame = rows_of(path, ("id", "parts.0.n", "parts.1.n"), format="json", members="in/*", rows_at="incident")
    assert frame["id"].tolist() == ["a", "b"]
    assert frame["parts.0.n"].tolist() == ["x", "x"]
    assert frame["parts.1.n"].isna().all()


BAD_FILES = {
    "an empty file": (b"", {"format": "csv"}, "kosong"),
    "only blank lines": (b"\n\n \n", {"format": "csv"}, "kosong"),
    "a login page": (b"  <!DOCTYPE html><html>", {"format": "csv"}, "halaman web"),
    "an Excel file called CSV": (b"PK\x03\x04abcdef", {"format": "csv"}, "Excel"),
    "a text of other columns called Excel": (b"id,y\n1,2\n", {"format": "xlsx"}, "bukan buku kerja"),
    "half an Excel file": (b"PK\x03\x04abcdef", {"format": "xlsx"}, "rusak"),
    "UTF-16 without a mark": ("id,x\n1,2\n".encode("utf-16-le"), {"format": "csv"}, "UTF-16"),
    "a Windows encoding": ("id,x\n1,caf\u00e9\n".encode("cp1252"), {"format": "csv"}, "cp1252"),
    "half a gzip file": (gzip.compress(b"id,x\n" + bytes(range(97, 123)) * 900)[:-20], {"format": "csv"}, "terpotong"),
    "an unclosed quote": (b'id,x\n1,"a\n2,b\n', {"format": "csv"}, "kutip"),
    "broken JSON": (b'{"id": ', {"format": "json"}, "JSON"),
    "JSON without the rows": (b'{"id": 1}', {"format": "json", "rows_at": "data"}, "rows_at"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_not_what_it_claims_is_refused_in_both_languages(name: str, tmp_path: Path) -> None:
    content, layout, word = BAD_FILES[name]
    with pytest.raises(DataRejected) as caught:
        rows_of(written(tmp_path / "a.dat", content), ("id", "x"), **layout)
    assert word in caught.value.id
    assert "a.dat" in caught.value.en
    assert caught.value.exit_code == 3


def test_a_missing_column_names_what_the_file_has_but_no_person(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "Nomor,Status,081234567890,warga@contoh.id\n1,2,3,4\n")
    with pytest.raises(SourceChanged) as caught:
        rows_of(path, ("Tanggal Respon",), format="csv")
    assert "Tanggal Respon" in caught.value.id
    assert "4 cells that look like data" in caught.value.en
    assert not any(word in str(caught.value) for word in ("0812", "warga"))


def test_a_header_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="Tanggal"):
        rows_of(written(tmp_path / "a.csv", "Tanggal,Tanggal\n1,2\n"), ("Tanggal",), format="csv")


def test_a_wrong_sheet_names_the_sheets_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id"], [1]], sheet="Layanan")
    with pytest.raises(SourceChanged, match="Layanan"):
        rows_of(path, ("id",), format="xlsx", sheet="Lembar 9")


def test_a_header_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="Tracking ID"):
        rows_of(written(tmp_path / "a.csv", "a\n1\n"), ("a",), format="csv", header_starts_with="Tracking ID")


def test_a_formula_never_computed_is_refused_with_its_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id", "x"], [1, "=1+1"]])
    with pytest.raises(DataRejected, match="B2"):
        rows_of(path, ("id", "x"), format="xlsx")


def test_a_text_that_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "x"])  # type: ignore[union-attr]
    book.active.append([1, "t"])  # type: ignore[union-attr]
    book.active["B2"].value = "=1+1"  # type: ignore[index]
    book.active["B2"].data_type = "s"  # type: ignore[index]
    book.save(tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx", ("x",), format="xlsx")["x"].tolist() == ["=1+1"]


def test_a_stray_cell_far_away_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id"], [1]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", stray)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(DataRejected, match="1,048,576"):
        rows_of(path, ("id",), format="xlsx")


def test_a_spreadsheet_day_is_a_moment_without_doubt(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["mulai"], [datetime(2020, 1, 31)], [datetime(2020, 1, 31, 9, 30)]])
    assert rows_of(path, ("mulai",), format="xlsx")["mulai"].tolist() == [
        "2020-01-31T00:00:00\x01",
        "2020-01-31T09:30:00\x01",
    ]
