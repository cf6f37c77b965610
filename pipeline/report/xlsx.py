"""A workbook for analysts: a sheet for each table with typed cells, a readme, and what each column means."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pipeline.report.document import Document
from pipeline.report.sheets import COLUMNS, Cell, Kind, Sheet, sheets
from pipeline.report.unseen import visible

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# Texts are texts, whatever they begin with.
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "number": "#,##0.00####",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
    "flag": "General",
}
# Excel takes no more in a cell.
LONGEST_TEXT = 32_000
_NARROWEST, _WIDEST, _COLUMNS_A_PAGE = 9, 48, 14
SHEET_NAMES = {
    "results": "Results",
    "reasons": "Reasons",
    "years": "Years",
    "months": "Months",
    "breakdowns": "Breakdowns",
    "variants": "Variants",
    "rows": "Rows not used",
    "versions": "Versions",
    "sources": "Source files",
    "validation": "Validation",
}
README, DICTIONARY = "Read me", "Columns"
HEADINGS = ("Sheet", "Column", "In CSV and JSON", "Kind", "Meaning")
KINDS: dict[Kind, str] = {
    "text": "text",
    "count": "whole number",
    "number": "number",
    "day": "day",
    "moment": "moment",
    "flag": "true or false",
}
NOTES = (
    "Numbers are numbers and dates are dates; your program shows them as your settings say.",
    "Moments are on the clock of {zone}.",
    "A provisional value may still change; it carries its mark and its reasons wherever it stands.",
    "Texts are never formulas, whatever they begin with.",
    "From a number to its rows: 'tolok explain {city_id} {period} 10.3'; computed again: 'tolok verify {city_id} "
    "{period}'.",
)


def xlsx(document: Document) -> bytes:
    """The workbook of a document; the same input gives the same bytes."""
    from xlsxwriter import Workbook

    t, file = document.language, io.BytesIO()
    made_at = (document.made_at or datetime.fromtimestamp(0, UTC)).replace(microsecond=0, tzinfo=None)
    with Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": document.title, "author": document.view.city.name, "created": made_at})
        styles = _Styles(book)
        tables = sheets(document)
        _write_readme(book.add_worksheet(t(README)), styles, document, tables)
        for table in tables:
            sheet = book.add_worksheet(t(SHEET_NAMES[table.name]))
            headings = [t(COLUMNS[name][1]) for name in table.columns]
            _write_table(sheet, styles, headings, [COLUMNS[name][0] for name in table.columns], table.rows)
        kinds: list[Kind] = ["text"] * 5
        headings = [t(name) for name in HEADINGS]
        _write_table(book.add_worksheet(t(DICTIONARY)), styles, headings, kinds, tuple(_meanings(document, tables)))
    return file.getvalue()


class _Styles:
    def __init__(self, book: Workbook) -> None:
        self.heading = book.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#0F4C5C", "text_wrap": True, "valign": "top"}
        )
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": "#0F4C5C"})
        self.strong = book.add_format({"bold": True, "valign": "top"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.of_kind = {kind: book.add_format({"num_format": said, "valign": "top"}) for kind, said in _FORMATS.items()}


def _write_table(
    sheet: Worksheet, styles: _Styles, headings: list[str], kinds: list[Kind], rows: tuple[Any, ...]
) -> None:
    """Headings that stay, cells by their kind, a filter over all, and widths that fit."""
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for place, (heading, kind) in enumerate(zip(headings, kinds, strict=True)):
        sheet.write_string(0, place, heading, styles.heading)
        longest = max([len(heading) // 2 + 4, *(_shown_length(row[place]) for row in rows)])
        sheet.set_column(place, place, min(max(longest + 2, _NARROWEST), _WIDEST))
        for number, row in enumerate(rows, start=1):
            _write_cell(sheet, number, place, row[place], styles.of_kind[kind])
    sheet.autofilter(0, 0, len(rows), len(headings) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(-(-len(headings) // _COLUMNS_A_PAGE), 0)
    sheet.repeat_rows(0)


def _write_cell(sheet: Worksheet, row: int, column: int, value: Cell, style: Any) -> None:  # noqa: ANN401 XlsxWriter's
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, str):
        value = visible(value)
        sheet.write_string(row, column, value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…", style)
    else:
        sheet.write_number(row, column, value, style)


def _shown_length(value: Cell) -> int:
    if isinstance(value, float):
        return len(f"{value:,.4f}")
    return 0 if value is None else min(len(str(value)), _WIDEST)


def _write_readme(sheet: Worksheet, styles: _Styles, document: Document, tables: tuple[Sheet, ...]) -> None:
    t, city = document.language, document.view.city
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 96)
    sheet.write_string(0, 0, document.title, styles.title)
    said = {"zone": city.zone, "city_id": city.city_id, "period": document.period}
    row = 2
    for note in NOTES:
        sheet.write_string(row, 1, t(note, **said), styles.wrapped)
        row += 1
    row += 1
    for table in tables:
        sheet.write_string(row, 0, t(SHEET_NAMES[table.name]), styles.strong)
        sheet.write_string(row, 1, f"{t(table.about)} ({t.number(len(table.rows))})", styles.wrapped)
        row += 1
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _meanings(document: Document, tables: tuple[Sheet, ...]) -> Iterator[tuple[str, ...]]:
    t = document.language
    for table in tables:
        for name in table.columns:
            kind, heading, meaning = COLUMNS[name]
            yield t(SHEET_NAMES[table.name]), t(heading), name, t(KINDS[kind]), t(meaning)
