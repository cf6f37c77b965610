"""What a desk typed of persons into a column of categories, or exported as a chat, is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office

PERSONAL = ["Jalan, lapor Siti 0812-3456-7890", "3273014512900001", "lampu (budi.s@gmail.com)", "WA +62 812 3456 7890"]
PLAIN = ["Jalan", "Lampu 2025", "lapor@kota.go.id", "Perda 12/2019", "Kode 62-8123"]
LABEL = "(data pribadi / personal data)"


@pytest.mark.parametrize("column", ["channel", "category", "agency"])
def test_values_that_look_personal_are_one_label_everywhere_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    times = [f"2025-{month:02}-14 08:00:00,2025-{month:02}-14 1{month % 9}:1{month % 7}:00" for month in range(1, 13)]
    texts = [*PERSONAL, *PLAIN, *PERSONAL][: len(times)]
    lines = [f'T{n},{time},"{text}"' for n, (time, text) in enumerate(zip(times, texts, strict=True))]
    faulty = f'T99,,2025-03-01 09:00:00,"{PERSONAL[0]}"'
    columns = {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab", column: "Isi"}
    write_office(tmp_path, ["Nomor,Masuk,Jawab,Isi", *lines, faulty], {"table": "inquiries", "columns": columns})
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    commands = (["check", "kota", "2025"], ["run", "kota", "2025"], ["show", "kota", "2025", "--json"])
    said = "\n".join("".join(tolok(monkeypatch, *command)[1:]) for command in commands)
    said += tolok(monkeypatch, "explain", "kota", "2025", "inquiry_response")[1]
    kept = [path for path in (tmp_path / "home").rglob("*") if path.suffix in {".csv", ".html", ".parquet", ".json"}]
    assert any(path.name == "quarantine.csv" for path in kept)
    written = said.encode() + b"".join(path.read_bytes() for path in kept if "landing" not in path.parts)
    assert [text for text in ("Siti", "3273014512900001", "budi.s", "812 3456") if text.encode() in written] == []
    assert "personal_values" in said
    assert LABEL in said
    assert f"{column}: 8 rows hold" in " ".join(said.split())
    assert "Perda 12/2019" in said


@pytest.mark.parametrize(
    "line",
    [
        "01/01/25 08.00 - Siti Aminah 0812-3456-7800: Pak lampu mati; jalan, gelap",
        "[01/01/2025, 08.00.12] Siti Aminah: Pak lampu mati; jalan, gelap",
        "1/13/25, 8:00\u202fAM - +62 812-3456-7800: lampu mati, jalan",
    ],
)
def test_a_chat_export_is_told_as_such_and_nothing_of_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    lines = [line, "dan jalan; rusak, sejak kemarin", line.replace("lampu", "jalan")]
    (tmp_path / "wa.txt").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    code, out, err = tolok(monkeypatch, "draft", "kota", str(tmp_path / "wa.txt"), "--table", "inquiries")
    assert code == 3
    assert "chat export" in err
    assert not [word for word in ("Siti", "3456", "lampu", "gelap") if word in out + err]


def test_a_header_that_names_a_person_is_not_written_into_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"T{n};0{n + 1}/03/2025 08:00;0{n + 1}/03/2025 09:30" for n in range(9)]
    header = "Hub. Siti 0812-3456-7800;Tanggal Masuk;Tanggal Jawab"
    (tmp_path / "a.csv").write_text("\n".join(["REKAP ADUAN", "", header, *rows]) + "\n", "utf-8")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    _, out, err = tolok(monkeypatch, "draft", "kota", str(tmp_path / "a.csv"), "--table", "inquiries")
    assert "skip_rows: 2" in out
    assert "3456" not in out + err
