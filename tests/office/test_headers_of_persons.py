"""A file without a header, or with a person in it, is refused or drafted without its cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office

ROW = "T{n},2025-03-{day:02} 08:00:00,2025-03-{day:02} 11:00:00,{channel},Dinas Kesehatan"
SECRETS = ("Siti", "Rahmawati", "3456", "32730", "Melati")
PEOPLE = ["Ibu Siti Rahmawati", "WA 0812-3456-7890", "3273014512900001", "Jl. Melati No. 5", "siti.r@gmail.com"]


@pytest.mark.parametrize("first", PEOPLE)
@pytest.mark.parametrize("command", [("check", "kota", "2025"), ("run", "kota", "2025")])
def test_a_file_without_a_header_is_refused_without_its_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, command: tuple[str, ...]
) -> None:
    rows = [ROW.format(n=n, day=n + 1, channel=first if n == 0 else "Telepon") for n in range(9)]
    columns = {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab", "channel": "Kanal"}
    write_office(tmp_path, rows, {"table": "inquiries", "columns": columns})
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    code, out, err = tolok(monkeypatch, *command)
    assert code == 3
    assert "cells that look like data" in out + err
    assert not [word for word in (*SECRETS, "Kesehatan") if word in out + err]


@pytest.mark.parametrize("name", PEOPLE)
def test_a_header_cell_that_tells_of_a_person_is_in_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows = [f"T{n},0{n + 1}/03/2025 08:00,0{n + 1}/03/2025 09:30,Telepon" for n in range(9)]
    (tmp_path / "a.csv").write_text("\n".join([f"Nomor,Tanggal Masuk,Tanggal Jawab,{name}", *rows]) + "\n", "utf-8")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    _, out, err = tolok(monkeypatch, "draft", "kota", str(tmp_path / "a.csv"), "--table", "inquiries")
    assert "Tanggal Masuk" in out
    assert not [word for word in SECRETS if word in out + err]
