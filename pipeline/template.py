"""An empty workbook for a table nobody keeps in a system, made from the declaration it will be read back by."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from connectors.errors import ConfigError
from connectors.registry import preset
from connectors.template import DATA_SHEET, NOTES_SHEET, Heading, TemplateOptions
from pipeline.atomic import draft_file, publish

LAST_ROW = 20_001

_FORMATS = {"text": "@", "count": "0", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}
_KINDS = {
    "text": ("teks", "text"),
    "count": ("angka bulat", "whole number"),
    "day": ("tanggal, hh/bb/tttt", "date, dd/mm/yyyy"),
    "moment": ("tanggal dan jam, hh/bb/tttt jj:mm", "date and time, dd/mm/yyyy hh:mm"),
}
_REQUIRED, _OPTIONAL = PatternFill("solid", fgColor="1F4E79"), PatternFill("solid", fgColor="7F7F7F")
_RULES_ID = (
    f"Isi lembar {DATA_SHEET}, satu baris per catatan. Jangan mengubah, menambah, atau menghapus judul kolom.",
    "Judul berwarna biru wajib diisi; yang abu-abu boleh kosong.",
    "Bila ada daftar pilihan, isinya harus salah satu pilihan itu.",
    "Tanggal diketik sebagai tanggal (31/01/2025), bukan teks seperti '31 Jan'.",
    "Jangan menulis nama orang, NIK, nomor telepon, atau data pribadi lain.",
    "Baris yang tidak sesuai dikarantina dengan alasan dan nomor barisnya; tidak ada yang hilang diam-diam.",
)
_RULES_EN = (
    f"Fill in the sheet {DATA_SHEET}, one row per record. Do not change, add or delete a heading.",
    "Blue headings must be filled in; grey ones may be empty.",
    "Where there is a drop-down, the value must be one of its choices.",
    "Type dates as dates (31/01/2025), not as text such as '31 Jan'.",
    "Write no names of persons, identity numbers, telephone numbers or other personal data.",
    "A row that does not fit is quarantined with its reason and row number; none is dropped silently.",
)


def write_template(path: Path, *, table: str) -> Path:
    """Write the empty workbook of a table; `ConfigError` when something is there already."""
    if path.exists():
        raise ConfigError(id=f"{path} sudah ada dan tidak ditimpa.", en=f"{path} exists and is not overwritten.")
    if not path.parent.is_dir():
        raise ConfigError(id=f"Folder {path.parent} tidak ada.", en=f"There is no folder {path.parent}.")
    options = TemplateOptions.model_validate(preset(f"template_{table}")["source"]["options"])
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = DATA_SHEET
    for number, (name, heading) in enumerate(options.headings.items(), start=1):
        _add_column(sheet, name, heading, number=number)
    sheet.freeze_panes = "B2"
    sheet.row_dimensions[1].height = 32
    _write_notes(book.create_sheet(NOTES_SHEET), options)
    for page in book.worksheets:
        page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.properties.title, book.properties.creator = f"{options.title_id} ({options.mark})", "Tolok"
    with draft_file(path) as draft:
        book.save(draft)
        draft.chmod(0o644)
        publish(draft, path)
    return path


def _add_column(sheet: Worksheet, name: str, heading: Heading, *, number: int) -> None:
    letter = get_column_letter(number)
    cell = sheet.cell(1, number, name)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = _REQUIRED if heading.is_required else _OPTIONAL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    cell.comment = Comment(f"{heading.id}\n\n{heading.en}", "Tolok", width=320, height=160)
    column = sheet.column_dimensions[letter]
    column.width = max(16, len(name) + 4)
    # The style lies on the column, because a styled empty cell would be read as a row.
    column.number_format = _FORMATS[heading.kind]
    check = _check(heading)
    if check is not None:
        sheet.add_data_validation(check)
        check.add(f"{letter}2:{letter}{LAST_ROW}")


def _check(heading: Heading) -> DataValidation | None:
    """What a spreadsheet refuses while typing; the reader refuses the same when it was pasted."""
    if heading.choices:
        check = DataValidation(type="list", formula1='"' + ",".join(heading.choices) + '"')
        allowed = ("pilih dari daftar", "choose from the list")
    elif heading.kind == "count":
        check = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
        allowed = _KINDS["count"]
    elif heading.kind in ("day", "moment"):
        check = DataValidation(type="date", operator="greaterThanOrEqual", formula1="32874")
        allowed = _KINDS[heading.kind]
    else:
        return None
    check.allow_blank, check.showErrorMessage = True, True
    check.errorTitle, check.error = "Tolok", f"{allowed[0]} / {allowed[1]}"
    return check


def _write_notes(sheet: Worksheet, options: TemplateOptions) -> None:
    headings = list(options.headings.items())
    rows: list[list[str]] = [[options.mark], [], [options.title_id], *([rule] for rule in _RULES_ID), []]
    rows.append(["Kolom", "Wajib", "Isi", "Bentuk atau pilihan", "Contoh"])
    rows += [_note(name, heading, heading.id, place=0) for name, heading in headings]
    rows += [[], [options.title_en], *([rule] for rule in _RULES_EN), []]
    rows.append(["Column", "Required", "Content", "Form or choices", "Example"])
    rows += [_note(name, heading, heading.en, place=1) for name, heading in headings]
    for row in rows:
        sheet.append(row)
    titles = {1, 3, 5 + len(_RULES_ID), 7 + len(_RULES_ID) + len(headings)}
    titles.add(max(titles) + len(_RULES_EN) + 2)
    for number in titles:
        for cell in sheet[number]:
            cell.font = Font(bold=True)
    for letter, width in zip("ABCDE", (26, 10, 90, 90, 42), strict=True):
        sheet.column_dimensions[letter].width = width


def _note(name: str, heading: Heading, meaning: str, *, place: int) -> list[str]:
    required = (("ya", "tidak"), ("yes", "no"))[place][not heading.is_required]
    form = " | ".join(heading.choices) or _KINDS[heading.kind][place]
    return [name, required, meaning, form, heading.example]
