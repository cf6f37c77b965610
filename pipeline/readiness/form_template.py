"""The empty form: 36 questions in Bahasa Indonesia and English with drop-downs, and a sheet of instructions."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import ConfigError
from pipeline.atomic import write_atomically
from pipeline.indicators.themes import THEMES
from pipeline.language import LANGUAGES, Language
from pipeline.readiness.form import ACCEPT, HEADINGS, NO, REGION, SHEET, YEAR, YES
from pipeline.readiness.questions import QUESTIONS, Question

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

HELP_SHEET = "Petunjuk"
HEADER_ROW = 4
RULES = (
    "One row for each question. Fill in the white cells; the grey ones stay as they are.",
    "Answer Ya or Tidak. Ya without evidence counts as unproven.",
    "Put evidence into a folder for each question beside this form, such as 10.3/4 for theme 4 of 10.3. What proves "
    "several questions goes into the folder bersama and is named in each of their rows.",
    "Write the names of the files with their endings, one on each line (Alt+Enter). The word semua names all files of "
    "the question's folder.",
    "PDF, JPG and PNG are appended to the dossier. Other files are listed with hash and date: save them as PDF.",
    "One date stands for all files of the row; else write one date on each line, a dash where there is none.",
    "Valid until may stay empty. Evidence that has expired proves nothing.",
    "Where Tolok itself is the evidence (themes 5, 7, 8 and 9), Terima in the last column takes it.",
    "Write no names of persons and no identity numbers into notes and file names.",
    "When it is filled in: {command}",
)
_WIDTHS = {
    "clause": 10,
    "theme": 6,
    "asked_id": 44,
    "asked_en": 36,
    "typical": 38,
    "answer": 11,
    "note": 30,
    "evidence": 32,
    "date": 15,
    "valid_until": 15,
    "unit": 24,
    "tolok": 13,
}
_HELP_WIDTH = 84
_FILLED_IN = ("answer", "note", "evidence", "date", "valid_until", "unit", "tolok")
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 a workbook has no zones; the same day gives the same bytes


def write_form(path: Path, *, city_id: str, city_name: str, year: int | None) -> Path:
    """Write the empty form of a region, or of any; `ConfigError` when there is one, `OSError` of the disk."""
    if path.exists():
        raise ConfigError(id=f"{path} sudah ada dan tidak ditimpa.", en=f"{path} exists and is not overwritten.")
    if path.suffix.lower() not in (".xlsx", ".yaml", ".yml"):
        raise ConfigError(
            id=f"{path}: formulir berupa .xlsx atau .yaml.", en=f"{path}: a form is a .xlsx or .yaml file."
        )
    make = _form if path.suffix.lower() == ".xlsx" else _yaml_form
    write_atomically(path, make(city_id, city_name, year), mode=0o644)
    return path


def _form(city_id: str, city_name: str, year: int | None) -> bytes:
    from xlsxwriter import Workbook

    content = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(content, {"in_memory": True, **as_text})
    book.set_properties({"title": "Kesiapan / Readiness", "author": "Tolok", "created": _EPOCH})
    sheet, help_sheet = book.add_worksheet(SHEET), book.add_worksheet(HELP_SHEET)
    _write_head(book, sheet, city_id=city_id, city_name=city_name, year=year)
    _write_questions(book, sheet)
    _write_help(book, help_sheet, command=f"tolok readiness {city_id or 'KOTA'} {year or 'TAHUN'}")
    book.close()
    return content.getvalue()


def _yaml_form(city_id: str, city_name: str, year: int | None) -> str:
    """The same questions as comments above answers that are to be filled in; docs/readiness.md shows all keys."""
    lines = [f"# {city_name}", f"region: {city_id}", f"year: {year or ''}", "answers:"]
    for question in QUESTIONS:
        lines += [f"  {question.clause}:"] if question.theme == 1 else []
        for code in LANGUAGES:
            language = Language(code)
            lines.append(f"    # {language(THEMES[question.theme])}: {question.asked(language)}")
            lines.append(f"    #   {question.typical_evidence(language)}")
        lines.append(f'    {question.theme}: {{answer: "", evidence: []}}')
    return "\n".join(lines) + "\n"


def _write_head(book: Workbook, sheet: Worksheet, *, city_id: str, city_name: str, year: int | None) -> None:
    bold, grey = book.add_format({"bold": True}), book.add_format({"font_color": "#595959"})
    value = {"bold": True, "border": 1, "align": "left", "bg_color": "#E7E6E6"}
    fixed, open_cell = book.add_format(value), book.add_format({**value, "locked": False, "bg_color": "#FFFFFF"})
    sheet.write(0, 0, "Analisis kesiapan SNI ISO 37122:2019, klausul 10", book.add_format({"bold": True, "size": 14}))
    sheet.write(0, 4, "Readiness analysis, clause 10", grey)
    sheet.write(1, 0, REGION, bold)
    sheet.write(1, 2, city_id, fixed if city_id else open_cell)
    sheet.write(1, 3, city_name, grey)
    sheet.write(2, 0, YEAR, bold)
    sheet.write(2, 2, year or "", fixed if year else open_cell)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.set_row(HEADER_ROW, 34)
    sheet.freeze_panes(HEADER_ROW + 1, 4)
    sheet.protect(options={"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})


def _write_questions(book: Workbook, sheet: Worksheet) -> None:
    shown = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
    header = book.add_format({**shown, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79"})
    given = book.add_format({**shown, "bg_color": "#F2F2F2"})
    filled_in = book.add_format({**shown, "locked": False})
    day = book.add_format({**shown, "locked": False, "num_format": "dd/mm/yyyy", "align": "left"})
    for column, (name, title) in enumerate(HEADINGS.items()):
        sheet.write(HEADER_ROW, column, title, header)
        sheet.set_column(column, column, _WIDTHS[name])
    for row, question in enumerate(QUESTIONS, start=HEADER_ROW + 1):
        for column, cell in enumerate(_cells(question)):
            sheet.write(row, column, cell, given)
        for column, name in enumerate(HEADINGS):
            if name in _FILLED_IN and not (name == "tolok" and question.theme not in (5, 7, 8, 9)):
                sheet.write_blank(row, column, None, day if name in ("date", "valid_until") else filled_in)
        sheet.set_row(row, 78)
    _add_choices(sheet)
    sheet.ignore_errors({"number_stored_as_text": f"A{HEADER_ROW + 2}:A{HEADER_ROW + 1 + len(QUESTIONS)}"})
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + len(QUESTIONS), len(HEADINGS) - 1)


def _cells(question: Question) -> Iterator[Any]:
    both = (Language("id"), Language("en"))
    theme = [language(THEMES[question.theme]) for language in both]
    yield question.clause
    yield question.theme
    yield f"{theme[0]}: {question.asked(both[0])}"
    yield f"{theme[1]}: {question.asked(both[1])}"
    yield "\n".join(question.typical_evidence(language) for language in both)
    yield from [""] * (len(HEADINGS) - 5)


def _add_choices(sheet: Worksheet) -> None:
    first, last = HEADER_ROW + 1, HEADER_ROW + len(QUESTIONS)
    columns = list(HEADINGS)
    for name, choices in (("answer", [YES, NO]), ("tolok", [ACCEPT])):
        column = columns.index(name)
        message = f"{' / '.join(choices)}: pilih dari daftar / choose from the list"
        check = {"validate": "list", "source": choices, "error_title": "Tolok", "error_message": message}
        sheet.data_validation(first, column, last, column, check)


def _write_help(book: Workbook, sheet: Worksheet, *, command: str) -> None:
    bold, wrapped = book.add_format({"bold": True, "size": 12}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, _HELP_WIDTH)
    row = 0
    for title, language in (("Cara mengisi", Language("id")), ("How to fill it in", Language("en"))):
        sheet.write(row, 0, title, bold)
        for number, rule in enumerate(RULES, start=1):
            text = language(rule, command=command) if "{" in rule else language(rule)
            sheet.write(row + number, 0, f"{number}. {text}", wrapped)
            sheet.set_row(row + number, 16 * math.ceil(len(text) / (0.95 * _HELP_WIDTH)))
        row += len(RULES) + 2
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
