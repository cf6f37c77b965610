"""A region that answers the readiness check: its settings, its form filled in, and evidence of every kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

SETTINGS = """
city: {city}
name: {name}
zone: Asia/Jakarta
region_codes: {{kemendagri: "32.01"}}
sources:
  gangguan: {{table: outages, path: none.csv, format: csv, owner: Diskominfo, columns: {{incident_id: a, component: b,
    started_at: {{column: c, format: "%d/%m/%Y"}}, ended_at: {{column: d, format: "%d/%m/%Y"}}}}}}
"""
IDENTITY = "NIK 3201010101010001"


def add_city(cities: Path, city: str = "kab-bogor", name: str = "Kabupaten Bogor", more: str = "") -> None:
    """Write the settings of a city."""
    cities.mkdir(exist_ok=True)
    (cities / f"{city}.yaml").write_text(SETTINGS.format(city=city, name=name) + more, "utf-8")


def pdf(text: str, pages: int = 1, *, is_active: bool = False) -> Pdf:
    """Pages of one line each, perhaps with scripts, a program to start and an embedded file."""
    made = Pdf.new()
    font = Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for number in range(1, pages + 1):
        page = made.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(Font=font)
        page.obj.Contents = made.make_stream(f"BT /F1 20 Tf 72 700 Td ({text} {number}) Tj ET".encode())
    if is_active:
        made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('a')")
        made.attachments["program.exe"] = b"MZ"
        launch = Dictionary(S=Name.Launch, F="cmd.exe")
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=launch)
        made.pages[0].obj.Annots = Array([made.make_indirect(link), _filled_field(made)])
    return made


def _filled_field(made: Pdf) -> Any:
    """A field of a form whose value only viewers draw."""
    look = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=[72, 500, 300, 520], F=4, P=made.pages[0].obj)
    field = made.make_indirect(look)
    field.FT, field.T, field.V, field.DA = Name.Tx, "jabatan", "Kepala Dinas", "/F1 12 Tf 0 g"
    fonts = made.pages[0].obj.Resources
    made.Root.AcroForm = Dictionary(Fields=Array([field]), NeedAppearances=True, DR=fonts, DA="/F1 12 Tf 0 g")
    return field


def content(made: Pdf, **saving: Any) -> bytes:
    """The bytes of a PDF."""
    saved = io.BytesIO()
    made.save(saved, deterministic_id="encryption" not in saving, **saving)
    return saved.getvalue()


def picture(size: tuple[int, int], kind: str, *, orientation: int = 1) -> bytes:
    """A picture whose left half is red, with what a camera notes."""
    made = Image.new("RGB", size, "white")
    made.paste((200, 0, 0), (0, 0, size[0] // 2, size[1]))
    noted = Image.Exif()
    noted[0x0112], noted[0x010E] = orientation, IDENTITY
    saved = io.BytesIO()
    made.save(saved, kind, **({"exif": noted} if kind == "JPEG" else {}))
    return saved.getvalue()


def office_file() -> bytes:
    """What every Office program takes for a file of its own."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    return saved.getvalue()


def evidence() -> dict[str, dict[str, bytes]]:
    """The files of each question by name: 25 of every kind that an office has, sound and not."""
    kept = content(pdf("sama", 2))
    cut = content(pdf("terpotong", 20))
    plain = [f"{clause}/{theme}" for clause in ("10.1", "10.2", "10.3") for theme in (1, 2, 3)]
    return {label: {f"dokumen {label.replace('/', ' ')}.pdf": content(pdf(label, 2))} for label in plain} | {
        "10.1/5": {"layar portal.png": picture((60, 90), "PNG")},
        "10.1/6": {"SK pengelola.pdf": kept},
        "10.2/4": {"renstra.pdf": content(pdf("renstra", 501))},
        "10.2/6": {"SK salinan.pdf": kept},
        "10.3/4": {
            "daftar hadir.pdf": content(pdf(IDENTITY, 3)),
            "foto.jpg": picture((400, 300), "JPEG", orientation=6),
            "foto 2.jpeg": picture((300, 400), "JPEG"),
        },
        "10.3/5": {"layar.png": picture((90, 60), "PNG")},
        "10.3/6": {"SK lama.pdf": content(pdf("lama", 2))},
        "10.3/7": {"statistik.xlsx": office_file()},
        "10.3/9": {"notulen.docx": office_file()},
        "10.4/1": {"rahasia.pdf": content(pdf("rahasia"), encryption=pikepdf.Encryption(user="a", owner="b"))},
        "10.4/2": {"terpotong.pdf": cut[: len(cut) * 2 // 3]},
        "10.4/4": {"surat tugas.pdf": content(pdf("tugas", 300))},
        "10.4/5": {"prosedur.pdf": content(pdf("prosedur", 4, is_active=True))},
        "10.4/9": {"undangan.pdf": content(pdf("undangan"))},
    }


def put(folder: Path, files: Mapping[str, Mapping[str, bytes]]) -> None:
    """Write the files of each question."""
    for label, contents in files.items():
        (folder / label).mkdir(parents=True, exist_ok=True)
        for name, its_bytes in contents.items():
            (folder / label / name).write_bytes(its_bytes)


def fill(form: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Fill in the rows of a form by question and the beginning of the heading."""
    book = openpyxl.load_workbook(form)
    sheet = book["Jawaban"]
    columns = {str(cell.value).split(" /")[0]: cell.column for cell in sheet[5]}
    for row in range(6, 6 + 36):
        label = f"{sheet.cell(row, 1).value}/{sheet.cell(row, 2).value}"
        for heading, value in rows.get(label, {}).items():
            sheet.cell(row, columns[heading]).value = value
    book.save(form)


def answered(files: Mapping[str, Mapping[str, bytes]], *, year: int = 2025) -> dict[str, dict[str, Any]]:
    """Rows of a form: yes with its files where there are any, else no."""
    labels = [f"10.{number}/{theme}" for number in range(1, 5) for theme in range(1, 10)]
    rows: dict[str, dict[str, Any]] = {label: {"Jawaban": "Tidak"} for label in labels}
    for label, contents in files.items():
        rows[label] = {
            "Jawaban": "Ya",
            "Berkas bukti": "\n".join(contents),
            "Tanggal bukti": date(year, 3, 14),
            "Unit penanggung jawab": "Diskominfo",
        }
    return rows
