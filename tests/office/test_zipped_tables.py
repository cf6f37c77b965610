"""Tables that offices send in a zip are read file by file, or the zip is refused with what it holds and what to do."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors import zip_members
from connectors.errors import DataRejected
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.draft.layouts import find_layout

MEMBERS_APART = 1_000_000_000


def workbook(*rows: list[object]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(content)
    return content.getvalue()


def zipped(folder: Path, members: dict[str, bytes]) -> RawFile:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return RawFile(folder / "a.zip", "a.zip")


def read(file: RawFile, **layout: Any) -> tuple[list[list[object]], list[Remark]]:
    remarks: list[Remark] = []
    file = RawFile(file.path, file.name, on_remark=remarks.append)
    frames = read_rows(file, layout=Layout(**layout), columns=("id",))
    return [row for frame in frames for row in frame[["source_row", "id"]].to_numpy().tolist()], remarks


CSV = {"2025/jan.csv": b"id,x\n1,a\n", "2025/feb.csv": b"id,x\n2,b\n"}
READ: dict[str, tuple[dict[str, bytes], dict[str, Any], int]] = {
    "csv": (CSV, {"format": "csv"}, 2),
    "what a Mac adds": ({**CSV, "__MACOSX/jan.csv": b"\0", ".DS_Store": b"\0"}, {"format": "csv"}, 2),
    "a lock file": ({**CSV, "~$jan.xlsx": b"\0"}, {"format": "csv"}, 2),
    "a pattern": ({**CSV, "baca.pdf": b"%PDF"}, {"format": "csv", "members": "*.csv"}, 2),
    "an exception": ({**CSV, "baca.csv": b"%PDF"}, {"format": "csv", "members_except": "baca*"}, 2),
    "workbooks": ({"a.xlsx": workbook(["id"], [1]), "b.xlsm": workbook(["id"], [2])}, {"format": "xlsx"}, 2),
    "json": (
        {name: json.dumps([{"id": number}]).encode() for name, number in (("a.json", 1), ("b.json", 2))},
        {"format": "json"},
        1,
    ),
}


@pytest.mark.parametrize("case", READ)
def test_each_file_of_a_zip_is_read_and_what_is_not_is_said(case: str, tmp_path: Path) -> None:
    members, layout, first = READ[case]
    found, remarks = read(zipped(tmp_path, members), **layout)
    assert found == [[first, "1"], [MEMBERS_APART + first, "2"]]
    unread = [name for name in members if len(members) > 2 and name not in CSV]
    assert [remark.code for remark in remarks] == ["unread_members"] * bool(unread)
    assert all(name in remarks[0].en for name in unread)


def encrypted(folder: Path) -> RawFile:
    """Marked as encrypted in both of the member's headers."""
    file = zipped(folder, CSV)
    content = bytearray(file.path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    file.path.write_bytes(content)
    return file


def zip_of(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, b"id\n1\n")
    return content.getvalue()


REFUSED: dict[str, tuple[dict[str, bytes], list[str]]] = {
    "mixed kinds": ({**CSV, "baca.pdf": b"%PDF"}, ["2025/jan.csv", "baca.pdf", 'members: "*.csv"']),
    "a zip in a zip": ({"dalam.zip": b"PK\x03\x04"}, ["another zip", "dalam.zip"]),
    "a zip called CSV in a zip": ({"a.csv": zip_of("b.csv")}, ["a.zip/a.csv", "Unpack"]),
    "a way out": ({"../jan.csv": b"id\n1\n"}, ["../jan.csv"]),
    "a way from the top": ({"/jan.csv": b"id\n1\n"}, ["/jan.csv", "lead out"]),
    "a way out of Windows": ({"C:\\data\\jan.csv": b"id\n1\n"}, ["jan.csv"]),
    "nothing": ({".DS_Store": b"\0"}, ["DS_Store"]),
    "another kind than declared": ({"a.csv": workbook(["id"], [1])}, ["a.zip/a.csv", "xlsx"]),
    "a bomb": ({"a.csv": b"id\n" + b"1\n" * 55_000_000}, ["0.1 GB"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_zip_that_cannot_be_read_rightly_is_refused_by_what_it_holds(case: str, tmp_path: Path) -> None:
    members, words = REFUSED[case]
    with pytest.raises(DataRejected) as caught:
        read(zipped(tmp_path, members), format="csv")
    assert [word for word in words if word not in caught.value.en] == []


def test_locked_damaged_and_too_large_zips_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataRejected, match=r"password: 2025/jan\.csv"):
        read(encrypted(tmp_path), format="csv")
    file = zipped(tmp_path, CSV)
    content = file.path.read_bytes()
    file.path.write_bytes(content.replace(b"feb", b"fab", 1))
    with pytest.raises(DataRejected, match=r"a\.zip: .*damaged"):
        read(file, format="csv")
    monkeypatch.setattr(zip_members, "MAX_UNPACKED_BYTES", 10)
    with pytest.raises(DataRejected, match="unpacks to"):
        read(zipped(tmp_path, CSV), format="csv")


def test_a_zip_is_drafted_by_its_first_file(tmp_path: Path) -> None:
    found = find_layout(zipped(tmp_path, {"a.csv": b"id;mulai\n1;2025-01-01\n2;2025-01-02\n"}))
    assert (found.layout.format, found.layout.delimiter, found.header) == ("csv", ";", ("id", "mulai"))
